//! `cargo xtask test`: every check in order, the cheap ones first; the first that fails ends the run.

use crate::aws;
use crate::command;
use crate::install;
use crate::project::Project;
use crate::server::Server;
use crate::summary::Summary;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::process::Command;
use std::time::Instant;

/// One step of the test run, in the order of running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// The code is formatted
    Format,
    /// Licences, sources and who may depend on what
    Deny,
    /// Lints, warnings denied
    Clippy,
    /// Documentation builds without a warning
    Docs,
    /// The programs that tests start
    Build,
    /// Unit, property and whole-system tests
    Tests,
    /// Examples in documentation
    Doctests,
    /// Real clients against a fresh server
    Clients,
    /// The AWS template, its policies and costs
    Template,
    /// The Lambda programs, as `sam build` makes them
    Lambda,
    /// What was built, deployed onto an emulator of AWS
    Aws,
}

/// Runs the steps that were not filtered out. Zero tests is a failure: a filter that matches nothing must not pass.
pub(crate) fn run(project: &Project, skip: &[Step], only: &[Step]) -> Result<()> {
    let steps: Vec<Step> = Step::value_variants()
        .iter()
        .copied()
        .filter(|step| !skip.contains(step) && (only.is_empty() || only.contains(step)))
        .collect();
    let started = Instant::now();
    let mut total = Summary::default();
    let mut timings = Vec::new();
    let mut outcome = Ok(());
    for step in &steps {
        let step_started = Instant::now();
        println!("\n== {step:?}");
        let mut summary = Summary::default();
        outcome = run_step(project, *step, &mut summary).with_context(|| format!("step {step:?}"));
        total.add(summary);
        timings.push(format!("{step:?} {:.1} s", step_started.elapsed().as_secs_f64()));
        if outcome.is_err() {
            total.failed = total.failed.max(1);
            break;
        }
    }
    let counts_tests = steps.iter().any(|step| matches!(step, Step::Tests | Step::Clients | Step::Aws));
    if outcome.is_ok() && counts_tests && total.passed == 0 {
        outcome = Err(anyhow::anyhow!("not a single test ran"));
    }
    println!("\nran: {} (all: {:.1} s)", timings.join(", "), started.elapsed().as_secs_f64());
    if let Err(error) = &outcome {
        println!("failed: {error:#}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if outcome.is_err() { bail!("the test run failed") } else { Ok(()) }
}

fn run_step(project: &Project, step: Step, summary: &mut Summary) -> Result<()> {
    match step {
        Step::Format => command::run(&mut project.cargo("fmt --all --check")),
        Step::Deny => {
            install::cargo_tool(project, "cargo-deny")?;
            // Advisories need a database from the network: they are not part of a test run that must be repeatable.
            command::run(&mut project.cargo("deny --workspace check -A unused-wrapper bans licenses sources"))
        }
        Step::Clippy => {
            command::run(&mut project.cargo("clippy --workspace --all-targets --quiet -- -D warnings"))
        }
        Step::Docs => {
            let mut docs = project.cargo("doc --workspace --no-deps --quiet");
            command::run(docs.env("RUSTDOCFLAGS", "-D warnings"))
        }
        Step::Build => command::run(&mut project.cargo("build --workspace --quiet")),
        Step::Tests => {
            install::cargo_tool(project, "cargo-nextest")?;
            let args = "nextest run --workspace --exclude gp-aws-tests --no-fail-fast --no-tests=fail --status-level fail";
            // A test run must be repeatable; `cargo xtask fuzz` is for what nobody has tried yet.
            count(project.cargo(args).env("PROPTEST_RNG_SEED", "20261123"), summary)
        }
        Step::Doctests => count(&mut project.cargo("test --workspace --doc --quiet"), summary),
        Step::Clients => clients(project, summary),
        Step::Template => aws::template(project, summary),
        Step::Lambda => aws::build(project),
        Step::Aws => aws::test(project, summary),
    }
}

fn clients(project: &Project, summary: &mut Summary) -> Result<()> {
    install::debian_python(project)?;
    install::node(project)?;
    install::debian(project, &[("chromium", "chromium")])?;
    command::run(&mut project.command(project.root.join("tests/clients/setup.sh")))?;
    if !project.server("debug").exists() {
        command::run(&mut project.cargo("build --workspace --quiet"))?;
    }
    let server = Server::start(project)?;
    let mut runner = project.command(project.root.join("tests/clients/run_all.sh"));
    count(runner.arg(&server.services), summary)
}

/// Runs a test runner and adds up what it tells about its tests.
pub(crate) fn count(runner: &mut Command, summary: &mut Summary) -> Result<()> {
    let succeeded = command::watch(runner, |line| summary.add_line(line))?;
    if !succeeded {
        bail!("a test runner failed");
    }
    Ok(())
}
