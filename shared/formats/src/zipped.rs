//! Zip files: entries of archives that strangers packed, and archives that we pack.
//!
//! Separate because shapefiles and KMZ both come zipped, and because an archive is an attack before it is a format: names
//! that leave the folder, directories that promise more than there is, a few kilobytes that become terabytes. What is
//! unpacked is counted while it is read; sizes in an archive are claims. It must never open an archive within an archive,
//! follow a link, or make a name of an archive into a path on disk.
//!
//! Read with code of ours and not a crate: those that there are read a whole directory, however long, before anybody can
//! refuse it, and do not look for entries that share bytes.

mod directory;
mod writer;

pub(crate) use writer::ZipWriter;

use crate::{FormatError, Input};
use directory::LOCAL_HEADER_BYTES;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

pub(crate) const FORMAT: &str = "zip file";

/// How every entry begins, and so every zip file that holds something.
pub(crate) const MARK: &[u8] = b"PK\x03\x04";

/// Deflate cannot do better than 1032:1; files of geometries stay below 20:1, padded tables below 100:1.
const MAX_RATIO: u64 = 200;
/// Below it the ratio says nothing: a small file may hold nothing but blanks.
const RATIO_FROM_BYTES: u64 = 10_000_000;
/// Bytes that are unpacked before anybody asks whether to go on.
const CHUNK_BYTES: usize = 64 * 1024;

/// An archive whose directory was read and found harmless.
pub(crate) struct Archive {
    input: Input,
    entries: Vec<Entry>,
    unpacked: Rc<Unpacked>,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its path in the archive, parts divided by `/`; relative, and without `..`.
    pub(crate) path: String,
    method: u16,
    crc32: u32,
    compressed_bytes: u64,
    /// A claim: worth a refusal, but never memory.
    claimed_bytes: u64,
    header_at: u64,
    /// Where the next entry, or the directory, begins: nothing of this one may lie behind.
    end_at: u64,
}

/// What the whole archive became so far, against what it may become.
struct Unpacked {
    bytes: Cell<u64>,
    max_bytes: u64,
    archive_bytes: u64,
}

impl Archive {
    /// Reads the directory of an archive. What was hidden, folders and what macOS adds are left out.
    ///
    /// # Errors
    /// No archive, a cut one, or one that tries something.
    pub(crate) fn open(input: &Input, max_decompressed_bytes: u64) -> Result<Archive, FormatError> {
        let entries = directory::read(input)?;
        let unpacked = Unpacked {
            bytes: Cell::new(0),
            max_bytes: max_decompressed_bytes,
            archive_bytes: input.bytes().byte_len(),
        };
        Ok(Archive { input: input.clone(), entries, unpacked: Rc::new(unpacked) })
    }

    /// The files, in the order of the directory.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A buffered reader of an entry from its beginning. Its errors become those of this crate with [`error_of`].
    pub(crate) fn reader(&self, entry: &Entry) -> Result<EntryReader, FormatError> {
        if entry.claimed_bytes > self.unpacked.max_bytes {
            return Err(self.unpacked.too_large());
        }
        let mut header = [0; LOCAL_HEADER_BYTES];
        let mut source = self.input.reader();
        source.seek(SeekFrom::Start(entry.header_at))?;
        source.read_exact(&mut header).map_err(error_of)?;
        let data_at = directory::data_start(entry.header_at, &header)
            .ok_or_else(|| malformed(entry, "there is no entry where the directory says"))?;
        if data_at.checked_add(entry.compressed_bytes).is_none_or(|end| end > entry.end_at) {
            return Err(malformed(entry, "it shares bytes with the next entry"));
        }
        source.seek(SeekFrom::Start(data_at))?;
        let packed = BufReader::with_capacity(CHUNK_BYTES, source.take(entry.compressed_bytes));
        let bytes: Box<dyn Read> = match entry.method {
            directory::STORED => Box::new(packed),
            directory::DEFLATED => Box::new(DeflateDecoder::new(packed)),
            other => {
                return Err(FormatError::Unsupported(format!(
                    "{} is packed by method {other}, which is not supported; pack it again as an ordinary zip file",
                    entry.path
                )));
            }
        };
        Ok(EntryReader { bytes, entry: entry.clone(), crc: Crc::new(), unpacked: Rc::clone(&self.unpacked) })
    }

    /// All bytes of an entry, of which there may be so many.
    pub(crate) fn read(&self, entry: &Entry, max_bytes: u64) -> Result<Vec<u8>, FormatError> {
        let mut all = Vec::new();
        self.reader(entry)?.take(max_bytes.saturating_add(1)).read_to_end(&mut all).map_err(error_of)?;
        if all.len() as u64 > max_bytes {
            return Err(FormatError::TooLarge(format!(
                "{} becomes more than {max_bytes} bytes, the most that is read of its format; send a part of it",
                entry.path
            )));
        }
        Ok(all)
    }

    /// Writes an entry into a file at that path.
    pub(crate) fn unpack(
        &self,
        entry: &Entry,
        to: &Path,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), FormatError> {
        let mut reader = self.reader(entry)?;
        let mut file = BufWriter::new(File::create(to)?);
        copy(&mut reader, &mut file, stop)?;
        file.flush()?;
        Ok(())
    }
}

impl Entry {
    /// What the archive says that the entry becomes.
    pub(crate) fn claimed_bytes(&self) -> u64 {
        self.claimed_bytes
    }

    /// The last part of the path.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The path without its extension.
    pub(crate) fn stem(&self) -> &str {
        self.split().0
    }

    /// The last part of the path without its extension.
    pub(crate) fn name(&self) -> &str {
        let stem = self.stem();
        stem.rsplit_once('/').map_or(stem, |(_, name)| name)
    }

    /// The extension of the name, as it is written; empty without one.
    pub(crate) fn extension(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        match self.path.rsplit_once('.') {
            Some((stem, extension)) if !extension.contains('/') => (stem, extension),
            _ => (&self.path, ""),
        }
    }
}

/// Reads an entry, counts what it becomes and compares its checksum at the end.
pub(crate) struct EntryReader {
    bytes: Box<dyn Read>,
    entry: Entry,
    crc: Crc,
    unpacked: Rc<Unpacked>,
}

impl Read for EntryReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.bytes.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.unpacked.add(count as u64).map_err(io::Error::other)?;
        if count == 0 && self.crc.sum() != self.entry.crc32 {
            return Err(io::Error::other(malformed(&self.entry, "its bytes were damaged or cut")));
        }
        Ok(count)
    }
}

impl Unpacked {
    fn add(&self, count: u64) -> Result<(), FormatError> {
        let bytes = self.bytes.get().saturating_add(count);
        self.bytes.set(bytes);
        if bytes > self.max_bytes {
            return Err(self.too_large());
        }
        if bytes > RATIO_FROM_BYTES && bytes / MAX_RATIO > self.archive_bytes {
            return Err(FormatError::TooLarge(format!(
                "the zip file becomes more than {MAX_RATIO} times its size when it is unpacked, as a zip bomb does and data \
                 do not; if these are data, send them in another format"
            )));
        }
        Ok(())
    }

    fn too_large(&self) -> FormatError {
        FormatError::TooLarge(format!(
            "the zip file becomes more than {} MB when it is unpacked, the most that is read; send a part of it",
            self.max_bytes / 1_000_000
        ))
    }
}

/// The error of this crate that an error of [`EntryReader`] stands for.
pub(crate) fn error_of(error: io::Error) -> FormatError {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.downcast::<FormatError>() {
        Ok(error) => error,
        Err(error) if error.kind() == UnexpectedEof => {
            FormatError::malformed(FORMAT, "it ends too early: its bytes were cut")
        }
        // What the decoder says about bytes that it cannot read.
        Err(error) if matches!(error.kind(), InvalidData | InvalidInput) => {
            FormatError::malformed(FORMAT, error)
        }
        Err(error) => FormatError::Io(error),
    }
}

/// Copies everything, asking now and then whether to go on.
pub(crate) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<u64, FormatError> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut copied = 0;
    loop {
        if stop() {
            return Err(FormatError::Stopped);
        }
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error_of(error)),
        };
        to.write_all(&buffer[..count])?;
        copied += count as u64;
    }
}

fn malformed(entry: &Entry, reason: &str) -> FormatError {
    FormatError::malformed(FORMAT, format!("{}: {reason}", entry.path))
}

#[cfg(test)]
mod tests;
