//! The units of summed lengths and areas.

use gp_core::Choices;
use gp_esri::GeometryType;

/// Units of length for lines, of area for polygons.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(super) enum ShapeUnit {
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
    pub(super) fn about(self) -> (&'static str, GeometryType, f64) {
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
