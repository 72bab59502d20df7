//! Files of runs that a request names by the URL that this server gave them (specification 2.7, form 6).
//!
//! They are read from where they lie: the server's own address is mostly a private one, from which nothing is fetched. Only
//! the path of the URL counts. It holds an id that nobody can guess, and the host would be what the client says it is.

use super::OutputId;
use crate::{App, BlobKey, Job, JobDetail, JobId, JobStatus, Parameters, PublishedTask, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
/// How many places of one request are looked up: each may be a call of the store.
const MAX_OWN_FILES: usize = 500;

/// The place that a URL names, without its query.
pub fn own_place(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    path.split_once(DIRECTORIES).map(|(_, place)| place)
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
    let places: BTreeSet<&str> = texts.flat_map(places_in).take(MAX_OWN_FILES).collect();
    let mut files = Vec::new();
    for place in places {
        let Some((key, name)) = key_of(app, place).await? else { continue };
        if let Some(path) = app.blobs.path(&key) {
            files.push(OwnFile { place: place.to_owned(), name, path });
        }
    }
    Ok(files)
}

/// The places in a text. Not by reading it: it may be megabytes of features, or JSON within JSON.
fn places_in(text: &str) -> impl Iterator<Item = &str> {
    let ends = |letter: char| letter.is_whitespace() || "\"'\\?#,;<>".contains(letter);
    text.split(DIRECTORIES).skip(1).filter_map(move |rest| rest.split(ends).next())
}

/// The file of a place, and its name.
async fn key_of(app: &App, place: &str) -> Result<Option<(BlobKey, String)>, StoreError> {
    let segments: Vec<&str> = place.split('/').collect();
    match segments[..] {
        ["arcgisjobs", directory, job, "scratch", name] => {
            let (Some(id), Some(name)) = (JobId::parse(job), decoded(name)) else { return Ok(None) };
            Ok(job_file_key(app, directory, &id, &name).await?.map(|key| (key, name)))
        }
        ["arcgisoutput", _, id, name] => {
            let (Some(id), Some(name)) = (OutputId::parse(id), decoded(name)) else { return Ok(None) };
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

/// A segment as [`super::path_segment`] wrote it; `None` for one that can be no file's name.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    let name = String::from_utf8(bytes).ok()?;
    let is_name = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0']);
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path_segment;

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
        ] {
            assert!(places_in(&text).all(|found| found == place) && places_in(&text).count() > 0, "{text}");
        }
        assert_eq!(own_place(&format!("{url}?token=a#b")), Some(place));
        assert_eq!(own_place("https://example.org/roads.zip"), None);
    }

    #[test]
    fn a_name_is_read_as_it_was_written_and_never_leads_elsewhere() {
        for name in ["a.zip", "b c.json", "Größe.tif", "100%.csv"] {
            assert_eq!(decoded(&path_segment(name)).as_deref(), Some(name));
        }
        for bad in ["", "..", "%2e%2e", "a%2Fb", "a%5cb", "%", "%4", "%zz", "%ff", "a%00"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }
}
