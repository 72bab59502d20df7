//! Voronoi cells: the part of a frame that is nearer to one point than to any other.
//!
//! A cell is the frame cut by the bisectors between its point and the point's neighbours in a Delaunay triangulation
//! (crate `delaunator`): one rule for cells inside, at the border, and of one, two or collinear points. Each corner
//! remembers the two edges that meet there and is computed from their points in a fixed order, so that cells which
//! share a corner have it bit by bit. Cost: n log n, and quadratic in the number of neighbours of a single point.

mod neighbours;

use crate::relate::segment::same;
use gp_esri::{Envelope, Xy};
use neighbours::neighbours_of;

/// Distinct points and which of them are neighbours.
pub struct Voronoi {
    points: Vec<Xy>,
    neighbours: Vec<Vec<u32>>,
}

/// An edge of a cell.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    /// On the bisector with this point.
    Point(u32),
    /// On a side of the frame: xmin, ymin, xmax, ymax.
    Side(usize),
}

/// A corner of a cell and the edge that goes on from there.
#[derive(Clone, Copy)]
struct Corner {
    xy: Xy,
    next: Edge,
}

/// Corners nearer than this share of the frame are one: four points on one circle make two corners of one.
const SAME_CORNER: f64 = 1e-12;

impl Voronoi {
    /// Finds the neighbours of points, which must be finite and distinct.
    pub fn new(points: Vec<Xy>) -> Voronoi {
        let neighbours = neighbours_of(&points);
        Voronoi { points, neighbours }
    }

    /// The cell of a point within the frame as a closed ring that turns clockwise; empty when nothing of it lies there.
    pub fn cell(&self, point: usize, frame: &Envelope) -> Vec<Xy> {
        let corners = self.cut(point, frame, &self.neighbours[point]);
        let size = (frame.xmax - frame.xmin).max(frame.ymax - frame.ymin);
        let mut ring: Vec<Xy> = Vec::with_capacity(corners.len() + 1);
        for at in 0..corners.len() {
            let before = corners[(at + corners.len() - 1) % corners.len()].next;
            let xy = self.corner(point, before, corners[at].next, frame).unwrap_or(corners[at].xy);
            if ring.last().is_none_or(|last| !is_near(*last, xy, size)) {
                ring.push(xy);
            }
        }
        while ring.len() > 1 && is_near(ring[0], ring[ring.len() - 1], size) {
            ring.pop();
        }
        if ring.len() < 3 {
            return Vec::new();
        }
        ring.push(ring[0]);
        ring
    }

    /// The frame cut by the bisectors with some points, clockwise.
    fn cut(&self, point: usize, frame: &Envelope, others: &[u32]) -> Vec<Corner> {
        let corner = |x, y, side| Corner { xy: [x, y], next: Edge::Side(side) };
        let mut corners = vec![
            corner(frame.xmin, frame.ymin, 0),
            corner(frame.xmin, frame.ymax, 3),
            corner(frame.xmax, frame.ymax, 2),
            corner(frame.xmax, frame.ymin, 1),
        ];
        for other in others {
            corners = self.cut_by(point, *other, corners);
        }
        corners
    }

    /// Keeps what is not nearer to the other point.
    fn cut_by(&self, point: usize, other: u32, corners: Vec<Corner>) -> Vec<Corner> {
        let (p, q) = (self.points[point], self.points[other as usize]);
        let normal = [q[0] - p[0], q[1] - p[1]];
        let middle = [p[0] + normal[0] / 2.0, p[1] + normal[1] / 2.0];
        let beyond = |xy: Xy| (xy[0] - middle[0]) * normal[0] + (xy[1] - middle[1]) * normal[1];
        if corners.iter().all(|corner| beyond(corner.xy) <= 0.0) {
            return corners;
        }
        let mut kept = Vec::with_capacity(corners.len() + 1);
        for at in 0..corners.len() {
            let (corner, after) = (corners[at], corners[(at + 1) % corners.len()]);
            let (here, there) = (beyond(corner.xy), beyond(after.xy));
            let crossing = || {
                let t = here / (here - there);
                [0, 1].map(|axis| corner.xy[axis] + t * (after.xy[axis] - corner.xy[axis]))
            };
            match (here <= 0.0, there <= 0.0) {
                (true, true) => kept.push(corner),
                (true, false) => {
                    kept.push(corner);
                    kept.push(Corner { xy: crossing(), next: Edge::Point(other) });
                }
                (false, true) => kept.push(Corner { xy: crossing(), next: corner.next }),
                (false, false) => {}
            }
        }
        kept
    }

    /// The corner between two edges, the same for every cell that has it; `None` where the cut itself is as good.
    fn corner(&self, point: usize, before: Edge, after: Edge, frame: &Envelope) -> Option<Xy> {
        let xy = match (before, after) {
            (Edge::Point(a), Edge::Point(b)) => {
                let mut three = [point as u32, a, b];
                three.sort_unstable();
                circumcentre(three.map(|number| self.points[number as usize]))
            }
            (Edge::Point(other), Edge::Side(side)) | (Edge::Side(side), Edge::Point(other)) => {
                let (low, high) = ((point as u32).min(other), (point as u32).max(other));
                on_side(self.points[low as usize], self.points[high as usize], side, frame)
            }
            (Edge::Side(_), Edge::Side(_)) => return None,
        };
        // Rounding may put it a little outside.
        let inside = [xy[0].clamp(frame.xmin, frame.xmax), xy[1].clamp(frame.ymin, frame.ymax)];
        inside.iter().all(|value| value.is_finite()).then_some(inside)
    }
}

fn circumcentre([a, b, c]: [Xy; 3]) -> Xy {
    let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    let doubled = 2.0 * (bx * cy - by * cx);
    [a[0] + (cy * b2 - by * c2) / doubled, a[1] + (bx * c2 - cx * b2) / doubled]
}

/// Where the bisector of two points meets a side of the frame.
fn on_side(a: Xy, b: Xy, side: usize, frame: &Envelope) -> Xy {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let (mx, my) = (a[0] + dx / 2.0, a[1] + dy / 2.0);
    match side {
        0 | 2 => {
            let x = if side == 0 { frame.xmin } else { frame.xmax };
            [x, my - (x - mx) * dx / dy]
        }
        _ => {
            let y = if side == 1 { frame.ymin } else { frame.ymax };
            [mx - (y - my) * dy / dx, y]
        }
    }
}

fn is_near(a: Xy, b: Xy, size: f64) -> bool {
    same(a, b) || (a[0] - b[0]).abs().max((a[1] - b[1]).abs()) <= size * SAME_CORNER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rings::signed_area;

    const FRAME: Envelope = Envelope { xmin: 0.0, ymin: 0.0, xmax: 10.0, ymax: 10.0 };

    fn areas(points: &[Xy]) -> Vec<f64> {
        let voronoi = Voronoi::new(points.to_vec());
        (0..points.len()).map(|point| -signed_area(&voronoi.cell(point, &FRAME))).collect()
    }

    fn scattered(count: usize) -> Vec<Xy> {
        let mut seed = 11_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64 * 10.0
        };
        (0..count).map(|_| [next(), next()]).collect()
    }

    #[test]
    fn one_two_and_collinear_points_have_cells_too() {
        assert_eq!(areas(&[[3.0, 3.0]]), [100.0]);
        assert_eq!(areas(&[[2.0, 5.0], [4.0, 5.0]]), [30.0, 70.0]);
        assert_eq!(areas(&[[5.0, 6.0], [5.0, 2.0], [5.0, 3.0]]), [55.0, 25.0, 20.0]);
        let diagonal = areas(&[[1.0, 1.0], [9.0, 9.0], [5.0, 5.0], [3.0, 3.0]]);
        assert!(
            (diagonal.iter().sum::<f64>() - 100.0).abs() < 1e-9 && diagonal[0] < diagonal[1],
            "{diagonal:?}"
        );
    }

    #[test]
    fn cells_fill_the_frame_and_hold_what_is_nearest() {
        let points = scattered(2_000);
        let voronoi = Voronoi::new(points.clone());
        let cells: Vec<Vec<Xy>> = (0..points.len()).map(|point| voronoi.cell(point, &FRAME)).collect();
        let total: f64 = cells.iter().map(|cell| -signed_area(cell)).sum();
        assert!((total - 100.0).abs() < 1e-9, "{total}");
        for probe in scattered(300) {
            let apart = |p: &Xy| (p[0] - probe[0]).hypot(p[1] - probe[1]);
            let nearest = (0..points.len()).min_by(|a, b| apart(&points[*a]).total_cmp(&apart(&points[*b])));
            let ring = gp_esri::Path::from_xy(cells[nearest.unwrap()].clone());
            assert_ne!(crate::PreparedPolygon::new(&[ring]).locate(probe), crate::Location::Outside);
        }
    }

    #[test]
    fn a_corner_is_the_same_in_every_cell() {
        let points = scattered(200);
        let voronoi = Voronoi::new(points.clone());
        let mut counts = std::collections::HashMap::new();
        for point in 0..points.len() {
            let cell = voronoi.cell(point, &FRAME);
            for xy in &cell[1..] {
                *counts.entry(xy.map(f64::to_bits)).or_insert(0) += 1;
            }
        }
        let inside =
            |bits: &[u64; 2]| bits.iter().all(|b| f64::from_bits(*b) > 0.0 && f64::from_bits(*b) < 10.0);
        assert!(counts.iter().filter(|(bits, _)| inside(bits)).all(|(_, count)| *count == 3));
    }

    #[test]
    fn a_grid_has_square_cells_and_points_on_a_circle_meet_in_its_middle() {
        let grid: Vec<Xy> = (0..100).map(|n| [f64::from(n % 10) + 0.5, f64::from(n / 10) + 0.5]).collect();
        let voronoi = Voronoi::new(grid);
        for point in 0..100 {
            let cell = voronoi.cell(point, &FRAME);
            assert!((signed_area(&cell) + 1.0).abs() < 1e-9 && cell.len() == 5, "{point}: {cell:?}");
        }
        let circle: Vec<Xy> = (0..36)
            .map(|n| (f64::from(n) * 10.0).to_radians().sin_cos())
            .map(|(y, x)| [5.0 + x, 5.0 + y])
            .collect();
        assert!((areas(&circle).iter().sum::<f64>() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn points_almost_in_line_or_close_together_still_fill_the_frame() {
        let sum_of = |points: &[Xy]| {
            let voronoi = Voronoi::new(points.to_vec());
            let cells = (0..points.len()).map(|point| -signed_area(&voronoi.cell(point, &FRAME)));
            cells.sum::<f64>()
        };
        // No three of these are exactly in line, and none of them is far from it.
        let almost: Vec<Xy> = (0..2_000).map(|n| [f64::from(n) * 0.003, f64::from(n) * 0.0051]).collect();
        assert!((sum_of(&almost) - 100.0).abs() < 1e-6, "{}", sum_of(&almost));
        let mut close: Vec<Xy> =
            (0..500).map(|n| [5.0 + f64::from(n % 25) * 1e-12, 5.0 + f64::from(n / 25) * 1e-12]).collect();
        close.push([9.0, 9.0]);
        assert!((sum_of(&close) - 100.0).abs() < 1e-2, "{}", sum_of(&close));
        let rows: Vec<Xy> =
            (0..1_000).map(|n| [f64::from(n) * 0.01, f64::from(n % 2) * 1e-9 + 3.0]).collect();
        assert!((sum_of(&rows) - 100.0).abs() < 1e-6, "{}", sum_of(&rows));
    }

    #[test]
    fn a_great_many_points_that_the_triangulation_leaves_out_have_neighbours_too() {
        // Most of these are equal to the triangulation; sorting all for each of them took minutes.
        let close = |n: u32| [5.0 + f64::from(n % 150) * 1e-15, 5.0 + f64::from(n / 150) * 1e-15];
        let mut points: Vec<Xy> = (0..20_000).map(close).collect();
        points.sort_by(|a, b| a.partial_cmp(b).unwrap());
        points.dedup();
        points.extend(
            (0..20_000).map(|n| [7.0 + f64::from(n % 150) * 1e-13, 2.0 + f64::from(n / 150) * 1e-13]),
        );
        points.push([9.0, 9.0]);
        let voronoi = Voronoi::new(points);
        assert!(voronoi.neighbours.iter().all(|neighbours| !neighbours.is_empty()));
    }

    #[test]
    fn points_beside_the_frame_cut_what_is_inside() {
        let areas = areas(&[[-5.0, 5.0], [3.0, 5.0], [40.0, 5.0]]);
        assert_eq!(areas, [0.0, 100.0, 0.0]);
    }
}
