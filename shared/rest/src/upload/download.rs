//! `download`: the file as it was sent, under its name, and never as anything that a browser would open.

use super::file_name;
use crate::Rest;
use crate::carry::base64_bytes;
use crate::error::Failure;
use crate::response::Reply;
use axum::body::Body;
use futures_util::stream;
use gp_core::{ByteSource, RequestError, Service, UploadError, read_upload};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response};
use std::fmt;

/// A file that is sent as it is read.
pub(crate) struct Download {
    source: Box<dyn ByteSource>,
    byte_len: u64,
    content_type: &'static str,
    disposition: HeaderValue,
}

/// Opens the file of an item; sends the client elsewhere when it is more than a reply can carry.
pub(super) async fn download(rest: &Rest, service: &Service, id: &str) -> Result<Reply, Failure> {
    let item = read_upload(&rest.app, service, id).await?;
    let byte_len = item.byte_len();
    let disposition = file_name::disposition(&item.name);
    if let Some(max_bytes) = rest.settings.max_reply_bytes
        && base64_bytes(byte_len) > max_bytes as u64
    {
        if let Some(url) = rest.app.uploads.link(&item, &disposition).await? {
            return Ok(Reply::elsewhere(&url));
        }
        let detail = format!(
            "the file has {byte_len} bytes in {} parts, which is more than can be put together for a download here; files \
             that are sent by presign can be downloaded at any size",
            item.parts.len()
        );
        return Err(RequestError { code: 413, ..RequestError::bad(detail) }.into());
    }
    let source = rest.app.uploads.read(&item).await?;
    Ok(Download::reply(source, byte_len, &item.name, "application/octet-stream"))
}

impl Download {
    /// The reply that sends these bytes as a file of that name.
    pub(crate) fn reply(
        source: Box<dyn ByteSource>,
        byte_len: u64,
        name: &str,
        content_type: &'static str,
    ) -> Reply {
        let disposition = HeaderValue::from_str(&file_name::disposition(name));
        let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
        let download = Download { source, byte_len, content_type, disposition };
        Reply { download: Some(download), ..Reply::volatile("") }
    }

    /// The response, and the size of its body.
    pub(crate) fn response(self, request: &Parts) -> (Response<Body>, usize) {
        let body = if request.method == Method::HEAD { Body::empty() } else { body(self.source) };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(self.byte_len));
        headers.insert(CONTENT_DISPOSITION, self.disposition);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        (response, usize::try_from(self.byte_len).unwrap_or(usize::MAX))
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Download").field("byte_len", &self.byte_len).finish_non_exhaustive()
    }
}

/// The bytes as they are read. What fails on the way breaks the connection: the client sees that its file is not whole.
fn body(source: Box<dyn ByteSource>) -> Body {
    Body::from_stream(stream::unfold(Some(source), |source| async {
        let mut source = source?;
        match source.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(source))),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a download broke off");
                Some((Err::<_, UploadError>(error), None))
            }
        }
    }))
}
