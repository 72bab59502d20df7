//! Uploads: files that clients send to a service before a task reads them (specification 1.12).
//!
//! Separate from jobs because an item has a life of its own: it is registered, receives parts, is committed, is read any
//! number of times, and expires. Bytes never pass through here as a whole; where they lie is the store's business
//! (`ports.rs`). What a request may do stands in `steps.rs`, which file names are taken in `name.rs`.

mod checksum;
mod commit;
mod name;
mod named;
mod steps;

pub use commit::commit_upload;
pub use name::check_upload_name;
pub use named::NamedUpload;
pub(crate) use named::named_uploads;
pub use steps::{
    DirectUpload, add_upload_part, create_upload, delete_upload, direct_upload, find_upload, new_upload_id,
    open_for_parts, read_upload, receive_upload, register_upload, upload_limits,
};

use crate::{RequestError, ServiceName, StoreError};
use async_trait::async_trait;
use bytes::Bytes;
use gp_formats::Format;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The name of an item: `i` and a random UUID in lower case with dashes, unguessable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId(String);

/// An uploaded file, or one that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadItem {
    /// Its name in URLs and parameters.
    pub id: UploadId,
    /// The service it was sent to; no other one knows it.
    pub service: ServiceName,
    /// The file's name: no folder, no control characters, with an extension.
    pub name: String,
    /// What the client says of it.
    pub description: String,
    /// When it was registered, milliseconds since 1970.
    pub created_at_ms: i64,
    /// From when on it counts as gone, milliseconds since 1970.
    pub expires_at_ms: i64,
    /// Whether it is complete. From then on it never changes.
    pub committed: bool,
    /// Once committed, what the file is made of, in that order; before, what has come so far, by number.
    pub parts: Vec<UploadPart>,
    /// Where the client sends the whole file by itself, and how many bytes; `None` when it comes through the server.
    pub direct: Option<StoredBytes>,
    /// How often it was changed.
    pub version: u64,
}

/// A part of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPart {
    /// The client's number for it.
    pub number: u32,
    /// Its bytes.
    pub bytes: StoredBytes,
}

/// Bytes of an item, stored under a name that is never written twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBytes {
    /// The name, unique within its item.
    pub name: String,
    /// How many they are.
    pub byte_len: u64,
}

/// Where a client sends bytes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendTo {
    /// A URL that takes one PUT of exactly the bytes that were announced, for a while.
    pub url: String,
    /// Headers that the request must have, with their values.
    pub headers: Vec<(String, String)>,
    /// What they are stored as.
    pub bytes: StoredBytes,
}

/// What became of a change of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadChange {
    /// It was written.
    Written,
    /// The item does not stand as it was expected to; nothing was written.
    Refused,
    /// The item is not there.
    Gone,
}

/// Where the bytes of an item are, for a program that is not the server: read one after the other they are the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UploadBytes {
    /// Files of this machine.
    Files(Vec<PathBuf>),
    /// URLs that can be read for a while, each with how many bytes are there.
    Links(Vec<(String, u64)>),
}

/// Bytes that come by and by.
#[async_trait]
pub trait ByteSource: Send {
    /// The next of them, never none; `None` at the end. Not to be called again after an error.
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError>;
}

/// Why something was not done with an upload.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The request asks for what cannot be.
    #[error(transparent)]
    Refused(#[from] RequestError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a service takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// Bytes of one file.
    pub max_file_bytes: u64,
    /// Extensions that a file may have, in lower case and without the point.
    pub file_types: Vec<String>,
}

/// How uploads are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadSettings {
    /// How long an item can be used after it was registered.
    pub lifetime: Duration,
    /// Parts of one item.
    pub max_parts: usize,
    /// Bytes of one request with a file, where whatever carries requests has such a limit.
    pub max_request_bytes: Option<u64>,
    /// Bytes of a file up to which the server reads all of it within one request, to compare a checksum or to put its
    /// parts together.
    pub max_whole_bytes: u64,
}

impl UploadId {
    /// The id made of 128 random bits, six of which say that it is a random UUID (RFC 9562).
    pub fn from_random(bits: u128) -> UploadId {
        const VERSION_4: u128 = 0x4 << 76;
        const VARIANT: u128 = 0x2 << 62;
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | VERSION_4 | VARIANT;
        let hex = format!("{bits:032x}");
        let (time, rest) = hex.split_at(8);
        let (middle, rest) = rest.split_at(4);
        let (version, rest) = rest.split_at(4);
        let (variant, node) = rest.split_at(4);
        UploadId(format!("i{time}-{middle}-{version}-{variant}-{node}"))
    }

    /// Reads an id as clients send it, in any case; `None` when it cannot be one of ours.
    pub fn parse(text: &str) -> Option<UploadId> {
        let text = text.to_ascii_lowercase();
        let digits = text.strip_prefix('i')?;
        let is_right = |(at, byte): (usize, u8)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        };
        (digits.len() == 36 && digits.bytes().enumerate().all(is_right)).then_some(UploadId(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl UploadItem {
    /// Bytes of all its parts.
    pub fn byte_len(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes.byte_len).sum()
    }

    /// Bytes of all parts but the one of that number, which may be sent again.
    pub fn byte_len_without(&self, number: u32) -> u64 {
        let others = self.parts.iter().filter(|part| part.number != number);
        others.map(|part| part.bytes.byte_len).sum()
    }
}

impl Default for UploadSettings {
    fn default() -> UploadSettings {
        UploadSettings {
            lifetime: Duration::from_secs(24 * 3600),
            max_parts: 10_000,
            max_request_bytes: None,
            max_whole_bytes: u64::MAX,
        }
    }
}

impl Default for UploadLimits {
    /// 2048 MB, as ArcGIS has it, of the files that are read, rasters, texts of spatial references, and service definitions.
    fn default() -> UploadLimits {
        const OTHERS: [&str; 8] = ["tif", "tiff", "png", "jpg", "jp2", "img", "prj", "sd"];
        let types = Format::extensions().chain(OTHERS);
        UploadLimits { max_file_bytes: 2048 << 20, file_types: types.map(str::to_owned).collect() }
    }
}

/// Bytes that are in memory already.
#[async_trait]
impl ByteSource for VecDeque<Bytes> {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        Ok(self.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_random_uuid_after_an_i_and_is_read_in_any_case() {
        let id = UploadId::from_random(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(id.as_str(), "i01234567-89ab-4def-8123-456789abcdef");
        assert_eq!(UploadId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(UploadId::parse(&id.as_str().to_uppercase()), Some(id));
        assert_eq!(UploadId::from_random(u128::MAX).as_str(), "iffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let good = UploadId::from_random(7).to_string();
        for bad in ["", "i", "i..", &good[1..], &good[..36], &format!("{good}0"), &good.replace('-', "0")] {
            assert_eq!(UploadId::parse(bad), None, "{bad}");
        }
    }
}
