//! Texts of a request to typed values, by the rules of specification 2.4: what every client really sends is accepted,
//! anything else is answered by a sentence that names the parameter.

mod features;
mod files;
mod references;
mod scalars;
mod tables;
mod texts;

use crate::{
    DataType, Filter, Limits, Parameter, ParameterInfo, Parameters, RequestError, Requirement, Value,
};
use crate::{InputSource, NoSource, SourceError};
use gp_esri::Extent;
use std::borrow::Cow;

use texts::{array_elements, may_hold_secret};
pub(crate) use texts::{array_texts, object_members, read_boolean, shorten};
pub use texts::{has_open_url, is_web_url};

/// Why a value was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text is wrong.
    Wrong(String),
    /// The text is right but too much.
    TooLarge(String),
    /// The text names data that this process does not fetch.
    Elsewhere,
}

/// What a request's values are read with.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What a value may cost.
    pub limits: &'a Limits,
    /// Where data comes from that is only named.
    pub source: &'a dyn InputSource,
    /// The extent of the request, so that no more than it is fetched.
    pub extent: Option<&'a Extent>,
    /// Milliseconds since 1970: what CURRENT_TIMESTAMP means in a layer's filter.
    pub now_ms: i64,
}

/// Reads every input parameter. Returns one value each, in order, and warnings about what was not taken as it came.
///
/// # Errors
/// One detail for each wrong parameter; code 413 when all that is wrong is the size, or that data is only named and the
/// source gives none.
pub fn parse_values(
    inputs: &[Parameter],
    parameters: &Parameters,
    reading: Reading<'_>,
) -> Result<(Vec<Value>, Vec<String>), RequestError> {
    let mut parser = Parser { reading, warnings: Vec::new() };
    let (mut values, mut faults) = (Vec::with_capacity(inputs.len()), Vec::new());
    for input in inputs {
        match parser.parameter(input, &parameters.all(&input.name)) {
            Ok(value) => values.push(value),
            Err(fault) => faults.push((input, fault)),
        }
    }
    if faults.is_empty() {
        faults = scalars::wrong_fields(inputs, &values);
    }
    if faults.is_empty() {
        return Ok((values, parser.warnings));
    }
    let is_wrong = faults.iter().any(|(_, fault)| matches!(fault, Fault::Wrong(_)));
    let details = faults.into_iter().filter_map(|(input, fault)| detail(input, fault)).collect();
    let code = if is_wrong { 400 } else { 413 };
    Err(RequestError { code, message: "Unable to complete operation.".into(), details })
}

/// Reads one input parameter, as [`parse_values`] does. Data that is only named is not fetched.
///
/// # Errors
/// As [`parse_values`].
pub fn parse_parameter(
    input: &Parameter,
    parameters: &Parameters,
    limits: &Limits,
) -> Result<Value, RequestError> {
    let reading = Reading { limits, source: &NoSource, extent: None, now_ms: 0 };
    let values = parse_values(std::slice::from_ref(input), parameters, reading)?.0;
    Ok(values.into_iter().next().unwrap_or(Value::Null))
}

/// Reads a value as it stands in a service file or a request: for defaults.
pub(crate) fn parse_text(parameter: &Parameter, text: &str) -> Result<Value, String> {
    let limits = Limits::default();
    let reading = Reading { limits: &limits, source: &NoSource, extent: None, now_ms: 0 };
    match (Parser { reading, warnings: Vec::new() }).parameter(parameter, &[text]) {
        Ok(value) => Ok(value),
        Err(Fault::Wrong(reason) | Fault::TooLarge(reason)) => Err(reason),
        Err(Fault::Elsewhere) => Err("a default must hold its data itself".to_owned()),
    }
}

/// The sentence of a fault, beginning with the parameter.
fn detail(input: &Parameter, fault: Fault) -> Option<String> {
    match fault {
        Fault::Wrong(reason) | Fault::TooLarge(reason) => Some(format!("{}: {reason}", input.name)),
        Fault::Elsewhere => None,
    }
}

/// Reads values, and collects what has to be said about them.
struct Parser<'a> {
    reading: Reading<'a>,
    warnings: Vec<String>,
}

/// What one value has to be: a parameter, a member of a list, a column of a table, a member of a composite.
#[derive(Clone, Copy)]
struct Slot<'a> {
    display_name: &'a str,
    data_type: &'a DataType,
    choices: &'a [Cow<'static, str>],
    filter: Option<&'a Filter>,
    infos: &'a [ParameterInfo],
}

impl<'a> Slot<'a> {
    fn of(parameter: &'a Parameter) -> Slot<'a> {
        Slot {
            display_name: &parameter.display_name,
            data_type: &parameter.data_type,
            choices: &parameter.choices,
            filter: parameter.filter.as_ref(),
            infos: &parameter.infos,
        }
    }

    /// The same for a part of it.
    fn part(self, info: &'a ParameterInfo) -> Slot<'a> {
        Slot {
            display_name: self.display_name,
            data_type: &info.data_type,
            choices: &info.choices,
            filter: info.filter.as_ref(),
            infos: &[],
        }
    }
}

impl Parser<'_> {
    fn parameter(&mut self, input: &Parameter, texts: &[&str]) -> Result<Value, Fault> {
        let given: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let slot = Slot::of(input);
        let value = match (&input.data_type, given.last()) {
            (_, None) => None,
            (DataType::MultiValue(member), Some(_)) => {
                Some(self.list(Slot { data_type: member, ..slot }, &given)?)
            }
            (DataType::ValueTable, Some(_)) => Some(self.table(slot, &given)?),
            (_, Some(text)) => self.member(slot, text)?,
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
    fn list(&mut self, slot: Slot<'_>, given: &[&str]) -> Result<Value, Fault> {
        let (members, nulls) = match given {
            [text] if text.starts_with('[') => array_elements(text).map_err(Fault::Wrong)?,
            [text] if text.starts_with('{') => (vec![(*text).to_owned()], 0),
            [text] => (text.split(',').map(|part| part.trim().to_owned()).collect(), 0),
            texts => (texts.iter().map(|text| (*text).to_owned()).collect(), 0),
        };
        let mut values = Vec::with_capacity(members.len());
        for (index, text) in members.iter().enumerate() {
            let value = self.member(slot, text);
            values.extend(value.map_err(|fault| fault.at(format_args!("value {}", index + 1)))?);
        }
        if nulls > 0 && !values.is_empty() {
            // What stands behind them is now in another place, which matters where lists belong together.
            self.say(slot, vec![format!("{nulls} values of the list are null and were left out")]);
        }
        Ok(Value::Multi(values))
    }

    /// One value; `None` when the text means "not given".
    fn member(&mut self, slot: Slot<'_>, text: &str) -> Result<Option<Value>, Fault> {
        match slot.data_type {
            DataType::FeatureRecordSetLayer | DataType::RecordSet => self.features(slot, text),
            DataType::DataFile | DataType::RasterData | DataType::RasterDataLayer => self.file(slot, text),
            DataType::SpatialReference | DataType::CoordinateSystem => self.spatial_reference(slot, text),
            DataType::Composite => self.composite(slot, text),
            DataType::ValueTable | DataType::MultiValue(_) => {
                Err(Fault::Wrong("a list of lists is not supported".into()))
            }
            _ => scalars::read(slot, text).map_err(|fault| match fault {
                // The readers of units and the like repeat what they cannot read.
                Fault::Wrong(_) if may_hold_secret(text) => {
                    Fault::Wrong(format!("{} is no value that is taken here", shorten(text)))
                }
                fault => fault,
            }),
        }
    }
}

impl Fault {
    /// The same, saying where in a larger value.
    fn at(self, place: impl std::fmt::Display) -> Fault {
        match self {
            Fault::Wrong(reason) => Fault::Wrong(format!("{place}: {reason}")),
            other => other,
        }
    }
}

impl From<SourceError> for Fault {
    fn from(error: SourceError) -> Fault {
        match error {
            SourceError::Elsewhere => Fault::Elsewhere,
            SourceError::Refused(reason) => Fault::Wrong(reason),
            SourceError::TooLarge(reason) => Fault::TooLarge(reason),
        }
    }
}

#[cfg(test)]
mod tests;
