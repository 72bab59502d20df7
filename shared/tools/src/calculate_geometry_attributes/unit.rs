//! Units of lengths and areas by the keywords of ArcGIS.

use gp_core::Choices;

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

/// The international foot and that of the US survey, in metres.
const FOOT_M: f64 = 0.3048;
const SURVEY_FOOT_M: f64 = 1200.0 / 3937.0;

impl LengthUnit {
    /// Its length in metres.
    pub(super) fn meters(self) -> f64 {
        match self {
            LengthUnit::Kilometers => 1000.0,
            LengthUnit::Meters => 1.0,
            LengthUnit::MilesInt => 5280.0 * FOOT_M,
            LengthUnit::NauticalMilesInt => 1852.0,
            LengthUnit::YardsInt => 3.0 * FOOT_M,
            LengthUnit::FeetInt => FOOT_M,
            LengthUnit::MilesUs => 5280.0 * SURVEY_FOOT_M,
            LengthUnit::YardsUs => 3.0 * SURVEY_FOOT_M,
            LengthUnit::FeetUs => SURVEY_FOOT_M,
        }
    }
}

impl AreaUnit {
    /// Its size in square metres.
    pub(super) fn square_meters(self) -> f64 {
        let (foot_m2, survey_foot_m2) = (FOOT_M * FOOT_M, SURVEY_FOOT_M * SURVEY_FOOT_M);
        match self {
            AreaUnit::SquareKilometers => 1e6,
            AreaUnit::Hectares => 1e4,
            AreaUnit::SquareMeters => 1.0,
            AreaUnit::SquareMilesInt => 5280.0 * 5280.0 * foot_m2,
            AreaUnit::Acres => 43_560.0 * foot_m2,
            AreaUnit::SquareYardsInt => 9.0 * foot_m2,
            AreaUnit::SquareFeetInt => foot_m2,
            AreaUnit::SquareMilesUs => 5280.0 * 5280.0 * survey_foot_m2,
            AreaUnit::AcresUs => 43_560.0 * survey_foot_m2,
            AreaUnit::SquareYardsUs => 9.0 * survey_foot_m2,
            AreaUnit::SquareFeetUs => survey_foot_m2,
        }
    }
}
