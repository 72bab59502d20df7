//! Time and memory that run out.

use crate::batch::{Batch, End, few, jobs_a_fault, settle};
use crate::rules::AtFirst;
use gp_aws_tests::{Fault, OwnStack};
use gp_tests::features::points;
use std::time::Duration;

const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";
const BUFFER: &str = "AnalysisJobs/GPServer/Buffer";
/// What Lambda allows a worker here. The SDK asks again after 5 s, and is kept waiting again.
const TIMEOUT: Duration = Duration::from_secs(6);
/// An answer that comes only when Lambda has ended the worker.
const TOO_LATE: Duration = Duration::from_secs(8);

#[test]
fn a_job_that_takes_too_long_or_too_much_fails_saying_so_and_a_worker_that_lambda_ends_loses_none() {
    let own = OwnStack::start(&[
        "WorkerTimeout=6",
        "VisibilityTimeout=8",
        "WorkerMemory=128",
        "WorkerMaximumConcurrency=8",
    ]);
    let name = "Lambda's timeout: answers to claims come too late";
    let chosen = AtFirst::of(3, TIMEOUT);
    own.proxy
        .set_rule(move |call| (call.is_claim() && chosen.chooses(call)).then_some(Fault::Delay(TOO_LATE)));
    let ended = Batch::submit(&own, name, jobs_a_fault(), 4, End::SucceededAgain);
    ended.wait_until_hit(&own, 0, Duration::from_secs(300));
    own.proxy.clear_rule();

    let slow = vec![vec![("Seconds", "50".to_owned())]; jobs_a_fault() / 4];
    let end = End::Failed("took longer than");
    let slow = Batch::submit_all(&own, "jobs that take too long", SLOW_COUNT, slow, end);
    slow.wait(&own, Duration::from_secs(300));

    let greedy =
        vec![vec![("Input_Features", points(30_000)), ("Distance", "1000 Meters".to_owned())]; few()];
    let end = End::Failed("ran out of memory: a worker may use 96 MB of the machine's 128 MB");
    let greedy = Batch::submit_all(&own, "jobs that need too much memory", BUFFER, greedy, end);
    settle(&own, &[ended, slow, greedy], Duration::from_secs(240));
}
