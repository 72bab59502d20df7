//! Files of runs that a request names by the URL that this server gave them (specification 2.7, form 6).
//!
//! They are read from where they lie: the server's own address is mostly a private one, from which nothing is fetched. Only
//! the path of the URL counts. It holds an id that nobody can guess, and the host would be what the client says it is.

use super::{OutputId, segment_text};
use crate::named::first_unique;
use crate::{
    App, BlobKey, Job, JobDetail, JobId, JobStatus, Parameters, PublishedTask, StoreError, is_web_url,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::PathBuf;

/// A file of an earlier run that a request names, and where a worker finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFile {
    /// The end of its URL's path, behind `/rest/directories/`, as it was written.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Where its bytes are.
    pub path: PathBuf,
}

/// What the path of a file's URL goes on with, and the place behind it begins.
const DIRECTORIES: &str = "/rest/directories/";

/// The place that a URL names, without its query.
pub fn own_place(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    path.split_once(DIRECTORIES).filter(|_| is_web_url(path)).map(|(_, place)| place)
}

/// Every file of this server that the parameters name and that lies on this machine. Any other URL is fetched as those of
/// other servers are.
///
/// # Errors
/// The store failed.
pub(crate) async fn own_files(
    app: &App,
    task: &PublishedTask,
    parameters: &Parameters,
) -> Result<Vec<OwnFile>, StoreError> {
    let texts = task.inputs().iter().flat_map(|input| parameters.all(&input.name));
    let mut files = Vec::new();
    for place in first_unique(texts.flat_map(places_in)) {
        let Some((key, name)) = key_of(app, &place).await? else { continue };
        if let Some(path) = app.blobs.path(&key) {
            files.push(OwnFile { place, name, path });
        }
    }
    Ok(files)
}

/// The places in a text. Not by reading it: it may be megabytes of features, or JSON within JSON.
fn places_in(text: &str) -> Vec<String> {
    // JSON may escape slashes.
    let text = if text.contains("\\/") { Cow::Owned(text.replace("\\/", "/")) } else { Cow::Borrowed(text) };
    let ends = |letter: char| letter.is_whitespace() || "\"'\\?#,;<>".contains(letter);
    let places = text.split(DIRECTORIES).skip(1).filter_map(|rest| rest.split(ends).next());
    places.map(str::to_owned).collect()
}

/// The file of a place, and its name.
async fn key_of(app: &App, place: &str) -> Result<Option<(BlobKey, String)>, StoreError> {
    let segments: Vec<&str> = place.split('/').collect();
    match segments[..] {
        ["arcgisjobs", directory, job, "scratch", name] => {
            let (Some(id), Some(name)) = (JobId::parse(job), segment_text(name)) else { return Ok(None) };
            // Other servers have such places too, and not every store is on this machine: then no job is asked for.
            if app.blobs.path(&BlobKey::File(id.clone(), 1, name.clone())).is_none() {
                return Ok(None);
            }
            Ok(job_file_key(app, directory, &id, &name).await?.map(|key| (key, name)))
        }
        ["arcgisoutput", _, id, name] => {
            let (Some(id), Some(name)) = (OutputId::parse(id), segment_text(name)) else { return Ok(None) };
            Ok(Some((BlobKey::Output(id, name.clone()), name)))
        }
        _ => Ok(None),
    }
}

/// The key of a file of a job that succeeded and has not expired.
///
/// # Errors
/// The store failed.
pub async fn job_file_key(
    app: &App,
    directory: &str,
    id: &JobId,
    name: &str,
) -> Result<Option<BlobKey>, StoreError> {
    let Some(job) = app.jobs.get(id, JobDetail::Status).await? else { return Ok(None) };
    let is_there = |job: &Job| {
        job.status == JobStatus::Succeeded
            && directory.eq_ignore_ascii_case(&super::jobs_directory(&job.service))
            && job.expires_at_ms.is_none_or(|at| at > (app.now_ms)())
    };
    Ok(is_there(&job).then(|| BlobKey::File(id.clone(), job.lease.attempt, name.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_every_form_that_names_a_file() {
        let url = "http://localhost:6080/arcgis/rest/directories/arcgisoutput/A_GPServer/o1/b%20c.zip";
        let place = "arcgisoutput/A_GPServer/o1/b%20c.zip";
        for text in [
            url.to_owned(),
            format!("{{\"url\":\"{url}\",\"layer\":\"x\"}}"),
            format!("{{'url': '{url}?token=abc'}}"),
            format!("[\"[1,{{\\\"url\\\":\\\"{url}\\\"}}]\"]"),
            format!("{url},{url}"),
            format!("{{\"url\":\"{}\"}}", url.replace('/', "\\/")),
        ] {
            let found = places_in(&text);
            assert!(found.iter().all(|found| found == place) && !found.is_empty(), "{text}: {found:?}");
        }
        assert_eq!(own_place(&format!("{url}?token=a#b")), Some(place));
        assert_eq!(own_place("https://example.org/roads.zip"), None);
        assert_eq!(own_place(&url.replace("http:", "ftp:")), None);
    }
}
