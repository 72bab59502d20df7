//! FlatGeobuf, GeoParquet and Esri's protocol buffers as other software writes them: `data/make_columnar.py` makes the files
//! and says what is in them.

#![expect(clippy::unwrap_used, reason = "what cannot be set up has failed the test")]

use gp_esri::{Attribute, Envelope, Extent, Feature, Geometry, Path, ReadLimits};
use gp_formats::{Format, FormatError, Input, ReadLayer, ReadOptions, WriteLayer, read, write};
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/columnar")
}

fn expectations() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("columnar.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn options() -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 1 << 28,
        layer: None,
        extent: None,
        scratch: std::path::Path::new("/nowhere"),
        stop: &|| false,
    }
}

fn read_bytes(name: &str, bytes: Vec<u8>) -> Result<ReadLayer, FormatError> {
    let format = Format::of(name, b"").unwrap();
    read(&Input::new(name, Arc::new(bytes::Bytes::from(bytes))), format, &options())
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".json"))
        .collect();
    files.sort();
    files.into_iter().map(|name| (name.clone(), std::fs::read(folder().join(name)).unwrap())).collect()
}

fn attributes(feature: &Feature) -> Vec<Value> {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Null => Value::Null,
        Attribute::Integer(number) => Value::from(*number),
        Attribute::Double(number) => Value::from(*number),
        Attribute::Text(text) => Value::from(&**text),
    };
    feature.attributes.iter().map(value).collect()
}

/// The vertices of each path with their z and m.
fn paths(geometry: Option<&Geometry>) -> Value {
    let vertices = |path: &Path| {
        let vertex = |index: usize| {
            let [x, y] = path.xy[index];
            let rest = [path.z.get(index), path.m.get(index)].into_iter().flatten();
            [x, y].into_iter().chain(rest.copied()).map(Value::from).collect::<Vec<_>>()
        };
        Value::from((0..path.xy.len()).map(vertex).map(Value::from).collect::<Vec<_>>())
    };
    let all = match geometry {
        None => return Value::Null,
        Some(Geometry::Point(point)) => {
            let ordinates = point.xy.into_iter().chain(point.z).chain(point.m);
            vec![Value::from(vec![Value::from(ordinates.map(Value::from).collect::<Vec<_>>())])]
        }
        Some(Geometry::Multipoint(points)) => vec![vertices(points)],
        Some(Geometry::Polyline(paths) | Geometry::Polygon(paths)) => paths.iter().map(vertices).collect(),
    };
    Value::from(all)
}

/// Equal, numbers as numbers.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * a.abs()),
        },
        _ => a == b,
    }
}

fn check(layer: &ReadLayer, expected: &Value) {
    let file = &expected["file"];
    let set = &layer.features;
    let kind = set.geometry_type.map(|kind| format!("{kind:?}"));
    assert_eq!(kind.as_deref(), expected["geometry_type"].as_str(), "{file}");
    let code = set.spatial_reference.as_ref().and_then(gp_esri::SpatialReference::code);
    assert_eq!(code.map(u64::from), expected["wkid"].as_u64(), "{file}");
    let fields: Vec<Value> = set
        .fields
        .iter()
        .map(|field| Value::from(vec![field.name.clone(), format!("{:?}", field.field_type)]))
        .collect();
    assert_eq!(Value::from(fields), expected["fields"], "{file}");
    let rows = expected["rows"].as_array().unwrap();
    assert_eq!(set.features.len(), rows.len(), "{file}");
    for (feature, row) in set.features.iter().zip(rows) {
        let read = Value::from(attributes(feature));
        assert!(same(&read, &row["attributes"]), "{file}: {read} is not {}", row["attributes"]);
        let read = paths(feature.geometry.as_ref());
        assert!(same(&read, &row["paths"]), "{file}: {read} is not {}", row["paths"]);
    }
    let warnings = expected["warnings"].as_array().unwrap();
    assert_eq!(layer.warnings.len(), warnings.len(), "{file}: {:?}", layer.warnings);
    for warning in warnings {
        let warning = warning.as_str().unwrap();
        assert!(layer.warnings.iter().any(|read| read.contains(warning)), "{file}: {:?}", layer.warnings);
    }
}

#[test]
fn what_other_software_wrote_is_read_as_it_reads_it() {
    for expected in expectations() {
        let name = expected["file"].as_str().unwrap();
        let layer = read_bytes(name, std::fs::read(folder().join(name)).unwrap()).unwrap();
        check(&layer, &expected);
    }
}

#[test]
fn what_other_software_wrote_is_read_again_from_every_format() {
    let scratch = tempfile::tempdir().unwrap();
    for expected in expectations() {
        let name = expected["file"].as_str().unwrap();
        let layer = read_bytes(name, std::fs::read(folder().join(name)).unwrap()).unwrap();
        for format in [Format::FlatGeobuf, Format::GeoParquet, Format::EsriPbf] {
            let path = scratch.path().join(format!("again.{}", format.extension()));
            write(&path, format, &[WriteLayer { name: "again", features: &layer.features }], &|| false)
                .unwrap();
            let again = read(&Input::open(&path).unwrap(), format, &options()).unwrap();
            let key = |feature: &Feature| format!("{:?}", feature.attributes);
            let sorted = |layer: &ReadLayer| {
                let mut features = layer.features.features.clone();
                features.sort_by_key(key);
                features
            };
            let (before, after) = (sorted(&layer), sorted(&again));
            assert_eq!(before.len(), after.len());
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(attributes(before), attributes(after), "{name} as {format:?}");
                let envelopes =
                    [before, after].map(|feature| feature.geometry.as_ref().map(Geometry::envelope));
                let [Some(before), Some(after)] = envelopes else {
                    assert_eq!(envelopes, [None, None]);
                    continue;
                };
                for (before, after) in [(before.xmin, after.xmin), (before.ymax, after.ymax)] {
                    assert!((before - after).abs() < 1e-6, "{name} as {format:?}: {after} is not {before}");
                }
            }
        }
    }
}

#[test]
fn a_box_gives_the_features_that_touch_it() {
    for name in ["polygon.fgb", "polygon.parquet"] {
        for (xmin, count) in [(19.0, None), (0.0, Some(2)), (22.0, Some(0))] {
            let envelope = Envelope { xmin, ymin: 0.0, xmax: xmin + 1.5, ymax: 0.5 };
            let extent = Some(Extent { envelope, spatial_reference: None, z: None, m: None });
            let input = Input::open(&folder().join(name)).unwrap();
            let format = Format::of(name, b"").unwrap();
            let layer = read(&input, format, &ReadOptions { extent, ..options() }).unwrap();
            let features = &layer.features.features;
            // GDAL's file has a feature more there, the triangle alone.
            let expected = count.unwrap_or(if name == "polygon.fgb" { 2 } else { 1 });
            assert_eq!(features.len(), expected, "{name} from {xmin}");
        }
    }
}

#[test]
fn geometries_of_arrow_are_refused_by_name() {
    let bytes = std::fs::read(folder().join("native.parquet")).unwrap();
    let error = read_bytes("native.parquet", bytes).unwrap_err();
    assert!(matches!(error, FormatError::Unsupported(_)) && error.to_string().contains("encoded as point"));
}

#[test]
fn every_file_cut_anywhere_is_an_error() {
    for (name, bytes) in files() {
        // Of a Parquet file nothing is read before its end, so some of its lengths say as much as all.
        let step = if name.ends_with(".parquet") { 17 } else { 1 };
        for length in (0..bytes.len()).step_by(step) {
            assert!(read_bytes(&name, bytes[..length].to_vec()).is_err(), "{name} cut to {length} bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn files_with_changed_bytes_never_panic(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let files = files();
        let (name, mut bytes) = files[file.index(files.len())].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read_bytes(&name, bytes);
    }
}
