//! What a caller chooses of the tools that summarise.

use gp_core::{Choices, ToolError};
use gp_esri::{FeatureSet, GeometryType};

/// Whether areas name their rarest and most frequent group.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum MinorityMajority {
    AddMinMaj,
    NoMinMaj,
}

/// Whether groups tell their share.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum GroupPercents {
    AddPercent,
    NoPercent,
}

/// Whether areas with nothing in them stay.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum EmptyAreas {
    #[choice("KEEP_ALL")]
    Keep,
    #[choice("ONLY_INTERSECTING")]
    Drop,
}

/// Whether lengths and areas are summed.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum SumShape {
    AddShapeSum,
    NoShapeSum,
}

/// Units of length for lines, of area for polygons.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum ShapeUnit {
    Meters,
    Kilometers,
    Feet,
    Yards,
    Miles,
    Acres,
    Hectares,
    Squaremeters,
    Squarekilometers,
    Squarefeet,
    Squareyards,
    Squaremiles,
}

/// The international foot.
const FOOT_M: f64 = 0.3048;

impl ShapeUnit {
    /// Its name in a column, what it measures, and its size in metres or square metres.
    fn about(self) -> (&'static str, GeometryType, f64) {
        let (line, polygon) = (GeometryType::Polyline, GeometryType::Polygon);
        match self {
            ShapeUnit::Meters => ("METERS", line, 1.0),
            ShapeUnit::Kilometers => ("KILOMETERS", line, 1000.0),
            ShapeUnit::Feet => ("FEET", line, FOOT_M),
            ShapeUnit::Yards => ("YARDS", line, 3.0 * FOOT_M),
            ShapeUnit::Miles => ("MILES", line, 5280.0 * FOOT_M),
            ShapeUnit::Acres => ("ACRES", polygon, 43_560.0 * FOOT_M * FOOT_M),
            ShapeUnit::Hectares => ("HECTARES", polygon, 1e4),
            ShapeUnit::Squaremeters => ("SQUAREMETERS", polygon, 1.0),
            ShapeUnit::Squarekilometers => ("SQUAREKILOMETERS", polygon, 1e6),
            ShapeUnit::Squarefeet => ("SQUAREFEET", polygon, FOOT_M * FOOT_M),
            ShapeUnit::Squareyards => ("SQUAREYARDS", polygon, 9.0 * FOOT_M * FOOT_M),
            ShapeUnit::Squaremiles => ("SQUAREMILES", polygon, 5280.0 * 5280.0 * FOOT_M * FOOT_M),
        }
    }
}

/// The column of the summed lengths or areas, and its unit in metres or square metres; `None` for points, and where no
/// sum is asked for.
///
/// # Errors
/// The unit does not measure what the features are.
pub(crate) fn shape_sum(
    sum_shape: SumShape,
    unit: Option<ShapeUnit>,
    features: &FeatureSet,
) -> Result<Option<(String, f64)>, ToolError> {
    let (what, natural) = match features.geometry_type {
        Some(GeometryType::Polyline) => ("Length", ShapeUnit::Kilometers),
        Some(GeometryType::Polygon) => ("Area", ShapeUnit::Squarekilometers),
        _ => return Ok(None),
    };
    if sum_shape == SumShape::NoShapeSum {
        return Ok(None);
    }
    let (name, of, size) = unit.unwrap_or(natural).about();
    if Some(of) != features.geometry_type {
        let reason = format!("{name} is no unit of {}; choose another", what.to_lowercase());
        return Err(ToolError::invalid("Shape_Unit", reason));
    }
    Ok(Some((format!("sum_{what}_{name}"), size)))
}
