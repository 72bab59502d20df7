//! Where points cut lines: the places of a line nearest to the points around it.

use crate::along::{Ruler, Stop, straight};
use crate::distance::{Reach, reach, warn_without_reference};
use crate::reference::crs_of;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, LinearUnit, Path, Point, Xy};
use gp_geometry::{
    BoxIndex, EdgeGauge, NearQuery, NearestIndex, distance_to_segment, nearest_share, segment_box,
    take_short_way, within_180,
};
use std::borrow::Cow;

/// Points, ready to be searched.
pub(super) struct Search {
    points: Vec<Xy>,
    index: BoxIndex,
    /// For coordinates that are angles and distances on the ellipsoid.
    degrees: Option<Degrees>,
    /// How far points may lie from a line, in metres or in the plane; without it only the nearest counts.
    radius: Option<f64>,
    /// For the nearest point on the ellipsoid.
    nearest: Option<NearestIndex>,
}

struct Degrees {
    gauge: EdgeGauge,
    per_unit: f64,
}

impl Degrees {
    fn of(&self, xy: Xy) -> Xy {
        xy.map(|angle| angle * self.per_unit)
    }

    fn back(&self, xy: Xy) -> Xy {
        xy.map(|angle| angle / self.per_unit)
    }
}

/// A place on one of several paths.
struct Place {
    distance: f64,
    path: usize,
    segment: usize,
    share: f64,
    xy: Xy,
}

/// Metres a degree of latitude, at the least: boxes made with it are large enough everywhere.
const LEAST_METERS_PER_DEGREE: f64 = 110_000.0;
/// Two searches for one nearest place find it this near to each other, far more than they differ by.
const SEARCH_SLACK_M: f64 = 1e-3;

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
        let index = BoxIndex::of_points(&positions);
        let Ruler::Geodesic { geodesy, degrees_per_unit } = ruler else {
            return Ok(Search { points: positions, index, degrees: None, radius, nearest: None });
        };
        let ellipsoid = geodesy.ellipsoid();
        let degrees = Degrees { gauge: EdgeGauge::new(ellipsoid), per_unit: degrees_per_unit };
        let nearest = radius.is_none().then(|| {
            let point = |xy: &Xy| Geometry::Point(Point::from_xy(degrees.of(*xy)));
            NearestIndex::geodesic(positions.iter().map(|xy| Some(Cow::Owned(point(xy)))), ellipsoid)
        });
        Ok(Search { points: positions, index, degrees: Some(degrees), radius, nearest })
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
        let line = Line::new(paths, self.degrees.as_ref());
        let places = match (self.radius, &self.nearest) {
            (Some(radius), _) => self.places_within(&line, radius, context)?,
            (None, None) => self.nearest_in_plane(&line, context)?.into_iter().collect(),
            (None, Some(nearest)) => self.nearest_on_ellipsoid(&line, nearest).into_iter().collect(),
        };
        let stop = |place: &Place| {
            let path = &paths[place.path];
            let xy = self.within_turn(place.xy, [path.xy[place.segment], path.xy[place.segment + 1]]);
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
        let near = self.boxes(&segment_box(point, point), radius);
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
                best = Some(Place { distance, path, segment, share, xy: straight(ends[0], ends[1], share) });
            }
        }
        best
    }

    fn nearest_in_plane(&self, line: &Line, context: &RunContext) -> Result<Option<Place>, ToolError> {
        let mut best: Option<Place> = None;
        for (path, segment, [from, to]) in &line.segments {
            context.check()?;
            let limit = best.as_ref().map_or(f64::INFINITY, |best| best.distance);
            let distance = |point: usize| distance_to_segment(self.points[point], *from, *to);
            let Some((point, distance)) = self.index.nearest(&segment_box(*from, *to), limit, distance)
            else {
                continue;
            };
            if distance < limit {
                let share = nearest_share(self.points[point], *from, *to);
                let xy = straight(*from, *to, share);
                best = Some(Place { distance, path: *path, segment: *segment, share, xy });
            }
        }
        Ok(best)
    }

    /// The place of the line nearest to the nearest of all points.
    fn nearest_on_ellipsoid(&self, line: &Line, nearest: &NearestIndex) -> Option<Place> {
        let degrees = self.degrees.as_ref()?;
        let edge =
            |(_, _, ends): &(usize, usize, [Xy; 2])| Path::from_xy(ends.map(|end| degrees.of(end)).to_vec());
        let edges = Geometry::Polyline(line.segments.iter().map(edge).collect());
        let query = NearQuery { count: 1, limit: f64::INFINITY, except: Vec::new() };
        let near = nearest.nearest(&edges, &query).into_iter().next()?;
        self.place_nearest_to(self.points[near.feature], line, near.distance + SEARCH_SLACK_M)
    }

    /// A place on a segment that crosses the antimeridian may lie beyond it; the ends of the segment, if both keep within,
    /// say where it has to lie.
    fn within_turn(&self, xy: Xy, ends: [Xy; 2]) -> Xy {
        match &self.degrees {
            Some(degrees) if ends.iter().all(|end| degrees.of(*end)[0].abs() <= 180.0) => {
                degrees.back(within_180(degrees.of(xy)))
            }
            _ => xy,
        }
    }

    /// The distance from a point to an edge, and how far along the edge its nearest place lies.
    fn measure(&self, point: Xy, [from, to]: [Xy; 2]) -> (f64, f64) {
        match &self.degrees {
            Some(degrees) => degrees.gauge.nearest(degrees.of(point), [degrees.of(from), degrees.of(to)]),
            None => (distance_to_segment(point, from, to), nearest_share(point, from, to)),
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
        let Some(Degrees { per_unit, .. }) = &self.degrees else {
            return vec![padded(radius, radius, 0.0)];
        };
        let degrees = radius / LEAST_METERS_PER_DEGREE;
        let highest = (of.ymin.abs().max(of.ymax.abs()) * per_unit + degrees).min(90.0);
        let shrink = highest.to_radians().cos();
        let sideways = if shrink * 180.0 <= degrees { 360.0 } else { degrees / shrink };
        let (x, y, turn) = (sideways / per_unit, degrees / per_unit, 360.0 / per_unit);
        [-turn, 0.0, turn].map(|turn| padded(x, y, turn)).to_vec()
    }
}

/// The segments of one feature: number of the path, number in it, ends; in degrees the short way across the antimeridian.
struct Line {
    segments: Vec<(usize, usize, [Xy; 2])>,
    index: BoxIndex,
}

impl Line {
    fn new(paths: &[Path], degrees: Option<&Degrees>) -> Line {
        let mut segments = Vec::new();
        for (path, positions) in paths.iter().enumerate() {
            for (segment, pair) in positions.xy.windows(2).enumerate() {
                let mut ends = [pair[0], pair[1]];
                if let Some(degrees) = degrees {
                    let mut in_degrees = ends.map(|end| degrees.of(end));
                    take_short_way(&mut in_degrees);
                    ends = in_degrees.map(|end| degrees.back(end));
                }
                segments.push((path, segment, ends));
            }
        }
        let index = BoxIndex::of_segments(segments.iter().map(|(_, _, ends)| ends));
        Line { segments, index }
    }
}
