//! The deployed stack of `stack.py`, as its users and as its operator see it.
//!
//! Users send requests to its [`Site`]. The operator calls AWS as the account's root.

mod account;

use account::Account;
use gp_tests::{Client, Reply, Site};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long what happens by itself may take, on a slow and busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A function of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Answers everything but `execute`.
    Api,
    /// Answers `execute`.
    Execute,
    /// Runs jobs.
    Worker,
    /// Looks after forgotten jobs.
    Janitor,
}

/// A queue of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Jobs.
    Jobs,
    /// Messages that were delivered too often.
    DeadLetters,
}

/// What `stack.py up` wrote.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StackState {
    endpoint: String,
    stack: String,
    api_url: String,
    table: String,
    queue_url: String,
    dead_letter_queue_url: String,
    bucket: String,
    functions: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    region: String,
}

/// The deployed stack. While a test holds one, other tests share the stack, or wait, as it was asked for.
pub struct Stack {
    state: StackState,
    site: Site,
    account: Account,
    /// When the test began, milliseconds since 1970: older lines of the log are not its own.
    began_ms: u128,
    _turn: File,
}

/// The workers get no messages until this is dropped.
pub struct Pause<'a> {
    stack: &'a Stack,
    source: String,
}

impl Stack {
    /// The stack, together with other tests.
    pub fn shared() -> Stack {
        Stack::read(|turn| turn.lock_shared())
    }

    /// The stack for this test alone: it stops the workers, or keeps them all busy.
    pub fn alone() -> Stack {
        Stack::read(File::lock)
    }

    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the stack is")]
    fn read(lock: impl Fn(&File) -> std::io::Result<()>) -> Stack {
        let path =
            std::env::var("GP_AWS_STATE").expect("GP_AWS_STATE names the file that `stack.py up` wrote");
        Stack::at(&path, lock)
    }

    #[expect(clippy::disallowed_methods, reason = "tests read the clock")]
    pub(crate) fn at(path: &str, lock: impl Fn(&File) -> std::io::Result<()>) -> Stack {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
        let state: StackState = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{path} is no state of a deployed stack: {error}"));
        let turn = File::create(format!("{path}.turn")).unwrap();
        lock(&turn).unwrap();
        let began_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let (site, account) = (Site::at(&state.api_url), Account::new(&state.endpoint, &state.region));
        Stack { state, site, account, began_ms, _turn: turn }
    }

    /// The server that users see.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Where everything of the emulator is.
    pub fn endpoint(&self) -> &str {
        &self.state.endpoint
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.state.bucket
    }

    /// A queue's URL.
    pub fn queue_url(&self, queue: Queue) -> &str {
        match queue {
            Queue::Jobs => &self.state.queue_url,
            Queue::DeadLetters => &self.state.dead_letter_queue_url,
        }
    }

    /// A parameter of the template that is a number.
    pub fn parameter(&self, name: &str) -> usize {
        self.state.parameters[name].parse().unwrap()
    }

    /// Follows a link of a reply, to wherever on the emulator it leads.
    pub fn follow(&self, url: &str, headers: &[(&str, &str)]) -> Reply {
        let target = url.strip_prefix(&self.state.endpoint).unwrap_or_else(|| panic!("{url} leads away"));
        Client::new(self.site.address()).send("GET", target, headers, &[]).unwrap()
    }

    /// Invokes a function and waits for its answer.
    pub fn invoke(&self, function: Function, event: &Value) -> Value {
        let path = format!("/2015-03-31/functions/{}/invocations", self.name(function));
        let reply = self.account.call("lambda", ("POST", &path), event);
        assert!(reply.header("x-amz-function-error").is_none(), "{function:?}: {}", reply.text());
        reply.json()
    }

    /// The item of a job, in DynamoDB's JSON.
    pub fn item(&self, job: &str) -> Value {
        let get = json!({"TableName": self.state.table, "Key": {"id": {"S": job}}, "ConsistentRead": true});
        let item = self.account.json_call("dynamodb", "DynamoDB_20120810.GetItem", &get)["Item"].clone();
        assert!(item.is_object(), "there is no item {job}");
        item
    }

    /// Sets attributes of a job's item, in DynamoDB's JSON.
    pub fn change_item(&self, job: &str, attributes: &[(&str, Value)]) {
        let (mut sets, mut names, mut values) = (Vec::new(), json!({}), json!({}));
        for (index, (name, value)) in attributes.iter().enumerate() {
            sets.push(format!("#n{index} = :v{index}"));
            names[format!("#n{index}")] = json!(name);
            values[format!(":v{index}")] = value.clone();
        }
        let update = json!({
            "TableName": self.state.table, "Key": {"id": {"S": job}}, "UpdateExpression": format!("SET {}", sets.join(", ")),
            "ExpressionAttributeNames": names, "ExpressionAttributeValues": values,
        });
        self.account.json_call("dynamodb", "DynamoDB_20120810.UpdateItem", &update);
    }

    /// Puts a message into a queue.
    pub fn send_message(&self, queue: Queue, body: &str) {
        let message = json!({"QueueUrl": self.queue_url(queue), "MessageBody": body});
        self.account.json_call("sqs", "AmazonSQS.SendMessage", &message);
    }

    /// Takes the next message off the queue of jobs, as if it were lost.
    pub fn lose_message(&self) -> String {
        let url = self.queue_url(Queue::Jobs);
        let receive = json!({"QueueUrl": url, "WaitTimeSeconds": 5});
        let message =
            self.account.json_call("sqs", "AmazonSQS.ReceiveMessage", &receive)["Messages"][0].clone();
        let delete = json!({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]});
        self.account.json_call("sqs", "AmazonSQS.DeleteMessage", &delete);
        message["Body"].as_str().unwrap_or_else(|| panic!("no message: {message}")).to_owned()
    }

    /// How many messages a queue holds, those that somebody works on included.
    pub fn messages(&self, queue: Queue) -> u64 {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let get = json!({"QueueUrl": self.queue_url(queue), "AttributeNames": names});
        let found = self.account.json_call("sqs", "AmazonSQS.GetQueueAttributes", &get);
        names.iter().map(|name| found["Attributes"][name].as_str().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// The keys of the bucket's objects below a prefix.
    pub fn objects(&self, prefix: &str) -> Vec<String> {
        let path = format!("/{}?list-type=2&prefix={}", self.state.bucket, gp_tests::client::escaped(prefix));
        let xml = self.account.call("s3", ("GET", &path), &Value::Null).text();
        xml.split("<Key>")
            .skip(1)
            .map(|rest| rest.split("</Key>").next().unwrap_or_default().to_owned())
            .collect()
    }

    /// Removes an object of the bucket.
    pub fn remove_object(&self, key: &str) {
        self.account.call("s3", ("DELETE", &format!("/{}/{key}", self.state.bucket)), &Value::Null);
    }

    /// Events that a function logged since the test began and that hold this text, once there are any.
    pub fn logged(&self, function: Function, part: &str) -> Vec<Value> {
        let what = format!("{part:?} in the log of {function:?}");
        eventually(&what, || Some(self.logged_so_far(function, part)).filter(|events| !events.is_empty()))
    }

    /// As [`Stack::logged`], but there may be none.
    pub fn logged_so_far(&self, function: Function, part: &str) -> Vec<Value> {
        let group = format!("/aws/lambda/{}-{}", self.state.stack, function.key());
        let (mut found, mut next) = (Vec::new(), Value::Null);
        loop {
            let mut filter = json!({"logGroupName": group, "startTime": self.began_ms});
            if !next.is_null() {
                filter["nextToken"] = next;
            }
            let page = self.account.json_call("logs", "Logs_20140328.FilterLogEvents", &filter);
            let events = page["events"].as_array().cloned().unwrap_or_default();
            let lines = events.iter().filter_map(|event| event["message"].as_str());
            found.extend(
                lines.filter(|line| line.contains(part)).filter_map(|line| serde_json::from_str(line).ok()),
            );
            next = page["nextToken"].clone();
            if next.is_null() {
                return found;
            }
        }
    }

    /// Gives the workers no more messages for a while; those that they have, they finish.
    pub fn pause_workers(&self) -> Pause<'_> {
        let path = format!("/2015-03-31/event-source-mappings/?FunctionName={}", self.name(Function::Worker));
        let list = self.account.call("lambda", ("GET", &path), &Value::Null).json();
        let source = list["EventSourceMappings"][0]["UUID"].as_str().unwrap().to_owned();
        let pause = Pause { stack: self, source };
        pause.enable(false);
        pause
    }

    /// The name of a function.
    pub fn name(&self, function: Function) -> &str {
        &self.state.functions[function.key()]
    }

    /// The name of the stack.
    pub fn stack_name(&self) -> &str {
        &self.state.stack
    }
}

impl Function {
    fn key(self) -> &'static str {
        match self {
            Function::Api => "api",
            Function::Execute => "execute",
            Function::Worker => "worker",
            Function::Janitor => "janitor",
        }
    }
}

impl Pause<'_> {
    fn enable(&self, enabled: bool) {
        let path = format!("/2015-03-31/event-source-mappings/{}", self.source);
        self.stack.account.call("lambda", ("PUT", &path), &json!({"Enabled": enabled}));
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.enable(true);
    }
}

/// A name that no other test and no other run has.
pub fn unique(kind: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{kind}-{:016x}", RandomState::new().hash_one(kind))
}

/// Looks until there is something; what never comes fails the test.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(100));
    }
}
