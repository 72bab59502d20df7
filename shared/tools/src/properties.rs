//! Laws that the tools obey whatever their input: areas are kept, indexes find what a scan finds, a second run changes
//! nothing. On stars that do not touch, on grids that share their borders exactly, and on strips as narrow as a micrometre.

use crate::testing::{Run, run, set};
use gp_esri::{Attribute, FeatureSet, Geometry, Path, ReadLimits, Xy};
use gp_geometry::{Shape, area, intersects, is_valid_polygon, rings_of, union_all};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Where the layers lie: far from the origin, as projected data does.
const ORIGIN: Xy = [1_900_000.0, 2_300_000.0];
const SIDE: f64 = 1000.0;
/// Areas agree within this share of the place's.
const TOLERANCE_M2: f64 = 1e-9 * SIDE * SIDE;

/// Rings of features that do not overlap each other.
type Rings = Vec<Vec<Xy>>;

/// Stars, one in each cell of a grid that is shifted at random.
fn stars() -> impl Strategy<Value = Rings> {
    let radii = prop::collection::vec(prop::collection::vec(0.05..0.49_f64, 5..25), 1..9);
    (radii, 0.0..1.0_f64, 0.0..1.0_f64).prop_map(|(stars, x, y)| {
        let cell = SIDE / 3.0;
        let star = |(number, radii): (usize, &Vec<f64>)| {
            let centre = [(number % 3) as f64 + x, (number / 3) as f64 + y];
            let step = -std::f64::consts::TAU / radii.len() as f64;
            let at = |(vertex, radius): (usize, &f64)| {
                let angle = step * vertex as f64;
                let (dx, dy) = (radius * angle.cos(), radius * angle.sin());
                [ORIGIN[0] + cell * (centre[0] + dx), ORIGIN[1] + cell * (centre[1] + dy)]
            };
            closed(radii.iter().enumerate().map(at).collect())
        };
        stars.iter().enumerate().map(star).collect()
    })
}

/// The cells of a grid. Angles are few, so that two grids often share borders or run along each other.
fn grid() -> impl Strategy<Value = Rings> {
    let angles = prop::sample::select(vec![0.0, 0.3, 0.3 + 1e-15]);
    (1..6_usize, 1..6_usize, angles).prop_map(|(columns, rows, angle): (usize, usize, f64)| {
        let corner = |i: usize, j: usize| {
            let (x, y) = (SIDE * i as f64 / columns as f64, SIDE * j as f64 / rows as f64);
            [ORIGIN[0] + x * angle.cos() - y * angle.sin(), ORIGIN[1] + x * angle.sin() + y * angle.cos()]
        };
        let cell = |(i, j): (usize, usize)| {
            closed(vec![corner(i, j), corner(i, j + 1), corner(i + 1, j + 1), corner(i + 1, j)])
        };
        (0..columns).flat_map(|i| (0..rows).map(move |j| (i, j))).map(cell).collect()
    })
}

/// Parallel strips, each narrower than the last.
fn strips() -> impl Strategy<Value = Rings> {
    (0.0..3.0_f64, 1..6_i32).prop_map(|(angle, count)| {
        let strip = |number: i32| {
            let width = 10.0_f64.powi(-number - 1);
            let corner = |length: f64, across: f64| {
                let across = across + SIDE * f64::from(number) / 10.0;
                let (x, y) = (
                    length * angle.cos() - across * angle.sin(),
                    length * angle.sin() + across * angle.cos(),
                );
                [ORIGIN[0] + x, ORIGIN[1] + y]
            };
            closed(vec![corner(0.0, 0.0), corner(0.0, width), corner(SIDE, width), corner(SIDE, 0.0)])
        };
        (0..count).map(strip).collect()
    })
}

fn layer() -> impl Strategy<Value = Rings> {
    prop_oneof![stars(), grid(), strips()]
}

fn closed(mut ring: Vec<Xy>) -> Vec<Xy> {
    ring.push(ring[0]);
    ring
}

fn features(rings: &Rings) -> Value {
    let row = |ring: &Vec<Xy>| (json!({ "KIND": ring.len() % 2 }), json!({ "rings": [ring] }));
    let rows: Vec<_> = rings.iter().map(row).collect();
    set("Polygon", 5070, &rows)
}

/// The polygons of a set, as a tool sees them.
fn polygons(value: &Value) -> Vec<Vec<Path>> {
    let mut set = FeatureSet::from_json(&value.to_string(), &ReadLimits::default()).unwrap().feature_set;
    gp_geometry::repair_features(&mut set);
    set.features.iter().map(|feature| rings_of(feature.geometry.as_ref()).to_vec()).collect()
}

/// The area of the pieces whose id in this column is that of the feature in `row`.
fn area_of(made: &Run, column: &str, row: usize) -> f64 {
    let column = made.features.field_index(column).unwrap();
    let id = Attribute::Integer(10 * (row as i64 + 1));
    let pieces = made.features.features.iter().filter(|feature| feature.attributes[column] == id);
    pieces.map(|feature| area(rings_of(feature.geometry.as_ref()))).sum()
}

fn total(made: &Run) -> f64 {
    made.features.features.iter().map(|feature| area(rings_of(feature.geometry.as_ref()))).sum()
}

fn all_valid(made: &Run) -> bool {
    made.features.features.iter().all(|feature| is_valid_polygon(rings_of(feature.geometry.as_ref())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn the_pieces_of_a_union_make_up_every_feature_and_the_union(a in layer(), b in layer(), c in layer()) {
        let layers = [features(&a), features(&b), features(&c)];
        let parameters = json!({ "Input_Features": layers[0], "Overlay_Features": [layers[1], layers[2]] });
        let made = run("Union", &parameters).unwrap();
        prop_assert!(all_valid(&made));
        let columns = ["FID_Input_Features", "FID_Overlay_Features", "FID_Overlay_Features_1"];
        let mut all = Vec::new();
        for (column, layer) in columns.iter().zip(&layers) {
            for (row, rings) in polygons(layer).into_iter().enumerate() {
                prop_assert!((area_of(&made, column, row) - area(&rings)).abs() <= TOLERANCE_M2);
                all.push(rings);
            }
        }
        let union = area(&union_all(all.iter().map(Vec::as_slice)));
        prop_assert!((total(&made) - union).abs() <= TOLERANCE_M2, "{} {union}", total(&made));
    }

    #[test]
    fn identity_keeps_the_area_of_every_feature_and_agrees_with_intersect_and_erase(a in layer(), b in layer()) {
        let (input, other) = (features(&a), features(&b));
        let made = run("Identity", &json!({ "Input_Features": input, "Identity_Features": other })).unwrap();
        prop_assert!(all_valid(&made));
        for (row, rings) in polygons(&input).iter().enumerate() {
            prop_assert!((area_of(&made, "FID_Input_Features", row) - area(rings)).abs() <= TOLERANCE_M2);
        }
        let common = run("Intersect", &json!({ "Input_Features": input, "Overlay_Features": other })).unwrap();
        let erased = run("Erase", &json!({ "Input_Features": input, "Erase_Features": other })).unwrap();
        prop_assert!((total(&common) + total(&erased) - total(&made)).abs() <= TOLERANCE_M2);
    }

    #[test]
    fn the_symmetrical_difference_is_what_both_erasures_leave(a in layer(), b in layer()) {
        let (input, other) = (features(&a), features(&b));
        let made = run("SymDiff", &json!({ "Input_Features": input, "Update_Features": other })).unwrap();
        prop_assert!(all_valid(&made));
        let first = run("Erase", &json!({ "Input_Features": input, "Erase_Features": other })).unwrap();
        let second = run("Erase", &json!({ "Input_Features": other, "Erase_Features": input })).unwrap();
        prop_assert!((total(&first) + total(&second) - total(&made)).abs() <= TOLERANCE_M2);
        let same = json!({ "Input_Features": input, "Update_Features": input });
        prop_assert!(run("SymDiff", &same).unwrap().features.features.is_empty());
    }

    #[test]
    fn an_update_covers_what_both_layers_cover_with_and_without_borders(a in layer(), b in layer()) {
        let (input, updates) = (features(&a), features(&b));
        let all = [polygons(&input), polygons(&updates)].concat();
        let union = area(&union_all(all.iter().map(Vec::as_slice)));
        for borders in ["BORDERS", "NO_BORDERS"] {
            let parameters = json!({ "Input_Features": input, "Update_Features": updates, "Borders": borders });
            let made = run("Update", &parameters).unwrap();
            prop_assert!(all_valid(&made));
            prop_assert!((total(&made) - union).abs() <= TOLERANCE_M2, "{borders} {} {union}", total(&made));
        }
    }

    #[test]
    fn a_spatial_join_finds_what_a_scan_finds(a in layer(), b in layer()) {
        let (target, join) = (features(&a), features(&b));
        let made = run("SpatialJoin", &json!({ "Target_Features": target, "Join_Features": join })).unwrap();
        let shapes = |value: &Value| -> Vec<Shape> {
            polygons(value).into_iter().map(|rings| Shape::new(&Geometry::Polygon(rings))).collect()
        };
        let (targets, joins) = (shapes(&target), shapes(&join));
        let scanned: Vec<String> = targets
            .iter()
            .map(|shape| joins.iter().filter(|other| intersects(shape, other)).count().to_string())
            .collect();
        prop_assert_eq!(made.column("Join_Count"), scanned);
    }

    #[test]
    fn what_is_dissolved_stays_the_same_when_it_is_dissolved_again(a in layer(), b in layer()) {
        let all = features(&[a, b].concat());
        let once = run("Dissolve", &json!({ "Input_Features": all, "Dissolve_Fields": "KIND" })).unwrap();
        prop_assert!(all_valid(&once));
        let rows: Vec<(Value, Value)> = once.features.features.iter().zip(once.column("KIND")).map(|(feature, kind)| {
            let rings: Vec<Vec<Xy>> = rings_of(feature.geometry.as_ref()).iter().map(|ring| ring.xy.clone()).collect();
            (json!({ "KIND": kind.parse::<i64>().unwrap() }), json!({ "rings": rings }))
        }).collect();
        let again = run("Dissolve", &json!({ "Input_Features": set("Polygon", 5070, &rows), "Dissolve_Fields": "KIND" })).unwrap();
        prop_assert_eq!(once.column("KIND"), again.column("KIND"));
        for (first, second) in once.features.features.iter().zip(&again.features.features) {
            prop_assert_eq!(&first.geometry, &second.geometry);
        }
    }

    #[test]
    fn tabulated_areas_of_a_zone_are_those_of_its_pieces(a in layer(), b in layer()) {
        let (zones, classes) = (features(&a), features(&b));
        let parameters = json!({ "Zone_Features": zones, "Zone_Fields": "KIND", "Class_Features": classes, "Class_Fields": "KIND" });
        let made = run("TabulateIntersection", &parameters).unwrap();
        let common = run("Intersect", &json!({ "Input_Features": zones, "Overlay_Features": classes })).unwrap();
        let tabulated: f64 = made.column("AREA").iter().map(|text| text.parse::<f64>().unwrap()).sum();
        prop_assert!((tabulated - total(&common)).abs() <= TOLERANCE_M2);
    }
}
