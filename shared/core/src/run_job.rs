//! One job, from claim to end.
//!
//! Contract: claim, or return. Results are stored before the status says Succeeded. A tool that fails is a finished
//! job (`Ok`). `Err` means that storage failed: deliver the message again. A job whose worker was lost may be claimed
//! again, a fixed number of times; then it fails, because clients poll for ever. Every write is conditional on the
//! attempt, so that two workers may race and one result is visible.

use crate::attempt::{Attempt, Terms};
use crate::files::{RunFolder, job_files_url};
use crate::message::{failed_message, lost_message};
use crate::named::named_data;
use crate::submit::SITE_URL;
use crate::{
    App, Job, JobId, Message, OutputForm, Runner, StoreError, ToolError, Work, WorkError, job_inputs,
};
use std::sync::Arc;
use std::time::Duration;

/// Runs the job unless somebody else has it or it has ended.
///
/// # Errors
/// Storage failed; the job is as it was, or its lease will run out: deliver its message again.
pub async fn run_job(app: &App, id: &JobId) -> Result<(), StoreError> {
    let Some(job) = app.jobs.claim(id, (app.now_ms)(), app.job_settings.lease).await? else { return Ok(()) };
    run_claimed(app, &job, Terms { runner: app.job_runner.clone(), budget: None }).await
}

/// Runs a job that its submission has claimed already. Beyond the budget it is given back to the queue.
///
/// # Errors
/// As [`run_job`].
pub(crate) async fn run_within(
    app: &App,
    job: &Job,
    runner: Arc<dyn Runner>,
    budget: Duration,
) -> Result<(), StoreError> {
    run_claimed(app, job, Terms { runner, budget: Some(budget) }).await
}

async fn run_claimed(app: &App, job: &Job, terms: Terms) -> Result<(), StoreError> {
    let mut attempt = Attempt::new(app, job);
    if job.lease.attempt > app.job_settings.max_attempts {
        return attempt.fail(vec![lost_message(app.job_settings.max_attempts)]).await;
    }
    let folder = RunFolder::new(app)?;
    let work = match attempt.keep(work_of(app, job, &folder)).await {
        Ok(work) => work,
        Err(StoreError::NotFound(what)) => return attempt.fail(vec![format!("{what} is gone")]).await,
        Err(error @ StoreError::Corrupt(_)) => return attempt.fail(vec![error.to_string()]).await,
        Err(error) => return Err(error),
    };
    let Some(outcome) = attempt.finish_work(work, &terms).await? else { return Ok(()) };
    match outcome {
        Ok(results) => attempt.succeed(results, &folder).await,
        Err(WorkError::Tool(ToolError::Cancelled)) => attempt.end_as_cancelled().await,
        // A worker has more time and more memory than a submission.
        Err(WorkError::Tool(ToolError::TimedOut { .. }) | WorkError::Crashed(_))
            if terms.budget.is_some() =>
        {
            attempt.give_back(Message::info("Not done at once; queued.")).await
        }
        Err(WorkError::Lost(reason) | WorkError::Busy(reason)) => attempt.try_again(&reason).await,
        Err(WorkError::Tool(error)) => {
            let mut sentences = error.sentences();
            sentences.push(failed_message(&job.task));
            attempt.fail(sentences).await
        }
        Err(WorkError::Crashed(reason)) => attempt.fail(vec![reason, failed_message(&job.task)]).await,
    }
}

/// How long the payloads of this job are kept once it has ended.
pub(crate) fn retention_ms(app: &App, job: &Job) -> i64 {
    let retention = app.catalog.service(&job.service).map_or(Duration::ZERO, |service| service.retention);
    i64::try_from(retention.as_millis()).unwrap_or(i64::MAX / 2)
}

async fn work_of(app: &App, job: &Job, folder: &RunFolder) -> Result<Work, StoreError> {
    let service = app.catalog.service(&job.service);
    let task = service.and_then(|service| Some((service, service.task(&job.task)?)));
    let Some((service, task)) = task else {
        return Err(StoreError::NotFound(format!("task {} of service {}", job.task, job.service)));
    };
    let parameters = job_inputs(app, job).await?;
    let (uploads, own_files) = named_data(app, service, task, &parameters).await?;
    let site_url = parameters.get(SITE_URL).unwrap_or_default();
    Ok(Work {
        service: job.service.clone(),
        task: job.task.clone(),
        files: folder.files(job_files_url(site_url, job)),
        uploads,
        own_files,
        parameters,
        form: OutputForm::Stored,
        max_features: app.limits.max_features,
        time_limit: service.time_limit.min(app.limits.max_job_time),
        now_ms: (app.now_ms)(),
    })
}
