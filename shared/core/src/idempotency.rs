//! Idempotent submission: the same key and inputs give the same job, other inputs with that key are refused.

use crate::{Parameters, RequestError};
use sha2::{Digest, Sha256};

/// The parameter that carries the key, for clients that cannot set a header.
pub(crate) const PARAMETER: &str = "gp:idempotencyKey";

/// Longest key in bytes.
const MAX_KEY_BYTES: usize = 255;

/// Checks a key.
pub(crate) fn check_key(key: &str) -> Result<(), RequestError> {
    if key.len() > MAX_KEY_BYTES || key.chars().any(char::is_control) {
        return Err(RequestError::invalid(format!(
            "the idempotency key is longer than {MAX_KEY_BYTES} bytes or has control characters; use a shorter one, \
             such as a UUID"
        )));
    }
    Ok(())
}

/// The digest that decides whether two submissions are the same request: order and repetition count.
pub(crate) fn digest(parameters: &Parameters) -> [u8; 32] {
    Sha256::digest(parameters.encode()).into()
}
