//! The data folder: one process holds it, and everything durable is in it.

use crate::blobs::FileBlobs;
use crate::drain::Drain;
use crate::jobs::SqliteJobs;
use crate::queue::LineOfJobs;
use crate::recovery::Abandoned;
use crate::sweep::Sweeper;
use crate::uploads::FileUploads;
use gp_core::{App, Catalog, JobSettings, Limits, StoreError, UploadSettings};
use gp_workers::{ProcessPool, WorkerCommand};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::time::Duration;

/// A data folder that this process holds as long as anybody has its job store.
pub struct Data {
    jobs: Arc<SqliteJobs>,
    blobs: Arc<FileBlobs>,
    scratch: PathBuf,
    uploads: Arc<FileUploads>,
}

/// Jobs that are taken from the line before a worker is free, while many short ones wait. A small job waits for the disk longer
/// than it computes: with none, a worker would idle most of the time.
const FETCHED_AHEAD: usize = 6;

/// Why a data folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds it.
    #[error("the data folder {} is in use by {holder}; stop it, or choose another folder with --data", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it.
        holder: String,
    },
    /// It cannot be created or written.
    #[error("the data folder {} cannot be used: {action} failed; check that it is a folder that you may write to", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The database in it cannot be used.
    #[error("the job database {} cannot be used", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: StoreError,
    },
}

/// How much runs at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Worker processes for jobs.
    pub job_workers: usize,
    /// Jobs taken from the line at once while many short ones wait. A few more than there are workers, so that jobs are
    /// fetched from the disk and stored while the workers compute.
    pub jobs_at_once: usize,
    /// Worker processes for `execute` requests that are not quick.
    pub execute_workers: usize,
}

impl Concurrency {
    /// With that many worker processes for jobs, and for `execute` requests; at least one each.
    pub fn new(job_workers: usize, execute_workers: usize) -> Concurrency {
        let job_workers = job_workers.max(1);
        let jobs_at_once = job_workers + FETCHED_AHEAD;
        Concurrency { job_workers, jobs_at_once, execute_workers: execute_workers.max(1) }
    }
}

impl Data {
    /// Opens the folder, which is created if it is not there, and takes it for this process.
    ///
    /// # Errors
    /// Another process holds it, it cannot be written, or its database is damaged.
    pub fn open(folder: &Path) -> Result<Data, OpenError> {
        let unusable =
            |action| move |source| OpenError::Unusable { folder: folder.to_owned(), action, source };
        fs::create_dir_all(folder).map_err(unusable("creating it"))?;
        let lock = lock(folder)?;
        let path = folder.join("jobs.sqlite");
        let mut jobs = SqliteJobs::open(&path).map_err(|source| OpenError::Database { path, source })?;
        jobs.lock = Some(lock);
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable("synchronising it"))?;
        let scratch = folder.join("scratch");
        // What runs of an earlier process left behind; nobody else has this folder.
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unusable("clearing it")(error));
            }
            _ => {}
        }
        // Worker processes are told where it is, wherever they run.
        let scratch = std::path::absolute(&scratch).map_err(unusable("finding it"))?;
        let jobs = Arc::new(jobs);
        let uploads = Arc::new(FileUploads::new(jobs.clone(), folder.join("uploads")));
        Ok(Data { jobs, blobs: Arc::new(FileBlobs::new(folder.join("blobs"))), scratch, uploads })
    }

    /// The job store alone.
    pub fn jobs(&self) -> Arc<SqliteJobs> {
        self.jobs.clone()
    }

    /// The blob store alone.
    pub fn blobs(&self) -> Arc<FileBlobs> {
        self.blobs.clone()
    }

    /// The application on this folder, the loop that runs its jobs, and what removes expired ones. Jobs that an earlier
    /// process left are put in line again. Needs a tokio runtime.
    ///
    /// # Errors
    /// The store failed.
    pub async fn app(
        self,
        catalog: Arc<Catalog>,
        limits: Limits,
        job_settings: JobSettings,
        command: WorkerCommand,
        concurrency: Concurrency,
    ) -> Result<(App, Drain, Sweeper), StoreError> {
        let (line, waiting) = LineOfJobs::new();
        let line = Arc::new(line);
        for id in self.jobs.recover(&catalog, now_ms(), Abandoned::All).await? {
            line.put(id);
        }
        let execute_wait: Duration = limits.execute_wait;
        let pool = Arc::new(ProcessPool::new(command.clone(), concurrency.job_workers, None));
        let app = App {
            catalog: catalog.clone(),
            jobs: self.jobs.clone(),
            queue: line.clone(),
            blobs: self.blobs.clone(),
            uploads: self.uploads.clone(),
            job_runner: pool.clone(),
            execute_runner: Arc::new(ProcessPool::new(
                command,
                concurrency.execute_workers,
                Some(execute_wait),
            )),
            submit_runner: None,
            meter: None,
            limits,
            job_settings,
            scratch: self.scratch,
            upload_settings: UploadSettings::default(),
            now_ms,
        };
        let drain = Drain {
            app: app.clone(),
            jobs: self.jobs.clone(),
            waiting,
            pool,
            workers: concurrency.job_workers.max(1),
            at_once: concurrency.jobs_at_once.max(1),
        };
        let sweeper = Sweeper {
            jobs: self.jobs,
            blobs: self.blobs,
            uploads: self.uploads,
            line,
            catalog,
            next_shard: AtomicU16::default(),
        };
        Ok((app, drain, sweeper))
    }
}

/// The clock: milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this adapter is where the clock is read")]
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// Takes the lock file and writes this process into it. The lock goes with the process, however it ends.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let unusable = |action| move |source| OpenError::Unusable { folder: folder.to_owned(), action, source };
    let path = folder.join("lock");
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = options.map_err(unusable("opening its lock file"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = match fs::read_to_string(&path) {
                Ok(pid) if !pid.trim().is_empty() => format!("process {}", pid.trim()),
                _ => "another process".to_owned(),
            };
            return Err(OpenError::InUse { folder: folder.to_owned(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(unusable("locking it")(error)),
    }
    let write = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    write.map_err(unusable("writing its lock file"))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_refused_naming_it_and_the_process_that_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let held = Data::open(folder.path()).unwrap();
        let error = Data::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        drop(held);
        Data::open(folder.path()).unwrap();
    }

    #[test]
    fn a_path_that_is_no_folder_is_refused_saying_what_to_check() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Data::open(&file.join("data")).err().unwrap();
        assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
    }

    #[test]
    fn a_damaged_database_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("jobs.sqlite"),
            "this is no database, and longer than a header of 100 bytes ".repeat(99),
        )
        .unwrap();
        let error = Data::open(folder.path()).err().unwrap();
        assert!(matches!(error, OpenError::Database { .. }), "{error}");
    }
}
