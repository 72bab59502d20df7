//! The checksum of a commit. ArcGIS's documentation calls it `checksum` and no more, so its length says which one it is:
//! MD5, SHA-1 or SHA-256, in hexadecimal digits.

use super::{ByteSource, UploadError};
use crate::RequestError;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A digest that is being computed.
enum Running {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
}

/// Refuses a text that can be no checksum.
///
/// # Errors
/// It has no known length, or is not hexadecimal.
pub(super) fn check_form(checksum: &str) -> Result<(), RequestError> {
    start(checksum).map(|_| ())
}

/// Reads everything and compares.
///
/// # Errors
/// The bytes have another checksum, or cannot be read.
pub(super) async fn compare(checksum: &str, source: &mut dyn ByteSource) -> Result<(), UploadError> {
    let mut running = start(checksum)?;
    // Between two waits for the store there is one chunk of some 100 KB: well under a millisecond.
    while let Some(bytes) = source.next().await? {
        match &mut running {
            Running::Md5(digest) => digest.update(&bytes),
            Running::Sha1(digest) => digest.update(&bytes),
            Running::Sha256(digest) => digest.update(&bytes),
        }
    }
    let (name, found) = match running {
        Running::Md5(digest) => ("MD5", hexadecimal(&digest.finalize())),
        Running::Sha1(digest) => ("SHA-1", hexadecimal(&digest.finalize())),
        Running::Sha256(digest) => ("SHA-256", hexadecimal(&digest.finalize())),
    };
    if found.eq_ignore_ascii_case(checksum.trim()) {
        return Ok(());
    }
    let detail = format!(
        "checksum: the parts in this order have the {name} checksum {found}, not {}; send the parts that differ again, or \
         correct the order in \"parts\"",
        checksum.trim()
    );
    Err(RequestError::invalid(detail).into())
}

fn start(checksum: &str) -> Result<Running, RequestError> {
    let digits = checksum.trim();
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match digits.len() {
        32 if is_hexadecimal => Ok(Running::Md5(Md5::new())),
        40 if is_hexadecimal => Ok(Running::Sha1(Sha1::new())),
        64 if is_hexadecimal => Ok(Running::Sha256(Sha256::new())),
        _ => Err(RequestError::invalid(
            "checksum: give the MD5 (32 hexadecimal digits), SHA-1 (40) or SHA-256 (64) of the whole file, or leave it out",
        )),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::collections::VecDeque;

    async fn compared(checksum: &str) -> Result<(), UploadError> {
        let chunks = ["a", "b", "c"].map(|text| Bytes::from_static(text.as_bytes()));
        compare(checksum, &mut VecDeque::from(chunks)).await
    }

    #[tokio::test]
    async fn the_length_says_which_checksum_it_is() {
        // The examples of RFC 1321 and FIPS 180 for "abc".
        for checksum in [
            "900150983cd24fb0d6963f7d28e17f72",
            "A9993E364706816ABA3E25717850C26C9CD0D89D",
            " ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ",
        ] {
            compared(checksum).await.unwrap();
            let other = checksum.trim().replace(['0', 'A', 'a'], "b");
            let error = compared(&other).await.unwrap_err().to_string();
            assert!(error.contains(&checksum.trim().to_lowercase()), "{error}");
        }
    }

    #[test]
    fn what_is_no_checksum_is_refused_at_once() {
        for bad in ["", "abc", "900150983cd24fb0d6963f7d28e17f7g", &"0".repeat(41)] {
            assert!(check_form(bad).unwrap_err().details[0].contains("SHA-256"), "{bad}");
        }
    }
}
