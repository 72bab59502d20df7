//! Why a file could not be read or written.

use std::io;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The bytes are not what the format says.
    #[error("the file is no readable {format}: {reason}")]
    Malformed {
        /// The format.
        format: &'static str,
        /// What is wrong, and where.
        reason: String,
    },
    /// More than the limits allow; the sentence names the limit.
    #[error("{0}")]
    TooLarge(String),
    /// The file holds several layers and none was named.
    #[error("the file holds several layers: name one of {}", names.join(", "))]
    SeveralLayers {
        /// Their names.
        names: Vec<String>,
    },
    /// The file has no layer of that name.
    #[error("the file has no layer {asked}: it has {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") })]
    NoLayer {
        /// The name that was asked for.
        asked: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// What this server, or the format, cannot do; the sentence says what to do instead.
    #[error("{0}")]
    Unsupported(String),
    /// The bytes could not be had.
    #[error("the file could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// The run was stopped.
    #[error("stopped")]
    Stopped,
}

impl FormatError {
    /// The bytes are not what the format says.
    pub(crate) fn malformed(format: &'static str, reason: impl ToString) -> FormatError {
        FormatError::Malformed { format, reason: reason.to_string() }
    }
}
