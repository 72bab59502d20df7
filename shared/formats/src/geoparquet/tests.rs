use super::{read, write};
use crate::testing::{assert_close, extent, feature_set, options};
use crate::window::tests::Counted;
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn written(set: &FeatureSet) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.parquet");
    write(&path, &WriteLayer { name: "layer", features: set }, &|| false).unwrap();
    std::fs::read(path).unwrap()
}

fn read_bytes(bytes: Vec<u8>, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    read(&Input::new("layer.parquet", Arc::new(bytes::Bytes::from(bytes))), options)
}

/// What the format makes of a set: there are no measures.
fn expected(mut set: FeatureSet) -> FeatureSet {
    set.has_m = false;
    for geometry in set.features.iter_mut().filter_map(|feature| feature.geometry.as_mut()) {
        let drop = |path: &mut Path| path.m = Vec::new();
        match geometry {
            Geometry::Point(point) => point.m = None,
            Geometry::Multipoint(points) => drop(points),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.iter_mut().for_each(drop),
        }
    }
    // Where no feature has a geometry, none has z.
    set.has_z &= set.features.iter().any(|feature| feature.geometry.is_some());
    set
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_again(set in feature_set()) {
        let layer = read_bytes(written(&set), &options()).unwrap();
        prop_assert!(layer.warnings.is_empty(), "{:?}", layer.warnings);
        assert_close(&layer.features, &expected(set), 0.0);
    }

    #[test]
    fn cut_or_changed_bytes_never_panic(set in feature_set(), at in any::<prop::sample::Index>(), bits in 1..=255_u8) {
        let mut bytes = written(&set);
        let at = at.index(bytes.len());
        prop_assert!(read_bytes(bytes[..at].to_vec(), &options()).is_err());
        bytes[at] ^= bits;
        let _ = read_bytes(bytes, &options());
    }
}

#[test]
fn several_row_groups_are_read_one_after_the_other() {
    let feature = |n: i64| Feature {
        attributes: vec![Attribute::Integer(n), Attribute::Text(format!("feature {}", n % 7).into())],
        geometry: Some(Geometry::Point(Point::from_xy([n as f64, 0.0]))),
    };
    let set = FeatureSet {
        geometry_type: Some(GeometryType::Point),
        fields: vec![Field::new("id", FieldType::BigInteger), Field::new("name", FieldType::String)],
        features: (0..70_000).map(feature).collect(),
        ..FeatureSet::default()
    };
    let file = Arc::new(Counted { bytes: written(&set), ..Counted::default() });
    let layer = read(&Input::new("layer.parquet", file.clone()), &options()).unwrap();
    assert_eq!(layer.features.features, set.features);
    assert!(file.reads.load(Ordering::Relaxed) < 40, "{:?} reads", file.reads);
    let options = ReadOptions { extent: extent([66_000.0, -1.0, 66_002.5, 1.0], None), ..options() };
    let layer = read(&Input::new("layer.parquet", file), &options).unwrap();
    assert_eq!(layer.features.features, set.features[66_000..66_003]);
}

#[test]
fn limits_and_stops_are_kept() {
    let set = FeatureSet {
        fields: vec![Field::new("name", FieldType::String)],
        features: vec![
            Feature { attributes: vec![Attribute::Text("x".repeat(1000).into())], geometry: None };
            100
        ],
        ..FeatureSet::default()
    };
    let bytes = written(&set);
    let mut few = options();
    few.limits.max_features = 99;
    assert!(matches!(read_bytes(bytes.clone(), &few), Err(FormatError::TooLarge(_))));
    let small = ReadOptions { max_decompressed_bytes: 50_000, ..options() };
    assert!(matches!(read_bytes(bytes.clone(), &small), Err(FormatError::TooLarge(_))));
    let stopped = ReadOptions { stop: &|| true, ..options() };
    assert!(matches!(read_bytes(bytes, &stopped), Err(FormatError::Stopped)));
}

#[test]
fn a_row_group_whose_boxes_miss_the_envelope_is_not_read() {
    // Made by GeoPandas, with the box of every geometry in a column; its pages are destroyed here.
    let mut bytes = include_bytes!("../../tests/data/columnar/polygon.parquet").to_vec();
    bytes[4..1500].fill(0);
    let within = |xmin: f64| {
        let extent = extent([xmin, 0.0, xmin + 1.0, 1.0], None);
        read_bytes(bytes.clone(), &ReadOptions { extent, ..options() })
    };
    assert!(within(22.0).unwrap().features.features.is_empty());
    assert!(within(0.0).is_err());
}
