//! Files of runs: the folder in which a run makes them, and how those that are results are kept and named by URL.
//!
//! A worker process only writes into the folder it is given. Whoever started it stores what it left there, and removes the
//! folder, however the run ended.

mod own;

pub(crate) use own::own_files;
pub use own::{OwnFile, job_file_key, own_place};

use crate::context::RESULTS_FOLDER;
use crate::{App, BlobKey, Content, Job, RunFiles, ServiceName, StoreError};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The name of the files that one `execute` made: `o` and 32 lower-case hexadecimal digits, unguessable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OutputId(String);

impl OutputId {
    /// The id made of 128 random bits.
    pub fn from_random(bits: u128) -> OutputId {
        OutputId(format!("o{bits:032x}"))
    }

    /// Reads an id; `None` when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<OutputId> {
        let digits = text.strip_prefix('o')?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits.len() == 32 && digits.bytes().all(is_hex)).then(|| OutputId(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A folder for one run, removed with everything in it when this is dropped. A worker makes it when it needs it.
pub(crate) struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    pub(crate) fn new(app: &App) -> Result<RunFolder, StoreError> {
        Ok(RunFolder { path: app.scratch.join(format!("run-{:032x}", crate::submit::random_bits()?)) })
    }

    /// What a run is told of it; its results will have URLs that begin with `url`.
    pub(crate) fn files(&self, url: String) -> RunFiles {
        RunFiles { folder: self.path.clone(), url }
    }

    /// The files that the run left as results, by name.
    fn results(&self) -> Result<Vec<(String, PathBuf)>, StoreError> {
        let failed = |error: std::io::Error| StoreError::unavailable("list the files of a run", error);
        let entries = match fs::read_dir(self.path.join(RESULTS_FOLDER)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
        files.sort();
        Ok(files)
    }

    /// Stores the files that the job's present attempt made.
    pub(crate) async fn store_for_job(&self, app: &App, job: &Job) -> Result<(), StoreError> {
        for (name, path) in self.results()? {
            let key = BlobKey::File(job.id.clone(), job.lease.attempt, name.clone());
            app.blobs.put_file(&key, &path, content_of(&name)).await?;
        }
        Ok(())
    }

    /// Stores the files that an `execute` made.
    pub(crate) async fn store_for_execute(&self, app: &App, id: &OutputId) -> Result<(), StoreError> {
        for (name, path) in self.results()? {
            let key = BlobKey::Output(id.clone(), name.clone());
            app.blobs.put_file(&key, &path, content_of(&name)).await?;
        }
        Ok(())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(folder = %self.path.display(), %error, "the files of a run could not be removed");
            }
            _ => {}
        }
    }
}

/// Where the files of a job are: what their URLs begin with (specification 1.11).
pub(crate) fn job_files_url(site_url: &str, job: &Job) -> String {
    format!("{site_url}/rest/directories/arcgisjobs/{}/{}/scratch/", jobs_directory(&job.service), job.id)
}

/// Where the files of an `execute` are.
pub(crate) fn output_files_url(site_url: &str, service: &ServiceName, id: &OutputId) -> String {
    format!("{site_url}/rest/directories/arcgisoutput/{}/{}/", output_directory(service), id.as_str())
}

/// `folder_service_gpserver`
pub fn jobs_directory(service: &ServiceName) -> String {
    output_directory(service).to_ascii_lowercase()
}

/// `Folder_Service_GPServer`
pub fn output_directory(service: &ServiceName) -> String {
    format!("{}_GPServer", service.as_str().replace('/', "_"))
}

/// A name as a segment of a URL's path.
pub fn path_segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A segment of a URL's path without its percent-escapes; `None` where it can be no name. An escaped slash is refused: names
/// hold none, and proxies disagree on it.
pub fn segment_text(segment: &str) -> Option<String> {
    let text = without_escapes(segment)?;
    let is_name = !text.chars().any(|letter| letter.is_control() || letter == '/' || letter == '\\');
    (is_name && text != "." && text != "..").then_some(text)
}

/// A text without its percent-escapes; `None` where an escape is none, or they make no UTF-8.
pub fn without_escapes(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return None };
        bytes.push((char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?) as u8);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

/// What a file is, by its extension, for whoever opens its link.
pub fn content_of(name: &str) -> Content {
    let extension = Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let media_type = match extension.as_deref() {
        Some("json") => "application/json",
        Some("txt") => "text/plain;charset=utf-8",
        Some("tif" | "tiff") => "image/tiff",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("pdf") => "application/pdf",
        Some(extension) => gp_formats::Format::of(&format!("a.{extension}"), b"")
            .map_or(Content::BINARY.media_type, gp_formats::Format::media_type),
        None => Content::BINARY.media_type,
    };
    Content { media_type, encoding: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_named_as_arcgis_names_them() {
        let service = ServiceName::new("Samples", "Tasks");
        assert_eq!(output_directory(&service), "Samples_Tasks_GPServer");
        assert_eq!(jobs_directory(&service), "samples_tasks_gpserver");
        assert_eq!(output_directory(&ServiceName::new("", "Analysis")), "Analysis_GPServer");
    }

    #[test]
    fn an_id_of_outputs_survives_and_anything_else_is_refused() {
        let id = OutputId::from_random(255);
        assert_eq!(OutputId::parse(id.as_str()), Some(id));
        for text in
            ["", "o", "../x", "oFF0123456789abcdef0123456789abcde", "j000000000000000000000000000000ff"]
        {
            assert_eq!(OutputId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_read_as_it_was_written_and_never_leads_elsewhere() {
        for name in ["a.zip", "b c.json", "Größe.tif", "100%.csv", ""] {
            assert_eq!(segment_text(&path_segment(name)).as_deref(), Some(name));
        }
        for bad in ["..", "%2e%2e", "a%2Fb", "a%5cb", "%", "%4", "%zz", "%+f", "%ff", "a%00"] {
            assert_eq!(segment_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_file_is_what_its_extension_says() {
        assert_eq!(content_of("a.ZIP").media_type, "application/zip");
        assert_eq!(content_of("a.geojson").media_type, "application/geo+json");
        assert_eq!(content_of("a").media_type, "application/octet-stream");
    }
}
