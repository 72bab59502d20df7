//! Dissolved discs against the overlay engine: the same area and the same outline, on random, clustered, gridded,
//! dense and repeated points.

use gp_esri::{Geometry, Path, Point, Xy};
use gp_geometry::{BufferOptions, buffer_planar, dissolve_buffers, dissolve_point_buffers};
use proptest::prelude::*;

/// The area, clockwise rings positive. Relative to a vertex of each ring: far from the origin the products would not fit.
fn area(rings: &[Path]) -> f64 {
    rings
        .iter()
        .map(|ring| {
            let [x0, y0] = ring.xy[0];
            let cross = |a: &Xy, b: &Xy| (b[0] - x0) * (a[1] - y0) - (a[0] - x0) * (b[1] - y0);
            ring.xy.windows(2).map(|e| cross(&e[0], &e[1]) / 2.0).sum::<f64>()
        })
        .sum()
}

fn length(rings: &[Path]) -> f64 {
    rings.iter().flat_map(|r| r.xy.windows(2)).map(|e| (e[1][0] - e[0][0]).hypot(e[1][1] - e[0][1])).sum()
}

fn by_overlay(points: &[Xy], radius: f64) -> Vec<Path> {
    let options = BufferOptions::default();
    let discs = points
        .iter()
        .map(|xy| buffer_planar(&Geometry::Point(Point::from_xy(*xy)), radius, &options))
        .collect();
    dissolve_buffers(discs)
}

fn assert_same(points: &[Xy], radius: f64) {
    let (ours, theirs) = (dissolve_point_buffers(points, radius), by_overlay(points, radius));
    for ring in &ours {
        assert_eq!(ring.xy.first(), ring.xy.last());
        assert!(ring.xy.len() >= 4);
    }
    let (a, b) = (area(&ours), area(&theirs));
    // Crossings cannot be placed better than coordinates are rounded.
    let largest = points.iter().flatten().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    let tolerance = 1e-9 + 4.0 * f64::EPSILON * largest / radius;
    assert!((a - b).abs() <= tolerance * b, "areas {a} and {b} of {} points, radius {radius}", points.len());
    let (a, b) = (length(&ours), length(&theirs));
    assert!((a - b).abs() <= 1e-6 * b, "lengths {a} and {b} of {} points, radius {radius}", points.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_points_dissolve_to_the_union_of_their_discs(
        points in prop::collection::vec((-1e3..1e3, -1e3..1e3), 1..120),
        radius in 1.0..600.0,
    ) {
        let points: Vec<Xy> = points.into_iter().map(|(x, y)| [x, y]).collect();
        assert_same(&points, radius);
    }

    #[test]
    fn clusters_far_from_the_origin_dissolve_to_the_union_of_their_discs(
        centers in prop::collection::vec((8e5..2e6, 5e6..6e6), 1..5),
        offsets in prop::collection::vec((-30.0..30.0, -30.0..30.0), 1..40),
        radius in 0.5..60.0,
    ) {
        let points: Vec<Xy> = centers.iter()
            .flat_map(|(x, y)| offsets.iter().map(move |(u, v): &(f64, f64)| [x + u, y + v]))
            .collect();
        assert_same(&points, radius);
    }

    #[test]
    fn points_of_a_grid_dissolve_to_the_union_of_their_discs(
        columns in 1..9_i32, rows in 1..9_i32,
        spacing in prop::sample::select(vec![1.0, 100.0, 0.1, 70.710_678_118_654_76]),
        ratio in prop::sample::select(vec![
            0.3, 0.5, 0.55, std::f64::consts::FRAC_1_SQRT_2, 0.75, 1.0, 1.118, 1.5, std::f64::consts::SQRT_2, 2.0, 5.0,
        ]),
        dropped in prop::collection::vec(0..64_usize, 0..10),
        shift in prop::sample::select(vec![0.0, 1e3, 12_345.678]),
    ) {
        let mut points: Vec<Xy> = (0..columns)
            .flat_map(|i| (0..rows).map(move |j| [f64::from(i) * spacing + shift, f64::from(j) * spacing - shift]))
            .collect();
        for i in dropped {
            if points.len() > 1 {
                points.swap_remove(i % points.len());
            }
        }
        assert_same(&points, spacing * ratio);
    }

    #[test]
    fn repeated_and_nearly_repeated_points_do_no_harm(
        points in prop::collection::vec((0..20_i32, 0..20_i32), 1..60),
        noise in prop::sample::select(vec![0.0, 1e-15, 1e-13, 1e-11, 1e-9, 1e-7]),
        radius in 0.2..4.0,
    ) {
        let mut all: Vec<Xy> = points.iter().map(|(x, y)| [f64::from(*x), f64::from(*y)]).collect();
        all.extend(points.iter().map(|(x, y)| [f64::from(*x) + noise, f64::from(*y) - noise]));
        all.extend(points.iter().map(|(x, y)| [f64::from(*x), f64::from(*y)]));
        assert_same(&all, radius);
    }

    #[test]
    fn any_numbers_are_survived(
        points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..20),
        radius in any::<f64>(),
    ) {
        let points: Vec<Xy> = points.into_iter().map(|(x, y)| [x, y]).collect();
        for ring in dissolve_point_buffers(&points, radius) {
            prop_assert!(ring.xy.iter().flatten().all(|v| v.is_finite()));
        }
    }
}

#[test]
fn a_disc_alone_is_the_buffer_of_its_point() {
    let buffer = buffer_planar(&Geometry::Point(Point::from_xy([7.0, 8.0])), 3.0, &BufferOptions::default());
    let dissolved = dissolve_point_buffers(&[[7.0, 8.0]], 3.0);
    // The same vertices, to the bit; the rings may start elsewhere.
    let sorted = |ring: &Path| {
        let mut bits: Vec<[u64; 2]> = ring.xy[1..].iter().map(|xy| xy.map(f64::to_bits)).collect();
        bits.sort_unstable();
        bits
    };
    assert_eq!(sorted(&buffer[0]), sorted(&dissolved[0]));
}

#[test]
fn exteriors_are_clockwise_and_holes_are_not() {
    let around: Vec<Xy> = (0..24)
        .map(|k| f64::from(k) * std::f64::consts::TAU / 24.0)
        .map(|angle| [10.0 * angle.cos(), 10.0 * angle.sin()])
        .collect();
    let mut areas: Vec<f64> =
        dissolve_point_buffers(&around, 2.0).iter().map(|ring| area(std::slice::from_ref(ring))).collect();
    areas.sort_by(f64::total_cmp);
    assert_eq!(areas.len(), 2);
    assert!(areas[0] < -100.0 && areas[1] > 300.0, "{areas:?}");
}

#[test]
fn discs_that_touch_in_a_vertex_share_its_exact_position() {
    let points: Vec<Xy> = (0..5).map(|i| [f64::from(i) * 0.2 + 0.1, 1e6]).collect();
    let rings = dissolve_point_buffers(&points, 0.1);
    assert_same(&points, 0.1);
    assert!(rings.len() == 5 || rings.len() == 1);
}

#[test]
fn a_heap_of_fifty_thousand_points_does_not_take_quadratic_time() {
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let points: Vec<Xy> = (0..50_000).map(|_| [next() * 3.0, next() * 3.0]).collect();
    let start = std::time::Instant::now();
    let rings = dissolve_point_buffers(&points, 1.0);
    assert_eq!(rings.len(), 1);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn nothing_comes_of_no_points_or_no_radius() {
    assert!(dissolve_point_buffers(&[], 1.0).is_empty());
    assert!(dissolve_point_buffers(&[[f64::NAN, 0.0]], 1.0).is_empty());
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        assert!(dissolve_point_buffers(&[[0.0, 0.0]], radius).is_empty());
    }
    assert!(!dissolve_point_buffers(&[[0.0, 0.0], [f64::NAN, 0.0]], 1e-9).is_empty());
}
