//! The shortest connection of two segments on the ellipsoid, each straight in longitude and latitude.
//!
//! From a position to a segment: the place along the segment where the geodesic arrives at a right angle is found by
//! stepping along it as if the earth were flat there, which ends after a few steps; where it does not, by halving. From
//! segment to segment: the nearest end, then the nearest place to the nearest place in turn until it stays.

use super::Link;
use super::tree::{Cuboid, apart};
use crate::buffer::cut_polygon;
use crate::crs::Ellipsoid;
use crate::geodesic::{Geodesy, geocentric};
use crate::relate::segment::{Meeting, meet, nearest_share, same};
use gp_esri::{Path, Xy};

/// Earth-centred coordinates are rounded to a billionth of a metre; this is on the safe side.
pub(super) const NOISE_M: f64 = 1e-6;
/// A place along a segment is known when it moves by less.
const PLACE_M: f64 = 1e-5;
/// Segments are cut into pieces of so many degrees.
const PIECE_DEG: f64 = 2.0;
/// An edge all around the earth has so many.
const MOST_PIECES: usize = 180;
/// A quarter of the way around the earth, and less: beyond, both ends of a piece may be nearer than its middle.
const FAR_M: f64 = 9_000_000.0;
/// Steps as on a flat earth, before halving begins.
const FLAT_STEPS: usize = 12;
/// Halvings: 2⁻⁴⁰ of a piece is less than a micrometre.
const HALVINGS: usize = 40;
/// Turns between two segments; each brings the distance down, and only the first few by much.
const EXCHANGES: usize = 8;

/// The ellipsoid, ready for searches.
pub(super) struct Globe {
    geodesy: Geodesy,
    ellipsoid: Ellipsoid,
}

impl Globe {
    pub(super) fn new(ellipsoid: Ellipsoid) -> Globe {
        Globe { geodesy: Geodesy::new(ellipsoid), ellipsoid }
    }

    /// A box that holds the segment in earth-centred coordinates.
    pub(super) fn item_box(&self, [a, b]: [Xy; 2]) -> Cuboid {
        let (from, to) = (geocentric(a, self.ellipsoid), geocentric(b, self.ellipsoid));
        // No second derivative is greater than the radius: so much a segment bulges out from between its ends.
        let step = ((b[0] - a[0]).abs() + (b[1] - a[1]).abs()).to_radians();
        let bulge_m = 1.01 * self.ellipsoid.a_m * step * step / 8.0;
        Cuboid {
            low: [0, 1, 2].map(|axis| from[axis].min(to[axis]) - bulge_m),
            high: [0, 1, 2].map(|axis| from[axis].max(to[axis]) + bulge_m),
        }
    }

    /// The shortest connection; either segment may be a point. Where it is longer than `limit_m`, perhaps a longer one.
    pub(super) fn link(&self, from: [Xy; 2], to: [Xy; 2], limit_m: f64) -> Link {
        if count_of(from) <= 1.0 && count_of(to) <= 1.0 {
            return self.link_pieces(from, to, limit_m);
        }
        // There was no room to cut these before.
        let boxed = |item| {
            let mut pieces = Vec::new();
            cut_into(item, MOST_PIECES as f64, &mut pieces);
            pieces.into_iter().map(|piece| (piece, self.item_box(piece))).collect::<Vec<_>>()
        };
        let (ours, theirs) = (boxed(from), boxed(to));
        let mut best = self.link_pieces(ours[0].0, theirs[0].0, limit_m);
        for (ours, our_box) in &ours {
            for (theirs, their_box) in &theirs {
                let bound_m = best.distance.min(limit_m);
                if apart(our_box, their_box) <= bound_m + NOISE_M {
                    best = nearest_of(&[best, self.link_pieces(*ours, *theirs, bound_m)]);
                }
            }
        }
        best
    }

    fn link_pieces(&self, from: [Xy; 2], to: [Xy; 2], limit_m: f64) -> Link {
        let best = match (same(from[0], from[1]), same(to[0], to[1])) {
            (true, true) => {
                Link { distance: self.geodesy.distance_m(from[0], to[0]), from: from[0], to: to[0] }
            }
            (true, false) => self.point_to(from[0], to),
            (false, true) => self.point_to(to[0], from).turned(),
            (false, false) => self.between(from, to, limit_m),
        };
        Link { from: within_180(best.from), to: within_180(best.to), ..best }
    }

    fn between(&self, from: [Xy; 2], to: [Xy; 2], limit_m: f64) -> Link {
        for turn in [0.0, -360.0, 360.0] {
            let turned = to.map(|[longitude, latitude]| [longitude + turn, latitude]);
            match meet(from, turned) {
                Meeting::Touch(p) | Meeting::Cross(p) | Meeting::Overlap(p, _) => {
                    return Link { distance: 0.0, from: p, to: p };
                }
                Meeting::Apart => {}
            }
        }
        let mut best = nearest_of(&[
            self.point_to(from[0], to),
            self.point_to(from[1], to),
            self.point_to(to[0], from).turned(),
            self.point_to(to[1], from).turned(),
        ]);
        // Both bend, so the nearest places may lie inside both; by how much that can matter is known.
        if best.distance > limit_m + self.most_bend_m(from) + self.most_bend_m(to) {
            return best;
        }
        for _ in 0..EXCHANGES {
            let there = self.point_to(best.to, from).turned();
            let back = self.point_to(there.from, to);
            let better = nearest_of(&[there, back]);
            let gain = best.distance - better.distance;
            if gain > 0.0 {
                best = better;
            }
            if gain < PLACE_M {
                break;
            }
        }
        best
    }

    /// How far a segment may lie from the geodesic between its ends.
    fn most_bend_m(&self, [a, b]: [Xy; 2]) -> f64 {
        let turn = ((b[0] - a[0]).abs() + (b[1] - a[1]).abs()).to_radians();
        self.ellipsoid.a_m * turn * turn / 4.0
    }

    /// From a position to the nearest place on a segment.
    fn point_to(&self, p: Xy, [a, b]: [Xy; 2]) -> Link {
        let link_at = |t: f64| {
            let q = if t >= 1.0 { b } else { along(a, b, t) };
            let way = self.geodesy.inverse(p, q);
            let (east_m, north_m) = self.speed(a, b, q[1]);
            let (sin, cos) = way.azimuth_end_deg.to_radians().sin_cos();
            // How fast the distance grows along the segment.
            let growth = east_m * sin + north_m * cos;
            (Link { distance: way.distance_m, from: p, to: q }, growth, east_m.hypot(north_m))
        };
        // The first guess is that of a flat earth around the middle of the piece.
        let shrink = f64::midpoint(a[1], b[1]).to_radians().cos();
        let turned = p[0] + 360.0 * ((f64::midpoint(a[0], b[0]) - p[0]) / 360.0).round();
        let flat = |[x, y]: Xy| [x * shrink, y];
        let mut t = nearest_share(flat([turned, p[1]]), flat(a), flat(b));
        for _ in 0..FLAT_STEPS {
            let (link, growth, speed) = link_at(t);
            let step = -link.distance * growth / (speed * speed);
            let next = (t + step).clamp(0.0, 1.0);
            // Also when it is no number.
            let goes_on = (next - t).abs() * speed > PLACE_M;
            if !goes_on && link.distance < FAR_M {
                return link;
            }
            if !goes_on {
                return nearest_of(&[link, link_at(0.0).0, link_at(1.0).0]);
            }
            t = next;
        }
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if link_at(middle).1 > 0.0 { high = middle } else { low = middle }
        }
        nearest_of(&[0.0, f64::midpoint(low, high), 1.0].map(|t| link_at(t).0))
    }

    /// Metres to the east and to the north for the whole of a segment, at a latitude.
    fn speed(&self, a: Xy, b: Xy, latitude: f64) -> (f64, f64) {
        let (sin, cos) = latitude.to_radians().sin_cos();
        let e2 = self.ellipsoid.f * (2.0 - self.ellipsoid.f);
        let root = (1.0 - e2 * sin * sin).sqrt();
        let across_m = self.ellipsoid.a_m / root;
        let along_m = across_m * (1.0 - e2) / (root * root);
        ((b[0] - a[0]).to_radians() * across_m * cos, (b[1] - a[1]).to_radians() * along_m)
    }
}

impl Link {
    fn turned(self) -> Link {
        Link { distance: self.distance, from: self.to, to: self.from }
    }
}

/// Rings with longitudes within ±180°, cut at the antimeridian where they cross it.
pub(super) fn within_one_turn(rings: &[Path]) -> Vec<Path> {
    let jumps = |ring: &Path| ring.xy.windows(2).any(|pair| is_jump(pair[0][0], pair[1][0]));
    let leaves = |ring: &Path| ring.xy.iter().any(|[longitude, _]| longitude.abs() > 180.0);
    if rings.iter().any(|ring| jumps(ring) || leaves(ring)) { cut_polygon(rings) } else { rings.to_vec() }
}

/// A jump of more than 180° goes the other way round; an edge all around the earth, as maps have it, does not.
fn is_jump(from: f64, to: f64) -> bool {
    let step = (to - from).abs();
    step > 180.0 && step < 360.0 - 1e-9
}

/// Makes a segment in degrees continuous across the antimeridian.
pub fn take_short_way(item: &mut [Xy; 2]) {
    if is_jump(item[0][0], item[1][0]) {
        item[1][0] += 360.0 * ((item[0][0] - item[1][0]) / 360.0).round();
    }
}

/// The position in degrees with a longitude within ±180°.
pub fn within_180([longitude, latitude]: Xy) -> Xy {
    if longitude.abs() <= 180.0 {
        [longitude, latitude]
    } else {
        [longitude - 360.0 * (longitude / 360.0).round(), latitude]
    }
}

/// Segments in pieces that are short enough to have one nearest place each, as far as there is room for so many.
pub(super) fn cut(items: Vec<[Xy; 2]>, room: usize) -> Vec<[Xy; 2]> {
    if items.iter().all(|item| count_of(*item) <= 1.0) {
        return items;
    }
    let most = (room / items.len()).clamp(1, MOST_PIECES) as f64;
    let mut pieces = Vec::with_capacity(items.len());
    items.into_iter().for_each(|item| cut_into(item, most, &mut pieces));
    pieces
}

/// How many pieces of a segment have one nearest place each.
fn count_of([a, b]: [Xy; 2]) -> f64 {
    ((b[0] - a[0]).abs().max((b[1] - a[1]).abs()) / PIECE_DEG).ceil()
}

fn cut_into([a, b]: [Xy; 2], most: f64, pieces: &mut Vec<[Xy; 2]>) {
    let count = count_of([a, b]).clamp(1.0, most);
    let mut start = a;
    for piece in 1..count as usize {
        let end = along(a, b, piece as f64 / count);
        pieces.push([start, end]);
        start = end;
    }
    pieces.push([start, b]);
}

fn along(a: Xy, b: Xy, t: f64) -> Xy {
    [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}

fn nearest_of(links: &[Link]) -> Link {
    let mut best = links[0];
    for link in &links[1..] {
        if link.distance < best.distance {
            best = *link;
        }
    }
    best
}
