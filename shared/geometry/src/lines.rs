//! Overlay of lines and points: lines with polygons, lines with lines, points with either.
//!
//! Segments are cut where they meet edges, by exact signs; each piece is judged by its middle, except where it runs along
//! an edge, which is found exactly and counts as part of the polygon. Vertices of the input are never moved; new ones
//! exist only where a line crosses. Results carry no z and m.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use crate::index::BoxIndex;
use crate::prepared::{Location, PreparedPolygon};
use crate::relate::segment::{Meeting, meet, on_segment, parameter, segment_box};
use gp_esri::{Path, Xy};

/// Which part of a line to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// What lies in the polygon or along its boundary.
    Inside,
    /// What lies outside; ends may touch the boundary.
    Outside,
}

/// What two lines have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineIntersection {
    /// Single points that lie on no shared path, in order of x, then y.
    pub points: Vec<Xy>,
    /// Shared stretches, in the direction and order of the first line.
    pub paths: Vec<Path>,
}

/// The part of a line inside or outside a polygon.
pub fn clip_line(paths: &[Path], polygon: &PreparedPolygon, keep: Keep) -> Vec<Path> {
    let mut clipped = Vec::new();
    let mut cutter = SegmentCutter::default();
    for path in paths {
        let mut current: Vec<Xy> = Vec::new();
        for pair in path.xy.windows(2).filter(|pair| pair[0] != pair[1]) {
            cutter.cut(polygon, [pair[0], pair[1]], |from, to, location| {
                if (location == Location::Outside) == (keep == Keep::Outside) {
                    if current.is_empty() {
                        current.push(from);
                    }
                    current.push(to);
                } else {
                    flush(&mut current, &mut clipped);
                }
            });
        }
        flush(&mut current, &mut clipped);
    }
    clipped
}

/// What two lines have in common: points where they cross or touch, and stretches that they share.
pub fn intersect_lines(a: &[Path], b: &[Path]) -> LineIntersection {
    let segments = segments_of(b);
    let index = BoxIndex::of_segments(&segments);
    let mut points: Vec<Xy> = Vec::new();
    let mut paths: Vec<Path> = Vec::new();
    for path in a {
        let mut current: Vec<Xy> = Vec::new();
        for pair in path.xy.windows(2).filter(|pair| pair[0] != pair[1]) {
            let segment = [pair[0], pair[1]];
            let mut shared: Vec<(f64, f64, Xy, Xy)> = Vec::new();
            for number in index.query(&segment_box(segment[0], segment[1])) {
                match meet(segment, segments[number]) {
                    Meeting::Apart => {}
                    Meeting::Touch(p) | Meeting::Cross(p) => points.push(p),
                    Meeting::Overlap(from, to) => {
                        shared.push((parameter(segment, from), parameter(segment, to), from, to));
                    }
                }
            }
            shared.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
            let mut reach = f64::NEG_INFINITY;
            for (_, end, from, to) in shared {
                if end <= reach {
                    continue;
                }
                // A piece that goes on where, or before where, the last one ended belongs to the same path.
                let start = parameter(segment, from);
                if current.last() != Some(&from) && start >= reach {
                    flush(&mut current, &mut paths);
                    current.push(from);
                } else if current.is_empty() {
                    current.push(from);
                }
                if start < reach {
                    current.pop();
                }
                current.push(to);
                reach = end;
            }
            if current.last() != Some(&segment[1]) {
                flush(&mut current, &mut paths);
            }
        }
        flush(&mut current, &mut paths);
    }
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    points = points_off(points, &segments_of(&paths));
    LineIntersection { points, paths }
}

/// The points that lie on none of these segments.
pub(crate) fn points_off(mut points: Vec<Xy>, segments: &[[Xy; 2]]) -> Vec<Xy> {
    if points.is_empty() || segments.is_empty() {
        return points;
    }
    let index = BoxIndex::of_segments(segments);
    points.retain(|p| {
        let is_on = |number: usize| on_segment(*p, segments[number][0], segments[number][1]);
        !index.query(&segment_box(*p, *p)).any(is_on)
    });
    points
}

/// Which points lie in a polygon or on its boundary, or outside both: the positions in `points`, ascending.
pub fn points_in_polygon(points: &[Xy], polygon: &PreparedPolygon, keep: Keep) -> Vec<usize> {
    let outside = keep == Keep::Outside;
    (0..points.len()).filter(|at| (polygon.locate(points[*at]) == Location::Outside) == outside).collect()
}

/// Whether no two edges of a path meet but in the vertex between them; the ends of a closed one may.
pub fn is_simple_path(path: &[Xy]) -> bool {
    let edges: Vec<[Xy; 2]> =
        path.windows(2).filter(|pair| pair[0] != pair[1]).map(|pair| [pair[0], pair[1]]).collect();
    let index = BoxIndex::of_segments(&edges);
    let is_closed = path.first() == path.last();
    let meets_wrongly = |number: usize, other: usize| match meet(edges[number], edges[other]) {
        Meeting::Apart => false,
        Meeting::Touch(at) => {
            let is_next = other == number + 1 && at == edges[other][0];
            let is_start = is_closed && number == 0 && other + 1 == edges.len() && at == edges[0][0];
            !is_next && !is_start
        }
        Meeting::Cross(_) | Meeting::Overlap(..) => true,
    };
    (0..edges.len()).all(|number| {
        let nearby = index.query(&segment_box(edges[number][0], edges[number][1]));
        !nearby.filter(|other| *other > number).any(|other| meets_wrongly(number, other))
    })
}

/// The segments of paths or rings, those without length left out.
pub(crate) fn segments_of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<[Xy; 2]> {
    let pairs = paths.into_iter().flat_map(|path| path.xy.windows(2));
    pairs.filter(|pair| pair[0] != pair[1]).map(|pair| [pair[0], pair[1]]).collect()
}

/// Ends a path; one of a single position is none.
pub(crate) fn flush(current: &mut Vec<Xy>, paths: &mut Vec<Path>) {
    let xy = std::mem::take(current);
    if xy.len() > 1 {
        paths.push(Path::from_xy(xy));
    }
}

/// Cuts segments at the edges of a polygon; keeps its buffers between segments.
#[derive(Default)]
pub(crate) struct SegmentCutter {
    near: Vec<u32>,
    cuts: Vec<(f64, Xy)>,
    along: Vec<(f64, f64)>,
}

impl SegmentCutter {
    /// Hands every piece of a segment, in order, to `visit` with where it lies. Neighbours that lie alike are one piece.
    pub(crate) fn cut(
        &mut self,
        polygon: &PreparedPolygon,
        segment: [Xy; 2],
        mut visit: impl FnMut(Xy, Xy, Location),
    ) {
        let [start, end] = segment;
        polygon.edges_near(&segment_box(start, end), &mut self.near);
        self.cuts.clear();
        self.along.clear();
        for edge in &self.near {
            match meet(segment, polygon.edge(*edge)) {
                Meeting::Apart => {}
                Meeting::Touch(p) | Meeting::Cross(p) => self.cuts.push((parameter(segment, p), p)),
                Meeting::Overlap(from, to) => {
                    let stretch = (parameter(segment, from), parameter(segment, to));
                    self.along.push(stretch);
                    self.cuts.extend([(stretch.0, from), (stretch.1, to)]);
                }
            }
        }
        if self.cuts.is_empty() {
            // Nothing is met: one end speaks for all.
            return visit(start, end, polygon.locate(start));
        }
        self.cuts.sort_by(|a, b| {
            a.0.total_cmp(&b.0).then(a.1[0].total_cmp(&b.1[0])).then(a.1[1].total_cmp(&b.1[1]))
        });
        self.cuts.push((1.0, end));
        let mut piece: Option<(Xy, Location)> = None;
        let (mut at, mut from) = (0.0, start);
        // How many of the stretches along edges have begun, and how far those reach.
        self.along.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut begun, mut along_until) = (0, f64::NEG_INFINITY);
        for (reach, to) in &self.cuts {
            if from == *to {
                at = *reach;
                continue;
            }
            let middle_at = at / 2.0 + *reach / 2.0;
            while let Some((_, high)) = self.along.get(begun).filter(|(low, _)| *low <= middle_at) {
                along_until = along_until.max(*high);
                begun += 1;
            }
            let location = if middle_at <= along_until {
                Location::Boundary
            } else {
                match polygon.locate([from[0] / 2.0 + to[0] / 2.0, from[1] / 2.0 + to[1] / 2.0]) {
                    // Rounding put the middle of a piece too short to have one on an edge.
                    Location::Boundary => piece.map_or(Location::Inside, |(_, location)| location),
                    location => location,
                }
            };
            match piece {
                Some((_, same)) if same == location => {}
                Some((begin, before)) => {
                    visit(begin, from, before);
                    piece = Some((from, location));
                }
                None => piece = Some((from, location)),
            }
            (at, from) = (*reach, *to);
        }
        if let Some((begin, location)) = piece {
            visit(begin, end, location);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_share_many_stretches_and_cross_as_often_are_not_compared_all_with_all() {
        // A line that leaves a straight one, crosses it and comes back, 50 000 times: comparing each point with each
        // stretch took minutes.
        let count = 50_000;
        let straight = [Path::from_xy(vec![[0.0, 0.0], [4.0 * f64::from(count), 0.0]])];
        let around = |n: i32| {
            let x = 4.0 * f64::from(n);
            [[x, 0.0], [x + 1.0, 0.0], [x + 2.0, 1.0], [x + 3.0, -1.0], [x + 3.5, -1.0]]
        };
        let winding = [Path::from_xy((0..count).flat_map(around).collect())];
        let common = intersect_lines(&straight, &winding);
        assert_eq!((common.paths.len(), common.points.len()), (count as usize, count as usize));
        assert_eq!((common.points[0], &common.paths[0].xy), ([2.5, 0.0], &vec![[0.0, 0.0], [1.0, 0.0]]));
    }

    #[test]
    fn a_segment_along_very_many_edges_is_not_compared_with_all_of_them_for_each() {
        let count = 30_000;
        let mut ring: Vec<Xy> = vec![[0.0, 0.0], [0.0, 9.0], [f64::from(count), 9.0]];
        ring.extend((0..=count).rev().map(|x| [f64::from(x), 0.0]));
        let polygon = PreparedPolygon::new(&[Path::from_xy(ring)]);
        let line = [Path::from_xy(vec![[-5.0, 0.0], [f64::from(count) + 5.0, 0.0]])];
        let inside = clip_line(&line, &polygon, Keep::Inside);
        assert_eq!(inside, [Path::from_xy(vec![[0.0, 0.0], [f64::from(count), 0.0]])]);
        assert_eq!(clip_line(&line, &polygon, Keep::Outside).len(), 2);
    }

    #[test]
    fn a_path_that_meets_itself_is_not_simple_but_a_closed_one_may_be() {
        assert!(is_simple_path(&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]]));
        assert!(!is_simple_path(&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, -1.0]]));
        assert!(!is_simple_path(&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 0.0]]));
        assert!(!is_simple_path(&[[0.0, 0.0], [4.0, 0.0], [2.0, 0.0]]));
    }
}
