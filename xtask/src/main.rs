//! The project's commands, run as `cargo xtask COMMAND`: they install what they need, say what they run, and end
//! with a non-zero status when anything fails.
#![expect(clippy::print_stdout, reason = "a command-line program talks on standard output")]

mod aws;
mod command;
mod install;
mod measure;
mod project;
mod server;
mod summary;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use project::Project;
use std::process::ExitCode;
use test::Step;

/// Commands of the project. Tools are installed into `.tools`, or where the environment variable GP_TOOLS points.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check and every test: what CI runs
    Test {
        /// Leave steps out; may be given several times
        #[arg(long, value_enum)]
        skip: Vec<Step>,
        /// Run these steps only; may be given several times
        #[arg(long, value_enum)]
        only: Vec<Step>,
    },
    /// Measure the server beside its peers and print a table
    Bench {
        /// Servers to measure, separated by commas: ours, flask-shapely, express-turf
        #[arg(long)]
        only: Option<String>,
    },
    /// Measure the Lambda programs on the AWS emulator, beside an echo function, and print a table
    BenchAws,
    /// Measure the tools on large layers beside GEOS, JTS and DuckDB, check that all agree, and print tables
    BenchToolbox {
        /// Rows to measure, separated by commas; without the table of growth
        #[arg(long)]
        rows: Option<String>,
        /// Run everything once instead of three times
        #[arg(long)]
        quick: bool,
    },
    /// Measure reading and writing of files of every format beside GDAL and Arrow, and print a table
    BenchFormats {
        /// How often each file is written and read; the median counts
        #[arg(long, default_value_t = 3)]
        runs: u32,
    },
    /// Throw random input at every parser: the tests named never_panics
    Fuzz {
        /// Cases for each test
        #[arg(long, default_value_t = 1_000_000)]
        cases: u32,
    },
    /// Make the expectations of tests/oracles/cases anew with GEOS, PROJ, GeographicLib and SQLite
    Oracles,
    /// Make the layers of tests/data and examples anew from their public-domain sources
    Data,
}

fn main() -> ExitCode {
    match run(Args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
    let (tools, path) = (std::env::var_os("GP_TOOLS"), std::env::var_os("PATH"));
    let project = Project::new(tools, path.unwrap_or_default())?;
    match task {
        Task::Test { skip, only } => test::run(&project, &skip, &only),
        Task::Bench { only } => measure::bench(&project, only.as_deref()),
        Task::BenchAws => measure::bench_aws(&project),
        Task::BenchToolbox { rows, quick } => measure::bench_toolbox(&project, rows.as_deref(), quick),
        Task::BenchFormats { runs } => measure::bench_formats(&project, runs),
        Task::Fuzz { cases } => measure::fuzz(&project, cases),
        Task::Oracles => measure::oracles(&project),
        Task::Data => measure::data(&project),
    }
}
