//! `commit`: from parts to a file, by one conditional write.

use super::steps::{check_size, complete, not_found};
use super::{
    StoredBytes, UploadChange, UploadError, UploadItem, UploadPart, checksum, find_upload, upload_limits,
};
use crate::{App, RequestError, Service};
use std::collections::{HashMap, HashSet};

/// How often a commit is tried whose item was changed while it was checked.
const MAX_COMMITS: u32 = 5;
/// Missing parts that an error names.
const MAX_NAMED: usize = 20;

/// Makes the parts, in the order of `order` or else of their numbers, one complete file. Committing again in the same way
/// succeeds again, because clients repeat what got no answer.
///
/// The write is conditional: it happens only if nobody changed the item since its parts were looked at.
///
/// # Errors
/// Parts are missing or named twice, the file is too large or has another checksum, the item is complete already in
/// another way, or is not there.
pub async fn commit_upload(
    app: &App,
    service: &Service,
    id: &str,
    order: &[u32],
    checksum: Option<&str>,
) -> Result<UploadItem, UploadError> {
    if let Some(checksum) = checksum {
        checksum::check_form(checksum)?;
    }
    let limits = upload_limits(service)?;
    for _ in 0..MAX_COMMITS {
        let item = find_upload(app, service, id).await?;
        if item.committed {
            let numbers = item.parts.iter().map(|part| part.number);
            if !order.is_empty() && !numbers.eq(order.iter().copied()) {
                return Err(complete(id).into());
            }
            check_checksum(app, &item, checksum).await?;
            return Ok(item);
        }
        let parts = match &item.direct {
            Some(announced) => vec![sent_directly(app, &item, announced).await?],
            None => ordered(&item, order)?,
        };
        let whole = UploadItem { committed: true, parts, ..item.clone() };
        check_size(limits, whole.byte_len())?;
        check_checksum(app, &whole, checksum).await?;
        match app.uploads.commit(&item, &whole.parts).await? {
            UploadChange::Written => return Ok(whole),
            UploadChange::Refused => {}
            UploadChange::Gone => return Err(not_found(app, id).into()),
        }
    }
    let detail =
        format!("parts of the item {id} still arrive; commit it when all uploadPart requests were answered");
    Err(RequestError::bad(detail).into())
}

async fn check_checksum(app: &App, whole: &UploadItem, checksum: Option<&str>) -> Result<(), UploadError> {
    let Some(checksum) = checksum else { return Ok(()) };
    check_whole(app, whole)?;
    checksum::compare(checksum, app.uploads.read(whole).await?.as_mut()).await
}

fn check_whole(app: &App, whole: &UploadItem) -> Result<(), RequestError> {
    let most = app.upload_settings.max_whole_bytes;
    if whole.byte_len() <= most {
        return Ok(());
    }
    let detail = format!(
        "checksum: the file has more than {} MB, which cannot be read within one request here; leave the checksum out",
        most >> 20
    );
    Err(RequestError::invalid(detail))
}

/// The parts in the order asked for.
fn ordered(item: &UploadItem, order: &[u32]) -> Result<Vec<UploadPart>, RequestError> {
    if item.parts.is_empty() {
        let detail = format!("the item {} has no parts yet; send them with uploadPart", item.id);
        return Err(RequestError::bad(detail));
    }
    if order.is_empty() {
        let numbers: Vec<u32> = item.parts.iter().map(|part| part.number).collect();
        if let Some(hole) = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
            return Err(RequestError::bad(format!(
                "part {} has not come, though part {} has; send it with uploadPart, or name the parts of the file in \"parts\"",
                hole[0] + 1,
                hole[1]
            )));
        }
        return Ok(item.parts.clone());
    }
    let received: HashMap<u32, &UploadPart> = item.parts.iter().map(|part| (part.number, part)).collect();
    let mut named = HashSet::new();
    let mut parts = Vec::with_capacity(item.parts.len());
    let mut missing = Vec::new();
    for number in order {
        if !named.insert(number) {
            return Err(RequestError::invalid(format!(
                "parts: {number} is named twice; name each part once"
            )));
        }
        match received.get(number) {
            Some(part) => parts.push((*part).clone()),
            None if missing.len() == MAX_NAMED => break,
            None => missing.push(number.to_string()),
        }
    }
    if missing.is_empty() {
        return Ok(parts);
    }
    let detail = format!(
        "parts: not received yet: {}; send them with uploadPart, or leave them out",
        missing.join(", ")
    );
    Err(RequestError::invalid(detail))
}

/// The bytes that the client sent by itself, once all are there.
async fn sent_directly(
    app: &App,
    item: &UploadItem,
    announced: &StoredBytes,
) -> Result<UploadPart, UploadError> {
    match app.uploads.arrived(&item.id, announced).await? {
        Some(byte_len) if byte_len == announced.byte_len => {
            Ok(UploadPart { number: 1, bytes: announced.clone() })
        }
        Some(byte_len) => Err(RequestError::bad(format!(
            "{byte_len} bytes were sent, but {} were announced as size; ask presign again with the right size",
            announced.byte_len
        ))
        .into()),
        None => Err(RequestError::bad(format!(
            "no bytes of the item {} have come yet; PUT them to the URL that presign gave, then commit",
            item.id
        ))
        .into()),
    }
}
