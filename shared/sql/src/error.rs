//! What can be wrong with an expression, told to the analyst who wrote it.

/// Why an expression cannot be read, bound or evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// Longer, deeper or with more operators than is accepted.
    #[error("{0}")]
    Limit(String),
    /// The text is not an expression; the message begins with the place.
    #[error("the expression cannot be read {0}")]
    Syntax(String),
    /// SQL, but not of the part that is evaluated here.
    #[error("{0}")]
    Unsupported(String),
    /// A column that is not among the fields; the message lists them.
    #[error("{0}")]
    UnknownColumn(String),
    /// A value of the wrong kind for what is done with it.
    #[error("{0}")]
    Mismatch(String),
}

impl SqlError {
    pub(crate) fn unsupported(what: impl Into<String>) -> SqlError {
        SqlError::Unsupported(format!("{} is not supported in an expression", what.into()))
    }
}
