//! How Spatial Join finds its matches: a tree of boxes for candidates, then exact relations or distances.

use super::SpatialJoinInputs;
use crate::distance::{Reach, reach, warn_without_reference};
use crate::matching::{MatchOption, center};
use crate::reference::{crs_of, in_degrees, is_in_degrees};
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Feature, FeatureSet, Geometry};
use gp_geometry::{BoxIndex, Geodesy, LocalPlane, Shape, WGS84_ELLIPSOID, distance};
use std::sync::OnceLock;

/// The join features, ready to be searched.
pub(super) struct Search<'a> {
    target: &'a FeatureSet,
    join: &'a FeatureSet,
    option: MatchOption,
    index: BoxIndex,
    shapes: Vec<OnceLock<Shape>>,
    measure: &'a Measure,
    context: &'a RunContext,
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
        let of = |feature: &Feature| feature.geometry.as_ref().map_or(Envelope::EMPTY, Geometry::envelope);
        Search {
            target,
            join,
            option: inputs.match_option,
            index: BoxIndex::new(join.features.iter().map(of).collect()),
            shapes: join.features.iter().map(|_| OnceLock::new()).collect(),
            measure,
            context,
        }
    }

    /// The join features that match a target, in order.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn matches_of(&self, row: usize) -> Result<Vec<usize>, ToolError> {
        let Some(geometry) = &self.target.features[row].geometry else { return Ok(Vec::new()) };
        match self.measure {
            Measure::Geodesic { reach_m, geodesy, .. } => self.geodesic_matches(geometry, *reach_m, geodesy),
            Measure::Planar { reach } if self.option.is_closest() => self.closest(geometry, *reach),
            Measure::Planar { reach } => {
                let target = Shape::new(geometry);
                let around = if self.option.is_by_distance() { *reach } else { 0.0 };
                let mut found = Vec::new();
                for other in self.index.query(&padded(&geometry.envelope(), around, around)) {
                    self.context.check()?;
                    let Some(shape) = self.shape(other) else { continue };
                    if self.option.matches(&target, shape, geometry, *reach) {
                        found.push(other);
                    }
                }
                Ok(found)
            }
        }
    }

    fn shape(&self, other: usize) -> Option<&Shape> {
        let geometry = self.join.features[other].geometry.as_ref()?;
        Some(self.shapes[other].get_or_init(|| Shape::new(geometry)))
    }

    /// The nearest join feature in the plane; the first of several equally near.
    fn closest(&self, geometry: &Geometry, reach: f64) -> Result<Vec<usize>, ToolError> {
        let target = Shape::new(geometry);
        let of = |other: usize| self.shape(other).map_or(f64::INFINITY, |shape| distance(&target, shape));
        let nearest = self.index.nearest(&geometry.envelope(), reach, of);
        Ok(nearest.filter(|(_, distance)| distance.is_finite()).map(|(other, _)| other).into_iter().collect())
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
                self.index.query(&Envelope { xmin: around.xmin + turn, xmax: around.xmax + turn, ..around })
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
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
