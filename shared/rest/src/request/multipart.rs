//! `multipart/form-data`: what browsers send for a `FormData`, and clients that switch to it for one `Blob`.

use super::form::{too_many, utf8};
use bytes::Bytes;
use futures_util::stream;
use gp_core::{Parameters, RequestError};
use multer::Multipart;
use std::convert::Infallible;
use std::future::ready;

/// Appends every part, files included: their text is the value.
///
/// # Errors
/// Code 400 when the body does not match its content type, or a part is not text in UTF-8.
pub(crate) async fn read(
    content_type: &str,
    body: Bytes,
    parameters: &mut Parameters,
    max_parameters: usize,
) -> Result<(), RequestError> {
    let bad = |error: multer::Error| RequestError::bad(format!("the multipart body cannot be read: {error}"));
    let boundary = multer::parse_boundary(content_type).map_err(bad)?;
    let mut parts = Multipart::new(stream::once(ready(Ok::<_, Infallible>(body))), boundary);
    let mut count = parameters.iter().count();
    while let Some(part) = parts.next_field().await.map_err(bad)? {
        count += 1;
        if count > max_parameters {
            return Err(too_many(max_parameters));
        }
        let Some(name) = part.name().filter(|name| !name.is_empty()).map(str::to_owned) else {
            return Err(RequestError::bad("the multipart body has a part without a name"));
        };
        let value = utf8(part.bytes().await.map_err(bad)?.into(), || name.clone())?;
        parameters.push(name, value);
    }
    Ok(())
}
