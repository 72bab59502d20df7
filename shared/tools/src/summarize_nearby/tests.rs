use crate::testing::{Run, line, run, set, square};
use serde_json::{Value, json};

fn nearby(summary: &Value, more: Value) -> Result<Run, String> {
    let input = set("Polygon", 5070, &[(json!({ "NAME": "a" }), square(0.0, 0.0, 10.0))]);
    let mut parameters =
        json!({ "Input_Features": input, "Input_Summary_Features": summary, "Distances": [5, 20] });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("SummarizeNearby", &parameters)
}

fn shops() -> Value {
    let shop =
        |kind: Value, pop: i64, x: f64| (json!({ "KIND": kind, "POP": pop }), json!({ "x": x, "y": 5 }));
    set(
        "Point",
        5070,
        &[
            shop(json!("b"), 1, 12.0),
            shop(json!("a"), 2, 15.0),
            shop(json!("b"), 4, 25.0),
            shop(Value::Null, 8, 90.0),
        ],
    )
}

#[test]
fn points_within_each_distance_are_counted_and_summed_up() {
    let made = nearby(&shops(), json!({ "Summary_Fields": "POP SUM;POP MAX" })).unwrap();
    let names = ["OBJECTID", "NAME", "BUFF_DIST", "ORIG_FID", "sum_POP", "max_POP", "Point_Count"];
    assert_eq!(made.names(), names);
    assert_eq!(made.column("BUFF_DIST"), ["5", "20"]);
    assert_eq!(made.column("Point_Count"), ["2", "3"]);
    assert_eq!(
        (made.column("sum_POP"), made.column("max_POP")),
        (vec!["3".into(), "7".into()], vec!["2".into(), "4".into()])
    );
    assert!(made.more[0].features.is_empty());
}

#[test]
fn groups_have_a_table_joined_by_number() {
    let more = json!({
        "Group_Field": "KIND", "Summary_Fields": "POP SUM", "Add_Minority_and_Majority": "ADD_MIN_MAJ",
    });
    let made = nearby(&shops(), more).unwrap();
    assert_eq!(
        (made.column("Join_ID"), made.column("Majority_KIND")),
        (texts(&["1", "2"]), texts(&["a", "b"]))
    );
    let table = Run { features: made.more[0].clone(), more: Vec::new(), warnings: Vec::new() };
    assert_eq!(table.names(), ["OBJECTID", "Join_ID", "KIND", "sum_POP", "Point_Count"]);
    assert_eq!(
        (table.column("Join_ID"), table.column("KIND")),
        (texts(&["1", "1", "2", "2"]), texts(&["a", "b", "a", "b"]))
    );
    assert_eq!(
        (table.column("Point_Count"), table.column("sum_POP")),
        (texts(&["1", "1", "1", "2"]), texts(&["2", "1", "2", "5"]))
    );
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn lines_and_polygons_count_with_their_share() {
    let road = set("Polyline", 5070, &[(json!({ "POP": 100 }), line(&[[5.0, 5.0], [25.0, 5.0]]))]);
    let more = json!({ "Summary_Fields": "POP SUM", "Shape_Unit": "METERS" });
    let made = nearby(&road, more).unwrap();
    assert_eq!(made.names()[4..], ["sum_POP", "sum_Length_METERS", "Polyline_Count"]);
    assert_eq!(
        (made.column("sum_Length_METERS"), made.column("sum_POP")),
        (texts(&["10", "20"]), texts(&["50", "100"]))
    );
    let zones = set(
        "Polygon",
        5070,
        &[(json!({ "POP": 10 }), square(10.0, 0.0, 10.0)), (json!({ "POP": 40 }), square(0.0, 0.0, 10.0))],
    );
    let more =
        json!({ "Distances": [5], "Summary_Fields": "POP SUM;POP MEAN", "Shape_Unit": "SQUAREMETERS" });
    let made = nearby(&zones, more).unwrap();
    let number = |name: &str| made.column(name)[0].parse::<f64>().unwrap();
    assert!((number("sum_Area_SQUAREMETERS") - 150.0).abs() < 1e-6);
    assert!((number("sum_POP") - 45.0).abs() < 1e-6 && (number("mean_POP") - 30.0).abs() < 1e-6);
}

#[test]
fn degrees_are_measured_on_the_ellipsoid_across_the_antimeridian() {
    let input = set("Point", 4326, &[(json!({}), json!({ "x": 180, "y": 0 }))]);
    let road = set("Polyline", 4326, &[(json!({}), line(&[[170.0, 0.0], [190.0, 0.0]]))]);
    let parameters = json!({
        "Input_Features": input, "Input_Summary_Features": road, "Distances": [100], "Distance_Units": "Kilometers",
    });
    let made = run("SummarizeNearby", &parameters).unwrap();
    let length_km: f64 = made.column("sum_Length_KILOMETERS")[0].parse().unwrap();
    assert!((length_km - 200.0).abs() < 1e-3, "{length_km}");
}

#[test]
fn nothing_near_is_a_count_of_zero_and_wrong_parameters_are_named() {
    let none = nearby(&set("Polygon", 5070, &[]), json!({ "Sum_Shape": "ADD_SHAPE_SUM" })).unwrap();
    assert_eq!(
        (none.column("Polygon_Count"), none.column("sum_Area_SQUAREKILOMETERS")),
        (texts(&["0", "0"]), texts(&["0", "0"]))
    );
    let some = json!({ "Distances": [1, 5], "Keep_All_Polygons": "ONLY_INTERSECTING" });
    assert_eq!(nearby(&shops(), some).unwrap().column("BUFF_DIST"), ["5"]);
    let error = |more: Value| nearby(&shops(), more).err().unwrap();
    assert!(error(json!({ "Distances": [0] })).starts_with("Distances: 0 is no distance above 0"));
    assert!(error(json!({ "Summary_Fields": "POP MEDIAN" })).starts_with("Summary_Fields: "));
    assert!(error(json!({ "Group_Field": "NO" })).starts_with("Group_Field: "));
    let roads = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [1.0, 0.0]]))]);
    let refused = nearby(&roads, json!({ "Shape_Unit": "ACRES" })).err().unwrap();
    assert!(refused.starts_with("Shape_Unit: ACRES is no unit of length; choose another"), "{refused}");
}

#[test]
fn features_without_geometry_have_no_area_and_lie_nowhere() {
    let at = |x: f64| (json!({}), json!({ "x": x, "y": 0 }));
    let input = set("Point", 5070, &[(json!({}), Value::Null), at(0.0)]);
    let summary = set("Point", 5070, &[at(0.5), (json!({}), Value::Null)]);
    let parameters =
        json!({ "Input_Features": input, "Input_Summary_Features": summary, "Distances": [1, 2] });
    let made = run("SummarizeNearby", &parameters).unwrap();
    assert_eq!(
        (made.column("ORIG_FID"), made.column("Point_Count")),
        (texts(&["20", "20"]), texts(&["1", "1"]))
    );
    assert!(
        made.warnings
            .iter()
            .any(|text| text.starts_with("1 features lack areas, because they have no geometry"))
    );
}
