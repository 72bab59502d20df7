//! Reading what a user hands over: a file of whatever format, as it is or in a zip file.

use crate::member::{Taken, take_member};
use crate::text::first_of;
use crate::{Format, FormatError, Input, ReadLayer, ReadOptions, read};

/// Other files that a warning names before it only counts.
const MAX_NAMED: usize = 3;

/// Reads the layer that the options name, or the only one, of a file, or of a file that lies in a zip file. The format is the one
/// that is asked for, else what the first bytes say, else what the name says.
///
/// # Errors
/// As [`read`]; [`FormatError::Unsupported`] where nothing tells the format, or the first bytes say another than was asked for.
pub fn read_any(
    file: &Input,
    asked: Option<Format>,
    options: &ReadOptions<'_>,
) -> Result<(Format, ReadLayer), FormatError> {
    let member = match take_member(file, asked, options)? {
        Taken::Member(member) => member,
        Taken::Itself { others } => {
            let format = format_of(file, asked)?;
            check_layer(file, format, options.layer.as_deref())?;
            return Ok((format, beside(others, read(file, format, options))?));
        }
    };
    let mut within = ReadOptions {
        layer: member.layer.clone(),
        limits: options.limits.clone(),
        extent: options.extent.clone(),
        ..*options
    };
    let mut layer = read(&member.input, member.format, &within);
    if member.is_file_named && matches!(layer, Err(FormatError::NoLayer { .. })) {
        within.layer = None;
        layer = read(&member.input, member.format, &within);
    }
    Ok((member.format, layer.map_err(|error| member.error(error))?))
}

/// What was read of a zip file that is a format, told of the other files in it.
fn beside(others: Vec<String>, read: Result<ReadLayer, FormatError>) -> Result<ReadLayer, FormatError> {
    match read {
        Ok(mut layer) if !others.is_empty() => {
            let names = first_of(&others, MAX_NAMED);
            layer.warnings.push(format!(
                "the zip file holds other files, which were not read: {names}; name one as layer"
            ));
            Ok(layer)
        }
        Err(FormatError::NoLayer { asked, mut names }) => {
            names.extend(others);
            Err(FormatError::NoLayer { asked, names })
        }
        other => other,
    }
}

fn format_of(file: &Input, asked: Option<Format>) -> Result<Format, FormatError> {
    let head = file.head()?;
    let Some(asked) = asked else {
        return Format::of(&file.name, &head).ok_or_else(|| {
            let known: Vec<&str> = Format::extensions().collect();
            FormatError::Unsupported(format!(
                "neither its first bytes nor its name tell its format: say which it is, or let its name end in one of {}",
                known.join(", ")
            ))
        });
    };
    match Format::of(&format!("a.{}", asked.extension()), &head) {
        Some(Format::Shapefile) if asked != Format::Shapefile => Err(FormatError::Unsupported(format!(
            "it is a zip file that holds no {}: leave the format out, or say the right one",
            asked.name()
        ))),
        Some(shown) if shown != asked => Err(FormatError::Unsupported(format!(
            "it is {}, and {} was said: leave the format out, or say the right one",
            shown.name(),
            asked.name()
        ))),
        _ => Ok(asked),
    }
}

/// The layer of a format of one layer is called as the file: readers do not look at the name.
fn check_layer(file: &Input, format: Format, layer: Option<&str>) -> Result<(), FormatError> {
    match layer {
        Some(asked)
            if !format.holds_several_layers() && asked.to_lowercase() != file.stem().to_lowercase() =>
        {
            Err(FormatError::NoLayer { asked: asked.to_owned(), names: vec![file.stem().to_owned()] })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WriteLayer;
    use crate::testing::{input, options, packed, sample, with_files, written};

    fn of_layer(layer: &str) -> ReadOptions<'static> {
        ReadOptions { layer: Some(layer.to_owned()), ..options() }
    }

    #[test]
    fn a_layer_of_one_of_several_files_in_a_zip_file_is_named_by_both() {
        let package = |names: [&str; 2]| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.gpkg");
            let set = sample();
            crate::write(
                &path,
                Format::GeoPackage,
                &names.map(|name| WriteLayer { name, features: &set }),
                &|| false,
            )
            .unwrap();
            std::fs::read(path).unwrap()
        };
        let csv = written(Format::Csv, &sample()).0;
        let zip = packed(&[
            ("east/towns.gpkg", package(["parks", "a/b"])),
            ("west/lakes.gpkg", package(["parks", "shores"])),
            ("one.csv", csv),
        ]);
        let read = |layer: &str| read_any(&zip, None, &of_layer(layer));
        for (layer, name) in [
            ("towns/parks", "parks"),
            ("Lakes.gpkg/SHORES", "shores"),
            ("east/towns.gpkg/a/b", "a/b"),
            ("one", "one"),
        ] {
            assert_eq!(read(layer).unwrap().1.name, name, "{layer}");
        }
        for (layer, words) in [
            ("towns", "name one of towns/parks, towns/a/b"),
            ("lakes/seas", "no layer lakes/seas: it has lakes/parks, lakes/shores"),
            ("seas/parks", "no layer seas/parks: it has towns, lakes, one"),
            ("one/parks", "no layer one/parks: it has towns, lakes, one"),
        ] {
            let error = read(layer).err().unwrap().to_string();
            assert!(error.ends_with(words), "{layer}: {error}");
        }
    }

    #[test]
    fn the_only_file_in_a_zip_file_is_named_by_its_layer_by_itself_or_by_both() {
        let package = || written(Format::GeoPackage, &sample()).0;
        let alone = packed(&[("a/towns.gpkg", package())]);
        let inner = read_any(&alone, None, &options()).unwrap().1.name;
        let beside_a_shapefile = packed(&[("counties.shp", vec![0; 100]), ("towns.gpkg", package())]);
        for (zip, layer) in [
            (&alone, inner.clone()),
            (&alone, "towns".to_owned()),
            (&alone, format!("towns/{inner}")),
            (&beside_a_shapefile, "towns.gpkg".to_owned()),
            (&beside_a_shapefile, format!("TOWNS/{inner}")),
        ] {
            assert_eq!(read_any(zip, None, &of_layer(&layer)).unwrap().1.name, inner, "{layer}");
        }
        let error = read_any(&alone, None, &of_layer("seas")).err().unwrap().to_string();
        assert!(error.contains(&format!("no layer seas: it has {inner}")), "{error}");
    }

    #[test]
    fn a_shapefile_and_other_files_in_a_zip_file_are_told_apart_and_none_is_passed_over_in_silence() {
        let folder = tempfile::tempdir().unwrap();
        let (path, set) = (folder.path().join("towns.zip"), sample());
        let layer = [WriteLayer { name: "towns", features: &set }];
        crate::write(&path, Format::Shapefile, &layer, &|| false).unwrap();
        let csv = || written(Format::Csv, &set).0;
        let zip = with_files(&path, "d/", &[("towns.csv", csv()), ("e/lakes.csv", csv())]);
        let read = |layer: &str| read_any(&zip, None, &of_layer(layer));
        let (format, alone) = read_any(&zip, None, &options()).unwrap();
        assert_eq!((format, alone.name.as_str()), (Format::Shapefile, "towns"));
        let told =
            "the zip file holds other files, which were not read: towns.csv, e/lakes.csv; name one as layer";
        assert!(alone.warnings.iter().any(|text| text == told), "{:?}", alone.warnings);
        for (layer, format) in [
            ("towns.shp", Format::Shapefile),
            ("D/towns", Format::Shapefile),
            ("d/towns.shp", Format::Shapefile),
            ("towns.csv", Format::Csv),
            ("lakes", Format::Csv),
        ] {
            assert_eq!(read(layer).unwrap().0, format, "{layer}");
        }
        for (layer, words) in [
            ("towns", "name one of d/towns.shp, towns.csv, e/lakes.csv"),
            ("seas", "no layer seas: it has towns, towns.csv, e/lakes.csv"),
        ] {
            let error = read(layer).err().unwrap().to_string();
            assert!(error.ends_with(words), "{layer}: {error}");
        }
    }

    #[test]
    fn a_layer_that_a_file_of_one_layer_does_not_have_is_refused_in_a_zip_file_and_outside() {
        for file in [
            input("towns.csv", written(Format::Csv, &sample()).0),
            packed(&[("a/towns.csv", written(Format::Csv, &sample()).0)]),
        ] {
            assert_eq!(read_any(&file, None, &of_layer("Towns")).unwrap().0, Format::Csv);
            let error = read_any(&file, None, &of_layer("seas")).err().unwrap().to_string();
            assert!(error.contains("no layer seas: it has towns"), "{error}");
        }
    }

    #[test]
    fn a_format_that_is_not_that_of_the_file_is_refused_and_one_that_nothing_tells_is_asked_for() {
        let package = input("a", written(Format::GeoPackage, &sample()).0);
        let error = read_any(&package, Some(Format::Csv), &options()).err().unwrap().to_string();
        assert!(error.contains("it is GEOPACKAGE, and CSV was said"), "{error}");
        assert_eq!(read_any(&package, Some(Format::GeoPackage), &options()).unwrap().0, Format::GeoPackage);
        let zip = packed(&[("a.csv", written(Format::Csv, &sample()).0)]);
        let error = read_any(&zip, Some(Format::GeoJson), &options()).err().unwrap().to_string();
        assert!(error.contains("a zip file that holds no GEOJSON"), "{error}");
        let csv = input("a", written(Format::Csv, &sample()).0);
        let error = read_any(&csv, None, &options()).err().unwrap().to_string();
        assert!(error.contains("let its name end in one of json, txt"), "{error}");
        assert_eq!(read_any(&csv, Some(Format::Csv), &options()).unwrap().0, Format::Csv);
    }
}
