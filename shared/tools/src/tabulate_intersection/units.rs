//! The units in which Tabulate Intersection measures.

use gp_core::Choices;

/// A unit of length or area, by ArcGIS's keyword. Feet, yards, miles and acres are international ones.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(super) enum OutUnits {
    Unknown,
    Millimeters,
    Centimeters,
    Decimeters,
    Meters,
    Kilometers,
    Inches,
    Feet,
    Yards,
    Miles,
    NauticalMiles,
    SquareMillimeters,
    SquareCentimeters,
    SquareDecimeters,
    SquareMeters,
    SquareKilometers,
    Ares,
    Hectares,
    Acres,
    SquareInches,
    SquareFeet,
    SquareYards,
    SquareMiles,
}

const FOOT_M: f64 = 0.3048;

impl OutUnits {
    /// How many metres it is long.
    pub(super) fn meters(self) -> Option<f64> {
        match self {
            OutUnits::Millimeters => Some(1e-3),
            OutUnits::Centimeters => Some(1e-2),
            OutUnits::Decimeters => Some(1e-1),
            OutUnits::Meters => Some(1.0),
            OutUnits::Kilometers => Some(1e3),
            OutUnits::Inches => Some(FOOT_M / 12.0),
            OutUnits::Feet => Some(FOOT_M),
            OutUnits::Yards => Some(FOOT_M * 3.0),
            OutUnits::Miles => Some(FOOT_M * 5280.0),
            OutUnits::NauticalMiles => Some(1852.0),
            _ => None,
        }
    }

    /// How many square metres it has.
    pub(super) fn square_meters(self) -> Option<f64> {
        match self {
            OutUnits::SquareMillimeters => Some(1e-6),
            OutUnits::SquareCentimeters => Some(1e-4),
            OutUnits::SquareDecimeters => Some(1e-2),
            OutUnits::SquareMeters => Some(1.0),
            OutUnits::SquareKilometers => Some(1e6),
            OutUnits::Ares => Some(1e2),
            OutUnits::Hectares => Some(1e4),
            OutUnits::Acres => Some(FOOT_M * FOOT_M * 43_560.0),
            OutUnits::SquareInches => Some(FOOT_M * FOOT_M / 144.0),
            OutUnits::SquareFeet => Some(FOOT_M * FOOT_M),
            OutUnits::SquareYards => Some(FOOT_M * FOOT_M * 9.0),
            OutUnits::SquareMiles => Some(FOOT_M * FOOT_M * 27_878_400.0),
            _ => None,
        }
    }
}
