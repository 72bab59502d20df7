use super::*;

fn scattered(count: usize) -> Vec<Xy> {
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| [1e6 + 100.0 * next(), 40.0 * next()]).collect()
}

#[test]
fn a_hull_has_corners_only_whatever_the_order_and_repetition() {
    let grid: Vec<Xy> = (0..25).rev().chain(0..25).map(|n| [f64::from(n % 5), f64::from(n / 5)]).collect();
    assert_eq!(convex_hull(grid), [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]);
    assert_eq!(convex_hull(vec![[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]), [[0.0, 0.0], [2.0, 2.0]]);
    assert_eq!(convex_hull(vec![[1.0, 1.0], [1.0, 1.0], [f64::NAN, 0.0]]), [[1.0, 1.0]]);
    assert!(convex_hull(vec![]).is_empty());
}

#[test]
fn a_turned_rectangle_is_found_again() {
    let (sin, cos) = 30_f64.to_radians().sin_cos();
    let turned = |[x, y]: Xy| [x * cos - y * sin, x * sin + y * cos];
    let points = [[0.0, 0.0], [10.0, 0.0], [10.0, 4.0], [0.0, 4.0], [5.0, 2.0]].map(turned);
    let hull = convex_hull(points.to_vec());
    for least in [Least::Area, Least::Width] {
        let found = smallest_rectangle(&hull, least).unwrap();
        assert!((found.width - 4.0).abs() < 1e-12 && (found.length - 10.0).abs() < 1e-12, "{found:?}");
        assert!((found.orientation_deg - 60.0).abs() < 1e-9, "{found:?}");
    }
    assert_eq!(smallest_rectangle(&hull[..2], Least::Area), None);
}

#[test]
fn calipers_find_what_trying_everything_finds() {
    for count in [3, 4, 5, 12, 300] {
        let hull = convex_hull(scattered(count));
        let extent = |axis: Xy| {
            let values = hull.iter().map(|[x, y]| (x - 1e6) * axis[0] + y * axis[1]);
            let (low, high) = values.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
            high - low
        };
        let (mut area, mut width) = (f64::MAX, f64::MAX);
        for side in 0..hull.len() {
            let (from, to) = (hull[side], hull[(side + 1) % hull.len()]);
            let size = distance(from, to);
            let along = [(to[0] - from[0]) / size, (to[1] - from[1]) / size];
            let (base, height) = (extent(along), extent([-along[1], along[0]]));
            area = area.min(base * height);
            width = width.min(base.min(height));
        }
        let found = smallest_rectangle(&hull, Least::Area).unwrap();
        assert!((found.width * found.length - area).abs() < 1e-6, "{count}");
        let found = smallest_rectangle(&hull, Least::Width).unwrap();
        assert!((found.width - width).abs() < 1e-8, "{count}");
        let pairs = || hull.iter().flat_map(|a| hull.iter().map(|b| distance(*a, *b)));
        let (a, b) = farthest_pair(&hull).unwrap();
        assert_eq!(distance(a, b), pairs().fold(0.0, f64::max));
        let least = pairs().filter(|distance| *distance > 0.0).fold(f64::MAX, f64::min);
        assert_eq!(nearest_vertices_distance(&hull), Some(least));
    }
}

#[test]
fn the_smallest_circle_holds_all_points_and_rests_on_two_or_three() {
    for count in [2, 3, 7, 500] {
        let hull = convex_hull(scattered(count));
        let circle = smallest_circle(&hull).unwrap();
        let on = hull.iter().filter(|xy| (distance(circle.center, **xy) - circle.radius).abs() < 1e-8);
        assert!(on.count() >= 2);
        assert!(hull.iter().all(|xy| distance(circle.center, *xy) < circle.radius + 1e-8));
    }
    let right = smallest_circle(&[[0.0, 0.0], [6.0, 0.0], [6.0, 8.0]]).unwrap();
    assert_eq!((right.center, right.radius), ([3.0, 4.0], 5.0));
    assert_eq!(smallest_circle(&[[1.0, 2.0]]), Some(Circle { center: [1.0, 2.0], radius: 0.0 }));
    assert_eq!(smallest_circle(&[]), None);
}
