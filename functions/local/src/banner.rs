//! What a person sees in the terminal: where the services are, one request to try, or why there is no server.

use crate::args::Args;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// Buffers of 100 km around the largest cities, dissolved: real data that is in the repository.
const EXAMPLE: &str = "examples/cities.json";

/// Prints the services URL and a request that can be pasted as it is.
pub(crate) fn print(args: &Args, address: SocketAddr, start_up: Duration) {
    let root = format!("http://{address}/arcgis/rest/services");
    let text = format!(
        "Serverless GP {version} is ready ({start_up_ms} ms)\n\
         services:  {root}\n\
         data:      {data}\n\
         try it, from the repository:\n\n  \
         curl {root}/Analysis/GPServer/Buffer/execute -d f=pjson --data-urlencode Input_Features@{EXAMPLE} \
         -d 'Distance={{\"distance\":100,\"units\":\"esriKilometers\"}}' -d Dissolve_Type=ALL\n\n",
        version = env!("CARGO_PKG_VERSION"),
        start_up_ms = start_up.as_millis(),
        data = args.data.display(),
    );
    // A closed standard output is no reason not to serve.
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
}

/// Says why the server does not run, cause by cause.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "gp-local: {error:#}");
}
