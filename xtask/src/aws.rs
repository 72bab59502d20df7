//! The product on AWS: the template is checked, the Lambda programs are built by `sam build`, and the very same artefacts
//! are deployed by `sam deploy` onto an emulator of AWS on this machine, and tested there.

use crate::command;
use crate::install;
use crate::project::Project;
use crate::summary::Summary;
use crate::test::count;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A zip beyond this makes deployments slow.
const MAX_ZIP_BYTES: u64 = 8 << 20;
/// What Amazon Linux 2023 has; a program that needs more does not start there.
const GLIBC: (u32, u32) = (2, 34);
/// The programs; a function's folder is named after its logical id.
const FUNCTIONS: [&str; 4] = ["ApiFunction", "ExecuteFunction", "WorkerFunction", "JanitorFunction"];

/// Checks the template, its policies and the documented costs.
pub(crate) fn template(project: &Project, summary: &mut Summary) -> Result<()> {
    let tools = install::aws(project)?;
    command::run(tool(project, &tools, "emulator", "cfn-lint").arg("template.yaml"))?;
    command::run(tool(project, &tools, "sam", "sam").args(["validate", "--lint"]))?;
    let mut costs = tool(project, &tools, "emulator", "python");
    command::run(costs.args(["-B", "infra/costs.py", "--check", "infra/README.md"]))?;
    let mut tests = tool(project, &tools, "emulator", "python");
    count(tests.args(["-B", "-m", "unittest", "discover", "-s", "tests/aws/template"]), summary)
}

/// Builds the programs as a user would, and checks what came out.
pub(crate) fn build(project: &Project) -> Result<()> {
    let tools = install::aws(project)?;
    let mut sam = tool(project, &tools, "sam", "sam");
    // The linker of this machine, which needs no other; cargo-lambda's own default is zig. It must not look for targets:
    // it would download one that is missing.
    sam.arg("build").env("CARGO_LAMBDA_COMPILER", "cargo").env("CARGO_LAMBDA_FLAGS", "--skip-target-check");
    command::run(&mut sam)?;
    for function in FUNCTIONS {
        let program = project.root.join(".aws-sam/build").join(function).join("bootstrap");
        check_glibc(project, &program)?;
        check_zip(project, &tools, &program)?;
    }
    Ok(())
}

/// Deploys what was built onto a fresh emulator, with IAM enforced, and runs every test that needs it.
pub(crate) fn test(project: &Project, summary: &mut Summary) -> Result<()> {
    let tools = install::aws(project)?;
    let mut rights = tool(project, &tools, "emulator", "python");
    rights.args(["-B", "-m", "unittest", "discover", "-s", "tests/aws/emulator"]).env("GP_AWS_TOOLS", &tools);
    count(&mut rights, summary)?;
    let stack = Stack::up(project, &tools)?;
    let args = "nextest run -p gp-aws-tests --no-fail-fast --no-tests=fail --status-level fail";
    let mut adapters = project.cargo(args);
    adapters.env("GP_AWS_STATE", &stack.state).env("GP_AWS_TOOLS", &tools);
    count(&mut adapters, summary)?;
    let url = stack.api_url()?;
    let mut scenarios = project.cargo(
        "nextest run -p gp-tests --test scenarios --no-fail-fast --status-level fail --success-output final",
    );
    count(scenarios.env("GP_TEST_URL", &url), summary)?;
    let mut clients = project.command(project.root.join("tests/clients/run_all.sh"));
    count(clients.arg(format!("{url}/arcgis/rest/services")), summary)
}

/// A deployed stack; its emulator ends with the value.
struct Stack {
    state: PathBuf,
    down: Command,
}

impl Stack {
    fn up(project: &Project, tools: &Path) -> Result<Stack> {
        let state = std::env::temp_dir().join(format!("gp-stack-{}.json", std::process::id()));
        let script = |action: &str| {
            let mut python = tool(project, tools, "emulator", "python");
            python.args(["-B", "tests/aws/stack.py", action, "--state"]).arg(&state);
            python
        };
        let stack = Stack { state: state.clone(), down: script("down") };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        command::run(script("up").arg("--tools").arg(tools).args(["--port", &port]))?;
        Ok(stack)
    }

    fn api_url(&self) -> Result<String> {
        let text = std::fs::read_to_string(&self.state)?;
        let url = text.split_once("\"apiUrl\": \"").and_then(|(_, rest)| rest.split_once('"'));
        Ok(url.context("the state of the stack names no apiUrl")?.0.to_owned())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // What cannot be ended here is ended by the next `up` with the same state.
        let _ = command::run(&mut self.down);
    }
}

/// A program of one of the environments; both are on its search path, because SAM calls cargo-lambda.
fn tool(project: &Project, tools: &Path, environment: &str, program: &str) -> Command {
    let bin = |name: &str| tools.join(name).join("venv/bin");
    let mut command = project.command(bin(environment).join(program));
    let mut path = OsString::from(bin("emulator"));
    path.push(":");
    path.push(project.path());
    command.env("PATH", path).env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", "us-east-1");
    command
}

/// The newest symbol version that a program asks of the C library must be one that Lambda has.
fn check_glibc(project: &Project, program: &Path) -> Result<()> {
    let output = project.command("objdump").arg("-T").arg(program).output()?;
    let symbols = String::from_utf8_lossy(&output.stdout).into_owned();
    let needed =
        newest_glibc(&symbols).with_context(|| format!("no glibc version in {}", program.display()))?;
    if let Some(line) = symbols.lines().find(|line| line.contains(" Base ") && line.ends_with(" hypot")) {
        bail!("{} exports hypot and would call itself: {line}", program.display());
    }
    if needed > GLIBC {
        bail!(
            "{} needs glibc {}.{}, Lambda has {}.{}",
            program.display(),
            needed.0,
            needed.1,
            GLIBC.0,
            GLIBC.1
        );
    }
    Ok(())
}

fn newest_glibc(symbols: &str) -> Option<(u32, u32)> {
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let version: String =
            rest.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
        let mut numbers = version.split('.').map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    versions.max()
}

fn check_zip(project: &Project, tools: &Path, program: &Path) -> Result<()> {
    let zip = std::env::temp_dir().join(format!("gp-zip-{}.zip", std::process::id()));
    let mut python = tool(project, tools, "emulator", "python");
    python.args([
        "-c",
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w', 8).write(sys.argv[2], 'bootstrap')",
    ]);
    let status = python.arg(&zip).arg(program).status()?;
    let bytes = std::fs::metadata(&zip).map_or(0, |zip| zip.len());
    std::fs::remove_file(&zip)?;
    println!("{}: {:.1} MB zipped", program.display(), bytes as f64 / (1 << 20) as f64);
    if !status.success() || bytes > MAX_ZIP_BYTES {
        bail!("{} is larger than {} MB when zipped", program.display(), MAX_ZIP_BYTES >> 20);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_counts_by_its_numbers() {
        let symbols = "0 DF *UND* (GLIBC_2.9) a\n0 DF *UND* (GLIBC_2.34) b\n0 DF *UND* (GLIBC_2.2.5) c";
        assert_eq!(newest_glibc(symbols), Some((2, 34)));
        assert_eq!(newest_glibc("none"), None);
    }
}
