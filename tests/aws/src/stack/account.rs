//! Calls of the account's root, by hand and in JSON: tests look at what was stored with other eyes than the adapters'.
//!
//! The emulator does not check the signatures of its root, so none are made; on AWS nothing here would be answered.

use gp_tests::{Client, Reply, Site};
use serde_json::Value;

/// The account's root.
pub(super) struct Account {
    emulator: Site,
    region: String,
}

impl Account {
    pub(super) fn new(endpoint: &str, region: &str) -> Account {
        Account { emulator: Site::at(endpoint), region: region.to_owned() }
    }

    /// A call of a service whose calls are named by a header, such as `DynamoDB_20120810.GetItem`.
    pub(super) fn json_call(&self, service: &str, name: &str, body: &Value) -> Value {
        let version =
            if service == "logs" { "application/x-amz-json-1.1" } else { "application/x-amz-json-1.0" };
        let headers = [("X-Amz-Target", name), ("Content-Type", version)];
        let reply = self.send(service, ("POST", "/"), &headers, body);
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    /// A call of a service whose calls are methods and paths.
    pub(super) fn call(&self, service: &str, request: (&str, &str), body: &Value) -> Reply {
        self.send(service, request, &[], body)
    }

    fn send(
        &self,
        service: &str,
        (method, target): (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Reply {
        let scope = format!("test/20260101/{}/{service}/aws4_request", self.region);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={:064}", 0);
        let own = [("Authorization", authorization.as_str()), ("X-Amz-Date", "20260101T000000Z")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut client = Client::new(self.emulator.address());
        let reply = client.send(method, target, &[&own, headers].concat(), body.as_bytes()).unwrap();
        assert!(reply.status < 300, "{service} {method} {target} {headers:?}: {}", reply.text());
        reply
    }
}
