//! The tools over large layers in memory: one line of JSON a row, with processor time, wall time, and a figure by which
//! the result is checked against that of the peers. Run by `cargo xtask bench-toolbox`, which puts the peers beside it.
//!
//! `toolbox LAYERS RUNS ROW…`: the folder that `layers.py` fills, how often a row runs (the median counts), and the rows
//! to measure; all without any. `toolbox --scale NAME COUNT`: one tool on that many made-up features.
#![expect(clippy::print_stdout, reason = "a command-line program talks on standard output")]

mod joins;
mod layers;
mod process;
mod rows;
mod scale;
mod shapes;

use anyhow::{Context, Result};
use process::cpu_s;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--scale", name, count] => println!("{}", scale::measure(name, count.parse()?)?),
        [folder, runs, ref wanted @ ..] => measure(Path::new(folder), runs.parse()?, wanted)?,
        _ => println!("usage: toolbox LAYERS RUNS ROW… | --scale NAME COUNT; see tests/benches/README.md"),
    }
    Ok(())
}

fn measure(folder: &Path, count: usize, wanted: &[&str]) -> Result<()> {
    for row in rows::ROWS.iter().filter(|row| wanted.is_empty() || wanted.contains(&row.name)) {
        let mut work = (row.prepare)(folder).with_context(|| row.name.to_owned())?;
        let mut runs = Vec::new();
        let mut check = 0.0;
        for _ in 0..count.max(1) {
            let run = work()?;
            let (before_s, wall) = (cpu_s(), Instant::now());
            check = run().with_context(|| row.name.to_owned())?;
            runs.push((cpu_s() - before_s, wall.elapsed().as_secs_f64()));
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (cpu_s, wall_s) = runs[runs.len() / 2];
        let line = serde_json::json!({
            "row": row.name, "way": "ours", "cpu_ms": cpu_s * 1000.0, "wall_ms": wall_s * 1000.0, "check": check,
        });
        println!("{line}");
    }
    Ok(())
}
