//! What can be done with an upload, step by step, and when it is refused.

use super::{
    ByteSource, SendTo, StoredBytes, UploadChange, UploadError, UploadId, UploadItem, UploadLimits,
    UploadPart, check_upload_name,
};
use crate::{App, RequestError, Service, StoreError};
use async_trait::async_trait;
use bytes::Bytes;

/// Descriptions are shown, not read by tools.
const MAX_DESCRIPTION_BYTES: usize = 4096;
/// Part numbers, both included.
const PART_NUMBERS: std::ops::RangeInclusive<u32> = 0..=1_000_000;

/// An item whose bytes the client sends by itself, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectUpload {
    /// The item, not committed.
    pub item: UploadItem,
    /// Where they go.
    pub send_to: SendTo,
}

/// What the service takes.
///
/// # Errors
/// It takes no uploads.
pub fn upload_limits(service: &Service) -> Result<&UploadLimits, RequestError> {
    service.uploads.as_ref().ok_or_else(|| {
        let detail =
            format!("the service {} takes no uploads; use one whose capabilities have Uploads", service.name);
        RequestError { details: vec![detail], ..RequestError::not_found("Invalid URL") }
    })
}

/// The item of that id, committed or not.
///
/// # Errors
/// The service takes no uploads, or there is no such item, it has expired, or belongs to another service.
pub async fn find_upload(app: &App, service: &Service, id: &str) -> Result<UploadItem, UploadError> {
    upload_limits(service)?;
    let found = match UploadId::parse(id) {
        Some(id) => app.uploads.get(&id).await?,
        None => None,
    };
    let is_known = |item: &UploadItem| item.service == service.name && item.expires_at_ms > (app.now_ms)();
    found.filter(is_known).ok_or_else(|| not_found(app, id).into())
}

/// The committed item of that id, which may be read.
///
/// # Errors
/// As [`find_upload`], and when it is not committed yet.
pub async fn read_upload(app: &App, service: &Service, id: &str) -> Result<UploadItem, UploadError> {
    let item = find_upload(app, service, id).await?;
    if item.committed {
        return Ok(item);
    }
    let detail = format!("the item {id} is not complete: send its parts (uploadPart) and then call commit");
    Err(RequestError::bad(detail).into())
}

/// Starts an item whose parts follow.
///
/// # Errors
/// The service takes no such file.
pub async fn register_upload(
    app: &App,
    service: &Service,
    name: &str,
    description: &str,
) -> Result<UploadItem, UploadError> {
    let name = check_upload_name(upload_limits(service)?, name)?;
    let item = new_item(app, service, new_upload_id()?, name, description)?;
    app.uploads.create(&item).await?;
    Ok(item)
}

/// Starts an item whose bytes the client sends to a URL of the store's; `commit_upload` without parts completes it.
///
/// # Errors
/// The service takes no such file, or this store gives no such URLs.
pub async fn direct_upload(
    app: &App,
    service: &Service,
    name: &str,
    description: &str,
    byte_len: u64,
) -> Result<DirectUpload, UploadError> {
    let limits = upload_limits(service)?;
    let name = check_upload_name(limits, name)?;
    check_size(limits, byte_len)?;
    let mut item = new_item(app, service, new_upload_id()?, name, description)?;
    let Some(send_to) = app.uploads.direct(&item.id, byte_len).await? else {
        let detail =
            "this server gives no URLs to send to; use uploads/upload, or register, uploadPart and commit";
        return Err(RequestError::bad(detail).into());
    };
    item.direct = Some(send_to.bytes.clone());
    app.uploads.create(&item).await?;
    Ok(DirectUpload { item, send_to })
}

/// Stores bytes for an item, seen by nobody until they become its part; `held_bytes` are what it has already.
///
/// # Errors
/// They become too many, their source fails, or the store does.
pub async fn receive_upload(
    app: &App,
    limits: &UploadLimits,
    id: &UploadId,
    held_bytes: u64,
    source: &mut dyn ByteSource,
) -> Result<StoredBytes, UploadError> {
    let mut bounded = Bounded { source, limits, total_bytes: held_bytes };
    match app.uploads.receive(id, &mut bounded).await {
        // Somebody deleted it meanwhile.
        Err(UploadError::Store(StoreError::NotFound(_))) => Err(not_found(app, id.as_str()).into()),
        received => received,
    }
}

/// Makes received bytes a complete item, by one write.
///
/// # Errors
/// The store failed.
pub async fn create_upload(
    app: &App,
    service: &Service,
    id: UploadId,
    name: String,
    description: &str,
    bytes: StoredBytes,
) -> Result<UploadItem, UploadError> {
    let parts = vec![UploadPart { number: 1, bytes }];
    let item = UploadItem { committed: true, parts, ..new_item(app, service, id, name, description)? };
    app.uploads.create(&item).await?;
    Ok(item)
}

/// The item of that id, if it still takes parts.
///
/// # Errors
/// As [`find_upload`], and when it is committed, or its bytes go elsewhere.
pub async fn open_for_parts(app: &App, service: &Service, id: &str) -> Result<UploadItem, UploadError> {
    let item = find_upload(app, service, id).await?;
    if item.committed {
        return Err(complete(id).into());
    }
    if item.direct.is_some() {
        let detail = format!("the item {id} takes no parts: send its bytes to the URL that presign gave");
        return Err(RequestError::bad(detail).into());
    }
    Ok(item)
}

/// Makes received bytes the part of that number; one that was sent before is replaced.
///
/// # Errors
/// The number is out of range, there are too many parts or bytes, or the item was committed or deleted meanwhile.
pub async fn add_upload_part(
    app: &App,
    service: &Service,
    item: &UploadItem,
    number: u32,
    bytes: StoredBytes,
) -> Result<(), UploadError> {
    if !PART_NUMBERS.contains(&number) {
        let detail = format!("partId: {number} is too large; use numbers up to {}", PART_NUMBERS.end());
        return Err(RequestError::invalid(detail).into());
    }
    let is_new = !item.parts.iter().any(|part| part.number == number);
    let most = app.upload_settings.max_parts;
    if is_new && item.parts.len() >= most {
        let detail = format!("the item has {most} parts, which is the most; send larger parts");
        return Err(RequestError::bad(detail).into());
    }
    check_size(upload_limits(service)?, item.byte_len_without(number).saturating_add(bytes.byte_len))?;
    match app.uploads.add_part(&item.id, &UploadPart { number, bytes }).await? {
        UploadChange::Written => Ok(()),
        UploadChange::Refused => Err(complete(item.id.as_str()).into()),
        UploadChange::Gone => Err(not_found(app, item.id.as_str()).into()),
    }
}

/// Removes the item, whatever else is done with it at the same time.
///
/// # Errors
/// As [`find_upload`].
pub async fn delete_upload(app: &App, service: &Service, id: &str) -> Result<(), UploadError> {
    let item = find_upload(app, service, id).await?;
    match app.uploads.delete(&item).await? {
        UploadChange::Written => Ok(()),
        UploadChange::Refused | UploadChange::Gone => Err(not_found(app, id).into()),
    }
}

/// The id of an item that is to be created.
///
/// # Errors
/// The system gives no random bits.
pub fn new_upload_id() -> Result<UploadId, StoreError> {
    crate::submit::random_bits().map(UploadId::from_random)
}

/// Bytes of a source, refused as soon as they are more than the service takes.
struct Bounded<'s> {
    source: &'s mut dyn ByteSource,
    limits: &'s UploadLimits,
    total_bytes: u64,
}

#[async_trait]
impl ByteSource for Bounded<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        let Some(bytes) = self.source.next().await? else { return Ok(None) };
        self.total_bytes = self.total_bytes.saturating_add(bytes.len() as u64);
        check_size(self.limits, self.total_bytes)?;
        Ok(Some(bytes))
    }
}

fn new_item(
    app: &App,
    service: &Service,
    id: UploadId,
    name: String,
    description: &str,
) -> Result<UploadItem, RequestError> {
    if description.len() > MAX_DESCRIPTION_BYTES {
        let detail = format!("description: give at most {MAX_DESCRIPTION_BYTES} bytes");
        return Err(RequestError::invalid(detail));
    }
    let now_ms = (app.now_ms)();
    let lifetime_ms = i64::try_from(app.upload_settings.lifetime.as_millis()).unwrap_or(i64::MAX);
    Ok(UploadItem {
        id,
        service: service.name.clone(),
        name,
        description: description.to_owned(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms.saturating_add(lifetime_ms),
        committed: false,
        parts: Vec::new(),
        direct: None,
        version: 0,
    })
}

pub(super) fn check_size(limits: &UploadLimits, byte_len: u64) -> Result<(), RequestError> {
    if byte_len <= limits.max_file_bytes {
        return Ok(());
    }
    let detail = format!(
        "the file has more than {} MB, which is the most that this service takes; send less, or compress it as zip",
        limits.max_file_bytes >> 20
    );
    Err(RequestError { code: 413, ..RequestError::bad(detail) })
}

pub(super) fn complete(id: &str) -> RequestError {
    RequestError::bad(format!("the item {id} is complete and takes no more parts; register another one"))
}

pub(super) fn not_found(app: &App, id: &str) -> RequestError {
    let shown: String = id.chars().take(60).collect();
    let hours = app.upload_settings.lifetime.as_secs() / 3600;
    let detail = format!(
        "an item is known to the service it was sent to, until it is deleted or {hours} hours have passed; send it again"
    );
    RequestError { details: vec![detail], ..RequestError::not_found(format!("Item {shown} does not exist.")) }
}
