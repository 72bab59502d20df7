#![expect(clippy::float_cmp, reason = "whole numbers and copied positions are exact")]

use crate::testing::{Run, run, set, square};
use serde_json::{Value, json};

fn eliminate(features: &Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Input_Features": features });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("Eliminate", &parameters)
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Value {
    json!({ "rings": [[[x, y], [x, y + height], [x + width, y + height], [x + width, y], [x, y]]] })
}

/// A sliver between a large field on the left and two on the right, the upper of which has more of the border.
fn fields() -> Value {
    let rows = [
        ("left", rectangle(-90.0, 0.0, 90.0, 4.0)),
        ("sliver", rectangle(0.0, 0.0, 1.0, 10.0)),
        ("upper", rectangle(1.0, 4.0, 10.0, 6.0)),
        ("lower", rectangle(1.0, 0.0, 10.0, 4.0)),
    ];
    set("Polygon", 5070, &rows.map(|(name, ring)| (json!({ "NAME": name }), ring)))
}

const SLIVER: &str = "NAME = 'sliver'";

#[test]
fn a_sliver_goes_to_the_longest_border_or_to_the_largest_neighbour() {
    let made = eliminate(&fields(), json!({ "Where_Clause": SLIVER })).unwrap();
    assert_eq!(made.column("NAME"), ["left", "upper", "lower"]);
    assert_eq!(made.column("OBJECTID"), ["10", "30", "40"]);
    assert_eq!((made.area(0), made.area(1), made.area(2)), (360.0, 70.0, 40.0));
    assert!(made.warnings[0].starts_with("1 of 1"), "{:?}", made.warnings);
    let made = eliminate(&fields(), json!({ "Where_Clause": SLIVER, "Selection": "AREA" })).unwrap();
    assert_eq!((made.area(0), made.area(1), made.area(2)), (370.0, 60.0, 40.0));
}

#[test]
fn what_is_excluded_gets_nothing_and_stays() {
    let more = json!({ "Where_Clause": SLIVER, "Exclusion_Expression": "NAME = 'upper' OR NAME = 'lower'" });
    assert_eq!(eliminate(&fields(), more).unwrap().area(0), 370.0);
    let more = json!({ "Where_Clause": SLIVER, "Exclusion_Expression": SLIVER });
    assert_eq!(eliminate(&fields(), more).unwrap().features.features.len(), 4);
}

#[test]
fn an_area_chooses_and_with_a_clause_both_must_hold() {
    let area = json!({ "area": 50, "units": "esriSquareMeters" });
    // Sliver and lower field are small; the latter has its longest border with the upper one.
    let made = eliminate(&fields(), json!({ "Maximum_Area": area })).unwrap();
    assert_eq!(made.column("NAME"), ["left", "upper"]);
    assert_eq!((made.area(0), made.area(1)), (360.0, 110.0));
    let made = eliminate(&fields(), json!({ "Maximum_Area": area, "Where_Clause": "NAME <> 'sliver'" }));
    assert_eq!(made.unwrap().column("NAME"), ["left", "sliver", "upper"]);
}

#[test]
fn an_island_in_a_hole_fills_it_and_one_without_neighbours_stays() {
    let mut lake = square(0.0, 0.0, 10.0);
    lake["rings"].as_array_mut().unwrap().push(json!([[4, 4], [5, 4], [5, 5], [4, 5], [4, 4]]));
    let rows = [
        (json!({ "A": 1 }), lake),
        (json!({ "A": 2 }), square(4.0, 4.0, 1.0)),
        (json!({ "A": 2 }), square(50.0, 0.0, 1.0)),
        (json!({ "A": 2 }), Value::Null),
    ];
    let made = eliminate(&set("Polygon", 5070, &rows), json!({ "Where_Clause": "A = 2" })).unwrap();
    assert_eq!(made.column("OBJECTID"), ["10", "30", "40"]);
    assert_eq!(made.area(0), 100.0);
    assert!(made.warnings[0].starts_with("1 of 2"), "{:?}", made.warnings);
}

#[test]
fn lengths_in_degrees_are_those_on_the_ellipsoid() {
    // 2.5 degrees of longitude at 70° north are 96 km, a degree of latitude is 111 km.
    let rows = [
        ("north", rectangle(0.0, 70.0, 2.5, 1.0)),
        ("sliver", rectangle(0.0, 69.0, 2.5, 1.0)),
        ("east", rectangle(2.5, 69.0, 1.0, 1.0)),
    ];
    let features = set("Polygon", 4326, &rows.map(|(name, ring)| (json!({ "NAME": name }), ring)));
    let made = eliminate(&features, json!({ "Where_Clause": SLIVER })).unwrap();
    assert_eq!((made.area(0), made.area(1)), (2.5, 3.5));
}

#[test]
fn nothing_to_choose_by_and_a_wrong_clause_are_said() {
    assert!(eliminate(&fields(), json!({})).err().unwrap().contains("which polygons to eliminate"));
    assert!(eliminate(&fields(), json!({ "Where_Clause": "NO = 1" })).err().unwrap().contains("NO"));
    let made = eliminate(&set("Polygon", 0, &[]), json!({ "Where_Clause": "OBJECTID = 1" })).unwrap();
    assert!(made.features.features.is_empty());
}

#[test]
fn a_value_that_a_clause_cannot_be_computed_with_costs_only_its_row() {
    let features = fields();
    let more = json!({
        "Where_Clause": "CAST(CASE WHEN NAME = 'sliver' THEN '1' ELSE NAME END AS INTEGER) = 1",
        "Exclusion_Expression": "CAST(CASE WHEN NAME = 'left' THEN NAME ELSE '0' END AS INTEGER) = 1",
    });
    let made = eliminate(&features, more).unwrap();
    assert_eq!(made.column("NAME"), ["left", "upper", "lower"]);
    let warned = |ids: &str| made.warnings.iter().any(|text| text.contains(ids));
    assert!(warned("(object ids 10, 30, 40)") && warned("(object ids 10)"), "{:?}", made.warnings);
}
