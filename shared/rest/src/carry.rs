//! Replies that are larger than what carries them: Lambda takes 6 MB, and cuts nothing off but fails.
//!
//! A reply about a job is stored, and the client is sent there; any other becomes an error that says what to do.

use crate::Rest;
use crate::error::Failure;
use crate::resource::Resource;
use crate::response::{Reply, Shaped};
use bytes::Bytes;
use gp_core::{BlobKey, JobId, RequestError, submit_instead};
use std::hash::{DefaultHasher, Hasher};

/// How a reply goes on its way.
pub(crate) enum Fitted {
    /// It fits.
    AsItIs(Shaped),
    /// This goes instead, and says where it is.
    Elsewhere(Reply),
}

/// Sees that a reply fits.
///
/// # Errors
/// It does not, and cannot be stored: code 413.
pub(crate) async fn fit(rest: &Rest, resource: Option<&Resource>, shaped: Shaped) -> Result<Fitted, Failure> {
    let Some(max_bytes) = rest.settings.max_reply_bytes else { return Ok(Fitted::AsItIs(shaped)) };
    let bytes =
        if shaped.is_text() { escaped_bytes(&shaped.body) } else { base64_bytes(shaped.body.len() as u64) };
    if bytes <= max_bytes as u64 {
        return Ok(Fitted::AsItIs(shaped));
    }
    let job = resource.and_then(Resource::job).and_then(|path| JobId::parse(&path.job));
    if let Some(job) = job {
        let key = BlobKey::Reply(job, digest(&shaped.body));
        rest.app.blobs.put(&key, shaped.body, shaped.content).await?;
        if let Some(url) = rest.app.blobs.link(&key).await? {
            return Ok(Fitted::Elsewhere(Reply::elsewhere(&url)));
        }
    }
    let mut details = vec![format!(
        "the reply would be {bytes} bytes on its way, and at most {max_bytes} can be sent; ask for less"
    )];
    if let Some(Resource::Execute(path)) = resource {
        let (_, task) = rest.task(path)?;
        details.push(submit_instead(&rest.app, task));
    }
    Err(RequestError { code: 413, message: "Unable to complete operation.".into(), details }.into())
}

/// How many bytes that many are in base64.
pub(crate) fn base64_bytes(bytes: u64) -> u64 {
    bytes.div_ceil(3) * 4
}

/// How many bytes a text is as a JSON string.
fn escaped_bytes(text: &[u8]) -> u64 {
    let more = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.iter().map(more).sum::<u64>() + text.len() as u64
}

/// The same reply has the same name; its job's id, which nobody can guess, is the secret.
fn digest(body: &Bytes) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_on_the_way_are_counted_as_base64_or_with_escapes() {
        assert_eq!((base64_bytes(0), base64_bytes(1), base64_bytes(3), base64_bytes(4)), (0, 4, 4, 8));
        let text = "{\"a\":\"\u{1}\n\\\"}";
        assert_eq!(escaped_bytes(text.as_bytes()) + 2, serde_json::to_string(text).unwrap().len() as u64);
    }
}
