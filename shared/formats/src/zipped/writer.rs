//! Writes zip archives: deflated, names in UTF-8, no times, so that equal files make equal archives.

use super::directory;
use crate::FormatError;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// Version 2.0 of the format: folders and deflate.
const VERSION: u16 = 20;
const UTF8_FLAG: u16 = 1 << 11;
/// 1 January 1980, the first day that the format knows.
const DATE: u16 = 1 << 5 | 1;
/// Where the checksum stands in a local header.
const CRC_AT: u64 = 14;

/// An archive that is being written.
pub(crate) struct ZipWriter {
    file: BufWriter<File>,
    entries: Vec<Written>,
    position: u32,
}

struct Written {
    name: String,
    crc32: u32,
    compressed_bytes: u32,
    bytes: u32,
    header_at: u32,
}

impl ZipWriter {
    /// A new archive at that path.
    pub(crate) fn create(path: &Path) -> Result<ZipWriter, FormatError> {
        Ok(ZipWriter { file: BufWriter::new(File::create(path)?), entries: Vec::new(), position: 0 })
    }

    /// Adds what is written into the stream that `write` is given, under that name.
    ///
    /// # Errors
    /// More than 4 GB, which the plain format cannot hold; and those of `write`.
    pub(crate) fn add(
        &mut self,
        name: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let header_at = self.position;
        let mut entry = Written { name: name.to_owned(), crc32: 0, compressed_bytes: 0, bytes: 0, header_at };
        self.file.write_all(super::MARK)?;
        self.file.write_all(&entry.common()?)?;
        self.file.write_all(name.as_bytes())?;

        let encoder = DeflateEncoder::new(&mut self.file, Compression::default());
        let mut buffered = BufWriter::new(Packer { encoder, crc: Crc::new(), byte_count: 0 });
        write(&mut buffered)?;
        let Packer { encoder, crc, byte_count } =
            buffered.into_inner().map_err(|error| error.into_error())?;
        encoder.finish()?;
        entry.bytes = u32::try_from(byte_count).map_err(|_| too_long())?;
        entry.crc32 = crc.sum();
        let data_at = u64::from(header_at) + (directory::LOCAL_HEADER_BYTES + name.len()) as u64;
        let end = self.file.stream_position()?;
        self.position = u32::try_from(end).map_err(|_| too_long())?;
        entry.compressed_bytes = u32::try_from(end - data_at).map_err(|_| too_long())?;

        self.file.seek(SeekFrom::Start(u64::from(header_at) + CRC_AT))?;
        self.file.write_all(&entry.sizes())?;
        self.file.seek(SeekFrom::Start(end))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory.
    pub(crate) fn finish(mut self) -> Result<(), FormatError> {
        let count = u16::try_from(self.entries.len()).map_err(|_| too_long())?;
        let mut directory = Vec::new();
        for entry in &self.entries {
            directory.extend(b"PK\x01\x02");
            directory.extend(VERSION.to_le_bytes());
            directory.extend(entry.common()?);
            // No comment, first volume, no attributes.
            directory.extend([0; 10]);
            directory.extend(entry.header_at.to_le_bytes());
            directory.extend(entry.name.as_bytes());
        }
        let length = u32::try_from(directory.len()).map_err(|_| too_long())?;
        self.file.write_all(&directory)?;
        self.file.write_all(b"PK\x05\x06\0\0\0\0")?;
        for _ in 0..2 {
            self.file.write_all(&count.to_le_bytes())?;
        }
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(&self.position.to_le_bytes())?;
        self.file.write_all(&[0; 2])?;
        self.file.flush()?;
        Ok(())
    }
}

impl Written {
    /// What local headers and those of the directory have in common, without the name.
    fn common(&self) -> Result<Vec<u8>, FormatError> {
        let name_length = u16::try_from(self.name.len()).map_err(|_| {
            FormatError::Unsupported("the name of a layer is too long for a zip file".to_owned())
        })?;
        let mut header = Vec::new();
        for value in [VERSION, UTF8_FLAG, directory::DEFLATED, 0, DATE] {
            header.extend(value.to_le_bytes());
        }
        header.extend(self.sizes());
        header.extend(name_length.to_le_bytes());
        header.extend([0; 2]);
        Ok(header)
    }

    fn sizes(&self) -> Vec<u8> {
        [self.crc32, self.compressed_bytes, self.bytes].iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// Packs bytes, counts them and keeps their checksum.
struct Packer<'a> {
    encoder: DeflateEncoder<&'a mut BufWriter<File>>,
    crc: Crc,
    byte_count: u64,
}

impl Write for Packer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.encoder.write(bytes)?;
        self.crc.update(&bytes[..count]);
        self.byte_count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        // Flushing the encoder would cost bytes; it is finished instead.
        Ok(())
    }
}

fn too_long() -> FormatError {
    FormatError::Unsupported(
        "the output is too large for a zip file, which holds 4 GB; write another format, such as GeoPackage"
            .to_owned(),
    )
}
