use crate::testing::{Run, run, set, square};
use serde_json::{Value, json};

fn points(wkid: u32, positions: &[[f64; 2]]) -> Value {
    let row = |(number, [x, y]): (usize, &[f64; 2])| {
        (
            json!({ "POP": number as i64 + 1, "KIND": if number == 0 { "a" } else { "b" } }),
            json!({ "x": x, "y": y }),
        )
    };
    set("Point", wkid, &positions.iter().enumerate().map(row).collect::<Vec<_>>())
}

fn aggregate(points: Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Point_Features": points });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("AggregatePoints", &parameters)
}

const POSITIONS: &[[f64; 2]] = &[[5.0, 5.0], [9.0, 1.0], [10.0, 5.0], [35.0, 5.0]];

#[test]
fn points_are_counted_in_polygons_with_statistics_and_groups() {
    let rows = [
        (json!({ "NAME": "one" }), square(0.0, 0.0, 10.0)),
        (json!({ "NAME": "two" }), square(50.0, 0.0, 1.0)),
    ];
    let more = json!({
        "Polygon_Features": set("Polygon", 5070, &rows), "Statistics_Fields": "POP SUM;POP MAX",
        "Group_Field": "KIND", "Add_Minority_and_Majority": "ADD_MIN_MAJ",
    });
    let made = aggregate(points(5070, POSITIONS), more.clone()).unwrap();
    let names = [
        "OBJECTID",
        "NAME",
        "sum_POP",
        "max_POP",
        "Point_Count",
        "Join_ID",
        "Minority_KIND",
        "Majority_KIND",
    ];
    assert_eq!(made.names(), names);
    assert_eq!(made.column("Point_Count"), ["3", "0"]);
    assert_eq!(made.column("sum_POP"), ["6", "null"]);
    assert_eq!(made.column("Majority_KIND"), ["b", "null"]);
    assert_eq!(made.more[0].features.len(), 2);
    let mut more = more;
    more["Keep_Boundaries_With_No_Points"] = json!(false);
    assert_eq!(aggregate(points(5070, POSITIONS), more).unwrap().column("NAME"), ["one"]);
}

#[test]
fn bins_cover_the_extent_or_only_the_points_and_a_point_is_in_one_of_them() {
    let more = json!({ "Bin_Size": { "distance": 10, "units": "esriMeters" } });
    let made = aggregate(points(5070, POSITIONS), more).unwrap();
    assert_eq!(made.column("Point_Count"), ["2", "1", "0", "1"]);
    assert!((made.area(1) - 100.0).abs() < 1e-9);
    assert!((made.geometry(1).envelope().xmin - 10.0).abs() < 1e-9);
    let more = json!({ "Bin_Size": "10 Meters", "Keep_Boundaries_With_No_Points": "false" });
    assert_eq!(aggregate(points(5070, POSITIONS), more).unwrap().column("Point_Count"), ["2", "1", "1"]);
}

#[test]
fn hexagons_are_as_high_as_their_size() {
    let more =
        json!({ "Bin_Size": "10 Meters", "Bin_Type": "HEXAGON", "Keep_Boundaries_With_No_Points": false });
    let made = aggregate(points(5070, &[[0.0, 0.0], [0.5, 4.9]]), more).unwrap();
    assert_eq!(made.column("Point_Count"), ["2"]);
    let envelope = made.geometry(0).envelope();
    assert!((envelope.ymax - envelope.ymin - 10.0).abs() < 1e-12);
    assert!((envelope.xmax - envelope.xmin - 20.0 / 3.0_f64.sqrt()).abs() < 1e-12);
}

#[test]
fn points_in_degrees_are_binned_with_equal_areas_and_a_message_says_so() {
    let positions = [[0.001, 0.001], [0.001, 70.0], [-179.999, 70.0]];
    let more = json!({ "Bin_Size": "10 Kilometers", "Keep_Boundaries_With_No_Points": false });
    let made = aggregate(points(4326, &positions), more).unwrap();
    assert_eq!(made.features.spatial_reference.as_ref().and_then(|reference| reference.wkid), Some(6933));
    assert_eq!(made.features.features.len(), 3);
    assert!((0..3).all(|row| (made.area(row) - 1e8).abs() < 1e-3));
    assert!(made.warnings.iter().any(|text| text.contains("EPSG:6933")), "{:?}", made.warnings);
    let degrees = json!({ "Bin_Size": { "distance": 1, "units": "esriDecimalDegrees" }, "Keep_Boundaries_With_No_Points": false });
    let made = aggregate(points(4326, &positions), degrees).unwrap();
    assert!((made.area(0) - 1.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_binned_is_refused_with_what_to_change() {
    let wrong = |more: Value| aggregate(points(5070, POSITIONS), more).err().unwrap();
    assert!(wrong(json!({})).starts_with("Polygon_Features: "));
    assert!(wrong(json!({ "Bin_Size": "0 Meters" })).starts_with("Bin_Size: "));
    assert!(wrong(json!({ "Bin_Size": "1e300 Meters" })).contains("reach too far"));
    assert!(wrong(json!({ "Bin_Size": "0.001 Meters" })).contains("more than 10 million vertices"));
    assert!(
        wrong(json!({ "Bin_Size": "1 Meters", "Statistics_Fields": "KIND SUM" })).contains("KIND has none")
    );
    let both = json!({ "Bin_Size": "1 Meters", "Polygon_Features": set("Polygon", 5070, &[]) });
    assert!(wrong(both).contains("not both"));
}

#[test]
fn no_points_make_no_bins_and_multipoints_count_each_point() {
    let none = aggregate(points(5070, &[]), json!({ "Bin_Size": "10 Meters" })).unwrap();
    assert!(none.features.features.is_empty());
    let rows = [
        (json!({ "POP": 9 }), json!({ "points": [[1, 1], [2, 2], [11, 1]] })),
        (json!({ "POP": 1 }), Value::Null),
    ];
    let more = json!({ "Bin_Size": "10 Meters", "Statistics_Fields": "POP SUM" });
    let made = aggregate(set("Multipoint", 5070, &rows), more).unwrap();
    assert_eq!(made.column("Point_Count"), ["2", "1"]);
    assert_eq!(made.column("sum_POP"), ["6", "3"]);
}

#[test]
fn a_unit_that_means_nothing_without_a_spatial_reference_is_named() {
    let points = set("Point", 0, &[(json!({}), json!({ "x": 1.0, "y": 1.0 }))]);
    let made =
        |size: &str| run("AggregatePoints", &json!({ "Point_Features": points, "Bin_Size": size })).unwrap();
    let with_unit = made("2 Kilometers");
    assert!(with_unit.warnings.iter().any(|text| text.starts_with("Bin_Size: the features have no spatial")));
    assert_eq!(with_unit.area(0).round().to_string(), "4");
    assert_eq!(made("2 Unknown").warnings, Vec::<String>::new());
}
