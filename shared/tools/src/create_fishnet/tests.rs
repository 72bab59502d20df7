use crate::testing::{Run, run, set, square};
use gp_esri::{Geometry, Xy};
use serde_json::{Value, json};

fn fishnet(more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Origin_Coordinate": "0 0", "Geometry_Type": "POLYGON" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("CreateFishnet", &parameters)
}

fn vertices(made: &Run, row: usize) -> Vec<Xy> {
    match made.geometry(row) {
        Geometry::Polygon(paths) | Geometry::Polyline(paths) => paths[0].xy.clone(),
        Geometry::Point(point) => vec![point.xy],
        Geometry::Multipoint(points) => points.xy.clone(),
    }
}

#[test]
fn cells_run_row_by_row_from_the_origin_with_a_label_in_the_middle_of_each() {
    let sizes =
        json!({ "Cell_Size_Width": 10, "Cell_Size_Height": 5, "Number_of_Rows": 2, "Number_of_Columns": 3 });
    let made = fishnet(sizes).unwrap();
    assert_eq!(made.features.features.len(), 6);
    assert_eq!(vertices(&made, 1), [[10.0, 0.0], [10.0, 5.0], [20.0, 5.0], [20.0, 0.0], [10.0, 0.0]]);
    assert_eq!(vertices(&made, 3)[..1], [[0.0, 5.0]]);
    let labels = &made.more[0].features;
    assert!(
        matches!(&labels[5].geometry, Some(Geometry::Point(point)) if [point.xy] == *[[25.0, 7.5]].as_slice())
    );
}

#[test]
fn zero_counts_cover_the_way_to_the_opposite_corner_and_zero_sizes_divide_it() {
    let count = |more: Value| fishnet(more).unwrap().features.features.len();
    let sizes = json!({ "Cell_Size_Width": 10, "Cell_Size_Height": 10, "Opposite_Corner": "95 30" });
    assert_eq!(count(sizes), 10 * 3);
    let made =
        fishnet(json!({ "Number_of_Rows": 4, "Number_of_Columns": 8, "Opposite_Corner": "40 100" })).unwrap();
    assert_eq!(vertices(&made, 31)[2..3], [[40.0, 100.0]]);
    let mixed = json!({ "Number_of_Rows": 4, "Cell_Size_Width": 0.1, "Opposite_Corner": "0.3 1" });
    assert_eq!(count(mixed), 12, "0.3 is three cells of 0.1");
}

#[test]
fn the_y_axis_turns_the_net_around_its_origin() {
    let turned = json!({
        "Origin_Coordinate": "100 100", "Y_Axis_Coordinate": "90 100", "Cell_Size_Width": 10,
        "Cell_Size_Height": 20, "Number_of_Rows": 1, "Number_of_Columns": 1
    });
    let made = fishnet(turned).unwrap();
    // The columns run to the left, so the rows run up.
    assert_eq!(
        vertices(&made, 0),
        [[100.0, 100.0], [80.0, 100.0], [80.0, 110.0], [100.0, 110.0], [100.0, 100.0]]
    );
    let corner = json!({
        "Y_Axis_Coordinate": "1 1", "Number_of_Rows": 2, "Number_of_Columns": 2, "Opposite_Corner": "2 0.5"
    });
    let area = fishnet(corner).unwrap().area(0);
    let (width, height) = (1.5 / 2.0_f64.sqrt(), 2.5 / 2.0_f64.sqrt());
    assert!((area - width * height / 4.0).abs() < 1e-12, "{area}");
}

#[test]
fn lines_run_from_one_end_of_the_net_to_the_other() {
    let lines = json!({
        "Geometry_Type": "POLYLINE", "Cell_Size_Width": 1, "Cell_Size_Height": 1, "Number_of_Rows": 2,
        "Number_of_Columns": 3, "Labels": "NO_LABELS"
    });
    let made = fishnet(lines).unwrap();
    assert_eq!(made.features.features.len(), 3 + 4);
    assert_eq!(vertices(&made, 2), [[0.0, 2.0], [3.0, 2.0]]);
    assert_eq!(vertices(&made, 6), [[3.0, 0.0], [3.0, 2.0]]);
    assert!(made.more.is_empty());
}

#[test]
fn a_template_gives_corners_and_reference() {
    let field = set("Polygon", 5070, &[(json!({}), square(100.0, 200.0, 30.0))]);
    let parameters = json!({ "Template_Features": field, "Cell_Size_Width": 10, "Cell_Size_Height": 15 });
    let made = run("CreateFishnet", &parameters).unwrap();
    assert_eq!(made.features.spatial_reference.as_ref().unwrap().code(), Some(5070));
    assert_eq!(vertices(&made, 0), [[100.0, 200.0], [130.0, 200.0]]);
    assert_eq!(made.more[0].features.len(), 6);
}

#[test]
fn what_is_wrong_is_named_with_its_parameter() {
    let error = |more: Value| fishnet(more).err().unwrap();
    assert!(error(json!({ "Cell_Size_Width": 5 })).contains("Opposite_Corner: Number_of_Columns is 0"));
    assert!(error(json!({ "Origin_Coordinate": "" })).contains("Origin_Coordinate: give the origin"));
    assert!(error(json!({})).contains("Cell_Size_Width: it and Number_of_Columns are both 0"));
    let behind = json!({ "Number_of_Rows": 1, "Number_of_Columns": 1, "Opposite_Corner": "-1 5" });
    assert!(error(behind).contains("Opposite_Corner: it must lie to the upper right"));
    let many = json!({ "Cell_Size_Width": 1e-9, "Cell_Size_Height": 1, "Opposite_Corner": "1 1" });
    assert!(error(many).contains("more than 10 million cells"));
    let axis = json!({ "Y_Axis_Coordinate": "0 0", "Number_of_Rows": 1, "Number_of_Columns": 1 });
    assert!(error(axis).contains("Y_Axis_Coordinate"));
}

#[test]
fn a_net_that_reaches_too_far_is_refused() {
    let refused = |more: Value| fishnet(more).err().unwrap();
    let wide = json!({ "Cell_Size_Width": 1e300, "Cell_Size_Height": 5, "Number_of_Rows": 2, "Number_of_Columns": 3 });
    assert!(refused(wide).starts_with("Cell_Size_Width: the net reaches too far"));
    let high = json!({ "Cell_Size_Width": 5, "Cell_Size_Height": 1e300, "Number_of_Rows": 2, "Number_of_Columns": 3 });
    assert!(refused(high).starts_with("Cell_Size_Height: the net reaches too far"));
}
