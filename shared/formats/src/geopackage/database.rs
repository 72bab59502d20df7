//! A database of strangers, opened so that nothing in it can do more than be read.

use super::{FORMAT, malformed};
use crate::{FormatError, Input, ReadOptions};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::NamedTempFile;

/// Operations of SQLite's machine between two looks at how many there were.
const OPERATIONS_BETWEEN_CHECKS: i32 = 100_000;
/// Looks without a row: well under a second. Tables give a row every few operations; views may not.
const MAX_CHECKS_WITHOUT_ROW: u64 = 150;
/// No text or blob of a table is longer than the file; what an expression makes may be a little longer.
const SPARE_BYTES: u64 = 100_000;
const COPY_BYTES: usize = 1 << 20;

/// What SQLite takes of expressions and statements; a schema needs no more.
const LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (Limit::SQLITE_LIMIT_VDBE_OP, 250_000),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

const SETTINGS: &[(DbConfig, bool)] = &[
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
    // A name that is no column must not turn into a text.
    (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
];

/// An open database.
pub(super) struct Database {
    pub(super) connection: Connection,
    checks_since_row: Arc<AtomicU64>,
    /// Goes with the database.
    _copy: Option<NamedTempFile>,
}

impl Database {
    /// Opens a file where it lies, or a copy of it.
    pub(super) fn open(input: &Input, options: &ReadOptions<'_>) -> Result<Database, FormatError> {
        let copy = if input.bytes().path().is_none() { Some(copied(input, options)?) } else { None };
        let path = copy.as_ref().map(NamedTempFile::path).or(input.bytes().path());
        let path = path.ok_or_else(|| malformed("it is nowhere"))?;
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(address(path), flags).map_err(error_of)?;
        let most = input.bytes().byte_len().saturating_add(SPARE_BYTES).min(1_000_000_000);
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, most as i32).map_err(error_of)?;
        for (limit, value) in LIMITS {
            connection.set_limit(*limit, *value).map_err(error_of)?;
        }
        for (setting, value) in SETTINGS {
            connection.set_db_config(*setting, *value).map_err(error_of)?;
        }
        let checks_since_row = Arc::new(AtomicU64::new(0));
        let checks = Arc::clone(&checks_since_row);
        let is_too_long = move || checks.fetch_add(1, Ordering::Relaxed) > MAX_CHECKS_WITHOUT_ROW;
        connection.progress_handler(OPERATIONS_BETWEEN_CHECKS, Some(is_too_long)).map_err(error_of)?;
        connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;").map_err(error_of)?;
        Ok(Database { connection, checks_since_row, _copy: copy })
    }

    /// Says that a row came.
    pub(super) fn row_came(&self) {
        self.checks_since_row.store(0, Ordering::Relaxed);
    }
}

/// What an error of SQLite means for the user.
pub(super) fn error_of(error: rusqlite::Error) -> FormatError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => FormatError::Unsupported(
            "a view of the GeoPackage takes too long to compute; store what it gives in a table".to_owned(),
        ),
        Some(ErrorCode::TooBig) => FormatError::TooLarge("a value of the GeoPackage is too large".to_owned()),
        Some(ErrorCode::OutOfMemory) => {
            FormatError::TooLarge("the GeoPackage takes too much memory".to_owned())
        }
        _ => FormatError::malformed(FORMAT, error),
    }
}

/// The file as an address that says that nobody changes it, so that SQLite neither locks it nor looks for a journal.
fn address(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => {
                let _ = write!(address, "%{byte:02x}");
            }
        }
    }
    address + "?immutable=1&mode=ro"
}

fn copied(input: &Input, options: &ReadOptions<'_>) -> Result<NamedTempFile, FormatError> {
    let mut copy = NamedTempFile::new_in(options.scratch)?;
    let mut reader = input.reader();
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        if (options.stop)() {
            return Err(FormatError::Stopped);
        }
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            copy.flush()?;
            return Ok(copy);
        }
        copy.write_all(&buffer[..count])?;
    }
}
