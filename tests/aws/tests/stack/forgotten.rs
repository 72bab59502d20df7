//! Jobs that something happened to: none stays unfinished.

use crate::tasks::SLOW_COUNT;
use gp_aws_tests::stack::{Function, Queue, Stack, eventually};
use gp_tests::Job;
use gp_tests::job::{messages, status};
use serde_json::json;

/// A job that was stored, and whose message was lost.
fn lost(stack: &Stack) -> Job {
    let _pause = stack.pause_workers();
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(stack.lose_message(), job.id);
    assert_eq!(status(&job.poll(stack.site())), "esriJobSubmitted");
    job
}

/// As if that many workers had claimed the job, and none was heard of again.
fn lose_worker(stack: &Stack, job: &Job, attempt: u32) {
    let vanished = [
        ("status", json!({"S": "executing"})),
        ("attempt", json!({"N": attempt.to_string()})),
        ("lease_ms", json!({"N": "1"})),
        ("due_ms", json!({"N": "1"})),
    ];
    stack.change_item(&job.id, &vanished);
}

/// As the schedule does each minute.
fn call_janitor(stack: &Stack) {
    stack.invoke(Function::Janitor, &json!({"source": "aws.events", "detail-type": "Scheduled Event"}));
}

#[test]
fn a_job_whose_message_was_lost_is_sent_again_by_the_janitor() {
    let stack = Stack::alone();
    let job = lost(&stack);
    stack.change_item(&job.id, &[("due_ms", json!({"N": "1"}))]);
    call_janitor(&stack);
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
    assert_eq!(stack.item(&job.id)["attempt"]["N"], "1");
}

#[test]
fn a_job_whose_worker_vanished_is_run_by_another_one() {
    let stack = Stack::alone();
    let job = lost(&stack);
    lose_worker(&stack, &job, 1);
    call_janitor(&stack);
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
    assert_eq!(stack.item(&job.id)["attempt"]["N"], "2");
}

#[test]
fn a_job_that_lost_its_third_worker_fails_and_says_so() {
    let stack = Stack::alone();
    let job = lost(&stack);
    lose_worker(&stack, &job, 3);
    call_janitor(&stack);
    let ended = job.poll(stack.site());
    assert_eq!(status(&ended), "esriJobFailed", "{ended}");
    assert!(messages(&ended).contains("failed 3 times: each time the worker was lost"), "{ended}");
}

#[test]
fn a_job_whose_message_nobody_could_handle_fails() {
    let stack = Stack::alone();
    let job = lost(&stack);
    stack.send_message(Queue::DeadLetters, &job.id);
    call_janitor(&stack);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("given to workers several times"), "{ended}");
    eventually("an empty dead-letter queue", || (stack.messages(Queue::DeadLetters) == 0).then_some(()));
}

#[test]
fn poison_in_either_queue_is_thrown_away_and_said_so() {
    let stack = Stack::alone();
    for (queue, function, words) in [
        (Queue::Jobs, Function::Worker, "a message that is no job id is thrown away"),
        (Queue::DeadLetters, Function::Janitor, "a dead letter that is no job id is thrown away"),
    ] {
        for poison in ["{}", "nonsense", "j0", "ünïcode"] {
            stack.send_message(queue, poison);
        }
        if function == Function::Janitor {
            call_janitor(&stack);
        }
        eventually("four complaints", || (stack.logged_so_far(function, words).len() == 4).then_some(()));
        eventually("an empty queue", || (stack.messages(queue) == 0).then_some(()));
        let quoted = stack.logged_so_far(function, "nonsense");
        assert_eq!(quoted.len(), 0, "what a message says is in no log: {quoted:?}");
    }
    let unknown = format!("j{}", "f".repeat(32));
    stack.send_message(Queue::Jobs, &unknown);
    eventually("an empty queue", || (stack.messages(Queue::Jobs) == 0).then_some(()));
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
}

#[test]
fn a_message_that_comes_twice_runs_its_job_once() {
    let stack = Stack::shared();
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "1")]);
    stack.send_message(Queue::Jobs, &job.id);
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
    stack.send_message(Queue::Jobs, &job.id);
    let next = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    next.wait(stack.site());
    stack.logged(Function::Worker, &next.id);
    let events = stack.logged(Function::Worker, &job.id);
    assert_eq!(events.iter().filter(|event| event["message"] == "job ended").count(), 1, "{events:?}");
    assert_eq!(stack.item(&job.id)["attempt"]["N"], "1");
}

#[test]
fn a_job_whose_record_was_damaged_fails_and_says_so() {
    let stack = Stack::alone();
    let job = lost(&stack);
    stack.change_item(&job.id, &[("messages", json!({"N": "7"})), ("due_ms", json!({"N": "1"}))]);
    call_janitor(&stack);
    let ended = job.poll(stack.site());
    assert_eq!(status(&ended), "esriJobFailed", "{ended}");
    assert!(messages(&ended).contains("damaged"), "{ended}");
}
