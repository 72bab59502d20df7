use super::*;
use crate::repair::is_valid_polygon;
use gp_esri::{Feature, GeometryType, Path, Point, Xy};

fn reference(code: u32) -> SpatialReference {
    SpatialReference { wkid: Some(code), latest_wkid: Some(code), ..Default::default() }
}

fn points(code: Option<u32>, positions: &[Xy]) -> FeatureSet {
    let feature =
        |xy: &Xy| Feature { attributes: vec![], geometry: Some(Geometry::Point(Point::from_xy(*xy))) };
    FeatureSet {
        geometry_type: Some(GeometryType::Point),
        spatial_reference: code.map(reference),
        features: positions.iter().map(feature).collect(),
        ..Default::default()
    }
}

#[test]
fn projects_in_place_and_names_the_new_reference() {
    let mut set = points(Some(4326), &[[180.0, 0.0], [0.0, 45.0]]);
    let report = project_features(&mut set, &reference(102_100)).unwrap();
    assert!(report.changed && report.lost.count == 0);
    assert_eq!(set.spatial_reference, Some(reference(102_100)));
    let envelope = set.envelope();
    assert!((envelope.xmax - 20_037_508.342_789_244).abs() < 1e-6, "{envelope:?}");
    assert!((envelope.ymax - 5_621_521.486_192_066).abs() < 1e-6, "{envelope:?}");
}

#[test]
fn a_position_without_image_loses_its_feature_and_is_counted() {
    let mut set = points(Some(4326), &[[0.0, 0.0], [0.0, 91.0], [f64::NAN, 0.0], [1.0, 1.0]]);
    let report = project_features(&mut set, &reference(3857)).unwrap();
    assert_eq!(report.lost, Named { count: 2, first_oids: vec![2, 3] });
    assert_eq!(
        report.sentences()[0],
        "2 features have no place in 3857 (WGS 84 / Pseudo-Mercator) and lost their geometry on the way from 4326 (WGS 84) (object ids 2, 3)"
    );
    assert!(set.features[1].geometry.is_none() && set.features[3].geometry.is_some());
}

#[test]
fn equal_references_need_no_known_code() {
    let mut set = points(Some(999_999), &[[1.0, 2.0]]);
    assert!(!project_features(&mut set, &reference(999_999)).unwrap().changed);
    let error = project_features(&mut set, &reference(4326)).unwrap_err().to_string();
    assert!(error.contains("spatial reference 999999 is not known"), "{error}");
    let mut set = points(None, &[[1.0, 2.0]]);
    assert_eq!(project_features(&mut set, &reference(4326)), Err(CrsError::Unspecified));
}

#[test]
fn aliases_of_web_mercator_are_the_same() {
    let mut set = points(Some(900_913), &[[1.0, 2.0]]);
    assert!(!project_features(&mut set, &reference(102_113)).unwrap().changed);
    assert!((set.envelope().xmin - 1.0).abs() < 1e-15);
}

fn polygons(code: u32, polygons: &[&[&[Xy]]]) -> FeatureSet {
    let feature = |rings: &&[&[Xy]]| Feature {
        attributes: vec![],
        geometry: Some(Geometry::Polygon(rings.iter().map(|ring| Path::from_xy(ring.to_vec())).collect())),
    };
    FeatureSet {
        geometry_type: Some(GeometryType::Polygon),
        spatial_reference: Some(reference(code)),
        features: polygons.iter().map(feature).collect(),
        ..Default::default()
    }
}

fn rings(set: &FeatureSet, row: usize) -> &[Path] {
    match &set.features[row].geometry {
        Some(Geometry::Polygon(rings)) => rings,
        _ => &[],
    }
}

#[test]
fn a_valid_polygon_stays_valid_where_parallels_become_curves() {
    // A hole that touches the middle of the southern edge of its shell, and one that touches the northern edge.
    let shell = [[0.0, 40.0], [0.0, 60.0], [16.0, 60.0], [16.0, 40.0], [0.0, 40.0]];
    let south = [[8.0, 40.0], [10.0, 50.0], [6.0, 50.0], [8.0, 40.0]];
    let north = [[8.0, 60.0], [6.0, 50.0], [10.0, 50.0], [8.0, 60.0]];
    let mut set = polygons(4326, &[&[&shell, &south], &[&shell, &north], &[&shell]]);
    assert!((0..3).all(|row| is_valid_polygon(rings(&set, row))));
    let report = project_features(&mut set, &reference(25832)).unwrap();
    assert!((0..3).all(|row| is_valid_polygon(rings(&set, row))));
    assert_eq!(report.repaired.count, 1, "{report:?}");
    let sentence = &report.sentences()[0];
    assert!(sentence.starts_with("1 geometries became invalid on the way to 25832"), "{sentence}");
}

#[test]
fn what_was_invalid_stays_as_its_vertices_say_and_what_collapses_is_named() {
    let bow_tie = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
    // South of the equator UTM counts from ten million metres.
    let speck = [[9.0, 0.0], [9.0, 1e-17], [10.0, 0.0], [9.0, 0.0]];
    let mut set = polygons(4326, &[&[&bow_tie], &[&speck]]);
    assert!(is_valid_polygon(rings(&set, 1)));
    let report = project_features(&mut set, &reference(32732)).unwrap();
    assert_eq!(rings(&set, 0)[0].xy.len(), 5);
    assert!(!is_valid_polygon(rings(&set, 0)));
    assert_eq!(report.repaired.count, 0);
    assert_eq!(report.collapsed, Named { count: 1, first_oids: vec![2] });
}

#[test]
fn a_polygon_across_the_antimeridian_keeps_its_vertices() {
    let mut set =
        polygons(3832, &[&[&[[2.8e6, 1e6], [2.8e6, 2e6], [3.8e6, 2e6], [3.8e6, 1e6], [2.8e6, 1e6]]]]);
    let report = project_features(&mut set, &reference(4326)).unwrap();
    let xy = &rings(&set, 0)[0].xy;
    assert!(xy[0][0] > 170.0 && xy[2][0] < -170.0 && report.repaired.count == 0, "{xy:?}");
}
