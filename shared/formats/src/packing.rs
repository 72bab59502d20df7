//! Zip files of whole files: several results packed into one, and what is in one.
//!
//! Separate from `zipped.rs` because that is about entries and their bytes, while callers of this crate have files on disk.

use crate::zipped::{Archive, ZipWriter, copy};
use crate::{FormatError, Input, ReadOptions};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Packs files into a new zip file at that path, each under its name, in that order. They are never in memory as a whole.
///
/// # Errors
/// [`FormatError::Unsupported`] for more than 4 GB, which the plain format cannot hold.
pub fn zip_files(
    path: &Path,
    files: &[(String, PathBuf)],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), FormatError> {
    let mut archive = ZipWriter::create(path)?;
    for (name, file) in files {
        let mut source = File::open(file)?;
        archive.add(name, &mut |out| copy(&mut source, out, stop).map(|_| ()))?;
    }
    archive.finish()
}

/// The paths of the files in a zip file, in its order, parts divided by `/`; without what is hidden.
///
/// # Errors
/// No zip file, a cut one, or one that tries something.
pub fn zipped_names(input: &Input, options: &ReadOptions<'_>) -> Result<Vec<String>, FormatError> {
    let archive = Archive::open(input, options.max_decompressed_bytes)?;
    Ok(archive.entries().iter().map(|entry| entry.path.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{input, options};

    /// A zip file of these files.
    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let named = files.iter().enumerate().map(|(number, (name, bytes))| {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, bytes).unwrap();
            ((*name).to_owned(), path)
        });
        let named: Vec<_> = named.collect();
        let path = folder.path().join("out.zip");
        zip_files(&path, &named, &|| false).unwrap();
        std::fs::read(path).unwrap()
    }

    fn unzip_file(zip: &Input, path: &str, to: &Path, options: &ReadOptions<'_>) -> Result<(), FormatError> {
        let archive = Archive::open(zip, options.max_decompressed_bytes)?;
        let entry = archive.entries().iter().find(|entry| entry.path == path).unwrap();
        archive.unpack(entry, to, options.stop)
    }

    #[test]
    fn files_that_are_packed_come_out_as_they_were() {
        let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let zip = input("a.zip", packed(&[("roads.csv", b"A\n1\n"), ("Flüsse.fgb", &large), ("empty", b"")]));
        assert_eq!(zipped_names(&zip, &options()).unwrap(), ["roads.csv", "Flüsse.fgb", "empty"]);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out");
        unzip_file(&zip, "Flüsse.fgb", &to, &options()).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), large);
    }

    #[test]
    fn packing_and_unpacking_stop_when_they_are_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let (file, zip) = (folder.path().join("a"), folder.path().join("a.zip"));
        std::fs::write(&file, [1; 100]).unwrap();
        let files = [("a".to_owned(), file)];
        assert!(matches!(zip_files(&zip, &files, &|| true), Err(FormatError::Stopped)));
        zip_files(&zip, &files, &|| false).unwrap();
        let stopping = ReadOptions { stop: &|| true, ..options() };
        let to = folder.path().join("b");
        let stopped = unzip_file(&Input::open(&zip).unwrap(), "a", &to, &stopping);
        assert!(matches!(stopped, Err(FormatError::Stopped)));
    }

    #[test]
    fn what_becomes_larger_than_allowed_is_refused_before_it_fills_the_disk() {
        let zip = input("a.zip", packed(&[("a", &[0; 2_000_000])]));
        let folder = tempfile::tempdir().unwrap();
        let small = ReadOptions { max_decompressed_bytes: 1_000_000, ..options() };
        let refused = unzip_file(&zip, "a", &folder.path().join("a"), &small);
        assert!(matches!(refused, Err(FormatError::TooLarge(_))));
    }

    #[test]
    fn a_damaged_zip_file_never_panics_when_it_is_listed_or_unpacked() {
        let bytes = packed(&[("a.csv", b"A,B\n1,2\n"), ("b/c.json", b"{}")]);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out");
        let mut all: Vec<Vec<u8>> = (0..bytes.len()).map(|end| bytes[..end].to_vec()).collect();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x41;
            all.push(damaged);
        }
        for damaged in all {
            let damaged = input("a.zip", damaged);
            for name in zipped_names(&damaged, &options()).unwrap_or_default() {
                let _ = unzip_file(&damaged, &name, &to, &options());
            }
        }
    }
}
