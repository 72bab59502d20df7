use super::{Made, polygon, put_in_place};
use crate::testing::{Run, run, set, square};
use gp_core::RunContext;
use gp_esri::{Feature, FeatureSet, Geometry, Path};
use gp_geometry::{area, is_valid_polygon, union_all};
use serde_json::{Value, json};

fn simplify(features: &Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Input_Features": features, "Tolerance": "1 Meters" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("SimplifySharedEdges", &parameters)
}

fn rings(made: &Run) -> Vec<&[Path]> {
    (0..made.features.features.len())
        .map(|row| match made.geometry(row) {
            Geometry::Polygon(rings) => rings.as_slice(),
            _ => panic!("no polygon"),
        })
        .collect()
}

/// Two fields with a wavy border between them, and a third that nothing touches.
fn fields() -> Value {
    let border: Vec<[f64; 2]> = (0..=20).map(|y| [10.0 + f64::from(y % 2) * 0.5, f64::from(y)]).collect();
    let mut left = vec![[0.0, 0.0], [0.0, 20.0]];
    left.extend(border.iter().rev());
    left.push([0.0, 0.0]);
    let mut right = border;
    right.extend([[20.0, 20.0], [20.0, 0.0], [10.0, 0.0]]);
    let of = |ring: Vec<[f64; 2]>| json!({ "rings": [ring] });
    let rows = [
        (json!({ "NAME": "left" }), of(left)),
        (json!({ "NAME": "right" }), of(right)),
        (json!({ "NAME": "alone" }), square(50.0, 0.0, 5.0)),
    ];
    set("Polygon", 5070, &rows)
}

#[test]
fn neighbours_stay_neighbours_and_keep_their_rows() {
    for (algorithm, tolerance) in [("POINT_REMOVE", "1 Meters"), ("EFFECTIVE_AREA", "3 Meters")] {
        let more = json!({ "Algorithm": algorithm, "Tolerance": tolerance });
        let made = simplify(&fields(), more).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME"]);
        assert_eq!(made.column("OBJECTID"), ["10", "20", "30"]);
        let all = rings(&made);
        assert_eq!((all[0][0].xy.len(), all[1][0].xy.len()), (5, 5), "{algorithm}");
        let sum: f64 = all.iter().map(|rings| area(rings)).sum();
        assert!((sum - 425.0).abs() < 1e-9 && (area(&union_all(all)) - sum).abs() < 1e-9);
    }
}

#[test]
fn a_small_part_goes_and_a_row_without_geometry_stays() {
    let rows =
        [(json!({}), square(0.0, 0.0, 10.0)), (json!({}), square(10.0, 0.0, 2.0)), (json!({}), Value::Null)];
    let least = json!({ "Minimum_Area": { "area": 5, "units": "esriSquareMeters" } });
    let made = simplify(&set("Polygon", 5070, &rows), least).unwrap();
    assert_eq!(made.column("OBJECTID"), ["10", "30"]);
}

#[test]
fn a_row_that_cannot_be_simplified_keeps_its_geometry_and_only_small_ones_go() {
    // A ring without an area: a repair leaves nothing of it.
    let flat = vec![Path::from_xy(vec![[0.0, 0.0], [5.0, 0.0], [0.0, 0.0]])];
    assert_eq!(polygon(flat.clone(), None), Made::Unchanged);
    let feature =
        |rings: &[Path]| Feature { geometry: Some(Geometry::Polygon(rings.to_vec())), ..Feature::default() };
    let features = vec![feature(&flat), feature(&flat), Feature::default()];
    let mut set = FeatureSet { features, ..FeatureSet::default() };
    let made = vec![Made::default(), Made::Small, Made::default()];
    put_in_place(&mut set, made, &RunContext::silent());
    assert_eq!(set.features, [feature(&flat), Feature::default()]);
}

#[test]
fn lines_that_share_a_stretch_share_it_afterwards() {
    let path = |xy: Value| (json!({}), json!({ "paths": [xy] }));
    let rows = [
        path(json!([[0, 9], [0, 0], [5, 0.4], [10, 0], [10, 9]])),
        path(json!([[20, 0], [10, 0], [5, 0.4], [0, 0], [-9, 0]])),
    ];
    let made = simplify(&set("Polyline", 5070, &rows), json!({})).unwrap();
    let counts: Vec<usize> = (0..2).map(|row| made.geometry(row).vertex_count()).collect();
    assert_eq!(counts, [4, 4]);
}

#[test]
fn counties_stay_a_coverage_of_valid_polygons_however_rough_they_get() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/counties_albers.json");
    let counties: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (algorithm, kilometres) in
        [("POINT_REMOVE", 2.0), ("POINT_REMOVE", 30.0), ("EFFECTIVE_AREA", 10.0), ("EFFECTIVE_AREA", 300.0)]
    {
        let tolerance = json!({ "distance": kilometres, "units": "esriKilometers" });
        let made = simplify(&counties, json!({ "Algorithm": algorithm, "Tolerance": tolerance })).unwrap();
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
        let all = rings(&made);
        assert_eq!(all.len(), counties["features"].as_array().unwrap().len());
        assert!(all.iter().all(|rings| is_valid_polygon(rings)), "{algorithm} {kilometres}");
        let sum: f64 = all.iter().map(|rings| area(rings)).sum();
        let union = area(&union_all(all));
        assert!((union / sum - 1.0).abs() < 1e-9, "{algorithm} {kilometres}: {union} {sum}");
    }
}

#[test]
fn overlapping_polygons_and_no_features_are_no_fault() {
    let rows = [(json!({}), square(0.0, 0.0, 10.0)), (json!({}), square(5.0, 5.0, 10.0))];
    let made = simplify(&set("Polygon", 5070, &rows), json!({ "Tolerance": "0.1 Meters" })).unwrap();
    assert_eq!((made.area(0), made.area(1)), (100.0, 100.0));
    assert!(simplify(&set("Polygon", 0, &[]), json!({})).unwrap().features.features.is_empty());
    let error = simplify(&fields(), json!({ "Tolerance": "-1 Meters" })).err().unwrap();
    assert!(error.contains("not more than 0"), "{error}");
}
