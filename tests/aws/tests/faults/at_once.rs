//! Jobs that run within their own submission (`RunOnSubmit=true`): what they call, and what becomes of them when that
//! invocation is lost.

use crate::batch::{Batch, End, jobs_a_fault, settle};
use crate::rules::{Dice, EveryNth};
use gp_aws_tests::stack::Function;
use gp_aws_tests::{Call, Fault, OwnStack};
use gp_tests::Job;
use gp_tests::job::status;
use std::collections::BTreeMap;
use std::time::Duration;

const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";

/// When the invocation is lost.
type Moment = fn(&Call) -> Option<Fault>;

#[test]
fn a_job_that_runs_within_its_submission_needs_no_message_and_is_not_lost_with_it() {
    let own = OwnStack::start(&["RunOnSubmit=true", "ApiMemory=1769", "VisibilityTimeout=5"]);
    assert_eq!(
        calls(&own, "0", &["esriJobSucceeded"]),
        [("DynamoDB.PutItem", 1), ("DynamoDB.UpdateItem", 1)]
    );
    let given_back = [("DynamoDB.PutItem", 1), ("DynamoDB.UpdateItem", 1), ("SQS.SendMessage", 1)];
    let back = ["esriJobSubmitted", "esriJobExecuting"];
    assert_eq!(calls(&own, "3", &back), given_back, "beyond its budget of 2 s it goes to a worker");

    let mut batches = Vec::new();
    let moments: [(&str, Moment); 2] = [
        ("submission that runs its job killed after the record", |call| {
            let creates =
                ["DynamoDB.PutItem", "DynamoDB.TransactWriteItems"].contains(&call.operation.as_str());
            creates.then_some(Fault::KillAfter)
        }),
        ("submission that runs its job killed before the status", |call| {
            call.ends_job().then_some(Fault::KillBefore)
        }),
    ];
    for (name, moment) in moments {
        // By the dice: repeated submissions would keep step with every third job, and spare all that have a key.
        let (first_time, dice) = (EveryNth::of(1), Dice::new(1));
        own.proxy.set_rule(move |call| {
            let fault = moment(call).filter(|_| call.caller.contains("Api"))?;
            (first_time.chooses(call) && dice.percent(33)).then_some(fault)
        });
        batches.push(Batch::submit(&own, name, jobs_a_fault(), 4, End::Succeeded));
    }
    own.proxy.clear_rule();
    settle(&own, &batches, Duration::from_secs(240));
}

/// What the Api function calls for a job that counts for so many seconds; the first poll finds it at one of these.
fn calls(own: &OwnStack, seconds: &str, first: &[&str]) -> Vec<(&'static str, usize)> {
    let place = own.proxy.len();
    let job = Job::submit(own.stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", seconds)]);
    let counted: BTreeMap<String, usize> = own.proxy.counts(place, own.stack.name(Function::Api));
    let polled = job.poll(own.stack.site());
    assert!(first.contains(&status(&polled)), "{polled}");
    assert_eq!(status(&job.wait(own.stack.site())), "esriJobSucceeded");
    let names = ["DynamoDB.PutItem", "DynamoDB.UpdateItem", "SQS.SendMessage"];
    assert!(counted.keys().all(|name| names.contains(&name.as_str())), "{counted:?}");
    names.into_iter().filter_map(|name| counted.get(name).map(|count| (name, *count))).collect()
}
