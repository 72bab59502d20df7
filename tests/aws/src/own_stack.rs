//! A deployed stack of a test's own, with a [`Proxy`] between its functions and the emulator.
//!
//! Separate from `stack.rs`, whose stack other tests share: here functions are killed and services refuse their work.

use crate::Proxy;
use crate::stack::Stack;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The stack and its proxy. It ends when this is dropped.
pub struct OwnStack {
    /// What stands between the functions and the emulator.
    pub proxy: Proxy,
    /// The stack.
    pub stack: Stack,
    state: PathBuf,
    _folder: TempDir,
}

impl OwnStack {
    /// Deploys what `sam build` made, with these parameters of the template, `Name=value`.
    ///
    /// The variable `GP_AWS_TOOLS` names the folder with the environments that `stack.py` needs, and `GP_AWS_BUILD`, where
    /// it is set, another folder than `.aws-sam/build`.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where the emulator is installed"
    )]
    pub fn start(parameters: &[&str]) -> OwnStack {
        let Ok(tools) = std::env::var("GP_AWS_TOOLS") else {
            panic!("GP_AWS_TOOLS is not set: it names the folder that `tests/aws/stack.py up --tools` takes");
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let proxy = Proxy::before(&format!("http://127.0.0.1:{port}"));
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.json");
        let mut up = script();
        up.args([
            "up",
            "--tools",
            &tools,
            "--port",
            &port.to_string(),
            "--no-auth",
            "--endpoint",
            &proxy.endpoint,
        ]);
        up.arg("--state").arg(&state);
        if let Ok(build) = std::env::var("GP_AWS_BUILD") {
            up.args(["--build", &build]);
        }
        for parameter in parameters {
            up.args(["--parameter", parameter]);
        }
        let done = up.output().unwrap();
        assert!(done.status.success(), "stack.py up: {}", String::from_utf8_lossy(&done.stderr));
        let stack = Stack::at(&state.to_string_lossy(), |_| Ok(()));
        OwnStack { proxy, stack, state, _folder: folder }
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        // A test that fails already must not fail again here; whoever sees the emulator left over finds it by its script.
        let _ = script().arg("down").arg("--state").arg(&self.state).output();
    }
}

fn script() -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("stack.py"));
    command
}
