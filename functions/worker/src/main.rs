//! Jobs from SQS on Lambda: one message, one job.

mod batch;

use gp_aws::{Function, Role};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use std::sync::Arc;

fn main() -> anyhow::Result<()> {
    gp_workers::hide_panic_payloads();
    let catalog = Arc::new(gp_core::Catalog::new(gp_tools::built_in_services()?));
    if let Some(worked) = gp_aws::run_as_worker(std::env::args(), &catalog) {
        return Ok(worked?);
    }
    let function = Function::read(variable)?;
    gp_aws::start_log(&function);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = gp_aws::app(variable, &function, Role::Worker, catalog)?;
        let handle = service_fn(async |event: LambdaEvent<_>| {
            Ok::<_, Error>(batch::run(&app, event.payload, event.context.deadline).await)
        });
        lambda_runtime::run(handle).await.map_err(|error| anyhow::anyhow!(error))
    })
}

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "this main is where the environment is read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
