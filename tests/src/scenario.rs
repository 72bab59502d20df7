//! Scenarios: a request and what its reply must hold, as data that a stranger can read beside the specification.
//!
//! A file holds any number of `[[scenario]]` tables. `request` is a method and a path below `/arcgis/rest/`; parameters
//! go into `query`, `form`, `multipart` or `json` (a JSON text), or a whole `body` with its own `headers`. `uploads` names files
//! of the repository that are sent to the service first; their item ids stand in the form where `{name}` does. `reply` is the partial
//! expectation of [`crate::expectation`], `results` the same for each value of an execute reply. After a `submitJob`, `job` is the expectation of the job once it has ended,
//! and each `[[scenario.then]]` a request relative to the job.

use crate::Site;
use crate::client::{Reply, encoded};
use crate::expectation::misfits;
use crate::job::Job;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// The boundary between the parts of multipart bodies.
const BOUNDARY: &str = "scenario-boundary-7f3a";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    scenario: Vec<Scenario>,
}

/// A request with its expectations; those of `then` are requests about the job that the first one made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What is shown, as a sentence.
    #[serde(default)]
    claim: String,
    /// What stands before some servers and answers this itself, and how: `api-gateway: answers preflights itself`.
    not_behind: Option<String>,
    request: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    form: Option<BTreeMap<String, String>>,
    #[serde(default)]
    uploads: BTreeMap<String, String>,
    multipart: Option<BTreeMap<String, String>>,
    json: Option<String>,
    body: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    reply: Option<String>,
    /// What the values of an execute reply must be, by output parameter.
    #[serde(default)]
    results: BTreeMap<String, String>,
    /// The whole body.
    text: Option<String>,
    /// Parts of the body as it came.
    #[serde(default)]
    text_contains: Vec<String>,
    /// What the body must not hold anywhere, such as a secret.
    #[serde(default)]
    text_lacks: Vec<String>,
    /// HTTP status, when it is not 200.
    status: Option<u16>,
    /// Parts of headers; an empty text for a header that must not be there.
    #[serde(default)]
    reply_headers: BTreeMap<String, String>,
    /// What the job must be once it has ended.
    job: Option<String>,
    /// Requests about the job that has ended.
    #[serde(default)]
    then: Vec<Scenario>,
}

/// How many scenarios of a file there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Those that were run.
    pub run: usize,
    /// Those that cannot hold behind what stands before this server.
    pub left_out: usize,
}

/// Runs every scenario of a file against a server. Those that fail are told together.
pub fn run_all(site: &Site, file: &str, text: &str) -> Count {
    let mut scenarios = match toml::from_str::<ScenarioFile>(text) {
        Ok(file) => file.scenario,
        Err(error) => panic!("{file}: {error}"),
    };
    let all = scenarios.len();
    scenarios.retain(|scenario| scenario.holds_behind(site.front()));
    let failures: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| {
            let misfits = run(site, scenario);
            (!misfits.is_empty()).then(|| format!("{}\n      {}", scenario.claim, misfits.join("\n      ")))
        })
        .collect();
    let (failed, count) = (failures.len(), scenarios.len());
    assert!(
        failures.is_empty(),
        "{file}: {failed} of {count} scenarios failed\n  - {}",
        failures.join("\n  - ")
    );
    Count { run: count, left_out: all - count }
}

fn run(site: &Site, scenario: &Scenario) -> Vec<String> {
    let reply = scenario.send(site, "");
    let mut misfits = scenario.judge(&reply);
    if scenario.job.is_none() && scenario.then.is_empty() {
        return misfits;
    }
    let (_, path) = scenario.method_and_path();
    let task = path.trim_start_matches("services/").split("/submitJob").next().unwrap_or_default();
    if reply.json()["jobId"].is_null() {
        misfits.push(format!("no job was made: {}", reply.text()));
        return misfits;
    }
    let job = Job::of(task, &reply);
    let ended = job.wait(site);
    if let Some(expected) = &scenario.job {
        misfits.extend(compare(expected, &ended));
    }
    for then in &scenario.then {
        let reply = then.send(site, &format!("{}/", job.path));
        misfits.extend(then.judge(&reply).into_iter().map(|misfit| format!("{}: {misfit}", then.request)));
    }
    misfits
}

impl Scenario {
    fn holds_behind(&self, front: Option<&str>) -> bool {
        let excepted = self.not_behind.as_deref().map(|text| match text.split_once(": ") {
            Some((excepted, reason)) if !reason.is_empty() => excepted,
            _ => panic!("{}: not_behind must be a name, a colon and a reason", self.claim),
        });
        excepted.is_none() || excepted != front
    }

    fn method_and_path(&self) -> (&str, &str) {
        self.request.split_once(' ').unwrap_or_else(|| panic!("{:?} is no method and path", self.request))
    }

    fn send(&self, site: &Site, prefix: &str) -> Reply {
        let (method, path) = self.method_and_path();
        let mut path = format!("{prefix}{path}");
        let pairs = |map: &BTreeMap<String, String>| {
            let pairs: Vec<(&str, &str)> =
                map.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            encoded(&pairs)
        };
        if !self.query.is_empty() {
            path = format!("{path}{}{}", if path.contains('?') { "&" } else { "?" }, pairs(&self.query));
        }
        let (content_type, body) = if let Some(form) = &self.form {
            (Some("application/x-www-form-urlencoded".to_owned()), pairs(&self.with_uploads(site, form)))
        } else if let Some(parts) = &self.multipart {
            (Some(format!("multipart/form-data; boundary={BOUNDARY}")), multipart(parts))
        } else if let Some(json) = &self.json {
            (Some("application/json".to_owned()), json.clone())
        } else {
            (None, self.body.clone().unwrap_or_default())
        };
        let given = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut headers: Vec<(&str, &str)> = content_type
            .iter()
            .map(|content_type| ("Content-Type", content_type.as_str()))
            .chain(given)
            .collect();
        // Every reply must be readable for a page, and only pages say where they are from.
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("origin")) {
            headers.push(("Origin", "https://pages.example"));
        }
        site.send(method, &path, &headers, body.as_bytes())
    }

    /// The form with the ids of what was uploaded for it.
    fn with_uploads(&self, site: &Site, form: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut form = form.clone();
        let (_, path) = self.method_and_path();
        let service = path.find("/GPServer/").map_or(path, |at| &path[..at + "/GPServer".len()]);
        for (name, file) in &self.uploads {
            let Ok(bytes) = fs::read(crate::repository().join(file)) else {
                panic!("there is no file {file}")
            };
            let id = site.upload(service, file.rsplit('/').next().unwrap_or(file), &bytes);
            let placeholder = format!("{{{name}}}");
            form.values_mut().for_each(|value| *value = value.replace(&placeholder, &id));
        }
        form
    }

    fn judge(&self, reply: &Reply) -> Vec<String> {
        let mut misfits = everywhere(reply);
        let status = self.status.unwrap_or(200);
        if reply.status != status {
            misfits.push(format!("HTTP {} instead of {status}", reply.status));
        }
        if let Some(expected) = &self.reply {
            match serde_json::from_slice(&reply.body) {
                Ok(json) => misfits.extend(compare(expected, &json)),
                Err(error) => misfits.push(format!("the reply is no JSON ({error}): {}", reply.text())),
            }
        }
        if !self.results.is_empty() {
            misfits.extend(self.judge_results(reply));
        }
        if self.text.as_ref().is_some_and(|text| *text != reply.text()) {
            misfits.push(format!("the body is {}", reply.text()));
        }
        for part in self.text_contains.iter().filter(|part| !reply.text().contains(part.as_str())) {
            misfits.push(format!("{part:?} is not in the body {}", reply.text()));
        }
        for part in self.text_lacks.iter().filter(|part| reply.text().contains(part.as_str())) {
            misfits.push(format!("{part:?} is in the body {}", reply.text()));
        }
        for (name, part) in &self.reply_headers {
            let fits = match reply.header(&name.to_ascii_lowercase()) {
                Some(value) => !part.is_empty() && value.contains(part.as_str()),
                None => part.is_empty(),
            };
            if !fits {
                misfits.push(format!(
                    "header {name}: {:?} instead of {part:?}",
                    reply.header(&name.to_ascii_lowercase())
                ));
            }
        }
        misfits
    }

    fn judge_results(&self, reply: &Reply) -> Vec<String> {
        let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let Some(results) = json["results"].as_array() else {
            return vec![format!("the reply has no results: {}", reply.text())];
        };
        let mut misfits = Vec::new();
        for (name, expected) in &self.results {
            match results.iter().find(|result| result["paramName"] == name.as_str()) {
                Some(result) => {
                    let found = compare(expected, &result["value"]);
                    misfits.extend(found.into_iter().map(|misfit| format!("{name}: {misfit}")));
                }
                None => misfits.push(format!("there is no result {name}")),
            }
        }
        misfits
    }
}

/// What every reply must have (specification 0, rules 1 and 11).
fn everywhere(reply: &Reply) -> Vec<String> {
    ["access-control-allow-origin", "x-request-id"]
        .iter()
        .filter(|name| reply.header(name).is_none_or(str::is_empty))
        .map(|name| format!("the reply has no header {name}"))
        .collect()
}

fn compare(expected: &str, found: &Value) -> Vec<String> {
    match serde_json::from_str(expected) {
        Ok(expected) => misfits(&expected, found),
        Err(error) => vec![format!("the expectation is no JSON ({error}): {expected}")],
    }
}

fn multipart(parts: &BTreeMap<String, String>) -> String {
    let mut body = String::new();
    for (name, value) in parts {
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!("--{BOUNDARY}--\r\n"));
    body
}
