use crate::testing::{Run, line, run, set, square};
use serde_json::{Value, json};

fn zones() -> Value {
    let rows = [
        (json!({ "ZONE": "b" }), square(0.0, 0.0, 10.0)),
        (json!({ "ZONE": "a" }), square(10.0, 0.0, 10.0)),
        (json!({ "ZONE": "b" }), square(20.0, 0.0, 10.0)),
    ];
    set("Polygon", 5070, &rows)
}

fn tabulate(zones: Value, classes: Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Zone_Features": zones, "Zone_Fields": "ZONE", "Class_Features": classes });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("TabulateIntersection", &parameters)
}

fn near(made: &Run, column: &str, expected: &[f64]) {
    let found: Vec<f64> = made.column(column).iter().map(|text| text.parse().unwrap()).collect();
    assert!(
        found.len() == expected.len()
            && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9 * b.max(1.0)),
        "{column} {found:?}"
    );
}

#[test]
fn areas_and_percentages_of_zones_are_ordered_by_zone_and_class() {
    let classes = [
        (json!({ "LAND": "wood", "POP": 100 }), square(5.0, 0.0, 10.0)),
        (json!({ "LAND": "field", "POP": 8 }), square(20.0, 0.0, 4.0)),
    ];
    let classes = set("Polygon", 5070, &classes);
    let more = json!({ "Class_Fields": "LAND", "Sum_Fields": "POP" });
    let made = tabulate(zones(), classes.clone(), more).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "ZONE", "LAND", "POP", "AREA", "PERCENTAGE"]);
    assert!(made.features.geometry_type.is_none());
    assert_eq!(made.column("ZONE"), ["a", "b", "b"]);
    assert_eq!(made.column("LAND"), ["wood", "field", "wood"]);
    near(&made, "AREA", &[50.0, 16.0, 50.0]);
    near(&made, "POP", &[50.0, 8.0, 50.0]);
    near(&made, "PERCENTAGE", &[50.0, 8.0, 25.0]);
    let one = tabulate(zones(), classes, json!({ "Out_Units": "ARES" })).unwrap();
    near(&one, "AREA", &[0.5, 0.66]);
}

#[test]
fn lines_and_points_are_percentages_of_their_class() {
    let ways = [(json!({ "KIND": 1 }), line(&[[5.0, 5.0], [45.0, 5.0]]))];
    let made = tabulate(zones(), set("Polyline", 5070, &ways), json!({ "Class_Fields": "KIND" })).unwrap();
    near(&made, "LENGTH", &[10.0, 15.0]);
    near(&made, "PERCENTAGE", &[25.0, 37.5]);
    let points: Vec<_> =
        [1.0, 2.0, 15.0, 99.0].iter().map(|x| (json!({}), json!({ "x": x, "y": 1 }))).collect();
    let made = tabulate(zones(), set("Point", 5070, &points), json!({})).unwrap();
    assert_eq!(made.column("PNT_COUNT"), ["1", "2"]);
    near(&made, "PERCENTAGE", &[25.0, 50.0]);
}

#[test]
fn object_ids_as_zones_are_plain_numbers() {
    let class = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 1.0))]);
    let parameters =
        json!({ "Zone_Features": zones(), "Zone_Fields": ["OBJECTID", "ZONE"], "Class_Features": class });
    let made = run("TabulateIntersection", &parameters).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "OBJECTID_1", "ZONE", "AREA", "PERCENTAGE"]);
    assert_eq!(made.column("OBJECTID_1"), ["10"]);
    assert_eq!(made.features.fields[1].field_type, gp_esri::FieldType::BigInteger);
}

#[test]
fn degrees_are_measured_on_the_ellipsoid() {
    let zones = set("Polygon", 4326, &[(json!({ "ZONE": "z" }), square(0.0, 0.0, 2.0))]);
    let class = set("Polygon", 4326, &[(json!({}), square(0.0, 0.0, 1.0))]);
    let made = tabulate(zones, class, json!({ "Out_Units": "SQUARE_KILOMETERS" })).unwrap();
    // GeographicLib, Planimeter.
    let area: f64 = made.column("AREA")[0].parse().unwrap();
    assert!((area - 12_308.778_361_469).abs() < 1e-6, "{area}");
}

#[test]
fn what_cannot_be_measured_is_refused_by_name() {
    let ways = set("Polyline", 5070, &[(json!({}), line(&[[5.0, 5.0], [45.0, 5.0]]))]);
    let error = tabulate(zones(), ways.clone(), json!({ "Out_Units": "HECTARES" })).err().unwrap();
    assert!(error.contains("Out_Units") && error.contains("METERS"), "{error}");
    let named = set("Polyline", 5070, &[(json!({ "ZONE": "w" }), line(&[[5.0, 5.0], [45.0, 5.0]]))]);
    let error = tabulate(named, zones(), json!({})).err().unwrap();
    assert!(error.contains("Class_Features"), "{error}");
    let error = tabulate(zones(), zones(), json!({ "Sum_Fields": "ZONE" })).err().unwrap();
    assert!(error.contains("Sum_Fields"), "{error}");
    let error = tabulate(zones(), ways, json!({ "Class_Fields": "NO" })).err().unwrap();
    assert!(error.contains("Class_Fields"), "{error}");
}

#[test]
fn null_values_and_empty_layers_give_nulls_and_no_rows() {
    let classes = set("Polygon", 5070, &[(json!({ "POP": Value::Null }), square(0.0, 0.0, 1.0))]);
    let made = tabulate(zones(), classes, json!({ "Sum_Fields": "POP" })).unwrap();
    assert_eq!((made.column("ZONE"), made.column("POP")), (vec!["b".to_owned()], vec!["null".to_owned()]));
    let made = tabulate(zones(), set("Polygon", 5070, &[]), json!({})).unwrap();
    assert!(made.features.features.is_empty());
}
