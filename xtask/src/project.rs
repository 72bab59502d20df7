//! Where things are: the repository, the tools folder, the build output.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that every command works with.
pub(crate) struct Project {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// What is installed for tests and benchmarks; git ignores it.
    pub(crate) tools: PathBuf,
    /// Cargo's output: `debug` and `release` lie in it.
    target: PathBuf,
    /// The search path of every child: installed tools first.
    path: OsString,
}

impl Project {
    /// `tools` overrides the tools folder; `path` is the search path of programs.
    pub(crate) fn new(tools: Option<OsString>, path: OsString) -> Result<Project> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the repository")?
            .to_owned();
        let tools = std::path::absolute(tools.map_or_else(|| root.join(".tools"), PathBuf::from))?;
        // This program is <target>/<profile>/xtask, whatever chose the target folder.
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).context("xtask was built by cargo")?.to_owned();
        let places = std::iter::once(tools.join("bin")).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(places)?;
        Ok(Project { root, tools, target, path })
    }

    /// The search path of every child.
    pub(crate) fn path(&self) -> &OsString {
        &self.path
    }

    /// A program that runs in the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.root).env("PATH", &self.path).env("GP_TOOLS", &self.tools);
        command
    }

    /// Cargo with arguments separated by spaces.
    pub(crate) fn cargo(&self, args: &str) -> Command {
        let mut command = self.command("cargo");
        command.args(args.split_whitespace());
        command
    }

    /// Whether a program is on the search path.
    pub(crate) fn has(&self, program: &str) -> bool {
        std::env::split_paths(&self.path).any(|folder| folder.join(program).is_file())
    }

    /// The server's program in a profile's folder, `debug` or `release`.
    pub(crate) fn server(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join("gp-local")
    }
}
