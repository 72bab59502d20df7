//! The units in which Tabulate Intersection measures.

use gp_core::Choices;
use gp_esri::{ArealUnitName, LinearUnitName};

/// A unit of length or area, by ArcGIS's keyword.
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

impl OutUnits {
    /// How many metres it is long.
    pub(super) fn meters(self) -> Option<f64> {
        let unit = match self {
            OutUnits::Millimeters => LinearUnitName::Millimeters,
            OutUnits::Centimeters => LinearUnitName::Centimeters,
            OutUnits::Decimeters => LinearUnitName::Decimeters,
            OutUnits::Meters => LinearUnitName::Meters,
            OutUnits::Kilometers => LinearUnitName::Kilometers,
            OutUnits::Inches => LinearUnitName::Inches,
            OutUnits::Feet => LinearUnitName::Feet,
            OutUnits::Yards => LinearUnitName::Yards,
            OutUnits::Miles => LinearUnitName::Miles,
            OutUnits::NauticalMiles => LinearUnitName::NauticalMiles,
            _ => return None,
        };
        unit.meters()
    }

    /// How many square metres it has.
    pub(super) fn square_meters(self) -> Option<f64> {
        let unit = match self {
            OutUnits::SquareMillimeters => ArealUnitName::SquareMillimeters,
            OutUnits::SquareCentimeters => ArealUnitName::SquareCentimeters,
            OutUnits::SquareDecimeters => ArealUnitName::SquareDecimeters,
            OutUnits::SquareMeters => ArealUnitName::SquareMeters,
            OutUnits::SquareKilometers => ArealUnitName::SquareKilometers,
            OutUnits::Ares => ArealUnitName::Ares,
            OutUnits::Hectares => ArealUnitName::Hectares,
            OutUnits::Acres => ArealUnitName::Acres,
            OutUnits::SquareInches => ArealUnitName::SquareInches,
            OutUnits::SquareFeet => ArealUnitName::SquareFeet,
            OutUnits::SquareYards => ArealUnitName::SquareYards,
            OutUnits::SquareMiles => ArealUnitName::SquareMiles,
            _ => return None,
        };
        unit.square_meters()
    }
}
