//! The uploads that a request names, looked up before a worker reads them: workers have no right to any store.

use super::{UploadBytes, UploadId};
use crate::named::first_unique;
use crate::{App, Parameters, PublishedTask, Service, StoreError};
use serde::{Deserialize, Serialize};

/// An upload that a request names, and where a worker finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedUpload {
    /// Its id.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// Where its bytes are.
    pub bytes: UploadBytes,
}

/// Every complete upload of this service among the first that the parameters name. What is not there is
/// not in the list: the worker that misses it says which parameter named it.
///
/// # Errors
/// The store failed.
pub(crate) async fn named_uploads(
    app: &App,
    service: &Service,
    task: &PublishedTask,
    parameters: &Parameters,
) -> Result<Vec<NamedUpload>, StoreError> {
    // A service that takes no uploads has none, and where it runs may be no right to look.
    if service.uploads.is_none() {
        return Ok(Vec::new());
    }
    let texts = task.inputs().iter().flat_map(|input| parameters.all(&input.name));
    let mut named = Vec::new();
    for id in first_unique(texts.flat_map(ids_in)) {
        let Some(item) = app.uploads.get(&id).await? else { continue };
        let is_ready = item.committed && item.service == service.name && item.expires_at_ms > (app.now_ms)();
        if is_ready {
            let bytes = app.uploads.locate(&item).await?;
            named.push(NamedUpload { id: id.as_str().to_owned(), name: item.name, bytes });
        }
    }
    Ok(named)
}

/// The ids behind every `itemID` in a text. Not by reading it: it may be megabytes of features, or JSON within JSON.
fn ids_in(text: &str) -> Vec<UploadId> {
    const KEY: &str = "temI";
    const ID_BYTES: usize = 37;
    let mut ids = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(KEY) {
        rest = &rest[at + KEY.len()..];
        let Some(value) = rest.strip_prefix(['D', 'd']) else { continue };
        let value = value.trim_start_matches(['"', '\'', '\\', ':', ' ', '\n', '\r', '\t']);
        ids.extend(value.get(..ID_BYTES).and_then(UploadId::parse));
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_found_in_one_text_whichever_comes_first() {
        let (a, b) = (UploadId::from_random(1), UploadId::from_random(2));
        for keys in [["itemId", "itemID"], ["itemID", "itemId"]] {
            let text =
                format!("[{{\"{}\":\"{}\"}},{{\"{}\":\"{}\"}}]", keys[0], a.as_str(), keys[1], b.as_str());
            assert_eq!(ids_in(&text), [a.clone(), b.clone()], "{text}");
        }
    }

    #[test]
    fn ids_are_found_in_every_form_that_names_an_upload() {
        let id = UploadId::from_random(7);
        for text in [
            format!("{{\"itemID\":\"{}\"}}", id.as_str()),
            format!("{{'itemID': '{}'}}", id.as_str().to_uppercase()),
            format!("[{{\"itemID\" : \"{}\"}}]", id.as_str()),
            format!("[\"[1,{{\\\"itemID\\\":\\\"{}\\\"}}]\"]", id.as_str()),
            format!("{{\"projectionFileItemID\":\"{}\"}}", id.as_str()),
        ] {
            assert_eq!(ids_in(&text), std::slice::from_ref(&id), "{text}");
        }
        for text in ["", "itemID", "{\"itemID\":\"i1\"}", "{\"itemID\":\"ä\u{301}".repeat(9).as_str()] {
            assert_eq!(ids_in(text), [], "{text}");
        }
    }
}
