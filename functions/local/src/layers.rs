//! Whether the files of stored layers are there and hold what their services say.
//!
//! Asked once, before the server starts. A layer by URL is not asked for: its server may start later than this one.

use anyhow::Context;
use gp_core::{Catalog, DataType, LayerPlace, Limits, Service, StoredLayer};
use gp_fetch::FetchSettings;
use gp_formats::{Format, FormatError, Input, ReadOptions};
use std::fs::File;
use std::path::Path;

/// Refuses to start without a file of a layer, or where a file of several layers does not have the one that is named, or has
/// none named for a parameter that takes one. Workers do not ask: a file that goes later costs those who ask for it.
pub(crate) fn find_layers(catalog: &Catalog, limits: &Limits, fetch: &FetchSettings) -> anyhow::Result<()> {
    for service in catalog.services() {
        for layer in &service.layers {
            if let LayerPlace::File(path) = &layer.place {
                let what = || format!("the layer \"{}\" of {}: {}", layer.name, service.name, path.display());
                let metadata = File::open(path).and_then(|file| file.metadata()).with_context(what)?;
                anyhow::ensure!(metadata.is_file(), "{} is no file", what());
                if layer.layer.is_some() || gives_features(service, &layer.name) {
                    find_within(path, layer, limits, fetch).with_context(what)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a parameter that takes features or rows offers the layer; one that takes files has the file whole.
fn gives_features(service: &Service, name: &str) -> bool {
    for input in service.tasks.iter().flat_map(|task| task.inputs()) {
        let member = match &input.data_type {
            DataType::MultiValue(member) => member,
            data_type => data_type,
        };
        if member.is_feature_type() && input.choices.iter().any(|choice| choice == name) {
            return true;
        }
    }
    false
}

/// An error where the file has other layers than the one that is meant. What else may be wrong with a file, those are told who
/// ask for it.
fn find_within(
    path: &Path,
    layer: &StoredLayer,
    limits: &Limits,
    fetch: &FetchSettings,
) -> anyhow::Result<()> {
    let input = Input::open(path)?;
    let head = input.head()?;
    let Some(format) = Format::of(&input.name, &head).filter(|format| format.holds_several_layers()) else {
        return Ok(());
    };
    let mut limits = limits.reading();
    // The layers of a document are known when all of it was read; those of others before the first feature.
    if !matches!(format, Format::Kml | Format::Kmz) {
        limits.max_features = 0;
    }
    let options = ReadOptions {
        limits,
        max_decompressed_bytes: fetch.max_decompressed_bytes,
        layer: layer.layer.clone(),
        extent: None,
        scratch: &std::env::temp_dir(),
        stop: &|| false,
    };
    let mut read = gp_formats::read(&input, format, &options);
    if matches!(read, Err(FormatError::NoLayer { .. })) && format == Format::Shapefile {
        // Perhaps another file that lies in the zip file, and is taken out of it as for a request.
        read = gp_formats::read_any(&input, None, &options).map(|(_, layer)| layer);
    }
    match read {
        Err(error @ FormatError::NoLayer { .. }) => Err(error.into()),
        Err(error @ FormatError::SeveralLayers { .. }) => {
            Err(anyhow::Error::new(error).context("add layer = \"…\" to the [[layer]]"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(layers: &str) -> Result<(), String> {
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/files");
        let text = format!(
            "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 9\ntime_limit_s = 9\n{}",
            layers.replace("FILES", files)
        );
        let service = gp_core::read_service("s.toml", &text, gp_tools::TOOLS).unwrap();
        let (limits, fetch) = (Limits::default(), FetchSettings::default());
        find_layers(&Catalog::new(vec![service]), &limits, &fetch).map_err(|error| format!("{error:#}"))
    }

    fn offered(file: &str, layer: &str, parameter: &str) -> Result<(), String> {
        check(&format!(
            "[[layer]]\nname = \"A\"\nfile = \"FILES/{file}\"\n{layer}\n\
             [[task]]\ntool = \"EchoValues\"\n[task.layers]\n{parameter} = [\"A\"]\n"
        ))
    }

    #[test]
    fn a_layer_that_its_file_does_not_have_is_refused_with_the_names_that_it_has() {
        let refusal = offered("rivers.gpkg", "layer = \"river\"", "Features").unwrap_err();
        assert!(refusal.starts_with("the layer \"A\" of S: "), "{refusal}");
        assert!(
            refusal.ends_with("rivers.gpkg: the file has no layer river: it has rivers, cities"),
            "{refusal}"
        );
        let refusal = offered("cities.kml", "layer = \"x\"", "Rows").unwrap_err();
        assert!(refusal.contains("the file has no layer x: it has "), "{refusal}");
        let refusal = offered("counties.zip", "layer = \"x\"", "Multi_Features").unwrap_err();
        assert!(refusal.contains("the file has no layer x: it has counties"), "{refusal}");
        let refusal = offered("none.gpkg", "", "Features").unwrap_err();
        assert!(refusal.contains("none.gpkg: "), "{refusal}");
    }

    #[test]
    fn a_layer_may_be_a_file_that_lies_beside_a_shapefile_in_a_zip_file() {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("a.zip");
        let csv = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/files/cities.csv");
        let files = ["counties.shp", "cities.csv"].map(|name| (name.to_owned(), csv.into()));
        gp_formats::zip_files(&zip, &files, &|| false).unwrap();
        let check = |layer: &str| {
            check(&format!(
                "[[layer]]\nname = \"A\"\nfile = \"{}\"\nlayer = \"{layer}\"\n\
                 [[task]]\ntool = \"EchoValues\"\n[task.layers]\nFeatures = [\"A\"]\n",
                zip.display()
            ))
        };
        assert_eq!(check("cities"), Ok(()));
        let refusal = check("seas").unwrap_err();
        assert!(refusal.ends_with("the file has no layer seas: it has counties, cities.csv"), "{refusal}");
    }

    #[test]
    fn a_file_of_several_layers_needs_one_named_only_where_features_are_taken() {
        let refusal = offered("rivers.gpkg", "", "Multi_Features").unwrap_err();
        assert!(refusal.contains("add layer = \"…\" to the [[layer]]"), "{refusal}");
        assert!(refusal.ends_with("the file holds several layers: name one of rivers, cities"), "{refusal}");
        assert_eq!(offered("rivers.gpkg", "", "File"), Ok(()));
        for (file, layer) in [
            ("rivers.gpkg", "layer = \"Rivers\""),
            ("counties.zip", ""),
            ("counties.zip", "layer = \"counties\""),
            ("cities.kml", ""),
            ("cities.csv", ""),
            ("cities.fgb", "layer = \"anything\""),
        ] {
            assert_eq!(offered(file, layer, "Features"), Ok(()), "{file} {layer}");
        }
    }
}
