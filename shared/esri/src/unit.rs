//! Units of length, area and time: their names on the wire and their sizes (specification 2.6).
//!
//! The naming trap: the plain *linear* names (`esriFeet`) are US survey units and the `Int` names international ones;
//! for *areal* names it is the reverse: plain names are international and the `US` suffix is survey.

mod text;

pub use text::UnitError;

/// A distance with its unit; `{"distance":5,"units":"esriMiles"}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearUnit {
    /// The number.
    pub distance: f64,
    /// Its unit.
    pub unit: LinearUnitName,
}

/// An area with its unit; `{"area":5,"units":"esriAcres"}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArealUnit {
    /// The number.
    pub area: f64,
    /// Its unit.
    pub unit: ArealUnitName,
}

/// A span of time with its unit; `{"time":3,"units":"esriTimeUnitsYears"}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeUnit {
    /// The number.
    pub time: f64,
    /// Its unit.
    pub unit: TimeUnitName,
}

/// Writes an enum of units with the wire name and the size of each, and the two lookups.
macro_rules! units {
    ($(#[$doc:meta])* $name:ident, $size:ident, $($variant:ident $wire:literal $value:expr),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = concat!("`", $wire, "`")] $variant,)+ }

        impl $name {
            /// Every unit, in the order of the protocol's list.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $wire,)+ }
            }

            /// The unit of that wire name, compared without regard to case: the Python client title-cases names.
            pub fn from_name(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|unit| unit.name().eq_ignore_ascii_case(name))
            }

            /// The size in SI units; `None` where the unit has none: unknown, an angle, or as long as a month happens to be.
            pub fn $size(self) -> Option<f64> {
                match self { $($name::$variant => $value,)+ }
            }
        }
    };
}

/// The US survey foot in metres.
const SURVEY_FOOT_M: f64 = 1200.0 / 3937.0;
/// The international foot in metres.
const FOOT_M: f64 = 0.3048;

units! {
    /// Units of length.
    LinearUnitName, meters,
    Unknown "esriUnknownUnits" None,
    Inches "esriInches" Some(SURVEY_FOOT_M / 12.0),
    Points "esriPoints" Some(FOOT_M / 12.0 / 72.0),
    Feet "esriFeet" Some(SURVEY_FOOT_M),
    Yards "esriYards" Some(SURVEY_FOOT_M * 3.0),
    Miles "esriMiles" Some(SURVEY_FOOT_M * 5280.0),
    NauticalMiles "esriNauticalMiles" Some(1853.248),
    Millimeters "esriMillimeters" Some(0.001),
    Centimeters "esriCentimeters" Some(0.01),
    Meters "esriMeters" Some(1.0),
    Kilometers "esriKilometers" Some(1000.0),
    DecimalDegrees "esriDecimalDegrees" None,
    Decimeters "esriDecimeters" Some(0.1),
    IntInches "esriIntInches" Some(FOOT_M / 12.0),
    IntFeet "esriIntFeet" Some(FOOT_M),
    IntYards "esriIntYards" Some(FOOT_M * 3.0),
    IntMiles "esriIntMiles" Some(FOOT_M * 5280.0),
    IntNauticalMiles "esriIntNauticalMiles" Some(1852.0),
}

units! {
    /// Units of area.
    ArealUnitName, square_meters,
    Unknown "esriUnknownAreaUnits" None,
    SquareInches "esriSquareInches" Some(FOOT_M * FOOT_M / 144.0),
    SquareFeet "esriSquareFeet" Some(FOOT_M * FOOT_M),
    SquareYards "esriSquareYards" Some(FOOT_M * FOOT_M * 9.0),
    Acres "esriAcres" Some(FOOT_M * FOOT_M * 43_560.0),
    SquareMiles "esriSquareMiles" Some(FOOT_M * FOOT_M * 27_878_400.0),
    SquareMillimeters "esriSquareMillimeters" Some(1e-6),
    SquareCentimeters "esriSquareCentimeters" Some(1e-4),
    SquareDecimeters "esriSquareDecimeters" Some(1e-2),
    SquareMeters "esriSquareMeters" Some(1.0),
    Ares "esriAres" Some(100.0),
    Hectares "esriHectares" Some(10_000.0),
    SquareKilometers "esriSquareKilometers" Some(1e6),
    SquareInchesUs "esriSquareInchesUS" Some(SURVEY_FOOT_M * SURVEY_FOOT_M / 144.0),
    SquareFeetUs "esriSquareFeetUS" Some(SURVEY_FOOT_M * SURVEY_FOOT_M),
    SquareYardsUs "esriSquareYardsUS" Some(SURVEY_FOOT_M * SURVEY_FOOT_M * 9.0),
    AcresUs "esriAcresUS" Some(SURVEY_FOOT_M * SURVEY_FOOT_M * 43_560.0),
    SquareMilesUs "esriSquareMilesUS" Some(SURVEY_FOOT_M * SURVEY_FOOT_M * 27_878_400.0),
}

/// The seconds of a day.
const DAY_S: f64 = 86_400.0;

units! {
    /// Units of time (12.0).
    TimeUnitName, seconds,
    Unknown "esriTimeUnitsUnknown" None,
    Milliseconds "esriTimeUnitsMilliseconds" Some(0.001),
    Seconds "esriTimeUnitsSeconds" Some(1.0),
    Minutes "esriTimeUnitsMinutes" Some(60.0),
    Hours "esriTimeUnitsHours" Some(3600.0),
    Days "esriTimeUnitsDays" Some(DAY_S),
    Weeks "esriTimeUnitsWeeks" Some(7.0 * DAY_S),
    Months "esriTimeUnitsMonths" None,
    Years "esriTimeUnitsYears" None,
    Decades "esriTimeUnitsDecades" None,
    Centuries "esriTimeUnitsCenturies" None,
}
