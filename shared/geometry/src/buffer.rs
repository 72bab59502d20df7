//! Buffers: the area within a distance of a geometry, planar or on the ellipsoid, and the union of many of them.
//!
//! Separate from the overlay because a buffer makes vertices of its own: round pieces are those of a polygon of 64
//! sides a full circle (16 a quarter, as the peers have), its first vertex due east, all vertices on the true circle.
//! So a round buffer lies up to 0.12 % of the distance inside the true one, halfway between two vertices.
//!
//! How a planar buffer is made: the offset of a line is the sum of one rectangle a segment and one sector a turn, all
//! oriented alike, so the outline of the sum, crossings and all, has a winding number above zero exactly in the buffer
//! (`offset`). Where segments are long beside the distance that outline goes through the overlay engine at once; where
//! they are short it is made of pieces of a few segments, united pairwise up a tree, so that crossings inside a piece
//! are met once (`pieces`). Cost: O(n log n) while the buffer has O(n) vertices on every level of that tree; a line
//! whose buffer pieces all cross each other (a star of a million spikes) is quadratic, as with every known engine.
//!
//! It must never fail on input: vertices that are not finite (or beyond 1e100) are left out, polygons are repaired, and
//! what has no area comes back empty.

mod disc;
mod dissolve;
mod fill;
mod geodesic;
mod offset;
mod pieces;
mod points_dissolved;

use gp_esri::{Geometry, Path, Xy};

pub use dissolve::dissolve_buffers;
pub use geodesic::buffer_geodesic;
pub(crate) use geodesic::cut_polygon;
pub use points_dissolved::dissolve_point_buffers;

use offset::SKIPPED_BULGE;
use pieces::Piece;

/// Which part of a buffer is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// Everything within the distance, the inside of a polygon included.
    #[default]
    Full,
    /// Of a line, what lies to the left of its direction, ends flat. The full buffer of any other geometry.
    Left,
    /// Of a line, what lies to the right of its direction, ends flat. The full buffer of any other geometry.
    Right,
    /// Of a polygon, the full buffer without the polygon (with a negative distance: the polygon without the shrunk
    /// one). The full buffer of any other geometry.
    Outside,
}

/// The ends of the buffer of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum End {
    /// A half circle.
    #[default]
    Round,
    /// Cut off at the last vertex.
    Flat,
}

/// How a buffer is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BufferOptions {
    /// Which part is wanted.
    pub side: Side,
    /// The ends of lines.
    pub end: End,
}

/// A disc whose radius is less than this share of a coordinate may be spoiled by rounding: its vertices are less than a
/// hundred thousand roundings apart.
const COARSE_SHARE: f64 = 1e-10;

/// The buffer of a geometry in the plane of its coordinates; `distance` in their units.
///
/// Returns closed rings, exteriors clockwise. Of a distance:
/// - positive grows; round joins.
/// - negative shrinks a polygon, and is nothing of any other geometry; a polygon that vanishes is empty.
/// - zero repairs a polygon (with [`Side::Outside`]: empty), and is nothing of any other geometry.
/// - NaN, infinite or beyond 1e100 is nothing.
///
/// A line all of whose vertices are the same is a disc with round ends and nothing with flat ends. A line that ends
/// where it starts has no ends. Vertices that bulge inward by less than a thousandth of the distance may be skipped.
pub fn buffer_planar(geometry: &Geometry, distance: f64, options: &BufferOptions) -> Vec<Path> {
    if !fill::is_usable([distance, distance]) {
        return Vec::new();
    }
    match geometry {
        Geometry::Polygon(rings) => polygon(rings, distance, options.side),
        _ if distance <= 0.0 => Vec::new(),
        Geometry::Point(point) if fill::is_usable(point.xy) => {
            let disc = vec![disc::ring(point.xy, distance)];
            let is_coarse = point.xy.iter().any(|ordinate| distance < ordinate.abs() * COARSE_SHARE);
            if is_coarse { fill::repair(&disc) } else { disc }
        }
        Geometry::Point(_) => Vec::new(),
        Geometry::Multipoint(points) => dissolve_point_buffers(&points.xy, distance),
        Geometry::Polyline(paths) => lines(paths, distance, options),
    }
}

fn lines(paths: &[Path], distance: f64, options: &BufferOptions) -> Vec<Path> {
    let mut pieces = Vec::new();
    let mut stays = Vec::new();
    for path in paths {
        let xy = distinct(&path.xy);
        match (&xy[..], options.side) {
            ([], _) => {}
            ([only], Side::Full | Side::Outside) if options.end == End::Round => stays.push(*only),
            ([_], _) => {}
            (_, Side::Left) => pieces.push(Piece::one_side(xy.into_iter().rev().collect())),
            (_, Side::Right) => pieces.push(Piece::one_side(xy)),
            (_, Side::Full | Side::Outside) => pieces.push(Piece::both_sides(xy, options.end, options.end)),
        }
    }
    let mut rings = pieces::union(pieces, distance);
    if !stays.is_empty() {
        rings.extend(dissolve_point_buffers(&stays, distance));
        rings = fill::union(rings);
    }
    rings
}

fn polygon(rings: &[Path], distance: f64, side: Side) -> Vec<Path> {
    let polygon = fill::repair(rings);
    if polygon.is_empty() {
        return polygon;
    }
    let changed = if distance > 0.0 {
        grown(&polygon, distance)
    } else if distance < 0.0 {
        shrunk(&polygon, -distance)
    } else {
        polygon.clone()
    };
    if side != Side::Outside {
        return changed;
    }
    let (polygon, changed) = (fill::positions(polygon), fill::positions(changed));
    if distance > 0.0 { fill::difference(&changed, &polygon) } else { fill::difference(&polygon, &changed) }
}

/// A polygon grown by a positive distance. Esri rings have the outside on their left.
fn grown(polygon: &[Path], distance: f64) -> Vec<Path> {
    let outward: Vec<Vec<Xy>> = polygon.iter().map(|ring| ring.xy.iter().rev().copied().collect()).collect();
    if outward.iter().any(|ring| pieces::is_crowded(ring, distance)) {
        let pieces = outward.iter().map(|ring| Piece::one_side(ring.clone())).collect();
        let mut grown = pieces::union(pieces, distance);
        grown.extend(polygon.iter().cloned());
        return fill::union(grown);
    }
    let offsets: Vec<Vec<Xy>> =
        outward.iter().map(|ring| offset::ring_to_the_right(ring, distance, SKIPPED_BULGE)).collect();
    fill::positive(&offsets)
}

/// A polygon shrunk by a positive distance.
fn shrunk(polygon: &[Path], distance: f64) -> Vec<Path> {
    if polygon.iter().any(|ring| pieces::is_crowded(&ring.xy, distance)) {
        let pieces = polygon.iter().map(|ring| Piece::one_side(ring.xy.clone())).collect();
        let border = fill::positions(pieces::union(pieces, distance));
        return fill::difference(&fill::positions(polygon.to_vec()), &border);
    }
    // The inside is on the right of an Esri ring, and the ring winds negatively around it; every point that the offset
    // takes away winds at least once the other way.
    let offsets: Vec<Vec<Xy>> =
        polygon.iter().map(|ring| offset::ring_to_the_right(&ring.xy, distance, SKIPPED_BULGE)).collect();
    fill::negative(&offsets)
}

/// The usable vertices of a path without immediate repetitions.
fn distinct(xy: &[Xy]) -> Vec<Xy> {
    let mut distinct: Vec<Xy> = xy.iter().copied().filter(|xy| fill::is_usable(*xy)).collect();
    distinct.dedup();
    distinct
}
