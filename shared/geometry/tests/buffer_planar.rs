//! Planar buffers: known areas, sides, ends, growth and shrinking, and inputs made to break them.

use gp_esri::{Geometry, Path, Point, Xy};
use gp_geometry::{BufferOptions, End, Side, buffer_planar, dissolve_buffers, is_valid_polygon};
use proptest::prelude::*;

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

fn is_inside(rings: &[Path], [x, y]: Xy) -> bool {
    rings.iter().flat_map(|ring| ring.xy.windows(2)).fold(false, |inside, e| {
        let ([x0, y0], [x1, y1]) = (e[0], e[1]);
        inside != ((y0 > y) != (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    })
}

fn line(xy: &[Xy]) -> Geometry {
    Geometry::Polyline(vec![Path::from_xy(xy.to_vec())])
}

fn polygon(xy: &[Xy]) -> Geometry {
    Geometry::Polygon(vec![Path::from_xy(xy.to_vec())])
}

const FULL: BufferOptions = BufferOptions { side: Side::Full, end: End::Round };
const FLAT: BufferOptions = BufferOptions { side: Side::Full, end: End::Flat };

/// The area of the unit disc as a polygon of 64 sides.
fn disc() -> f64 {
    32.0 * (std::f64::consts::TAU / 64.0).sin()
}

/// Clockwise.
const SQUARE: [Xy; 5] = [[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]];

fn assert_area(geometry: &Geometry, distance: f64, options: &BufferOptions, expected: f64) {
    let found = area(&buffer_planar(geometry, distance, options));
    assert!((found - expected).abs() <= 1e-9 * expected.max(1.0), "{found} instead of {expected}");
}

#[test]
fn simple_shapes_have_the_areas_of_geometry() {
    let segment = line(&[[0.0, 0.0], [10.0, 0.0]]);
    assert_area(&segment, 1.0, &FULL, 20.0 + disc());
    assert_area(&segment, 1.0, &FLAT, 20.0);
    assert_area(&polygon(&SQUARE), 1.0, &FULL, 100.0 + 40.0 + disc());
    assert_area(&polygon(&SQUARE), -1.0, &FULL, 64.0);
    assert_area(&polygon(&SQUARE), 0.0, &FULL, 100.0);
    assert_area(&Geometry::Point(Point::from_xy([5.0, 5.0])), 2.0, &FULL, 4.0 * disc());
}

#[test]
fn a_polygon_with_a_hole_grows_into_the_hole_and_shrinks_away_from_it() {
    let hole = Path::from_xy(vec![[4.0, 4.0], [6.0, 4.0], [6.0, 6.0], [4.0, 6.0], [4.0, 4.0]]);
    let geometry = Geometry::Polygon(vec![Path::from_xy(SQUARE.to_vec()), hole]);
    assert_area(&geometry, 0.5, &FULL, 100.0 + 20.0 + disc() / 4.0 - 1.0);
    assert_area(&geometry, 1.5, &FULL, 100.0 + 60.0 + 2.25 * disc());
    assert_area(&geometry, -0.5, &FULL, 81.0 - 4.0 - 4.0 - disc() / 4.0);
}

#[test]
fn an_island_in_a_hole_is_buffered_too() {
    let ring = |low: f64, high: f64| vec![[low, low], [low, high], [high, high], [high, low], [low, low]];
    let hole = ring(2.0, 8.0).into_iter().rev().collect();
    let rings = [ring(0.0, 10.0), hole, ring(4.0, 6.0)].map(Path::from_xy);
    let grown = 10.0 * 10.0 + 4.0 * 5.0 + disc() / 4.0 - 5.0 * 5.0 + (4.0 + 4.0 + disc() / 4.0);
    assert_area(&Geometry::Polygon(rings.to_vec()), 0.5, &FULL, grown);
}

#[test]
fn outside_is_the_ring_around_a_polygon() {
    let outside = BufferOptions { side: Side::Outside, end: End::Round };
    assert_area(&polygon(&SQUARE), 1.0, &outside, 40.0 + disc());
    assert_area(&polygon(&SQUARE), -1.0, &outside, 36.0);
    assert_area(&polygon(&SQUARE), 0.0, &outside, 0.0);
}

#[test]
fn left_and_right_of_a_line_lie_on_their_sides_and_end_flat() {
    let turn = line(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]);
    let left = BufferOptions { side: Side::Left, end: End::Round };
    let right = BufferOptions { side: Side::Right, end: End::Round };
    assert_area(&turn, 1.0, &left, 19.0);
    assert_area(&turn, 1.0, &right, 20.0 + disc() / 4.0);
    assert!(is_inside(&buffer_planar(&turn, 1.0, &left), [5.0, 0.5]));
    assert!(is_inside(&buffer_planar(&turn, 1.0, &right), [5.0, -0.5]));
}

#[test]
fn a_closed_line_has_no_ends() {
    assert_area(&line(&SQUARE), 1.0, &FLAT, 40.0 + disc() + 36.0);
}

#[test]
fn a_spike_and_a_way_back_are_buffered_once() {
    let there_and_back = line(&[[0.0, 0.0], [10.0, 0.0], [2.0, 0.0], [7.0, 0.0]]);
    assert_area(&there_and_back, 1.0, &FULL, 20.0 + disc());
    let same = line(&[[3.0, 3.0], [3.0, 3.0]]);
    assert_area(&same, 1.0, &FULL, disc());
    assert!(buffer_planar(&same, 1.0, &FLAT).is_empty());
}

#[test]
fn a_bow_tie_is_buffered_as_its_two_triangles() {
    let bow_tie = polygon(&[[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0], [0.0, 0.0]]);
    assert_area(&bow_tie, 0.0, &FULL, 8.0);
    assert!(area(&buffer_planar(&bow_tie, 1.0, &FULL)) > 24.0);
}

#[test]
fn what_has_no_area_is_empty() {
    assert!(buffer_planar(&polygon(&SQUARE), -5.0, &FULL).is_empty());
    assert!(buffer_planar(&polygon(&SQUARE), -1e12, &FULL).is_empty());
    for distance in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(buffer_planar(&line(&SQUARE), distance, &FULL).is_empty());
    }
    assert!(buffer_planar(&polygon(&[]), 1.0, &FULL).is_empty());
    assert!(buffer_planar(&polygon(&[[0.0, 0.0], [1.0, 1.0]]), 1.0, &FULL).is_empty());
    assert!(buffer_planar(&Geometry::Point(Point::from_xy([f64::NAN, 0.0])), 1.0, &FULL).is_empty());
}

#[test]
fn tiny_and_huge_distances_are_survived() {
    for distance in [1e-300, 1e-9, 1e-3, 1e12, 1e99] {
        for geometry in [polygon(&SQUARE), line(&SQUARE), line(&SQUARE[..3])] {
            let _ = buffer_planar(&geometry, distance, &FULL);
            let _ = buffer_planar(&geometry, -distance, &FULL);
        }
    }
    assert_area(&polygon(&SQUARE), 1e-9, &FULL, 100.0);
    let huge = area(&buffer_planar(&polygon(&SQUARE), 1e12, &FULL));
    assert!((huge / (disc() * 1e24) - 1.0).abs() < 1e-6, "{huge}");
}

#[test]
fn a_comb_of_a_hundred_thousand_vertices_is_done_in_seconds() {
    let mut comb: Vec<Xy> = Vec::new();
    for tooth in 0..33_333 {
        let x = f64::from(tooth);
        comb.extend([[x, 0.0], [x + 0.2, 100.0], [x + 0.4, 0.0]]);
    }
    comb.extend([[33_333.0, -10.0], [0.0, -10.0], [0.0, 0.0]]);
    let start = std::time::Instant::now();
    for distance in [0.05, 3.0, 1000.0] {
        assert!(!buffer_planar(&polygon(&comb), distance, &FULL).is_empty());
    }
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}

fn path() -> impl Strategy<Value = Vec<Xy>> {
    prop::collection::vec((-100.0..100.0, -100.0..100.0), 2..90)
        .prop_map(|points| points.into_iter().map(|(x, y)| [x, y]).collect())
}

/// A walk of short steps: long enough, beside the distance, to be buffered in pieces.
fn walk() -> impl Strategy<Value = Vec<Xy>> {
    prop::collection::vec((-1.0..1.0, -1.0..1.0), 60..200).prop_map(|steps| {
        let mut at = [0.0, 0.0];
        steps
            .into_iter()
            .map(|(x, y)| {
                at = [at[0] + x, at[1] + y];
                at
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_larger_distance_gives_a_larger_area(xy in prop_oneof![path(), walk()], distance in 0.1..30.0) {
        for geometry in [line(&xy), polygon(&xy)] {
            for options in [FULL, FLAT] {
                let small = area(&buffer_planar(&geometry, distance, &options));
                let large = area(&buffer_planar(&geometry, distance * 1.1, &options));
                // What has no extent, such as a polygon of one repeated point, may have no buffer at all.
                prop_assert!(small < large || large.abs() < f64::EPSILON, "{small} {large}");
            }
        }
    }

    #[test]
    fn a_buffer_holds_the_vertices_of_its_line(xy in prop_oneof![path(), walk()], distance in 0.1..30.0) {
        let buffer = buffer_planar(&line(&xy), distance, &FULL);
        prop_assert!(xy.iter().all(|xy| is_inside(&buffer, *xy)));
    }

    #[test]
    fn a_buffer_is_as_wide_as_its_distance(xy in prop_oneof![path(), walk()], distance in 0.1..30.0) {
        let buffer = buffer_planar(&line(&xy), distance, &FULL);
        for vertex in buffer.iter().flat_map(|ring| &ring.xy) {
            let to_line = xy.windows(2).map(|e| distance_to_segment(*vertex, e[0], e[1])).fold(f64::INFINITY, f64::min);
            prop_assert!(to_line < distance * 1.0011 && to_line > distance * 0.997, "{to_line} of {distance}");
        }
    }

    #[test]
    fn shrinking_stays_inside_and_growing_back_too(xy in prop_oneof![path(), walk()], distance in 0.1..5.0_f64) {
        let geometry = polygon(&xy);
        let whole = buffer_planar(&geometry, 0.0, &FULL);
        let shrunk = buffer_planar(&geometry, -distance, &FULL);
        let back = buffer_planar(&Geometry::Polygon(shrunk.clone()), distance * 0.999, &FULL);
        let outside = BufferOptions { side: Side::Outside, end: End::Round };
        let border = buffer_planar(&geometry, -distance, &outside);
        prop_assert!(area(&back) <= area(&whole) * (1.0 + 1e-3));
        prop_assert!((area(&shrunk) + area(&border) - area(&whole)).abs() <= 1e-6 * area(&whole));
        for vertex in shrunk.iter().flat_map(|ring| &ring.xy) {
            prop_assert!(is_inside(&whole, *vertex));
        }
    }

    #[test]
    fn left_and_right_together_are_the_flat_buffer_of_a_gentle_line(
        turns in prop::collection::vec(-0.2..0.2_f64, 3..40_usize), distance in 0.01..1.0,
    ) {
        let (mut at, mut heading) = ([0.0, 0.0], 0.0_f64);
        let mut xy = vec![at];
        for turn in turns {
            heading = (heading + turn).clamp(-0.7, 0.7);
            at = [at[0] + heading.cos(), at[1] + heading.sin()];
            xy.push(at);
        }
        let of = |side| area(&buffer_planar(&line(&xy), distance, &BufferOptions { side, end: End::Flat }));
        let full = of(Side::Full);
        prop_assert!((of(Side::Left) + of(Side::Right) - full).abs() < 1e-3 * full);
    }

    #[test]
    fn any_numbers_are_survived(points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..8), distance in any::<f64>()) {
        let xy: Vec<Xy> = points.into_iter().map(|(x, y)| [x, y]).collect();
        for geometry in [line(&xy), polygon(&xy), Geometry::Multipoint(Path::from_xy(xy.clone()))] {
            for side in [Side::Full, Side::Left, Side::Right, Side::Outside] {
                for end in [End::Round, End::Flat] {
                    let _ = buffer_planar(&geometry, distance, &BufferOptions { side, end });
                }
            }
        }
    }

    #[test]
    fn dissolving_gives_the_area_of_the_union(
        squares in prop::collection::vec((0..40_i32, 0..40_i32), 1..30),
    ) {
        let boxes = squares.iter().map(|(x, y)| {
            let (x, y) = (f64::from(*x), f64::from(*y));
            vec![Path::from_xy(vec![[x, y], [x, y + 3.0], [x + 3.0, y + 3.0], [x + 3.0, y], [x, y]])]
        }).collect();
        let cells: std::collections::HashSet<(i32, i32)> = squares.iter()
            .flat_map(|(x, y)| (0..9).map(move |k| (x + k % 3, y + k / 3)))
            .collect();
        prop_assert!((area(&dissolve_buffers(boxes)) - cells.len() as f64).abs() < 1e-6);
    }
}

fn distance_to_segment(p: Xy, a: Xy, b: Xy) -> f64 {
    let d = [b[0] - a[0], b[1] - a[1]];
    let squared = d[0] * d[0] + d[1] * d[1];
    let along = if squared > 0.0 {
        (((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p[0] - a[0] - along * d[0]).hypot(p[1] - a[1] - along * d[1])
}

#[test]
fn a_disc_below_the_precision_of_its_centre_is_valid_or_nothing() {
    for (place, distance) in [(1e17, 10.0), (1e7, 1e-9), (1e7, 1e-300), (2e6, 0.001)] {
        let disc = buffer_planar(
            &Geometry::Point(Point::from_xy([place, -place])),
            distance,
            &BufferOptions::default(),
        );
        assert!(disc.is_empty() || is_valid_polygon(&disc), "{place} {distance} {disc:?}");
    }
}
