//! One job, from claim to end.
//!
//! Contract: claim, or return. Results are stored before the status says Succeeded. A tool that fails is a finished
//! job (`Ok`). `Err` means that storage failed: deliver the message again. A job whose worker was lost may be claimed
//! again, a fixed number of times; then it fails, because clients poll for ever. Every write is conditional on the
//! attempt, so that two workers may race and one result is visible.

use crate::cancel::cancelled;
use crate::execute::{start_message, success_message};
use crate::{
    App, BlobKey, Expected, Job, JobId, JobStatus, JobUpdate, Message, OutputForm, Payload, Progress,
};
use crate::{StoreError, TaskResult, ToolError, Updated, Work, WorkError, WorkEvent, job_inputs};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Runs the job unless somebody else has it or it has ended.
///
/// # Errors
/// Storage failed; the job is as it was, or its lease will run out: deliver its message again.
pub async fn run_job(app: &App, id: &JobId) -> Result<(), StoreError> {
    let Some(job) = app.jobs.claim(id, (app.now_ms)(), app.job_settings.lease).await? else { return Ok(()) };
    let started = Instant::now();
    if job.lease.attempt > app.job_settings.max_attempts {
        let text = format!("the job was started {} times and never ended", app.job_settings.max_attempts);
        return fail(app, &job, vec![Message::error(text), failed_message(&job)]).await;
    }
    let work = match work_of(app, &job).await {
        Ok(work) => work,
        Err(StoreError::NotFound(what)) => {
            return fail(app, &job, vec![Message::error(format!("{what} is gone"))]).await;
        }
        Err(error) => return Err(error),
    };
    let mut run = Run {
        app,
        job: &job,
        said: vec![Message::info("Executing..."), start_message(work.now_ms)],
        progress: None,
    };
    let Some(outcome) = run.finish_work(work).await? else { return Ok(()) };
    tracing::info!(
        job.id = %job.id, service = %job.service, task = %job.task, job.attempt = job.lease.attempt,
        duration_ms = started.elapsed().as_millis() as u64,
        outcome = outcome_name(&outcome),
        "job ended"
    );
    match outcome {
        Ok(results) => run.succeed(results, started.elapsed()).await,
        Err(WorkError::Tool(ToolError::Cancelled)) => end_as_cancelled(app, &job, run.said).await,
        Err(WorkError::Lost(reason) | WorkError::Busy(reason)) => run.try_again(&reason).await,
        Err(WorkError::Tool(error)) => run.fail(error.sentences()).await,
        Err(WorkError::Crashed(reason)) => run.fail(vec![reason]).await,
    }
}

fn failed_message(job: &Job) -> Message {
    Message::error(format!("Failed to execute ({}).", job.task))
}

/// How a run ended, for the log: never the message, which may quote what the user sent.
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

/// How long the payloads of this job are kept once it has ended.
pub(crate) fn retention_ms(app: &App, job: &Job) -> i64 {
    let retention = app.catalog.service(&job.service).map_or(Duration::ZERO, |service| service.retention);
    i64::try_from(retention.as_millis()).unwrap_or(i64::MAX / 2)
}

async fn work_of(app: &App, job: &Job) -> Result<Work, StoreError> {
    let service = app.catalog.service(&job.service);
    let service = service.filter(|service| service.task(&job.task).is_some());
    let Some(service) = service else {
        return Err(StoreError::NotFound(format!("task {} of service {}", job.task, job.service)));
    };
    Ok(Work {
        service: job.service.clone(),
        task: job.task.clone(),
        parameters: job_inputs(app, job).await?,
        form: OutputForm::Stored,
        max_features: app.limits.max_features,
        time_limit: service.time_limit,
        now_ms: (app.now_ms)(),
    })
}

/// A claimed job while it runs.
struct Run<'a> {
    app: &'a App,
    job: &'a Job,
    /// Messages that are not in the record yet.
    said: Vec<Message>,
    /// Progress that is not in the record yet.
    progress: Option<Progress>,
}

impl Run<'_> {
    /// Waits for the work, renewing the lease and storing what it says. `None` when somebody else took the job.
    async fn finish_work(
        &mut self,
        work: Work,
    ) -> Result<Option<Result<Vec<TaskResult>, WorkError>>, StoreError> {
        let (sender, mut events) = unbounded_channel();
        let stop = Arc::new(AtomicBool::new(false));
        let mut lost = false;
        let running = self.app.job_runner.run(work, sender, stop.clone());
        tokio::pin!(running);
        let heartbeat = self.app.job_settings.heartbeat;
        let mut beat = interval_at(Instant::now() + heartbeat, heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let outcome = loop {
            tokio::select! {
                outcome = &mut running => break outcome,
                _ = beat.tick() => {
                    self.hear(&mut events);
                    match self.heartbeat().await? {
                        Updated::Written(_) => {}
                        Updated::Refused(Some(JobStatus::Cancelling)) => stop.store(true, Ordering::Relaxed),
                        Updated::Refused(_) => {
                            lost = true;
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                }
            }
        };
        self.hear(&mut events);
        Ok((!lost).then_some(outcome))
    }

    fn hear(&mut self, events: &mut UnboundedReceiver<WorkEvent>) {
        while let Ok(event) = events.try_recv() {
            match event {
                WorkEvent::Message(message) => self.said.push(message),
                WorkEvent::Progress(progress) => self.progress = Some(progress),
            }
        }
    }

    async fn heartbeat(&mut self) -> Result<Updated, StoreError> {
        let update = JobUpdate {
            messages: std::mem::take(&mut self.said),
            progress: self.progress.take(),
            lease_until_ms: Some((self.app.now_ms)() + self.app.job_settings.lease.as_millis() as i64),
            ..JobUpdate::default()
        };
        let said = update.messages.clone();
        let updated = self.app.jobs.update(&self.job.id, executing(self.job), update).await?;
        if let Updated::Refused(_) = updated {
            self.said = said;
        }
        Ok(updated)
    }

    async fn succeed(mut self, results: Vec<TaskResult>, elapsed: Duration) -> Result<(), StoreError> {
        let now_ms = (self.app.now_ms)();
        let mut update = JobUpdate {
            status: Some(JobStatus::Succeeded),
            ended: Some((now_ms, now_ms + retention_ms(self.app, self.job))),
            ..JobUpdate::default()
        };
        for (index, result) in results.into_iter().enumerate() {
            update.result_payloads.push(self.store(index, Bytes::from(result.json)).await?);
            update.results.push(result.info);
        }
        let said_before_success = self.said.clone();
        self.said.push(success_message(now_ms, elapsed.as_secs_f64()));
        update.messages = self.said;
        match self.app.jobs.update(&self.job.id, executing(self.job), update).await? {
            Updated::Refused(Some(JobStatus::Cancelling)) => {
                end_as_cancelled(self.app, self.job, said_before_success).await
            }
            _ => Ok(()),
        }
    }

    async fn store(&self, index: usize, bytes: Bytes) -> Result<Payload, StoreError> {
        if bytes.len() <= self.app.job_settings.max_inline_payload_bytes {
            return Ok(Payload::Inline(bytes));
        }
        let key = BlobKey::Result(self.job.id.clone(), self.job.lease.attempt, index);
        self.app.blobs.put(&key, bytes).await?;
        Ok(Payload::Stored)
    }

    async fn fail(mut self, sentences: Vec<String>) -> Result<(), StoreError> {
        self.said.extend(sentences.into_iter().map(Message::error));
        self.said.push(failed_message(self.job));
        fail(self.app, self.job, self.said).await
    }

    /// Gives the job back so that another worker can have it, or fails it when it was lost too often.
    async fn try_again(mut self, reason: &str) -> Result<(), StoreError> {
        let attempt = self.job.lease.attempt;
        if attempt >= self.app.job_settings.max_attempts {
            return self.fail(vec![format!("failed {attempt} times: {reason}")]).await;
        }
        tracing::warn!(job.id = %self.job.id, job.attempt = attempt, reason, "a job is given back");
        self.said.push(Message::warning(format!(
            "attempt {attempt} was lost ({reason}); the job is started again"
        )));
        let update = JobUpdate { messages: self.said, lease_until_ms: Some(0), ..JobUpdate::default() };
        match self.app.jobs.update(&self.job.id, executing(self.job), update).await? {
            Updated::Refused(Some(JobStatus::Cancelling)) => {
                end_as_cancelled(self.app, self.job, Vec::new()).await
            }
            Updated::Refused(_) => Ok(()),
            Updated::Written(_) => self.app.queue.send(&self.job.id).await,
        }
    }
}

/// The condition of every write of a worker: the job is still its own.
fn executing(job: &Job) -> Expected {
    Expected { statuses: &[JobStatus::Executing], attempt: Some(job.lease.attempt) }
}

async fn fail(app: &App, job: &Job, messages: Vec<Message>) -> Result<(), StoreError> {
    let now_ms = (app.now_ms)();
    let kept = messages.clone();
    let update = JobUpdate {
        status: Some(JobStatus::Failed),
        messages,
        ended: Some((now_ms, now_ms + retention_ms(app, job))),
        ..JobUpdate::default()
    };
    match app.jobs.update(&job.id, executing(job), update).await? {
        Updated::Refused(Some(JobStatus::Cancelling)) => end_as_cancelled(app, job, kept).await,
        _ => Ok(()),
    }
}

async fn end_as_cancelled(app: &App, job: &Job, said: Vec<Message>) -> Result<(), StoreError> {
    let mut update = cancelled(app, job);
    update.messages.splice(0..0, said);
    let statuses = &[JobStatus::Cancelling, JobStatus::Executing];
    let expected = Expected { statuses, attempt: Some(job.lease.attempt) };
    app.jobs.update(&job.id, expected, update).await.map(|_| ())
}
