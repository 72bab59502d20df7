use crate::testing::{Run, line, run, set, square};
use gp_esri::{Geometry, Xy};
use gp_geometry::{Geodesy, Location, PreparedPolygon, WGS84_ELLIPSOID};
use serde_json::{Value, json};

fn random_points(features: &Value, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Constraining_Features": features });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("CreateRandomPoints", &parameters)
}

fn in_extent(extent: &str, more: Value) -> Result<Run, String> {
    let mut parameters = json!({ "Constraining_Extent": extent });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("CreateRandomPoints", &parameters)
}

fn positions(made: &Run) -> Vec<Xy> {
    let position = |row| match made.geometry(row) {
        Geometry::Point(point) => point.xy,
        _ => [f64::NAN; 2],
    };
    (0..made.features.features.len()).map(position).collect()
}

/// Counts of the values 0 to below 1 in equal classes; the statistic of Pearson's test of them.
fn chi_square(values: impl Iterator<Item = f64>, classes: usize) -> f64 {
    let mut counts = vec![0.0; classes];
    values.for_each(|value| counts[((value * classes as f64) as usize).min(classes - 1)] += 1.0);
    let expected = counts.iter().sum::<f64>() / classes as f64;
    counts.iter().map(|count: &f64| (count - expected).powi(2) / expected).sum()
}

/// With 99 degrees of freedom; 148 is passed by chance once in a thousand samples.
const MOST_CHI_SQUARE: f64 = 148.0;

/// A square of 100 with a hole, an L and a band that is a hundredth of its box.
fn shapes() -> Value {
    let holed = json!({ "rings": [
        [[0, 0], [0, 100], [100, 100], [100, 0], [0, 0]],
        [[20, 20], [80, 20], [80, 80], [20, 80], [20, 20]],
    ] });
    let corner =
        json!({ "rings": [[[200, 0], [200, 100], [210, 100], [210, 10], [300, 10], [300, 0], [200, 0]]] });
    let band = json!({ "rings": [[[400, 0], [499, 100], [500, 100], [401, 0], [400, 0]]] });
    let row = |number: i64, geometry: Value| (json!({ "NUMBER": number }), geometry);
    set("Polygon", 5070, &[row(300, holed), row(200, corner), row(100, band)])
}

#[test]
fn every_polygon_has_its_number_of_points_inside_and_its_object_id() {
    let made = random_points(&shapes(), json!({ "Number_of_Points": "NUMBER" })).unwrap();
    assert_eq!(made.names(), ["OBJECTID", "CID"]);
    let polygons = gp_esri::FeatureSet::from_json(&shapes().to_string(), &gp_esri::ReadLimits::default());
    let polygons = polygons.unwrap().feature_set;
    let (ids, places) = (made.column("CID"), positions(&made));
    let mut start = 0;
    for (row, count) in [300, 200, 100].into_iter().enumerate() {
        let Some(Geometry::Polygon(rings)) = &polygons.features[row].geometry else { panic!("no polygon") };
        let prepared = PreparedPolygon::new(rings);
        for index in start..start + count {
            assert_eq!(ids[index], (10 * (row + 1)).to_string());
            assert_ne!(prepared.locate(places[index]), Location::Outside);
        }
        start += count;
    }
    assert_eq!(places.len(), start);
}

#[test]
fn points_fill_a_square_evenly() {
    let made = in_extent("0 0 1 1", json!({ "Number_of_Points": 10_000, "Seed": 5 })).unwrap();
    let places = positions(&made);
    for axis in [0, 1] {
        let statistic = chi_square(places.iter().map(|place| place[axis]), 100);
        assert!(statistic < MOST_CHI_SQUARE, "{axis}: {statistic}");
    }
    let cell = |[x, y]: &Xy| ((x * 10.0).floor() + y) / 10.0;
    let statistic = chi_square(places.iter().map(cell), 100);
    assert!(statistic < MOST_CHI_SQUARE, "{statistic}");
    assert!(made.column("CID").iter().all(|id| id == "0"));
}

#[test]
fn points_fill_a_polygon_of_many_boxes_evenly() {
    // The band is cut into boxes; along it every piece of equal length must get as many points.
    let band = json!({ "rings": [[[0, 0], [99, 100], [100, 100], [1, 0], [0, 0]]] });
    let band = set("Polygon", 5070, &[(json!({}), band)]);
    let made = random_points(&band, json!({ "Number_of_Points": 10_000 })).unwrap();
    let statistic = chi_square(positions(&made).iter().map(|[_, y]| y / 100.0), 100);
    assert!(statistic < MOST_CHI_SQUARE, "{statistic}");
}

#[test]
fn points_in_degrees_are_even_on_the_sphere() {
    let extent = r#"{"xmin":-180,"ymin":0,"xmax":180,"ymax":90,"spatialReference":{"wkid":4326}}"#;
    let made = in_extent(extent, json!({ "Number_of_Points": 10_000 })).unwrap();
    let statistic = chi_square(positions(&made).iter().map(|[_, latitude]| latitude.to_radians().sin()), 100);
    assert!(statistic < MOST_CHI_SQUARE, "{statistic}");
}

#[test]
fn points_lie_on_lines_by_length_and_in_degrees_by_length_on_the_ellipsoid() {
    let street = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [30.0, 40.0], [30.0, 90.0]]))]);
    let made = random_points(&street, json!({ "Number_of_Points": 10_000 })).unwrap();
    let along = |[x, y]: &Xy| if *x < 30.0 { x.hypot(*y) / 100.0 } else { (10.0 + y) / 100.0 };
    assert!(
        positions(&made).iter().all(|[x, y]| (x * 4.0 - y * 3.0).abs() < 1e-9 || (x - 30.0).abs() < 1e-9)
    );
    let statistic = chi_square(positions(&made).iter().map(along), 100);
    assert!(statistic < MOST_CHI_SQUARE, "{statistic}");
    // Half of a parallel is at 60 degrees north, the other half of the line at the equator is twice as long.
    let lines = json!({ "paths": [[[0, 0], [10, 0]], [[0, 60], [10, 60]]] });
    let lines = set("Polyline", 4326, &[(json!({}), lines)]);
    let made = random_points(&lines, json!({ "Number_of_Points": 9000 })).unwrap();
    let north = positions(&made).iter().filter(|[_, latitude]| *latitude > 30.0).count();
    assert!((2850..3150).contains(&north), "{north}");
}

#[test]
fn points_keep_their_distance_and_a_warning_says_how_many_found_room() {
    let field = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 100.0))]);
    let asked = json!({ "Number_of_Points": 5000, "Minimum_Allowed_Distance": "10 Meters" });
    let made = random_points(&field, asked).unwrap();
    let places = positions(&made);
    assert!((60..120).contains(&places.len()), "{}", places.len());
    for (index, [x, y]) in places.iter().enumerate() {
        assert!(places[..index].iter().all(|[other_x, other_y]| (x - other_x).hypot(y - other_y) >= 10.0));
    }
    let text = format!("{} of 5000 in all found room (object ids 10)", places.len());
    assert!(made.warnings.iter().any(|warning| warning.contains(&text)), "{:?}", made.warnings);
}

#[test]
fn a_distance_in_degrees_is_measured_on_the_ellipsoid_across_the_antimeridian_too() {
    let sides = json!({ "rings": [
        [[179, 65], [179, 66], [180, 66], [180, 65], [179, 65]],
        [[-180, 65], [-180, 66], [-179, 66], [-179, 65], [-180, 65]],
    ] });
    let strait = set("Polygon", 4326, &[(json!({}), sides)]);
    let made = random_points(
        &strait,
        json!({ "Number_of_Points": 500, "Minimum_Allowed_Distance": "8 Kilometers" }),
    );
    let places = positions(&made.unwrap());
    assert!(places.len() > 50 && places.iter().any(|[longitude, _]| *longitude < 0.0));
    let geodesy = Geodesy::new(WGS84_ELLIPSOID);
    for (index, place) in places.iter().enumerate() {
        assert!(places[..index].iter().all(|other| geodesy.distance_m(*other, *place) >= 8000.0));
    }
}

#[test]
fn the_same_seed_gives_the_same_points_whatever_the_number_of_threads() {
    let field = |count: usize| -> Value {
        let rows: Vec<_> = (0..count).map(|row| (json!({}), square(row as f64, 0.0, 1.0))).collect();
        set("Polygon", 5070, &rows)
    };
    let made = |threads: usize, seed: i64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let asked = json!({ "Number_of_Points": 5, "Seed": seed });
        pool.install(|| positions(&random_points(&field(200), asked).unwrap()))
    };
    assert_eq!(made(1, 7), made(4, 7));
    assert_ne!(made(1, 7), made(1, 8));
    // Features have sequences of their own, so more features leave the points of the others where they are.
    let few = positions(&random_points(&field(3), json!({ "Number_of_Points": 5, "Seed": 7 })).unwrap());
    assert_eq!(few, made(1, 7)[..15]);
}

#[test]
fn points_are_chosen_out_of_points_without_one_twice() {
    let row = |number: i64| (json!({}), json!({ "x": number, "y": 0 }));
    let towns = set("Point", 5070, &(0..50).map(row).collect::<Vec<_>>());
    let made = random_points(&towns, json!({ "Number_of_Points": 20 })).unwrap();
    let mut ids = made.column("CID");
    assert_eq!(ids.len(), 20);
    assert_eq!(ids[0], (10.0 * (positions(&made)[0][0] + 1.0)).to_string());
    ids.dedup();
    assert_eq!(ids.len(), 20);
    let all =
        random_points(&towns, json!({ "Number_of_Points": 80, "Minimum_Allowed_Distance": "1.5 Meters" }))
            .unwrap();
    assert!(
        all.features.features.len() <= 25
            && all.warnings.iter().any(|text| text.contains("of 80 points found room"))
    );
    let many = set("Multipoint", 5070, &[(json!({}), json!({ "points": [[1, 1], [2, 2], [3, 3]] }))]);
    let made = random_points(&many, json!({ "Number_of_Points": 2 })).unwrap();
    assert_eq!(made.column("CID"), ["10", "10"]);
}

#[test]
fn a_least_distance_below_the_precision_of_the_coordinates_is_kept_too() {
    let far = set("Polygon", 5070, &[(json!({}), square(1e7, -1e7, 10.0))]);
    let more = json!({ "Number_of_Points": 30, "Minimum_Allowed_Distance": "1e-300 Meters" });
    assert_eq!(random_points(&far, more).unwrap().features.features.len(), 30);
}

#[test]
fn features_without_room_get_no_points_and_nothing_fails() {
    let none = random_points(&set("Polygon", 5070, &[]), json!({})).unwrap();
    assert!(none.features.features.is_empty());
    let row = |geometry: Value| (json!({ "NUMBER": 5.7 }), geometry);
    let rows = [row(Value::Null), row(square(0.0, 0.0, 1.0))];
    let made = random_points(&set("Polygon", 5070, &rows), json!({ "Number_of_Points": "number" })).unwrap();
    assert_eq!(made.features.features.len(), 5);
    assert!(
        made.warnings.iter().any(|text| text.contains("no geometry") && text.contains("(object ids 10)"))
    );
    let still = set("Polyline", 5070, &[(json!({}), line(&[[1.0, 1.0], [1.0, 1.0 + 1e-300]]))]);
    assert!(random_points(&still, json!({})).unwrap().features.features.is_empty());
}

#[test]
fn what_is_wrong_is_named_with_its_parameter() {
    let error = |more: Value| random_points(&shapes(), more).err().unwrap();
    assert!(error(json!({ "Number_of_Points": -1 })).contains("Number_of_Points: -1 is no number"));
    assert!(error(json!({ "Number_of_Points": "NAME" })).contains("the fields are OBJECTID, NUMBER"));
    assert!(error(json!({ "Number_of_Points": 9_000_000 })).contains("more than 10 million"));
    assert!(error(json!({ "Minimum_Allowed_Distance": "-1 Meters" })).contains("Minimum_Allowed_Distance"));
    assert!(in_extent("", json!({})).err().unwrap().contains("Constraining_Extent: give an extent"));
    assert!(in_extent("0 0 0 1", json!({})).err().unwrap().contains("has no area"));
    let towns = set("Point", 5070, &[(json!({ "NUMBER": 1 }), json!({ "x": 1, "y": 0 }))]);
    assert!(
        random_points(&towns, json!({ "Number_of_Points": "NUMBER" }))
            .err()
            .unwrap()
            .contains("a field needs")
    );
}
