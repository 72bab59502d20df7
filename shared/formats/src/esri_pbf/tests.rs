use super::{read_pbf, write_pbf};
use crate::testing::{assert_close, feature_set, options, read_bytes, sample};
use crate::{Format, FormatError};
use gp_esri::FeatureSet;
use proptest::prelude::*;

fn written(set: &FeatureSet) -> Vec<u8> {
    let mut out = Vec::new();
    write_pbf(&mut out, set, &|| false).unwrap();
    out
}

#[test]
fn a_file_of_which_not_all_was_sent_is_read_with_a_warning() {
    let set = FeatureSet { exceeded_transfer_limit: true, ..sample() };
    let layer = read_bytes(Format::EsriPbf, written(&set)).unwrap();
    assert_eq!(layer.warnings, ["the file says that the server did not send all features"]);
    assert_eq!(read_bytes(Format::EsriPbf, written(&sample())).unwrap().warnings, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_again(set in feature_set()) {
        let bytes = written(&set);
        let (read, _) = read_pbf(&bytes, &options()).unwrap();
        assert_close(&read, &set, 1e-6);
        // Coordinates that were steps once come back as they were.
        let (again, _) = read_pbf(&written(&read), &options()).unwrap();
        prop_assert_eq!(again.features, read.features);
    }

    #[test]
    fn cut_or_changed_bytes_never_panic(set in feature_set(), at in any::<prop::sample::Index>(), bits in 1..=255_u8) {
        let mut bytes = written(&set);
        let at = at.index(bytes.len());
        prop_assert!(read_pbf(&bytes[..at], &options()).is_err());
        bytes[at] ^= bits;
        let _ = read_pbf(&bytes, &options());
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_pbf(&bytes, &options());
    }
}

#[test]
fn answers_without_features_are_refused_by_what_they_hold() {
    for (bytes, what) in
        [(&[0x12, 4, 0x12, 2, 8, 14][..], "a count"), (&[0x12, 2, 0x1a, 0][..], "object ids")]
    {
        let error = read_pbf(bytes, &options()).unwrap_err();
        assert!(matches!(error, FormatError::Unsupported(_)) && error.to_string().contains(what), "{error}");
    }
    assert!(matches!(read_pbf(&[], &options()), Err(FormatError::Malformed { .. })));
}

#[test]
fn curves_and_shape_buffers_are_refused() {
    // A result of one feature, whose only field is a message of that number.
    for tag in [0x1a, 0x3a] {
        let bytes = [0x12, 6, 0x0a, 4, 0x7a, 2, tag, 0];
        assert!(matches!(read_pbf(&bytes, &options()), Err(FormatError::Unsupported(_))));
    }
}

#[test]
fn a_vertex_without_z_among_others_is_a_warning() {
    use gp_esri::{Feature, Geometry, GeometryType, Point};
    let point = |z| Feature {
        attributes: Vec::new(),
        geometry: Some(Geometry::Point(Point { xy: [1.0, 2.0], z, m: None })),
    };
    let set = FeatureSet {
        geometry_type: Some(GeometryType::Point),
        has_z: true,
        features: vec![point(Some(5.0)), point(None)],
        ..FeatureSet::default()
    };
    let warnings = write_pbf(&mut Vec::new(), &set, &|| false).unwrap();
    assert!(warnings[0].contains("1 vertices have no z or m"), "{warnings:?}");
}
