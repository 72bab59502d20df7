//! What the janitor does each minute: it ends the jobs of dead letters, and sees to jobs whose time has come.

use gp_aws::{DeadLetter, Forgotten};
use gp_core::{App, JobId, StoreError, Tended, bury_job, tend_job};

/// Jobs that one run looks at; what is left waits for the next one.
const MAX_JOBS: usize = 1000;
/// Time that is left for the write that is under way when a run ends.
const RESERVE_MS: i64 = 10_000;
/// A job that was put in line again is looked at again after this, then after as long as it has been waiting: behind a
/// long line, jobs must not be sent every minute.
const LEAST_PATIENCE_MS: i64 = 60_000;
/// What people read whose job nobody could run.
const BURIED: &str = "the job was given to workers several times, and none of them could take it to its end, which is a \
                      fault of the server; submit it again";

/// How many jobs were seen to.
#[derive(Default)]
struct Count {
    sent: u32,
    closed: u32,
    failed: u32,
}

/// One run. What fails does not keep the rest from its turn: it stays due, and the next run finds it.
/// `deadline_ms` is when this invocation is stopped, milliseconds since 1970.
pub(crate) async fn tidy(app: &App, forgotten: &Forgotten, deadline_ms: u64) -> Result<(), StoreError> {
    let mut count = Count::default();
    let end_ms = i64::try_from(deadline_ms).unwrap_or(i64::MAX) - RESERVE_MS;
    let letters = bury(app, forgotten, end_ms, &mut count).await;
    let due = tend(app, forgotten, end_ms, &mut count).await;
    let Count { sent, closed, failed } = count;
    tracing::info!(
        letters = letters.as_ref().ok(),
        due = due.as_ref().ok(),
        sent,
        closed,
        failed,
        "forgotten jobs"
    );
    letters.and(due).map(|_| ())
}

async fn bury(app: &App, forgotten: &Forgotten, end_ms: i64, count: &mut Count) -> Result<u64, StoreError> {
    let mut taken = 0;
    while (app.now_ms)() < end_ms {
        let letters = forgotten.dead_letters.take().await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters {
            taken += 1;
            bury_one(app, forgotten, &letter, count).await;
        }
    }
    Ok(taken)
}

/// A letter stays in the queue until its job has ended: one that somebody works on is looked at again.
async fn bury_one(app: &App, forgotten: &Forgotten, letter: &DeadLetter, count: &mut Count) {
    let done = match JobId::parse(letter.body.trim()) {
        Some(id) => match bury_job(app, &id, BURIED).await {
            Ok(Tended::Alive) => return,
            Ok(tended) => {
                count.closed += u32::from(matches!(tended, Tended::Closed(_)));
                tracing::warn!(job.id = %id, outcome = ?tended, "a dead letter");
                forgotten.dead_letters.throw_away(letter).await
            }
            // The schedule will give it up, once it is due.
            Err(StoreError::Corrupt(_)) => forgotten.dead_letters.throw_away(letter).await,
            Err(error) => Err(error),
        },
        None => {
            tracing::error!("a dead letter that is no job id is thrown away");
            forgotten.dead_letters.throw_away(letter).await
        }
    };
    if let Err(error) = done {
        count.failed += 1;
        tracing::error!(error = &error as &dyn std::error::Error, "a dead letter could not be seen to");
    }
}

async fn tend(app: &App, forgotten: &Forgotten, end_ms: i64, count: &mut Count) -> Result<u64, StoreError> {
    let now_ms = (app.now_ms)();
    let due = forgotten.jobs.due(now_ms, MAX_JOBS).await?;
    for id in &due {
        if (app.now_ms)() >= end_ms {
            break;
        }
        let done = match tend_job(app, id).await {
            Ok(Tended::Sent { submitted_at_ms }) => {
                count.sent += 1;
                let patience_ms = (now_ms - submitted_at_ms).max(LEAST_PATIENCE_MS);
                forgotten.jobs.postpone(id, now_ms, now_ms + patience_ms).await
            }
            Ok(Tended::Closed(_)) => {
                count.closed += 1;
                Ok(())
            }
            Ok(Tended::Ended | Tended::Alive) => Ok(()),
            Err(error @ StoreError::Corrupt(_)) => {
                tracing::error!(job.id = %id, error = &error as &dyn std::error::Error, "a job is given up");
                count.closed += 1;
                forgotten.jobs.abandon(id, now_ms).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            count.failed += 1;
            tracing::error!(job.id = %id, error = &error as &dyn std::error::Error, "a forgotten job could not be seen to");
        }
    }
    Ok(due.len() as u64)
}
