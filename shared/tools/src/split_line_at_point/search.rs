//! Where points cut lines: the places of a line nearest to the points around it.

use crate::along::{Ruler, Stop, straight};
use crate::distance::{FURTHEST_M, Reach, reach, warn_without_reference};
use crate::reference::crs_of;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, LinearUnit, Path, Xy};
use gp_geometry::{BoxIndex, Geodesy, distance_to_segment, nearest_share};

/// Points, ready to be searched.
pub(super) struct Search {
    points: Vec<Xy>,
    index: BoxIndex,
    ruler: Ruler,
    /// How far points may lie from a line, in units of the ruler; without it only the nearest counts.
    radius: Option<f64>,
}

/// A place on one of several paths.
struct Place {
    distance: f64,
    path: usize,
    segment: usize,
    share: f64,
}

/// Where the search for the nearest point on the ellipsoid begins; it doubles until something is found.
const FIRST_RADIUS_M: f64 = 1_000.0;
/// Metres a degree of latitude, at the least: boxes made with it are large enough everywhere.
const LEAST_METERS_PER_DEGREE: f64 = 110_000.0;
/// Most rounds in which the nearest place on an edge in degrees is narrowed down; ten are common.
const MOST_ROUNDS: usize = 60;
/// The cosine of what counts as a right angle: a thousandth of a millimetre sideways at a kilometre.
const RIGHT_ANGLE: f64 = 1e-9;
/// The share of an edge over which its direction is taken: short enough to be straight, long enough for the digits.
const TANGENT_SHARE: f64 = 1e-5;

impl Search {
    /// Makes the points ready.
    ///
    /// # Errors
    /// The radius is below 0 or has no meaning for the spatial reference.
    pub(super) fn new(
        lines: &FeatureSet,
        points: &FeatureSet,
        radius: Option<LinearUnit>,
        context: &RunContext,
    ) -> Result<Search, ToolError> {
        let crs = crs_of(lines, "Input_Features")?;
        warn_without_reference(crs.as_ref(), radius.as_slice(), "Search_Radius", context);
        let reach = radius.map(|radius| reach(radius, crs.as_ref(), "Search_Radius")).transpose()?;
        let ruler =
            reach.map_or_else(|| Ruler::natural(crs.as_ref()), |reach| Ruler::of(reach, crs.as_ref()));
        let radius = reach.map(|(Reach::Planar(radius) | Reach::Geodesic(radius))| radius);
        if radius.is_some_and(|radius| radius.is_nan() || radius < 0.0) {
            return Err(ToolError::invalid("Search_Radius", "the radius must not be below 0"));
        }
        let mut positions = Vec::new();
        for geometry in points.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
            match geometry {
                Geometry::Point(point) => positions.push(point.xy),
                Geometry::Multipoint(several) => positions.extend_from_slice(&several.xy),
                Geometry::Polyline(_) | Geometry::Polygon(_) => {}
            }
        }
        let index = BoxIndex::new(positions.iter().map(|xy| around(*xy, 0.0, 0.0)).collect());
        Ok(Search { points: positions, index, ruler, radius })
    }

    /// Where a line is cut: the number of the path with the place on it.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn stops(
        &self,
        paths: &[Path],
        context: &RunContext,
    ) -> Result<Vec<(usize, Stop)>, ToolError> {
        let line = Line::new(paths);
        let places = match (self.radius, &self.ruler) {
            (Some(radius), _) => self.places_within(&line, radius, context)?,
            (None, Ruler::Planar) => self.nearest_in_plane(&line).into_iter().collect(),
            (None, Ruler::Geodesic { .. }) => {
                self.nearest_on_ellipsoid(&line, context)?.into_iter().collect()
            }
        };
        let stop = |place: &Place| {
            let path = &paths[place.path];
            let xy = straight(path.xy[place.segment], path.xy[place.segment + 1], place.share);
            (place.path, Stop::new(path, place.segment, place.share, xy))
        };
        Ok(places.iter().map(stop).collect())
    }

    /// For each point within the radius the place nearest to it.
    fn places_within(&self, line: &Line, radius: f64, context: &RunContext) -> Result<Vec<Place>, ToolError> {
        let mut places = Vec::new();
        let mut candidates: Vec<usize> = self
            .boxes(&line.index.envelope(), radius)
            .iter()
            .flat_map(|near| self.index.query(near))
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        for point in candidates {
            context.check()?;
            places.extend(self.place_nearest_to(self.points[point], line, radius));
        }
        Ok(places)
    }

    /// The place of the line nearest to a point, within the radius; the first of several equally near.
    fn place_nearest_to(&self, point: Xy, line: &Line, radius: f64) -> Option<Place> {
        let near = self.boxes(&around(point, 0.0, 0.0), radius);
        let mut segments: Vec<usize> = near.iter().flat_map(|near| line.index.query(near)).collect();
        segments.sort_unstable();
        segments.dedup();
        let mut best: Option<Place> = None;
        for number in segments {
            let (path, segment, ends) = line.segments[number];
            let (distance, share) = self.measure(point, ends);
            if distance <= best.as_ref().map_or(radius, |best| best.distance)
                && best.as_ref().is_none_or(|best| distance < best.distance)
            {
                best = Some(Place { distance, path, segment, share });
            }
        }
        best
    }

    fn nearest_in_plane(&self, line: &Line) -> Option<Place> {
        let mut best: Option<Place> = None;
        for (path, segment, [from, to]) in &line.segments {
            let limit = best.as_ref().map_or(f64::INFINITY, |best| best.distance);
            let distance = |point: usize| distance_to_segment(self.points[point], *from, *to);
            let Some((point, distance)) = self.index.nearest(&segment_box([*from, *to]), limit, distance)
            else {
                continue;
            };
            if distance < limit {
                let share = nearest_share(self.points[point], *from, *to);
                best = Some(Place { distance, path: *path, segment: *segment, share });
            }
        }
        best
    }

    fn nearest_on_ellipsoid(&self, line: &Line, context: &RunContext) -> Result<Option<Place>, ToolError> {
        let mut radius_m = FIRST_RADIUS_M;
        loop {
            let places = self.places_within(line, radius_m, context)?;
            let nearest = places.into_iter().min_by(|a, b| a.distance.total_cmp(&b.distance));
            if nearest.is_some() || radius_m >= FURTHEST_M {
                return Ok(nearest);
            }
            radius_m = (radius_m * 2.0).min(FURTHEST_M);
        }
    }

    /// The distance from a point to an edge, and how far along the edge its nearest place lies.
    fn measure(&self, point: Xy, [from, to]: [Xy; 2]) -> (f64, f64) {
        match &self.ruler {
            Ruler::Planar => (distance_to_segment(point, from, to), nearest_share(point, from, to)),
            Ruler::Geodesic { geodesy, degrees_per_unit } => {
                let scaled = |xy: Xy| xy.map(|angle| angle * degrees_per_unit);
                on_ellipsoid(geodesy, scaled(point), scaled(from), scaled(to))
            }
        }
    }

    /// Boxes that hold all that may lie within the radius of a box, on both sides of the antimeridian.
    fn boxes(&self, of: &Envelope, radius: f64) -> Vec<Envelope> {
        let padded = |x: f64, y: f64, turn: f64| Envelope {
            xmin: of.xmin - x + turn,
            ymin: of.ymin - y,
            xmax: of.xmax + x + turn,
            ymax: of.ymax + y,
        };
        let Ruler::Geodesic { degrees_per_unit, .. } = &self.ruler else {
            return vec![padded(radius, radius, 0.0)];
        };
        let degrees = radius / LEAST_METERS_PER_DEGREE;
        let highest = (of.ymin.abs().max(of.ymax.abs()) * degrees_per_unit + degrees).min(90.0);
        let shrink = highest.to_radians().cos();
        let sideways = if shrink * 180.0 <= degrees { 360.0 } else { degrees / shrink };
        let (x, y, turn) =
            (sideways / degrees_per_unit, degrees / degrees_per_unit, 360.0 / degrees_per_unit);
        [-turn, 0.0, turn].map(|turn| padded(x, y, turn)).to_vec()
    }
}

/// The segments of one feature: number of the path, number in it, ends.
struct Line {
    segments: Vec<(usize, usize, [Xy; 2])>,
    index: BoxIndex,
}

impl Line {
    fn new(paths: &[Path]) -> Line {
        let mut segments = Vec::new();
        for (path, positions) in paths.iter().enumerate() {
            for (segment, pair) in positions.xy.windows(2).enumerate() {
                segments.push((path, segment, [pair[0], pair[1]]));
            }
        }
        let index = BoxIndex::new(segments.iter().map(|(_, _, ends)| segment_box(*ends)).collect());
        Line { segments, index }
    }
}

/// The distance in metres from a point to an edge that is straight in degrees, and the share at which it is nearest:
/// at an end, or where the way to the point leaves the edge at a right angle, found by regula falsi (the Illinois
/// variant).
fn on_ellipsoid(geodesy: &Geodesy, point: Xy, from: Xy, to: Xy) -> (f64, f64) {
    // How fast the point comes nearer on the way along the edge.
    let approach = |share: f64| {
        let (before, after) = ((share - TANGENT_SHARE).max(0.0), (share + TANGENT_SHARE).min(1.0));
        let tangent = geodesy.inverse(straight(from, to, before), straight(from, to, after));
        let turn = (tangent.azimuth_end_deg - tangent.azimuth_start_deg).to_radians();
        let heading = tangent.azimuth_start_deg.to_radians() + turn.sin() / 2.0;
        (geodesy.inverse(straight(from, to, share), point).azimuth_start_deg.to_radians() - heading).cos()
    };
    let (mut low, mut high) = ((0.0, approach(0.0)), (1.0, approach(1.0)));
    let mut share = 0.0;
    if low.1 > 0.0 && high.1 < 0.0 {
        for _ in 0..MOST_ROUNDS {
            share = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
            let at = approach(share);
            if at.abs() < RIGHT_ANGLE {
                break;
            }
            if at > 0.0 {
                (low, high) = ((share, at), (high.0, high.1 / 2.0));
            } else {
                (low, high) = ((low.0, low.1 / 2.0), (share, at));
            }
        }
    }
    let distance_at = |share: f64| (geodesy.distance_m(point, straight(from, to, share)), share);
    let places = [distance_at(share), distance_at(0.0), distance_at(1.0)];
    places.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::NAN, 0.0))
}

fn around([x, y]: Xy, dx: f64, dy: f64) -> Envelope {
    Envelope { xmin: x - dx, ymin: y - dy, xmax: x + dx, ymax: y + dy }
}

fn segment_box([from, to]: [Xy; 2]) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    envelope.include(from);
    envelope.include(to);
    envelope
}
