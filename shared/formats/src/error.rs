//! Why a file could not be read or written.

use crate::text::first_of;
use std::fmt::Display;
use std::io;

/// Layers that a message names before it only counts.
const MAX_NAMED: usize = 10;

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
    #[error("the file holds several layers: name one of {}", first_of(names, MAX_NAMED))]
    SeveralLayers {
        /// Their names.
        names: Vec<String>,
    },
    /// The file has no layer of that name.
    #[error("the file has no layer {asked}: it has {}", if names.is_empty() { "none".to_owned() } else { first_of(names, MAX_NAMED) })]
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

    /// The same of that place in the file, where it is about what stands there.
    pub(crate) fn within(self, place: impl Display) -> FormatError {
        match self {
            FormatError::Malformed { format, reason } => {
                FormatError::Malformed { format, reason: format!("{place}: {reason}") }
            }
            FormatError::Unsupported(reason) => FormatError::Unsupported(format!("{place}: {reason}")),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_thousands_of_layers_ten_are_named() {
        let names: Vec<String> = (1..=9000).map(|number| format!("layer{number}")).collect();
        for error in [
            FormatError::SeveralLayers { names: names.clone() },
            FormatError::NoLayer { asked: "roads".to_owned(), names },
        ] {
            let text = error.to_string();
            assert!(text.ends_with("layer1, layer2, layer3, layer4, layer5, layer6, layer7, layer8, layer9, layer10 and 8990 more"), "{text}");
        }
    }
}
