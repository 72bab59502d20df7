//! Geodesic buffers: distances in metres on the ellipsoid, positions in degrees, results cut at the antimeridian.
//!
//! The shape of the input is kept: a segment is straight in longitude and latitude, as it is drawn, not a geodesic; a
//! longitude that jumps by more than 180° between two vertices goes the short way round. Segments are made dense, the
//! line is cut into short pieces, each piece is buffered in the azimuthal equidistant plane around its middle, where
//! distances that matter are true to 0.05 % (`plane`), and the pieces are united in longitude and latitude (`globe`).
//! Round parts are polygons of 64 sides in that plane, their vertices on the true circle. All in all the vertices of a
//! buffer lie within 0.1 % of the distance.
//!
//! A buffer that holds a pole runs along ±180° to the pole and along the line at latitude ±90°. Positions whose
//! latitude is beyond ±90° are left out. A distance of half the way around the earth or more is the whole world.

mod globe;

pub(crate) use globe::polygon as cut_polygon;

use gp_esri::{Geometry, Path, Xy};

use super::pieces::{self, Piece};
use super::{BufferOptions, End, Side, disc, dissolve_buffers, fill};
use crate::crs::Ellipsoid;
use crate::geodesic::Geodesy;
use crate::plane::LocalPlane;

/// Above this a piece of a line is no longer small enough for its plane; discs around dense vertices are used instead.
const LARGEST_PIECEWISE_DISTANCE_M: f64 = 6_000_000.0;

/// Longest piece, in metres: at 150 km from its middle the plane stretches by less than 0.01 %.
const LONGEST_PIECE_M: f64 = 300_000.0;

/// How far, in distances, a line may be moved outward where it bulges inward: with what the dense line is off its curve
/// (`globe::DEVIATION`, and a tenth of it more for lines that run neither along a parallel nor a meridian) and with the
/// stretch of the plane it must stay within a thousandth.
const SKIPPED_BULGE: f64 = 3e-4;

/// A smaller disc may be spoiled by the rounding of degrees.
const COARSE_M: f64 = 0.001;

/// Most segments a piece.
const MOST_SEGMENTS: usize = 48;

/// The buffer of a geometry in longitude and latitude (degrees), `distance_m` metres wide on `ellipsoid`.
///
/// Returns closed rings in longitude and latitude within ±180° and ±90°, exteriors clockwise. Options, negative, zero
/// and unusable distances are as for [`super::buffer_planar`].
pub fn buffer_geodesic(
    geometry: &Geometry,
    distance_m: f64,
    ellipsoid: Ellipsoid,
    options: &BufferOptions,
) -> Vec<Path> {
    if !distance_m.is_finite() {
        return Vec::new();
    }
    let geodesy = Geodesy::new(ellipsoid);
    let globe =
        Globe { geodesy: &geodesy, half_turn_m: std::f64::consts::PI * ellipsoid.a_m * (1.0 - ellipsoid.f) };
    match geometry {
        Geometry::Polygon(rings) => globe.polygon(rings, distance_m, options.side),
        _ if distance_m <= 0.0 => Vec::new(),
        Geometry::Point(point) => globe.discs(&[point.xy], distance_m),
        Geometry::Multipoint(points) => globe.discs(&points.xy, distance_m),
        Geometry::Polyline(paths) => globe.lines(paths, distance_m, options),
    }
}

struct Globe<'a> {
    geodesy: &'a Geodesy,
    half_turn_m: f64,
}

impl Globe<'_> {
    fn discs(&self, centers: &[Xy], distance_m: f64) -> Vec<Path> {
        let mut centers: Vec<Xy> = centers.iter().copied().filter(|center| is_position(*center)).collect();
        centers.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        centers.dedup();
        dissolve_buffers(centers.into_iter().map(|center| self.disc(center, distance_m)).collect())
    }

    fn disc(&self, center: Xy, distance_m: f64) -> Vec<Path> {
        // The far end of every geodesic of this length lies beyond or near the antipode.
        if distance_m >= self.half_turn_m * 0.997 {
            return globe::world();
        }
        let plane = LocalPlane::new(self.geodesy, center);
        let ring = disc::ring([0.0, 0.0], distance_m);
        if distance_m < self.half_turn_m * 0.495 {
            let disc = globe::from_plane(&plane, vec![ring], distance_m);
            return if distance_m < COARSE_M { fill::repair(&disc) } else { disc };
        }
        // Past a quarter of the way around it is easier to say what lies outside: the disc around the antipode.
        let antipode = LocalPlane::new(self.geodesy, [center[0] + 180.0, -center[1]]);
        // Seen from there the ring turns the other way.
        let outside = ring.xy.iter().rev().map(|xy| antipode.project(plane.unproject(*xy))).collect();
        let outside = globe::from_plane(&antipode, vec![Path::from_xy(outside)], distance_m);
        fill::difference(&fill::positions(globe::world()), &fill::positions(outside))
    }

    fn lines(&self, paths: &[Path], distance_m: f64, options: &BufferOptions) -> Vec<Path> {
        let mut stays = Vec::new();
        let mut parts = Vec::new();
        for path in paths {
            let mut line: Vec<Xy> = path.xy.iter().copied().filter(|xy| is_position(*xy)).collect();
            globe::unwrap(&mut line, globe::Jumps::Over180);
            line.dedup();
            match (&line[..], options.side) {
                ([], _) => {}
                ([only], Side::Full | Side::Outside) if options.end == End::Round => stays.push(*only),
                ([_], _) => {}
                (_, Side::Left) => {
                    line.reverse();
                    self.add_strips(&mut parts, line, distance_m, None);
                }
                (_, Side::Right) => self.add_strips(&mut parts, line, distance_m, None),
                (_, Side::Full | Side::Outside) => {
                    self.add_strips(&mut parts, line, distance_m, Some(options.end));
                }
            }
        }
        parts.push(self.discs(&stays, distance_m));
        pieces::unite_in_order(parts)
    }

    fn polygon(&self, rings: &[Path], distance_m: f64, side: Side) -> Vec<Path> {
        let polygon = globe::polygon(rings);
        if polygon.is_empty() {
            return polygon;
        }
        let mut border = Vec::new();
        if distance_m != 0.0 {
            for line in globe::border(&polygon, distance_m < 0.0) {
                self.add_strips(&mut border, line, distance_m.abs(), Some(End::Round));
            }
        }
        let border = pieces::unite_in_order(border);
        let polygon_rings = fill::positions(polygon.clone());
        let changed = if distance_m > 0.0 {
            fill::union(polygon.into_iter().chain(border))
        } else if distance_m < 0.0 {
            fill::difference(&polygon_rings, &fill::positions(border))
        } else {
            polygon
        };
        if side != Side::Outside {
            return changed;
        }
        let changed = fill::positions(changed);
        if distance_m > 0.0 {
            fill::difference(&changed, &polygon_rings)
        } else {
            fill::difference(&polygon_rings, &changed)
        }
    }

    /// The buffers of the pieces of a line, to both sides with the given ends, or to the right only.
    fn add_strips(&self, parts: &mut Vec<Vec<Path>>, mut line: Vec<Xy>, distance_m: f64, end: Option<End>) {
        let is_closed = pieces::is_closed(&line);
        if is_closed {
            // The turn at the closing vertex belongs to a piece too.
            line.push(line[1]);
        }
        let line = globe::densify(&line, distance_m);
        if distance_m > LARGEST_PIECEWISE_DISTANCE_M {
            // Ends and sides mean nothing at such distances.
            parts.extend(line.iter().map(|center| self.disc(*center, distance_m)));
            return;
        }
        let end = end.map(|end| if is_closed { End::Flat } else { end });
        let mut start = 0;
        while start + 1 < line.len() {
            let stop = end_of_piece(&line, start);
            let is_last = stop + 1 == line.len();
            let plane = LocalPlane::new(self.geodesy, line[(start + stop) / 2]);
            let mut flat: Vec<Xy> = line[start..=stop].iter().map(|xy| plane.project(*xy)).collect();
            flat.dedup();
            let piece = match end {
                None => Piece::one_side(flat),
                Some(end) => Piece::both_sides(
                    flat,
                    if start == 0 { end } else { End::Flat },
                    if is_last { end } else { End::Flat },
                ),
            };
            parts.push(globe::from_plane(&plane, piece.buffer(distance_m, SKIPPED_BULGE), distance_m));
            if is_last {
                break;
            }
            // Pieces share a segment, so that every turn lies inside one of them.
            start = stop - 1;
        }
    }
}

/// The last vertex of the piece that begins at `start`: at least two segments on, if there are as many.
fn end_of_piece(line: &[Xy], start: usize) -> usize {
    let mut length_m = 0.0;
    let mut stop = start + 1;
    while stop + 1 < line.len() && stop - start < MOST_SEGMENTS {
        length_m += globe::rough_length_m(line[stop - 1], line[stop]);
        if length_m > LONGEST_PIECE_M && stop - start >= 2 {
            break;
        }
        stop += 1;
    }
    stop
}

fn is_position(xy: Xy) -> bool {
    xy[0].abs() <= 1e6 && xy[1].abs() <= 90.0
}
