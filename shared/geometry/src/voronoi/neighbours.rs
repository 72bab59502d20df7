//! Which points are neighbours: those that an edge of the Delaunay triangulation joins.

use crate::point_index::PointIndex;
use crate::relate::segment::is_zero;
use delaunator::{EMPTY, next_halfedge, triangulate};
use gp_esri::{Envelope, Xy};

/// The neighbours of each point, ascending.
pub(super) fn neighbours_of(points: &[Xy]) -> Vec<Vec<u32>> {
    let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); points.len()];
    if points.len() < 2 {
        return neighbours;
    }
    let triangulation = triangulate(&scaled(points));
    let triangles = &triangulation.triangles;
    if triangles.is_empty() {
        for pair in in_line(points).windows(2) {
            neighbours[pair[0] as usize].push(pair[1]);
            neighbours[pair[1] as usize].push(pair[0]);
        }
        return neighbours;
    }
    for (edge, start) in triangles.iter().enumerate() {
        let end = triangles[next_halfedge(edge)];
        neighbours[*start].push(end as u32);
        if triangulation.halfedges[edge] == EMPTY {
            neighbours[end].push(*start as u32);
        }
    }
    add_forgotten(points, &mut neighbours);
    neighbours.iter_mut().for_each(|list| {
        list.sort_unstable();
        list.dedup();
    });
    neighbours
}

/// Gives neighbours to points that the triangulation left out, because rounding put them on its outline.
fn add_forgotten(points: &[Xy], neighbours: &mut [Vec<u32>]) {
    let forgotten: Vec<usize> = (0..points.len()).filter(|point| neighbours[*point].is_empty()).collect();
    if forgotten.is_empty() {
        return;
    }
    let index = PointIndex::new(points);
    for point in forgotten {
        // One more: the nearest is the point itself.
        let mut others = index.nearest_few(points[point], MOST_AROUND_FORGOTTEN + 1);
        others.retain(|other| *other != point);
        for other in &others {
            neighbours[*other].push(point as u32);
        }
        neighbours[point] = others.into_iter().map(|other| other as u32).collect();
    }
}

/// Neighbours of a point that the triangulation left out are among so many nearest ones, unless points are contrived.
const MOST_AROUND_FORGOTTEN: usize = 64;

/// The points around the origin and of a size of one: the triangulation takes points as equal by an absolute distance.
fn scaled(points: &[Xy]) -> Vec<delaunator::Point> {
    let mut envelope = Envelope::EMPTY;
    points.iter().for_each(|xy| envelope.include(*xy));
    let size = (envelope.xmax - envelope.xmin).max(envelope.ymax - envelope.ymin);
    let scale = if is_zero(size) { 1.0 } else { 1.0 / size };
    let (x0, y0) = (f64::midpoint(envelope.xmin, envelope.xmax), f64::midpoint(envelope.ymin, envelope.ymax));
    points.iter().map(|[x, y]| delaunator::Point { x: (x - x0) * scale, y: (y - y0) * scale }).collect()
}

/// The numbers of points on one line, along it.
fn in_line(points: &[Xy]) -> Vec<u32> {
    let mut envelope = Envelope::EMPTY;
    points.iter().for_each(|xy| envelope.include(*xy));
    let along = usize::from(envelope.ymax - envelope.ymin > envelope.xmax - envelope.xmin);
    let mut order: Vec<u32> = (0..points.len() as u32).collect();
    let key = |number: &u32| (points[*number as usize][along], points[*number as usize][1 - along]);
    order.sort_by(|a, b| key(a).0.total_cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    order
}
