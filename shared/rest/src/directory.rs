//! Files that runs made, below `/rest/directories` (specification 1.11), and the schema of a service's data types (1.6).
//!
//! A file that is not there is a 404 in HTTP's own sense: whoever follows a link is no client of the protocol.

use crate::Rest;
use crate::error::Failure;
use crate::resource::FilePath;
use crate::response::Reply;
use crate::schema;
use crate::upload::Download;
use gp_core::{
    BlobKey, Job, JobDetail, JobId, JobStatus, OutputId, RequestError, StoreError, StoredFile, content_of,
    jobs_directory, output_directory,
};
use http::StatusCode;

/// The file.
pub(crate) async fn show(rest: &Rest, path: &FilePath) -> Result<Reply, Failure> {
    let (key, name) = match path {
        FilePath::OfJob { directory, job, name } => (job_file(rest, directory, job, name).await?, name),
        FilePath::OfExecute { id, name, .. } => {
            (OutputId::parse(id).map(|id| BlobKey::Output(id, name.clone())), name)
        }
        FilePath::Schema { directory } => {
            let mut services = rest.app.catalog.services();
            let service = services.find(|service| output_directory(&service.name) == *directory);
            return Ok(service.map_or_else(|| missing(directory), |_| Reply::stable(schema::SCHEMA)));
        }
    };
    let Some(key) = key else { return Ok(missing(name)) };
    match rest.app.blobs.file(&key).await {
        Ok(StoredFile::Stream(source, byte_len)) => {
            Ok(Download::reply(source, byte_len, name, content_of(name).media_type))
        }
        Ok(StoredFile::Link(url)) => Ok(Reply::elsewhere(&url)),
        Err(StoreError::NotFound(_)) => Ok(missing(name)),
        Err(error) => Err(error.into()),
    }
}

/// The key of a file of a job that succeeded and has not expired.
async fn job_file(rest: &Rest, directory: &str, job: &str, name: &str) -> Result<Option<BlobKey>, Failure> {
    let Some(id) = JobId::parse(job) else { return Ok(None) };
    let Some(job) = rest.app.jobs.get(&id, JobDetail::Status).await? else { return Ok(None) };
    let is_there = |job: &Job| {
        job.status == JobStatus::Succeeded
            && directory.eq_ignore_ascii_case(&jobs_directory(&job.service))
            && job.expires_at_ms.is_none_or(|at| at > (rest.app.now_ms)())
    };
    Ok(is_there(&job).then(|| BlobKey::File(id, job.lease.attempt, name.to_owned())))
}

fn missing(name: &str) -> Reply {
    let detail = format!("there is no file {name} here: it was never made, or it has expired");
    let error = RequestError { details: vec![detail], ..RequestError::not_found("Not found") };
    Reply { status: StatusCode::NOT_FOUND, ..Reply::from(Failure::from(error)) }
}
