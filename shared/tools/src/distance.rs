//! Distances with units, made ready for features in some spatial reference.

use gp_core::{Choices, RunContext, ToolError};
use gp_esri::{Attribute, LinearUnit, LinearUnitName};
use gp_geometry::Crs;

/// How distances are measured.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum Method {
    Planar,
    Geodesic,
}

/// A distance that geometry can use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reach {
    /// In the units of the coordinates.
    Planar(f64),
    /// In metres on the ellipsoid; the coordinates are angles.
    Geodesic(f64),
}

impl Reach {
    /// The same on the ellipsoid, where it is a length in a plane; degrees stay degrees.
    pub(crate) fn on_ellipsoid(self, crs: &Crs) -> Reach {
        match self {
            Reach::Planar(units) if !crs.is_geographic() => {
                Reach::Geodesic(units * crs.meters_per_unit().unwrap_or(1.0))
            }
            other => other,
        }
    }
}

/// Says, once, that units mean nothing to features whose spatial reference is unknown.
pub(crate) fn warn_without_reference(
    crs: Option<&Crs>,
    distances: &[LinearUnit],
    parameter: &str,
    context: &RunContext,
) {
    if crs.is_none() && distances.iter().any(|distance| distance.unit != LinearUnitName::Unknown) {
        context.warning(without_reference(parameter, "distances"));
    }
}

/// That measures of a parameter are taken in the units of coordinates without a spatial reference.
pub(crate) fn without_reference(parameter: &str, measures: &str) -> String {
    format!(
        "{parameter}: the features have no spatial reference, so {measures} are taken in the units of their coordinates"
    )
}

/// What a linear unit means for features in `crs`: metres on the ellipsoid for angles, else units of the coordinates.
///
/// # Errors
/// [`ToolError::InvalidParameter`] when the unit has no meaning there.
pub(crate) fn reach(distance: LinearUnit, crs: Option<&Crs>, parameter: &str) -> Result<Reach, ToolError> {
    let Some(crs) = crs else { return Ok(Reach::Planar(distance.distance)) };
    match (distance.unit, distance.unit.meters(), crs.is_geographic()) {
        (LinearUnitName::Unknown, ..) => Ok(Reach::Planar(distance.distance)),
        (LinearUnitName::DecimalDegrees, _, true) => {
            let degrees_per_unit = crs.degrees_per_unit().unwrap_or(1.0);
            Ok(Reach::Planar(distance.distance / degrees_per_unit))
        }
        (_, Some(meters), true) => Ok(Reach::Geodesic(distance.distance * meters)),
        (_, Some(meters), false) => {
            let meters_per_unit = crs.meters_per_unit().unwrap_or(1.0);
            Ok(Reach::Planar(distance.distance * meters / meters_per_unit))
        }
        (unit, None, _) => Err(ToolError::invalid(
            parameter,
            format!(
                "{} has no length in {}; use a unit of length such as esriMeters",
                unit.name(),
                crs.name()
            ),
        )),
    }
}

/// A distance out of a field: a number in `unit`, or text with its own unit (`5 Miles`). `None` for null.
///
/// # Errors
/// A sentence for a value that is no distance.
pub(crate) fn distance_of(value: &Attribute, unit: LinearUnitName) -> Result<Option<LinearUnit>, String> {
    match value {
        Attribute::Null => Ok(None),
        Attribute::Integer(number) => Ok(Some(LinearUnit { distance: *number as f64, unit })),
        Attribute::Double(number) => Ok(Some(LinearUnit { distance: *number, unit })),
        Attribute::Text(text) => match text.trim().parse::<f64>() {
            Ok(distance) if distance.is_finite() => Ok(Some(LinearUnit { distance, unit })),
            _ => LinearUnit::from_text(text).map(Some).map_err(|error| error.to_string()),
        },
    }
}
