//! The REST face on Lambda: one program, two functions. One answers everything but `execute`; the other one, with a
//! processor of its own and no right to any data, answers `execute` alone.

mod settings;

use gp_aws::{Function, Role};
use lambda_http::{Error, Request, RequestExt, service_fn};
use std::sync::Arc;
use tower::ServiceExt;

fn main() -> anyhow::Result<()> {
    gp_workers::hide_panic_payloads();
    let catalog = Arc::new(gp_core::Catalog::new(gp_tools::built_in_services()?));
    if let Some(worked) = gp_aws::run_as_worker(std::env::args(), &catalog) {
        return Ok(worked?);
    }
    let function = Function::read(settings::variable)?;
    gp_aws::start_log(&function);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let role = if settings::is_execute() { Role::Execute } else { Role::Api };
        let app = gp_aws::app(settings::variable, &function, role, catalog)?;
        let router = gp_rest::router(app, settings::rest(&function));
        let answer = service_fn(move |mut request: Request| {
            let context = request.lambda_context();
            settings::name_request(request.headers_mut(), &context.request_id);
            gp_aws::with_trace(context.xray_trace_id, router.clone().oneshot(request))
        });
        lambda_http::run(answer).await.map_err(|error: Error| anyhow::anyhow!(error))
    })
}
