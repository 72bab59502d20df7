use crate::testing::{Run, line, run, set, square};
use gp_esri::FeatureSet;
use serde_json::{Value, json};

fn fields(wkid: u32) -> Value {
    let rows = [
        (json!({ "NAME": "left" }), square(0.0, 0.0, 10.0)),
        (json!({ "NAME": "right" }), square(10.0, 0.0, 10.0)),
        (json!({ "NAME": "far" }), square(100.0, 0.0, 10.0)),
        (json!({ "NAME": "none" }), Value::Null),
    ];
    set("Polygon", wkid, &rows)
}

fn summarize(wkid: u32, features: Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Input_Polygons": fields(wkid), "Input_Summary_Features": features });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("SummarizeWithin", &parameters)
}

fn points() -> Value {
    let point =
        |kind: &str, pop: Value, x: f64| (json!({ "KIND": kind, "POP": pop }), json!({ "x": x, "y": 5.0 }));
    let rows = [
        point("oak", json!(1), 2.0),
        point("elm", json!(2), 3.0),
        point("oak", json!(4), 10.0),
        point("elm", Value::Null, 12.0),
        point("ash", json!(16), 50.0),
    ];
    set("Point", 5070, &rows)
}

fn table(set: &FeatureSet) -> Vec<String> {
    let text = |value: &gp_esri::Attribute| match value {
        gp_esri::Attribute::Null => "null".to_owned(),
        other => crate::statistics::text_of(other),
    };
    set.features.iter().map(|row| row.attributes.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn what_touches_but_for_rounding_does_not_count() {
    let (below, above) = crate::testing::nearly_touching();
    for (polygons, features) in [(&below, &above), (&above, &below)] {
        let parameters = json!({ "Input_Polygons": polygons, "Input_Summary_Features": features });
        let made = crate::testing::run("SummarizeWithin", &parameters).unwrap();
        assert_eq!(made.column("Polygon_Count"), ["0"; 50]);
    }
}

#[test]
fn points_are_counted_and_one_on_a_border_counts_on_both_sides() {
    let made = summarize(5070, points(), json!({ "Summary_Fields": "POP SUM;POP MEAN;POP STDDEV" })).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "NAME", "sum_POP", "mean_POP", "stddev_POP", "Point_Count"]);
    assert_eq!(made.column("Point_Count"), ["3", "2", "0", "0"]);
    assert_eq!(made.column("sum_POP"), ["7", "4", "null", "null"]);
    assert_eq!(made.column("mean_POP")[0], (7.0_f64 / 3.0).to_string());
    assert_eq!(made.column("stddev_POP")[1], "null");
    assert_eq!(made.more[0].features.len(), 0);
    let only = summarize(5070, points(), json!({ "Keep_All_Polygons": "ONLY_INTERSECTING" })).unwrap();
    assert_eq!(only.column("NAME"), ["left", "right"]);
}

#[test]
fn groups_have_their_own_rows_and_areas_name_the_rarest_and_the_most_frequent() {
    let more = json!({
        "Group_Field": "KIND", "Add_Minority_and_Majority": "ADD_MIN_MAJ", "Add_Group_Percents": "ADD_PERCENT",
        "Summary_Fields": "POP MAX",
    });
    let made = summarize(5070, points(), more).unwrap();
    assert_eq!(made.column("Join_ID"), ["1", "2", "3", "4"]);
    assert_eq!(made.column("Minority_KIND"), ["elm", "elm", "null", "null"]);
    assert_eq!(made.column("Majority_KIND"), ["oak", "elm", "null", "null"]);
    assert_eq!(made.column("Majority_KIND_Percent")[1], "50");
    let names: Vec<&str> = made.more[0].fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["OBJECTID", "Join_ID", "KIND", "max_POP", "Point_Count", "PercentCount"]);
    let third = (100.0_f64 / 3.0).to_string();
    assert_eq!(
        table(&made.more[0]),
        [
            format!("1 1 elm 2 1 {third}"),
            format!("2 1 oak 4 2 {}", 200.0_f64 / 3.0),
            "3 2 elm null 1 50".to_owned(),
            "4 2 oak 4 1 50".to_owned()
        ]
    );
}

#[test]
fn lines_give_the_share_of_their_values_and_weigh_by_the_length_inside() {
    let rows = [
        (json!({ "FLOW": 10.0 }), line(&[[5.0, 5.0], [15.0, 5.0]])),
        (json!({ "FLOW": 40.0 }), line(&[[5.0, 1.0], [5.0, 4.0]])),
        // Along the border, and touching at one end only.
        (json!({ "FLOW": 6.0 }), line(&[[10.0, 2.0], [10.0, 4.0]])),
        (json!({ "FLOW": 99.0 }), line(&[[20.0, 5.0], [30.0, 5.0]])),
    ];
    let more = json!({ "Summary_Fields": "FLOW SUM;FLOW MEAN;FLOW MIN;FLOW STD", "Shape_Unit": "METERS" });
    let made = summarize(5070, set("Polyline", 5070, &rows), more).unwrap();
    assert_eq!(made.column("Polyline_Count"), ["3", "2", "0", "0"]);
    assert_eq!(made.column("sum_Length_METERS"), ["10", "7", "0", "0"]);
    assert_eq!(made.column("sum_FLOW"), ["51", "11", "null", "null"]);
    assert_eq!(made.column("mean_FLOW")[0], ((5.0 * 10.0 + 3.0 * 40.0 + 2.0 * 6.0) / 10.0).to_string());
    assert_eq!(made.column("min_FLOW"), ["6", "6", "null", "null"]);
    let mean = 62.0_f64 / 7.0;
    let squares = 5.0 * (10.0 - mean).powi(2) + 2.0 * (6.0 - mean).powi(2);
    let found: f64 = made.column("stddev_FLOW")[1].parse().unwrap();
    assert!((found - (squares / (7.0 / 2.0)).sqrt()).abs() < 1e-12);
}

#[test]
fn polygons_are_cut_whichever_of_both_has_more_vertices() {
    let many: Vec<[f64; 2]> = (0..=100).map(|step| [5.0, 2.0 + f64::from(step) * 0.06]).collect();
    let ring: Vec<[f64; 2]> = many.iter().copied().chain([[15.0, 8.0], [15.0, 2.0], [5.0, 2.0]]).collect();
    let rows = [
        (json!({ "POP": 60 }), json!({ "rings": [ring] })),
        (json!({ "POP": 8 }), square(1.0, 1.0, 1.0)),
        (json!({ "POP": 5 }), square(0.0, 10.0, 10.0)),
    ];
    let more = json!({ "Summary_Fields": "POP SUM", "Shape_Unit": "SQUAREMETERS" });
    let made = summarize(5070, set("Polygon", 5070, &rows), more).unwrap();
    assert_eq!(made.column("Polygon_Count"), ["2", "1", "0", "0"]);
    let numbers =
        |name: &str| -> Vec<f64> { made.column(name)[..2].iter().map(|it| it.parse().unwrap()).collect() };
    for (found, expected) in numbers("sum_Area_SQUAREMETERS").iter().zip([31.0, 30.0]) {
        assert!((found - expected).abs() < 1e-9, "{found}");
    }
    for (found, expected) in numbers("sum_POP").iter().zip([38.0, 30.0]) {
        assert!((found - expected).abs() < 1e-9, "{found}");
    }
}

#[test]
fn degrees_are_measured_on_the_ellipsoid() {
    let rows = [(json!({}), square(0.0, 0.0, 1.0))];
    let made = summarize(4326, set("Polygon", 4326, &rows), json!({})).unwrap();
    let found: f64 = made.column("sum_Area_SQUAREKILOMETERS")[0].parse().unwrap();
    assert!((found - 12_308.778_361).abs() < 1e-5, "{found}");
}

#[test]
fn a_polygon_on_both_sides_of_the_antimeridian_counts_on_both() {
    let rings = json!([
        [[179, 0], [179, 1], [180, 1], [180, 0], [179, 0]],
        [[-180, 0], [-180, 1], [-179, 1], [-179, 0], [-180, 0]]
    ]);
    let fiji = set("Polygon", 4326, &[(json!({}), json!({ "rings": rings }))]);
    let points: Vec<(Value, Value)> =
        [179.5, -179.5, 180.0, 0.0].iter().map(|x| (json!({}), json!({ "x": x, "y": 0.5 }))).collect();
    let on_both = json!({ "Input_Polygons": fiji, "Input_Summary_Features": set("Point", 4326, &points) });
    assert_eq!(run("SummarizeWithin", &on_both).unwrap().column("Point_Count"), ["3"]);
    let itself = json!({ "Input_Polygons": fiji, "Input_Summary_Features": fiji });
    let found: f64 =
        run("SummarizeWithin", &itself).unwrap().column("sum_Area_SQUAREKILOMETERS")[0].parse().unwrap();
    assert!((found - 2.0 * 12_308.778_361).abs() < 1e-5, "{found}");
}

#[test]
fn each_point_of_a_multipoint_counts() {
    let rows = [(json!({ "POP": 30 }), json!({ "points": [[1, 1], [2, 2], [15, 5]] }))];
    let made = summarize(0, set("Multipoint", 0, &rows), json!({ "Summary_Fields": "POP SUM" })).unwrap();
    assert_eq!(made.column("Point_Count"), ["2", "1", "0", "0"]);
    assert_eq!(made.column("sum_POP"), ["20", "10", "null", "null"]);
}

#[test]
fn wrong_units_and_fields_are_refused_and_empty_inputs_are_not() {
    let lines = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [1.0, 1.0]]))]);
    assert!(
        summarize(5070, lines, json!({ "Shape_Unit": "ACRES" })).err().unwrap().starts_with("Shape_Unit: ")
    );
    let wrong = |more: Value| summarize(5070, points(), more).err().unwrap();
    assert!(wrong(json!({ "Summary_Fields": "KIND SUM" })).contains("KIND has none"));
    assert!(wrong(json!({ "Summary_Fields": "POP MEDIAN" })).contains("use one of SUM"));
    assert!(wrong(json!({ "Group_Field": "X" })).starts_with("Group_Field: "));
    let none = summarize(5070, set("Point", 5070, &[]), json!({ "Group_Field": "OBJECTID" })).unwrap();
    assert_eq!(none.column("Point_Count"), ["0"; 4]);
}
