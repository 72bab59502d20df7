//! `/rest/services` and its folders (specification 1.5).

use crate::Rest;
use crate::error::{Failure, folder_not_found};
use crate::json;
use crate::response::Reply;

/// The services of a folder; an empty name is the root, which lists the folders too.
pub(crate) fn show(rest: &Rest, folder: &str) -> Result<Reply, Failure> {
    let folders = rest.app.catalog.folders();
    if !folder.is_empty() && !folders.contains(&folder) {
        return Err(folder_not_found(folder).into());
    }
    let mut out = b"{".to_vec();
    json::raw(&mut out, "currentVersion", rest.settings.version.to_string().as_bytes());
    json::texts(&mut out, "folders", if folder.is_empty() { &folders } else { &[] });
    json::raw(&mut out, "services", b"[");
    for service in rest.app.catalog.services().filter(|service| service.name.folder() == folder) {
        json::separate(&mut out);
        out.push(b'{');
        json::text(&mut out, "name", service.name.as_str());
        json::text(&mut out, "type", "GPServer");
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(Reply::stable(out))
}
