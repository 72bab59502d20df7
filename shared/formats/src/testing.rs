//! What the tests of formats share: options, files in memory, feature sets made at random, and how sets are compared.

mod sets;

pub(crate) use sets::{any_geometry, feature_set, telling_set};

use crate::{Format, FormatError, Input, ReadLayer, ReadOptions, WriteLayer, read, write};
use bytes::Bytes;
use gp_esri::{
    Attribute, Envelope, Extent, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point,
    ReadLimits, SpatialReference, Xy,
};
use std::sync::Arc;

/// A zip file of these files.
pub(crate) fn packed(files: &[(&str, Vec<u8>)]) -> Input {
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

/// A zip file with the files of another in a folder, and these.
pub(crate) fn with_files(zip: &std::path::Path, folder: &str, files: &[(&str, Vec<u8>)]) -> Input {
    let file = Input::open(zip).unwrap();
    let archive = crate::zipped::Archive::open(&file, u64::MAX).unwrap();
    let moved = archive
        .entries()
        .iter()
        .map(|entry| (format!("{folder}{}", entry.path), archive.read(entry, u64::MAX).unwrap()));
    let mut all: Vec<(String, Vec<u8>)> = moved.collect();
    all.extend(files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone())));
    let all: Vec<(&str, Vec<u8>)> = all.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    packed(&all)
}

/// Options without limits worth the name.
pub(crate) fn options() -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 1 << 30,
        layer: None,
        extent: None,
        scratch: std::path::Path::new("/tmp"),
        stop: &|| false,
    }
}

/// A box for [`ReadOptions::extent`], in the reference of that code.
pub(crate) fn extent([xmin, ymin, xmax, ymax]: [f64; 4], code: Option<u32>) -> Option<Extent> {
    let envelope = Envelope { xmin, ymin, xmax, ymax };
    Some(Extent { envelope, spatial_reference: code.map(SpatialReference::from_wkid), z: None, m: None })
}

pub(crate) fn input(name: &str, bytes: impl Into<Vec<u8>>) -> Input {
    Input::new(name, Arc::new(Bytes::from(bytes.into())))
}

/// Reads bytes as a file of that format.
pub(crate) fn read_bytes(format: Format, bytes: impl Into<Vec<u8>>) -> Result<ReadLayer, FormatError> {
    read(&input("roads.v2.txt", bytes), format, &options())
}

/// The names of the layers of a file, as the error lists them when one is asked for that is not there.
pub(crate) fn layer_names(input: &Input, format: Format) -> Vec<String> {
    let options = ReadOptions { layer: Some("no layer has this name".to_owned()), ..options() };
    match read(input, format, &options).unwrap_err() {
        FormatError::NoLayer { names, .. } => names,
        other => panic!("{other}"),
    }
}

/// The bytes of a file with that set, and the warnings.
pub(crate) fn written(format: Format, set: &FeatureSet) -> (Vec<u8>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let layer = WriteLayer { name: "roads", features: set };
    let warnings = write(&path, format, &[layer], &|| false).unwrap();
    (std::fs::read(&path).unwrap(), warnings)
}

/// A small set with everything in it that text can get wrong.
pub(crate) fn sample() -> FeatureSet {
    let row = |id: i64, name: Option<&str>, when: Option<i64>, value: Option<f64>, xy: Option<Xy>| Feature {
        attributes: vec![
            Attribute::Integer(id),
            name.map_or(Attribute::Null, |name| Attribute::Text(name.into())),
            when.map_or(Attribute::Null, Attribute::Integer),
            value.map_or(Attribute::Null, Attribute::Double),
        ],
        geometry: xy.map(|xy| Geometry::Point(Point::from_xy(xy))),
    };
    FeatureSet {
        geometry_type: Some(GeometryType::Point),
        spatial_reference: Some(SpatialReference::from_wkid(4326)),
        fields: vec![
            Field { length: Some(8), ..Field::new("OBJECTID", FieldType::Oid) },
            Field::new("Größe, \"x\"", FieldType::String),
            Field::new("when", FieldType::Date),
            Field::new("value", FieldType::Double),
        ],
        features: vec![
            row(1, Some("a,b;c\td\n\"e\" <&> é"), Some(1_577_836_800_000), Some(5.0), Some([1.5, -2.25])),
            row(9_007_199_254_740_993, None, None, None, None),
            row(3, Some(""), Some(-1), Some(-1.0e-7), Some([-180.0, 90.0])),
        ],
        ..FeatureSet::default()
    }
}

/// Compares to the bit; NaN equals NaN.
pub(crate) fn assert_same_geometry(read: Option<&Geometry>, wanted: Option<&Geometry>) {
    assert_eq!(format!("{read:?}"), format!("{wanted:?}"));
}

/// Asserts that two sets are the same but for what fields say beside name and type, coordinates within a tolerance in their
/// units.
pub(crate) fn assert_close(read: &FeatureSet, written: &FeatureSet, tolerance: f64) {
    let schema = |set: &FeatureSet| {
        let fields: Vec<_> = set.fields.iter().map(|field| (field.name.clone(), field.field_type)).collect();
        (set.geometry_type, set.spatial_reference.clone(), set.has_z, set.has_m, fields, set.features.len())
    };
    assert_eq!(schema(read), schema(written));
    for (read, written) in read.features.iter().zip(&written.features) {
        assert_eq!(read.attributes, written.attributes);
        let (read, written) = (ordinates(read.geometry.as_ref()), ordinates(written.geometry.as_ref()));
        assert_eq!(read.len(), written.len());
        for (read, written) in read.iter().zip(&written) {
            assert_eq!(read.len(), written.len());
            for (read, written) in read.iter().zip(written) {
                let both_missing = read.is_nan() && written.is_nan();
                assert!(both_missing || (read - written).abs() <= tolerance, "{read} is not {written}");
            }
        }
    }
}

/// x, y, z and m of every path, each one after the other.
fn ordinates(geometry: Option<&Geometry>) -> Vec<Vec<f64>> {
    let of_path =
        |path: &Path| path.xy.iter().flatten().chain(&path.z).chain(&path.m).copied().collect::<Vec<f64>>();
    match geometry {
        None => Vec::new(),
        Some(Geometry::Point(point)) => {
            vec![point.xy.into_iter().chain(point.z).chain(point.m).collect()]
        }
        Some(Geometry::Multipoint(points)) => vec![of_path(points)],
        Some(Geometry::Polyline(paths) | Geometry::Polygon(paths)) => paths.iter().map(of_path).collect(),
    }
}

/// Compares sets, rows first, so that a failure is short.
pub(crate) fn assert_same_set(read: &FeatureSet, wanted: &FeatureSet) {
    assert_eq!(read.fields, wanted.fields);
    for (read, wanted) in read.features.iter().zip(&wanted.features) {
        assert_eq!(read.attributes, wanted.attributes);
        assert_same_geometry(read.geometry.as_ref(), wanted.geometry.as_ref());
    }
    assert_eq!(read, wanted);
}

/// Reads every beginning of a file, and the file with each byte changed; what matters is that it comes back.
pub(crate) fn read_damaged(format: Format, bytes: &[u8]) {
    for end in 0..bytes.len() {
        let _ = read_bytes(format, &bytes[..end]);
    }
    let others = [0, b'"', b'<', b'(', b'9', b',', 0xFF];
    for (at, byte) in bytes.iter().enumerate() {
        for other in [others[at % others.len()], others[(at + 3) % others.len()], byte ^ 1] {
            let mut damaged = bytes.to_vec();
            damaged[at] = other;
            let _ = read_bytes(format, damaged);
        }
    }
}
