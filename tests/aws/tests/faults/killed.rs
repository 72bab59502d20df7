//! Workers that are killed, as the machine or Lambda kills them: without a word.

use crate::batch::{Batch, End, few, jobs_a_fault, settle};
use crate::rules::{Doomed, EveryNth};
use gp_aws_tests::{Call, Fault, OwnStack};
use std::time::Duration;

/// When a worker is killed, told by the call that it makes then, and how the jobs end.
type Moment = (fn(&Call) -> Option<Fault>, End);

/// Of so many jobs, one has its worker killed.
const ONE_IN: usize = 3;

#[test]
fn no_job_is_lost_or_ends_twice_when_workers_are_killed() {
    let own = OwnStack::start(&["VisibilityTimeout=5"]);
    let (doomed, end) =
        (Doomed::default(), End::Failed("failed 3 times: each time the worker was lost without a word"));
    own.proxy.set_rule(|call| call.is_claim().then_some(Fault::KillAfter));
    let unlucky = Batch::submit(&own, "worker killed at every attempt", few(), 2, end);
    unlucky.wait_until_hit(&own, 0, Duration::from_secs(60));
    doomed.add(unlucky.ids());
    let mut batches = vec![unlucky];
    let moments: [(&str, Moment); 4] = [
        (
            "worker killed after its claim",
            (|call| call.is_claim().then_some(Fault::KillAfter), End::SucceededAgain),
        ),
        (
            "worker killed after it stored a result",
            (|call| call.stores_result().then_some(Fault::KillAfter), End::SucceededAgain),
        ),
        (
            "worker killed before it wrote the status",
            (|call| call.ends_job().then_some(Fault::KillBefore), End::SucceededAgain),
        ),
        (
            "worker killed after it wrote the status",
            (|call| call.ends_job().then_some(Fault::KillAfter), End::Succeeded),
        ),
    ];
    for (name, (moment, end)) in moments {
        let (lost, chosen) = (doomed.clone(), EveryNth::of(ONE_IN));
        own.proxy.set_rule(move |call| {
            if lost.has(call) {
                return call.is_claim().then_some(Fault::KillAfter);
            }
            moment(call).filter(|_| chosen.chooses(call))
        });
        let batch = Batch::submit(&own, name, jobs_a_fault(), 2, end);
        batch.wait_until_hit(&own, 0, Duration::from_secs(300));
        batches.push(batch);
    }
    own.proxy.set_rule(move |call| (call.is_claim() && doomed.has(call)).then_some(Fault::KillAfter));
    settle(&own, &batches, Duration::from_secs(240));
}
