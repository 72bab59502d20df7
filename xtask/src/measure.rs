//! The commands beside `test`: benchmarks, fuzzing, and making expectations and data anew.

use crate::aws;
use crate::command;
use crate::install;
use crate::project::Project;
use anyhow::Result;

/// Measures the release build beside its peers; the table is the last thing printed.
pub(crate) fn bench(project: &Project, only: Option<&str>) -> Result<()> {
    install::debian(project, &[("wrk", "wrk"), ("taskset", "util-linux")])?;
    let python = install::python(project, "bench", "tests/benches/requirements.txt")?;
    install::npm(project, "bench", "tests/benches/peers/package.json")?;
    command::run(&mut project.cargo("build --release --package gp-local"))?;
    let mut bench = project.command(python);
    bench.args(["-B", "tests/benches/bench.py", "--server"]).arg(project.server("release"));
    if let Some(names) = only {
        bench.args(["--only", names]);
    }
    command::run(&mut bench)
}

/// Measures the Lambda programs on the AWS emulator, beside a function that only echoes; the table is the last thing printed.
pub(crate) fn bench_aws(project: &Project) -> Result<()> {
    let tools = install::aws(project)?;
    aws::build(project)?;
    // With a target, as cargo-lambda builds: so that what was compiled for the programs serves here too.
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let args = "build --locked --profile lambda --package gp-api --example echo --target";
    command::run(project.cargo(args).arg(&target))?;
    let echo = project.server(&format!("{target}/lambda")).with_file_name("examples/echo");
    let mut bench = project.command(tools.join("emulator/venv/bin/python"));
    bench.args(["-B", "tests/benches/aws/bench_aws.py", "--tools"]).arg(tools).arg("--echo").arg(echo);
    command::run(&mut bench)
}

/// Measures the tools on large layers beside other geometry engines; the tables are the last things printed.
pub(crate) fn bench_toolbox(project: &Project, rows: Option<&str>, quick: bool) -> Result<()> {
    install::node(project)?;
    install::debian(project, &[("javac", "default-jdk-headless")])?;
    install::debian_files(project, &[("/usr/share/java/jts-core.jar", "libjts-java")])?;
    let python = install::python(project, "toolbox", "tests/benches/toolbox/requirements.txt")?;
    let duckdb = install::python(project, "toolbox-duckdb", "tests/benches/toolbox/requirements-duckdb.txt")?;
    let mut bench = project.command(python);
    bench
        .args(["-B", "tests/benches/toolbox/bench_toolbox.py", "--layers"])
        .arg(project.tools.join("layers"));
    bench.arg("--duckdb").arg(duckdb);
    if let Some(names) = rows {
        bench.args(["--rows", names]);
    }
    if quick {
        bench.arg("--quick");
    }
    command::run(&mut bench)
}

/// Measures reading and writing of files beside GDAL and Arrow; the table is the last thing printed.
pub(crate) fn bench_formats(project: &Project, runs: u32) -> Result<()> {
    let python = install::python(project, "bench-formats", "tests/benches/formats/requirements.txt")?;
    let mut bench = project.command(python);
    bench.args(["-B", "tests/benches/formats/bench_formats.py", "--runs", &runs.to_string()]);
    command::run(&mut bench)
}

/// Runs the property tests that throw random input at parsers, with that many cases each.
pub(crate) fn fuzz(project: &Project, cases: u32) -> Result<()> {
    install::cargo_tool(project, "cargo-nextest")?;
    let args = "nextest run --release --workspace --no-fail-fast --no-tests=fail never_panics";
    command::run(project.cargo(args).env("PROPTEST_CASES", cases.to_string()))
}

/// Makes the expectations of the oracle tests anew.
pub(crate) fn oracles(project: &Project) -> Result<()> {
    let python = install::python(project, "oracles", "tests/oracles/requirements.txt")?;
    command::run(project.command(python).args(["-B", "tests/oracles/make_oracles.py"]))
}

/// Makes the layers of `tests/data` and `examples` anew.
pub(crate) fn data(project: &Project) -> Result<()> {
    install::node(project)?;
    let python = install::python(project, "oracles", "tests/oracles/requirements.txt")?;
    let sources = project.tools.join("sources");
    command::run(project.command(python).args(["-B", "tests/data/make_data.py"]).arg(sources))
}
