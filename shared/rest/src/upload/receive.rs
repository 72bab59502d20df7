//! A request that brings a file: its parts are taken from the connection as they come, the file goes on to the store.
//!
//! Apart from `request/multipart.rs`, which has all of a body in memory; here little of it is, as `held.rs` sees to.

use super::held::{PartSource, one_at_a_time, refusal, taken};
use super::{file_name, part_number};
use crate::Rest;
use crate::error::Failure;
use crate::request::body::{Chunks, announced_bytes};
use crate::request::form::{self, too_many, utf8};
use crate::request::memory::Room;
use crate::request::{Received, text};
use crate::resource::uploads::{UploadsChild, UploadsPath};
use axum::body::Body;
use gp_core::{
    Parameters, RequestError, StoredBytes, UploadId, UploadItem, UploadLimits, check_upload_name,
    new_upload_id, open_for_parts, receive_upload, upload_limits,
};
use http::Method;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::request::Parts;
use multer::{Field, Multipart};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// What one upload takes of the memory for bodies: what is held, and what the store gathers before it writes.
const MEMORY_BYTES: usize = 4 << 20;
/// Bytes of a part that is not the file.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// Parts besides the file.
const MAX_TEXTS: usize = 100;
/// What a request may have besides its file.
const MAX_ENVELOPE_BYTES: u64 = 1 << 20;

/// A file that has been received, and is not part of anything yet.
#[derive(Debug)]
pub(crate) struct UploadedFile {
    /// The item that its bytes were stored for.
    pub(super) id: UploadId,
    /// Its name; empty for a part, whose own name counts for nothing.
    pub(super) name: String,
    /// Its bytes.
    pub(super) bytes: StoredBytes,
}

/// Where the file goes.
struct Target<'r> {
    limits: &'r UploadLimits,
    /// The item whose part it becomes; `None` for a file of its own.
    item: Option<UploadItem>,
}

/// Whether the body is to be received here.
pub(crate) fn takes(path: &UploadsPath, request: &Parts) -> bool {
    path.takes_file() && request.method == Method::POST && is_multipart(request)
}

/// Receives the request to its end, or what must be read of it for the client to see the answer. Problems are told in
/// what is returned.
pub(crate) async fn receive(
    rest: &Rest,
    path: &UploadsPath,
    request: &Parts,
    body: Body,
    room: &mut Room<'_>,
) -> (Received, Option<UploadedFile>) {
    let mut received = Received::default();
    let query = request.uri.query().unwrap_or_default();
    let query = form::read(query.as_bytes(), &mut received.parameters, rest.settings.max_parameters);
    let mut chunks = Chunks::new(body);
    let outcome = match query {
        Ok(()) => receive_parts(rest, path, request, &mut chunks, room, &mut received.parameters).await,
        Err(error) => Err(error.into()),
    };
    let mut file = None;
    match outcome {
        Ok(found) => file = found,
        Err(failure) => {
            received.problem = Some(failure);
            // A client that waits for leave to send gets its answer instead.
            if !request.headers.contains_key(EXPECT) || chunks.byte_count() > 0 {
                chunks.drain().await;
            }
        }
    }
    received.body_bytes = chunks.byte_count();
    (received, file)
}

/// What to say when no file came.
pub(super) fn no_file(request: &Parts) -> RequestError {
    if is_multipart(request) {
        return RequestError::invalid(
            "file: the request has no part of that name; send the file in a part named \"file\"",
        );
    }
    RequestError::invalid("file: send the file as multipart/form-data, in a part named \"file\"")
}

fn is_multipart(request: &Parts) -> bool {
    let content_type = text(&request.headers, CONTENT_TYPE).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data")
}

async fn receive_parts(
    rest: &Rest,
    path: &UploadsPath,
    request: &Parts,
    chunks: &mut Chunks,
    room: &mut Room<'_>,
    parameters: &mut Parameters,
) -> Result<Option<UploadedFile>, Failure> {
    let target = target(rest, path).await?;
    check_announced(rest, &target, request)?;
    room.grow(MEMORY_BYTES).await?;
    let content_type = text(&request.headers, CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(refusal)?;
    let held = Arc::new(AtomicUsize::new(0));
    let mut parts = Multipart::new(one_at_a_time(chunks, held.clone()), boundary);
    let mut file = None;
    let outcome = read_parts(rest, &target, &mut parts, &held, parameters, &mut file).await;
    match (outcome, file) {
        (Ok(()), file) => Ok(file),
        (Err(failure), Some(UploadedFile { id, bytes, .. })) => {
            rest.app.uploads.discard(&id, bytes).await;
            Err(failure)
        }
        (Err(failure), None) => Err(failure),
    }
}

/// Where the file of this request goes, if anywhere.
async fn target<'r>(rest: &'r Rest, path: &UploadsPath) -> Result<Target<'r>, Failure> {
    let (service, _) = rest.service(&path.service)?;
    let limits = upload_limits(service)?;
    let item = match &path.child {
        UploadsChild::Item(id, _) => Some(open_for_parts(&rest.app, service, id).await?),
        _ => None,
    };
    Ok(Target { limits, item })
}

/// Refuses what is too large before any of it is read.
fn check_announced(rest: &Rest, target: &Target<'_>, request: &Parts) -> Result<(), RequestError> {
    let encoding = text(&request.headers, CONTENT_ENCODING).map_or("", str::trim);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        let detail =
            "files are taken as they are: send the request without Content-Encoding; a zip may be sent";
        return Err(RequestError::bad(detail));
    }
    let announced = announced_bytes(&request.headers) as u64;
    let too_large = |detail: String| Err(RequestError { code: 413, ..RequestError::bad(detail) });
    if let Some(most) = rest.app.upload_settings.max_request_bytes.filter(|most| announced > *most) {
        return too_large(format!(
            "the request has {announced} bytes, and at most {most} can be taken at once; send the file in parts (register, \
             uploadPart, commit), or ask presign where to send it whole"
        ));
    }
    if announced > target.limits.max_file_bytes.saturating_add(MAX_ENVELOPE_BYTES) {
        return too_large(format!(
            "the request has {announced} bytes, and files of up to {} MB are taken here; send less, or compress it as zip",
            target.limits.max_file_bytes >> 20
        ));
    }
    Ok(())
}

/// Reads part by part. The file is set as soon as it is stored.
async fn read_parts(
    rest: &Rest,
    target: &Target<'_>,
    parts: &mut Multipart<'_>,
    held: &Arc<AtomicUsize>,
    parameters: &mut Parameters,
    file: &mut Option<UploadedFile>,
) -> Result<(), Failure> {
    let mut texts = 0;
    while let Some(mut part) = parts.next_field().await.map_err(refusal)? {
        let Some(name) = part.name().filter(|name| !name.is_empty()).map(str::to_owned) else {
            return Err(RequestError::bad("the multipart body has a part without a name").into());
        };
        if name.eq_ignore_ascii_case("file") {
            if file.is_some() {
                return Err(RequestError::invalid("file: send one file in a request, not several").into());
            }
            *file = Some(receive_file(rest, target, part, held.clone(), parameters).await?);
            continue;
        }
        texts += 1;
        if texts > MAX_TEXTS {
            return Err(too_many(MAX_TEXTS).into());
        }
        let value = read_text(&name, &mut part, held).await?;
        parameters.push(name, value);
    }
    Ok(())
}

async fn receive_file(
    rest: &Rest,
    target: &Target<'_>,
    part: Field<'_>,
    held: Arc<AtomicUsize>,
    so_far: &Parameters,
) -> Result<UploadedFile, Failure> {
    let (id, name, held_bytes) = match &target.item {
        Some(item) => {
            // Whoever names the part before its file is told at once when it becomes too much, else at the end.
            let other_bytes = part_number(so_far).map_or(0, |number| item.byte_len_without(number));
            (item.id.clone(), String::new(), other_bytes)
        }
        None => {
            let sent = file_name::extended(part.headers());
            let sent = sent.or_else(|| part.file_name().map(file_name::unescaped));
            let missing =
                "file: the part has no file name (filename in its Content-Disposition); give it one";
            let sent = sent.ok_or_else(|| RequestError::invalid(missing))?;
            (new_upload_id()?, check_upload_name(target.limits, &sent)?, 0)
        }
    };
    let mut source = PartSource { part, held };
    let bytes = receive_upload(&rest.app, target.limits, &id, held_bytes, &mut source).await?;
    Ok(UploadedFile { id, name, bytes })
}

async fn read_text(name: &str, part: &mut Field<'_>, held: &AtomicUsize) -> Result<String, RequestError> {
    let mut value = Vec::new();
    while let Some(bytes) = part.chunk().await.map_err(refusal)? {
        taken(held, bytes.len());
        if value.len() + bytes.len() > MAX_TEXT_BYTES {
            let shown: String = name.chars().take(40).collect();
            return Err(RequestError::invalid(format!(
                "{shown}: more than {MAX_TEXT_BYTES} bytes; the file belongs into a part named \"file\""
            )));
        }
        value.extend_from_slice(&bytes);
    }
    utf8(value, || name.to_owned())
}
