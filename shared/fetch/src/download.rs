//! A whole file, into a temporary one.

use crate::answer::{MAX_ERROR_BYTES, arcgis_error, is_web_page};
use crate::head::{Framing, Head};
use crate::request::Request;
use crate::secrets::Secrets;
use crate::session::{Next, Session};
use crate::{FetchError, FetchSettings};
use gp_formats::{Format, Input, ReadAt};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;
use url::Url;

/// Longest name of a file, in characters.
const MAX_NAME_CHARACTERS: usize = 120;
/// Bytes that are written before the disk is looked at again: others may fill it meanwhile.
const ROOM_CHECK_BYTES: usize = 4 << 20;

/// Reads the file into a temporary one in that folder.
pub(crate) fn download(
    session: &mut Session<'_>,
    request: &Request,
    scratch: &Path,
) -> Result<Input, FetchError> {
    session.with_retries(&mut |session| {
        let answer = session.exchange(request)?;
        session.check_status(&answer.head)?;
        if answer.head.status == 206 {
            return Err(session.wait.malformed("it sent a part of the file without being asked for one"));
        }
        let mut file = NamedTempFile::new_in(scratch).map_err(FetchError::Scratch)?;
        let mut first = Vec::new();
        let (place, settings) = (session.wait.place.clone(), &session.fetcher.settings);
        let announced_bytes = match answer.head.framing {
            // What is more than that is refused for being more, which helps people more.
            Framing::Length(byte_len) => byte_len.min(settings.max_bytes),
            Framing::Chunked | Framing::UntilClose => 0,
        };
        check_room(&file, announced_bytes, settings, &place)?;
        let mut unchecked_bytes = 0;
        session.read_body(&answer.head, &mut |piece| {
            unchecked_bytes += piece.len();
            if unchecked_bytes >= ROOM_CHECK_BYTES {
                check_room(&file, 0, settings, &place)?;
                unchecked_bytes = 0;
            }
            let missing = MAX_ERROR_BYTES.saturating_sub(first.len());
            first.extend_from_slice(piece.get(..missing).unwrap_or(piece));
            file.write_all(piece).map_err(FetchError::Scratch)?;
            Ok(Next::More)
        })?;
        let byte_len = file.as_file().metadata().map_err(FetchError::Scratch)?.len();
        if byte_len == 0 {
            return Err(session.wait.malformed("it sent an empty file"));
        }
        if is_web_page(&first) {
            let reason = "it sent a web page instead of a file: give the url of the file itself, with its token if it needs one";
            return Err(session.wait.malformed(reason));
        }
        if byte_len < MAX_ERROR_BYTES as u64
            && let Some(error) = arcgis_error(&first, &session.wait.place, &session.secrets)
        {
            return Err(error);
        }
        let name = file_name(&answer.head, &answer.request.url, &request.url, &session.secrets);
        Ok(Input::new(name, Arc::new(Downloaded { file, byte_len })))
    })
}

/// An error where so many more bytes would leave less free on the disk of the file than the settings want.
fn check_room(
    file: &NamedTempFile<File>,
    more_bytes: u64,
    settings: &FetchSettings,
    place: &str,
) -> Result<(), FetchError> {
    if settings.min_free_bytes == 0 {
        return Ok(());
    }
    let disk = rustix::fs::fstatvfs(file.as_file()).map_err(|error| FetchError::Scratch(error.into()))?;
    let wanted_bytes = settings.min_free_bytes.saturating_add(more_bytes);
    if disk.f_bavail.saturating_mul(disk.f_frsize) >= wanted_bytes {
        return Ok(());
    }
    Err(FetchError::NoRoom { place: place.to_owned() })
}

/// A temporary file; it goes when this is dropped.
struct Downloaded {
    file: NamedTempFile<File>,
    byte_len: u64,
}

impl ReadAt for Downloaded {
    fn byte_len(&self) -> u64 {
        self.byte_len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.as_file().read_at(buffer, offset)
    }

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }
}

/// The name of the file: as the server says, else the end of the path it was redirected to or was asked for, whichever has an
/// extension that is known; with the extension of its media type where none has.
pub(crate) fn file_name(head: &Head, url: &Url, asked: &Url, secrets: &Secrets) -> String {
    let said = head.header("content-disposition").and_then(disposition_name);
    let mut names = vec![last_segment(asked), last_segment(url)];
    names.extend(said);
    // A secret in a name would come into messages; what ends as files do is none, although it stands in `?file=roads.zip`.
    let is_secret =
        |name: &str| secrets.has_token_in(name) || (secrets.are_in(name) && !has_known_extension(name));
    let names: Vec<String> =
        names.iter().map(|name| clean(name)).filter(|name| !name.is_empty() && !is_secret(name)).collect();
    if let Some(name) = names.iter().rev().find(|name| has_known_extension(name)) {
        return name.clone();
    }
    let name = names.last().map_or("file", String::as_str);
    let kind = head.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match Format::all().find(|format| format.media_type().eq_ignore_ascii_case(kind)) {
        Some(format) => format!("{name}.{}", format.extension()),
        None => name.to_owned(),
    }
}

fn has_known_extension(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| Format::extensions().any(|known| known == extension))
}

fn last_segment(url: &Url) -> String {
    let segment = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    percent_decoded(segment)
}

/// The name in a `Content-Disposition` (RFC 6266): `filename*` before `filename`.
fn disposition_name(value: &str) -> Option<String> {
    let mut plain = None;
    for part in value.split(';').skip(1) {
        let Some((key, text)) = part.split_once('=') else { continue };
        let text = text.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "filename*" => return text.splitn(3, '\'').nth(2).map(percent_decoded),
            "filename" => plain = Some(text.to_owned()),
            _ => {}
        }
    }
    plain
}

fn percent_decoded(text: &str) -> String {
    // The parser of forms takes "+" for a space and ends a pair at "&" and "=".
    let escaped = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes())
        .map(|(name, _)| name.into_owned())
        .next()
        .unwrap_or_default()
}

/// The last part of what may be a path, without what a name should not hold.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control()).collect();
    let skipped = kept.chars().count().saturating_sub(MAX_NAME_CHARACTERS);
    kept.chars().skip(skipped).collect::<String>().trim_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_dispositions_and_lose_their_folders() {
        for (value, name) in [
            (r#"attachment; filename="a b.zip""#, Some("a b.zip")),
            ("attachment; filename=plain.csv; filename*=UTF-8''%E2%82%AC.csv", Some("€.csv")),
            (r#"attachment; filename="../../etc/passwd""#, Some("passwd")),
            (r#"attachment; filename="..\..\x.zip""#, Some("x.zip")),
            ("attachment; filename*=broken", None),
            ("inline", None),
        ] {
            assert_eq!(disposition_name(value).map(|found| clean(&found)).as_deref(), name, "{value}");
        }
        assert_eq!(clean(".."), "");
        assert_eq!(percent_decoded("a+b%20c&d=e.zip"), "a+b c&d=e.zip");
    }
}
