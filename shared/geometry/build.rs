//! Writes the list of the `crs-definitions` crate as one text in the order of codes, and where each code stands in it.
//!
//! As one constant for each text the linker mixes them, and what is alike no longer stands side by side: 1 MB more in a
//! compressed program.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by the environment where to write")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let (mut texts, mut places) = (String::new(), String::from("&[\n"));
    for code in 0..=u16::MAX {
        let Some(listed) = crs_definitions::from_code(code) else { continue };
        assert!(!listed.proj4.contains('\n') && !listed.wkt.contains('\n'), "EPSG:{code} has several lines");
        let _ = writeln!(places, "({code}, {}),", texts.len());
        let _ = writeln!(texts, "{}\n{}", listed.proj4, listed.wkt);
    }
    places.push(']');
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    let folder = Path::new(&folder);
    fs::write(folder.join("listed_codes.txt"), texts).expect("the folder can be written to");
    fs::write(folder.join("listed_codes.rs"), places).expect("the folder can be written to");
}
