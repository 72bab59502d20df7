//! The tables, their version, and how connections are set up.
//!
//! - `job`: one narrow row a job: what a poll reads. `seq` is the order of submission; `id` holds the 16 bytes of the
//!   job id. Status codes are in `rows.rs`; below 3 means that the job has not ended, which two partial indexes use.
//!   `sweep_at_ms` is when the sweeper has to look at the row again: first when the payloads expire, then when the
//!   tombstone goes.
//! - `message`: appended, never rewritten; `n` counts from 0. Of many messages the middle is deleted, and the gap in
//!   `n` tells how many.
//! - `payload`: `n` 0 is the inputs, 1 and up the results; `bytes` is NULL when they are in the blob store. Apart from
//!   `job` so that a poll never walks over megabytes.
//! - `upload`: one row an uploaded file, committed or on its way; `upload_part`: what it is made of, in the order of
//!   `place`, which is the part's own number until the commit. The bytes are files (`uploads.rs`).
//!
//! A change of this file that older data cannot bear is a new step in `migrate`, never an edit of an old one.

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;
use std::time::Duration;

/// The version that this program writes, kept in `user_version`.
const VERSION: i64 = 3;

const VERSION_1: &str = "
    CREATE TABLE job (
        seq INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        service TEXT NOT NULL,
        task TEXT NOT NULL,
        status INTEGER NOT NULL,
        submitted_at_ms INTEGER NOT NULL,
        ended_at_ms INTEGER,
        expires_at_ms INTEGER,
        sweep_at_ms INTEGER,
        attempt INTEGER NOT NULL,
        lease_until_ms INTEGER NOT NULL,
        progress_message TEXT,
        progress_percent INTEGER,
        message_count INTEGER NOT NULL,
        results TEXT NOT NULL,
        idempotency_key TEXT,
        inputs_digest BLOB
    ) STRICT;
    CREATE INDEX job_unfinished ON job (seq) WHERE status < 3;
    CREATE INDEX job_to_sweep ON job (sweep_at_ms) WHERE sweep_at_ms IS NOT NULL;
    CREATE UNIQUE INDEX job_key ON job (service, task, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE TABLE message (
        job INTEGER NOT NULL,
        n INTEGER NOT NULL,
        level INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (job, n)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE payload (
        job INTEGER NOT NULL,
        n INTEGER NOT NULL,
        bytes BLOB,
        PRIMARY KEY (job, n)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
";

/// Version 2 keeps what a job cost, and results as bodies: results of version 1, which were values, go.
const VERSION_2: &str = "
    ALTER TABLE job ADD COLUMN cost TEXT;
    DELETE FROM payload WHERE n > 0;
    PRAGMA user_version = 2;
";

/// Version 3 has uploads.
const VERSION_3: &str = "
    CREATE TABLE upload (
        id TEXT PRIMARY KEY,
        service TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        committed INTEGER NOT NULL,
        direct_name TEXT,
        direct_bytes INTEGER,
        version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX upload_to_sweep ON upload (expires_at_ms);
    CREATE TABLE upload_part (
        upload TEXT NOT NULL,
        number INTEGER NOT NULL,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 3;
";

/// Pages of the write-ahead log (4 KB each) after which they are moved into the main file. More than SQLite's own
/// 1000, because a checkpoint costs two more fsyncs and the same pages are written again and again.
const CHECKPOINT_PAGES: i64 = 4000;

/// How long a connection waits for another one, which only happens while the log is being recovered.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps prepared.
const PREPARED_STATEMENTS: usize = 40;

/// Opens the connection that writes, and brings the tables to this version.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    prepare(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    migrate(&connection)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    Ok(())
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).optional()?;
    match version {
        Some(VERSION) => Ok(()),
        Some(0) | None => {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {VERSION_1} {VERSION_2} {VERSION_3} COMMIT;"))
        }
        Some(1) => connection.execute_batch(&format!("BEGIN IMMEDIATE; {VERSION_2} {VERSION_3} COMMIT;")),
        Some(2) => connection.execute_batch(&format!("BEGIN IMMEDIATE; {VERSION_3} COMMIT;")),
        Some(newer) => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_SCHEMA),
            Some(format!(
                "the data folder has version {newer}, this program knows up to {VERSION}; use a newer program or \
                 another folder"
            )),
        )),
    }
}
