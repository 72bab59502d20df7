//! How Spatial Join measures distances, and how far it looks.

use super::SpatialJoinInputs;
use crate::distance::{Reach, reach, warn_without_reference};
use crate::reference::{crs_of, in_degrees, is_in_degrees};
use gp_core::{RunContext, ToolError};
use gp_esri::FeatureSet;

/// Half the way around the earth: nothing is further.
const FURTHEST_M: f64 = 20_040_000.0;
use gp_geometry::{Geodesy, WGS84_ELLIPSOID};

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
        if inputs.search_radius.is_some_and(|radius| radius.distance < 0.0) {
            return Err(ToolError::invalid(
                "Search_Radius",
                "a distance below zero finds nothing; give 0 or more",
            ));
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
