//! Units of lengths and areas by the keywords of ArcGIS.

use gp_core::Choices;
use gp_esri::{ArealUnitName, LinearUnitName};

/// Units of length: `INT` is international, `US` that of the US survey.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(super) enum LengthUnit {
    Kilometers,
    Meters,
    MilesInt,
    NauticalMilesInt,
    YardsInt,
    FeetInt,
    MilesUs,
    YardsUs,
    FeetUs,
}

/// Units of area.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(super) enum AreaUnit {
    SquareKilometers,
    Hectares,
    SquareMeters,
    SquareMilesInt,
    Acres,
    SquareYardsInt,
    SquareFeetInt,
    SquareMilesUs,
    AcresUs,
    SquareYardsUs,
    SquareFeetUs,
}

impl LengthUnit {
    /// Its length in metres.
    pub(super) fn meters(self) -> Option<f64> {
        let unit = match self {
            LengthUnit::Kilometers => LinearUnitName::Kilometers,
            LengthUnit::Meters => LinearUnitName::Meters,
            LengthUnit::MilesInt => LinearUnitName::IntMiles,
            LengthUnit::NauticalMilesInt => LinearUnitName::IntNauticalMiles,
            LengthUnit::YardsInt => LinearUnitName::IntYards,
            LengthUnit::FeetInt => LinearUnitName::IntFeet,
            LengthUnit::MilesUs => LinearUnitName::Miles,
            LengthUnit::YardsUs => LinearUnitName::Yards,
            LengthUnit::FeetUs => LinearUnitName::Feet,
        };
        unit.meters()
    }
}

impl AreaUnit {
    /// Its size in square metres.
    pub(super) fn square_meters(self) -> Option<f64> {
        let unit = match self {
            AreaUnit::SquareKilometers => ArealUnitName::SquareKilometers,
            AreaUnit::Hectares => ArealUnitName::Hectares,
            AreaUnit::SquareMeters => ArealUnitName::SquareMeters,
            AreaUnit::SquareMilesInt => ArealUnitName::SquareMiles,
            AreaUnit::Acres => ArealUnitName::Acres,
            AreaUnit::SquareYardsInt => ArealUnitName::SquareYards,
            AreaUnit::SquareFeetInt => ArealUnitName::SquareFeet,
            AreaUnit::SquareMilesUs => ArealUnitName::SquareMilesUs,
            AreaUnit::AcresUs => ArealUnitName::AcresUs,
            AreaUnit::SquareYardsUs => ArealUnitName::SquareYardsUs,
            AreaUnit::SquareFeetUs => ArealUnitName::SquareFeetUs,
        };
        unit.square_meters()
    }
}
