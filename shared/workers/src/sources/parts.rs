//! Files that are one: the parts of an upload, read as a single stream.
//!
//! One part is open at a time: an upload may have thousands, more than a process may have files.

use gp_formats::ReadAt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Parts, one after the other.
pub(super) struct Parts {
    parts: Vec<Part>,
    /// The part that was read last.
    open: Mutex<Option<(usize, File)>>,
}

struct Part {
    path: PathBuf,
    /// Where it ends in the whole, in bytes.
    end: u64,
    byte_len: u64,
}

impl Parts {
    /// The files as they are now.
    ///
    /// # Errors
    /// One is not there.
    pub(super) fn new(paths: &[PathBuf]) -> io::Result<Parts> {
        let mut end = 0;
        let mut parts = Vec::with_capacity(paths.len());
        for path in paths {
            let byte_len = std::fs::metadata(path)?.len();
            end += byte_len;
            parts.push(Part { path: path.clone(), end, byte_len });
        }
        Ok(Parts { parts, open: Mutex::new(None) })
    }
}

impl ReadAt for Parts {
    fn byte_len(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // The first part that ends behind the offset; parts without bytes end where they begin, and are passed over.
        let at = self.parts.partition_point(|part| part.end <= offset);
        let Some(part) = self.parts.get(at) else { return Ok(0) };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match open.take() {
            Some((known, file)) if known == at => file,
            _ => File::open(&part.path)?,
        };
        let count = file.read_at(buffer, offset - (part.end - part.byte_len));
        *open = Some((at, file));
        count
    }

    fn path(&self) -> Option<&Path> {
        match self.parts.as_slice() {
            [only] => Some(&only.path),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_formats::Input;
    use std::io::Read;
    use std::sync::Arc;

    #[test]
    fn parts_read_as_one_file_whatever_their_sizes() {
        let folder = tempfile::tempdir().unwrap();
        let texts = ["abc", "", "d", "ef"];
        let paths: Vec<PathBuf> = (0..4).map(|number| folder.path().join(number.to_string())).collect();
        paths.iter().zip(texts).for_each(|(path, text)| std::fs::write(path, text).unwrap());
        let whole = Input::new("whole", Arc::new(Parts::new(&paths).unwrap()));
        let mut text = String::new();
        whole.reader().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), whole.bytes().byte_len()), ("abcdef", 6));
        let mut two = [0; 2];
        assert_eq!(whole.bytes().read_at(3, &mut two).unwrap(), 1);
        assert_eq!(whole.bytes().read_at(1, &mut two).unwrap(), 2);
        assert_eq!(&two, b"bc");
        assert_eq!(whole.bytes().read_at(6, &mut two).unwrap(), 0);
        assert_eq!(Parts::new(&[]).unwrap().byte_len(), 0);
        assert!(Parts::new(&[folder.path().join("none")]).is_err());
    }

    #[test]
    fn more_parts_than_a_process_may_have_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        std::fs::write(&path, "ab").unwrap();
        let whole = Input::new("whole", Arc::new(Parts::new(&vec![path; 20_000]).unwrap()));
        let mut text = String::new();
        whole.reader().read_to_string(&mut text).unwrap();
        assert_eq!(text.len(), 40_000);
    }
}
