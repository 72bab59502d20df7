//! What a caller chooses of the tools that summarise.

use gp_core::{Choices, ToolError};
use gp_esri::{ArealUnitName, FeatureSet, GeometryType, LinearUnitName};

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

impl ShapeUnit {
    /// Its name in a column, what it measures, and its size in metres or square metres.
    fn about(self) -> (&'static str, GeometryType, Option<f64>) {
        let line = |name, unit: LinearUnitName| (name, GeometryType::Polyline, unit.meters());
        let polygon = |name, unit: ArealUnitName| (name, GeometryType::Polygon, unit.square_meters());
        match self {
            ShapeUnit::Meters => line("METERS", LinearUnitName::Meters),
            ShapeUnit::Kilometers => line("KILOMETERS", LinearUnitName::Kilometers),
            ShapeUnit::Feet => line("FEET", LinearUnitName::Feet),
            ShapeUnit::Yards => line("YARDS", LinearUnitName::Yards),
            ShapeUnit::Miles => line("MILES", LinearUnitName::Miles),
            ShapeUnit::Acres => polygon("ACRES", ArealUnitName::Acres),
            ShapeUnit::Hectares => polygon("HECTARES", ArealUnitName::Hectares),
            ShapeUnit::Squaremeters => polygon("SQUAREMETERS", ArealUnitName::SquareMeters),
            ShapeUnit::Squarekilometers => polygon("SQUAREKILOMETERS", ArealUnitName::SquareKilometers),
            ShapeUnit::Squarefeet => polygon("SQUAREFEET", ArealUnitName::SquareFeet),
            ShapeUnit::Squareyards => polygon("SQUAREYARDS", ArealUnitName::SquareYards),
            ShapeUnit::Squaremiles => polygon("SQUAREMILES", ArealUnitName::SquareMiles),
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
    Ok(size.map(|size| (format!("sum_{what}_{name}"), size)))
}
