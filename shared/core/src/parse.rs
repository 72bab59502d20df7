//! Texts of a request to typed values, by the rules of specification 2.4: what every client really sends is accepted,
//! anything else is answered by a sentence that names the parameter.

mod texts;

use crate::{
    CoordinateSystem, DataType, Date, Filter, Limits, Parameter, Parameters, RecordSet, RequestError,
};
use crate::{Requirement, SqlExpression, Value};
use gp_esri::{
    ArealUnit, FeatureSet, Field, GeometryType, LinearUnit, ReadError, ReadLimits, SpatialReference,
};

use texts::{array_elements, read_long, unquoted};
pub(crate) use texts::{object_members, read_boolean, shorten};

/// Why a value was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text is wrong.
    Wrong(String),
    /// The text is right but too much.
    TooLarge(String),
}

/// Reads every input parameter. Returns one value each, in order, and warnings about what was not taken as it came.
///
/// # Errors
/// One detail for each wrong parameter; code 413 when all that is wrong is the size.
pub fn parse_values(
    inputs: &[Parameter],
    parameters: &Parameters,
    limits: &Limits,
) -> Result<(Vec<Value>, Vec<String>), RequestError> {
    let (mut values, mut warnings, mut faults) = (Vec::with_capacity(inputs.len()), Vec::new(), Vec::new());
    for input in inputs {
        match parse_one(input, &parameters.all(&input.name), limits, &mut warnings) {
            Ok(value) => values.push(value),
            Err(fault) => faults.push((input, fault)),
        }
    }
    if faults.is_empty() {
        return Ok((values, warnings));
    }
    let only_size = faults.iter().all(|(_, fault)| matches!(fault, Fault::TooLarge(_)));
    let details = faults.into_iter().map(|(input, fault)| detail(input, fault)).collect();
    let code = if only_size { 413 } else { 400 };
    Err(RequestError { code, message: "Unable to complete operation.".into(), details })
}

/// Reads one input parameter, as [`parse_values`] does.
///
/// # Errors
/// As [`parse_values`].
pub fn parse_parameter(
    input: &Parameter,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Value, RequestError> {
    let values = parse_values(std::slice::from_ref(input), parameters, limits)?.0;
    Ok(values.into_iter().next().unwrap_or(Value::Null))
}

/// Reads a value as it stands in a service file or a request: for defaults.
pub(crate) fn parse_text(parameter: &Parameter, text: &str) -> Result<Value, String> {
    match parse_one(parameter, &[text], &Limits::default(), &mut Vec::new()) {
        Ok(value) => Ok(value),
        Err(Fault::Wrong(reason) | Fault::TooLarge(reason)) => Err(reason),
    }
}

fn detail(input: &Parameter, fault: Fault) -> String {
    match fault {
        Fault::Wrong(reason) | Fault::TooLarge(reason) => format!("{}: {reason}", input.name),
    }
}

fn parse_one(
    input: &Parameter,
    texts: &[&str],
    limits: &Limits,
    warnings: &mut Vec<String>,
) -> Result<Value, Fault> {
    let given: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    let value = match (&input.data_type, given.last()) {
        (_, None) => None,
        (DataType::MultiValue(member), Some(_)) => {
            Some(parse_multi(input, member, &given, limits, warnings)?)
        }
        (data_type, Some(text)) => parse_member(input, data_type, text, limits, warnings)?,
    };
    match value {
        Some(value) => Ok(value),
        None if input.default != Value::Null => Ok(input.default.clone()),
        None if input.requirement == Requirement::Required => {
            Err(Fault::Wrong(format!("ERROR 000735: {}: Value is required", input.display_name)))
        }
        None => Ok(Value::Null),
    }
}

/// A list in any of the four forms of specification 0, rule 6.
fn parse_multi(
    input: &Parameter,
    member: &DataType,
    given: &[&str],
    limits: &Limits,
    warnings: &mut Vec<String>,
) -> Result<Value, Fault> {
    let members: Vec<String> = match given {
        [text] if text.starts_with('[') => array_elements(text).map_err(Fault::Wrong)?,
        [text] if text.starts_with('{') => vec![(*text).to_owned()],
        [text] => text.split(',').map(|part| part.trim().to_owned()).collect(),
        texts => texts.iter().map(|text| (*text).to_owned()).collect(),
    };
    let mut values = Vec::with_capacity(members.len());
    for (index, text) in members.iter().enumerate() {
        let at = |fault| match fault {
            Fault::Wrong(reason) => Fault::Wrong(format!("value {}: {reason}", index + 1)),
            too_large => too_large,
        };
        values.extend(parse_member(input, member, text, limits, warnings).map_err(at)?);
    }
    Ok(Value::Multi(values))
}

/// One value; `None` when the text means "not given".
fn parse_member(
    input: &Parameter,
    data_type: &DataType,
    text: &str,
    limits: &Limits,
    warnings: &mut Vec<String>,
) -> Result<Option<Value>, Fault> {
    let wrong = |expected: &str| Fault::Wrong(format!("\"{}\" is not {expected}", shorten(text)));
    let plain = unquoted(text);
    if plain == "null" && !matches!(data_type, DataType::String | DataType::SqlExpression) {
        return Ok(None);
    }
    let value = match data_type {
        DataType::Boolean => Value::Boolean(read_boolean(text).ok_or_else(|| wrong("true or false"))?),
        DataType::Long => {
            let number = read_long(&plain)
                .ok_or_else(|| wrong("a whole number between -4503599627370495 and 4503599627370495"))?;
            check_range(input, number as f64)?;
            Value::Long(number)
        }
        DataType::Double => {
            let number = plain.parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.ok_or_else(|| wrong("a number"))?;
            check_range(input, number)?;
            Value::Double(number)
        }
        DataType::String => Value::String(choose(input, text)?),
        DataType::SqlExpression => Value::SqlExpression(SqlExpression(text.to_owned())),
        DataType::Date => {
            let epoch_ms =
                gp_esri::date::parse_date(text).map_err(|error| Fault::Wrong(error.to_string()))?;
            Value::Date(Date { epoch_ms })
        }
        DataType::LinearUnit => Value::LinearUnit(reread(text, LinearUnit::from_text)?),
        DataType::ArealUnit => Value::ArealUnit(reread(text, ArealUnit::from_text)?),
        DataType::Field => Value::Field(reread(text, Field::from_text)?),
        DataType::CoordinateSystem => match reread(text, SpatialReference::from_text)? {
            Some(sr) => Value::CoordinateSystem(CoordinateSystem(sr)),
            None => return Ok(None),
        },
        DataType::FeatureRecordSetLayer | DataType::RecordSet => {
            return read_features(input, data_type, text, limits, warnings);
        }
        DataType::MultiValue(_) => return Err(Fault::Wrong("a list of lists is not supported".into())),
    };
    Ok(Some(value))
}

fn read_features(
    input: &Parameter,
    data_type: &DataType,
    text: &str,
    limits: &Limits,
    warnings: &mut Vec<String>,
) -> Result<Option<Value>, Fault> {
    let read_limits = ReadLimits {
        max_features: limits.max_features,
        max_vertices: limits.max_vertices,
        max_values: limits.max_values,
        max_depth: limits.max_json_depth,
        ..ReadLimits::default()
    };
    let read = match FeatureSet::from_json(text, &read_limits) {
        Ok(read) => read,
        Err(ReadError::NotGiven) => return Ok(None),
        Err(
            error @ (ReadError::TooManyFeatures { .. }
            | ReadError::TooManyVertices { .. }
            | ReadError::TooManyValues { .. }),
        ) => {
            return Err(Fault::TooLarge(error.to_string()));
        }
        Err(error) => return Err(Fault::Wrong(error.to_string())),
    };
    warnings.extend(read.warnings.into_iter().map(|warning| format!("{}: {warning}", input.display_name)));
    if read.filter.is_some() {
        let reason = "the layer has a filter, which is not applied here; send the features that it selects";
        return Err(Fault::Wrong(reason.to_owned()));
    }
    let mut features = read.feature_set;
    if *data_type == DataType::RecordSet {
        features.geometry_type = None;
        features.features.iter_mut().for_each(|feature| feature.geometry = None);
        return Ok(Some(Value::RecordSet(RecordSet(features))));
    }
    features.geometry_type = features.geometry_type.or(Some(GeometryType::Point));
    if let (Some(Filter::FeatureClass(allowed)), Some(found)) = (&input.filter, features.geometry_type) {
        // An empty set of an unnamed type is read as points; it is as good as one of any other type.
        let is_empty = features.features.iter().all(|feature| feature.geometry.is_none());
        if is_empty && !allowed.contains(&found) {
            features.geometry_type = allowed.first().copied();
        } else if !allowed.contains(&found) {
            let names: Vec<&str> = allowed.iter().map(|geometry_type| geometry_type.name()).collect();
            return Err(Fault::Wrong(format!(
                "{} is not allowed here; use {}",
                found.name(),
                names.join(", ")
            )));
        }
    }
    Ok(Some(Value::FeatureSet(features)))
}

/// Reads with `read`; text that is JSON but for its quotes gets the lenient pass.
fn reread<T, E: std::fmt::Display>(text: &str, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Fault> {
    match read(text) {
        Ok(value) => Ok(value),
        Err(strict) => match gp_esri::lenient::to_json(text) {
            Some(json) => read(&json).map_err(|_| Fault::Wrong(strict.to_string())),
            None => Err(Fault::Wrong(strict.to_string())),
        },
    }
}

/// The text itself, or the choice that it means; choices match without regard to case.
fn choose(input: &Parameter, text: &str) -> Result<String, Fault> {
    if input.choices.is_empty() {
        return Ok(text.to_owned());
    }
    let plain = unquoted(text);
    let choice = input.choices.iter().find(|choice| choice.eq_ignore_ascii_case(&plain));
    choice.map(|choice| choice.to_string()).ok_or_else(|| {
        Fault::Wrong(format!("\"{}\" is not one of {}", shorten(&plain), input.choices.join(", ")))
    })
}

fn check_range(input: &Parameter, number: f64) -> Result<(), Fault> {
    match input.filter {
        Some(Filter::Range { minimum, maximum }) if !(minimum..=maximum).contains(&number) => {
            Err(Fault::Wrong(format!("{number} is not between {minimum} and {maximum}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
