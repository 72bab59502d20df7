//! One attempt at a job: a worker that has claimed it, from the first heartbeat to the write that ends it.
//!
//! Separate from `run_job.rs`, which decides, because here is how: every write is conditional on the job still being
//! this attempt's own.

use crate::execute::{start_message, success_message};
use crate::files::RunFolder;
use crate::message::failed_message;
use crate::payload::store_results;
use crate::run_job::retention_ms;
use crate::{App, Cost, Expected, Job, JobStatus, JobUpdate, JobUsage, Message, Payload, Progress, Runner};
use crate::{StoreError, TaskResult, ToolError, Updated, Work, WorkError, WorkEvent};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Where the attempt runs, and for how long at most.
pub(crate) struct Terms {
    pub(crate) runner: Arc<dyn Runner>,
    /// `None` for as long as the service allows.
    pub(crate) budget: Option<Duration>,
}

/// A claimed job while it runs.
pub(crate) struct Attempt<'a> {
    app: &'a App,
    job: &'a Job,
    started: Instant,
    queued_ms: i64,
    lease_until_ms: i64,
    usage: JobUsage,
    features: u64,
    /// How the run ended, for the log.
    outcome: &'static str,
    /// Messages that are not in the record yet.
    said: Vec<Message>,
    /// Progress that is not in the record yet.
    progress: Option<Progress>,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(app: &'a App, job: &'a Job) -> Attempt<'a> {
        let inputs_stored =
            job.payloads.as_ref().is_some_and(|payloads| matches!(payloads.inputs, Payload::Stored));
        Attempt {
            app,
            job,
            started: Instant::now(),
            queued_ms: (app.now_ms)() - job.submitted_at_ms,
            lease_until_ms: job.lease.until_ms,
            usage: JobUsage { inputs_stored, ..JobUsage::default() },
            features: 0,
            outcome: "lost",
            said: Vec::new(),
            progress: None,
        }
    }

    /// Waits for the work, renewing the lease and storing what it says. `None` when somebody else took the job.
    pub(crate) async fn finish_work(
        &mut self,
        mut work: Work,
        terms: &Terms,
    ) -> Result<Option<Result<Vec<TaskResult>, WorkError>>, StoreError> {
        self.said.extend([Message::info("Executing..."), start_message(work.now_ms)]);
        self.usage.input_bytes = work.parameters.byte_len() as u64;
        self.usage.at_once = terms.budget.is_some();
        work.time_limit = terms.budget.map_or(work.time_limit, |budget| budget.min(work.time_limit));
        let (sender, mut events) = unbounded_channel();
        let stop = Arc::new(AtomicBool::new(false));
        let mut lost = false;
        let running = terms.runner.run(work, sender, stop.clone());
        tokio::pin!(running);
        let mut beat = self.beats();
        let outcome = loop {
            tokio::select! {
                outcome = &mut running => break outcome,
                _ = beat.tick() => {
                    self.hear(&mut events);
                    match self.heartbeat().await? {
                        None | Some(Updated::Written(_)) => {}
                        Some(Updated::Refused(Some(JobStatus::Cancelling))) => stop.store(true, Ordering::Relaxed),
                        Some(Updated::Refused(_)) => {
                            lost = true;
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                }
            }
        };
        self.hear(&mut events);
        self.outcome = outcome_name(&outcome);
        let results = outcome.as_ref().map_or(&[][..], Vec::as_slice);
        self.features = results.iter().map(|result| result.features).sum();
        Ok((!lost).then_some(outcome))
    }

    /// Stores what the run gave, its files before the results that name them, then ends the job.
    pub(crate) async fn succeed(
        mut self,
        results: Vec<TaskResult>,
        folder: &RunFolder,
    ) -> Result<(), StoreError> {
        let (app, job) = (self.app, self.job);
        let storing = async {
            folder.store_for_job(app, job).await?;
            store_results(app, job, results).await
        };
        let stored = match self.keep(storing).await {
            Ok(stored) => stored,
            // Another run would fill it again.
            Err(error) if error.is_full() => {
                tracing::error!(job.id = %job.id, %error, "there is no room for the results of a job");
                let sentence =
                    "the disk of the server is full: there is no room for the results; try again later";
                return self.fail(vec![sentence.to_owned(), failed_message(&job.task)]).await;
            }
            Err(error) => return Err(error),
        };
        let mut update = self.end(JobStatus::Succeeded);
        for (payload, info) in stored {
            self.usage.result_bytes += info.size.stored_bytes;
            self.usage.stored_results += u32::from(payload == Payload::Stored);
            update.result_payloads.push(payload);
            update.results.push(info);
        }
        let said_before_success = self.said.clone();
        update.cost = self.tell_cost();
        let now_ms = update.ended.map_or(0, |(ended_at_ms, _)| ended_at_ms);
        self.said.push(success_message(now_ms, self.started.elapsed().as_secs_f64()));
        update.messages = std::mem::take(&mut self.said);
        self.finish(update, said_before_success).await
    }

    /// Ends the job as failed, for these reasons.
    pub(crate) async fn fail(mut self, sentences: Vec<String>) -> Result<(), StoreError> {
        self.said.extend(sentences.into_iter().map(Message::error));
        let kept = self.said.clone();
        let mut update = self.end(JobStatus::Failed);
        update.cost = self.tell_cost();
        update.messages = std::mem::take(&mut self.said);
        self.finish(update, kept).await
    }

    /// Writes the end. A job that somebody asked to cancel meanwhile ends as cancelled instead, with `said`.
    async fn finish(mut self, update: JobUpdate, said: Vec<Message>) -> Result<(), StoreError> {
        let cost = update.cost;
        match self.write(update).await? {
            Updated::Written(_) => self.log("job ended", cost),
            Updated::Refused(Some(JobStatus::Cancelling)) => {
                self.said = said;
                return self.end_as_cancelled().await;
            }
            Updated::Refused(_) => {
                self.outcome = "lost";
                self.log("attempt ended", cost);
            }
        }
        Ok(())
    }

    pub(crate) async fn end_as_cancelled(mut self) -> Result<(), StoreError> {
        let mut update = crate::cancel::cancelled(self.app, self.job);
        update.cost = self.tell_cost();
        update.messages.splice(0..0, std::mem::take(&mut self.said));
        let statuses = &[JobStatus::Cancelling, JobStatus::Executing];
        let expected = Expected { statuses, attempt: Some(self.job.lease.attempt) };
        let cost = update.cost;
        let updated = self.app.jobs.update(&self.job.id, expected, update).await?;
        self.outcome = "cancelled";
        self.log(if let Updated::Written(_) = updated { "job ended" } else { "attempt ended" }, cost);
        Ok(())
    }

    /// Gives the job back so that another worker can have it, or fails it when it was lost too often.
    pub(crate) async fn try_again(self, reason: &str) -> Result<(), StoreError> {
        let attempt = self.job.lease.attempt;
        if attempt >= self.app.job_settings.max_attempts {
            let failed = failed_message(&self.job.task);
            return self.fail(vec![format!("failed {attempt} times: {reason}"), failed]).await;
        }
        tracing::warn!(job.id = %self.job.id, job.attempt = attempt, reason, "a job is given back");
        let text = format!("attempt {attempt} was lost ({reason}); the job is started again");
        self.give_back(Message::warning(text)).await
    }

    /// Lets go of the job and puts it in line again.
    pub(crate) async fn give_back(mut self, message: Message) -> Result<(), StoreError> {
        self.said.push(message);
        let messages = std::mem::take(&mut self.said);
        let update = JobUpdate { messages, lease_until_ms: Some(0), ..JobUpdate::default() };
        match self.write(update).await? {
            Updated::Refused(Some(JobStatus::Cancelling)) => self.end_as_cancelled().await,
            Updated::Refused(_) => Ok(()),
            Updated::Written(_) => {
                self.log("attempt ended", self.cost());
                self.app.queue.send(&self.job.id).await
            }
        }
    }

    /// Writes the one event about this attempt; never its messages, which may quote what the user sent.
    fn log(&self, what: &'static str, cost: Option<Cost>) {
        tracing::info!(
            job.id = %self.job.id, service = %self.job.service, task = %self.job.task, job.attempt = self.job.lease.attempt,
            duration_ms = self.started.elapsed().as_millis() as u64,
            queue_ms = self.queued_ms,
            features = self.features,
            cost_usd = cost.map(|cost| cost.usd),
            outcome = self.outcome,
            "{what}"
        );
    }

    /// Waits for storage while the lease is kept: large inputs and results take a while. Whether the job is still this
    /// attempt's own the last write will tell.
    pub(crate) async fn keep<T>(
        &mut self,
        doing: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::pin!(doing);
        let mut beat = self.beats();
        loop {
            tokio::select! {
                done = &mut doing => return done,
                _ = beat.tick() => drop(self.heartbeat().await?),
            }
        }
    }

    fn beats(&self) -> Interval {
        let heartbeat = self.app.job_settings.heartbeat;
        let mut beat = interval_at(Instant::now() + heartbeat, heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat
    }

    fn hear(&mut self, events: &mut UnboundedReceiver<WorkEvent>) {
        while let Ok(event) = events.try_recv() {
            match event {
                WorkEvent::Message(message) => self.said.push(message),
                WorkEvent::Progress(progress) => self.progress = Some(progress),
            }
        }
    }

    /// Renews the lease. `None` when the store does not answer, as long as the lease still holds: one failed call is no
    /// reason to throw away minutes of work.
    async fn heartbeat(&mut self) -> Result<Option<Updated>, StoreError> {
        let lease_until_ms = (self.app.now_ms)() + self.app.job_settings.lease.as_millis() as i64;
        let update = JobUpdate {
            messages: std::mem::take(&mut self.said),
            progress: self.progress.take(),
            lease_until_ms: Some(lease_until_ms),
            ..JobUpdate::default()
        };
        let (said, progress) = (update.messages.clone(), update.progress.clone());
        self.usage.heartbeats += 1;
        let updated = self.write(update).await;
        if !matches!(updated, Ok(Updated::Written(_))) {
            (self.said, self.progress) = (said, progress);
        }
        match updated {
            Ok(updated) => {
                self.lease_until_ms = lease_until_ms;
                Ok(Some(updated))
            }
            Err(error) if (self.app.now_ms)() < self.lease_until_ms => {
                tracing::warn!(job.id = %self.job.id, %error, "a lease could not be renewed; the next heartbeat tries again");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes while the job is still this attempt's own.
    async fn write(&self, update: JobUpdate) -> Result<Updated, StoreError> {
        let expected = Expected { statuses: &[JobStatus::Executing], attempt: Some(self.job.lease.attempt) };
        self.app.jobs.update(&self.job.id, expected, update).await
    }

    fn end(&self, status: JobStatus) -> JobUpdate {
        let now_ms = (self.app.now_ms)();
        let ended = Some((now_ms, now_ms + retention_ms(self.app, self.job)));
        JobUpdate { status: Some(status), ended, ..JobUpdate::default() }
    }

    fn cost(&self) -> Option<Cost> {
        let usage = JobUsage { run: self.started.elapsed(), ..self.usage };
        self.app.meter.as_ref().map(|meter| meter.cost(&usage))
    }

    fn tell_cost(&mut self) -> Option<Cost> {
        let cost = self.cost()?;
        let meter = self.app.meter.as_ref()?;
        self.said.push(Message::info(cost.sentence(meter.price_list())));
        Some(cost)
    }
}

/// How a run ended, for the log.
fn outcome_name(outcome: &Result<Vec<TaskResult>, WorkError>) -> &'static str {
    match outcome {
        Ok(_) => "succeeded",
        Err(WorkError::Tool(ToolError::Cancelled)) => "cancelled",
        Err(WorkError::Tool(ToolError::TimedOut { .. })) => "timed out",
        Err(WorkError::Tool(ToolError::Internal(_))) => "panicked",
        Err(WorkError::Tool(_)) => "failed",
        Err(WorkError::Crashed(_)) => "crashed",
        Err(WorkError::Lost(_) | WorkError::Busy(_)) => "lost",
    }
}
