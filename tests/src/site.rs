//! Where requests go: the services of a server, below a path of a host.
//!
//! Separate from `server.rs` because the same tests drive a process of their own and a deployed stack, of which nothing
//! is known but its URL.

use crate::client::{Client, Reply, encoded};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// Between two polls of a process on this machine.
const QUICK: Duration = Duration::from_millis(10);
/// Between two polls of a stack, where each poll is an invocation.
const SLOW: Duration = Duration::from_millis(100);

/// The boundary between the parts of a form with a file.
const BOUNDARY: &str = "site-boundary-7c1e";

/// A server that answers below `http://<address><prefix>/arcgis/rest/`.
#[derive(Clone, Debug)]
pub struct Site {
    address: SocketAddr,
    prefix: String,
    poll_pause: Duration,
}

impl Site {
    /// A server at the root of that address.
    pub fn own(address: SocketAddr) -> Site {
        Site { address, prefix: String::new(), poll_pause: QUICK }
    }

    /// The server of that URL, such as `http://127.0.0.1:4566/_aws/execute-api/abc/$default`.
    pub fn at(url: &str) -> Site {
        let Some(rest) = url.strip_prefix("http://") else { panic!("{url:?} is no http:// URL") };
        let rest = rest.trim_end_matches('/');
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let address = host.to_socket_addrs().ok().and_then(|mut found| found.next());
        let Some(address) = address else { panic!("{url:?} needs a host and a port") };
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Site { address, prefix, poll_pause: SLOW }
    }

    /// The server that `GP_TEST_URL` names; `None` when tests start their own.
    #[expect(clippy::disallowed_methods, reason = "the test program has no main of its own")]
    pub fn from_environment() -> Option<Site> {
        std::env::var("GP_TEST_URL").ok().map(|url| Site::at(&url))
    }

    /// Whatever stands before the server and answers some requests itself.
    pub fn front(&self) -> Option<&'static str> {
        self.prefix.contains("execute-api").then_some("api-gateway")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What every path begins with; empty, or with a slash before and none behind.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How long to wait between two looks at a job.
    pub fn poll_pause(&self) -> Duration {
        self.poll_pause
    }

    /// A new connection to it.
    pub fn client(&self) -> Client {
        Client::below(self.address, &self.prefix)
    }

    /// GET of a path below `/arcgis/rest/`, query included.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], &[])
    }

    /// POST of a form to a path below `/arcgis/rest/`.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &headers, encoded(form).as_bytes())
    }

    /// POST of a form with a file to a path below `/arcgis/rest/`.
    pub fn post_file(&self, path: &str, texts: &[(&str, &str)], name: &str, file: &[u8]) -> Reply {
        let mut body = Vec::with_capacity(file.len() + 1000);
        for (name, value) in texts {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        body.extend_from_slice(
            format!("{head}\r\nContent-Type: application/octet-stream\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", path, &[("Content-Type", &content_type)], &body)
    }

    /// Uploads a file to a service, such as `services/Analysis/GPServer`; the id of the item.
    pub fn upload(&self, service: &str, name: &str, file: &[u8]) -> String {
        let reply = self.post_file(&format!("{service}/uploads/upload"), &[("f", "json")], name, file);
        match reply.json()["item"]["itemID"].as_str() {
            Some(id) => id.to_owned(),
            None => panic!("{name} was not taken: {}", reply.text()),
        }
    }

    /// Any request to a path below `/arcgis/rest/`, on a connection of its own. No reply fails the test.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        match self.client().send(method, &format!("/arcgis/rest/{path}"), headers, body) {
            Ok(reply) => reply,
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_an_address_and_a_prefix() {
        let site = Site::at("http://127.0.0.1:4566/_aws/execute-api/abc/$default/");
        assert_eq!((site.address().port(), site.prefix()), (4566, "/_aws/execute-api/abc/$default"));
        assert_eq!(site.front(), Some("api-gateway"));
        let site = Site::at("http://127.0.0.1:6080");
        assert_eq!((site.prefix(), site.front()), ("", None));
    }
}
