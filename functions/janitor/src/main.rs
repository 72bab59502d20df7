//! No job stays unfinished: what the queue gave up on ends as failed, and what nobody works on is put in line again.

mod tidy;

use gp_aws::{Function, Role};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use std::sync::Arc;

fn main() -> anyhow::Result<()> {
    let function = Function::read(variable)?;
    let catalog = Arc::new(gp_core::Catalog::new(gp_tools::built_in_services()?));
    gp_aws::start_log(&function);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = gp_aws::app(variable, &function, Role::Janitor, catalog)?;
        let forgotten = gp_aws::forgotten(variable)?;
        let handle = service_fn(async |event: LambdaEvent<IgnoredAny>| {
            tidy::tidy(&app, &forgotten, event.context.deadline).await.map_err(Error::from)
        });
        lambda_runtime::run(handle).await.map_err(|error| anyhow::anyhow!(error))
    })
}

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "this main is where the environment is read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
