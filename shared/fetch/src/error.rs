//! Why an input could not be fetched.

use std::io;

/// Why an input could not be fetched. `place` is host and path: never a query, a token or a password.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The text is no URL.
    #[error("the text is no URL; expected one such as https://example.com/data.geojson")]
    NoUrl,
    /// The URL is longer than any that is read.
    #[error("the URL has {byte_len} bytes; URLs of up to {max_bytes} bytes are read")]
    LongUrl {
        /// Its length.
        byte_len: usize,
        /// The longest.
        max_bytes: usize,
    },
    /// The rules of this server forbid the URL.
    #[error("the url {place} is not fetched: {reason}")]
    Refused {
        /// Host and path.
        place: String,
        /// Which rule, and what to do.
        reason: String,
    },
    /// The server could not be talked to; trying again later may help.
    #[error("{place} could not be read: {reason}")]
    Unreachable {
        /// Host and path.
        place: String,
        /// What went wrong.
        reason: String,
    },
    /// The server took too long.
    #[error("{place} took too long: {reason}")]
    TimedOut {
        /// Host and path.
        place: String,
        /// Which limit.
        reason: String,
    },
    /// A token is missing, or the one that was given is not valid (any more).
    #[error("{place} needs a token: {advice}")]
    TokenNeeded {
        /// Host and path.
        place: String,
        /// What to add or renew.
        advice: &'static str,
    },
    /// Whoever the token belongs to may not read this.
    #[error("{place} may not be read (403 forbidden): give a token of somebody who may")]
    Forbidden {
        /// Host and path.
        place: String,
    },
    /// A file is not for everybody, and what was sent with the question did not let it in.
    #[error(
        "{place} may not be read (HTTP {status}): the credentials of a file belong into its url, such as a signed link that has \
         not expired; a \"token\" beside the url is for ArcGIS servers"
    )]
    CredentialsNeeded {
        /// Host and path.
        place: String,
        /// The HTTP status, 401 or 403.
        status: u16,
    },
    /// The server answered with another failure.
    #[error("{place} answered with an error {code}: {message}")]
    Server {
        /// Host and path.
        place: String,
        /// The HTTP status, or the code in an ArcGIS answer.
        code: i64,
        /// What it said.
        message: String,
    },
    /// The answer is not what it should be.
    #[error("{place} did not answer as expected: {reason}")]
    Malformed {
        /// Host and path.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The file is another one than it was when reading began.
    #[error("{place} changed while it was read: run again")]
    Changed {
        /// Host and path.
        place: String,
    },
    /// More than the limits allow; the sentence names the limit.
    #[error("{place} {reason}")]
    TooLarge {
        /// Host and path.
        place: String,
        /// Which limit, and what to do.
        reason: String,
    },
    /// The URL names something that cannot be read as asked; the sentence says what to do instead.
    #[error("{place} {reason}")]
    Unsupported {
        /// Host and path.
        place: String,
        /// What it is, and what to give instead.
        reason: String,
    },
    /// The features are broken.
    #[error("{place} sent features that cannot be read: {reason}")]
    Features {
        /// Host and path.
        place: String,
        /// What is wrong; a text, because the error may repeat what the server sent, and that may hold the token.
        reason: String,
    },
    /// The disk of this server is too full for the file.
    #[error(
        "{place} was not read: this server has no room for it on its disk at the moment; try again later"
    )]
    NoRoom {
        /// Host and path.
        place: String,
    },
    /// The temporary file could not be written.
    #[error("the temporary file could not be written: {0}")]
    Scratch(io::Error),
    /// The run was stopped.
    #[error("stopped")]
    Stopped,
}

impl FetchError {
    /// As an error of reading, for readers that know of no other; [`FetchError::from_io`] takes it out again.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// The error that [`FetchError::into_io`] wrapped, or one that says that the bytes of the answer are broken.
    pub(crate) fn from_io(error: io::Error, place: &str) -> FetchError {
        match error.downcast::<FetchError>() {
            Ok(inner) => inner,
            Err(error) => FetchError::Malformed {
                place: place.to_owned(),
                reason: format!("its compressed bytes are broken ({error})"),
            },
        }
    }
}
