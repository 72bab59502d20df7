//! The tools over large layers in memory: one line of JSON a row, with processor time, wall time, and a figure by which
//! the result is checked against that of the peers. Run by `cargo xtask bench-tools`, which puts the peers beside it.
//!
//! `toolbox LAYERS ROW…`: the folder that `layers.py` fills, and the rows to measure; all without any.
#![expect(clippy::print_stdout, reason = "a command-line program talks on standard output")]

mod layers;
mod rows;

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;
use std::time::Instant;

/// Runs of a row: the median counts.
const RUNS: usize = 3;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let Some(folder) = args.next() else {
        println!("usage: toolbox LAYERS ROW…; see tests/benches/README.md");
        return Ok(());
    };
    let wanted: Vec<String> = args.collect();
    for row in rows::ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|name| name == row.name))
    {
        let mut work = (row.prepare)(Path::new(&folder)).with_context(|| row.name.to_owned())?;
        let mut runs = Vec::new();
        let mut check = 0.0;
        for _ in 0..RUNS {
            let run = work()?;
            let (cpu_s, wall) = (cpu_s(), Instant::now());
            check = run()?;
            runs.push((self::cpu_s() - cpu_s, wall.elapsed().as_secs_f64()));
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (cpu_s, wall_s) = runs[RUNS / 2];
        let line = serde_json::json!({
            "row": row.name, "cpu_ms": cpu_s * 1000.0, "wall_ms": wall_s * 1000.0, "check": check, "peak_mb": peak_mb()?,
        });
        println!("{line}");
    }
    Ok(())
}

/// Processor time of all threads of this process so far.
fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The largest resident size of this process so far.
fn peak_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("VmHWM")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("VmHWM")?.parse()?;
    Ok(kilobytes / 1000.0)
}
