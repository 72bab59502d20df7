//! Files of features that lie in a zip file, which is a shapefile only where it holds parts of one.
//!
//! Separate from `packing.rs`, which knows no formats. It must never look into an archive within an archive, but for KMZ, or make
//! a name of an archive into a path.

use crate::packing::{unzip_file, zipped_names};
use crate::{Format, FormatError, Input, ReadOptions};
use tempfile::TempPath;

/// A file that was taken out of a zip file.
pub struct Member {
    /// The file, under the name that it has there.
    pub input: Input,
    /// Its format.
    pub format: Format,
    /// Which of its layers is wanted: that of the options, unless it was the name of the file.
    pub layer: Option<String>,
    /// Where it lies; gone with this.
    _path: TempPath,
}

/// How every zip file begins that holds something.
const ZIP_MARK: &[u8] = b"PK\x03\x04";

/// Takes the file of features out of a zip file, into the scratch folder: the only one of the format, or of any, or the one whose
/// name without its extension is that of the layer, whatever its case. `None` where the file itself is to be read: it is no
/// zip file, or one that is a format, as shapefiles and KMZ are.
///
/// # Errors
/// A zip file that is cut or tries something; [`FormatError::SeveralLayers`] and [`FormatError::NoLayer`] where no single file is
/// meant, with the names that there are.
pub fn take_member(
    file: &Input,
    asked: Option<Format>,
    options: &ReadOptions<'_>,
) -> Result<Option<Member>, FormatError> {
    let head = file.head()?;
    if !head.starts_with(ZIP_MARK) || (asked.is_none() && Format::of(&file.name, &head) == Some(Format::Kmz))
    {
        return Ok(None);
    }
    let known = known_files(&zipped_names(file, options)?, asked);
    let (path, format, layer) = match (known.as_slice(), &options.layer) {
        ([], _) => return Ok(None),
        ([(path, format)], layer) => {
            let is_name = |layer: &String| is_same(layer, stem(path));
            (path, *format, layer.clone().filter(|layer| format.holds_several_layers() || !is_name(layer)))
        }
        (_, None) => return Err(FormatError::SeveralLayers { names: stems(&known) }),
        (_, Some(layer)) => {
            let Some((path, format)) = known.iter().find(|(path, _)| is_same(layer, stem(path))) else {
                return Err(FormatError::NoLayer { asked: layer.clone(), names: stems(&known) });
            };
            (path, *format, None)
        }
    };
    // Never a name that a stranger has given: the extension is one of ours.
    let to = tempfile::Builder::new()
        .suffix(&format!(".{}", format.extension()))
        .tempfile_in(options.scratch)?
        .into_temp_path();
    unzip_file(file, path, &to, options)?;
    Ok(Some(Member { input: Input::open(&to)?.renamed(file_name(path)), format, layer, _path: to }))
}

/// The files that are of the format, or of any, by their paths; none where the zip file is a shapefile.
fn known_files(paths: &[String], asked: Option<Format>) -> Vec<(String, Format)> {
    let is_part = |path: &String| matches!(extension(path).as_str(), "shp" | "dbf");
    if asked == Some(Format::Shapefile) || (asked.is_none() && paths.iter().any(is_part)) {
        return Vec::new();
    }
    // A text beside the data is more likely a description than a layer.
    let readable = paths.iter().filter(|path| !matches!(extension(path).as_str(), "txt" | "zip"));
    let known = readable.filter_map(|path| {
        // The extension .json is that of both; who asks for one of them knows.
        let format = match (Format::of(path, b"")?, asked) {
            (Format::EsriJson, Some(Format::GeoJson)) => Format::GeoJson,
            (format, _) => format,
        };
        Some((path.clone(), format))
    });
    known.filter(|(_, format)| asked.is_none_or(|asked| asked == *format)).collect()
}

fn stems(files: &[(String, Format)]) -> Vec<String> {
    files.iter().map(|(path, _)| stem(path).to_owned()).collect()
}

fn is_same(layer: &str, name: &str) -> bool {
    layer.to_lowercase() == name.to_lowercase()
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn extension(path: &str) -> String {
    file_name(path).rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{input, options, sample, written};

    fn packed(files: &[(&str, Vec<u8>)]) -> Input {
        let folder = tempfile::tempdir().unwrap();
        let mut named = Vec::new();
        for (number, (name, bytes)) in files.iter().enumerate() {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, bytes).unwrap();
            named.push(((*name).to_owned(), path));
        }
        let path = folder.path().join("out.zip");
        crate::zip_files(&path, &named, &|| false).unwrap();
        input("a.zip", std::fs::read(path).unwrap())
    }

    #[test]
    fn a_file_of_every_format_is_found_in_a_zip_file() {
        for format in Format::all().filter(|format| *format != Format::Shapefile) {
            let name = format!("data/towns.{}", format.extension());
            let zip = packed(&[("README.txt", b"hello".to_vec()), (&name, written(format, &sample()).0)]);
            let member = take_member(&zip, None, &options()).unwrap().unwrap();
            assert_eq!((member.format, member.input.stem()), (format, "towns"));
            let read = crate::read(&member.input, member.format, &options()).unwrap();
            assert_eq!(read.features.features.len(), sample().features.len(), "{format:?}");
        }
    }

    #[test]
    fn of_several_files_the_layer_names_one_and_a_layer_of_the_only_one_is_left_to_it() {
        let csv = || written(Format::Csv, &sample()).0;
        let two = packed(&[("towns.csv", csv()), ("b/Lakes.CSV", csv())]);
        let asked = |layer: &str| ReadOptions { layer: Some(layer.to_owned()), ..options() };
        let member = take_member(&two, None, &asked("lakes")).unwrap().unwrap();
        assert_eq!((member.input.name.as_str(), member.layer), ("Lakes.CSV", None));
        let error = take_member(&two, None, &options()).err().unwrap().to_string();
        assert!(error.ends_with("name one of towns, Lakes"), "{error}");
        let error = take_member(&two, None, &asked("seas")).err().unwrap().to_string();
        assert!(error.contains("no layer seas"), "{error}");
        let one = packed(&[("towns.gpkg", written(Format::GeoPackage, &sample()).0)]);
        assert_eq!(take_member(&one, None, &asked("towns")).unwrap().unwrap().layer.unwrap(), "towns");
    }

    #[test]
    fn shapefiles_kmz_and_files_that_are_not_zipped_are_read_as_they_are() {
        for format in [Format::Shapefile, Format::Kmz, Format::Csv] {
            let file = input(&format!("a.{}", format.extension()), written(format, &sample()).0);
            assert!(take_member(&file, None, &options()).unwrap().is_none(), "{format:?}");
        }
        assert!(take_member(&packed(&[("a.txt", b"x".to_vec())]), None, &options()).unwrap().is_none());
    }

    #[test]
    fn what_was_unpacked_goes_with_the_member() {
        let folder = tempfile::tempdir().unwrap();
        let options = ReadOptions { scratch: folder.path(), ..options() };
        let zip = packed(&[("../towns.csv", written(Format::Csv, &sample()).0)]);
        assert!(take_member(&zip, None, &options).is_err());
        let zip = packed(&[("towns.csv", written(Format::Csv, &sample()).0)]);
        let member = take_member(&zip, None, &options).unwrap();
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files(), 1);
        drop(member);
        assert_eq!(files(), 0);
    }
}
