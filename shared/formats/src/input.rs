//! What a file is to a reader: bytes that can be read at any position. A file on disk, bytes in memory, the parts of an
//! upload and a file on another server that answers ranges are all the same.

use bytes::Bytes;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest mark of a format, SQLite's.
const HEAD_BYTES: u64 = 16;

/// Bytes that can be read at any position, by several readers at once.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn byte_len(&self) -> u64;

    /// Reads some bytes from that position on; 0 only at the end.
    ///
    /// # Errors
    /// The bytes could not be had.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Where the bytes lie on this machine's disk, if they do.
    fn path(&self) -> Option<&Path> {
        None
    }
}

/// A file to read. Cheap to clone.
#[derive(Clone)]
pub struct Input {
    /// Its name, with its extension; not a path.
    pub name: String,
    bytes: Arc<dyn ReadAt>,
}

impl Input {
    /// A file of that name with those bytes.
    pub fn new(name: impl Into<String>, bytes: Arc<dyn ReadAt>) -> Input {
        Input { name: name.into(), bytes }
    }

    /// A file on disk.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> io::Result<Input> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Input::new(name, Arc::new(FileBytes::open(path)?)))
    }

    /// The same file under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<String>) -> Input {
        Input { name: name.into(), ..self }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &dyn ReadAt {
        self.bytes.as_ref()
    }

    /// The name without its extension.
    pub fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(stem, _)| stem)
    }

    /// A reader from the beginning. It does not buffer.
    pub fn reader(&self) -> InputReader {
        InputReader { bytes: self.bytes.clone(), position: 0 }
    }

    /// Its first 16 bytes, or as many as there are: what [`Format::of`](crate::Format::of) tells a format from.
    ///
    /// # Errors
    /// The bytes could not be had.
    pub fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.reader().take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(head)
    }

    /// All bytes, when there are no more than so many; `None` when there are.
    ///
    /// # Errors
    /// The bytes could not be had.
    pub fn read_all(&self, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
        if self.bytes.byte_len() > max_bytes {
            return Ok(None);
        }
        let mut all = Vec::new();
        // What the bytes lie in says this, and not the bytes. Growing by doubling takes up to twice as much.
        let _ = all.try_reserve_exact(self.bytes.byte_len() as usize);
        self.reader().take(max_bytes + 1).read_to_end(&mut all)?;
        Ok((all.len() as u64 <= max_bytes).then_some(all))
    }
}

/// Reads an [`Input`] one after the other, or from wherever it is sent to.
pub struct InputReader {
    bytes: Arc<dyn ReadAt>,
    position: u64,
}

impl Read for InputReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read_at(self.position, buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for InputReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (start, step) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::Current(step) => (self.position, step),
            SeekFrom::End(step) => (self.bytes.byte_len(), step),
        };
        self.position = start.checked_add_signed(step).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

struct FileBytes {
    file: File,
    path: PathBuf,
    byte_len: u64,
}

impl FileBytes {
    fn open(path: &Path) -> io::Result<FileBytes> {
        // A pipe would be waited for when it is opened.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let file = File::open(path)?;
        let byte_len = file.metadata()?.len();
        Ok(FileBytes { file, path: path.to_owned(), byte_len })
    }
}

impl ReadAt for FileBytes {
    fn byte_len(&self) -> u64 {
        self.byte_len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        FileExt::read_at(&self.file, buffer, offset)
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

impl ReadAt for Bytes {
    fn byte_len(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, as a file on another server may.
    struct Slow(Bytes);

    impl ReadAt for Slow {
        fn byte_len(&self) -> u64 {
            self.0.byte_len()
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read_at(offset, &mut buffer[..most])
        }
    }

    #[test]
    fn the_head_of_a_file_is_whole_however_little_comes_at_once() {
        for (bytes, wanted) in
            [("SQLite format 3\0 and more", "SQLite format 3\0"), ("PAR1", "PAR1"), ("", "")]
        {
            let input = Input::new("a", Arc::new(Slow(Bytes::from(bytes))));
            assert_eq!(input.head().unwrap(), wanted.as_bytes());
        }
    }

    #[test]
    fn a_file_reads_the_same_from_disk_and_from_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roads.v2.zip");
        std::fs::write(&path, "0123456789").unwrap();
        for input in
            [Input::open(&path).unwrap(), Input::new("roads.v2.zip", Arc::new(Bytes::from("0123456789")))]
        {
            assert_eq!((input.name.as_str(), input.stem()), ("roads.v2.zip", "roads.v2"));
            assert_eq!(input.read_all(9).unwrap(), None);
            assert_eq!(input.read_all(10).unwrap().unwrap(), b"0123456789");
            let mut reader = input.reader();
            let mut text = String::new();
            reader.seek(SeekFrom::End(-3)).unwrap();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "789");
            assert_eq!(reader.seek(SeekFrom::Current(5)).unwrap(), 15);
            assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
            assert!(reader.seek(SeekFrom::Current(-16)).is_err());
        }
    }

    #[test]
    fn a_pipe_and_a_folder_are_no_files_and_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [&pipe, &folder.path().to_owned()] {
            let Err(error) = Input::open(path) else { panic!("{} was opened", path.display()) };
            assert!(error.to_string().contains("no regular file"), "{error}");
        }
    }
}
