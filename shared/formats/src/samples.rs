//! Feature sets of every kind, made at random, for the tests of writers and readers.

use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, SpatialReference,
};
use proptest::prelude::*;

/// Field types with their values: whatever a format must keep.
const FIELDS: [(&str, FieldType); 9] = [
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

fn value(field_type: FieldType) -> BoxedStrategy<Attribute> {
    let some = match field_type {
        FieldType::Oid => return (0..i64::MAX).prop_map(Attribute::Integer).boxed(),
        FieldType::SmallInteger => any::<i16>().prop_map(|n| Attribute::Integer(n.into())).boxed(),
        FieldType::Integer => any::<i32>().prop_map(|n| Attribute::Integer(n.into())).boxed(),
        FieldType::BigInteger => any::<i64>().prop_map(Attribute::Integer).boxed(),
        FieldType::Single => (-1e30..1e30_f32).prop_map(|n| Attribute::Double(n.into())).boxed(),
        FieldType::Double => (-1e300..1e300).prop_map(Attribute::Double).boxed(),
        FieldType::Date => {
            (-60_000_000_000_000..200_000_000_000_000_i64).prop_map(Attribute::Integer).boxed()
        }
        FieldType::DateOnly => (1_i32..=9999, 1..=12, 1..=28)
            .prop_map(|(y, m, d)| Attribute::Text(format!("{y:04}-{m:02}-{d:02}").into()))
            .boxed(),
        _ => "\\PC{0,12}".prop_map(|text| Attribute::Text(text.into())).boxed(),
    };
    prop_oneof![1 => Just(Attribute::Null), 4 => some].boxed()
}

fn path(has_z: bool, has_m: bool, count: std::ops::Range<usize>) -> impl Strategy<Value = Path> {
    prop::collection::vec((-180.0..180.0, -90.0..90.0, -100.0..9000.0, 0.0..1e6), count).prop_map(
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

fn geometry(geometry_type: GeometryType, has_z: bool, has_m: bool) -> BoxedStrategy<Geometry> {
    match geometry_type {
        GeometryType::Point => (-180.0..180.0, -90.0..90.0, -9.0..9.0)
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

/// A table or a layer of any type, with fields of every type, nulls, z and m.
pub(crate) fn feature_set() -> impl Strategy<Value = FeatureSet> {
    let types = prop::sample::select(vec![
        None,
        Some(GeometryType::Point),
        Some(GeometryType::Multipoint),
        Some(GeometryType::Polyline),
        Some(GeometryType::Polygon),
    ]);
    (types, any::<bool>(), any::<bool>()).prop_flat_map(|(geometry_type, has_z, has_m)| {
        let (has_z, has_m) = (has_z && geometry_type.is_some(), has_m && geometry_type.is_some());
        let row = FIELDS.map(|(_, field_type)| value(field_type)).to_vec();
        let shape = match geometry_type {
            Some(known) => prop::option::weighted(0.9, geometry(known, has_z, has_m)).boxed(),
            None => Just(None).boxed(),
        };
        let feature = (row, shape).prop_map(|(attributes, geometry)| Feature { attributes, geometry });
        prop::collection::vec(feature, 1..6).prop_map(move |features| FeatureSet {
            geometry_type,
            spatial_reference: geometry_type.map(|_| SpatialReference::from_wkid(4326)),
            has_z,
            has_m,
            fields: FIELDS.map(|(name, field_type)| Field::new(name, field_type)).to_vec(),
            features,
            exceeded_transfer_limit: false,
        })
    })
}

/// Asserts that two sets are the same, coordinates within a tolerance in their units.
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
