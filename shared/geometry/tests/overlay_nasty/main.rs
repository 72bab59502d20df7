//! Inputs that break overlay engines: every function must answer validly, without a panic, with the area that is right.

mod shapes;

use gp_esri::{Feature, FeatureSet, Geometry, Path, Point, Xy};
use gp_geometry::*;
use shapes::{hole, nasty, ring, square};

fn star(points: usize) -> Path {
    let vertex = |index: usize| {
        let angle = -(index as f64) * std::f64::consts::TAU / points as f64;
        let radius = if index.is_multiple_of(2) { 1000.0 } else { 400.0 };
        [radius * angle.cos(), radius * angle.sin()]
    };
    let mut xy: Vec<Xy> = (0..points).map(vertex).collect();
    xy.push(xy[0]);
    Path::from_xy(xy)
}

fn total(rings: &[Path]) -> f64 {
    area(rings)
}

fn close_to(value: f64, expected: f64) -> bool {
    (value - expected).abs() <= 1e-9 * expected.abs().max(1e-12)
}

#[test]
fn every_nasty_polygon_is_repaired_to_its_right_area() {
    for (name, rings, expected) in nasty() {
        let repaired = repair_polygon(&rings);
        if expected > 0.0 {
            let Some(repaired) = repaired else { panic!("{name}: nothing left") };
            assert!(is_valid_polygon(&repaired), "{name}: {repaired:?}");
            assert!(close_to(total(&repaired), expected), "{name}: area {}", total(&repaired));
            assert_eq!(
                repair_polygon(&repaired),
                Some(repaired.clone()),
                "{name}: a second repair changes it"
            );
        } else {
            let left = repaired.unwrap_or_default();
            assert!(total(&left).abs() < 1e-200, "{name}: {left:?}");
        }
    }
}

#[test]
fn overlays_of_all_nasty_pairs_are_valid_and_keep_the_area() {
    let shapes: Vec<(&str, Vec<Path>)> =
        nasty().into_iter().filter_map(|(name, rings, _)| Some((name, repair_polygon(&rings)?))).collect();
    for (name_a, a) in &shapes {
        for (name_b, b) in &shapes {
            let results = [
                intersection(a, b),
                difference(a, b),
                union_all([a.as_slice(), b]),
                symmetric_difference(a, b),
            ];
            for result in &results {
                assert!(result.is_empty() || is_valid_polygon(result), "{name_a} and {name_b}: {result:?}");
            }
            let areas = results.each_ref().map(|rings| total(rings));
            // The engine's grid divides the largest coordinate by 2^61: features of 1 mm at 1e7 m keep eight digits.
            let all = envelope_of(&[a.as_slice(), b].concat());
            let grid = all.xmax.abs().max(all.ymax.abs()) * 1e-18;
            let tolerance = 1e-9 * (total(a) + total(b)) + grid * (length(a) + length(b));
            assert!((areas[0] + areas[1] - total(a)).abs() <= tolerance, "{name_a} and {name_b}: {areas:?}");
            assert!((areas[2] - areas[0] - areas[3]).abs() <= tolerance, "{name_a} and {name_b}: {areas:?}");
            let prepared = PreparedPolygon::new(b);
            assert!(
                (total(&intersection_prepared(&prepared, a)) - areas[0]).abs() <= tolerance,
                "{name_a} and {name_b}"
            );
            assert!(
                (total(&difference_prepared(a, &prepared)) - areas[1]).abs() <= tolerance,
                "{name_a} and {name_b}"
            );
        }
    }
}

#[test]
fn no_function_panics_on_unrepaired_input() {
    let shapes: Vec<Vec<Path>> = nasty().into_iter().map(|(_, rings, _)| rings).collect();
    for a in &shapes {
        for b in &shapes {
            intersection(a, b);
            difference(a, b);
            union_all([a.as_slice(), b]);
            symmetric_difference(a, b);
            let prepared = PreparedPolygon::new(b);
            intersection_prepared(&prepared, a);
            difference_prepared(a, &prepared);
            clip_line(a, &prepared, Keep::Inside);
            intersect_lines(a, b);
            let (a, b) = (Geometry::Polygon(a.clone()), Geometry::Polygon(b.clone()));
            let (a, b) = (Shape::new(&a), Shape::new(&b));
            distance(&a, &b);
            touches(&a, &b);
            within(&a, &b);
            crossed_by_outline(&a, &b);
        }
        centroid(&Geometry::Polygon(a.clone()));
        point_in_interior(a);
        parts(a);
        orient(&mut a.clone());
    }
}

#[test]
fn valid_polygons_pass_bit_by_bit_and_turned_ones_keep_z() {
    let mut shell = square(0.0, 0.0, 10.0);
    shell.z = vec![1.0, 2.0, 3.0, 4.0, 1.0];
    let mut inner = hole(2.0, 2.0, 1.0);
    inner.z = vec![5.0, 6.0, 7.0, 8.0, 5.0];
    let good = vec![inner.clone(), shell.clone()];
    let mut turned = good.clone();
    turned.iter_mut().for_each(reverse);
    let crossed = vec![ring(&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0], [0.0, 0.0]])];
    let geometries = [
        Some(Geometry::Polygon(good.clone())),
        Some(Geometry::Polygon(turned)),
        Some(Geometry::Polygon(crossed)),
        Some(Geometry::Polygon(vec![ring(&[[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])])),
        None,
        Some(Geometry::Polyline(vec![
            ring(&[[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
            ring(&[[2.0, 2.0], [2.0, 2.0]]),
        ])),
        Some(Geometry::Point(Point::from_xy([f64::NAN, 0.0]))),
        Some(Geometry::Multipoint(ring(&[[f64::NAN, 0.0], [1.0, 1.0]]))),
    ];
    let features =
        geometries.into_iter().map(|geometry| Feature { geometry, ..Feature::default() }).collect();
    let mut set = FeatureSet { has_z: true, features, ..FeatureSet::default() };
    let report = repair_features(&mut set);
    assert_eq!(
        report,
        RepairReport { repaired: vec![1, 2, 5, 7], lost_zm: vec![2], emptied: vec![3, 6], failed: vec![] }
    );
    assert_eq!(set.features[0].geometry, Some(Geometry::Polygon(good.clone())));
    assert_eq!(set.features[1].geometry, Some(Geometry::Polygon(good)));
    assert_eq!(set.features[5].geometry, Some(Geometry::Polyline(vec![ring(&[[0.0, 0.0], [1.0, 1.0]])])));
}

#[test]
fn a_star_of_a_million_vertices_is_valid_and_clips_exactly() {
    let star = vec![star(1_000_000)];
    assert!(is_valid_polygon(&star));
    let prepared = PreparedPolygon::new(&star);
    assert_eq!(prepared.locate([0.0, 0.0]), Location::Inside);
    assert_eq!(prepared.locate([999.0, 999.0]), Location::Outside);
    assert!(close_to(total(&intersection_prepared(&prepared, &[square(-1.0, -1.0, 2.0)])), 4.0));
    let box_at_rim = [square(600.0, 600.0, 1.0)];
    let (inside, outside) =
        (intersection_prepared(&prepared, &box_at_rim), difference_prepared(&box_at_rim, &prepared));
    assert!(close_to(total(&inside) + total(&outside), 1.0));
    assert!(is_valid_polygon(&inside) && is_valid_polygon(&outside));
}
