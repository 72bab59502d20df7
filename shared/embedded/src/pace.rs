//! How many jobs are away from the line: as many as there are workers, and a few more while many short jobs wait.
//!
//! Separate because a job that is taken from the line is called executing. Of jobs that take minutes only those may be that
//! a worker has; of jobs that take less time than the disk, some must be on their way.

use std::time::Duration;

/// Jobs that take no longer on average are short: the few that only wait for a worker do so for no time that anyone sees.
const SHORT: Duration = Duration::from_millis(100);
/// How much of the average a job is.
const SHARE: u32 = 8;
/// Jobs that must wait for it to matter how fast they go.
const MANY: usize = 32;

/// The pace at which jobs end.
pub(crate) struct Pace {
    workers: usize,
    at_once: usize,
    /// How long a job took lately, from the line to its end; none has ended at the start.
    average: Option<Duration>,
}

impl Pace {
    /// For so many workers, and so many jobs at once while they are short.
    pub(crate) fn new(workers: usize, at_once: usize) -> Pace {
        Pace { workers, at_once, average: None }
    }

    /// Takes into account how long a job took.
    pub(crate) fn ended(&mut self, took: Duration) {
        let average = self.average.unwrap_or(took);
        self.average = Some((average * (SHARE - 1) + took) / SHARE);
    }

    /// How many jobs may be away from the line, when one is away for so long, and so many wait.
    pub(crate) fn at_once(&self, oldest: Duration, waiting: usize) -> usize {
        let are_short = self.average.is_some_and(|average| average.max(oldest) <= SHORT);
        if are_short && waiting >= MANY { self.at_once } else { self.workers.min(self.at_once) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const BLINK: Duration = Duration::from_millis(5);

    #[test]
    fn only_while_many_short_jobs_wait_are_more_taken_than_there_are_workers() {
        let mut pace = Pace::new(2, 8);
        assert_eq!(pace.at_once(Duration::ZERO, MANY), 2, "nothing is known of the first jobs");
        pace.ended(BLINK);
        assert_eq!(pace.at_once(BLINK, MANY), 8);
        assert_eq!(pace.at_once(BLINK, MANY - 1), 2, "few wait");
        assert_eq!(pace.at_once(MINUTE, MANY), 2, "one of them takes long");
        pace.ended(MINUTE);
        assert_eq!(pace.at_once(BLINK, MANY), 2);
        (0..80).for_each(|_| pace.ended(BLINK));
        assert_eq!(pace.at_once(BLINK, MANY), 8);
        assert_eq!(Pace::new(4, 2).at_once(MINUTE, MANY), 2);
    }
}
