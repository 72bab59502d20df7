//! The least that a function of this runtime can be: it answers its own path. The measurements on the emulator run it
//! beside the product, to tell what the emulator takes from what we take. It writes a line for each request, as the
//! product does, because the emulator waits 50 ms for a line that does not come.

use lambda_http::{Body, Error, Request, Response, service_fn};
use std::io::Write;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = service_fn(async |request: Request| {
        let path = request.uri().path().to_owned();
        writeln!(std::io::stdout(), "{path}")?;
        Ok::<_, Error>(Response::new(Body::Text(path)))
    });
    runtime.block_on(lambda_http::run(answer)).map_err(|error| anyhow::anyhow!(error))
}
