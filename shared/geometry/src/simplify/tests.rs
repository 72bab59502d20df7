use super::*;

fn flags(line: &[Xy], ends: Ends, simplification: Simplification, metric: &Metric) -> Vec<bool> {
    kept_vertices(line, ends, simplification, metric, || Ok::<(), ()>(())).unwrap()
}
use crate::crs::WGS84_ELLIPSOID;

fn kept(line: &[Xy], ends: Ends, simplification: Simplification) -> Vec<usize> {
    let keep = flags(line, ends, simplification, &Metric::Planar);
    (0..line.len()).filter(|index| keep[*index]).collect()
}

#[test]
fn offsets_are_those_from_the_simplified_line() {
    let line = [[0.0, 0.0], [1.0, 0.1], [2.0, -0.1], [3.0, 5.0], [4.0, 6.0], [5.0, 7.0], [9.0, 9.0]];
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Offset(1.0)), [0, 2, 3, 6]);
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Offset(0.0)), [0, 1, 2, 3, 5, 6]);
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Offset(1e9)), [0, 6]);
}

#[test]
fn areas_are_those_of_the_triangles_left_when_a_vertex_goes() {
    let line = [[0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [3.0, 3.0], [4.0, 0.0]];
    // The first triangle has an area of 1, the second of 2, then (0 0) (3 3) (4 0) one of 6.
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Area(0.9)), [0, 1, 2, 3, 4]);
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Area(1.0)), [0, 2, 3, 4]);
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Area(3.0)), [0, 3, 4]);
    assert_eq!(kept(&line, Ends::Fixed, Simplification::Area(6.0)), [0, 4]);
}

#[test]
fn a_ring_loses_its_start_like_any_other_vertex_and_never_its_area() {
    let ring = [[5.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0], [5.0, 0.0]];
    for simplification in [Simplification::Offset(1.0), Simplification::Area(1.0)] {
        assert_eq!(kept(&ring, Ends::Free, simplification), [1, 2, 3, 4]);
        assert_eq!(kept(&ring, Ends::Fixed, simplification), [0, 1, 2, 3, 4, 5]);
    }
    for simplification in [Simplification::Offset(1e9), Simplification::Area(1e9)] {
        for ends in [Ends::Free, Ends::Fixed] {
            let keep = flags(&ring, ends, simplification, &Metric::Planar);
            assert_eq!(keep[..5].iter().filter(|kept| **kept).count(), 3, "{simplification:?} {ends:?}");
        }
    }
}

#[test]
fn metres_in_degrees_depend_on_the_latitude_and_the_frame_of_the_world_stays() {
    let metric = Metric::Degrees { ellipsoid: WGS84_ELLIPSOID };
    // GeographicLib: a degree of longitude at 60° north has 55,800 m, one of latitude at the equator 110,574 m.
    let east = metric.offset([10.0, 60.0], [11.0, 50.0], [11.0, 70.0]);
    let north = metric.offset([0.0, 0.0], [-1.0, 1.0], [1.0, 1.0]);
    assert!((east - 55_800.0).abs() < 1.0 && (north - 110_574.0).abs() < 1.0, "{east} {north}");
    let frame = [[170.0, 0.0], [180.0, 0.0], [180.0, 0.1], [180.0, 0.2], [170.0, 0.2]];
    let keep = flags(&frame, Ends::Fixed, Simplification::Offset(1e6), &metric);
    assert_eq!(keep, [true; 5]);
}

#[test]
fn a_run_that_is_stopped_stops_on_a_line_on_which_the_offset_method_is_quadratic() {
    let zigzag: Vec<Xy> = (0..100_000).map(|n| [f64::from(n), f64::from(n % 2)]).collect();
    let asked = std::cell::Cell::new(0);
    let check = || {
        asked.set(asked.get() + 1);
        if asked.get() < 10 { Ok(()) } else { Err("stopped") }
    };
    let made = kept_vertices(&zigzag, Ends::Fixed, Simplification::Offset(0.1), &Metric::Planar, check);
    assert_eq!(made, Err("stopped"));
}

#[test]
fn vertices_beyond_the_antimeridian_go_like_others() {
    let metric = Metric::Degrees { ellipsoid: WGS84_ELLIPSOID };
    let line = [[180.0, 0.0], [181.0, 0.0], [181.5, 0.001], [182.0, 0.0]];
    let keep = flags(&line, Ends::Fixed, Simplification::Offset(5_000.0), &metric);
    assert_eq!(keep, [true, false, false, true]);
}
