//! How Spatial Join finds its matches: a tree of boxes for candidates, then exact relations or distances.

use super::SpatialJoinInputs;
use crate::distance::{Reach, reach, warn_without_reference};
use crate::each::{Lists, each_list};
use crate::matching::{MatchOption, center};
use crate::reference::{crs_of, in_degrees, is_in_degrees};
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Feature, FeatureSet, Geometry, GeometryType, Path, Xy};
use gp_geometry::{
    BoxIndex, Geodesy, LocalPlane, Location, PointIndex, PolygonLayer, Shape, WGS84_ELLIPSOID, distance,
    geocentric,
};
use std::sync::OnceLock;

/// The join features, ready to be searched.
pub(super) struct Search<'a> {
    target: &'a FeatureSet,
    join: &'a FeatureSet,
    option: MatchOption,
    measure: &'a Measure,
    context: &'a RunContext,
    way: Way<'a>,
}

/// How matches are found: points have shorter ways than other geometries.
enum Way<'a> {
    /// Any geometries: boxes, then shapes.
    Shapes { index: BoxIndex, shapes: Vec<OnceLock<Shape>> },
    /// Target points in join polygons.
    InPolygons(PolygonLayer<'a>),
    /// Target polygons around join points: the other way round.
    AroundPoints,
    /// The nearest of points, in the plane.
    NearestPoint(PointIndex<2>),
    /// The nearest of points, or those near by, on the ellipsoid: straight through the earth first.
    OnEllipsoid(PointIndex<3>),
}

/// How distances are measured, and how far to look.
pub(super) enum Measure {
    /// In the units of the coordinates.
    Planar {
        /// How far to look.
        reach: f64,
    },
    /// In metres on the ellipsoid.
    Geodesic {
        /// How far to look.
        reach_m: f64,
        /// The ellipsoid.
        geodesy: Box<Geodesy>,
        /// Targets and join features in degrees, where they did not come in degrees.
        in_degrees: Option<Box<(FeatureSet, FeatureSet)>>,
    },
}

/// Half the way around the earth: nothing is further.
const FURTHEST_M: f64 = 20_040_000.0;
/// Where the search for the closest feature on the ellipsoid begins; it doubles until something is found.
const FIRST_RADIUS_M: f64 = 1_000.0;
/// Metres a degree of latitude, at the least: boxes made with it are large enough everywhere.
const LEAST_METERS_PER_DEGREE: f64 = 110_000.0;

impl<'a> Search<'a> {
    /// Makes the join features ready.
    pub(super) fn new(
        inputs: &'a SpatialJoinInputs,
        measure: &'a Measure,
        context: &'a RunContext,
    ) -> Search<'a> {
        let (target, join) = match measure {
            Measure::Geodesic { in_degrees: Some(sets), .. } => (&sets.0, &sets.1),
            _ => (&inputs.target_features, &inputs.join_features),
        };
        let option = inputs.match_option;
        Search { target, join, option, measure, context, way: Way::new(target, join, option, measure) }
    }

    /// The join features that match each target, in order.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn matches(&self) -> Result<Lists, ToolError> {
        let count = self.target.features.len();
        if let Way::AroundPoints = self.way {
            return self.around_points();
        }
        each_list(self.context, count, "Joining", |row, found| match &self.target.features[row].geometry {
            Some(geometry) => self.add_matches(geometry, found),
            None => Ok(()),
        })
    }

    fn add_matches(&self, geometry: &Geometry, found: &mut Vec<u32>) -> Result<(), ToolError> {
        match (&self.way, geometry, self.measure) {
            (Way::InPolygons(layer), Geometry::Point(point), _) => {
                let of = |location| self.option.matches_at(location, true) == Some(true);
                found.extend(
                    layer.at(point.xy).filter(|(_, location)| of(*location)).map(|(other, _)| other as u32),
                );
                Ok(())
            }
            (Way::NearestPoint(index), Geometry::Point(point), Measure::Planar { reach }) => {
                found.extend(index.nearest(point.xy, *reach).map(|(other, _)| other as u32));
                Ok(())
            }
            (Way::OnEllipsoid(index), Geometry::Point(point), Measure::Geodesic { reach_m, geodesy, .. }) => {
                self.add_on_ellipsoid(index, point.xy, *reach_m, geodesy, found);
                Ok(())
            }
            (_, _, Measure::Geodesic { reach_m, geodesy, .. }) => {
                found.extend(
                    self.geodesic_matches(geometry, *reach_m, geodesy)?.iter().map(|other| *other as u32),
                );
                Ok(())
            }
            (_, _, Measure::Planar { reach }) if self.option.is_closest() => {
                found.extend(self.closest(geometry, *reach).map(|other| other as u32));
                Ok(())
            }
            (_, _, Measure::Planar { reach }) => {
                let target = Shape::new(geometry);
                let around = if self.option.is_by_distance() { *reach } else { 0.0 };
                for other in self.boxes_at(&padded(&geometry.envelope(), around, around)) {
                    self.context.check()?;
                    let Some(shape) = self.shape(other) else { continue };
                    if self.option.matches(&target, shape, geometry, *reach) {
                        found.push(other as u32);
                    }
                }
                Ok(())
            }
        }
    }

    /// Looks for the target polygons around each join point.
    fn around_points(&self) -> Result<Lists, ToolError> {
        let layer = PolygonLayer::new(self.target.features.iter().map(rings_of).collect());
        let around = each_list(self.context, self.join.features.len(), "Joining", |other, found| {
            if let Some(Geometry::Point(point)) = &self.join.features[other].geometry {
                let of = |location| self.option.matches_at(location, false) == Some(true);
                let targets = layer.at(point.xy).filter(|(_, location)| of(*location));
                found.extend(targets.map(|(row, _)| row as u32));
            }
            Ok(())
        })?;
        let mut pairs = Vec::new();
        for (other, targets) in around.iter().enumerate() {
            pairs.extend(targets.iter().map(|row| (*row, other as u32)));
        }
        Ok(Lists::from_pairs(self.target.features.len(), &pairs))
    }

    /// Points near by on the ellipsoid. A geodesic is never shorter than the straight line: what is farther than the
    /// nearest found so far along a straight line is farther along a geodesic too.
    fn add_on_ellipsoid(
        &self,
        index: &PointIndex<3>,
        xy: Xy,
        reach_m: f64,
        geodesy: &Geodesy,
        found: &mut Vec<u32>,
    ) {
        let to = geocentric(xy, geodesy.ellipsoid());
        let distance_m = |other: usize| match &self.join.features[other].geometry {
            Some(Geometry::Point(point)) => geodesy.distance_m(xy, point.xy),
            _ => f64::NAN,
        };
        if !self.option.is_closest() {
            let near = index.within(to, reach_m).into_iter();
            found.extend(
                near.filter(|(other, _)| distance_m(*other) <= reach_m).map(|(other, _)| other as u32),
            );
            return;
        }
        let Some((first, _)) = index.nearest(to, reach_m) else { return };
        let candidates = index.within(to, distance_m(first).min(reach_m)).into_iter();
        let measured = candidates.map(|(other, _)| (distance_m(other), other));
        let nearest = measured.filter(|(distance_m, _)| *distance_m <= reach_m);
        let nearest = nearest.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.extend(nearest.map(|(_, other)| other as u32));
    }

    fn boxes_at(&self, envelope: &Envelope) -> impl Iterator<Item = usize> + use<> {
        let index = match &self.way {
            Way::Shapes { index, .. } => Some(index.query(envelope)),
            _ => None,
        };
        index.into_iter().flatten()
    }

    fn shape(&self, other: usize) -> Option<&Shape> {
        let Way::Shapes { shapes, .. } = &self.way else { return None };
        let geometry = self.join.features[other].geometry.as_ref()?;
        Some(shapes[other].get_or_init(|| Shape::new(geometry)))
    }

    /// The nearest join feature in the plane; the first of several equally near.
    fn closest(&self, geometry: &Geometry, reach: f64) -> Option<usize> {
        let Way::Shapes { index, .. } = &self.way else { return None };
        let target = Shape::new(geometry);
        let of = |other: usize| self.shape(other).map_or(f64::INFINITY, |shape| distance(&target, shape));
        let nearest = index.nearest(&geometry.envelope(), reach, of);
        nearest.filter(|(_, distance)| distance.is_finite()).map(|(other, _)| other)
    }

    fn geodesic_matches(
        &self,
        geometry: &Geometry,
        reach_m: f64,
        geodesy: &Geodesy,
    ) -> Result<Vec<usize>, ToolError> {
        let Some(middle) = center(geometry) else { return Ok(Vec::new()) };
        let plane = LocalPlane::new(geodesy, middle);
        let target = Shape::new(&plane.flatten(geometry));
        let mut radius_m = if self.option.is_closest() { FIRST_RADIUS_M.min(reach_m) } else { reach_m };
        loop {
            let mut found: Vec<(f64, usize)> = Vec::new();
            for other in self.candidates(&geometry.envelope(), radius_m) {
                self.context.check()?;
                let Some(join) = &self.join.features[other].geometry else { continue };
                let distance_m = distance(&target, &Shape::new(&plane.flatten(join)));
                if distance_m <= radius_m {
                    found.push((distance_m, other));
                }
            }
            if !self.option.is_closest() {
                return Ok(found.into_iter().map(|(_, other)| other).collect());
            }
            let nearest = found.into_iter().min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            if nearest.is_some() || radius_m >= reach_m {
                return Ok(nearest.map(|(_, other)| other).into_iter().collect());
            }
            radius_m = (radius_m * 2.0).min(reach_m);
        }
    }

    /// Join features whose boxes in degrees may lie within the radius, across the antimeridian too, in order.
    fn candidates(&self, envelope: &Envelope, radius_m: f64) -> Vec<usize> {
        let degrees = radius_m / LEAST_METERS_PER_DEGREE;
        let highest = (envelope.ymin.abs().max(envelope.ymax.abs()) + degrees).min(90.0);
        let shrink = highest.to_radians().cos();
        let sideways = if shrink * 180.0 <= degrees { 360.0 } else { degrees / shrink };
        let around = padded(envelope, sideways, degrees);
        let mut found: Vec<usize> = [-360.0, 0.0, 360.0]
            .into_iter()
            .flat_map(|turn| {
                self.boxes_at(&Envelope { xmin: around.xmin + turn, xmax: around.xmax + turn, ..around })
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl<'a> Way<'a> {
    fn new(target: &'a FeatureSet, join: &'a FeatureSet, option: MatchOption, measure: &Measure) -> Way<'a> {
        let is_of = |set: &FeatureSet, geometry_type| set.geometry_type == Some(geometry_type);
        let (target_is_points, join_is_points) =
            (is_of(target, GeometryType::Point), is_of(join, GeometryType::Point));
        let has_way = |target_is_point| option.matches_at(Location::Inside, target_is_point).is_some();
        let positions = || join.features.iter().map(position);
        match measure {
            Measure::Planar { .. } if option.is_closest() && target_is_points && join_is_points => {
                return Way::NearestPoint(PointIndex::new(&positions().collect::<Vec<Xy>>()));
            }
            Measure::Geodesic { geodesy, .. } if target_is_points && join_is_points => {
                let through = |xy: Xy| geocentric(xy, geodesy.ellipsoid());
                return Way::OnEllipsoid(PointIndex::new(&positions().map(through).collect::<Vec<_>>()));
            }
            Measure::Planar { .. }
                if target_is_points && is_of(join, GeometryType::Polygon) && has_way(true) =>
            {
                return Way::InPolygons(PolygonLayer::new(join.features.iter().map(rings_of).collect()));
            }
            Measure::Planar { .. }
                if join_is_points && is_of(target, GeometryType::Polygon) && has_way(false) =>
            {
                return Way::AroundPoints;
            }
            _ => {}
        }
        let of = |feature: &Feature| feature.geometry.as_ref().map_or(Envelope::EMPTY, Geometry::envelope);
        Way::Shapes {
            index: BoxIndex::new(join.features.iter().map(of).collect()),
            shapes: join.features.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}

/// The rings of a polygon feature; none without geometry.
fn rings_of(feature: &Feature) -> &[Path] {
    match &feature.geometry {
        Some(Geometry::Polygon(rings)) => rings,
        _ => &[],
    }
}

/// The position of a point feature; not a number without geometry.
fn position(feature: &Feature) -> Xy {
    match &feature.geometry {
        Some(Geometry::Point(point)) => point.xy,
        _ => [f64::NAN; 2],
    }
}

impl Measure {
    /// # Errors
    /// A distance is missing or has no meaning here, or features cannot be brought to degrees.
    pub(super) fn new(inputs: &SpatialJoinInputs, context: &RunContext) -> Result<Measure, ToolError> {
        let option = inputs.match_option;
        if !option.is_by_distance() {
            return Ok(Measure::Planar { reach: 0.0 });
        }
        if inputs.search_radius.is_none() && !option.is_closest() {
            return Err(ToolError::invalid("Search_Radius", "a distance is required for this relation"));
        }
        let crs = crs_of(&inputs.target_features, "Target_Features")?;
        let radius = inputs.search_radius;
        warn_without_reference(crs.as_ref(), radius.as_slice(), "Search_Radius", context);
        let reach = radius.map(|radius| reach(radius, crs.as_ref(), "Search_Radius")).transpose()?;
        let Some(crs) = crs else {
            if option.is_geodesic() {
                let reason = "the geodesic relations need features with a spatial reference";
                return Err(ToolError::invalid("Match_Option", reason));
            }
            return Ok(Measure::planar(reach));
        };
        let reach = if option.is_geodesic() { reach.map(|reach| reach.on_ellipsoid(&crs)) } else { reach };
        let reach_m = match reach {
            Some(Reach::Geodesic(reach_m)) => reach_m,
            None if option.is_geodesic() || crs.is_geographic() => FURTHEST_M,
            planar => return Ok(Measure::planar(planar)),
        };
        if is_in_degrees(&crs) {
            return Ok(Measure::Geodesic {
                reach_m,
                geodesy: Box::new(Geodesy::new(crs.ellipsoid())),
                in_degrees: None,
            });
        }
        let target = in_degrees(&inputs.target_features, "Target_Features", context)?;
        let join = if inputs.join_features.spatial_reference.is_some() {
            in_degrees(&inputs.join_features, "Join_Features", context)?
        } else {
            // Taken to have the reference of the target; see `match_reference`.
            let spatial_reference = inputs.target_features.spatial_reference.clone();
            let join = FeatureSet { spatial_reference, ..inputs.join_features.clone() };
            in_degrees(&join, "Join_Features", context)?
        };
        let in_degrees = Some(Box::new((target, join)));
        Ok(Measure::Geodesic { reach_m, geodesy: Box::new(Geodesy::new(WGS84_ELLIPSOID)), in_degrees })
    }

    fn planar(reach: Option<Reach>) -> Measure {
        match reach {
            Some(Reach::Planar(reach) | Reach::Geodesic(reach)) => Measure::Planar { reach },
            None => Measure::Planar { reach: f64::INFINITY },
        }
    }
}

fn padded(envelope: &Envelope, x: f64, y: f64) -> Envelope {
    Envelope {
        xmin: envelope.xmin - x,
        ymin: envelope.ymin - y,
        xmax: envelope.xmax + x,
        ymax: envelope.ymax + y,
    }
}
