//! Reading and writing of distances, areas and spans of time: `{"distance":5,"units":"esriMiles"}`, `"5 Miles"`, `5`
//! (specification 2.6).

use crate::json::{JsonError, Kind, Number, Reader, write_f64, write_string};
use crate::{ArealUnit, ArealUnitName, LinearUnit, LinearUnitName, TimeUnit, TimeUnitName};

/// A text that is no distance, no area or no span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The text is broken JSON, or a member has the wrong kind.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The number is missing or no finite number.
    #[error("{value:?} is no {quantity}: expected {example}")]
    Number {
        /// What was given, cut short.
        value: String,
        /// `distance`, `area` or `time`.
        quantity: &'static str,
        /// A right one.
        example: &'static str,
    },
    /// The unit does not exist.
    #[error("unknown unit {value:?}: expected one of {}", known.join(", "))]
    Unit {
        /// What was given, cut short.
        value: String,
        /// The units there are.
        known: Vec<&'static str>,
    },
}

/// What sets distances, areas and spans of time apart on the wire.
struct Quantity {
    name: &'static str,
    example: &'static str,
}

const DISTANCE: Quantity =
    Quantity { name: "distance", example: "{\"distance\":5,\"units\":\"esriMiles\"} or \"5 Miles\"" };
const AREA: Quantity =
    Quantity { name: "area", example: "{\"area\":5,\"units\":\"esriAcres\"} or \"5 Acres\"" };
const TIME: Quantity =
    Quantity { name: "time", example: "{\"time\":3,\"units\":\"esriTimeUnitsMonths\"} or \"3 Months\"" };

impl LinearUnit {
    /// Reads the object form or the bare text form; without a unit it is metres.
    pub fn from_text(text: &str) -> Result<LinearUnit, UnitError> {
        let (distance, unit) = read(text, &DISTANCE)?;
        let unit = match unit {
            Some(unit) => LinearUnitName::from_loose_name(&unit)?,
            None => LinearUnitName::Meters,
        };
        Ok(LinearUnit { distance, unit })
    }

    /// Appends the object form.
    pub fn write(&self, out: &mut Vec<u8>) {
        write(out, &DISTANCE, self.distance, self.unit.name());
    }
}

impl ArealUnit {
    /// Reads the object form or the bare text form; without a unit it is square metres.
    pub fn from_text(text: &str) -> Result<ArealUnit, UnitError> {
        let (area, unit) = read(text, &AREA)?;
        let unit = match unit {
            Some(unit) => ArealUnitName::from_loose_name(&unit)?,
            None => ArealUnitName::SquareMeters,
        };
        Ok(ArealUnit { area, unit })
    }

    /// Appends the object form.
    pub fn write(&self, out: &mut Vec<u8>) {
        write(out, &AREA, self.area, self.unit.name());
    }
}

impl TimeUnit {
    /// Reads the object form or the bare text form; without a unit it is unknown.
    pub fn from_text(text: &str) -> Result<TimeUnit, UnitError> {
        let (time, unit) = read(text, &TIME)?;
        let unit = match unit {
            Some(unit) => find(TimeUnitName::ALL, TimeUnitName::name, &unit)?,
            None => TimeUnitName::Unknown,
        };
        Ok(TimeUnit { time, unit })
    }

    /// Appends the object form.
    pub fn write(&self, out: &mut Vec<u8>) {
        write(out, &TIME, self.time, self.unit.name());
    }
}

impl LinearUnitName {
    /// The unit of a wire name, or of a name without `esri`, singular or plural, whatever its case: `Miles`, `foot`.
    pub fn from_loose_name(name: &str) -> Result<LinearUnitName, UnitError> {
        find(LinearUnitName::ALL, LinearUnitName::name, name)
    }
}

impl ArealUnitName {
    /// The unit of a wire name, or of a name without `esri`, singular or plural, whatever its case: `SquareFoot`.
    pub fn from_loose_name(name: &str) -> Result<ArealUnitName, UnitError> {
        find(ArealUnitName::ALL, ArealUnitName::name, name)
    }
}

fn find<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> Result<T, UnitError> {
    let wanted = normalised(name);
    match all.iter().copied().find(|unit| normalised(name_of(*unit)) == wanted) {
        Some(unit) => Ok(unit),
        None => Err(UnitError::Unit {
            value: crate::text::shortened(name),
            known: all.iter().map(|unit| name_of(*unit)).collect(),
        }),
    }
}

/// Lower case, without `esri`, spaces and the plural: what the spellings of a unit have in common.
fn normalised(name: &str) -> String {
    let mut text: String =
        name.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_ascii_lowercase();
    if let Some(rest) = text.strip_prefix("esri") {
        text = rest.to_owned();
    }
    if let Some(rest) = text.strip_prefix("timeunits") {
        text = rest.to_owned();
    }
    if matches!(text.as_str(), "unknownunits" | "unknownareaunits") {
        return "unknown".to_owned();
    }
    let (stem, survey) = match text.strip_suffix("us") {
        Some(stem) => (stem, "us"),
        None => (text.as_str(), ""),
    };
    let singular = match stem {
        _ if stem.ends_with("feet") => format!("{}foot", stem.trim_end_matches("feet")),
        _ if stem.ends_with("centuries") => format!("{}century", stem.trim_end_matches("centuries")),
        _ if stem.ends_with("inches") => stem.trim_end_matches("es").to_owned(),
        _ => stem.strip_suffix('s').unwrap_or(stem).replace("metre", "meter"),
    };
    singular + survey
}

/// The number and, where one is given, the unit.
fn read(text: &str, quantity: &Quantity) -> Result<(f64, Option<String>), UnitError> {
    let text = text.trim();
    if text.starts_with('{') {
        return read_object(text, quantity);
    }
    if text.starts_with('"') {
        // A JSON text of the bare form, as the analysis tasks send it.
        let mut reader = Reader::new(text, 1);
        let inner = reader.string()?;
        reader.end()?;
        return read_bare(&inner, quantity);
    }
    read_bare(text, quantity)
}

fn read_bare(text: &str, quantity: &Quantity) -> Result<(f64, Option<String>), UnitError> {
    let text = text.trim();
    // The unit begins at the first letter that does not belong to an exponent.
    let unit_at = text.char_indices().find(|(at, letter)| {
        let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
        let exponent = matches!(letter, 'e' | 'E')
            && next.is_some_and(|next| next.is_ascii_digit() || "+-".contains(next));
        letter.is_alphabetic() && !exponent
    });
    let (number, unit) = text.split_at(unit_at.map_or(text.len(), |(at, _)| at));
    let number = finite(Number::parse(number), text, quantity)?;
    Ok((number, (!unit.trim().is_empty()).then(|| unit.trim().to_owned())))
}

fn read_object(text: &str, quantity: &Quantity) -> Result<(f64, Option<String>), UnitError> {
    let mut number = None;
    let mut unit = None;
    let mut reader = Reader::new(text, 8);
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key.as_ref() {
            key if key == quantity.name => number = read_number(&mut reader, quantity)?,
            "units" | "unit" if reader.peek()? == Kind::String => {
                let name = reader.string()?;
                unit = (!name.trim().is_empty()).then(|| name.into_owned());
            }
            "units" | "unit" if reader.peek()? != Kind::Null => {
                return Err(reader.unexpected("the name of a unit").into());
            }
            _ => reader.skip_value()?,
        }
    }
    reader.end()?;
    Ok((finite(number, text, quantity)?, unit))
}

fn read_number(reader: &mut Reader<'_>, quantity: &Quantity) -> Result<Option<Number>, UnitError> {
    match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            Ok(None)
        }
        Kind::String => {
            let text = reader.string()?;
            Ok(Some(Number::Double(finite(Number::parse(&text), &text, quantity)?)))
        }
        _ => Ok(Some(reader.number()?)),
    }
}

fn finite(number: Option<Number>, text: &str, quantity: &Quantity) -> Result<f64, UnitError> {
    match number.map(Number::as_f64) {
        Some(value) if value.is_finite() => Ok(value),
        _ => Err(UnitError::Number {
            value: crate::text::shortened(text),
            quantity: quantity.name,
            example: quantity.example,
        }),
    }
}

fn write(out: &mut Vec<u8>, quantity: &Quantity, number: f64, unit: &str) {
    out.push(b'{');
    write_string(out, quantity.name);
    out.push(b':');
    write_f64(out, number);
    out.extend_from_slice(b",\"units\":");
    write_string(out, unit);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_and_bare_forms_name_the_same_distance() {
        let miles = LinearUnit { distance: 5.0, unit: LinearUnitName::Miles };
        for text in [
            r#"{"distance":5,"units":"esriMiles"}"#,
            r#"{"units":"ESRIMILES","distance":"5"}"#,
            r#"{"distance":5.0,"units":"Miles","x":null}"#,
            "5 Miles",
            "5mile",
            "\"0.5e1 miles\"",
        ] {
            assert_eq!(LinearUnit::from_text(text), Ok(miles), "{text}");
        }
        assert_eq!(LinearUnit::from_text("3").unwrap().unit, LinearUnitName::Meters);
        assert_eq!(
            LinearUnit::from_text(r#"{"distance":3,"units":null}"#).unwrap().unit,
            LinearUnitName::Meters
        );
        assert_eq!(LinearUnit::from_text("1 foot").unwrap().unit, LinearUnitName::Feet);
        assert_eq!(LinearUnit::from_text("1 int inch").unwrap().unit, LinearUnitName::IntInches);
        assert_eq!(LinearUnit::from_text("1 Esrinauticalmiles").unwrap().unit, LinearUnitName::NauticalMiles);
    }

    #[test]
    fn areal_names_may_be_singular_and_survey() {
        let unit = |text| ArealUnit::from_text(text).unwrap().unit;
        assert_eq!(unit("3 SquareKilometers"), ArealUnitName::SquareKilometers);
        assert_eq!(unit("1 SquareFoot"), ArealUnitName::SquareFeet);
        assert_eq!(unit("1 SquareFootUS"), ArealUnitName::SquareFeetUs);
        assert_eq!(unit("1 Acre"), ArealUnitName::Acres);
        assert_eq!(unit("1 Hectares"), ArealUnitName::Hectares);
        assert_eq!(unit("1 Unknown"), ArealUnitName::Unknown);
        assert_eq!(unit(r#"{"area":5,"units":"esriSquareInchesUS"}"#), ArealUnitName::SquareInchesUs);
    }

    #[test]
    fn every_wire_name_is_found_and_written_back() {
        for unit in LinearUnitName::ALL {
            let mut out = Vec::new();
            LinearUnit { distance: 1.5, unit: *unit }.write(&mut out);
            assert_eq!(LinearUnit::from_text(std::str::from_utf8(&out).unwrap()).unwrap().unit, *unit);
        }
        for unit in ArealUnitName::ALL {
            assert_eq!(ArealUnitName::from_loose_name(unit.name()), Ok(*unit));
        }
    }

    #[test]
    fn errors_name_the_value_and_list_the_units() {
        let text = LinearUnit::from_text("5 parsecs").unwrap_err().to_string();
        assert!(
            text.starts_with("unknown unit \"parsecs\": expected one of esriUnknownUnits, esriInches"),
            "{text}"
        );
        for wrong in [
            "",
            "Miles",
            "{}",
            "{\"distance\":\"x\"}",
            "NaN Miles",
            "[1]",
            "{\"distance\":1,\"units\":5}",
            "1e999",
        ] {
            assert!(LinearUnit::from_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_of_time_has_a_unit_or_an_unknown_one() {
        for (text, time, unit) in [
            (r#"{"time":3,"units":"esriTimeUnitsYears"}"#, 3.0, TimeUnitName::Years),
            (r#"{"time":"3","units":"Esritimeunitscenturies"}"#, 3.0, TimeUnitName::Centuries),
            ("3 Months", 3.0, TimeUnitName::Months),
            ("1 century", 1.0, TimeUnitName::Centuries),
            ("7", 7.0, TimeUnitName::Unknown),
        ] {
            assert_eq!(TimeUnit::from_text(text), Ok(TimeUnit { time, unit }), "{text}");
        }
        let error = TimeUnit::from_text("1.5 fortnights").unwrap_err().to_string();
        assert!(error.contains("fortnights") && error.contains("esriTimeUnitsWeeks"), "{error}");
        let mut out = Vec::new();
        TimeUnit { time: 3.0, unit: TimeUnitName::Weeks }.write(&mut out);
        assert_eq!(out, br#"{"time":3,"units":"esriTimeUnitsWeeks"}"#);
    }
}
