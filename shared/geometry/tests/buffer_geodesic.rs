//! Geodesic buffers against GeographicLib: distances of vertices, areas, the antimeridian, the poles.

use geographiclib_rs::{Geodesic, InverseGeodesic};
use gp_esri::{Geometry, Path, Point, Xy};
use gp_geometry::{BufferOptions, End, Geodesy, Side, WGS84_ELLIPSOID, buffer_geodesic, is_valid_polygon};
use proptest::prelude::*;

const FULL: BufferOptions = BufferOptions { side: Side::Full, end: End::Round };

fn buffer(geometry: &Geometry, distance_m: f64) -> Vec<Path> {
    let rings = buffer_geodesic(geometry, distance_m, WGS84_ELLIPSOID, &FULL);
    for ring in &rings {
        assert_eq!(ring.xy.first(), ring.xy.last());
        assert!(ring.xy.iter().all(|xy| xy[0].abs() <= 180.0 && xy[1].abs() <= 90.0));
    }
    rings
}

fn point(lon: f64, lat: f64) -> Geometry {
    Geometry::Point(Point::from_xy([lon, lat]))
}

fn line(xy: &[Xy]) -> Geometry {
    Geometry::Polyline(vec![Path::from_xy(xy.to_vec())])
}

fn polygon(xy: &[Xy]) -> Geometry {
    Geometry::Polygon(vec![Path::from_xy(xy.to_vec())])
}

fn distance_m(a: Xy, b: Xy) -> f64 {
    Geodesic::wgs84().inverse(a[1], a[0], b[1], b[0])
}

/// The distance to a line that is straight in degrees, by dense samples and a refinement around the nearest.
fn distance_to_line_m(p: Xy, line: &[Xy]) -> f64 {
    let mut best = f64::INFINITY;
    for edge in line.windows(2) {
        let at = |t: f64| {
            distance_m(
                p,
                [edge[0][0] + t * (edge[1][0] - edge[0][0]), edge[0][1] + t * (edge[1][1] - edge[0][1])],
            )
        };
        let nearest = (0..=50)
            .map(|k| f64::from(k) / 50.0)
            .fold(0.0, |best, t| if at(t) < at(best) { t } else { best });
        let (mut low, mut high) = ((nearest - 0.02).max(0.0), (nearest + 0.02).min(1.0));
        for _ in 0..40 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if at(a) < at(b) { high = b } else { low = a }
        }
        best = best.min(at((low + high) / 2.0)).min(at(0.0)).min(at(1.0));
    }
    best
}

fn area_m2(rings: &[Path]) -> f64 {
    Geodesy::new(WGS84_ELLIPSOID).polygon_area_m2(rings)
}

/// The area as drawn, in square degrees.
fn area_deg2(rings: &[Path]) -> f64 {
    rings.iter().flat_map(|r| r.xy.windows(2)).map(|e| (e[1][0] * e[0][1] - e[0][0] * e[1][1]) / 2.0).sum()
}

fn is_inside(rings: &[Path], [x, y]: Xy) -> bool {
    rings.iter().flat_map(|ring| ring.xy.windows(2)).fold(false, |inside, e| {
        let ([x0, y0], [x1, y1]) = (e[0], e[1]);
        inside != ((y0 > y) != (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    })
}

/// On a cut, not on the outline of the buffer.
fn is_on_cut(xy: Xy) -> bool {
    xy[0].abs() > 180.0 - 1e-9 || xy[1].abs() > 90.0 - 1e-9
}

#[test]
fn vertices_of_a_circle_lie_at_its_distance() {
    for (lon, lat) in [(0.0, 0.0), (8.5, 47.4), (-150.0, -60.0), (30.0, 85.0)] {
        for radius_m in [1.0, 1_000.0, 100_000.0] {
            let rings = buffer(&point(lon, lat), radius_m);
            assert_eq!(rings.len(), 1);
            for xy in &rings[0].xy {
                let found = distance_m([lon, lat], *xy);
                // Between two vertices of 64 a chord is 0.12 % inside.
                assert!(
                    found < radius_m * (1.0 + 1e-6) && found > radius_m * 0.9987,
                    "{found} of {radius_m}"
                );
            }
        }
    }
}

#[test]
fn a_circle_has_the_area_of_its_cap() {
    let radius_m = 500_000.0;
    let sphere_m = 6_371_007.0_f64;
    let chords = 32.0 * (std::f64::consts::TAU / 64.0).sin() / std::f64::consts::PI;
    let cap = std::f64::consts::TAU * sphere_m * sphere_m * (1.0 - (radius_m / sphere_m).cos()) * chords;
    for (lon, lat) in [(10.0, 45.0), (180.0, 45.0), (-179.0, -45.0), (77.0, 89.0), (20.0, -88.0), (0.0, 90.0)]
    {
        let found = area_m2(&buffer(&point(lon, lat), radius_m));
        assert!((found / cap - 1.0).abs() < 0.005, "{found} {cap} at {lon} {lat}");
    }
}

#[test]
fn the_area_does_not_depend_on_where_the_antimeridian_lies() {
    let shape = |shift: f64| {
        let shifted = |lon: f64| if lon + shift > 180.0 { lon + shift - 360.0 } else { lon + shift };
        [[-3.0, 50.0], [1.0, 53.0], [2.0, 48.0], [-3.0, 50.0]].map(|xy: Xy| [shifted(xy[0]), xy[1]])
    };
    for make in [line as fn(&[Xy]) -> Geometry, polygon] {
        let here = buffer(&make(&shape(0.0)), 30_000.0);
        let there = buffer(&make(&shape(180.0)), 30_000.0);
        let (here, there) = (area_m2(&here), area_m2(&there));
        // Edges that a cut divides follow the geodesic of the measure a little better.
        assert!((here / there - 1.0).abs() < 2e-5, "{here} {there}");
    }
}

#[test]
fn across_the_antimeridian_the_result_is_cut_and_not_a_band() {
    for geometry in [point(179.95, 10.0), line(&[[179.9, 10.0], [-179.9, 10.5]])] {
        let rings = buffer(&geometry, 20_000.0);
        assert_eq!(rings.len(), 2);
        for ring in &rings {
            let lons: Vec<f64> = ring.xy.iter().map(|xy| xy[0]).collect();
            let width =
                lons.iter().fold(f64::MIN, |a, b| a.max(*b)) - lons.iter().fold(f64::MAX, |a, b| a.min(*b));
            assert!(width < 1.0, "{width}");
        }
    }
}

#[test]
fn a_buffer_that_holds_a_pole_runs_along_it() {
    for lat in [89.5, -89.5] {
        let rings = buffer(&point(40.0, lat), 200_000.0);
        assert_eq!(rings.len(), 1);
        let along_pole = rings[0].xy.windows(2).any(|e| {
            e[0][1].abs() > 90.0 - 1e-9 && e[1][1].abs() > 90.0 - 1e-9 && (e[0][0] - e[1][0]).abs() > 359.0
        });
        assert!(along_pole);
        for xy in rings[0].xy.iter().filter(|xy| !is_on_cut(**xy)) {
            let found = distance_m([40.0, lat], *xy);
            assert!((found / 200_000.0 - 1.0).abs() < 0.0015, "{found}");
        }
    }
}

#[test]
fn a_line_across_a_continent_is_buffered_to_a_thousandth() {
    let across = [[-124.0, 40.0], [-74.0, 41.0], [-80.0, 25.0]];
    for distance in [1_000.0, 50_000.0, 1_000_000.0] {
        let rings = buffer(&line(&across), distance);
        let vertices: Vec<Xy> =
            rings.iter().flat_map(|ring| &ring.xy).copied().filter(|xy| !is_on_cut(*xy)).collect();
        for xy in vertices.iter().step_by(1 + vertices.len() / 200) {
            let found = distance_to_line_m(*xy, &across);
            assert!(found < distance * 1.001 && found > distance * 0.998, "{found} of {distance} at {xy:?}");
        }
    }
}

#[test]
fn a_continental_polygon_grows_and_shrinks_by_the_distance() {
    let mut ring = vec![[-120.0, 30.0], [-120.0, 50.0], [-80.0, 50.0], [-80.0, 30.0], [-120.0, 30.0]];
    for distance in [5_000.0, -5_000.0, 300_000.0] {
        let rings = buffer(&polygon(&ring), distance);
        assert_eq!(rings.len(), 1);
        for xy in rings[0].xy.iter().step_by(1 + rings[0].xy.len() / 150) {
            let found = distance_to_line_m(*xy, &ring) / distance.abs();
            assert!(found < 1.001 && found > 0.998, "{found} of {distance} at {xy:?}");
        }
    }
    let whole = area_deg2(&buffer(&polygon(&ring), 0.0));
    assert!(area_deg2(&buffer(&polygon(&ring), 5_000.0)) > whole);
    assert!(area_deg2(&buffer(&polygon(&ring), -5_000.0)) < whole);
    assert!(buffer(&polygon(&ring), -2_000_000.0).is_empty());
    ring.reverse();
    assert_eq!(buffer(&polygon(&ring), 0.0).len(), 1);
}

#[test]
fn a_polygon_around_the_pole_shrinks_only_at_its_coast() {
    let coast: Vec<Xy> = (0..=36).map(|k| [f64::from(k) * 10.0 - 180.0, -70.0]).collect();
    let mut ring = coast.clone();
    ring.extend([[180.0, -90.0], [-180.0, -90.0], [-180.0, -70.0]]);
    let rings = buffer(&polygon(&ring), -100_000.0);
    let vertices: Vec<Xy> =
        rings.iter().flat_map(|ring| &ring.xy).copied().filter(|xy| !is_on_cut(*xy)).collect();
    assert!(rings.len() == 1 && vertices.len() > 36);
    for xy in vertices.iter().step_by(1 + vertices.len() / 100) {
        let found = distance_to_line_m(*xy, &coast);
        assert!((found / 100_000.0 - 1.0).abs() < 0.002, "{found} {xy:?}");
    }
}

#[test]
fn the_whole_world_is_one_ring() {
    for distance in [20_100_000.0, 1e12, 1e300] {
        for geometry in [
            point(5.0, 5.0),
            line(&[[0.0, 0.0], [10.0, 5.0]]),
            polygon(&[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]),
        ] {
            let rings = buffer(&geometry, distance);
            assert!(rings.len() == 1 && (area_deg2(&rings) / 64_800.0 - 1.0).abs() < 1e-9, "{rings:?}");
        }
    }
}

#[test]
fn a_disc_of_more_than_half_the_earth_holds_what_is_nearer_than_its_radius() {
    let center = [5.0, 5.0];
    for radius_m in [9_000_000.0, 12_000_000.0, 15_000_000.0, 19_000_000.0] {
        let rings = buffer(&point(center[0], center[1]), radius_m);
        for k in 0..500 {
            let p = [f64::from(k * 77 % 359) - 179.3, f64::from(k * 31 % 177) - 88.3];
            let found = distance_m(center, p) / radius_m;
            // The outline is a polygon of 64 sides.
            if (found - 1.0).abs() > 0.003 {
                assert_eq!(is_inside(&rings, p), found < 1.0, "{p:?} {found} of {radius_m}");
            }
        }
    }
}

#[test]
fn what_is_no_position_or_no_distance_gives_nothing() {
    assert!(buffer(&point(0.0, 91.0), 1.0).is_empty());
    assert!(buffer(&point(f64::NAN, 0.0), 1.0).is_empty());
    for distance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(buffer(&point(0.0, 0.0), distance).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_line_or_polygon_is_buffered_without_panic(
        points in prop::collection::vec((-200.0..200.0_f64, -91.0..91.0_f64), 0..7),
        distance in prop_oneof![1e3..1e5_f64, -1e6..1e7_f64, Just(1e-6)],
    ) {
        let xy: Vec<Xy> = points.iter().map(|(x, y)| [*x, *y]).collect();
        // Metres of distance on world-wide lines make millions of vertices: rightly, but not here.
        let xy: Vec<Xy> = if distance.abs() < 1.0 { xy.iter().map(|xy| [xy[0] / 1e4, xy[1] / 1e4]).collect() } else { xy };
        let rings = buffer(&line(&xy), distance);
        prop_assert!(area_m2(&rings) < 5.2e14);
        buffer(&polygon(&xy), distance);
    }

    #[test]
    fn vertices_around_short_lines_anywhere_lie_at_the_distance(
        lon in -180.0..180.0_f64, lat in -89.0..89.0_f64, dx in -1.0..1.0_f64, dy in -0.9..0.9_f64, distance in 100.0..200_000.0_f64,
    ) {
        let xy = [[lon, lat], [lon + dx, lat + dy]];
        for vertex in buffer(&line(&xy), distance).iter().flat_map(|r| &r.xy).filter(|xy| !is_on_cut(**xy)).step_by(7) {
            let found = distance_to_line_m(*vertex, &xy);
            prop_assert!(found < distance * 1.001 && found > distance * 0.998, "{} of {}", found, distance);
        }
    }
}

#[test]
fn a_line_that_bends_a_little_is_not_moved_by_more_than_a_thousandth() {
    // Straight in degrees, it bends by a thousandth of the distance in a plane.
    let (distance, xy) = (31_072.25, [[0.0, 65.119_490_486_510_77], [-0.0938, 65.878_890_486_510_77]]);
    for vertex in buffer(&line(&xy), distance).iter().flat_map(|ring| &ring.xy) {
        let found = distance_to_line_m(*vertex, &xy);
        assert!(found < distance * 1.001 && found > distance * 0.998, "{found} of {distance}");
    }
}

#[test]
fn a_disc_below_the_precision_of_degrees_is_valid_or_nothing() {
    for (center, distance_m) in [([30.0, 89.99], 1e-300), ([0.0, 90.0], 1e-300), ([179.0, 45.0], 1e-9)] {
        let disc = buffer(&point(center[0], center[1]), distance_m);
        assert!(disc.is_empty() || is_valid_polygon(&disc), "{center:?} {distance_m} {disc:?}");
    }
}
