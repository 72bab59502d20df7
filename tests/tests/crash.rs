//! What survives: the server killed, workers killed, the server told to stop, all while jobs run.
//!
//! Every submission has an idempotency key and is repeated when its answer is lost, as a careful client does. So each key
//! must have one job in the end, whether or not the first answer arrived.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use gp_tests::client::encoded;
use gp_tests::features::POINT;
use gp_tests::job::{Job, is_terminal, messages, status};
use gp_tests::server::{eventually, send_signal};
use gp_tests::{Client, Server};
use rustix::process::Signal;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;
const JOBS_A_ROUND: usize = 200;
const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";
const BUFFER: &str = "AnalysisJobs/GPServer/Buffer";
/// How long the jobs that are left may take in the end, on a slow machine.
const DRAIN_LIMIT: Duration = Duration::from_secs(180);

/// SplitMix64: the same points of time in every run of the test, as far as the machine lets it.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Submits job `number`; mostly a small buffer, every twentieth takes 0.2 s. `None` when no answer came.
fn submit(client: &mut Client, number: usize) -> Option<Job> {
    let key = format!("crash-{number}");
    let (task, form) = if number.is_multiple_of(20) {
        (SLOW_COUNT, encoded(&[("f", "json"), ("Seconds", "0.2")]))
    } else {
        (BUFFER, encoded(&[("f", "json"), ("Distance", "1 Kilometers"), ("Input_Features", POINT)]))
    };
    let headers = [("Idempotency-Key", key.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let target = format!("/arcgis/rest/services/{task}/submitJob");
    let reply = client.send("POST", &target, &headers, form.as_bytes()).ok()?;
    Some(Job::of(task, &reply))
}

/// Waits for the end of every job, then checks each: ended once, with a result that can be read, and the same job under
/// its key.
fn check(server: &Server, jobs: &BTreeMap<usize, Job>) -> BTreeMap<String, usize> {
    let distinct: HashSet<&str> = jobs.values().map(|job| job.id.as_str()).collect();
    assert_eq!(distinct.len(), jobs.len(), "two submissions became one job");
    let mut client = server.client();
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let started = Instant::now();
    for (number, job) in jobs {
        let left = DRAIN_LIMIT.saturating_sub(started.elapsed());
        let ended = eventually(&format!("the end of job {number}, {}", job.id), left, || {
            let json = job.poll_by(&mut client).unwrap();
            is_terminal(status(&json)).then_some(json)
        });
        let said = messages(&ended);
        let count = |text: &str| said.lines().filter(|line| line.starts_with(text)).count();
        assert_eq!(count("Submitted."), 1, "{ended}");
        if status(&ended) == "esriJobSucceeded" {
            assert_eq!(count("Succeeded at"), 1, "ended twice: {ended}");
            let name = if job.path.contains("SlowCount") { "Count" } else { "Output_Features" };
            let path = format!("/arcgis/rest/{}/results/{name}?f=json", job.path);
            let result = client.send("GET", &path, &[], &[]).unwrap().json();
            assert_eq!(result["paramName"], name, "{result}");
        } else {
            // Bad luck several times in a row ends a job too, and it says so.
            assert!(said.contains(" times"), "{ended}");
        }
        assert_eq!(submit(&mut client, *number).unwrap().id, job.id, "the key of job {number} has two jobs");
        *ends.entry(status(&ended).to_owned()).or_default() += 1;
    }
    ends
}

#[test]
fn no_acknowledged_job_is_lost_or_doubled_when_the_server_is_killed_twenty_times() {
    let mut server = Server::start_with(&["--workers", "4", "--log", "warn"]);
    let mut dice = Dice(20_261_123);
    let mut jobs = BTreeMap::new();
    let (mut unanswered, mut unfinished_at_kill) = (0, 0);
    for round in 0..ROUNDS {
        let (first, end) = (round * JOBS_A_ROUND, (round + 1) * JOBS_A_ROUND);
        // Some kills hit submissions, some hit the jobs that are left.
        let kill_after = usize::try_from(dice.below(JOBS_A_ROUND as u64)).unwrap();
        let kill_delay = Duration::from_millis(dice.below(150));
        let address = server.address();
        let acknowledged = std::sync::Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            let acknowledged = &acknowledged;
            for lane in 0..2 {
                scope.spawn(move || {
                    let mut client = Client::new(address);
                    for number in (first + lane..end).step_by(2) {
                        let Some(job) = submit(&mut client, number) else { return };
                        acknowledged.lock().unwrap().insert(number, job);
                    }
                });
            }
            eventually("submissions", Duration::from_secs(60), || {
                (acknowledged.lock().unwrap().len() >= kill_after).then_some(())
            });
            std::thread::sleep(kill_delay);
            server.kill_9();
        });
        let acknowledged = acknowledged.into_inner().unwrap();
        server.restart();
        let mut client = server.client();
        for (number, job) in &acknowledged {
            let found = job.poll_by(&mut client).unwrap();
            assert_eq!(found["jobId"], job.id.as_str(), "job {number} was acknowledged and is gone: {found}");
            unfinished_at_kill += usize::from(!is_terminal(status(&found)));
        }
        jobs.extend(acknowledged);
        for number in first..end {
            if let Entry::Vacant(place) = jobs.entry(number) {
                unanswered += 1;
                let job = submit(&mut client, number).expect("the server that was started again answers");
                place.insert(job);
            }
        }
    }
    let ends = check(&server, &jobs);
    println!(
        "{ROUNDS} kills, {} jobs, {unfinished_at_kill} not ended when the server was killed, {unanswered} submitted after the kill: {ends:?}",
        jobs.len()
    );
    assert_eq!(jobs.len(), ROUNDS * JOBS_A_ROUND);
    assert!(unfinished_at_kill > 0 && unanswered > 0, "the kills hit nothing");
}

#[test]
fn no_acknowledged_job_is_lost_or_doubled_when_workers_are_killed() {
    let server = Server::start_with(&["--workers", "4", "--log", "warn"]);
    let stop = AtomicBool::new(false);
    let mut jobs = BTreeMap::new();
    let mut killed = 0;
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let (mut dice, mut killed) = (Dice(42), 0);
            while !stop.load(Ordering::Relaxed) {
                let workers = server.workers();
                if !workers.is_empty() {
                    let chosen = usize::try_from(dice.below(workers.len() as u64)).unwrap();
                    send_signal(workers[chosen], Signal::KILL);
                    killed += 1;
                }
                std::thread::sleep(Duration::from_millis(20 + dice.below(200)));
            }
            killed
        });
        let mut client = server.client();
        for number in 0..ROUNDS * JOBS_A_ROUND {
            jobs.insert(number, submit(&mut client, number).expect("the server is not touched"));
        }
        let last = &jobs[&(ROUNDS * JOBS_A_ROUND - 1)];
        eventually("the last job", DRAIN_LIMIT, || {
            is_terminal(status(&last.poll_by(&mut client).unwrap())).then_some(())
        });
        stop.store(true, Ordering::Relaxed);
        killed = killer.join().unwrap();
    });
    let ends = check(&server, &jobs);
    println!("{killed} workers killed, {} jobs: {ends:?}", jobs.len());
    assert!(killed >= ROUNDS, "only {killed} workers were killed");
}

#[test]
fn a_server_that_is_told_to_stop_hands_its_running_job_back_and_the_job_ends_after_the_restart() {
    let mut server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "3")]);
    job.wait_until(&server, Duration::from_secs(20), |status| status == "esriJobExecuting");
    let asked = Instant::now();
    let exit = server.stop();
    assert!(exit.success() && asked.elapsed() < Duration::from_secs(5), "{exit} after {:?}", asked.elapsed());
    server.restart();
    let ended = job.wait(&server);
    assert_eq!(status(&ended), "esriJobSucceeded");
    assert_eq!(job.result(&server, "Count"), 150);
}

#[test]
fn stopping_again_and_again_uses_up_no_attempt() {
    let mut server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "1.5")]);
    for _ in 0..5 {
        job.wait_until(&server, Duration::from_secs(20), |status| status == "esriJobExecuting");
        eventually("its worker", Duration::from_secs(10), || (!server.workers().is_empty()).then_some(()));
        assert!(server.stop().success());
        server.restart();
    }
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
}

#[test]
fn a_worker_that_is_killed_costs_an_attempt_and_after_the_last_the_job_fails_saying_so() {
    let server = Server::start_with(&["--workers", "1"]);
    let job = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "55")]);
    let mut killed = 0;
    let ended = eventually("the end of the job", Duration::from_secs(50), || {
        for worker in server.workers() {
            send_signal(worker, Signal::KILL);
            killed += 1;
        }
        let json = job.poll(&server);
        is_terminal(status(&json)).then_some(json)
    });
    let said = messages(&ended);
    assert_eq!(status(&ended), "esriJobFailed", "{ended}");
    assert!(said.contains("attempt 1 was lost (the worker process was killed (signal 9)"), "{said}");
    assert!(said.contains("failed ") && said.contains(" times: the worker process was killed"), "{said}");
    assert!(killed >= said.matches("was lost").count(), "{said}");
    let next = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(status(&next.wait(&server)), "esriJobSucceeded");
}
