//! What a running tool can do besides computing: say something, report progress, and stop when it must.

use crate::{Environment, Message, MessageLevel, ToolError};
use gp_esri::ReadLimits;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How far a run is; `percent` is 0 to 100, or `None` while it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub message: String,
    /// How much of it is done.
    pub percent: Option<u8>,
}

/// Where messages and progress of a run go.
pub trait Observer: Send + Sync {
    /// The tool said something.
    fn message(&self, message: Message);
    /// The tool got further.
    fn progress(&self, progress: Progress);
}

/// An observer that nobody listens to.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn message(&self, _: Message) {}
    fn progress(&self, _: Progress) {}
}

/// Where the files of one run are made, and where clients will find those that are results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFiles {
    /// A folder of this run alone, which need not exist yet and goes with the run; empty where a run may make no files.
    pub folder: PathBuf,
    /// What the URL of a result's file begins with; its name follows.
    pub url: String,
}

/// Passed to every tool.
pub struct RunContext {
    cancelled: Arc<AtomicBool>,
    deadline: Option<(Instant, Duration)>,
    observer: Box<dyn Observer>,
    environment: Environment,
    files: RunFiles,
    read_limits: ReadLimits,
}

impl RunContext {
    /// A context that ends after `time_limit`, if there is one, or when `cancelled` becomes true.
    pub fn new(
        environment: Environment,
        observer: Box<dyn Observer>,
        cancelled: Arc<AtomicBool>,
        time_limit: Option<Duration>,
    ) -> RunContext {
        let deadline = time_limit.map(|limit| (Instant::now() + limit, limit));
        RunContext {
            cancelled,
            deadline,
            observer,
            environment,
            files: RunFiles::default(),
            read_limits: ReadLimits::default(),
        }
    }

    /// A context without limits that listens to nobody, for tests and benchmarks.
    pub fn silent() -> RunContext {
        RunContext::new(Environment::default(), Box::new(Silent), Arc::default(), None)
    }

    /// The same with a place for files.
    #[must_use]
    pub fn with_files(mut self, files: RunFiles) -> RunContext {
        self.files = files;
        self
    }

    /// The same, of which an input may hold so much.
    #[must_use]
    pub fn with_read_limits(mut self, limits: ReadLimits) -> RunContext {
        self.read_limits = limits;
        self
    }

    /// The same, of whose time so much is spent already.
    #[must_use]
    pub fn after(mut self, spent: Duration) -> RunContext {
        self.deadline = self.deadline.map(|(end, limit)| (end.checked_sub(spent).unwrap_or(end), limit));
        self
    }

    /// A place for a file that will be a result, under that name, or a numbered one when the run has it already. The
    /// tool writes the file there, then gives it as a [`crate::DataFile`].
    ///
    /// # Errors
    /// [`ToolError::Internal`] when the folder cannot be made.
    pub fn new_file(&self, name: &str) -> Result<PathBuf, ToolError> {
        let folder = self.files.folder.join(RESULTS_FOLDER);
        let failed = |error: std::io::Error| {
            ToolError::Internal(format!("the server could not make a folder for the file {name}: {error}"))
        };
        if !self.makes_files() {
            return Err(failed(std::io::ErrorKind::Unsupported.into()));
        }
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let name = file_name(name);
        let (stem, extension) = name
            .rsplit_once('.')
            .map_or((name.as_str(), String::new()), |(stem, end)| (stem, format!(".{end}")));
        for number in 0.. {
            let name = if number == 0 { name.clone() } else { format!("{stem}_{number}{extension}") };
            let path = folder.join(name);
            match std::fs::File::create_new(&path) {
                Ok(_) => return Ok(path),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(std::io::ErrorKind::AlreadyExists.into()))
    }

    /// Whether this run has a place for files.
    pub(crate) fn makes_files(&self) -> bool {
        !self.files.folder.as_os_str().is_empty()
    }

    /// A folder of this run for what is no result.
    ///
    /// # Errors
    /// [`ToolError::Internal`] when it cannot be made.
    pub fn scratch_folder(&self) -> Result<&Path, ToolError> {
        std::fs::create_dir_all(&self.files.folder)
            .map_err(|error| ToolError::Internal(format!("the server could not make a folder: {error}")))?;
        Ok(&self.files.folder)
    }

    /// What the URL of a result's file begins with.
    pub(crate) fn files_url(&self) -> &str {
        &self.files.url
    }

    /// Stops the tool when it was cancelled or has run too long: call it in every long loop.
    ///
    /// # Errors
    /// [`ToolError::Cancelled`] or [`ToolError::TimedOut`]; pass it on with `?`.
    pub fn check(&self) -> Result<(), ToolError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(ToolError::Cancelled);
        }
        match self.deadline {
            Some((end, limit)) if Instant::now() >= end => {
                Err(ToolError::TimedOut { limit_s: limit.as_secs() })
            }
            _ => Ok(()),
        }
    }

    /// Tells the caller something.
    pub fn message(&self, level: MessageLevel, text: impl Into<String>) {
        self.observer.message(Message { level, text: text.into() });
    }

    /// Tells the caller that the result is good but not everything that was asked.
    pub fn warning(&self, text: impl Into<String>) {
        self.message(MessageLevel::Warning, text);
    }

    /// Tells how far the tool is: `percent` of 100.
    pub fn progress(&self, percent: u8, text: impl Into<String>) {
        self.observer.progress(Progress { message: text.into(), percent: Some(percent.min(100)) });
    }

    /// How much an input may hold: for tools that read files themselves.
    pub fn read_limits(&self) -> &ReadLimits {
        &self.read_limits
    }

    /// What the caller asked of every tool: spatial references and the extent.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

/// Below a run's folder: the files that are results.
pub(crate) const RESULTS_FOLDER: &str = "results";
/// Longest name of a file, in bytes: every file system takes it.
const MAX_NAME_BYTES: usize = 120;

/// A name that every file system and every URL can bear.
fn file_name(name: &str) -> String {
    let mut clean: String = name
        .chars()
        .map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '_' })
        .collect();
    while clean.len() > MAX_NAME_BYTES {
        clean.remove(0);
    }
    let clean = clean.trim_start_matches('.').to_owned();
    if clean.is_empty() { "result".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_run_have_names_of_their_own_that_stay_in_its_folder() {
        let folder = std::env::temp_dir().join(format!("gp-core-files-{}", std::process::id()));
        let context =
            RunContext::silent().with_files(RunFiles { folder: folder.clone(), url: String::new() });
        let name = |asked: &str| {
            let path = context.new_file(asked).unwrap();
            assert!(
                path.starts_with(&folder) && path.parent().is_some_and(|parent| parent.ends_with("results"))
            );
            path.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(name("roads.zip"), "roads.zip");
        assert_eq!(name("roads.zip"), "roads_1.zip");
        assert_eq!(name("../../etc/pass wd"), "_.._etc_pass_wd");
        assert_eq!(name("..."), "result");
        assert_eq!(name(&"ü".repeat(500)).len(), 120);
        std::fs::remove_dir_all(&folder).unwrap();
        RunContext::silent().new_file("a").unwrap_err();
    }
}
