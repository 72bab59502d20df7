//! Waiting that can be ended: every wait is cut into slices, and between them the run is asked whether it was stopped.

use crate::{FetchError, FetchSettings};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Longest wait without asking whether to stop.
pub(crate) const SLICE: Duration = Duration::from_millis(100);
/// Longest time for one input, whatever the settings say: a year, so that no sum of times overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// Memory for the stack of a thread that looks a name up or connects.
const THREAD_STACK_BYTES: usize = 512 << 10;

/// How long one input may still take, and who may end it.
pub(crate) struct Wait<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    deadline: Instant,
    total_timeout: Duration,
    /// How long a server may be silent.
    pub(crate) read_timeout: Duration,
    /// How long each step of connecting may take.
    pub(crate) connect_timeout: Duration,
    /// Host and path that are being read, for messages.
    pub(crate) place: String,
}

impl<'a> Wait<'a> {
    /// A wait that begins now.
    pub(crate) fn new(settings: &FetchSettings, stop: &'a (dyn Fn() -> bool + Sync)) -> Wait<'a> {
        Wait {
            stop,
            deadline: Instant::now() + settings.total_timeout.min(LONGEST),
            total_timeout: settings.total_timeout,
            read_timeout: settings.read_timeout,
            connect_timeout: settings.connect_timeout,
            place: String::new(),
        }
    }

    /// What is left of the whole time.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Goes on with what was left of the whole time when the wait before this one ended.
    pub(crate) fn resume(&mut self, left: Duration) {
        self.deadline = Instant::now() + left.min(LONGEST);
    }

    /// Who may end it.
    pub(crate) fn stop(&self) -> &'a (dyn Fn() -> bool + Sync) {
        self.stop
    }

    /// An error when the run was stopped or the whole time is over.
    pub(crate) fn check(&self) -> Result<(), FetchError> {
        if (self.stop)() {
            return Err(FetchError::Stopped);
        }
        if Instant::now() >= self.deadline {
            return Err(self.timed_out(format!("reading it may take {}", seconds(self.total_timeout))));
        }
        Ok(())
    }

    /// The same, and an error when nothing has come since `since`.
    pub(crate) fn check_silence(&self, since: Instant) -> Result<(), FetchError> {
        self.check()?;
        if since.elapsed() < self.read_timeout {
            return Ok(());
        }
        Err(self.timed_out(format!("nothing came for {}", seconds(self.read_timeout))))
    }

    /// Sleeps, or ends with an error as [`Wait::check`].
    pub(crate) fn pause(&self, length: Duration) -> Result<(), FetchError> {
        let end = Instant::now() + length.min(LONGEST);
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(SLICE));
        }
    }

    /// Runs work that cannot be interrupted in a thread of its own, which is left behind when the time is over.
    pub(crate) fn for_work<T: Send + 'static>(
        &self,
        what: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FetchError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let spawned = std::thread::Builder::new().stack_size(THREAD_STACK_BYTES).spawn(move || {
            // Nobody listens any more when the time was over before.
            let _ = sender.send(work());
        });
        if let Err(error) = spawned {
            return Err(self.unreachable(format!("{what} failed ({error})")));
        }
        let begin = Instant::now();
        loop {
            self.check()?;
            if begin.elapsed() >= self.connect_timeout {
                return Err(self.timed_out(format!("{what} may take {}", seconds(self.connect_timeout))));
            }
            match receiver.recv_timeout(SLICE.min(self.connect_timeout)) {
                Ok(result) => return Ok(result),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(self.unreachable(format!("{what} failed")));
                }
            }
        }
    }

    pub(crate) fn unreachable(&self, reason: impl Into<String>) -> FetchError {
        FetchError::Unreachable { place: self.place.clone(), reason: reason.into() }
    }

    pub(crate) fn malformed(&self, reason: impl Into<String>) -> FetchError {
        FetchError::Malformed { place: self.place.clone(), reason: reason.into() }
    }

    /// The error where the user can do nothing about the server but go around it.
    pub(crate) fn no_http(&self, what: &str) -> FetchError {
        self.malformed(format!(
            "its answer breaks the rules of HTTP ({what}); download the file and upload it"
        ))
    }

    pub(crate) fn too_large(&self, reason: impl Into<String>) -> FetchError {
        FetchError::TooLarge { place: self.place.clone(), reason: reason.into() }
    }

    pub(crate) fn refused(&self, reason: &str) -> FetchError {
        FetchError::Refused { place: self.place.clone(), reason: reason.to_owned() }
    }

    pub(crate) fn unsupported(&self, reason: impl Into<String>) -> FetchError {
        FetchError::Unsupported { place: self.place.clone(), reason: reason.into() }
    }

    pub(crate) fn timed_out(&self, reason: String) -> FetchError {
        FetchError::TimedOut { place: self.place.clone(), reason }
    }
}

/// The length in words.
pub(crate) fn seconds(length: Duration) -> String {
    format!("{} seconds", length.as_millis() as f64 / 1000.0)
}
