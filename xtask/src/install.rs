//! Installing what the commands need, into the tools folder where that is possible and from Debian where it is not.

use crate::command;
use crate::project::Project;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Cargo subcommands: program, and package with version.
const CARGO_TOOLS: [(&str, &str); 2] =
    [("cargo-nextest", "cargo-nextest@0.9.143"), ("cargo-deny", "cargo-deny@0.20.2")];

/// Installs one of the cargo subcommands that we use, unless it is there.
pub(crate) fn cargo_tool(project: &Project, program: &str) -> Result<()> {
    let Some((_, package)) = CARGO_TOOLS.iter().find(|(name, _)| *name == program) else {
        bail!("no package is known for {program}");
    };
    if project.has(program) {
        return Ok(());
    }
    // No target folder of ours: its build would push our own artefacts about.
    let mut cargo = project.cargo("install --locked --root");
    cargo.arg(&project.tools).arg(package).env("CARGO_TARGET_DIR", project.tools.join("build"));
    command::run(&mut cargo)
}

/// Installs Debian packages for programs that are not there: pairs of program and package.
pub(crate) fn debian(project: &Project, wanted: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> =
        wanted.iter().filter(|(program, _)| !project.has(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { debian_packages(project, &missing) }
}

/// Installs Debian packages for files that are not there: pairs of file and package.
pub(crate) fn debian_files(project: &Project, wanted: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> =
        wanted.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { debian_packages(project, &missing) }
}

fn debian_packages(project: &Project, packages: &[&str]) -> Result<()> {
    apt(project, &["update", "-q"], packages)?;
    let mut args = vec!["-o", "DPkg::Lock::Timeout=600", "install", "-y", "-q", "--no-install-recommends"];
    args.extend(packages);
    apt(project, &args, packages)
}

/// `wanted` is what a message names when it cannot be done.
fn apt(project: &Project, args: &[&str], wanted: &[&str]) -> Result<()> {
    let is_root = project.command("id").arg("-u").output()?.stdout.trim_ascii() == b"0";
    if !project.has("apt-get") || !(is_root || project.has("sudo")) {
        bail!(
            "missing and not installable from here (neither root nor sudo, or no apt-get): {}",
            wanted.join(" ")
        );
    }
    let mut apt = if is_root { project.command("apt-get") } else { project.command("sudo") };
    if !is_root {
        apt.args(["-n", "apt-get"]);
    }
    command::run(apt.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A Python environment in the tools folder with the pinned packages of a requirements file; returns its `python`.
/// A copy of the file is kept beside what was installed from it: no difference, nothing to do.
pub(crate) fn python(project: &Project, name: &str, requirements: &str) -> Result<PathBuf> {
    let folder = project.tools.join(name);
    let python = folder.join("venv/bin/python");
    let wanted = project.root.join(requirements);
    let installed = folder.join("requirements.installed");
    if python.exists() && std::fs::read(&wanted)? == std::fs::read(&installed).unwrap_or_default() {
        return Ok(python);
    }
    debian_python(project)?;
    std::fs::create_dir_all(&folder)?;
    if !python.exists() {
        command::run(project.command("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    }
    command::run(project.command(&python).args(["-m", "pip", "install", "-q", "-r"]).arg(&wanted))?;
    std::fs::copy(&wanted, &installed)?;
    Ok(python)
}

/// The local AWS: the emulator with what builds and checks for it, and the SAM command, each in an environment of its own.
/// Returns the folder that holds both.
pub(crate) fn aws(project: &Project) -> Result<PathBuf> {
    python(project, "aws/emulator", "tests/aws/requirements.txt")?;
    python(project, "aws/sam", "tests/aws/requirements-sam.txt")?;
    debian(project, &[("make", "make"), ("objdump", "binutils")])?;
    Ok(project.tools.join("aws"))
}

/// Python and its `venv` module, which Debian packs apart.
pub(crate) fn debian_python(project: &Project) -> Result<()> {
    debian(project, &[("python3", "python3")])?;
    let has_venv = project.command("python3").args(["-c", "import ensurepip"]).output()?.status.success();
    if has_venv { Ok(()) } else { debian_packages(project, &["python3-venv"]) }
}

/// The npm packages of a `package.json`, in the tools folder.
pub(crate) fn npm(project: &Project, name: &str, manifest: &str) -> Result<()> {
    let folder = project.tools.join(name);
    let wanted = project.root.join(manifest);
    let installed = folder.join("package.installed");
    if std::fs::read(&wanted)? == std::fs::read(&installed).unwrap_or_default() {
        return Ok(());
    }
    node(project)?;
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(&wanted, folder.join("package.json"))?;
    let mut npm = project.command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"])
        .current_dir(&folder);
    command::run(&mut npm)?;
    std::fs::copy(&wanted, &installed)?;
    Ok(())
}

/// Node and npm.
pub(crate) fn node(project: &Project) -> Result<()> {
    debian(project, &[("node", "nodejs"), ("npm", "npm")])
}
