//! How Spatial Join finds its matches: by a way that suits the geometries and the relation.

use super::SpatialJoinInputs;
use super::measure::Measure;
use crate::each::{Lists, each_list};
use crate::limits::Counter;
use crate::matching::MatchOption;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Feature, FeatureSet, Geometry, GeometryType, Path, Xy};
use gp_geometry::{
    BoxIndex, Geodesy, Location, NearQuery, NearestIndex, PointIndex, PolygonLayer, Shape, geocentric,
    rings_of,
};
use std::borrow::Cow;
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
    /// The nearest of any geometries, in the plane or on the ellipsoid, or those near by on the ellipsoid.
    Nearest(Box<NearestIndex>),
}

/// By how much a straight line between two rounded geocentric positions may come out longer than the geodesic: a
/// thousand times the rounding of such a position, 10^-9 m.
const NOISE_M: f64 = 1e-6;

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
    /// The run was stopped, or there are too many.
    pub(super) fn matches(&self, counter: &Counter) -> Result<Lists, ToolError> {
        let count = self.target.features.len();
        if let Way::AroundPoints = self.way {
            return self.around_points(counter);
        }
        each_list(self.context, count, "Joining", |row, found| {
            let before = found.len();
            if let Some(geometry) = &self.target.features[row].geometry {
                self.add_matches(geometry, found)?;
            }
            counter.add(found.len() - before)
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
            (
                Way::Nearest(index),
                _,
                Measure::Planar { reach: limit } | Measure::Geodesic { reach_m: limit, .. },
            ) => {
                let count = if self.option.is_closest() { 1 } else { usize::MAX };
                let near = index.nearest(geometry, &NearQuery { count, limit: *limit, except: Vec::new() });
                let start = found.len();
                found.extend(near.iter().map(|near| near.feature as u32));
                found[start..].sort_unstable();
                Ok(())
            }
            (_, _, Measure::Geodesic { .. }) => Ok(()),
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
    fn around_points(&self, counter: &Counter) -> Result<Lists, ToolError> {
        let layer = PolygonLayer::new(polygons(self.target).collect());
        let around = each_list(self.context, self.join.features.len(), "Joining", |other, found| {
            if let Some(Geometry::Point(point)) = &self.join.features[other].geometry {
                let of = |location| self.option.matches_at(location, false) == Some(true);
                let targets = layer.at(point.xy).filter(|(_, location)| of(*location));
                let before = found.len();
                found.extend(targets.map(|(row, _)| row as u32));
                counter.add(found.len() - before)?;
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
        let widened = |distance_m: f64| distance_m + NOISE_M;
        if !self.option.is_closest() {
            let near = index.within(to, widened(reach_m)).into_iter();
            found.extend(
                near.filter(|(other, _)| distance_m(*other) <= reach_m).map(|(other, _)| other as u32),
            );
            return;
        }
        let Some((first, _)) = index.nearest(to, widened(reach_m)) else { return };
        let candidates = index.within(to, widened(distance_m(first).min(reach_m))).into_iter();
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
                return Way::InPolygons(PolygonLayer::new(polygons(join).collect()));
            }
            Measure::Planar { .. }
                if join_is_points && is_of(target, GeometryType::Polygon) && has_way(false) =>
            {
                return Way::AroundPoints;
            }
            Measure::Geodesic { geodesy, .. } => {
                let index = NearestIndex::geodesic(geometries(join), geodesy.ellipsoid());
                return Way::Nearest(Box::new(index));
            }
            Measure::Planar { .. } if option.is_closest() => {
                return Way::Nearest(Box::new(NearestIndex::planar(geometries(join))));
            }
            Measure::Planar { .. } => {}
        }
        let of = |feature: &Feature| feature.geometry.as_ref().map_or(Envelope::EMPTY, Geometry::envelope);
        Way::Shapes {
            index: BoxIndex::new(join.features.iter().map(of).collect()),
            shapes: join.features.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}

fn geometries(set: &FeatureSet) -> impl Iterator<Item = Option<Cow<'_, Geometry>>> {
    set.features.iter().map(|feature| feature.geometry.as_ref().map(Cow::Borrowed))
}

fn polygons(set: &FeatureSet) -> impl Iterator<Item = &[Path]> {
    set.features.iter().map(|feature| rings_of(feature.geometry.as_ref()))
}

/// The position of a point feature; not a number without geometry.
fn position(feature: &Feature) -> Xy {
    match &feature.geometry {
        Some(Geometry::Point(point)) => point.xy,
        _ => [f64::NAN; 2],
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
