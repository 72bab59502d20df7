//! Where points may be, and random positions there.

use super::random::Random;
use crate::along::{Ruler, straight};
use gp_esri::{Envelope, Geometry, Path, Xy};
use gp_geometry::{BoxLocation, Crs, Location, PreparedPolygon, area, envelope_of};

/// A polygon that fills less of the boxes around it gets smaller boxes.
const LEAST_FILLED: f64 = 0.3;
/// No polygon gets more boxes.
const MOST_BOXES: usize = 20_000;
/// Edges in degrees are weighed in pieces of this length, over which a degree of longitude hardly changes.
const PIECE_DEG: f64 = 1.0;

/// What evenly means: in the plane, or on the earth.
pub(super) struct Ground {
    ruler: Ruler,
}

/// Where the points of one feature may be. Each part has a weight, which is added up.
pub(super) enum Place {
    /// Boxes that cover a polygon.
    Area { boxes: Vec<Envelope>, sums: Vec<f64>, polygon: PreparedPolygon },
    /// The edges of lines.
    Line { edges: Vec<[Xy; 2]>, sums: Vec<f64> },
    /// Single points, those that are left.
    Points { left: Vec<Xy> },
}

impl Ground {
    /// The earth, for features in a geographic reference; else the plane.
    pub(super) fn new(crs: Option<&Crs>) -> Ground {
        Ground { ruler: Ruler::natural(crs) }
    }

    /// A coordinate of y as one that grows evenly with the area of a strip: its sine on the sphere.
    fn even(&self, y: f64) -> f64 {
        match &self.ruler {
            Ruler::Geodesic { degrees_per_unit, .. } => {
                (y * degrees_per_unit).clamp(-90.0, 90.0).to_radians().sin()
            }
            Ruler::Planar => y,
        }
    }

    fn uneven(&self, even: f64) -> f64 {
        match &self.ruler {
            Ruler::Geodesic { degrees_per_unit, .. } => {
                even.clamp(-1.0, 1.0).asin().to_degrees() / degrees_per_unit
            }
            Ruler::Planar => even,
        }
    }

    fn pieces(&self, [from, to]: [Xy; 2]) -> usize {
        let Ruler::Geodesic { degrees_per_unit, .. } = &self.ruler else { return 1 };
        let longest = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()) * degrees_per_unit;
        // A line may be longer than the world only by a mistake.
        (longest / PIECE_DEG).ceil().clamp(1.0, 1000.0) as usize
    }
}

impl Place {
    /// Where points of a feature may be.
    pub(super) fn new(geometry: &Geometry, ground: &Ground) -> Place {
        match geometry {
            Geometry::Polygon(rings) => Place::in_polygon(rings, ground),
            Geometry::Polyline(paths) => {
                let mut edges = Vec::new();
                for edge in paths.iter().flat_map(|path| path.xy.windows(2)) {
                    let count = ground.pieces([edge[0], edge[1]]);
                    let at = |piece: usize| straight(edge[0], edge[1], piece as f64 / count as f64);
                    edges.extend((0..count).map(|piece| [at(piece), at(piece + 1)]));
                }
                let sums = summed(edges.iter().map(|[from, to]| ground.ruler.distance(*from, *to)));
                Place::Line { edges, sums }
            }
            Geometry::Multipoint(points) => Place::Points { left: points.xy.clone() },
            Geometry::Point(point) => Place::Points { left: vec![point.xy] },
        }
    }

    fn in_polygon(rings: &[Path], ground: &Ground) -> Place {
        let polygon = PreparedPolygon::new(rings);
        let boxes = boxes(rings, &polygon);
        let weight =
            |part: &Envelope| (part.xmax - part.xmin) * (ground.even(part.ymax) - ground.even(part.ymin));
        let sums = summed(boxes.iter().map(weight));
        Place::Area { boxes, sums, polygon }
    }

    /// How many points there can be.
    pub(super) fn most_points(&self) -> usize {
        match self {
            Place::Points { left } => left.len(),
            Place::Area { .. } | Place::Line { .. } => usize::MAX,
        }
    }

    /// A random position, or `None` when this one was not in the place.
    pub(super) fn draw(&mut self, ground: &Ground, random: &mut Random) -> Option<Xy> {
        match self {
            Place::Area { boxes, sums, polygon } => {
                let part = boxes.get(chosen(sums, random)?)?;
                let x = random.between(part.xmin, part.xmax);
                let y = ground.uneven(random.between(ground.even(part.ymin), ground.even(part.ymax)));
                (polygon.locate([x, y]) != Location::Outside).then_some([x, y])
            }
            Place::Line { edges, sums } => {
                let [from, to] = edges.get(chosen(sums, random)?)?;
                Some(straight(*from, *to, random.unit()))
            }
            Place::Points { left } => {
                if left.is_empty() {
                    return None;
                }
                let next = random.below(left.len());
                Some(left.swap_remove(next))
            }
        }
    }
}

/// Boxes that cover a polygon: the box around it, or where it fills little of that, smaller ones.
fn boxes(rings: &[Path], polygon: &PreparedPolygon) -> Vec<Envelope> {
    let wanted = area(rings) / LEAST_FILLED;
    let size = |part: &Envelope| (part.xmax - part.xmin) * (part.ymax - part.ymin);
    let (mut inner, mut border) = (Vec::new(), vec![envelope_of(rings)]);
    while border.iter().chain(&inner).map(size).sum::<f64>() > wanted
        && inner.len() + 4 * border.len() < MOST_BOXES
    {
        let parts: Vec<Envelope> = border.iter().flat_map(quarters).collect();
        border.clear();
        for part in parts {
            match polygon.locate_box(&part) {
                BoxLocation::Inside => inner.push(part),
                BoxLocation::Outside => {}
                BoxLocation::Crosses => border.push(part),
            }
        }
        if border.is_empty() {
            break;
        }
    }
    inner.extend(border);
    inner
}

fn quarters(whole: &Envelope) -> [Envelope; 4] {
    let Envelope { xmin, ymin, xmax, ymax } = *whole;
    let (x, y) = (f64::midpoint(xmin, xmax), f64::midpoint(ymin, ymax));
    [
        Envelope { xmin, ymin, xmax: x, ymax: y },
        Envelope { xmin: x, ymin, xmax, ymax: y },
        Envelope { xmin, ymin: y, xmax: x, ymax },
        Envelope { xmin: x, ymin: y, xmax, ymax },
    ]
}

/// The weights added up.
fn summed(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut total = 0.0;
    weights
        .map(|weight| {
            // What has no measure gets no points.
            total += if weight.is_finite() { weight.max(0.0) } else { 0.0 };
            total
        })
        .collect()
}

/// A part chosen by its weight; `None` when all have none.
fn chosen(sums: &[f64], random: &mut Random) -> Option<usize> {
    let total = *sums.last()?;
    if total <= 0.0 {
        return None;
    }
    let mark = random.unit() * total;
    Some(sums.partition_point(|sum| *sum <= mark))
}
