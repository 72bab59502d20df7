use super::*;
use crate::crs::WGS84_ELLIPSOID;
use crate::geodesic::Geodesy;
use gp_esri::Point;

fn point(x: f64, y: f64) -> Geometry {
    Geometry::Point(Point::from_xy([x, y]))
}

fn line(xy: &[Xy]) -> Geometry {
    Geometry::Polyline(vec![Path::from_xy(xy.to_vec())])
}

fn square(x: f64, y: f64, size: f64) -> Geometry {
    let xy = vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]];
    Geometry::Polygon(vec![Path::from_xy(xy)])
}

fn some(geometries: &[Geometry]) -> Vec<Option<Cow<'_, Geometry>>> {
    geometries.iter().map(|geometry| Some(Cow::Borrowed(geometry))).collect()
}

fn planar(from: &Geometry, features: &[Geometry], count: usize, limit: f64) -> Vec<(usize, f64)> {
    let query = NearQuery { count, limit, except: Vec::new() };
    let found = NearestIndex::planar(some(features)).nearest(from, &query);
    found.into_iter().map(|near| (near.feature, near.distance)).collect()
}

fn geodesic(from: &Geometry, features: &[Geometry]) -> Near {
    let query = NearQuery { count: 1, limit: f64::INFINITY, except: Vec::new() };
    NearestIndex::geodesic(some(features), WGS84_ELLIPSOID).nearest(from, &query)[0]
}

#[test]
fn the_nearest_come_first_and_of_equals_the_first() {
    let features =
        [line(&[[0.0, 3.0], [9.0, 3.0]]), point(0.0, 1.0), point(0.0, 1.0), square(-5.0, 0.0, 4.0)];
    let from = point(0.0, 0.0);
    assert_eq!(planar(&from, &features, 1, f64::INFINITY), [(1, 1.0)]);
    assert_eq!(planar(&from, &features, 9, 2.0), [(1, 1.0), (2, 1.0), (3, 1.0)]);
    assert_eq!(planar(&from, &features, 2, f64::INFINITY), [(1, 1.0), (2, 1.0)]);
    assert_eq!(planar(&from, &features, 9, 0.5), []);
    assert_eq!(planar(&from, &[], 9, 0.5), []);
}

#[test]
fn a_twin_at_the_place_of_a_feature_that_is_left_out_is_found_after_others() {
    let own = Geometry::Multipoint(Path::from_xy(vec![[0.0, 0.0], [5.0, 5.0]]));
    let features = [own.clone(), point(5.0, 5.0), point(0.0, 1.0)];
    let query = NearQuery { count: 1, limit: f64::INFINITY, except: vec![0] };
    let found = NearestIndex::planar(some(&features)).nearest(&own, &query);
    assert_eq!((found[0].feature, found[0].distance), (1, 0.0));
}

#[test]
fn what_holds_what_is_at_a_distance_of_zero_and_a_hole_is_outside() {
    let mut ring = square(0.0, 0.0, 10.0);
    let (Geometry::Polygon(rings), Geometry::Polygon(mut hole)) = (&mut ring, square(2.0, 2.0, 6.0)) else {
        panic!("no polygons")
    };
    hole[0].xy.reverse();
    rings.append(&mut hole);
    assert_eq!(planar(&point(1.0, 1.0), std::slice::from_ref(&ring), 1, 5.0), [(0, 0.0)]);
    assert_eq!(planar(&point(5.0, 4.0), std::slice::from_ref(&ring), 1, 5.0), [(0, 2.0)]);
    assert_eq!(planar(&ring, &[point(9.0, 9.0), point(5.0, 4.0)], 9, 5.0), [(0, 0.0), (1, 2.0)]);
    assert_eq!(planar(&square(-10.0, -10.0, 90.0), &[square(0.0, 0.0, 1.0)], 1, 0.0), [(0, 0.0)]);
    assert_eq!(planar(&square(0.2, 0.2, 0.1), &[square(0.0, 0.0, 1.0)], 1, 0.0), [(0, 0.0)]);
}

#[test]
fn positions_are_those_between_which_it_is_nearest() {
    let query = NearQuery { count: 1, limit: f64::INFINITY, except: vec![0] };
    let features = [point(0.0, 0.0), line(&[[0.0, 3.0], [9.0, 3.0]])];
    let found = NearestIndex::planar(some(&features)).nearest(&line(&[[4.0, -5.0], [4.0, 1.0]]), &query);
    assert_eq!(found, [Near { feature: 1, distance: 2.0, from: [4.0, 1.0], to: [4.0, 3.0] }]);
    let crossing = NearestIndex::planar(some(&features)).nearest(&line(&[[4.0, -5.0], [4.0, 9.0]]), &query);
    assert_eq!((crossing[0].distance, crossing[0].to), (0.0, [4.0, 3.0]));
}

#[test]
fn a_search_finds_what_a_scan_finds() {
    let mut seed = 5_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut any = |kind: usize| {
        let (x, y) = (next() * 100.0, next() * 100.0);
        match kind % 3 {
            0 => point(x, y),
            1 => line(&[[x, y], [x + next() * 9.0, y - next() * 9.0], [x + next() * 9.0, y]]),
            _ => square(x, y, next() * 9.0),
        }
    };
    let features: Vec<Geometry> = (0..300).map(&mut any).collect();
    let shapes: Vec<crate::Shape> = features.iter().map(crate::Shape::new).collect();
    let index = NearestIndex::planar(some(&features));
    for kind in 0..60 {
        let from = any(kind);
        let shape = crate::Shape::new(&from);
        let mut scanned: Vec<(usize, f64)> =
            shapes.iter().map(|other| crate::distance(&shape, other)).enumerate().collect();
        scanned.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let query = NearQuery { count: 7, limit: f64::INFINITY, except: Vec::new() };
        for (found, (_, distance)) in index.nearest(&from, &query).iter().zip(&scanned) {
            assert!((found.distance - distance).abs() < 1e-9, "{found:?}, not {distance}");
        }
        let within = NearQuery { count: usize::MAX, limit: 20.0, except: Vec::new() };
        let count = scanned.iter().filter(|(_, distance)| *distance <= 20.0).count();
        assert_eq!(index.nearest(&from, &within).len(), count);
    }
}

#[test]
fn on_the_ellipsoid_there_is_no_antimeridian_and_no_pole() {
    let geodesy = Geodesy::new(WGS84_ELLIPSOID);
    let found = geodesic(&point(179.9, 10.0), &[point(170.0, 10.0), point(-179.9, 10.0)]);
    assert_eq!(found.feature, 1);
    assert!((found.distance - geodesy.distance_m([179.9, 10.0], [180.1, 10.0])).abs() < 1e-6);
    let found = geodesic(&point(0.0, 89.0), &[point(180.0, 89.0), point(0.0, 86.9)]);
    assert_eq!(found.feature, 0);
    // A line that jumps from 179 to -179 is two degrees long.
    let found = geodesic(&point(180.0, 1.0), &[line(&[[179.0, 0.0], [-179.0, 0.0]])]);
    assert!((found.distance - 110_574.388_557_8).abs() < 1e-3, "{found:?}");
    assert!((found.to[0].abs() - 180.0).abs() < 1e-6 && found.to[1].abs() < 1e-12, "{found:?}");
    let island = Geometry::Polygon(vec![Path::from_xy(vec![
        [179.0, -1.0],
        [179.0, 1.0],
        [-179.0, 1.0],
        [-179.0, -1.0],
        [179.0, -1.0],
    ])]);
    assert!(geodesic(&point(-179.5, 0.0), std::slice::from_ref(&island)).distance.abs() < 1e-12);
    assert!(geodesic(&island, &[point(179.5, 0.5)]).distance.abs() < 1e-12);
    assert!((geodesic(&point(0.0, 0.0), &[island]).to[0].abs() - 179.0).abs() < 1e-9);
}

#[test]
fn an_edge_is_straight_in_degrees_and_its_nearest_place_is_found_wherever_it_is() {
    let geodesy = Geodesy::new(WGS84_ELLIPSOID);
    let (a, b) = ([-100.0, 50.0], [20.0, 65.0]);
    for from in [[-40.0, 70.0], [-30.0, 40.0], [100.0, 80.0], [-100.0, -60.0], [-40.0, 57.5]] {
        let found = geodesic(&point(from[0], from[1]), &[line(&[a, b])]);
        let distance_m =
            |t: f64| geodesy.distance_m(from, [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
        // A coarse scan, then a fine one around its best place.
        let scan = |low: f64, high: f64| {
            let places = (0..=500).map(|step| low + (high - low) * f64::from(step) / 500.0);
            places.min_by(|a, b| distance_m(*a).total_cmp(&distance_m(*b))).unwrap()
        };
        let coarse = scan(0.0, 1.0);
        let scanned = distance_m(scan((coarse - 0.002).max(0.0), (coarse + 0.002).min(1.0)));
        assert!(found.distance <= scanned + 1e-6 && scanned - found.distance < 20.0, "{found:?}, {scanned}");
        assert!((geodesy.distance_m(found.from, found.to) - found.distance).abs() < 1e-6);
    }
    // Two lines side by side, nearest between their vertices: one bends along the parallel, the other hardly.
    let found =
        geodesic(&line(&[[0.0, 60.0], [20.0, 60.0]]), &[line(&[[0.0, 59.0], [10.0, 59.9], [20.0, 59.0]])]);
    assert!((found.distance - 11_141.0).abs() < 2.0, "{found:?}");
}

#[test]
fn where_there_is_no_room_to_cut_long_edges_the_nearest_place_is_found_all_the_same() {
    let features = [
        line(&[[-170.0, 50.0], [150.0, 65.0]]),
        line(&[[-120.0, -60.0], [-120.0, 80.0], [60.0, 70.0]]),
        line(&[[-180.0, -75.0], [180.0, -75.0]]),
    ];
    let indexed = |most_items: usize| {
        NearestIndex::new(
            Metric::Geodesic(Box::new(Globe::new(WGS84_ELLIPSOID))),
            some(&features),
            most_items,
        )
    };
    let (cut, uncut) = (indexed(MOST_ITEMS), indexed(0));
    assert!(cut.items.len() > 300 && uncut.items.len() == 4);
    let query = NearQuery { count: 3, limit: f64::INFINITY, except: Vec::new() };
    let froms = [
        point(-40.0, 70.0),
        point(170.0, -89.0),
        point(-119.0, 85.0),
        line(&[[10.0, 89.0], [100.0, -70.0]]),
        line(&[[0.0, 0.0], [100.0, 1.0]]),
        square(-100.0, 20.0, 30.0),
    ];
    for from in froms {
        let (expected, found) = (cut.nearest(&from, &query), uncut.nearest(&from, &query));
        assert_eq!(expected.len(), 3);
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(expected.feature, found.feature);
            assert!((expected.distance - found.distance).abs() < 1e-3, "{expected:?} {found:?}");
        }
    }
}
