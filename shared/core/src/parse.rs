//! Texts of a request to typed values, by the rules of specification 2.4: what every client really sends is accepted,
//! anything else is answered by a sentence that names the parameter.

mod texts;

use crate::{CoordinateSystem, DataType, Date, Filter, Limits, Parameter, Parameters, RecordSet, RequestError};
use crate::{Requirement, SqlExpression, Value};
use gp_esri::{ArealUnit, FeatureSet, Field, GeometryType, LinearUnit, ReadError, ReadLimits, SpatialReference};

pub(crate) use texts::{object_members, read_boolean, shorten};
use texts::{array_elements, read_long, unquoted};

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
pub fn parse_parameter(input: &Parameter, parameters: &Parameters, limits: &Limits) -> Result<Value, RequestError> {
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
        (DataType::MultiValue(member), Some(_)) => Some(parse_multi(input, member, &given, limits, warnings)?),
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
            let number = read_long(&plain).ok_or_else(|| wrong("a whole number"))?;
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
            let epoch_ms = gp_esri::date::parse_date(text).map_err(|error| Fault::Wrong(error.to_string()))?;
            Value::Date(Date { epoch_ms })
        }
        DataType::LinearUnit => Value::LinearUnit(reread(text, |text| LinearUnit::from_text(text))?),
        DataType::ArealUnit => Value::ArealUnit(reread(text, |text| ArealUnit::from_text(text))?),
        DataType::Field => Value::Field(reread(text, |text| Field::from_text(text))?),
        DataType::CoordinateSystem => {
            match reread(text, |text| SpatialReference::from_text(text))? {
                Some(sr) => Value::CoordinateSystem(CoordinateSystem(sr)),
                None => return Ok(None),
            }
        }
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
    let mut features = read.feature_set;
    if *data_type == DataType::RecordSet {
        features.geometry_type = None;
        features.features.iter_mut().for_each(|feature| feature.geometry = None);
        return Ok(Some(Value::RecordSet(RecordSet(features))));
    }
    features.geometry_type = features.geometry_type.or(Some(GeometryType::Point));
    if let (Some(Filter::FeatureClass(allowed)), Some(found)) = (&input.filter, features.geometry_type) {
        if !allowed.contains(&found) {
            let names: Vec<&str> = allowed.iter().map(|geometry_type| geometry_type.name()).collect();
            return Err(Fault::Wrong(format!("{} is not allowed here; use {}", found.name(), names.join(", "))));
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
mod tests {
    use super::*;
    use crate::ParameterType;
    use gp_esri::{Attribute, GeometryType, LinearUnitName};

    fn parse<T: ParameterType>(texts: &[&str]) -> Result<Value, String> {
        parse_as(Parameter::input::<T>("P", "The P", "doc"), texts)
    }

    fn parse_as(parameter: Parameter, texts: &[&str]) -> Result<Value, String> {
        let parameters = Parameters::from_iter(texts.iter().map(|text| ("P", *text)));
        parse_parameter(&parameter, &parameters, &Limits::default()).map_err(|error| error.details.join("|"))
    }

    #[test]
    fn booleans_come_in_every_case_and_as_digits() {
        for text in ["true", "True", "TRUE", "1", "\"true\"", " true "] {
            assert_eq!(parse::<bool>(&[text]), Ok(Value::Boolean(true)), "{text}");
        }
        assert_eq!(parse::<bool>(&["False"]), Ok(Value::Boolean(false)));
        assert_eq!(parse::<bool>(&["yes"]), Err("P: \"yes\" is not true or false".into()));
    }

    #[test]
    fn numbers_come_with_quotes_and_exponents_but_must_be_numbers() {
        assert_eq!(parse::<i64>(&["\"5\""]), Ok(Value::Long(5)));
        assert_eq!(parse::<i64>(&["1e3"]), Ok(Value::Long(1000)));
        assert_eq!(parse::<i64>(&["-4503599627370495"]), Ok(Value::Long(-4_503_599_627_370_495)));
        assert!(parse::<i64>(&["4503599627370496"]).is_err());
        assert!(parse::<i64>(&["1.5"]).is_err());
        assert_eq!(parse::<f64>(&["1.5E-3"]), Ok(Value::Double(0.0015)));
        for text in ["NaN", "inf", "1,5", "abc"] {
            assert_eq!(parse::<f64>(&[text]), Err(format!("P: \"{text}\" is not a number")));
        }
    }

    #[test]
    fn an_empty_text_means_the_default_and_a_required_value_is_demanded() {
        let with_default = Parameter::input::<i64>("P", "The P", "doc").with_default(7_i64);
        assert_eq!(parse_as(with_default, &[""]), Ok(Value::Long(7)));
        assert_eq!(parse::<i64>(&["", " "]), Err("P: ERROR 000735: The P: Value is required".into()));
        assert_eq!(parse::<Option<i64>>(&[]), Ok(Value::Null));
    }

    #[test]
    fn the_last_of_repeated_scalars_wins() {
        assert_eq!(parse::<i64>(&["1", "2"]), Ok(Value::Long(2)));
    }

    #[test]
    fn a_list_comes_in_all_four_forms() {
        let list = |texts: &[&str]| Value::Multi(texts.iter().map(|text| Value::String((*text).into())).collect());
        assert_eq!(parse::<Vec<String>>(&["[\"a,b\",\"c\"]"]), Ok(list(&["a,b", "c"])));
        assert_eq!(parse::<Vec<String>>(&["a", "c"]), Ok(list(&["a", "c"])));
        assert_eq!(parse::<Vec<String>>(&["a, c"]), Ok(list(&["a", "c"])));
        assert_eq!(parse::<Vec<String>>(&["['a', 'it\\'s']"]), Ok(list(&["a", "it's"])));
        assert_eq!(parse::<Vec<String>>(&["[]"]), Ok(list(&[])));
    }

    #[test]
    fn a_wrong_member_of_a_list_is_counted() {
        assert_eq!(parse::<Vec<i64>>(&["[1,\"x\"]"]), Err("P: value 2: \"x\" is not a whole number".into()));
    }

    #[test]
    fn choices_match_in_any_case_and_others_are_listed() {
        let mut parameter = Parameter::input::<String>("P", "The P", "doc");
        parameter.choices = vec!["FULL".into(), "LEFT".into()];
        assert_eq!(parse_as(parameter.clone(), &["full"]), Ok(Value::String("FULL".into())));
        assert_eq!(parse_as(parameter.clone(), &["\"Left\""]), Ok(Value::String("LEFT".into())));
        assert_eq!(parse_as(parameter, &["up"]), Err("P: \"up\" is not one of FULL, LEFT".into()));
    }

    #[test]
    fn units_are_read_as_python_writes_them() {
        let five_miles = LinearUnit { distance: 5.0, unit: LinearUnitName::NauticalMiles };
        for text in ["{\"distance\":5,\"units\":\"esriNauticalmiles\"}", "{'distance': 5, 'units': 'esriNauticalMiles'}"] {
            assert_eq!(parse::<LinearUnit>(&[text]), Ok(Value::LinearUnit(five_miles)), "{text}");
        }
        let error = parse::<LinearUnit>(&["{\"distance\":5,\"units\":\"esriBogusUnits\"}"]).unwrap_err();
        assert!(error.starts_with("P: ") && error.contains("esriBogusUnits"), "{error}");
    }

    #[test]
    fn a_range_is_kept() {
        let parameter =
            Parameter::input::<f64>("P", "The P", "doc").with_filter(Filter::Range { minimum: 0.0, maximum: 1.0 });
        assert_eq!(parse_as(parameter, &["2"]), Err("P: 2 is not between 0 and 1".into()));
    }

    #[test]
    fn features_that_python_sends_for_nothing_are_nothing() {
        for text in ["{}", "null", "{\"url\":\"\"}"] {
            assert_eq!(parse::<Option<FeatureSet>>(&[text]), Ok(Value::Null), "{text}");
        }
    }

    #[test]
    fn features_of_a_geometry_type_that_is_not_allowed_are_refused() {
        let filter = Filter::FeatureClass(vec![GeometryType::Polygon]);
        let parameter = Parameter::input::<FeatureSet>("P", "The P", "doc").with_filter(filter);
        let error = parse_as(parameter, &["{\"features\":[{\"geometry\":{\"x\":1,\"y\":2}}]}"]).unwrap_err();
        assert_eq!(error, "P: esriGeometryPoint is not allowed here; use esriGeometryPolygon");
    }

    #[test]
    fn rows_of_a_record_set_lose_geometry() {
        let text = "{\"features\":[{\"attributes\":{\"A\":1},\"geometry\":{\"x\":1,\"y\":2}}]}";
        let Ok(Value::RecordSet(RecordSet(rows))) = parse::<RecordSet>(&[text]) else { panic!("no record set") };
        assert_eq!(rows.geometry_type, None);
        assert_eq!((&rows.features[0].attributes[0], &rows.features[0].geometry), (&Attribute::Integer(1), &None));
    }

    #[test]
    fn every_wrong_parameter_is_told_at_once() {
        let inputs = [Parameter::input::<i64>("A", "A", "doc"), Parameter::input::<bool>("B", "B", "doc")];
        let parameters = Parameters::from_iter([("A", "x"), ("B", "y")]);
        let error = parse_values(&inputs, &parameters, &Limits::default()).unwrap_err();
        assert_eq!((error.code, error.details.len()), (400, 2));
    }

    #[test]
    fn too_many_features_are_an_error_of_their_own() {
        let limits = Limits { max_features: 1, ..Limits::default() };
        let parameters = Parameters::from_iter([("P", "{\"features\":[{},{}]}")]);
        let input = Parameter::input::<FeatureSet>("P", "The P", "doc");
        let error = parse_parameter(&input, &parameters, &limits).unwrap_err();
        assert_eq!(error.code, 413, "{error}");
    }

    proptest::proptest! {
        #[test]
        fn parameter_parsing_never_panics(text in ".{0,200}") {
            let _ = parse::<i64>(&[&text]);
            let _ = parse::<Vec<String>>(&[&text]);
            let _ = parse::<LinearUnit>(&[&text]);
            let _ = parse::<ArealUnit>(&[&text]);
            let _ = parse::<Date>(&[&text]);
            let _ = parse::<Field>(&[&text]);
            let _ = parse::<CoordinateSystem>(&[&text]);
            let _ = parse::<FeatureSet>(&[&text]);
        }

        #[test]
        fn parsing_of_mutated_json_never_panics(
            at in 0_usize..80,
            with in "[\\[\\]{}\",:'0-9eE.+a-z-]{0,4}",
        ) {
            let json = "{\"features\":[{\"attributes\":{\"A\":1.5},\"geometry\":{\"rings\":[[[0,0],[0,1],[1,1],[0,0]]]}}]}";
            let cut = json.char_indices().nth(at).map_or(json.len(), |(index, _)| index);
            let text = format!("{}{with}{}", &json[..cut], &json[cut..]);
            let _ = parse::<FeatureSet>(&[&text]);
            let _ = parse::<Vec<FeatureSet>>(&[&text]);
            let _ = parse::<CoordinateSystem>(&[&text]);
        }
    }
}
