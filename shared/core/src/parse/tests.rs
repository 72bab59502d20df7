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
    let list =
        |texts: &[&str]| Value::Multi(texts.iter().map(|text| Value::String((*text).into())).collect());
    assert_eq!(parse::<Vec<String>>(&["[\"a,b\",\"c\"]"]), Ok(list(&["a,b", "c"])));
    assert_eq!(parse::<Vec<String>>(&["a", "c"]), Ok(list(&["a", "c"])));
    assert_eq!(parse::<Vec<String>>(&["a, c"]), Ok(list(&["a", "c"])));
    assert_eq!(parse::<Vec<String>>(&["['a', 'it\\'s']"]), Ok(list(&["a", "it's"])));
    assert_eq!(parse::<Vec<String>>(&["[]"]), Ok(list(&[])));
    assert_eq!(parse::<Vec<String>>(&["[None, 'a', null]"]), Ok(list(&["a"])));
}

#[test]
fn a_wrong_member_of_a_list_is_counted() {
    assert_eq!(
        parse::<Vec<i64>>(&["[1,\"x\"]"]),
        Err("P: value 2: \"x\" is not a whole number between -4503599627370495 and 4503599627370495".into())
    );
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
    for text in
        ["{\"distance\":5,\"units\":\"esriNauticalmiles\"}", "{'distance': 5, 'units': 'esriNauticalMiles'}"]
    {
        assert_eq!(parse::<LinearUnit>(&[text]), Ok(Value::LinearUnit(five_miles)), "{text}");
    }
    let error = parse::<LinearUnit>(&["{\"distance\":5,\"units\":\"esriBogusUnits\"}"]).unwrap_err();
    assert!(error.starts_with("P: ") && error.contains("esriBogusUnits"), "{error}");
}

#[test]
fn a_range_is_kept() {
    let parameter = Parameter::input::<f64>("P", "The P", "doc")
        .with_filter(Filter::Range { minimum: 0.0, maximum: 1.0 });
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
    assert_eq!(
        (&rows.features[0].attributes[0], &rows.features[0].geometry),
        (&Attribute::Integer(1), &None)
    );
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
