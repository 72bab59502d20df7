//! Feature sets of every kind, made at random.

use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, SpatialReference,
};
use proptest::prelude::*;

/// Field types with their values: whatever a format with a schema must keep.
const TYPED: &[(&str, FieldType)] = &[
    ("OBJECTID", FieldType::Oid),
    ("klein", FieldType::SmallInteger),
    ("größe", FieldType::Integer),
    ("big", FieldType::BigInteger),
    ("single", FieldType::Single),
    ("double", FieldType::Double),
    ("名前", FieldType::String),
    ("when", FieldType::Date),
    ("day", FieldType::DateOnly),
];
/// Those that are told from values.
const TOLD: &[(&str, FieldType)] = &[
    ("OBJECTID", FieldType::Oid),
    ("größe", FieldType::Integer),
    ("big", FieldType::BigInteger),
    ("double", FieldType::Double),
    ("名前", FieldType::String),
    ("when", FieldType::Date),
];
const ANY_TEXT: &str = "\\PC{0,12}";
/// Is no number and no date, and holds what must be escaped.
const TOLD_TEXT: &str = "x[ a-z\u{e9}\u{4e2d}\u{1f600},;\t\"'<>&\\\\\n\r]{0,12}";
const TYPES: [GeometryType; 4] =
    [GeometryType::Point, GeometryType::Multipoint, GeometryType::Polyline, GeometryType::Polygon];

/// A table or a layer of any type, with fields of every type, nulls, z and m.
pub(crate) fn feature_set() -> impl Strategy<Value = FeatureSet> {
    let types: Vec<_> = std::iter::once(None).chain(TYPES.map(Some)).collect();
    (prop::sample::select(types), any::<bool>(), any::<bool>()).prop_flat_map(
        |(geometry_type, has_z, has_m)| {
            let is_layer = geometry_type.is_some();
            set(TYPED, ANY_TEXT, geometry_type, has_z && is_layer, has_m && is_layer)
        },
    )
}

/// A layer of any type whose first row has a value in every column, and a geometry: formats without a schema tell types from
/// values.
pub(crate) fn telling_set() -> impl Strategy<Value = FeatureSet> {
    (prop::sample::select(&TYPES), any::<bool>()).prop_flat_map(|(geometry_type, has_z)| {
        let set = set(TOLD, TOLD_TEXT, Some(geometry_type), has_z, false);
        (set, geometry(geometry_type, has_z, false)).prop_map(|(mut set, geometry)| {
            set.features[0] = Feature {
                attributes: vec![
                    Attribute::Integer(i64::MAX),
                    Attribute::Integer(5),
                    Attribute::Integer(i64::MIN),
                    Attribute::Double(7.0),
                    Attribute::Text("x".into()),
                    Attribute::Integer(0),
                ],
                geometry: Some(geometry),
            };
            set
        })
    })
}

/// A geometry of any type, with z or without.
pub(crate) fn any_geometry() -> impl Strategy<Value = Geometry> {
    (prop::sample::select(&TYPES), any::<bool>())
        .prop_flat_map(|(geometry_type, has_z)| geometry(geometry_type, has_z, false))
}

fn set(
    fields: &'static [(&'static str, FieldType)],
    text: &'static str,
    geometry_type: Option<GeometryType>,
    has_z: bool,
    has_m: bool,
) -> impl Strategy<Value = FeatureSet> {
    let row: Vec<_> = fields.iter().map(|(_, field_type)| value(*field_type, text)).collect();
    let shape = match geometry_type {
        Some(known) => prop::option::weighted(0.9, geometry(known, has_z, has_m)).boxed(),
        None => Just(None).boxed(),
    };
    let feature = (row, shape).prop_map(|(attributes, geometry)| Feature { attributes, geometry });
    let field = |(name, field_type): &(&str, FieldType)| Field {
        length: (*field_type == FieldType::Oid).then_some(8),
        ..Field::new(*name, *field_type)
    };
    prop::collection::vec(feature, 1..8).prop_map(move |features| FeatureSet {
        geometry_type,
        spatial_reference: geometry_type.map(|_| SpatialReference::from_wkid(4326)),
        has_z,
        has_m,
        fields: fields.iter().map(field).collect(),
        features,
        exceeded_transfer_limit: false,
    })
}

fn value(field_type: FieldType, text: &'static str) -> BoxedStrategy<Attribute> {
    let some = match field_type {
        FieldType::Oid => return (0..i64::MAX).prop_map(Attribute::Integer).boxed(),
        FieldType::SmallInteger => any::<i16>().prop_map(|n| Attribute::Integer(n.into())).boxed(),
        FieldType::Integer => any::<i32>().prop_map(|n| Attribute::Integer(n.into())).boxed(),
        FieldType::BigInteger => any::<i64>().prop_map(Attribute::Integer).boxed(),
        FieldType::Single => (-1e30..1e30_f32).prop_map(|n| Attribute::Double(n.into())).boxed(),
        FieldType::Double => prop::num::f64::NORMAL.prop_map(Attribute::Double).boxed(),
        FieldType::Date => {
            (-60_000_000_000_000..200_000_000_000_000_i64).prop_map(Attribute::Integer).boxed()
        }
        FieldType::DateOnly => (1_i32..=9999, 1..=12, 1..=28)
            .prop_map(|(y, m, d)| Attribute::Text(format!("{y:04}-{m:02}-{d:02}").into()))
            .boxed(),
        _ => text.prop_map(|text| Attribute::Text(text.into())).boxed(),
    };
    prop_oneof![1 => Just(Attribute::Null), 4 => some].boxed()
}

fn geometry(geometry_type: GeometryType, has_z: bool, has_m: bool) -> BoxedStrategy<Geometry> {
    match geometry_type {
        GeometryType::Point => (-180.0..180.0, -90.0..90.0, 1.0..9.0)
            .prop_map(move |(x, y, n)| {
                Geometry::Point(Point { xy: [x, y], z: has_z.then_some(n), m: has_m.then_some(n) })
            })
            .boxed(),
        GeometryType::Multipoint => path(has_z, has_m, 1..5).prop_map(Geometry::Multipoint).boxed(),
        GeometryType::Polyline => {
            prop::collection::vec(path(has_z, has_m, 2..6), 1..4).prop_map(Geometry::Polyline).boxed()
        }
        GeometryType::Polygon => polygon(has_z, has_m).boxed(),
    }
}

fn path(has_z: bool, has_m: bool, count: std::ops::Range<usize>) -> impl Strategy<Value = Path> {
    prop::collection::vec((-180.0..180.0, -90.0..90.0, 1.0..9000.0, 0.0..1e6), count).prop_map(
        move |vertices: Vec<(f64, f64, f64, f64)>| Path {
            xy: vertices.iter().map(|v| [v.0, v.1]).collect(),
            z: if has_z { vertices.iter().map(|v| v.2).collect() } else { Vec::new() },
            m: if has_m { vertices.iter().map(|v| v.3).collect() } else { Vec::new() },
        },
    )
}

/// A square with a hole in it, and beside it another.
fn polygon(has_z: bool, has_m: bool) -> impl Strategy<Value = Geometry> {
    (-170.0..170.0, -80.0..80.0, 0.001..1.0, any::<bool>()).prop_map(move |(x, y, size, has_more)| {
        let ring = |x: f64, y: f64, size: f64| {
            let ordinates = vec![1.0, 2.0, 3.0, 4.0, 1.0];
            Path {
                xy: vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]],
                z: if has_z { ordinates.clone() } else { Vec::new() },
                m: if has_m { ordinates } else { Vec::new() },
            }
        };
        let mut rings = vec![ring(x, y, size)];
        if has_more {
            let mut hole = ring(x + size / 4.0, y + size / 4.0, size / 2.0);
            gp_geometry::reverse(&mut hole);
            rings.extend([hole, ring(x + 2.0 * size, y, size)]);
        }
        Geometry::Polygon(rings)
    })
}
