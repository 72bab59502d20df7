use super::{read, write};
use crate::testing::{assert_close, extent, feature_set, options};
use crate::window::tests::Counted;
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer};
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, SpatialReference,
};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn written(set: &FeatureSet) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.fgb");
    write(&path, &WriteLayer { name: "Straße", features: set }, &|| false).unwrap();
    std::fs::read(path).unwrap()
}

fn read_bytes(bytes: Vec<u8>, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    read(&Input::new("layer.fgb", Arc::new(bytes::Bytes::from(bytes))), options)
}

/// What the format makes of a set: types that it has not become text, and the index gives an order.
fn expected(mut set: FeatureSet, read: &FeatureSet) -> FeatureSet {
    for field in &mut set.fields {
        if field.field_type == FieldType::DateOnly {
            field.field_type = FieldType::String;
        }
    }
    // Object ids of the samples may repeat; then rows are compared in the order in which they were read.
    let key = |feature: &Feature| format!("{:?}", feature);
    let position = |feature: &Feature| read.features.iter().position(|other| key(other) == key(feature));
    set.features.sort_by_key(position);
    set
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_again(set in feature_set()) {
        let layer = read_bytes(written(&set), &options()).unwrap();
        prop_assert_eq!(&layer.name, "Straße");
        prop_assert!(layer.warnings.is_empty(), "{:?}", layer.warnings);
        assert_close(&layer.features, &expected(set, &layer.features), 0.0);
    }

    #[test]
    fn cut_or_changed_bytes_never_panic(set in feature_set(), at in any::<prop::sample::Index>(), bits in 1..=255_u8) {
        let mut bytes = written(&set);
        let at = at.index(bytes.len());
        prop_assert!(read_bytes(bytes[..at].to_vec(), &options()).is_err());
        bytes[at] ^= bits;
        let _ = read_bytes(bytes.clone(), &options());
        let extent = extent([0.0, 0.0, 90.0, 90.0], None);
        let _ = read_bytes(bytes, &ReadOptions { extent, ..options() });
    }
}

/// Points on a grid of so many a side, a unit apart.
fn grid(side: i64) -> FeatureSet {
    let feature = |n: i64| Feature {
        attributes: vec![Attribute::Integer(n), Attribute::Text(format!("feature number {n}").into())],
        geometry: Some(Geometry::Point(Point::from_xy([(n % side) as f64, (n / side) as f64]))),
    };
    FeatureSet {
        geometry_type: Some(GeometryType::Point),
        fields: vec![Field::new("id", FieldType::Oid), Field::new("name", FieldType::String)],
        features: (0..side * side).map(feature).collect(),
        ..FeatureSet::default()
    }
}

#[test]
fn a_small_box_of_a_large_file_reads_a_small_share_of_it() {
    let set = grid(250);
    let file = Arc::new(Counted { bytes: written(&set), ..Counted::default() });
    let options = ReadOptions { extent: extent([99.5, 149.5, 103.5, 153.5], None), ..options() };
    let layer = read(&Input::new("grid.fgb", file.clone()), &options).unwrap();
    let mut ids: Vec<i64> = (0..16).map(|row| layer.features.oid_of(row)).collect();
    ids.sort_unstable();
    assert_eq!(layer.features.features.len(), 16);
    assert_eq!(ids[..4], [37_600, 37_601, 37_602, 37_603]);
    let (reads, read) = (file.reads.load(Ordering::Relaxed), file.bytes_read.load(Ordering::Relaxed));
    assert!(file.bytes.len() > 9_000_000, "{}", file.bytes.len());
    assert!(reads <= 10 && read < file.bytes.len() as u64 / 10, "{reads} reads of {read} bytes");
}

#[test]
fn a_box_in_another_reference_than_the_file_finds_the_same_features() {
    let mut set = grid(250);
    // Metres near the equator: 111,319.49 of them are a degree.
    set.spatial_reference = Some(SpatialReference::from_wkid(3857));
    let metre = 1.0 / 111_319.490_793_273_57;
    let degrees = [99.5 * metre, 149.5 * metre, 103.5 * metre, 153.5 * metre];
    let bytes = written(&set);
    let count = |extent| {
        let layer = read_bytes(bytes.clone(), &ReadOptions { extent, ..options() }).unwrap();
        layer.features.features.len()
    };
    assert_eq!(count(extent(degrees, Some(4326))), 16);
    assert_eq!(count(extent([99.5, 149.5, 103.5, 153.5], None)), 16);
    // A box that cannot be brought into the reference of the file leaves nothing out.
    assert_eq!(count(extent(degrees, Some(999_999))), 62_500);
}

#[test]
fn without_index_a_box_is_asked_of_every_geometry() {
    let mut set = grid(10);
    set.features.push(Feature { attributes: vec![Attribute::Integer(100), Attribute::Null], geometry: None });
    let bytes = written(&set);
    // What is read and not needed does not count.
    let mut options_for_few = ReadOptions { extent: extent([0.0, 0.0, 1.0, 1.0], None), ..options() };
    (options_for_few.limits.max_features, options_for_few.limits.max_vertices) = (4, 5);
    let layer = read_bytes(bytes.clone(), &options_for_few).unwrap();
    assert_eq!(layer.features.features.len(), 4);
    assert_eq!(read_bytes(bytes, &options()).unwrap().features.features.len(), 101);
}

#[test]
fn an_index_of_more_features_than_the_file_has_bytes_is_refused_at_once() {
    let mut bytes = written(&grid(3));
    let count = 9_u64.to_le_bytes();
    let at = bytes.windows(8).position(|window| window == count).unwrap();
    for claim in [u64::MAX, u64::MAX / 41, 1 << 40] {
        bytes[at..at + 8].copy_from_slice(&claim.to_le_bytes());
        assert!(matches!(read_bytes(bytes.clone(), &options()), Err(FormatError::Malformed { .. })));
    }
}

/// A layer of one line, of those paths.
fn line(paths: Vec<Path>) -> FeatureSet {
    FeatureSet {
        geometry_type: Some(GeometryType::Polyline),
        has_z: paths.iter().any(|path| !path.z.is_empty()),
        has_m: paths.iter().any(|path| !path.m.is_empty()),
        features: vec![Feature { attributes: Vec::new(), geometry: Some(Geometry::Polyline(paths)) }],
        ..FeatureSet::default()
    }
}

#[test]
fn z_and_m_of_vertices_are_finite_or_none() {
    let xy = vec![[0.0, 0.0], [1.0, 1.0]];
    let path = Path { xy, z: vec![f64::INFINITY, 2.0], m: vec![3.0, f64::NEG_INFINITY] };
    let layer = read_bytes(written(&line(vec![path])), &options()).unwrap();
    let Some(Geometry::Polyline(paths)) = &layer.features.features[0].geometry else { panic!("no line") };
    assert!(paths[0].z[0].is_nan() && paths[0].m[1].is_nan(), "{paths:?}");
    assert_eq!((paths[0].z[1], paths[0].m[0]), (2.0, 3.0));
}

#[test]
fn empty_parts_count_as_a_vertex_each() {
    let bytes = written(&line(vec![Path::default(); 100]));
    let mut few = options();
    few.limits.max_vertices = 100;
    assert_eq!(read_bytes(bytes.clone(), &few).unwrap().features.features[0].geometry, None);
    few.limits.max_vertices = 99;
    assert!(matches!(read_bytes(bytes, &few), Err(FormatError::TooLarge(_))));
}

#[test]
fn a_polygon_of_many_parts_can_be_stopped() {
    let square = |x: f64| Path::from_xy(vec![[x, 0.0], [x, 1.0], [x + 0.5, 1.0], [x + 0.5, 0.0], [x, 0.0]]);
    let mut set = line(Vec::new());
    set.geometry_type = Some(GeometryType::Polygon);
    set.features[0].geometry = Some(Geometry::Polygon((0..2_000).map(|n| square(f64::from(n))).collect()));
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 3;
    let options = ReadOptions { stop: &stop, ..options() };
    assert!(matches!(read_bytes(written(&set), &options), Err(FormatError::Stopped)));
}

#[test]
fn limits_and_stops_are_kept() {
    let bytes = written(&grid(10));
    let mut few = options();
    few.limits.max_features = 99;
    assert!(matches!(read_bytes(bytes.clone(), &few), Err(FormatError::TooLarge(_))));
    let stopped = ReadOptions { stop: &|| true, ..options() };
    assert!(matches!(read_bytes(bytes, &stopped), Err(FormatError::Stopped)));
}

#[test]
fn a_feature_that_is_wrong_is_named_by_its_number_or_place() {
    let bytes = written(&grid(2));
    let one = 1_f64.to_le_bytes();
    let place = bytes.windows(8).rposition(|window| window == one).unwrap();
    let mut damaged = bytes;
    damaged[place..place + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    let error = |options: &ReadOptions<'_>| read_bytes(damaged.clone(), options).unwrap_err().to_string();
    let number = error(&options());
    assert!(number.contains(": feature ") && number.ends_with("NaN is no coordinate"), "{number}");
    let boxed = error(&ReadOptions { extent: extent([-1.0, -1.0, 2.0, 2.0], None), ..options() });
    assert!(boxed.contains(": the feature at byte "), "{boxed}");
}
