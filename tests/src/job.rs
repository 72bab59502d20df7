//! A job as a client follows it: submit, poll, read the results.

use crate::client::{Client, Reply};
use crate::site::Site;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long a job of a test may take, on a slow and busy machine.
pub const JOB_LIMIT: Duration = Duration::from_secs(120);

/// A job that was acknowledged.
#[derive(Clone, Debug)]
pub struct Job {
    /// `j` and 32 digits.
    pub id: String,
    /// The path of the job below `/arcgis/rest/`.
    pub path: String,
}

impl Job {
    /// Submits to a task such as `Samples/TaskJobs/GPServer/SlowCount`; a refusal fails the test.
    pub fn submit(site: &Site, task: &str, form: &[(&str, &str)]) -> Job {
        Job::of(task, &site.post(&format!("services/{task}/submitJob"), form))
    }

    /// The job that a reply of `submitJob` acknowledges.
    pub fn of(task: &str, reply: &Reply) -> Job {
        let json = reply.json();
        let Some(id) = json["jobId"].as_str() else { panic!("no job was made: {}", reply.text()) };
        Job { id: id.to_owned(), path: format!("services/{task}/jobs/{id}") }
    }

    /// The job resource.
    pub fn poll(&self, site: &Site) -> Value {
        site.get(&format!("{}?f=json", self.path)).json()
    }

    /// The job resource, by way of a connection that is kept.
    ///
    /// # Errors
    /// The connection failed.
    pub fn poll_by(&self, client: &mut Client) -> std::io::Result<Value> {
        Ok(client.send("GET", &format!("/arcgis/rest/{}?f=json", self.path), &[], &[])?.json())
    }

    /// Polls until the job has ended; returns it as it is then.
    pub fn wait(&self, site: &Site) -> Value {
        self.wait_until(site, JOB_LIMIT, is_terminal)
    }

    /// Polls until the job stands as asked; returns it as it is then.
    pub fn wait_until(&self, site: &Site, limit: Duration, is_there: impl Fn(&str) -> bool) -> Value {
        let mut client = site.client();
        let started = Instant::now();
        loop {
            let job = self.poll_by(&mut client).expect("a poll is answered");
            if is_there(status(&job)) {
                return job;
            }
            assert!(started.elapsed() < limit, "not within {limit:?}: {job}");
            std::thread::sleep(site.poll_pause());
        }
    }

    /// The value of a result of a job that succeeded.
    pub fn result(&self, site: &Site, name: &str) -> Value {
        site.get(&format!("{}/results/{name}?f=json", self.path)).json()["value"].clone()
    }

    /// Asks it to stop.
    pub fn cancel(&self, site: &Site) -> Reply {
        site.post(&format!("{}/cancel", self.path), &[("f", "json")])
    }
}

/// `jobStatus` of a job resource; a resource without one fails the test.
pub fn status(job: &Value) -> &str {
    job["jobStatus"].as_str().unwrap_or_else(|| panic!("not a job: {job}"))
}

/// The descriptions of the messages of a job resource or an execute reply, one a line.
pub fn messages(job: &Value) -> String {
    let messages = job["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<&str> = messages.iter().filter_map(|message| message["description"].as_str()).collect();
    texts.join("\n")
}

/// The value of an output of an execute reply; a reply without it fails the test.
pub fn result_of<'v>(reply: &'v Value, name: &str) -> &'v Value {
    let results = reply["results"].as_array().unwrap_or_else(|| panic!("no results: {reply}"));
    let found = results.iter().find(|result| result["paramName"] == name);
    &found.unwrap_or_else(|| panic!("no result {name}: {reply}"))["value"]
}

/// Whether a job that stands there has ended.
pub fn is_terminal(status: &str) -> bool {
    ["esriJobSucceeded", "esriJobFailed", "esriJobCancelled", "esriJobTimedOut"].contains(&status)
}
