use crate::testing::{Run, line, run, set, square};
use gp_esri::Geometry;
use serde_json::{Value, json};

fn measure(features: Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Input_Features": features });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("CalculateGeometryAttributes", &parameters)
}

fn number(made: &Run, name: &str, row: usize) -> f64 {
    made.column(name)[row].parse().unwrap()
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

#[test]
fn planar_measures_are_in_the_unit_of_the_reference_or_the_chosen_one() {
    let features = set("Polygon", 2263, &[(json!({ "A": 0 }), square(1e6, 2e5, 100.0))]);
    let more = json!({ "Geometry_Property": "A AREA;P PERIMETER_LENGTH;N POINT_COUNT" });
    let made = measure(features.clone(), more).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "A", "P", "N"]);
    assert_eq!((made.column("A")[0].as_str(), made.column("N")[0].as_str()), ("10000", "5"));
    near(number(&made, "P", 0), 400.0, 1e-6);
    let more = json!({
        "Geometry_Property": "A2 AREA;P PERIMETER_LENGTH", "Length_Unit": "METERS", "Area_Unit": "ACRES_US",
    });
    let made = measure(features, more).unwrap();
    near(number(&made, "P", 0), 400.0 * 1200.0 / 3937.0, 1e-6);
    near(number(&made, "A2", 0), 10_000.0 / 43_560.0, 1e-9);
}

#[test]
fn geodesic_measures_of_degrees_hold_across_the_antimeridian() {
    let at = |x: f64| json!({ "rings": [[[x, 0.0], [x, 1.0], [x + 1.0, 1.0], [x + 1.0, 0.0], [x, 0.0]]] });
    let features =
        set("Polygon", 4326, &[(json!({}), at(0.0)), (json!({}), at(179.5)), (json!({}), Value::Null)]);
    let more = json!({ "Geometry_Property": ["KM2 AREA_GEODESIC"], "Area_Unit": "SQUARE_KILOMETERS" });
    let made = measure(features, more).unwrap();
    near(number(&made, "KM2", 0), 12_308.778_361, 1e-5);
    near(number(&made, "KM2", 1), 12_308.778_361, 1e-5);
    assert_eq!(made.column("KM2")[2], "null");
    assert!(made.warnings.is_empty(), "{:?}", made.warnings);
}

#[test]
fn lines_have_ends_a_bearing_and_a_middle() {
    let features = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [0.0, 10.0], [-10.0, 10.0]]))]);
    let more = json!({
        "Geometry_Property": "SX LINE_START_X;EX LINE_END_X;B LINE_BEARING;IX INSIDE_X;IY INSIDE_Y;L LENGTH;Z LINE_END_Z;PARTS PART_COUNT"
    });
    let made = measure(features, more).unwrap();
    let row: Vec<String> = ["SX", "EX", "B", "IX", "IY", "L", "Z", "PARTS"]
        .iter()
        .map(|name| made.column(name)[0].clone())
        .collect();
    assert_eq!(row, ["0", "-10", "315", "0", "10", "20", "null", "1"]);
    let east = set("Polyline", 4326, &[(json!({}), line(&[[0.0, 60.0], [90.0, 60.0]]))]);
    let made = measure(east, json!({ "Geometry_Property": "B LINE_BEARING" })).unwrap();
    assert!(number(&made, "B", 0) < 60.0, "the shortest way east along a parallel starts north of east");
    let across = set("Polyline", 4326, &[(json!({}), line(&[[179.0, 0.0], [-179.0, 0.0]]))]);
    let more =
        json!({ "Geometry_Property": "B LINE_BEARING;KM LENGTH_GEODESIC", "Length_Unit": "KILOMETERS" });
    let made = measure(across, more).unwrap();
    near(number(&made, "B", 0), 90.0, 1e-9);
    near(number(&made, "KM", 0), 222.638_981_6, 1e-6);
}

#[test]
fn positions_are_in_the_coordinate_system_and_the_geometry_stays() {
    let features = set("Point", 4326, &[(json!({}), json!({ "x": 10.0, "y": 50.0 }))]);
    let more = json!({ "Geometry_Property": "X POINT_X;Y POINT_Y", "Coordinate_System": { "wkid": 32632 } });
    let made = measure(features, more).unwrap();
    near(number(&made, "X", 0), 571_666.447_5, 1e-3);
    near(number(&made, "Y", 0), 5_539_109.815_6, 1e-3);
    near(made.geometry(0).envelope().xmin, 10.0, 1e-12);
}

#[test]
fn holes_parts_extents_and_a_point_inside_are_found() {
    let ring = json!([
        [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]],
        [[1, 1], [8, 1], [8, 8], [1, 8], [1, 1]],
        [[20, 0], [20, 1], [21, 1], [21, 0], [20, 0]]
    ]);
    let features = set("Polygon", 0, &[(json!({}), json!({ "rings": ring }))]);
    let more = json!({
        "Geometry_Property": "H HOLE_COUNT;P PART_COUNT;X EXTENT_MAX_X;IX INSIDE_X;IY INSIDE_Y;A AREA"
    });
    let made = measure(features, more).unwrap();
    let row: Vec<String> = ["H", "P", "X", "A"].iter().map(|name| made.column(name)[0].clone()).collect();
    assert_eq!(row, ["1", "2", "21", "33"]);
    let (x, y) = (number(&made, "IX", 0), number(&made, "IY", 0));
    let in_hole = x > 1.0 && x < 8.0 && y > 1.0 && y < 8.0;
    assert!((0.0..=21.0).contains(&x) && (0.0..=9.0).contains(&y) && !in_hole, "{x} {y}");
}

#[test]
fn properties_that_make_no_sense_are_refused() {
    let degrees = set("Polygon", 4326, &[(json!({}), square(0.0, 0.0, 1.0))]);
    let wrong =
        |property: &str| measure(degrees.clone(), json!({ "Geometry_Property": property })).err().unwrap();
    assert!(wrong("A AREA").contains("AREA needs a projected Coordinate_System"));
    assert!(wrong("L LENGTH").contains("LENGTH is no property of esriGeometryPolygon"));
    assert!(wrong("A SIZE").contains("\"SIZE\" is no property; use one of AREA"));
    assert!(wrong("AREA").contains("no pair such as"));
    assert!(wrong("OBJECTID PART_COUNT").contains("OBJECTID cannot be calculated"));
    let unknown = set("Polygon", 0, &[(json!({}), square(0.0, 0.0, 1.0))]);
    let error = measure(unknown, json!({ "Geometry_Property": "A AREA_GEODESIC" })).err().unwrap();
    assert!(error.contains("needs features with a spatial reference"));
}

#[test]
fn the_inside_point_is_that_of_feature_to_point() {
    let two = json!({ "paths": [[[50, 0], [51, 0]], [[0, 0], [10, 0], [10, 10]]] });
    for (kind, shape) in [("Polyline", two), ("Polygon", square(0.0, 0.0, 1.0))] {
        let features = set(kind, 5070, &[(json!({}), shape)]);
        let more = json!({ "Input_Features": features, "Point_Location": "INSIDE" });
        let point = run("FeatureToPoint", &more).unwrap();
        let made = measure(features, json!({ "Geometry_Property": "X INSIDE_X;Y INSIDE_Y" })).unwrap();
        let Geometry::Point(point) = point.geometry(0) else { panic!("no point") };
        near(number(&made, "X", 0), point.xy[0], 1e-12);
        near(number(&made, "Y", 0), point.xy[1], 1e-12);
    }
}
