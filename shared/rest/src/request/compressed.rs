//! Compressed request bodies: gzip, because features shrink to a fifth and carriers limit what they take.

use super::memory::Room;
use super::text;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use gp_core::RequestError;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use std::io::Read;
use tokio::task::spawn_blocking;

/// Compressed bodies of more bytes than this are decompressed on a blocking thread.
const MAX_INLINE_BYTES: usize = 16 << 10;

/// How gzip begins, and how it does when its bytes were taken for UTF-8.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const SPOILT_GZIP: &[u8] = "\u{1f}\u{fffd}".as_bytes();

/// No text shrinks to less than this part of itself (RFC 1951: 258 bytes in two bits).
const MAX_RATIO: usize = 1032;

/// The body without its compression.
///
/// # Errors
/// It is compressed in another way, is no gzip, has more than `max_bytes` (code 413), or there is no memory for it now.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Bytes,
    max_bytes: usize,
    room: &mut Room<'_>,
) -> Result<Bytes, RequestError> {
    let encoding = text(headers, CONTENT_ENCODING).map_or("", str::trim);
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") || body.is_empty() {
        return Ok(body);
    }
    if !encoding.eq_ignore_ascii_case("gzip") && !encoding.eq_ignore_ascii_case("x-gzip") {
        return Err(RequestError::bad(format!(
            "the request body is encoded as {encoding}; send it as gzip or without encoding"
        )));
    }
    if !body.starts_with(&GZIP) {
        return as_the_gateway_left_it(body);
    }
    // The last four bytes of gzip say how long the text is. That may be a lie, but then the text is cut off there.
    let announced = body.last_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    if announced / MAX_RATIO > body.len() {
        return Err(broken());
    }
    check_size(announced, max_bytes)?;
    room.grow(body.len() + announced).await?;
    if body.len() <= MAX_INLINE_BYTES {
        return decompress(&body, announced);
    }
    spawn_blocking(move || decompress(&body, announced)).await.map_err(|_| RequestError::internal())?
}

/// API Gateway may decompress a body and leave its header standing, or take compressed JSON for text and spoil it.
fn as_the_gateway_left_it(body: Bytes) -> Result<Bytes, RequestError> {
    match body.first() {
        Some(b'{' | b'-' | b'_') => Ok(body),
        Some(letter) if letter.is_ascii_alphanumeric() => Ok(body),
        _ if body.starts_with(SPOILT_GZIP) => Err(RequestError::bad(
            "the gzip body was taken for text on its way; send it as application/x-www-form-urlencoded or \
             multipart/form-data",
        )),
        _ => Err(broken()),
    }
}

fn decompress(body: &[u8], announced: usize) -> Result<Bytes, RequestError> {
    let mut plain = Vec::new();
    // One more byte than announced tells a lie from the truth.
    let read = MultiGzDecoder::new(body).take(announced as u64 + 1).read_to_end(&mut plain);
    if read.is_err() || plain.len() != announced {
        return Err(broken());
    }
    Ok(plain.into())
}

fn broken() -> RequestError {
    RequestError::bad("the request body is not valid gzip; send it again, or without encoding")
}

fn check_size(bytes: usize, max_bytes: usize) -> Result<(), RequestError> {
    if bytes > max_bytes {
        let detail = format!(
            "the request body has {bytes} bytes when decompressed, and this server takes up to {max_bytes}; send fewer \
             features; files go to the uploads of a service"
        );
        return Err(RequestError { code: 413, ..RequestError::bad(detail) });
    }
    Ok(())
}
