use crate::testing::{Run, line, run, set, square};
use gp_geometry::{Geodesy, WGS84_ELLIPSOID};
use serde_json::{Value, json};

fn buffer(features: &Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Input_Features": features, "Distance": "10 Meters" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("Buffer", &parameters)
}

fn points(wkid: u32) -> Value {
    let row = |name: &str, x: f64, reach: Value| {
        (json!({ "NAME": name, "REACH": reach }), json!({ "x": x, "y": 0 }))
    };
    set(
        "Point",
        wkid,
        &[row("b", 0.0, json!("5 Meters")), row("a", 1.0, json!("100 Feet")), row("b", 2.0, Value::Null)],
    )
}

fn area_m2(run: &Run, row: usize) -> f64 {
    let gp_esri::Geometry::Polygon(rings) = run.geometry(row) else { return f64::NAN };
    Geodesy::new(WGS84_ELLIPSOID).polygon_area_m2(rings)
}

#[test]
fn each_feature_has_a_buffer_with_its_attributes_distance_and_object_id() {
    let made = buffer(&points(5070), json!({})).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "NAME", "REACH", "BUFF_DIST", "ORIG_FID"]);
    assert_eq!(made.column("ORIG_FID"), ["10", "20", "30"]);
    assert_eq!(made.column("BUFF_DIST"), ["10", "10", "10"]);
    assert!((made.area(0) / (100.0 * std::f64::consts::PI) - 1.0).abs() < 0.002);
}

#[test]
fn no_features_have_no_buffers() {
    assert!(buffer(&set("Point", 5070, &[]), json!({})).unwrap().features.features.is_empty());
    let null = set("Polygon", 5070, &[(json!({ "NAME": "nowhere" }), Value::Null)]);
    assert!(buffer(&null, json!({})).unwrap().features.features.is_empty());
}

#[test]
fn texts_in_the_distance_field_have_their_own_units_and_null_gives_no_buffer() {
    let made = buffer(&points(5070), json!({ "Distance_Field": "REACH" })).unwrap();
    assert_eq!(made.column("ORIG_FID"), ["10", "20"]);
    assert!((made.area(1) / made.area(0) - (30.48_f64 / 5.0).powi(2)).abs() < 1e-3);
}

#[test]
fn metres_on_degrees_are_measured_on_the_ellipsoid_both_ways() {
    let field = set("Polygon", 4326, &[(json!({}), square(0.0, 60.0, 0.1))]);
    let area_of = |distance: &str| area_m2(&buffer(&field, json!({ "Distance": distance })).unwrap(), 0);
    let (side_m, other_side_m) = (5_583.0, 11_141.0);
    assert!((area_of("-1000 Meters") / ((side_m - 2000.0) * (other_side_m - 2000.0)) - 1.0).abs() < 0.01);
    assert!(area_of("1000 Meters") > (side_m + 1900.0) * (other_side_m + 1900.0));
}

#[test]
fn a_geodesic_buffer_in_web_mercator_is_wider_than_a_planar_one() {
    let far_north = set("Point", 3857, &[(json!({}), json!({ "x": 0, "y": 8_399_737.89 }))]);
    let planar = buffer(&far_north, json!({})).unwrap().area(0);
    let geodesic = buffer(&far_north, json!({ "Method": "GEODESIC" })).unwrap().area(0);
    // At 60 degrees north a metre on the ground is about two on the map.
    assert!((geodesic / planar - 4.0).abs() < 0.05, "{}", geodesic / planar);
}

#[test]
fn without_a_spatial_reference_units_are_those_of_the_coordinates_and_it_is_said_once() {
    let made = buffer(&points(0), json!({ "Distance_Field": "REACH" })).unwrap();
    assert_eq!(made.warnings.iter().filter(|text| text.contains("no spatial reference")).count(), 1);
    assert_eq!(made.column("BUFF_DIST"), ["5", "100"]);
}

#[test]
fn sides_and_ends_of_a_line_decide_its_area() {
    let street = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [100.0, 0.0]]))]);
    let area_of = |more: Value| buffer(&street, more).unwrap().area(0);
    assert!((area_of(json!({ "Side": "LEFT" })) - 1000.0).abs() < 1e-6);
    assert!((area_of(json!({ "Side": "RIGHT" })) - 1000.0).abs() < 1e-6);
    assert!((area_of(json!({ "End_Type": "FLAT" })) - 2000.0).abs() < 1e-6);
    assert!(area_of(json!({})) > 2300.0);
}

#[test]
fn lists_dissolve_by_value_in_the_order_of_the_values() {
    let listed = json!({ "Dissolve_Type": "LIST", "Dissolve_Fields": ["NAME"] });
    let made = buffer(&points(5070), listed).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "NAME"]);
    assert_eq!(made.column("NAME"), ["a", "b"]);
    assert_eq!(buffer(&points(5070), json!({ "Dissolve_Type": "ALL" })).unwrap().features.features.len(), 1);
}

#[test]
fn what_is_wrong_is_named_with_its_parameter() {
    let error = |more: Value| buffer(&points(5070), more).err().unwrap();
    assert!(error(json!({ "Dissolve_Type": "LIST" })).contains("Dissolve_Fields"));
    assert!(
        error(json!({ "Distance_Field": "NO" }))
            .contains("no field \"NO\"; the fields are OBJECTID, NAME, REACH")
    );
    assert!(error(json!({ "Distance_Field": "NAME" })).contains("Distance_Field: feature 10"));
    assert!(error(json!({ "Distance": "" })).contains("Distance: give a distance"));
    assert!(error(json!({ "Distance": "5 DecimalDegrees" })).contains("Distance"));
}

#[test]
fn z_is_dropped_with_a_warning() {
    let mut high = set("Point", 5070, &[(json!({}), json!({ "x": 0, "y": 0, "z": 7 }))]);
    high["hasZ"] = json!(true);
    let made = buffer(&high, json!({})).unwrap();
    assert!(!made.features.has_z && made.warnings.iter().any(|text| text.contains("z and m are dropped")));
}

#[test]
fn a_row_that_cannot_be_buffered_is_left_out_and_named() {
    let row = |reach: &str, x: f64| (json!({ "REACH": reach }), json!({ "x": x, "y": 0 }));
    let features = set("Point", 32633, &[row("5 Meters", 5e5), row("far", 5e5), row("5 Meters", 1e15)]);
    let made = buffer(&features, json!({ "Distance_Field": "REACH", "Method": "GEODESIC" })).unwrap();
    assert_eq!(made.column("ORIG_FID"), ["10"]);
    let warned = |what: &str| made.warnings.iter().any(|warning| warning.contains(what));
    assert!(warned("so they have no buffer (object ids 20)"), "{:?}", made.warnings);
    assert!(warned("so they are left out (object ids 30)"), "{:?}", made.warnings);
    let all = buffer(&features, json!({ "Method": "GEODESIC", "Dissolve_Type": "ALL" })).unwrap();
    assert_eq!(all.features.features.len(), 1);
    assert!(all.warnings.iter().any(|warning| warning.contains("(object ids 30)")));
}

#[test]
fn a_unit_without_a_length_in_the_distance_field_costs_only_its_row() {
    let row = |reach: &str, x: f64| (json!({ "REACH": reach }), json!({ "x": x, "y": 0 }));
    let features = set("Point", 5070, &[row("5 Meters", 0.0), row("5 DecimalDegrees", 50.0)]);
    let made = buffer(&features, json!({ "Distance_Field": "REACH" })).unwrap();
    assert_eq!(made.column("ORIG_FID"), ["10"]);
    assert!(made.warnings.iter().any(|text| text.contains("(object ids 20)")), "{:?}", made.warnings);
    let alone = set("Point", 5070, &[row("5 DecimalDegrees", 50.0)]);
    let error = buffer(&alone, json!({ "Distance_Field": "REACH" })).err().unwrap();
    assert!(error.starts_with("Distance_Field: ") && error.contains("no length"), "{error}");
}

#[test]
fn rows_without_a_place_are_named_once_however_many_groups() {
    let row = |name: &str, x: f64| (json!({ "NAME": name }), json!({ "x": x, "y": 0 }));
    let features = set("Point", 32633, &[row("a", 1e15), row("b", 5e5), row("b", 1e15)]);
    let listed = json!({ "Method": "GEODESIC", "Dissolve_Type": "LIST", "Dissolve_Fields": ["NAME"] });
    let made = buffer(&features, listed).unwrap();
    assert_eq!(made.column("NAME"), ["b"]);
    let named: Vec<&String> =
        made.warnings.iter().filter(|text| text.contains("so they are left out")).collect();
    assert!(named.len() == 1 && named[0].contains("(object ids 10, 30)"), "{:?}", made.warnings);
}
