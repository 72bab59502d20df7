//! Services that refuse, connections that break, messages that come twice, late, never or as nonsense.

use crate::batch::{Batch, End, few, jobs_a_fault, settle};
use crate::rules::{Dice, Doomed};
use gp_aws_tests::stack::Queue;
use gp_aws_tests::{Call, Fault, OwnStack, Wrong};
use std::thread::sleep;
use std::time::Duration;

const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";

/// What goes wrong with a call, by the dice.
type Storm = fn(&Call, &Dice) -> Option<Fault>;

/// How many of a hundred calls.
const PERCENT: u64 = 25;
/// How long a storm lasts at most; what it leaves behind is waited for in the end.
const STORM: Duration = Duration::from_secs(60);

#[test]
fn no_job_is_lost_or_ends_twice_when_services_refuse_or_connections_break() {
    let own = OwnStack::start(&["VisibilityTimeout=4"]);
    let doomed = Doomed::default();
    let refused = Some(Fault::Answer(Wrong::Internal));
    own.proxy.set_rule(|call| call.is_claim().then_some(Fault::Answer(Wrong::Internal)));
    let end = End::Failed("given to workers several times, and none of them could take it to its end");
    let dead = Batch::submit(&own, "claims always refused: a dead letter", few(), 2, end);
    doomed.add(dead.ids());
    let mut batches = vec![dead];
    let storms: [(&str, Storm); 4] = [
        ("SendMessage always refused at submit", |call, dice| {
            (call.operation == "SQS.SendMessage" && call.caller.contains("Api")).then(|| dice.refusal())
        }),
        ("DynamoDB throttles and fails", |call, dice| {
            (call.operation.starts_with("DynamoDB") && dice.percent(PERCENT)).then(|| dice.refusal())
        }),
        ("S3 slows down and fails", |call, dice| {
            (call.operation.starts_with("S3") && dice.percent(PERCENT)).then(|| dice.refusal())
        }),
        ("connections break before or after", |_, dice| {
            let fault = if dice.percent(50) { Fault::LoseRequest } else { Fault::LoseAnswer };
            dice.percent(PERCENT).then_some(fault)
        }),
    ];
    for (seed, (name, storm)) in (1..).zip(storms) {
        let (dead, dice, refused) = (doomed.clone(), Dice::new(seed), refused.clone());
        own.proxy.set_rule(move |call| {
            if call.is_claim() && dead.has(call) { refused.clone() } else { storm(call, &dice) }
        });
        let batch = Batch::submit(&own, name, jobs_a_fault(), 4, End::Succeeded);
        if seed > 1 {
            batch.wait(&own, STORM);
        }
        batches.push(batch);
    }
    own.proxy.set_rule(move |call| refused.clone().filter(|_| call.is_claim() && doomed.has(call)));
    batches.push(twice_and_late(&own));
    batches.push(again_while_running(&own));
    batches.push(among_poison(&own));
    settle(&own, &batches, Duration::from_secs(240));
}

/// Every message comes three times at once, and once more when the job has ended.
fn twice_and_late(own: &OwnStack) -> Batch {
    let batch = Batch::submit(own, "messages twice and late", jobs_a_fault(), 4, End::Succeeded);
    for _ in 0..2 {
        batch.ids().for_each(|id| own.stack.send_message(Queue::Jobs, &id));
    }
    batch.wait(own, STORM);
    batch.ids().for_each(|id| own.stack.send_message(Queue::Jobs, &id));
    batch
}

/// Jobs take longer than messages stay hidden.
fn again_while_running(own: &OwnStack) -> Batch {
    let forms = vec![vec![("Seconds", "6".to_owned())]; few() * 2];
    Batch::submit_all(own, "messages again while their job runs", SLOW_COUNT, forms, End::Succeeded)
}

/// Nonsense in both queues; that it goes away is part of settling.
fn among_poison(own: &OwnStack) -> Batch {
    let long = "x".repeat(200_000);
    let nobody = format!("j{:032x}", 7);
    for poison in
        ["{}", "null", "j12", "J0123456789ABCDEF0123456789ABCDEF", "\u{1F525} ' \" <&>", &nobody, &long]
    {
        for _ in 0..few() {
            own.stack.send_message(Queue::Jobs, poison);
            own.stack.send_message(Queue::DeadLetters, poison);
        }
    }
    let batch = Batch::submit(own, "among poison", jobs_a_fault(), 4, End::Succeeded);
    batch.wait(own, STORM);
    sleep(Duration::from_secs(1));
    batch
}
