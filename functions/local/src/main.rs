//! The whole server in one process on one machine: REST face, jobs in SQLite and files, tasks in worker processes.

mod args;
mod banner;
mod logging;
mod serve;
mod services;

use anyhow::Context;
use args::{Args, Command};
use clap::Parser;
use gp_core::{App, Catalog};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

fn main() -> ExitCode {
    let started = Instant::now();
    let args = Args::parse();
    match run(&args, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            banner::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args, started: Instant) -> anyhow::Result<()> {
    let catalog = Arc::new(services::catalog(args.services.as_deref())?);
    if let Some(Command::Worker { memory_mb }) = args.command {
        return gp_embedded::worker_main(&catalog, &args.limits(), memory_mb).context("the worker lost its server");
    }
    let logs = logging::start(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(args, catalog, started));
    runtime.shutdown_background();
    logs.finish();
    served
}

async fn serve(args: &Args, catalog: Arc<Catalog>, started: Instant) -> anyhow::Result<()> {
    let data = gp_embedded::Data::open(&args.data)?;
    let (app, drain) = data.start(catalog, args.limits(), args.job_settings(), args.pools()?, now_ms)?;
    let listener = serve::bind(args.listen).await?;
    let router = gp_rest::router(app.clone(), args.rest_settings());
    banner::print(args, listener.local_addr()?, started.elapsed());
    serve::until_stopped(listener, router).await;
    drain.shutdown().await;
    drop::<App>(app);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the server")]
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
