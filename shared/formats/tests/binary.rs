//! Shapefiles and GeoPackages that other software wrote, read as that software, or another, reads them.
//!
//! `data/make_binary.py` makes the files and the expectations, which are feature sets as JSON.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use gp_esri::{FeatureSet, Field, FieldType, ReadLimits, SpatialReference};
use gp_formats::{Format, FormatError, Input, ReadLayer, ReadOptions, WriteLayer, read, write};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/binary")
}

fn options(layer: Option<&str>) -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 100_000_000,
        layer: layer.map(str::to_owned),
        extent: None,
        scratch: Path::new(env!("CARGO_TARGET_TMPDIR")),
        stop: &|| false,
    }
}

fn input(file: &str) -> Input {
    Input::open(&folder().join(file)).unwrap()
}

fn read_layer(file: &str, layer: &str) -> ReadLayer {
    let input = input(file);
    let format = if file.ends_with(".gpkg") { Format::GeoPackage } else { Format::Shapefile };
    read(&input, format, &options(Some(layer))).unwrap()
}

/// The names of the layers of a file, as the error lists them when one is asked for that is not there.
fn layer_names(input: &Input, format: Format) -> Vec<String> {
    match read(input, format, &options(Some("no layer has this name"))) {
        Err(FormatError::NoLayer { names, .. }) => names,
        _ => Vec::new(),
    }
}

fn expected(name: &str, layer: &str) -> FeatureSet {
    let path = folder().join(format!("{name}.{}.json", layer.replace('"', "_")));
    let text = std::fs::read_to_string(&path).unwrap();
    FeatureSet::from_json(&text, &ReadLimits::default()).unwrap().feature_set
}

/// Everything but the reference, which the expectations do not hold, and what a field says beside its type.
fn assert_same(read: &FeatureSet, expected: &FeatureSet, what: &str) {
    let plain = |field: &Field| (field.name.clone(), field.field_type);
    let fields: Vec<_> = read.fields.iter().map(plain).collect();
    assert_eq!(fields, expected.fields.iter().map(plain).collect::<Vec<_>>(), "{what}");
    let schema = |set: &FeatureSet| (set.geometry_type, set.has_z, set.has_m, set.features.len());
    assert_eq!(schema(read), schema(expected), "{what}");
    for (row, (read, expected)) in read.features.iter().zip(&expected.features).enumerate() {
        assert_eq!(read.attributes, expected.attributes, "{what}, row {row}");
        // Measures that are missing are NaN, which is equal to nothing; their texts are.
        assert_eq!(format!("{:?}", read.geometry), format!("{:?}", expected.geometry), "{what}, row {row}");
    }
}

#[test]
fn texts_are_read_by_the_code_page_of_a_cpg_a_language_driver_or_by_what_they_look_like() {
    let layers = layer_names(&input("code_pages.zip"), Format::Shapefile);
    assert_eq!(layers.len(), 9);
    for layer in layers {
        let read = read_layer("code_pages.zip", &layer);
        assert_same(&read.features, &expected("code_pages", &layer), &layer);
        assert_eq!(read.warnings.len(), usize::from(layer == "unknown"), "{layer} {:?}", read.warnings);
        assert_eq!(read.features.spatial_reference.unwrap().latest_wkid, Some(4326));
    }
}

#[test]
fn every_kind_of_shape_is_read_with_z_and_m_and_without_an_index() {
    let layers = layer_names(&input("kinds.zip"), Format::Shapefile);
    assert_eq!(layers.len(), 14);
    for layer in layers {
        let read = read_layer("kinds.zip", &layer);
        assert_same(&read.features, &expected("kinds", &layer), &layer);
        assert_eq!(read.features.spatial_reference.unwrap().wkid, Some(32633));
        assert_eq!(read.features.features[1].geometry, None);
    }
}

#[test]
fn fields_of_every_type_are_read_to_the_ends_of_their_ranges() {
    let read = read_layer("values.zip", "values");
    assert_same(&read.features, &expected("values", "values"), "values");
    assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
}

#[test]
fn a_shapefile_that_was_changed_in_place_is_read_by_its_index() {
    assert_same(&read_layer("changed.zip", "changed").features, &expected("changed", "changed"), "changed");
}

#[test]
fn shapefiles_of_gdal_are_read_as_gdal_reads_them() {
    let read = read_layer("gdal.zip", "gdal");
    assert_same(&read.features, &expected("gdal", "gdal"), "gdal");
    assert_eq!(read.features.spatial_reference.unwrap().wkid, Some(32633));
    assert_eq!(read.warnings, Vec::<String>::new());
}

#[test]
fn geopackages_of_gdal_are_read_as_gdal_reads_them() {
    let layers = layer_names(&input("gdal.gpkg"), Format::GeoPackage);
    assert_eq!(layers.len(), 7);
    for layer in layers {
        let read = read_layer("gdal.gpkg", &layer);
        let mut expected = expected("gdal_gpkg", &layer);
        expected.fields.iter_mut().find(|field| field.name == "fid").unwrap().field_type = FieldType::Oid;
        assert_same(&read.features, &expected, &layer);
        let reference = match layer.as_str() {
            "Flächen \"x\"" => Some(32633),
            "polygons" => Some(102_008),
            "linez" => Some(3857),
            "multi" | "table" => None,
            _ => Some(4326),
        };
        assert_eq!(read.features.spatial_reference, reference.map(SpatialReference::from_wkid), "{layer}");
        assert!(read.warnings.iter().any(|warning| warning.contains("raw")), "{:?}", read.warnings);
    }
}

#[test]
fn the_spatial_index_of_gdal_is_used() {
    let envelope = gp_esri::Envelope { xmin: 2.0, ymin: 2.0, xmax: 9.0, ymax: 9.0 };
    let extent = Some(gp_esri::Extent { envelope, spatial_reference: None, z: None, m: None });
    let options = ReadOptions { extent, ..options(Some("points")) };
    let layer = read(&input("gdal.gpkg"), Format::GeoPackage, &options).unwrap();
    assert_eq!(layer.features.features.len(), 1);
    assert_eq!(layer.features.oid_of(0), 3);
}

#[test]
fn what_was_read_is_written_and_read_again() {
    for (file, name) in [("kinds.zip", "kinds"), ("gdal.gpkg", "gdal_gpkg")] {
        let format = if file.ends_with(".gpkg") { Format::GeoPackage } else { Format::Shapefile };
        let names = layer_names(&input(file), format);
        let layers: Vec<ReadLayer> = names.iter().map(|layer| read_layer(file, layer)).collect();
        let layers: Vec<WriteLayer<'_>> =
            layers.iter().map(|layer| WriteLayer { name: &layer.name, features: &layer.features }).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file);
        write(&path, format, &layers, &|| false).unwrap();
        for layer in names {
            let read = read(&Input::open(&path).unwrap(), format, &options(Some(&layer))).unwrap();
            assert_same(&read.features, &expected(name, &layer), &layer);
        }
    }
}

#[test]
fn every_cut_of_a_file_is_an_error_and_is_found_soon() {
    for file in ["gdal.zip", "gdal.gpkg"] {
        let bytes = std::fs::read(folder().join(file)).unwrap();
        let step = (bytes.len() / 300).max(1);
        for length in (0..bytes.len()).step_by(step) {
            let start = std::time::Instant::now();
            let input =
                Input::new(file, std::sync::Arc::new(bytes::Bytes::copy_from_slice(&bytes[..length])));
            let format = if file.ends_with(".gpkg") { Format::GeoPackage } else { Format::Shapefile };
            let layer = if file.ends_with(".gpkg") { "points" } else { "gdal" };
            let result = read(&input, format, &options(Some(layer)));
            assert!(start.elapsed().as_secs() < 10, "{file} {length}");
            // A database may have lost no more than another layer.
            assert!(format == Format::GeoPackage || result.is_err(), "{file} {length}");
            assert!(!matches!(result, Err(FormatError::Io(_))), "{file} {length} {result:?}");
        }
    }
}
