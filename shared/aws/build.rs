//! Lets programs built on a newer Linux start on Lambda: see `src/hypot.c`.

#![expect(clippy::disallowed_methods, reason = "how build scripts and cargo talk")]

fn main() {
    println!("cargo::rerun-if-changed=src/hypot.c");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // Not as a whole archive, which zig, the linker that cargo-lambda takes unless told otherwise, does not know how to take:
        // with link-time optimisation whoever calls hypot is in one object, before this on the linker's command line.
        cc::Build::new().file("src/hypot.c").compile("gp_hypot");
    }
}
