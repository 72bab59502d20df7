//! The whole server in one process on one machine: REST face, jobs in SQLite and files, tasks in worker processes.

mod args;
mod banner;
mod layers;
mod logging;
mod machine;
mod serve;
mod services;

use anyhow::Context;
use args::{Args, Command};
use clap::Parser;
use gp_core::Catalog;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Quick tasks run on the server's own threads; this is address space, not memory.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    let started = Instant::now();
    gp_workers::hide_panic_payloads();
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
        return gp_workers::worker_main(catalog, args.limits(), args.fetch_settings(), memory_mb)
            .context("the worker lost its server");
    }
    layers::find_layers(&catalog, &args.limits(), &args.fetch_settings())?;
    let logs = logging::start(args)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES).enable_all().build()?;
    let served = runtime.block_on(serve(args, catalog, started));
    runtime.shutdown_background();
    logs.finish();
    served
}

async fn serve(args: &Args, catalog: Arc<Catalog>, started: Instant) -> anyhow::Result<()> {
    let data = gp_embedded::Data::open(&args.data)?;
    let (mut app, drain, sweeper) = data
        .app(catalog, args.limits(), args.job_settings(), args.worker_command()?, args.concurrency())
        .await?;
    app.upload_settings = args.upload_settings();
    let stop_signal = serve::stop_signal()?;
    let listener = serve::bind(args.listen).await?;
    let address = listener.local_addr()?;
    let router = gp_rest::router(app, args.rest_settings());
    banner::print(args, address, started.elapsed());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = async {
        serve::until_stopped(listener, router, stop_signal).await;
        drop(stop);
    };
    let working = drain.run(async {
        let _ = stopped.await;
    });
    tokio::select! {
        _ = async { tokio::join!(serving, working) } => {}
        () = sweeper.run() => {}
    }
    Ok(())
}
