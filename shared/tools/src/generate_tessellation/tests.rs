use super::*;
use crate::testing::{Run, run, set, square};
use gp_geometry::union_all;
use serde_json::{Value, json};
use std::collections::HashMap;

fn tessellate(more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Extent": "1000 2000 2000 2600", "Spatial_Reference": { "wkid": 5070 } });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("GenerateTessellation", &parameters)
}

fn rings(made: &Run) -> Vec<Vec<Path>> {
    let count = made.features.features.len();
    let rings = (0..count).map(|row| match made.geometry(row) {
        Geometry::Polygon(rings) => rings.clone(),
        _ => Vec::new(),
    });
    rings.collect()
}

#[test]
fn squares_fill_an_extent_of_whole_squares_and_are_named_by_column_and_row() {
    let made = tessellate(json!({ "Shape_Type": "SQUARE", "Size": "40000 SquareMeters" })).unwrap();
    let names = made.column("GRID_ID");
    assert_eq!(names.len(), 15);
    assert_eq!(names[..4], ["A-1", "A-2", "A-3", "B-1"]);
    assert_eq!(names[14], "E-3");
    let corner = [[1000.0, 2000.0], [1000.0, 2200.0], [1200.0, 2200.0], [1200.0, 2000.0], [1000.0, 2000.0]];
    assert_eq!(rings(&made)[0][0].xy, corner);
}

#[test]
fn every_shape_has_the_size_and_all_together_cover_the_extent_without_overlap() {
    let extent = Path::from_xy(vec![
        [1000.0, 2000.0],
        [1000.0, 2600.0],
        [2000.0, 2600.0],
        [2000.0, 2000.0],
        [1000.0, 2000.0],
    ]);
    for shape in ["HEXAGON", "TRANSVERSE_HEXAGON", "SQUARE", "DIAMOND", "TRIANGLE"] {
        let made = tessellate(json!({ "Shape_Type": shape, "Size": "1 Hectares" })).unwrap();
        let rings = rings(&made);
        for ring in &rings {
            assert!((gp_geometry::area(ring) - 10_000.0).abs() < 1e-6, "{shape}");
            assert!(gp_geometry::is_clockwise(&ring[0].xy), "{shape}");
        }
        let union = union_all(rings.iter().map(Vec::as_slice));
        assert!((gp_geometry::area(&union) / (1e4 * rings.len() as f64) - 1.0).abs() < 1e-9, "{shape}");
        assert!(gp_geometry::difference(std::slice::from_ref(&extent), &union).is_empty(), "{shape}");
    }
}

#[test]
fn neighbours_share_their_corners_to_the_last_digit() {
    // Each inner corner of a hexagon is one of three, so corners that are not shared are at the border alone.
    let made =
        tessellate(json!({ "Size": "777 SquareFeet", "Extent": "-1.7e6 3.1e6 -1.699e6 3.101e6" })).unwrap();
    let mut seen: HashMap<[u64; 2], usize> = HashMap::new();
    for ring in rings(&made).into_iter().flatten() {
        for [x, y] in &ring.xy[1..] {
            *seen.entry([x.to_bits(), y.to_bits()]).or_default() += 1;
        }
    }
    let corners = made.features.features.len() * 6;
    assert!(corners > 50_000 && seen.values().all(|count| *count <= 3));
    let shared = seen.values().filter(|count| **count == 3).count();
    assert!(shared * 3 > corners * 97 / 100, "{shared} of {corners}");
}

#[test]
fn columns_after_z_have_two_letters() {
    let names: Vec<String> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letters).collect();
    assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}

#[test]
fn the_extent_of_features_is_brought_to_the_reference_of_the_output() {
    let field = set("Polygon", 4326, &[(json!({}), square(-72.0, 42.0, 0.5))]);
    let made = run(
        "GenerateTessellation",
        &json!({ "Extent_Features": field, "Size": "100 SquareKilometers", "Spatial_Reference": { "wkid": 5070 } }),
    );
    let made = made.unwrap();
    assert_eq!(made.features.spatial_reference.as_ref().unwrap().code(), Some(5070));
    assert!((made.area(0) - 1e8).abs() < 1.0);
}

#[test]
fn degrees_have_the_size_in_the_middle_and_stay_in_the_world() {
    let parameters =
        json!({ "Extent": "170 60 190 90", "Shape_Type": "SQUARE", "Size": "90000 SquareKilometers" });
    let mut parameters = parameters.as_object().unwrap().clone();
    parameters.insert("Spatial_Reference".into(), json!({ "wkid": 4326 }));
    let made = run("GenerateTessellation", &Value::Object(parameters)).unwrap();
    let geodesy = Geodesy::new(gp_geometry::WGS84_ELLIPSOID);
    let largest = rings(&made).iter().map(|ring| geodesy.polygon_area_m2(ring)).fold(0.0, f64::max);
    assert!(largest > 9e10 && largest < 2e11, "{largest}");
    let envelope = made.features.envelope();
    assert!(envelope.xmin >= -180.0 && envelope.xmax <= 180.0 && envelope.ymax <= 90.0, "{envelope:?}");
    assert!(made.warnings.iter().any(|text| text.contains("latitude 75.0")), "{:?}", made.warnings);
}

#[test]
fn the_cells_of_h3_at_resolution_0_are_the_world_with_poles_and_antimeridian() {
    let made = run(
        "GenerateTessellation",
        &json!({ "Extent": "-180 -90 180 90", "Shape_Type": "H3_HEXAGON", "H3_Resolution": 0 }),
    );
    let made = made.unwrap();
    assert_eq!(made.column("GRID_ID").len(), 122);
    assert_eq!(made.column("GRID_ID")[0], "8001fffffffffff");
    let area: f64 = (0..122).map(|row| made.area(row)).sum();
    assert!((area - 360.0 * 180.0).abs() < 1e-6, "{area}");
}

#[test]
fn a_small_extent_across_the_antimeridian_has_the_same_cells_whichever_way_it_is_written() {
    let cells = |extent: &str| {
        let parameters = json!({ "Extent": extent, "Shape_Type": "H3_HEXAGON", "H3_Resolution": 4 });
        run("GenerateTessellation", &parameters).unwrap().column("GRID_ID")
    };
    assert_eq!(cells("179 -18 181 -16"), cells("-181 -18 -179 -16"));
    assert!(cells("179 -18 181 -16").len() > 20);
}

#[test]
fn what_is_wrong_is_named_with_its_parameter() {
    let error = |more: Value| tessellate(more).err().unwrap();
    assert!(error(json!({})).contains("Size: give the area"));
    assert!(error(json!({ "Size": "0 SquareMeters" })).contains("Size: 0 is no size"));
    assert!(
        error(json!({ "Size": "1 SquareMillimeters" })).contains("Size: there would be more than 10 million")
    );
    assert!(error(json!({ "Extent": "", "Size": "1 Ares" })).contains("Extent: give an extent"));
    assert!(
        error(json!({ "Extent": "0 0 0 5", "Size": "1 Ares" })).contains("Extent: the extent has no area")
    );
    let many = json!({ "Shape_Type": "H3_HEXAGON", "H3_Resolution": 15, "Extent": "-10 -10 10 10" });
    assert!(run("GenerateTessellation", &many).err().unwrap().contains("H3_Resolution: there would be more"));
    let empty = json!({ "Extent": "", "Extent_Features": set("Polygon", 5070, &[]), "Size": "1 Ares" });
    assert!(error(empty).contains("Extent_Features: the features have no geometry"));
}
