//! Connections that only read: a read never waits for a write.
//!
//! A poll is a primary-key lookup of some ten microseconds, so it is done on the calling thread; handing it to another
//! one would cost more.

use crate::schema;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Connections kept open; each has a page cache of up to 2 MB.
const MAX_KEPT: usize = 8;

/// A pool of read connections, opened as they are needed.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// A pool on that database.
    pub(crate) fn new(path: PathBuf) -> Readers {
        Readers { path, idle: Mutex::default() }
    }

    /// Runs `read` in one read transaction, so that everything it sees is of one moment.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_reader(&self.path)?,
        };
        connection.prepare_cached("BEGIN")?.execute([])?;
        // A connection on which anything fails is not used again: dropping it ends its transaction.
        let value = read(&connection)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_KEPT {
            idle.push(connection);
        }
        Ok(value)
    }
}
