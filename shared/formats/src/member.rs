//! Files of features that lie in a zip file, which is a shapefile only where it holds parts of one.
//!
//! Separate from `packing.rs`, which knows no formats. It must never look into an archive within an archive, but for KMZ, or make
//! a name of an archive into a path.

use crate::zipped::{self, Archive, Entry};
use crate::{Format, FormatError, Input, ReadOptions};
use tempfile::TempPath;

/// A file that was taken out of a zip file.
pub(crate) struct Member {
    /// The file, under the name that it has there.
    pub(crate) input: Input,
    /// Its format.
    pub(crate) format: Format,
    /// Which of its layers is wanted, if one was named.
    pub(crate) layer: Option<String>,
    /// Whether that may be the name of the file as well.
    pub(crate) is_file_named: bool,
    /// The name by which it was told from others in the zip file; none where it is the only one.
    name: Option<String>,
    /// Where it lies; gone with this.
    _path: TempPath,
}

/// What is to be read.
pub(crate) enum Taken {
    /// A file that was taken out of the zip file.
    Member(Member),
    /// The file itself; other files of features that lie in it.
    Itself { others: Vec<String> },
}

impl Member {
    /// The error of reading it, in which layers have the names by which they would be found.
    pub(crate) fn error(&self, error: FormatError) -> FormatError {
        let Some(file) = &self.name else { return error };
        let full = |name: &String| format!("{file}/{name}");
        match error {
            FormatError::SeveralLayers { names } => {
                FormatError::SeveralLayers { names: names.iter().map(full).collect() }
            }
            FormatError::NoLayer { asked, names } => {
                FormatError::NoLayer { asked: full(&asked), names: names.iter().map(full).collect() }
            }
            other => other,
        }
    }
}

/// Takes the file of features out of a zip file, into the scratch folder: the only one of the format, or of any, or the one that
/// the layer names by its path, its name, or its name without the extension, whatever the case, and `/` and a layer of that file
/// behind it where files of several layers lie side by side. The file itself is to be read where it is no zip file, or one that
/// is a format, as shapefiles and KMZ are.
///
/// # Errors
/// A zip file that is cut or tries something; [`FormatError::SeveralLayers`] and [`FormatError::NoLayer`] where no single file is
/// meant, with the names that there are.
pub(crate) fn take_member(
    file: &Input,
    asked: Option<Format>,
    options: &ReadOptions<'_>,
) -> Result<Taken, FormatError> {
    let itself = || Taken::Itself { others: Vec::new() };
    let head = file.head()?;
    if !head.starts_with(zipped::MARK)
        || (asked.is_none() && Format::of(&file.name, &head) == Some(Format::Kmz))
    {
        return Ok(itself());
    }
    let archive = Archive::open(file, options.max_decompressed_bytes)?;
    let files = files_of_features(archive.entries(), asked);
    let shapefiles = shapefiles(archive.entries(), asked);
    if !shapefiles.is_empty() && !is_beside_shapefiles(&files, shapefiles, options.layer.as_deref())? {
        return Ok(Taken::Itself { others: paths(&files) });
    }
    let mut is_file_named = false;
    let chosen = match (files.as_slice(), &options.layer) {
        ([], _) => return Ok(itself()),
        ([(entry, format)], None) => Chosen { entry, format: *format, name: None, layer: None },
        ([(entry, format)], Some(layer)) if format.holds_several_layers() => {
            let named = choose(&files, layer).ok();
            is_file_named = named.as_ref().is_some_and(|chosen| chosen.layer.is_none());
            let within = named.and_then(|chosen| chosen.layer);
            Chosen { entry, format: *format, name: None, layer: within.or(Some(layer.clone())) }
        }
        (_, None) => return Err(FormatError::SeveralLayers { names: names(&files) }),
        (_, Some(layer)) => choose(&files, layer)?,
    };
    let Chosen { entry, format, name, layer } = chosen;
    // Never a name that a stranger has given: the extension is one of ours.
    let to = tempfile::Builder::new()
        .suffix(&format!(".{}", format.extension()))
        .tempfile_in(options.scratch)?
        .into_temp_path();
    archive.unpack(entry, &to, options.stop)?;
    let input = Input::open(&to)?.renamed(entry.file_name());
    Ok(Taken::Member(Member { input, format, layer, is_file_named, name, _path: to }))
}

/// The shapefiles, which the zip file itself is then, unless another format is asked for.
fn shapefiles(entries: &[Entry], asked: Option<Format>) -> Vec<(&Entry, Format)> {
    let shapes = entries.iter().filter(|entry| asked.is_none() && has_extension(entry, "shp"));
    shapes.map(|entry| (entry, Format::Shapefile)).collect()
}

/// Whether the layer names one of the files that lie beside shapefiles.
///
/// # Errors
/// It names several of them all.
fn is_beside_shapefiles<'a>(
    files: &[(&'a Entry, Format)],
    shapefiles: Vec<(&'a Entry, Format)>,
    layer: Option<&str>,
) -> Result<bool, FormatError> {
    let (Some(layer), false) = (layer, files.is_empty()) else { return Ok(false) };
    match choose(&[shapefiles.as_slice(), files].concat(), layer) {
        Ok(chosen) => Ok(chosen.format != Format::Shapefile),
        // Perhaps a table.
        Err(FormatError::NoLayer { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn has_extension(entry: &Entry, extension: &str) -> bool {
    entry.extension().eq_ignore_ascii_case(extension)
}

/// The files that are of the format, or of any.
fn files_of_features(entries: &[Entry], asked: Option<Format>) -> Vec<(&Entry, Format)> {
    if asked == Some(Format::Shapefile) {
        return Vec::new();
    }
    // A text beside the data is more likely a description than a layer.
    let readable = entries
        .iter()
        .filter(|entry| !["txt", "zip"].iter().any(|extension| has_extension(entry, extension)));
    let known = readable.filter_map(|entry| {
        // The extension .json is that of both; who asks for one of them knows.
        let format = match (Format::of(&entry.path, b"")?, asked) {
            (Format::EsriJson, Some(Format::GeoJson)) => Format::GeoJson,
            (format, _) => format,
        };
        Some((entry, format))
    });
    known.filter(|(_, format)| asked.is_none_or(|asked| asked == *format)).collect()
}

/// A file of a zip file and the layer of it that is wanted.
struct Chosen<'a> {
    entry: &'a Entry,
    format: Format,
    name: Option<String>,
    layer: Option<String>,
}

/// The file that the layer names, alone or with a layer in it: `towns` or `towns/parks`.
fn choose<'a>(files: &[(&'a Entry, Format)], layer: &str) -> Result<Chosen<'a>, FormatError> {
    let chosen = |(entry, format), name: &str, layer: Option<&str>| Chosen {
        entry,
        format,
        name: Some(name.to_owned()),
        layer: layer.map(str::to_owned),
    };
    let alone = named(files, layer);
    if let Err(FormatError::NoLayer { .. }) = alone {
        for (slash, _) in layer.match_indices('/') {
            let (name, within) = (&layer[..slash], &layer[slash + 1..]);
            if let Ok((entry, format)) = named(files, name)
                && format.holds_several_layers()
            {
                return Ok(chosen((entry, format), name, Some(within)));
            }
        }
    }
    Ok(chosen(alone?, layer, None))
}

/// The one file that the layer names, in the strictest sense in which it names any.
fn named<'a>(files: &[(&'a Entry, Format)], layer: &str) -> Result<(&'a Entry, Format), FormatError> {
    // With a folder, or a name alone: no file is meant more for lying in none.
    let without_extension = if layer.contains('/') { Entry::stem } else { Entry::name };
    let path = |entry: &'a Entry| entry.path.as_str();
    let senses: [&dyn Fn(&'a Entry) -> &'a str; 3] = [&path, &Entry::file_name, &without_extension];
    for name_of in senses {
        let found: Vec<_> =
            files.iter().filter(|(entry, _)| name_of(entry).to_lowercase() == layer.to_lowercase()).collect();
        match found[..] {
            [] => {}
            [one] => return Ok(*one),
            _ => return Err(FormatError::SeveralLayers { names: paths(files) }),
        }
    }
    Err(FormatError::NoLayer { asked: layer.to_owned(), names: names(files) })
}

/// The shortest names that tell the files apart.
fn names(files: &[(&Entry, Format)]) -> Vec<String> {
    let stems: Vec<String> = files.iter().map(|(entry, _)| entry.name().to_owned()).collect();
    let mut different: Vec<String> = stems.iter().map(|name| name.to_lowercase()).collect();
    different.sort_unstable();
    different.dedup();
    if different.len() == stems.len() { stems } else { paths(files) }
}

fn paths(files: &[(&Entry, Format)]) -> Vec<String> {
    files.iter().map(|(entry, _)| entry.path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{input, options, packed, sample, written};

    fn taken(
        file: &Input,
        asked: Option<Format>,
        options: &ReadOptions<'_>,
    ) -> Result<Option<Member>, FormatError> {
        Ok(match take_member(file, asked, options)? {
            Taken::Member(member) => Some(member),
            Taken::Itself { .. } => None,
        })
    }

    #[test]
    fn a_file_of_every_format_is_found_in_a_zip_file() {
        for format in Format::all().filter(|format| *format != Format::Shapefile) {
            let name = format!("data/towns.{}", format.extension());
            let zip = packed(&[("README.txt", b"hello".to_vec()), (&name, written(format, &sample()).0)]);
            let member = taken(&zip, None, &options()).unwrap().unwrap();
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
        let member = taken(&two, None, &asked("lakes")).unwrap().unwrap();
        assert_eq!((member.input.name.as_str(), member.layer), ("Lakes.CSV", None));
        let error = taken(&two, None, &options()).err().unwrap().to_string();
        assert!(error.ends_with("name one of towns, Lakes"), "{error}");
        let error = taken(&two, None, &asked("seas")).err().unwrap().to_string();
        assert!(error.contains("no layer seas"), "{error}");
        let one = packed(&[("towns.gpkg", written(Format::GeoPackage, &sample()).0)]);
        assert_eq!(taken(&one, None, &asked("towns")).unwrap().unwrap().layer.unwrap(), "towns");
    }

    #[test]
    fn files_of_one_name_are_told_apart_by_extension_or_path_and_never_guessed() {
        let csv = || written(Format::Csv, &sample()).0;
        let geojson = written(Format::GeoJson, &sample()).0;
        let zip = packed(&[("a/towns.csv", csv()), ("b/towns.csv", csv()), ("b/towns.geojson", geojson)]);
        let take =
            |layer: &str| taken(&zip, None, &ReadOptions { layer: Some(layer.to_owned()), ..options() });
        for unclear in ["towns", "towns.csv"] {
            let error = take(unclear).err().unwrap().to_string();
            assert!(error.ends_with("name one of a/towns.csv, b/towns.csv, b/towns.geojson"), "{error}");
        }
        assert_eq!(take("Towns.GeoJSON").unwrap().unwrap().format, Format::GeoJson);
        assert_eq!(take("b/towns.csv").unwrap().unwrap().input.name, "towns.csv");
        assert_eq!(take("A/towns").unwrap().unwrap().input.name, "towns.csv");
    }

    #[test]
    fn shapefiles_kmz_and_files_that_are_not_zipped_are_read_as_they_are() {
        for format in [Format::Shapefile, Format::Kmz, Format::Csv] {
            let file = input(&format!("a.{}", format.extension()), written(format, &sample()).0);
            assert!(taken(&file, None, &options()).unwrap().is_none(), "{format:?}");
        }
        assert!(taken(&packed(&[("a.txt", b"x".to_vec())]), None, &options()).unwrap().is_none());
    }

    #[test]
    fn beside_a_shapefile_other_files_are_taken_by_their_names_and_a_table_hides_none() {
        let geojson = || written(Format::GeoJson, &sample()).0;
        let zip = packed(&[("counties.shp", vec![0; 100]), ("towns.geojson", geojson())]);
        assert!(taken(&zip, None, &options()).unwrap().is_none());
        let towns = ReadOptions { layer: Some("towns".to_owned()), ..options() };
        assert_eq!(taken(&zip, None, &towns).unwrap().unwrap().format, Format::GeoJson);
        let zip = packed(&[("codes.dbf", vec![0; 100]), ("towns.geojson", geojson())]);
        assert_eq!(taken(&zip, None, &options()).unwrap().unwrap().format, Format::GeoJson);
    }

    #[test]
    fn what_was_unpacked_goes_with_the_member_or_with_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let options = ReadOptions { scratch: folder.path(), ..options() };
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        let zip = packed(&[("towns.csv", written(Format::Csv, &sample()).0)]);
        let mut damaged = zip.read_all(1 << 20).unwrap().unwrap();
        damaged[60] ^= 0x41;
        assert!(taken(&input("a.zip", damaged), None, &options).is_err());
        assert_eq!(files(), 0);
        let member = taken(&zip, None, &options).unwrap();
        assert_eq!(files(), 1);
        drop(member);
        assert_eq!(files(), 0);
    }
}
