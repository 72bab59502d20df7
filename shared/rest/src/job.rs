//! The job resource, its messages, and `cancel` (specification 1.10, 4).

use crate::Rest;
use crate::error::Failure;
use crate::json;
use crate::resource::JobPath;
use crate::response::Reply;
use gp_core::{
    Job, JobDetail, JobId, JobStatus, Message, MessageLevel, Parameters, PublishedTask, RequestError, Service,
};
use gp_core::{cancel_job, read_flag};
use gp_esri::json::write_i64;

/// The job as it stands.
pub(crate) async fn show(rest: &Rest, path: &JobPath, parameters: &Parameters) -> Result<Reply, Failure> {
    let (service, task, job) = read(rest, path, JobDetail::Status).await?;
    Ok(Reply::volatile(job_json(&job, service, task, parameters)))
}

/// Only what the job said.
pub(crate) async fn show_messages(rest: &Rest, path: &JobPath) -> Result<Reply, Failure> {
    let (service, _, job) = read(rest, path, JobDetail::Status).await?;
    let mut out = b"{".to_vec();
    json::text(&mut out, "jobId", job.id.as_str());
    json::text(&mut out, "jobStatus", job.status.wire_name());
    write_messages(&mut out, &job.messages, service.message_level);
    out.push(b'}');
    Ok(Reply::volatile(out))
}

/// Asks the job to stop.
pub(crate) async fn cancel(rest: &Rest, path: &JobPath, parameters: &Parameters) -> Result<Reply, Failure> {
    let (service, task, job) = read(rest, path, JobDetail::Status).await?;
    let job = cancel_job(&rest.app, &job.id).await?;
    Ok(Reply::volatile(job_json(&job, service, task, parameters)))
}

/// The job with its service and task. A job under another task's URL is unknown there.
pub(crate) async fn read<'r>(
    rest: &'r Rest,
    path: &JobPath,
    detail: JobDetail,
) -> Result<(&'r Service, &'r PublishedTask, Job), Failure> {
    let (service, task) = rest.task(&path.task)?;
    let id = JobId::parse(&path.job).ok_or_else(|| RequestError::job_not_found(&path.job))?;
    let job = rest.app.jobs.get(&id, detail).await?;
    let job = job.filter(|job| job.service == service.name && job.task == task.name);
    Ok((service, task, job.ok_or_else(|| RequestError::job_not_found(&path.job))?))
}

/// Writes the member `messages`, those below the service's level left out (specification 4.3).
pub(crate) fn write_messages(out: &mut Vec<u8>, messages: &[Message], level: MessageLevel) {
    json::raw(out, "messages", b"[");
    for message in messages.iter().filter(|message| message.level >= level && level != MessageLevel::None) {
        json::separate(out);
        out.push(b'{');
        json::text(out, "type", message.level.wire_name());
        json::text(out, "description", &message.text);
        out.push(b'}');
    }
    out.push(b']');
}

fn job_json(job: &Job, service: &Service, task: &PublishedTask, parameters: &Parameters) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    json::text(&mut out, "jobId", job.id.as_str());
    json::text(&mut out, "jobStatus", job.status.wire_name());
    if job.status == JobStatus::Executing {
        write_progress(&mut out, job);
    }
    if job.status == JobStatus::Succeeded {
        write_links(&mut out, "results", job.results.iter().map(|result| result.name.as_str()));
        write_links(&mut out, "inputs", task.inputs().iter().map(|input| input.name.as_ref()));
    }
    // A flag that cannot be read counts as true: a poll must not get an error body (specification 0, rule 8).
    if read_flag(parameters, "returnMessages").ok().flatten().unwrap_or(true) {
        write_messages(&mut out, &job.messages, service.message_level);
    }
    out.push(b'}');
    out
}

/// `{"type":"step","message":…,"percent":…}`, without a percentage `{"type":"default","message":…}` (specification 4.4).
fn write_progress(out: &mut Vec<u8>, job: &Job) {
    let message = job.progress.as_ref().map_or("Executing...", |progress| progress.message.as_str());
    let percent = job.progress.as_ref().and_then(|progress| progress.percent);
    json::raw(out, "progress", b"{");
    json::text(out, "type", if percent.is_some() { "step" } else { "default" });
    json::text(out, "message", message);
    if let Some(percent) = percent {
        json::key(out, "percent");
        write_i64(out, i64::from(percent));
    }
    out.push(b'}');
}

/// `"results":{"P":{"paramUrl":"results/P"},…}`, relative to the job's URL.
fn write_links<'a>(out: &mut Vec<u8>, member: &str, names: impl Iterator<Item = &'a str>) {
    json::raw(out, member, b"{");
    for name in names {
        json::raw(out, name, b"{");
        json::text(out, "paramUrl", &format!("{member}/{name}"));
        out.push(b'}');
    }
    out.push(b'}');
}
