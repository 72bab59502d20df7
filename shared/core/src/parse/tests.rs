use super::*;
use crate::{
    BareEnvelope, Composite, CoordinateSystem, DataFile, Date, HiddenString, ParameterType, RasterData,
};
use crate::{RecordSet, SourceFeatures, ValueTable, Wanted};
use bytes::Bytes;
use gp_esri::{
    ArealUnit, Attribute, DataReference, FeatureSet, Field, GeometryType, LinearUnit, LinearUnitName,
};
use gp_esri::{ReadLimits, SpatialReference};
use gp_formats::Input;
use std::sync::Arc;

mod named;

use named::parse_from_shelf;

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
fn nulls_in_a_list_are_left_out_with_a_warning() {
    let limits = Limits::default();
    let reading = Reading { limits: &limits, source: &NoSource, extent: None, now_ms: 0 };
    let read = |text: &str| {
        let parameter = Parameter::input::<Vec<String>>("P", "The P", "doc");
        parse_values(&[parameter], &Parameters::from_iter([("P", text)]), reading).unwrap()
    };
    let (values, warnings) = read(r#"[null,"rivers"]"#);
    assert_eq!(values, [Value::Multi(vec![Value::String("rivers".into())])]);
    assert_eq!(warnings, ["The P: 1 values of the list are null and were left out"]);
    assert_eq!(read("[null,null]"), (vec![Value::Multi(Vec::new())], Vec::new()));
    assert_eq!(read(r#"["null","a"]"#).1, Vec::<String>::new());
}

#[test]
fn what_may_be_a_secret_is_not_repeated_in_an_error() {
    for text in [r#"{"token":"s3cret","url":"http://h/0"}"#, "https://h/0?sig=s3cret", "https://u:s3cret@h/0"]
    {
        for error in [parse::<bool>(&[text]), parse::<f64>(&[text]), parse::<LinearUnit>(&[text])] {
            let error = error.unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}

#[test]
fn a_result_is_an_input_and_a_part_of_one_is_told() {
    let result = r#"{"paramName":"Out","dataType":"GPFeatureRecordSetLayer","value":{"geometryType":"esriGeometryPoint","exceededTransferLimit":true,"features":[{"geometry":{"x":1,"y":2}}]}}"#;
    let geojson = r#"{"type":"FeatureCollection","properties":{"exceededTransferLimit":true},"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":null}]}"#;
    let parameter = Parameter::input::<FeatureSet>("P", "The P", "doc");
    let limits = Limits::default();
    for text in [result, geojson] {
        let reading = Reading { limits: &limits, source: &NoSource, extent: None, now_ms: 0 };
        let parameters = Parameters::from_iter([("P", text)]);
        let (values, warnings) =
            parse_values(std::slice::from_ref(&parameter), &parameters, reading).unwrap();
        assert_eq!(values[0].features().map(|set| set.features.len()), Some(1));
        assert!(
            warnings[0].starts_with("The P: the features are marked exceededTransferLimit"),
            "{warnings:?}"
        );
    }
}

#[test]
fn features_without_the_object_ids_that_they_declare_are_counted_from_one() {
    let parameter = Parameter::input::<FeatureSet>("P", "The P", "doc");
    let limits = Limits::default();
    let reading = Reading { limits: &limits, source: &NoSource, extent: None, now_ms: 0 };
    let read = |first: &str| {
        let text = format!(
            r#"{{"fields":[{{"name":"OBJECTID","type":"esriFieldTypeOID"}}],"features":[{{"attributes":{first},"geometry":{{"x":1,"y":2}}}},{{"geometry":{{"x":1,"y":2}}}}]}}"#
        );
        let parameters = Parameters::from_iter([("P", text.as_str())]);
        let (values, warnings) =
            parse_values(std::slice::from_ref(&parameter), &parameters, reading).unwrap();
        let set = values[0].features().unwrap();
        let ids: Vec<_> = set.features.iter().map(|feature| feature.attributes[0].clone()).collect();
        (ids, warnings)
    };
    let ids = |ids: [i64; 2]| ids.map(Attribute::Integer).to_vec();
    assert_eq!(read("{}"), (ids([1, 2]), Vec::new()));
    let (found, warnings) = read(r#"{"OBJECTID":1}"#);
    assert_eq!((found, warnings.len()), (ids([1, 2]), 1));
    assert!(warnings[0].ends_with("were given one that was free: 1"), "{warnings:?}");
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
    let limits = Limits::default();
    let reading = Reading { limits: &limits, source: &NoSource, extent: None, now_ms: 0 };
    let error = parse_values(&inputs, &parameters, reading).unwrap_err();
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

fn table() -> Parameter {
    Parameter::input::<ValueTable>("P", "The P", "doc").with_infos(vec![
        ParameterInfo::column::<i64>("n", "N").with_filter(Filter::Range { minimum: 0.0, maximum: 9.0 }),
        ParameterInfo::column::<String>("text", "Text"),
        ParameterInfo::column::<LinearUnit>("distance", "Distance"),
    ])
}

#[test]
fn rows_of_a_value_table_are_arrays_objects_or_texts_of_either() {
    let km = Value::LinearUnit(LinearUnit { distance: 1.0, unit: LinearUnitName::Kilometers });
    let rows = vec![
        vec![Value::Long(1), Value::String("a,b".into()), km],
        vec![Value::Long(2), Value::String(String::new()), Value::Null],
    ];
    for text in [
        r#"[[1,"a,b",{"distance":1,"units":"esriKilometers"}],[2,"",null]]"#,
        r#"[{"text":"a,b","N":1,"distance":{"distance":1,"units":"esriKilometers"}},{"n":"2","text":""}]"#,
        r#"["[1,\"a,b\",{\"distance\":1,\"units\":\"esriKilometers\"}]","[2,\"\",\"\"]"]"#,
        r#"[[1, 'a,b', {'distance': 1, 'units': 'esriKilometers'}], [2, '', None]]"#,
    ] {
        assert_eq!(
            parse_as(table(), &[text]),
            Ok(Value::ValueTable(ValueTable { rows: rows.clone() })),
            "{text}"
        );
    }
    let one = Ok(Value::ValueTable(ValueTable {
        rows: vec![vec![Value::Long(1), Value::String("x".into()), Value::Null]],
    }));
    assert_eq!(parse_as(table(), &["[1,\"x\"]"]), one);
    assert_eq!(parse_as(table(), &["[]"]), Ok(Value::ValueTable(ValueTable::default())));
}

#[test]
fn blank_texts_in_cells_are_texts_and_hidden_ones_stay_hidden() {
    let cells = |text: &str| match parse_as(table(), &[text]) {
        Ok(Value::ValueTable(table)) => table.rows.concat(),
        other => panic!("{other:?}"),
    };
    assert_eq!(cells("[[1,\"  \",\" \"]]"), [Value::Long(1), Value::String("  ".into()), Value::Null]);
    let hidden = Parameter::input::<ValueTable>("P", "The P", "doc")
        .with_infos(vec![ParameterInfo::column::<HiddenString>("secret", "Secret")]);
    let Ok(Value::ValueTable(table)) = parse_as(hidden, &["[[\"\"]]"]) else { panic!() };
    assert!(matches!(table.rows[0][0], Value::HiddenString(_)), "{table:?}");
}

#[test]
fn a_wrong_cell_names_row_and_column() {
    let error = |text: &str| parse_as(table(), &[text]).unwrap_err();
    assert_eq!(error("[[1],[12]]"), "P: row 2: n: 12 is not between 0 and 9");
    assert_eq!(error("[[1,2,3,4]]"), "P: row 1: 4 values are more than the table has columns, 3");
    assert_eq!(error("[{\"m\":1}]"), "P: row 1: there is no column \"m\"; the columns are n, text, distance");
    assert!(error("7").starts_with("P: row 1: \"7\" is no row"));
}

#[test]
fn a_composite_is_typed_or_tried_member_by_member() {
    let parameter = || {
        Parameter::input::<Composite>("P", "The P", "doc")
            .with_infos(vec![ParameterInfo::member::<i64>(), ParameterInfo::member::<LinearUnit>()])
    };
    let read = |text: &str| match parse_as(parameter(), &[text]) {
        Ok(Value::Composite(composite)) => Ok((composite.data_type, *composite.value)),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    assert_eq!(read("5"), Ok((DataType::Long, Value::Long(5))));
    assert_eq!(read("{\"dataType\":\"GPLong\",\"value\":5}"), Ok((DataType::Long, Value::Long(5))));
    assert_eq!(read("5 Miles").unwrap().0, DataType::LinearUnit);
    assert!(
        read("x")
            .unwrap_err()
            .starts_with("P: the value is of none of the types (GPLong: \"x\" is not a whole")
    );
    assert_eq!(
        read("{\"dataType\":\"GPDate\",\"value\":5}"),
        Err("P: dataType \"GPDate\" is not one of GPLong, GPLinearUnit".into())
    );
    let list = Parameter::input::<Vec<Composite>>("P", "The P", "doc").with_infos(parameter().infos);
    let Ok(Value::Multi(members)) =
        parse_as(list, &["[5,{\"dataType\":\"GPLinearUnit\",\"value\":\"1 Mile\"}]"])
    else {
        panic!()
    };
    assert_eq!(members.len(), 2);
}

#[test]
fn a_composite_that_says_its_type_and_has_no_value_is_not_given() {
    let infos = || vec![ParameterInfo::member::<i64>(), ParameterInfo::member::<String>()];
    let nothing = r#"{"dataType":"GPLong","value":null}"#;
    let required = Parameter::input::<Composite>("P", "The P", "doc").with_infos(infos());
    assert_eq!(parse_as(required, &[nothing]), Err("P: ERROR 000735: The P: Value is required".into()));
    let list = Parameter::input::<Vec<Composite>>("P", "The P", "doc").with_infos(infos());
    let Ok(Value::Multi(members)) = parse_as(list, &[&format!("[{nothing},5]")]) else { panic!() };
    assert_eq!(members.len(), 1, "{members:?}");
}

#[test]
fn a_spatial_reference_comes_as_code_name_text_or_projection_file() {
    let parameter = Parameter::input::<SpatialReference>("P", "The P", "doc");
    let code = |text: &str| match parse_from_shelf(&parameter, text).map(|(value, _)| value) {
        Ok(Value::SpatialReference(reference)) => Ok(reference.code()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    for text in [
        "4326",
        "{\"wkid\":4326}",
        "{\"latestWkid\":4326}",
        "{\"name\":\"GCS_WGS_1984\"}",
        "{'name': 'WGS 84'}",
    ] {
        assert_eq!(code(text), Ok(Some(4326)), "{text}");
    }
    assert_eq!(code("{\"projectionFileItemID\":\"i1\"}"), Ok(None));
    assert_eq!(code("{\"name\":\"Nowhere\"}"), Err("P: there is no spatial reference \"Nowhere\"".into()));
}

#[test]
fn an_extent_needs_a_spatial_reference_and_an_envelope_none() {
    let box_text = "{\"xmin\":0,\"ymin\":1,\"xmax\":2,\"ymax\":3}";
    assert!(parse::<Extent>(&[box_text]).unwrap_err().contains("needs a spatialReference"));
    assert!(matches!(parse::<BareEnvelope>(&[box_text]), Ok(Value::Envelope(_))));
    let with = "{\"xmin\":0,\"ymin\":1,\"xmax\":2,\"ymax\":3,\"spatial_reference\":{\"wkid\":4326}}";
    assert!(matches!(parse::<Extent>(&[with]), Ok(Value::Extent(_))));
}

#[test]
fn a_file_that_was_not_made_is_an_object_because_clients_look_into_it() {
    let output = Parameter::output::<Option<RasterData>>("P", "The P", "doc");
    let json = crate::render_value(&output, &Value::Null, &crate::RenderOptions::STORED);
    assert_eq!(json, br#"{"url":""}"#);
}

#[test]
fn a_hidden_text_never_shows_itself() {
    let value = parse::<HiddenString>(&["secret"]).unwrap();
    assert!(!format!("{value:?}").contains("secret"));
    let parameter = Parameter::input::<HiddenString>("P", "The P", "doc");
    assert_eq!(crate::render_value(&parameter, &value, &crate::RenderOptions::STORED), b"\"\"");
}

#[test]
fn a_field_of_a_type_that_is_not_allowed_is_refused_by_what_its_layer_says() {
    let inputs = [
        Parameter::input::<FeatureSet>("Layer", "Layer", "doc"),
        Parameter::input::<Field>("F", "F", "doc")
            .depending_on("Layer")
            .with_filter(Filter::Field(vec![gp_esri::FieldType::Integer])),
    ];
    let layer = r#"{"features":[{"attributes":{"A":1,"B":"x"}}]}"#;
    let limits = Limits::default();
    let reading = Reading { limits: &limits, source: &NoSource, extent: None, now_ms: 0 };
    let read = |field: &str| {
        let parameters = Parameters::from_iter([("Layer", layer), ("F", field)]);
        parse_values(&inputs, &parameters, reading).map_err(|error| error.details.join("|"))
    };
    assert!(read("A").is_ok());
    assert_eq!(read("B").unwrap_err(), "F: field B is esriFieldTypeString; use one of esriFieldTypeInteger");
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
        let _ = parse_as(table(), &[&text]);
        let _ = parse::<DataFile>(&[&text]);
        let _ = parse::<Extent>(&[&text]);
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
        let _ = parse_as(table(), &[&text]);
    }
}
