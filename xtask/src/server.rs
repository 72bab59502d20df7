//! A server process for the client tests: fresh data folder, free port, ended with the value that holds it.

use crate::project::Project;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A running server.
pub(crate) struct Server {
    process: Child,
    data: PathBuf,
    /// The URL of its services.
    pub(crate) services: String,
}

impl Server {
    /// Starts the development build and waits for the line that names the services URL.
    pub(crate) fn start(project: &Project) -> Result<Server> {
        let data = std::env::temp_dir().join(format!("gp-clients-{}", std::process::id()));
        let mut command = project.command(project.server("debug"));
        command.args(["--listen", "127.0.0.1:0", "--log", "error", "--data"]).arg(&data);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start the server")?;
        let output = process.stdout.take().context("the server's output is piped")?;
        let mut server = Server { process, data, services: String::new() };
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            if let Some(url) = services_url(&line?) {
                server.services = url;
                // A server whose output nobody reads would block on a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
        }
        bail!("the server ended before it named its services URL")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A termination signal, not a kill: the server hands its jobs back and its workers end with it.
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if asked.elapsed() > STOP_LIMIT {
                let _ = self.process.kill();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn services_url(line: &str) -> Option<String> {
    let url = line.split_whitespace().find(|word| word.starts_with("http://"))?;
    url.ends_with("/rest/services").then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_url_is_read_from_the_start_up_text() {
        let url = "http://127.0.0.1:40001/arcgis/rest/services";
        assert_eq!(services_url(&format!("services:  {url}")).as_deref(), Some(url));
        assert_eq!(services_url("data:      gp-data"), None);
        assert_eq!(services_url("  curl http://127.0.0.1:1/arcgis/rest/services/Analysis/GPServer"), None);
    }
}
