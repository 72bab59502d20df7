//! One thread writes; everything that waits is written in one transaction, so that many writes share one fsync.
//!
//! No delay is added to collect more: while one commit waits for the disk, the next batch gathers by itself. Each
//! write runs in a savepoint of its own, so one that fails takes nothing else with it. A commit that fails answers
//! every write of its batch with an error: nobody is told of something that is not on disk.
//!
//! A batch of which nobody needs that ([`Durability::Soon`]) is committed without an fsync; the next one that is
//! synchronised takes it along, because the log is one file that only grows at its end.

use gp_core::StoreError;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Writes that share one transaction at most, so that the first of them does not wait for ever.
const MAX_BATCH: usize = 1000;

/// What must be true when a write is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It survives a power cut.
    OnDisk,
    /// It survives the end of the process; a power cut may undo it, and then nothing is wrong.
    Soon,
}

/// Hands writes to the thread that writes. Dropping it waits until the thread has closed the database.
pub(crate) struct Writer {
    requests: Option<Sender<Box<dyn Write>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection.
    pub(crate) fn start(connection: Connection) -> std::io::Result<Writer> {
        let (requests, waiting) = channel();
        let thread = std::thread::Builder::new().name("gp-writer".into());
        let thread = thread.spawn(move || write_all(&connection, &waiting))?;
        Ok(Writer { requests: Some(requests), thread: Some(thread) })
    }

    /// Runs `write` in a transaction and waits until it is on disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        write: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_with(Durability::OnDisk, action, write).await
    }

    /// Runs `write` in a transaction and waits until it is as durable as asked.
    pub(crate) async fn write_with<T: Send + 'static>(
        &self,
        durability: Durability,
        action: &'static str,
        write: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let request = Request { durability, write: Some(write), outcome: None, answer };
        let requests = self.requests.as_ref().ok_or_else(|| gone(action))?;
        requests.send(Box::new(request)).map_err(|_| gone(action))?;
        match answered.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(StoreError::unavailable(action, error)),
            Err(_) => Err(gone(action)),
        }
    }
}

impl Writer {
    /// Whether there still is a thread that writes.
    pub(crate) fn check_alive(&self, action: &'static str) -> Result<(), StoreError> {
        match &self.thread {
            Some(thread) if !thread.is_finished() => Ok(()),
            _ => Err(gone(action)),
        }
    }
}

fn gone(action: &'static str) -> StoreError {
    StoreError::unavailable(action, "the thread that writes the database has ended")
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed the database too.
            let _ = thread.join();
        }
    }
}

/// A write of any type, as the thread sees it.
trait Write: Send {
    /// What it needs.
    fn durability(&self) -> Durability;
    /// Runs it; whether it succeeded.
    fn run(&mut self, connection: &Connection) -> Outcome;
    /// Tells the caller. `commit_error` is why the batch is not on disk, if it is not.
    fn answer(self: Box<Self>, commit_error: Option<&str>);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Failed,
}

struct Request<T, F> {
    durability: Durability,
    write: Option<F>,
    outcome: Option<rusqlite::Result<T>>,
    answer: oneshot::Sender<Result<T, String>>,
}

impl<T: Send, F: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Write for Request<T, F> {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run(&mut self, connection: &Connection) -> Outcome {
        let Some(write) = self.write.take() else { return Outcome::Failed };
        let outcome = write(connection);
        let done = if outcome.is_ok() { Outcome::Done } else { Outcome::Failed };
        self.outcome = Some(outcome);
        done
    }

    fn answer(self: Box<Self>, commit_error: Option<&str>) {
        let answer = match (self.outcome, commit_error) {
            (Some(Err(error)), _) => Err(error.to_string()),
            (_, Some(error)) => Err(error.to_owned()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err("it was not written".to_owned()),
        };
        // The caller may have gone away; then nobody has to be told.
        let _ = self.answer.send(answer);
    }
}

fn write_all(connection: &Connection, waiting: &Receiver<Box<dyn Write>>) {
    let mut committing = None;
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(MAX_BATCH - 1));
        let error = write_batch(connection, &mut batch, &mut committing).err().map(|error| error.to_string());
        if let Some(error) = &error {
            tracing::error!(error, writes = batch.len(), "the job database could not be written");
            if !connection.is_autocommit() {
                // The error above is the one that matters; a rollback that fails too changes nothing.
                let _ = execute(connection, "ROLLBACK");
            }
        }
        for request in batch {
            request.answer(error.as_deref());
        }
    }
}

fn write_batch(
    connection: &Connection,
    batch: &mut [Box<dyn Write>],
    committing: &mut Option<Durability>,
) -> rusqlite::Result<()> {
    let must_be_on_disk = batch.iter().any(|request| request.durability() == Durability::OnDisk);
    let durability = if must_be_on_disk { Durability::OnDisk } else { Durability::Soon };
    if *committing != Some(durability) {
        // Not as a prepared statement: SQLite carries this pragma out when it is compiled, not when it is run again.
        connection.pragma_update(None, "synchronous", if must_be_on_disk { "FULL" } else { "NORMAL" })?;
        *committing = Some(durability);
    }
    execute(connection, "BEGIN IMMEDIATE")?;
    for request in batch {
        execute(connection, "SAVEPOINT one")?;
        if request.run(connection) == Outcome::Failed {
            if connection.is_autocommit() {
                // A full disk or an input/output error rolls back the whole transaction, not just this write.
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
                    Some("the disk is full or failed, the transaction was rolled back".into()),
                ));
            }
            execute(connection, "ROLLBACK TO one")?;
        }
        execute(connection, "RELEASE one")?;
    }
    execute(connection, "COMMIT")
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn writer(sql: &str) -> (tempfile::TempDir, Writer, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB);")
            .unwrap();
        connection.execute_batch(sql).unwrap();
        (folder, Writer::start(connection).unwrap(), path)
    }

    fn rows(path: &std::path::Path) -> i64 {
        Connection::open(path).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_write_that_fails_takes_no_other_with_it() {
        let (_folder, writer, path) = writer("");
        // Keeps the thread busy, so that the following writes become one batch.
        let slow = writer.write("wait", |_| {
            std::thread::sleep(Duration::from_millis(50));
            Ok(())
        });
        let insert = |n: i64| {
            writer.write("insert", move |connection| connection.execute("INSERT INTO t(n) VALUES (?1)", [n]))
        };
        let half = writer.write("insert", |connection| {
            connection.execute("INSERT INTO t(n) VALUES (3)", [])?;
            connection.execute("INSERT INTO t(n) VALUES (1)", [])
        });
        let (_, one, half, two) = tokio::join!(slow, insert(1), half, insert(2));
        one.unwrap();
        two.unwrap();
        half.unwrap_err();
        assert_eq!(rows(&path), 2);
    }

    #[tokio::test]
    async fn a_write_that_must_be_on_disk_is_synchronised_whatever_came_before() {
        let (_folder, writer, _path) = writer("");
        let level = |durability| {
            writer.write_with(durability, "look", |connection| {
                connection.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))
            })
        };
        for _ in 0..3 {
            assert_eq!(level(Durability::OnDisk).await.unwrap(), 2, "FULL");
            assert_eq!(level(Durability::Soon).await.unwrap(), 1, "NORMAL");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_disk_answers_every_write_with_an_error_and_the_next_batch_works() {
        let (_folder, writer, path) = writer("PRAGMA max_page_count = 20;");
        let insert = |bytes: usize| {
            writer.write("insert", move |connection| {
                connection.execute("INSERT INTO t(b) VALUES (zeroblob(?1))", [bytes as i64])
            })
        };
        insert(1_000_000).await.unwrap_err();
        insert(10).await.unwrap();
        assert_eq!(rows(&path), 1);
    }
}
