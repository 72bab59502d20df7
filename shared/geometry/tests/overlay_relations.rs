//! Relations between every pair of kinds, and overlays of lines and points, on figures small enough to check by eye.

use gp_esri::{Geometry, Path, Point, Xy};
use gp_geometry::*;

fn path(xy: &[Xy]) -> Path {
    Path::from_xy(xy.to_vec())
}

fn square(x: f64, y: f64, size: f64) -> Vec<Path> {
    vec![path(&[[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]])]
}

fn polygon(rings: Vec<Path>) -> Shape {
    Shape::new(&Geometry::Polygon(rings))
}

fn line(xy: &[Xy]) -> Shape {
    Shape::new(&Geometry::Polyline(vec![path(xy)]))
}

fn point(x: f64, y: f64) -> Shape {
    Shape::new(&Geometry::Point(Point::from_xy([x, y])))
}

fn ring_with_hole() -> Vec<Path> {
    let mut rings = square(0.0, 0.0, 10.0);
    rings.extend(square(4.0, 4.0, 2.0));
    orient(&mut rings);
    rings
}

#[test]
fn points_lie_in_touch_or_miss_a_polygon() {
    let polygon = polygon(ring_with_hole());
    let (inside, border, hole, hole_border) =
        (point(1.0, 1.0), point(0.0, 5.0), point(5.0, 5.0), point(4.0, 5.0));
    assert!(within(&inside, &polygon) && completely_within(&inside, &polygon) && !touches(&inside, &polygon));
    assert!(within(&border, &polygon) && !completely_within(&border, &polygon) && touches(&border, &polygon));
    assert!(!within_clementini(&border, &polygon) && within_clementini(&inside, &polygon));
    assert!(!intersects(&hole, &polygon) && intersects(&hole_border, &polygon));
    assert!((distance(&hole, &polygon) - 1.0).abs() < 1e-12);
    assert!(within_distance(&hole, &polygon, 1.0) && !within_distance(&hole, &polygon, 0.999));
    let both = Shape::new(&Geometry::Multipoint(path(&[[1.0, 1.0], [20.0, 0.0]])));
    assert!(intersects(&both, &polygon) && !within(&both, &polygon) && identical(&both, &both));
}

#[test]
fn lines_lie_in_run_along_or_cross_a_polygon() {
    let polygon = polygon(ring_with_hole());
    let inner = line(&[[1.0, 1.0], [2.0, 3.0]]);
    let along = line(&[[0.0, 2.0], [0.0, 8.0]]);
    let through = line(&[[-5.0, 5.0], [15.0, 5.0]]);
    let over_hole = line(&[[3.0, 5.0], [7.0, 5.0]]);
    assert!(completely_within(&inner, &polygon) && !crossed_by_outline(&inner, &polygon));
    assert!(within(&along, &polygon) && touches(&along, &polygon) && shares_line_segment(&along, &polygon));
    assert!(!completely_within(&along, &polygon) && !within_clementini(&along, &polygon));
    assert!(
        intersects(&through, &polygon)
            && !within(&through, &polygon)
            && crossed_by_outline(&through, &polygon)
    );
    assert!(!touches(&through, &polygon) && !within(&over_hole, &polygon));
    assert!((distance(&line(&[[12.0, 0.0], [12.0, 9.0]]), &polygon) - 2.0).abs() < 1e-12);
}

#[test]
fn polygons_contain_touch_and_fill_each_other() {
    let outer = polygon(square(0.0, 0.0, 10.0));
    let inner = polygon(square(2.0, 2.0, 3.0));
    let corner = polygon(square(0.0, 0.0, 5.0));
    let neighbour = polygon(square(10.0, 2.0, 5.0));
    let ring = polygon(ring_with_hole());
    let plug = polygon(square(4.0, 4.0, 2.0));
    assert!(
        contains(&outer, &inner)
            && completely_contains(&outer, &inner)
            && contains_clementini(&outer, &inner)
    );
    assert!(contains(&outer, &corner) && !completely_contains(&outer, &corner));
    assert!(touches(&outer, &neighbour) && shares_line_segment(&outer, &neighbour));
    assert!(touches(&ring, &plug) && !contains(&ring, &plug) && !within(&plug, &ring));
    assert!(!contains(&ring, &polygon(square(3.0, 3.0, 4.0))), "the hole lies in it");
    assert!(within(&ring, &outer) && !within(&outer, &ring));
    assert!(identical(&outer, &polygon(square(0.0, 0.0, 10.0))) && !identical(&outer, &ring));
    assert!(
        !crossed_by_outline(&outer, &inner) && crossed_by_outline(&outer, &polygon(square(5.0, 5.0, 9.0)))
    );
    assert!(interiors_intersect(&outer, &polygon(square(0.0, 0.0, 10.0))));
}

#[test]
fn lines_cover_touch_and_cross_lines() {
    let base = line(&[[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]);
    let piece = line(&[[7.0, 0.0], [2.0, 0.0]]);
    assert!(within(&piece, &base) && completely_within(&piece, &base) && !within(&base, &piece));
    assert!(shares_line_segment(&piece, &base) && !touches(&piece, &base));
    let end = line(&[[10.0, 0.0], [12.0, 4.0]]);
    assert!(touches(&end, &base) && !shares_line_segment(&end, &base));
    let tee = line(&[[3.0, 0.0], [3.0, 4.0]]);
    assert!(touches(&tee, &base) && crossed_by_outline(&tee, &base));
    let cross = line(&[[3.0, -1.0], [3.0, 4.0]]);
    assert!(!touches(&cross, &base) && interiors_intersect(&cross, &base));
    assert!(identical(&base, &line(&[[10.0, 0.0], [0.0, 0.0]])));
}

#[test]
fn a_line_is_cut_at_the_boundary_and_what_runs_along_it_is_inside() {
    let prepared = PreparedPolygon::new(&ring_with_hole());
    let through = [path(&[[-5.0, 5.0], [15.0, 5.0]])];
    assert_eq!(
        clip_line(&through, &prepared, Keep::Inside),
        [path(&[[0.0, 5.0], [4.0, 5.0]]), path(&[[6.0, 5.0], [10.0, 5.0]])]
    );
    assert_eq!(
        clip_line(&through, &prepared, Keep::Outside),
        [
            path(&[[-5.0, 5.0], [0.0, 5.0]]),
            path(&[[4.0, 5.0], [6.0, 5.0]]),
            path(&[[10.0, 5.0], [15.0, 5.0]])
        ]
    );
    let along = [path(&[[-2.0, 10.0], [4.0, 10.0], [12.0, 10.0], [12.0, 0.0], [-1.0, 0.0]])];
    assert_eq!(
        clip_line(&along, &prepared, Keep::Inside),
        [path(&[[0.0, 10.0], [4.0, 10.0], [10.0, 10.0]]), path(&[[10.0, 0.0], [0.0, 0.0]])]
    );
    let corner_touch = [path(&[[-1.0, 1.0], [1.0, -1.0]])];
    assert!(clip_line(&corner_touch, &prepared, Keep::Inside).is_empty());
    assert_eq!(clip_line(&corner_touch, &prepared, Keep::Outside), corner_touch);
    assert_eq!(points_in_polygon(&[[1.0, 1.0], [0.0, 0.0], [5.0, 5.0]], &prepared, Keep::Inside), [0, 1]);
    assert_eq!(points_in_polygon(&[[1.0, 1.0], [0.0, 0.0], [5.0, 5.0]], &prepared, Keep::Outside), [2]);
}

#[test]
fn two_lines_share_points_and_stretches() {
    let a = [path(&[[0.0, 0.0], [4.0, 0.0], [8.0, 0.0], [8.0, 5.0]])];
    let b = [path(&[[2.0, 0.0], [6.0, 0.0], [9.0, 3.0]]), path(&[[1.0, 1.0], [1.0, -1.0]])];
    let found = intersect_lines(&a, &b);
    assert_eq!(found.paths, [path(&[[2.0, 0.0], [4.0, 0.0], [6.0, 0.0]])]);
    assert_eq!(found.points, [[1.0, 0.0], [8.0, 2.0]]);
    assert_eq!(intersect_lines(&b, &a).paths, [path(&[[2.0, 0.0], [4.0, 0.0], [6.0, 0.0]])]);
}
