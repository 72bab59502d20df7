use super::*;
use crate::Format;
use crate::testing::{self, extent, layer_names, options};
use bytes::Bytes;
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry, Point, date};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn written(set: &FeatureSet) -> (Vec<u8>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let warnings = write(&path, &[WriteLayer { name: "roads", features: set }], &|| false).unwrap();
    (std::fs::read(path).unwrap(), warnings)
}

fn input(bytes: Vec<u8>) -> Input {
    Input::new("a.zip", Arc::new(Bytes::from(bytes)))
}

fn read_back(bytes: Vec<u8>) -> Result<ReadLayer, FormatError> {
    let start = Instant::now();
    let layer = read(&input(bytes), &options());
    assert!(start.elapsed() < Duration::from_secs(10));
    layer
}

/// What a shapefile makes of a set.
fn as_shapefile(set: &FeatureSet) -> FeatureSet {
    let mut set = set.clone();
    let is_all_midnight = |index: usize, set: &FeatureSet| {
        let mut values = set.features.iter().map(|feature| &feature.attributes[index]);
        values.all(|value| !matches!(value, Attribute::Integer(ms) if ms % 86_400_000 != 0))
    };
    for index in 0..set.fields.len() {
        let was = set.fields[index].field_type;
        let longest = set.features.iter().map(|feature| match &feature.attributes[index] {
            Attribute::Integer(number) => number.to_string().len(),
            _ => 0,
        });
        let longest = longest.max().unwrap_or_default();
        let is_text_date = was == FieldType::Date && !is_all_midnight(index, &set);
        let becomes = match was {
            FieldType::Oid | FieldType::SmallInteger | FieldType::Integer if longest < 10 => {
                FieldType::Integer
            }
            FieldType::Oid | FieldType::SmallInteger | FieldType::Integer => FieldType::BigInteger,
            FieldType::Single => FieldType::Double,
            FieldType::DateOnly => FieldType::Date,
            FieldType::Date if is_text_date => FieldType::String,
            other => other,
        };
        // All ids are there, and so they are ids again.
        let becomes = if was == FieldType::Oid { FieldType::Oid } else { becomes };
        set.fields[index].field_type = becomes;
        for feature in &mut set.features {
            let value = &mut feature.attributes[index];
            let new = match &*value {
                Attribute::Text(text) if was == FieldType::DateOnly => {
                    Attribute::Integer(date::parse_date(text).unwrap())
                }
                Attribute::Text(text) if text.trim_end_matches(' ').is_empty() => Attribute::Null,
                Attribute::Text(text) => Attribute::Text(text.trim_end_matches(' ').into()),
                Attribute::Integer(ms) if is_text_date => Attribute::Text(date::date_to_text(*ms).into()),
                other => other.clone(),
            };
            *value = new;
        }
    }
    if let Some(reference) = &mut set.spatial_reference {
        let crs = gp_geometry::Crs::new(reference).unwrap();
        reference.wkt = crs.well_known_text().map(Into::into);
    }
    set
}

proptest! {
    #[test]
    fn every_set_comes_back_as_a_shapefile_can_hold_it(set in testing::feature_set()) {
        let (bytes, _) = written(&set);
        let layer = read_back(bytes).unwrap();
        prop_assert_eq!(&layer.name, "roads");
        let mut expected = as_shapefile(&set);
        // Measures are declared by those that are there.
        if expected.has_z && expected.features.iter().all(|feature| feature.geometry.is_none()) {
            expected.has_m = false;
        }
        testing::assert_close(&layer.features, &expected, 0.0);
        let table = "there is no roads.shp in the zip file: the rows of roads.dbf were read as a table without geometry";
        let warnings: &[&str] = if set.geometry_type.is_none() { &[table] } else { &[] };
        prop_assert_eq!(layer.warnings, warnings);
    }

    #[test]
    fn a_shapefile_with_flipped_bytes_never_panics(
        set in testing::feature_set(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let _ = read_back(damaged(&written(&set).0, &flips));
    }
}

/// Flips bytes within the parts, behind the checksums of the archive.
fn damaged(bytes: &[u8], flips: &[(prop::sample::Index, prop::sample::Index, u8)]) -> Vec<u8> {
    with_parts(bytes, |parts| {
        for (part, at, byte) in flips {
            let count = parts.len().min(4);
            let content = &mut parts[part.index(count)].1;
            let at = at.index(content.len().max(1));
            if let Some(old) = content.get_mut(at) {
                *old = *byte;
            }
        }
    })
}

type Parts = Vec<(String, Vec<u8>)>;

/// The archive with its parts changed.
fn with_parts(bytes: &[u8], change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let archive = Archive::open(&input(bytes.to_vec()), 1 << 30).unwrap();
    let entries = archive.entries().iter();
    let mut parts =
        entries.map(|entry| (entry.path.clone(), archive.read(entry, u64::MAX).unwrap())).collect();
    change(&mut parts);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.zip");
    let mut zip = crate::zipped::ZipWriter::create(&path).unwrap();
    for (name, content) in parts {
        zip.add(&name, &mut |out| Ok(out.write_all(&content)?)).unwrap();
    }
    zip.finish().unwrap();
    std::fs::read(path).unwrap()
}

fn part<'a>(parts: &'a mut Parts, extension: &str) -> &'a mut Vec<u8> {
    &mut parts.iter_mut().find(|(name, _)| name.ends_with(extension)).unwrap().1
}

fn points(count: u32) -> FeatureSet {
    let fields = [("OBJECTID", FieldType::Oid), ("Name", FieldType::String)];
    let row = |n: u32| gp_esri::Feature {
        attributes: vec![Attribute::Integer(n.into()), Attribute::Text(format!("Nº {n}").into())],
        geometry: Some(Geometry::Point(Point::from_xy([f64::from(n), 1.0]))),
    };
    FeatureSet {
        geometry_type: Some(gp_esri::GeometryType::Point),
        spatial_reference: Some(gp_esri::SpatialReference::from_wkid(3857)),
        fields: fields.map(|(name, field_type)| gp_esri::Field::new(name, field_type)).to_vec(),
        features: (1..=count).map(row).collect(),
        ..FeatureSet::default()
    }
}

fn ids(layer: &ReadLayer) -> Vec<i64> {
    let id = |feature: &gp_esri::Feature| match feature.attributes[0] {
        Attribute::Integer(id) => id,
        _ => -1,
    };
    layer.features.features.iter().map(id).collect()
}

#[test]
fn every_cut_of_a_part_is_an_error_or_a_warning() {
    let bytes = written(&points(3)).0;
    for extension in [".shp", ".dbf"] {
        let mut length = 0;
        with_parts(&bytes, |parts| length = part(parts, extension).len());
        // The mark at the end of a table may be missing.
        let least = if extension == ".dbf" { length - 1 } else { length };
        for length in 0..least {
            let cut = with_parts(&bytes, |parts| part(parts, extension).truncate(length));
            assert!(read_back(cut).is_err(), "{extension} {length}");
        }
    }
}

#[test]
fn counts_that_promise_more_than_there_is_cost_nothing() {
    let line = Geometry::Polyline(vec![gp_esri::Path::from_xy(vec![[0.0, 0.0], [1.0, 1.0]])]);
    let mut set = points(1);
    set.geometry_type = Some(gp_esri::GeometryType::Polyline);
    set.features[0].geometry = Some(line);
    let bytes = written(&set).0;
    // Length of the record, number of parts, number of vertices.
    for at in [104, 144, 148] {
        for value in [[0x7f, 0xff, 0xff, 0xff], [0xff; 4]] {
            let bad = with_parts(&bytes, |parts| part(parts, ".shp")[at..at + 4].copy_from_slice(&value));
            assert!(read_back(bad).is_err());
        }
    }
    let bad = with_parts(&bytes, |parts| part(parts, ".dbf")[4..8].copy_from_slice(&[0xff; 4]));
    let layer = read_back(bad.clone()).unwrap();
    assert!(layer.warnings[0].contains("ends 4294967294 rows before"), "{:?}", layer.warnings);
    let bad = with_parts(&bad, |parts| {
        part(parts, ".dbf").pop();
    });
    assert!(read_back(bad).unwrap_err().to_string().contains("4294967294 of its rows are missing"));
}

#[test]
fn what_is_not_there_is_said() {
    let bytes = written(&points(2)).0;
    let without = |extension: &str| {
        read_back(with_parts(&bytes, |parts| parts.retain(|(name, _)| !name.ends_with(extension))))
    };
    let layer = without(".dbf").unwrap();
    assert!(layer.features.fields.is_empty() && layer.features.features.len() == 2);
    assert!(layer.warnings[0].contains("no .dbf"));
    let layer = without(".prj").unwrap();
    assert_eq!(layer.features.spatial_reference, None);
    assert!(layer.warnings[0].contains("no .prj"));
    let layer = without(".cpg").unwrap();
    assert!(layer.warnings[0].contains("code page"));
    assert_eq!(layer.features.features[0].attributes[1], Attribute::Text("Nº 1".into()));
    assert_eq!(without(".shx").unwrap().warnings, Vec::<String>::new());
    let error = without(".shp").unwrap_err().to_string();
    assert!(error.contains("there is roads.shx in the zip file and no roads.shp"), "{error}");
    let error = read_back(with_parts(&bytes, |parts| parts.retain(|(name, _)| name.ends_with("x"))));
    assert!(error.unwrap_err().to_string().contains("no .shp in it, but roads.shx"));
}

#[test]
fn a_shape_that_is_wrong_is_named_by_its_number() {
    // Behind the header of the file, the first record and the header of the second.
    let bytes = with_parts(&written(&points(3)).0, |parts| part(parts, ".shp")[100 + 28 + 8] = 99);
    let error = read_back(bytes).unwrap_err().to_string();
    assert!(error.contains("shape 2: 99 is no type of shape"), "{error}");
}

#[test]
fn shapes_and_rows_that_do_not_match_are_counted() {
    let bytes = written(&points(3)).0;
    let fewer_rows = with_parts(&bytes, |parts| part(parts, ".dbf")[4] = 2);
    let layer = read_back(fewer_rows).unwrap();
    assert_eq!((layer.features.features.len(), ids(&layer)), (3, vec![1, 2, -1]));
    assert!(layer.warnings[0].starts_with("1 shapes have no row"));
    let fewer_shapes = with_parts(&bytes, |parts| {
        parts.retain(|(name, _)| !name.ends_with(".shx"));
        let shp = part(parts, ".shp");
        shp.truncate(100 + 2 * 28);
        shp[24..28].copy_from_slice(&78_u32.to_be_bytes());
    });
    let layer = read_back(fewer_shapes).unwrap();
    assert_eq!(layer.features.features[2].geometry, None);
    assert!(layer.warnings[0].starts_with("1 rows of the .dbf have no shape"));
}

#[test]
fn deleted_rows_go_with_their_shapes() {
    let mut header = 0;
    let bytes = with_parts(&written(&points(3)).0, |parts| {
        let dbf = part(parts, ".dbf");
        header = usize::from(u16::from_le_bytes([dbf[8], dbf[9]]));
        let row = usize::from(u16::from_le_bytes([dbf[10], dbf[11]]));
        dbf[header + row] = b'*';
    });
    let layer = read_back(bytes).unwrap();
    assert_eq!(ids(&layer), [1, 3]);
    assert_eq!(layer.features.features[1].geometry, Some(Geometry::Point(Point::from_xy([3.0, 1.0]))));
}

#[test]
fn the_order_is_that_of_the_index_where_records_were_rewritten() {
    let bytes = written(&points(2)).0;
    let folder = tempfile::tempdir().unwrap();
    let rewritten = with_parts(&bytes, |parts| {
        let shp = part(parts, ".shp");
        let mut moved = shp[100..128].to_vec();
        moved[12..20].copy_from_slice(&7_f64.to_le_bytes());
        shp.extend(moved);
        let words = (shp.len() / 2) as u32;
        shp[24..28].copy_from_slice(&words.to_be_bytes());
        part(parts, ".shx")[100..104].copy_from_slice(&78_u32.to_be_bytes());
    });
    let options = ReadOptions { scratch: folder.path(), ..options() };
    let layer = read(&input(rewritten), &options).unwrap();
    assert_eq!(layer.features.features[0].geometry, Some(Geometry::Point(Point::from_xy([7.0, 1.0]))));
    assert_eq!(layer.features.features.len(), 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let nonsense = with_parts(&bytes, |parts| part(parts, ".shx")[100..108].fill(0xee));
    assert_eq!(ids(&read(&input(nonsense), &options).unwrap()), [1, 2]);
}

#[test]
fn multipatches_are_refused_in_words() {
    let bytes = with_parts(&written(&points(1)).0, |parts| part(parts, ".shp")[32] = 31);
    assert!(read_back(bytes).unwrap_err().to_string().contains("multipatches"));
}

#[test]
fn limits_and_stops_are_heeded() {
    let bytes = written(&points(3)).0;
    let mut options = options();
    options.limits.max_features = 2;
    assert!(matches!(read(&input(bytes.clone()), &options), Err(FormatError::TooLarge(_))));
    options.limits.max_features = 3;
    options.limits.max_vertices = 2;
    assert!(matches!(read(&input(bytes.clone()), &options), Err(FormatError::TooLarge(_))));
    let options = ReadOptions { stop: &|| true, ..options };
    assert!(matches!(read(&input(bytes), &options), Err(FormatError::Stopped)));
    let folder = tempfile::tempdir().unwrap();
    let layer = WriteLayer { name: "a", features: &points(1) };
    assert!(matches!(write(&folder.path().join("a"), &[layer], &|| true), Err(FormatError::Stopped)));
}

#[test]
fn a_box_leaves_out_what_lies_beside_it() {
    let mut set = points(3);
    set.features[0].geometry = None;
    let bytes = written(&set).0;
    let in_box = |extent| ids(&read(&input(bytes.clone()), &ReadOptions { extent, ..options() }).unwrap());
    assert_eq!(in_box(extent([2.5, 0.0, 9.0, 9.0], None)), [3]);
}

#[test]
fn several_layers_are_told_apart_and_one_is_chosen() {
    let (one, two) = (points(1), points(2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let layers = [("a/b", &one), ("A_b", &two), ("...", &one)];
    let layers = layers.map(|(name, features)| WriteLayer { name, features });
    let warnings = write(&path, &layers, &|| false).unwrap();
    assert_eq!(warnings[0], "a/b: the files of the layer are named a_b");
    let input = Input::open(&path).unwrap();
    assert_eq!(layer_names(&input, Format::Shapefile), ["a_b", "A_b_1", "layer"]);
    assert!(matches!(read(&input, &options()), Err(FormatError::SeveralLayers { .. })));
    let layer = read(&input, &ReadOptions { layer: Some("a_B_1".to_owned()), ..options() }).unwrap();
    assert_eq!((layer.name.as_str(), layer.features.features.len()), ("A_b_1", 2));
}

#[test]
fn a_table_beside_the_only_layer_with_shapes_needs_no_name_to_be_passed_over() {
    let (layer, mut table) = (points(1), points(3));
    table.geometry_type = None;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let layers = [("codes", &table), ("roads", &layer)];
    write(&path, &layers.map(|(name, features)| WriteLayer { name, features }), &|| false).unwrap();
    let input = Input::open(&path).unwrap();
    assert_eq!(layer_names(&input, Format::Shapefile), ["roads", "codes"]);
    assert_eq!(read(&input, &options()).unwrap().name, "roads");
    let table = read(&input, &ReadOptions { layer: Some("codes".to_owned()), ..options() }).unwrap();
    assert_eq!(ids(&table), [1, 2, 3]);
}

#[test]
fn thousands_of_layers_are_told_apart_at_once() {
    let bytes = with_parts(&written(&points(1)).0, |parts| {
        *parts = (0..9_000).map(|n| (format!("{}/{n}.shp", n % 2), Vec::new())).collect();
    });
    let start = Instant::now();
    assert_eq!(layer_names(&input(bytes), Format::Shapefile).len(), 9_000);
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn what_does_not_fit_is_said_and_texts_are_cut_by_characters() {
    let mut set = points(1);
    set.spatial_reference = None;
    set.fields[1] = gp_esri::Field::new("a_long_field_name", FieldType::String);
    set.features[0].attributes[1] = Attribute::Text("ö".repeat(200).into());
    set.features.push(set.features[0].clone());
    let multipoint = |xy| Some(Geometry::Multipoint(gp_esri::Path::from_xy(xy)));
    set.features[1].geometry = multipoint(vec![[0.0, 0.0]]);
    set.features.push(set.features[0].clone());
    set.features[2].geometry = multipoint(Vec::new());
    let (bytes, warnings) = written(&set);
    assert_eq!(warnings.len(), 5, "{warnings:?}");
    assert!(warnings[0].contains("a_long_field_name → a_long_fie"));
    assert!(warnings[1].starts_with("1 features have a geometry of another type"));
    assert!(warnings[2].starts_with("1 features have an empty geometry"));
    assert!(warnings[3].starts_with("3 texts of the field a_long_fie were cut"));
    assert!(warnings[4].contains("no .prj"));
    let layer = read_back(bytes).unwrap();
    assert_eq!(layer.features.features[0].attributes[1], Attribute::Text("ö".repeat(127).into()));
}

#[test]
fn empty_sets_and_tables_come_back() {
    let mut set = points(0);
    let layer = read_back(written(&set).0).unwrap();
    assert_eq!(layer.features.geometry_type, set.geometry_type);
    assert_eq!((layer.features.features.len(), layer.features.fields.len()), (0, 2));
    set = points(2);
    set.geometry_type = None;
    set.features.iter_mut().for_each(|feature| feature.geometry = None);
    let layer = read_back(written(&set).0).unwrap();
    assert_eq!((layer.features.geometry_type, ids(&layer)), (None, vec![1, 2]));
    set.fields.clear();
    set.features.iter_mut().for_each(|feature| feature.attributes.clear());
    let layer = read_back(written(&set).0).unwrap();
    assert_eq!((layer.features.fields[0].name.as_str(), ids(&layer)), ("FID", vec![0, 1]));
}
