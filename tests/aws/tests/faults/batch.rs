//! Jobs that are submitted while something goes wrong, and what must be true of each of them in the end.

use crate::rules::Dice;
use gp_aws_tests::stack::{Function, Queue};
use gp_aws_tests::{Kept, OwnStack};
use gp_tests::job::{is_terminal, messages, status};
use gp_tests::{Job, Site};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

const ECHO: &str = "Samples/TaskJobs/GPServer/EchoValues";
/// So many letters drawn at random fit neither among the inputs nor among the results of a record.
const LONG_TEXT: usize = 12_000;
/// How often a careful client sends a submission that is refused.
const MAX_TRIES: usize = 30;
/// How often the janitor is asked to look, which by its own schedule it does each minute.
const JANITOR_PAUSE: Duration = Duration::from_secs(3);

/// How many jobs each fault gets.
#[expect(clippy::disallowed_methods, reason = "whoever starts the tests says how many jobs")]
pub(crate) fn jobs_a_fault() -> usize {
    std::env::var("GP_FAULT_JOBS").ok().map_or(40, |count| count.parse().unwrap())
}

/// Of faults that take long, one job in twenty is enough.
pub(crate) fn few() -> usize {
    (jobs_a_fault() / 20).max(2)
}

/// How the jobs of a batch must end.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Succeeded,
    /// As succeeded, and some of them needed a second worker.
    SucceededAgain,
    /// With this among the messages.
    Failed(&'static str),
}

/// What a job is given.
pub(crate) type Form = Vec<(&'static str, String)>;

/// Jobs that met the same fault.
pub(crate) struct Batch {
    name: String,
    jobs: Vec<Submitted>,
    /// Everything that was recorded: these jobs, and those whose submission was not acknowledged.
    records: HashSet<String>,
    end: End,
    began: Instant,
    /// Where the proxy's record of their calls begins.
    place: usize,
    /// Submissions that were not acknowledged, and repeated.
    refused: usize,
}

struct Submitted {
    job: Job,
    /// The text that comes back.
    text: Option<String>,
}

impl Batch {
    /// Submits jobs that give a text back, every `long`-th of them a long one. One of two has an idempotency key.
    pub(crate) fn submit(own: &OwnStack, name: &str, count: usize, long: usize, end: End) -> Batch {
        let text = |number: usize| text(name, number, number.is_multiple_of(long));
        let forms = (0..count).map(|number| vec![("String", text(number))]).collect();
        Batch::submit_all(own, name, ECHO, forms, end)
    }

    /// Submits a job of that task for each form.
    pub(crate) fn submit_all(own: &OwnStack, name: &str, task: &str, forms: Vec<Form>, end: End) -> Batch {
        let (began, place) = (Instant::now(), own.proxy.len());
        let (jobs, refused) = (Mutex::new(Vec::new()), Mutex::new(0));
        let queue = Mutex::new(forms.into_iter().enumerate());
        let submit_some = || {
            loop {
                let Some((number, form)) = queue.lock().unwrap().next() else { return };
                let key = number.is_multiple_of(2).then(|| format!("{name} {number}"));
                let (job, tries) = submit(own.stack.site(), task, &form, key.as_deref());
                *refused.lock().unwrap() += tries - 1;
                jobs.lock().unwrap().push(Submitted { job, text: (task == ECHO).then(|| form[0].1.clone()) });
            }
        };
        scope(|scope| {
            scope.spawn(submit_some);
            scope.spawn(submit_some);
        });
        let (jobs, refused) = (jobs.into_inner().unwrap(), refused.into_inner().unwrap());
        let distinct: HashSet<&str> = jobs.iter().map(|submitted| submitted.job.id.as_str()).collect();
        assert_eq!(distinct.len(), jobs.len(), "{name}: two submissions became one job");
        let records = records(own, place);
        assert!(distinct.iter().all(|id| records.contains(*id)), "{name}: an acknowledged job has no record");
        assert!(
            records.len() <= jobs.len() + refused,
            "{name}: {} records of {} jobs",
            records.len(),
            jobs.len()
        );
        Batch { name: name.to_owned(), jobs, records, end, began, place, refused }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = String> {
        self.jobs.iter().map(|submitted| submitted.job.id.clone())
    }

    /// Waits until each job has ended or its fault has hit it, but for `but`.
    pub(crate) fn wait_until_hit(&self, own: &OwnStack, but: usize, limit: Duration) {
        let started = Instant::now();
        loop {
            let mut left: HashSet<String> = self.ids().collect();
            own.proxy.each(self.place, |kept| {
                if kept.fault.is_some() || ends_job(kept) {
                    kept.call.job().map(|job| left.remove(&job));
                }
            });
            if left.len() <= but {
                return;
            }
            assert!(
                started.elapsed() < limit,
                "{}: {} jobs were never touched: {left:?}",
                self.name,
                left.len()
            );
            sleep(Duration::from_millis(200));
        }
    }

    /// The records of jobs that have not ended.
    fn unfinished(&self, own: &OwnStack) -> HashSet<String> {
        let mut left = self.records.clone();
        own.proxy.each(self.place, |kept| {
            if ends_job(kept) {
                kept.call.job().map(|job| left.remove(&job));
            }
        });
        left
    }

    /// Waits for at most that long until all but a few have ended.
    pub(crate) fn wait(&self, own: &OwnStack, limit: Duration) {
        let started = Instant::now();
        while self.unfinished(own).len() > self.jobs.len() / 20 && started.elapsed() < limit {
            sleep(Duration::from_millis(200));
        }
    }

    /// Checks every job and prints a line about them.
    fn check(&self, own: &OwnStack) {
        let mut ends: HashMap<String, usize> = HashMap::new();
        let mut claims = 0;
        let mut faults: BTreeMap<String, usize> = BTreeMap::new();
        own.proxy.each(self.place, |kept| {
            let Some(job) = kept.call.job().filter(|job| self.records.contains(job)) else { return };
            claims += usize::from(kept.call.is_claim() && kept.status == Some(200));
            if let Some(fault) = &kept.fault {
                *faults.entry(format!("{} {fault:?}", kept.call.operation)).or_default() += 1;
            }
            if ends_job(kept) {
                *ends.entry(job).or_default() += 1;
            }
        });
        for id in &self.records {
            let written = ends.get(id).copied().unwrap_or_default();
            assert_eq!(written, 1, "{}: the end of job {id} was written {written} times", self.name);
        }
        for submitted in &self.jobs {
            let ended = submitted.job.poll(own.stack.site());
            self.check_job(own.stack.site(), submitted, &ended);
        }
        if let End::SucceededAgain = self.end {
            assert!(claims > self.jobs.len(), "{}: no job met its fault: {faults:?}", self.name);
        }
        println!(
            "{}: {} jobs, all ended once and {}; {claims} claims, {} submissions repeated, {:.0} s; {faults:?}",
            self.name,
            self.jobs.len(),
            match self.end {
                End::Succeeded | End::SucceededAgain => "succeeded with their own results".to_owned(),
                End::Failed(reason) => format!("failed saying {reason:?}"),
            },
            self.refused,
            self.began.elapsed().as_secs_f64(),
        );
    }

    fn check_job(&self, site: &Site, submitted: &Submitted, ended: &Value) {
        let name = &self.name;
        assert!(is_terminal(status(ended)), "{name}: {ended}");
        let said = messages(ended);
        let count = |text: &str| said.lines().filter(|line| line.starts_with(text)).count();
        assert_eq!(count("Submitted."), 1, "{name}: {ended}");
        match self.end {
            End::Succeeded | End::SucceededAgain => {
                assert_eq!(status(ended), "esriJobSucceeded", "{name}: {ended}");
                assert_eq!(count("Succeeded at"), 1, "{name}: {ended}");
                if let Some(text) = &submitted.text {
                    assert_eq!(submitted.job.result(site, "Out_String"), text.as_str(), "{name}: {ended}");
                }
            }
            End::Failed(reason) => {
                assert_eq!(status(ended), "esriJobFailed", "{name}: {ended}");
                assert!(said.contains(reason), "{name}: {ended}");
                assert_eq!(count("Failed to execute"), 1, "{name}: {ended}");
            }
        }
    }
}

/// Waits until every job of these batches has ended and no message is left, then checks them.
pub(crate) fn settle(own: &OwnStack, batches: &[Batch], limit: Duration) {
    let started = Instant::now();
    loop {
        let left: usize = batches.iter().map(|batch| batch.unfinished(own).len()).sum();
        let waiting = own.stack.messages(Queue::Jobs) + own.stack.messages(Queue::DeadLetters);
        if left == 0 && waiting == 0 {
            break;
        }
        assert!(
            started.elapsed() < limit,
            "after {limit:?} {left} jobs have not ended, {waiting} messages wait"
        );
        own.stack.invoke(Function::Janitor, &json!({}));
        sleep(JANITOR_PAUSE);
    }
    batches.iter().for_each(|batch| batch.check(own));
}

/// The jobs that were recorded from that place on.
fn records(own: &OwnStack, place: usize) -> HashSet<String> {
    let mut records = HashSet::new();
    own.proxy.each(place, |kept| {
        let creates =
            ["DynamoDB.PutItem", "DynamoDB.TransactWriteItems"].contains(&kept.call.operation.as_str());
        records.extend(kept.call.job().filter(|_| creates && kept.status == Some(200)));
    });
    records
}

/// Whether a job's end was written with this call.
fn ends_job(kept: &Kept) -> bool {
    kept.call.ends_job() && kept.status == Some(200)
}

/// Submits until it is acknowledged; returns how many tries that took.
fn submit(site: &Site, task: &str, form: &Form, key: Option<&str>) -> (Job, usize) {
    let path = format!("services/{task}/submitJob");
    let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
    headers.extend(key.map(|key| ("Idempotency-Key", key)));
    let mut pairs = vec![("f", "json")];
    pairs.extend(form.iter().map(|(name, value)| (*name, value.as_str())));
    let body = gp_tests::client::encoded(&pairs);
    let mut refusals = Vec::new();
    for tries in 1..=MAX_TRIES {
        let reply = site.send("POST", &path, &headers, body.as_bytes());
        if reply.status == 200 && reply.json()["jobId"].is_string() {
            return (Job::of(task, &reply), tries);
        }
        refusals.push(reply.text());
    }
    panic!("{MAX_TRIES} submissions were refused: {refusals:?}");
}

fn text(name: &str, number: usize, is_long: bool) -> String {
    let mut text = format!("{name} {number}");
    if is_long {
        text.push(' ');
        let dice = Dice::new(number as u64);
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = || char::from(letters[usize::try_from(dice.below(letters.len() as u64)).unwrap()]);
        text.extend(std::iter::repeat_with(letter).take(LONG_TEXT));
    }
    text
}
