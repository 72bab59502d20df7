//! What the tests of the text formats share: options, files in memory, and arbitrary feature sets.

use crate::{Format, FormatError, Input, ReadLayer, ReadOptions, WriteLayer, read, write};
use bytes::Bytes;
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, ReadLimits,
    SpatialReference, Xy,
};
use proptest::prelude::*;
use std::sync::Arc;

pub(crate) fn options() -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 10_000_000,
        layer: None,
        envelope: None,
        scratch: std::path::Path::new("/tmp"),
        stop: &|| false,
    }
}

pub(crate) fn input(name: &str, bytes: impl Into<Vec<u8>>) -> Input {
    Input::new(name, Arc::new(Bytes::from(bytes.into())))
}

/// Reads bytes as a file of that format.
pub(crate) fn read_bytes(format: Format, bytes: impl Into<Vec<u8>>) -> Result<ReadLayer, FormatError> {
    read(&input("roads.v2.txt", bytes), format, &options())
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

/// Fields that every text format keeps the type of.
fn fields() -> Vec<Field> {
    vec![
        Field { length: Some(8), ..Field::new("OBJECTID", FieldType::Oid) },
        Field::new("COUNT", FieldType::Integer),
        Field::new("BIG", FieldType::BigInteger),
        Field::new("SHARE", FieldType::Double),
        Field::new("Straße", FieldType::String),
        Field::new("WHEN", FieldType::Date),
    ]
}

fn nullable(value: impl Strategy<Value = Attribute>) -> impl Strategy<Value = Attribute> {
    prop_oneof![1 => Just(Attribute::Null), 4 => value]
}

/// A row whose text is no number, no date, and holds what must be escaped.
fn row() -> impl Strategy<Value = Vec<Attribute>> {
    let text = "x[ a-z\u{e9}\u{4e2d}\u{1f600},;\t\"'<>&\\\\\n\r]{0,12}";
    (
        any::<i64>().prop_map(Attribute::Integer),
        nullable(any::<i32>().prop_map(|value| Attribute::Integer(value.into()))),
        nullable(any::<i64>().prop_map(Attribute::Integer)),
        nullable(prop::num::f64::NORMAL.prop_map(Attribute::Double)),
        nullable(text.prop_map(|text| Attribute::Text(text.into()))),
        // The years 1 to 9999.
        nullable((-62_135_596_800_000..253_402_300_800_000_i64).prop_map(Attribute::Integer)),
    )
        .prop_map(|(id, count, big, share, text, when)| vec![id, count, big, share, text, when])
}

/// Positions that overlay and rounding leave alone.
fn position() -> impl Strategy<Value = Xy> {
    (-170.0..170.0_f64, -80.0..80.0_f64).prop_map(|(x, y)| [x, y])
}

fn path(xy: Vec<Xy>, has_z: bool) -> Path {
    let z = if has_z { xy.iter().map(|[x, y]| x + y * 2.0 + 1000.0).collect() } else { Vec::new() };
    Path { z, ..Path::from_xy(xy) }
}

/// A triangle with a hole where it is large, beside others.
fn polygon(corners: &[Xy], has_z: bool) -> Geometry {
    let mut rings = Vec::new();
    for (place, [x, y]) in corners.iter().enumerate() {
        // Far enough apart not to touch.
        let (x, y) = (x / 100.0 + place as f64 * 10.0, y / 100.0);
        rings.push(path(vec![[x, y], [x, y + 3.0], [x + 3.0, y], [x, y]], has_z));
        if place == 1 {
            let (x, y) = (x + 0.5, y + 0.5);
            rings.push(path(vec![[x, y], [x + 0.5, y], [x, y + 0.5], [x, y]], has_z));
        }
    }
    Geometry::Polygon(rings)
}

/// A geometry with z or without, of one type.
pub(crate) fn geometry_of(geometry_type: GeometryType, has_z: bool) -> impl Strategy<Value = Geometry> {
    prop::collection::vec(position(), 2..5).prop_map(move |xy| match geometry_type {
        GeometryType::Point => {
            Geometry::Point(Point { z: has_z.then_some(xy[0][1] + 500.0), ..Point::from_xy(xy[0]) })
        }
        GeometryType::Multipoint => Geometry::Multipoint(path(xy, has_z)),
        GeometryType::Polyline if xy.len() == 4 => {
            Geometry::Polyline(vec![path(xy[..2].to_vec(), has_z), path(xy[2..].to_vec(), has_z)])
        }
        GeometryType::Polyline => Geometry::Polyline(vec![path(xy, has_z)]),
        GeometryType::Polygon => polygon(&xy[1..], has_z),
    })
}

fn any_type() -> impl Strategy<Value = (GeometryType, bool)> {
    let types = prop_oneof![
        Just(GeometryType::Point),
        Just(GeometryType::Multipoint),
        Just(GeometryType::Polyline),
        Just(GeometryType::Polygon)
    ];
    (types, any::<bool>())
}

pub(crate) fn any_geometry() -> impl Strategy<Value = (bool, Geometry)> {
    any_type().prop_flat_map(|(geometry_type, has_z)| (Just(has_z), geometry_of(geometry_type, has_z)))
}

/// Sets in WGS 84 of one geometry type. The first row has a value in every column, and a geometry: formats without a schema
/// tell types from values.
pub(crate) fn any_set() -> impl Strategy<Value = FeatureSet> {
    any_type().prop_flat_map(|(geometry_type, has_z)| {
        let feature = (row(), prop::option::weighted(0.8, geometry_of(geometry_type, has_z)))
            .prop_map(|(attributes, geometry)| Feature { attributes, geometry });
        let first = geometry_of(geometry_type, has_z).prop_map(|geometry| Feature {
            attributes: vec![
                Attribute::Integer(i64::MAX),
                Attribute::Integer(5),
                Attribute::Integer(i64::MIN),
                Attribute::Double(7.0),
                Attribute::Text("x".into()),
                Attribute::Integer(0),
            ],
            geometry: Some(geometry),
        });
        (first, prop::collection::vec(feature, 0..8)).prop_map(move |(first, rest)| FeatureSet {
            geometry_type: Some(geometry_type),
            spatial_reference: Some(SpatialReference::from_wkid(4326)),
            has_z,
            fields: fields(),
            features: std::iter::once(first).chain(rest).collect(),
            ..FeatureSet::default()
        })
    })
}

/// Compares to the bit; NaN equals NaN.
pub(crate) fn assert_same_geometry(read: Option<&Geometry>, wanted: Option<&Geometry>) {
    assert_eq!(format!("{read:?}"), format!("{wanted:?}"));
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
