//! Uploads of a service (specification 1.12): the resources and operations below `uploads`.
//!
//! Files do not come through `request.rs`, which holds bodies in memory: `upload/receive.rs` gives them to the store as
//! they come, before the operation itself is answered here. File names and descriptions are shown to clients and never
//! logged.

mod download;
mod file_name;
mod held;
mod receive;

pub(crate) use download::Download;
pub(crate) use file_name::disposition;
pub(crate) use receive::{UploadedFile, receive, takes};

use crate::Rest;
use crate::error::Failure;
use crate::json;
use crate::resource::uploads::{ItemChild, UploadsChild, UploadsPath};
use crate::response::Reply;
use gp_core::{
    Parameters, RequestError, Service, UploadItem, add_upload_part, commit_upload, create_upload,
    delete_upload, direct_upload, find_upload, register_upload, upload_limits,
};
use gp_esri::json::write_i64;
use http::Method;
use http::request::Parts;

/// Answers a request below `uploads`; `file` is what was received with it.
pub(crate) async fn answer(
    rest: &Rest,
    path: &UploadsPath,
    request: &Parts,
    with: &Parameters,
    file: Option<UploadedFile>,
) -> Result<Reply, Failure> {
    let (service, _) = rest.service(&path.service)?;
    upload_limits(service)?;
    if path.needs_post() && request.method != Method::POST {
        let details = vec![format!("{} changes something; send it as POST", path.kind())];
        return Err(RequestError { code: 405, message: "Method not allowed".into(), details }.into());
    }
    match &path.child {
        UploadsChild::Page => {
            Ok(Reply::stable(r#"{"resources":["info"],"operations":["upload","register"]}"#))
        }
        UploadsChild::Info => info(rest, service),
        UploadsChild::Upload => upload(rest, service, request, with, file).await,
        UploadsChild::Register => {
            let item = register_upload(&rest.app, service, item_name(with)?, description(with)).await?;
            Ok(success(Some(&item)))
        }
        UploadsChild::Presign => presign(rest, service, with).await,
        UploadsChild::Item(id, ItemChild::Show) => {
            let item = find_upload(&rest.app, service, id).await?;
            let mut out = Vec::new();
            write_item(&mut out, &item);
            Ok(Reply::volatile(out))
        }
        UploadsChild::Item(id, ItemChild::UploadPart) => {
            upload_part(rest, service, id, request, with, file).await
        }
        UploadsChild::Item(id, ItemChild::Parts) => parts(rest, service, id).await,
        UploadsChild::Item(id, ItemChild::Commit) => {
            let order = part_list(with)?;
            let item = commit_upload(&rest.app, service, id, &order, with.get("checksum")).await?;
            Ok(success(Some(&item)))
        }
        UploadsChild::Item(id, ItemChild::Delete) => {
            delete_upload(&rest.app, service, id).await?;
            Ok(success(None))
        }
        UploadsChild::Item(id, ItemChild::Download) => download::download(rest, service, id).await,
    }
}

fn info(rest: &Rest, service: &Service) -> Result<Reply, Failure> {
    let limits = upload_limits(service)?;
    let mut out = b"{".to_vec();
    number(&mut out, "maxUploadFileSize", limits.max_file_bytes >> 20);
    json::text(&mut out, "allowedUploadFileTypes", &limits.file_types.join(","));
    if let Some(max_bytes) = rest.app.upload_settings.max_request_bytes {
        // Ours: ArcGIS has no such limit. Larger files come in parts of this size, or by presign.
        number(&mut out, "maxUploadPartBytes", max_bytes);
    }
    out.push(b'}');
    Ok(Reply::stable(out))
}

/// Removes the bytes of a file whose request is refused for another reason.
pub(crate) async fn forget(rest: &Rest, file: Option<UploadedFile>) {
    if let Some(file) = file {
        rest.app.uploads.discard(&file.id, file.bytes).await;
    }
}

async fn upload(
    rest: &Rest,
    service: &Service,
    request: &Parts,
    with: &Parameters,
    file: Option<UploadedFile>,
) -> Result<Reply, Failure> {
    let Some(file) = file else { return Err(receive::no_file(request).into()) };
    let bytes = file.bytes.clone();
    let created =
        create_upload(&rest.app, service, file.id.clone(), file.name.clone(), description(with), file.bytes)
            .await;
    match created {
        Ok(item) => Ok(success(Some(&item))),
        Err(error) => {
            rest.app.uploads.discard(&file.id, bytes).await;
            Err(error.into())
        }
    }
}

async fn upload_part(
    rest: &Rest,
    service: &Service,
    id: &str,
    request: &Parts,
    with: &Parameters,
    file: Option<UploadedFile>,
) -> Result<Reply, Failure> {
    let Some(file) = file else {
        gp_core::open_for_parts(&rest.app, service, id).await?;
        return Err(receive::no_file(request).into());
    };
    let bytes = file.bytes.clone();
    match add_received_part(rest, service, id, with, file).await {
        Ok(item) => Ok(success(Some(&item))),
        Err((item, failure)) => {
            rest.app.uploads.discard(&item, bytes).await;
            Err(failure)
        }
    }
}

/// Makes the file a part; else also the id under which its bytes are stored.
async fn add_received_part(
    rest: &Rest,
    service: &Service,
    id: &str,
    with: &Parameters,
    file: UploadedFile,
) -> Result<UploadItem, (gp_core::UploadId, Failure)> {
    let stored_as = file.id.clone();
    let added = async {
        let number = part_number(with)?;
        // Looked at again: other parts came while this one did.
        let item = gp_core::open_for_parts(&rest.app, service, id).await?;
        add_upload_part(&rest.app, service, &item, number, file.bytes).await?;
        Ok::<_, Failure>(item)
    };
    added.await.map_err(|failure| (stored_as, failure))
}

async fn presign(rest: &Rest, service: &Service, with: &Parameters) -> Result<Reply, Failure> {
    let name = item_name(with)?;
    let size = with.get("size").and_then(|text| text.trim().parse::<u64>().ok());
    let Some(byte_len) = size else {
        return Err(RequestError::invalid("size: give the file's size in bytes").into());
    };
    let direct = direct_upload(&rest.app, service, name, description(with), byte_len).await?;
    let mut out = b"{\"success\":true,\"item\":".to_vec();
    write_item(&mut out, &direct.item);
    json::text(&mut out, "url", &direct.send_to.url);
    json::text(&mut out, "method", "PUT");
    json::key(&mut out, "headers");
    out.push(b'{');
    for (header, value) in &direct.send_to.headers {
        json::text(&mut out, header, value);
    }
    out.push(b'}');
    number(&mut out, "size", byte_len);
    out.push(b'}');
    Ok(Reply::volatile(out))
}

async fn parts(rest: &Rest, service: &Service, id: &str) -> Result<Reply, Failure> {
    let item = find_upload(&rest.app, service, id).await?;
    let mut out = b"{\"parts\":[".to_vec();
    for part in &item.parts {
        json::separate(&mut out);
        write_i64(&mut out, i64::from(part.number));
    }
    out.extend_from_slice(b"]}");
    Ok(Reply::volatile(out))
}

fn success(item: Option<&UploadItem>) -> Reply {
    let mut out = b"{\"success\":true".to_vec();
    if let Some(item) = item {
        json::key(&mut out, "item");
        write_item(&mut out, item);
    }
    out.push(b'}');
    Reply::volatile(out)
}

fn write_item(out: &mut Vec<u8>, item: &UploadItem) {
    out.push(b'{');
    json::text(out, "itemID", item.id.as_str());
    json::text(out, "itemName", &item.name);
    json::text(out, "description", &item.description);
    json::key(out, "date");
    write_i64(out, item.created_at_ms);
    json::raw(out, "committed", if item.committed { b"true" } else { b"false" });
    out.push(b'}');
}

fn number(out: &mut Vec<u8>, name: &str, value: u64) {
    json::key(out, name);
    write_i64(out, i64::try_from(value).unwrap_or(i64::MAX));
}

fn item_name(with: &Parameters) -> Result<&str, RequestError> {
    let missing = "itemName: give the file's name with its extension, such as lake.tif";
    with.get("itemName").ok_or_else(|| RequestError::invalid(missing))
}

fn description(with: &Parameters) -> &str {
    with.get("description").unwrap_or_default()
}

/// `partId` in the documentation, `partNumber` in the Python client.
fn part_number(with: &Parameters) -> Result<u32, RequestError> {
    let given = with.get("partId").or_else(|| with.get("partNumber"));
    let number = given.and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| RequestError::invalid("partId: give the part's number, such as 1"))
}

/// The order of the parts: a comma list, a JSON list, or repeated keys; empty for that of their numbers.
fn part_list(with: &Parameters) -> Result<Vec<u32>, RequestError> {
    let mut order = Vec::new();
    for text in with.all("parts") {
        let list = text.trim().trim_start_matches('[').trim_end_matches(']');
        for number in list.split(',').map(|number| number.trim().trim_matches(['"', '\''])) {
            if number.is_empty() {
                continue;
            }
            let shown: String = number.chars().take(20).collect();
            let wrong =
                || RequestError::invalid(format!("parts: {shown:?} is no part's number; list them as 1,2,3"));
            order.push(number.parse().map_err(|_| wrong())?);
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(texts: &[&str]) -> Result<Vec<u32>, RequestError> {
        part_list(&texts.iter().map(|text| ("parts", *text)).collect())
    }

    #[test]
    fn parts_come_as_comma_list_json_list_or_repeated_keys() {
        for texts in [&["3,1,2"][..], &["[3, 1,2]"], &["3", "1", "2"], &["['3', \"1\"]", "2,"]] {
            assert_eq!(listed(texts).unwrap(), [3, 1, 2], "{texts:?}");
        }
        assert!(listed(&[]).unwrap().is_empty());
        assert!(listed(&["", "[]"]).unwrap().is_empty());
        for bad in ["a", "-1", "1;2", "1.0", "99999999999"] {
            assert!(listed(&[bad]).unwrap_err().details[0].contains(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(texts in proptest::collection::vec(any::<String>(), 0..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let _ = listed(&texts);
        }
    }
}
