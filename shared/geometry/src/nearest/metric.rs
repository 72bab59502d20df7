//! What differs between the plane and the ellipsoid, and the pieces that geometries are searched in.

use super::geodesic::{self, Globe};
use super::tree::Cuboid;
use super::{Link, planar};
use crate::relate::segment::{same, segment_box};
use gp_esri::{Geometry, Path, Xy};

/// How distances are measured.
pub(super) enum Metric {
    Planar,
    Geodesic(Box<Globe>),
}

/// The segments of a geometry, one position of each part, and its rings if it is a polygon.
#[derive(Default)]
pub(super) struct Pieces {
    pub(super) items: Vec<[Xy; 2]>,
    pub(super) starts: Vec<Xy>,
    pub(super) rings: Vec<Path>,
}

/// Sums of squares lose digits; boxes are taken to be nearer by this share of the distance.
const BOX_RATIO: f64 = 1e-9;

impl Metric {
    /// The segments and more; `room` is for how many of them long ones may be cut.
    pub(super) fn pieces(&self, geometry: &Geometry, room: usize) -> Pieces {
        let mut pieces = Pieces::default();
        match geometry {
            Geometry::Point(point) => pieces.add_points(&[point.xy]),
            Geometry::Multipoint(points) => pieces.add_points(&points.xy),
            Geometry::Polyline(paths) => pieces.add_paths(paths),
            Geometry::Polygon(rings) => match self {
                Metric::Planar => pieces.rings = rings.clone(),
                // Its cuts at the antimeridian lie inside, where the distance is zero whatever they are.
                Metric::Geodesic(_) => pieces.rings = geodesic::within_one_turn(rings),
            },
        }
        if !pieces.rings.is_empty() {
            let rings = std::mem::take(&mut pieces.rings);
            pieces.add_paths(&rings);
            pieces.rings = rings;
        }
        if let Metric::Geodesic(_) = self {
            pieces.items.retain(|item| item.iter().all(|[_, latitude]| latitude.abs() <= 90.0));
            pieces.items.iter_mut().for_each(geodesic::take_short_way);
            pieces.items = geodesic::cut(pieces.items, room);
            pieces.starts.iter_mut().for_each(|start| *start = geodesic::within_180(*start));
        }
        pieces
    }

    /// The same position, where longitudes have turned round.
    pub(super) fn turns(&self, [x, y]: Xy) -> impl Iterator<Item = Xy> + use<> {
        let turns: &[f64] = match self {
            Metric::Planar => &[0.0],
            Metric::Geodesic(_) => &[0.0, -360.0, 360.0],
        };
        turns.iter().map(move |turn| [x + turn, y])
    }

    /// A box that holds an item.
    pub(super) fn item_box(&self, [a, b]: [Xy; 2]) -> Cuboid {
        match self {
            Metric::Planar => {
                let flat = segment_box(a, b);
                Cuboid { low: [flat.xmin, flat.ymin, 0.0], high: [flat.xmax, flat.ymax, 0.0] }
            }
            Metric::Geodesic(globe) => globe.item_box([a, b]),
        }
    }

    /// The shortest connection; where it is longer than `limit` any longer one will do.
    pub(super) fn link(&self, from: [Xy; 2], to: [Xy; 2], limit: f64) -> Link {
        match self {
            Metric::Planar => planar::link(from, to),
            Metric::Geodesic(globe) => globe.link(from, to, limit),
        }
    }

    /// How far boxes must be looked at so that nothing within `limit` is missed: they are rounded.
    pub(super) fn widened(&self, limit: f64) -> f64 {
        let noise = match self {
            Metric::Planar => 0.0,
            Metric::Geodesic(_) => geodesic::NOISE_M,
        };
        limit * (1.0 + BOX_RATIO) + noise
    }
}

impl Pieces {
    fn add_points(&mut self, points: &[Xy]) {
        for xy in points.iter().filter(|xy| is_finite(**xy)) {
            self.items.push([*xy, *xy]);
            self.starts.push(*xy);
        }
    }

    fn add_paths(&mut self, paths: &[Path]) {
        for path in paths {
            let before = self.items.len();
            let pairs = path.xy.windows(2).map(|pair| [pair[0], pair[1]]);
            self.items.extend(pairs.filter(|[a, b]| !same(*a, *b) && is_finite(*a) && is_finite(*b)));
            match self.items.get(before) {
                Some(first) => self.starts.push(first[0]),
                // A path of one place is a point.
                None => self.add_points(&path.xy[..path.xy.len().min(1)]),
            }
        }
    }
}

fn is_finite([x, y]: Xy) -> bool {
    x.is_finite() && y.is_finite()
}
