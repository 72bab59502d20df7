//! What comes out of a task goes into the next one unchanged: many values through the engine's reader and writer, few through
//! a whole server.

use super::{ECHO, server, written};
use gp_core::{Composite, DataType, Date, Limits, Parameter, ParameterInfo, ParameterType, Parameters};
use gp_core::{RecordSet, RenderOptions, Value, ValueTable, parse_parameter, render_value};
use gp_esri::{
    ArealUnit, ArealUnitName, Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType,
};
use gp_esri::{LinearUnit, LinearUnitName, Path, Point, SpatialReference, TimeUnit, TimeUnitName, Xy};
use gp_tests::job::result_of;
use proptest::prelude::*;

/// Cases that go through a server, each with some requests.
const CASES_OVER_HTTP: u32 = 12;

/// The value as it is written, as it is read from that, and as that is written.
fn there_and_back(parameter: &Parameter, value: &Value) -> (String, Value, String) {
    let write = |value| String::from_utf8(render_value(parameter, value, &RenderOptions::STORED)).unwrap();
    let text = write(value);
    let parameters = Parameters::from_iter([("P", text.as_str())]);
    let read = parse_parameter(parameter, &parameters, &Limits::default());
    let read = read.unwrap_or_else(|error| panic!("{error:?}: {text}"));
    let again = write(&read);
    (text, read, again)
}

fn parameter<T: ParameterType>() -> Parameter {
    Parameter::input::<T>("P", "The P", "doc")
}

fn nullable(value: impl Strategy<Value = Attribute>) -> impl Strategy<Value = Attribute> {
    prop_oneof![1 => Just(Attribute::Null), 4 => value]
}

/// Any number that has a place in JSON.
fn number() -> impl Strategy<Value = f64> {
    prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO
}

/// Milliseconds of the years 1 to 9999.
fn date_ms() -> impl Strategy<Value = i64> {
    -62_135_596_800_000..253_402_300_800_000_i64
}

fn fields() -> Vec<Field> {
    vec![
        Field::new("OBJECTID", FieldType::Oid),
        Field::new("SMALL", FieldType::SmallInteger),
        Field { length: Some(40), ..Field::new("Straße", FieldType::String) },
        Field::new("BIG", FieldType::BigInteger),
        Field::new("SHARE", FieldType::Double),
        Field { alias: "When, \"if\"".to_owned(), ..Field::new("WHEN", FieldType::Date) },
        Field::new("DAY", FieldType::DateOnly),
    ]
}

fn row() -> impl Strategy<Value = Vec<Attribute>> {
    (
        (1..=i64::from(i32::MAX)).prop_map(Attribute::Integer),
        nullable(any::<i16>().prop_map(|value| Attribute::Integer(value.into()))),
        nullable("\\PC{0,12}".prop_map(|text| Attribute::Text(text.into()))),
        nullable(any::<i64>().prop_map(Attribute::Integer)),
        nullable(number().prop_map(Attribute::Double)),
        nullable(date_ms().prop_map(Attribute::Integer)),
        nullable("20[0-2][0-9]-0[1-9]-1[0-9]".prop_map(|text| Attribute::Text(text.into()))),
    )
        .prop_map(|(id, small, text, big, share, when, day)| vec![id, small, text, big, share, when, day])
}

fn position() -> impl Strategy<Value = Xy> {
    (-2e7..2e7_f64, -2e7..2e7_f64).prop_map(|(x, y)| [x, y])
}

fn path(xy: Vec<Xy>, has_z: bool) -> Path {
    let z = if has_z { xy.iter().map(|[x, y]| x - y).collect() } else { Vec::new() };
    Path { z, ..Path::from_xy(xy) }
}

fn geometry(geometry_type: GeometryType, has_z: bool) -> impl Strategy<Value = Geometry> {
    prop::collection::vec(position(), 2..6).prop_map(move |xy| match geometry_type {
        GeometryType::Point => {
            Geometry::Point(Point { z: has_z.then_some(xy[1][0]), ..Point::from_xy(xy[0]) })
        }
        GeometryType::Multipoint => Geometry::Multipoint(path(xy, has_z)),
        GeometryType::Polyline => Geometry::Polyline(vec![path(xy.clone(), has_z), path(xy, has_z)]),
        GeometryType::Polygon => {
            let [x, y] = xy[0];
            let ring = vec![[x, y], [x, y + 9.0], [x + 9.0, y + 9.0], [x + 9.0, y], [x, y]];
            Geometry::Polygon(vec![path(ring, has_z)])
        }
    })
}

fn feature_set() -> impl Strategy<Value = FeatureSet> {
    let types =
        [GeometryType::Point, GeometryType::Multipoint, GeometryType::Polyline, GeometryType::Polygon];
    let references = [None, Some(4326), Some(3857), Some(102_100), Some(25832), Some(5070)];
    (prop::sample::select(types.to_vec()), any::<bool>(), prop::sample::select(references.to_vec()))
        .prop_flat_map(|(geometry_type, has_z, wkid)| {
            let geometry = prop::option::weighted(0.8, geometry(geometry_type, has_z));
            prop::collection::vec((row(), geometry), 0..6).prop_map(move |rows| FeatureSet {
                geometry_type: Some(geometry_type),
                spatial_reference: wkid.map(SpatialReference::from_wkid),
                has_z,
                fields: fields(),
                features: rows
                    .into_iter()
                    .map(|(attributes, geometry)| Feature { attributes, geometry })
                    .collect(),
                ..FeatureSet::default()
            })
        })
}

fn linear_unit() -> impl Strategy<Value = LinearUnit> {
    (number(), prop::sample::select(LinearUnitName::ALL))
        .prop_map(|(distance, unit)| LinearUnit { distance, unit })
}

fn table() -> impl Strategy<Value = ValueTable> {
    let cell = |value: BoxedStrategy<Value>| prop_oneof![1 => Just(Value::Null), 4 => value];
    let long = (-4_503_599_627_370_495..=4_503_599_627_370_495_i64).prop_map(Value::Long).boxed();
    // A text in a cell is trimmed nowhere, and `""` is the empty text.
    let text = "\\PC{0,12}".prop_map(Value::String).boxed();
    let row = (cell(long), cell(text), cell(linear_unit().prop_map(Value::LinearUnit).boxed()));
    let rows = prop::collection::vec(row, 0..6);
    rows.prop_map(|rows| ValueTable { rows: rows.into_iter().map(|(a, b, c)| vec![a, b, c]).collect() })
}

fn table_parameter() -> Parameter {
    parameter::<ValueTable>().with_infos(vec![
        ParameterInfo::column::<i64>("number", "Number"),
        ParameterInfo::column::<String>("text", "Text"),
        ParameterInfo::column::<LinearUnit>("distance", "Distance"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_feature_set_that_comes_out_goes_in_unchanged(set in feature_set()) {
        let value = Value::FeatureSet(set.clone());
        let (text, read, again) = there_and_back(&parameter::<FeatureSet>(), &value);
        let Value::FeatureSet(read) = read else { panic!("{read:?}") };
        prop_assert_eq!(&read.features, &set.features);
        prop_assert_eq!(&read.fields, &set.fields);
        prop_assert_eq!(text, again);
    }

    #[test]
    fn rows_that_come_out_go_in_unchanged(mut set in feature_set()) {
        set.features.iter_mut().for_each(|feature| feature.geometry = None);
        let set = FeatureSet { geometry_type: None, has_z: false, ..set };
        let value = Value::RecordSet(RecordSet(set.clone()));
        let (text, read, again) = there_and_back(&parameter::<RecordSet>(), &value);
        let Value::RecordSet(RecordSet(read)) = read else { panic!("{read:?}") };
        prop_assert_eq!(&read.features, &set.features);
        prop_assert_eq!(text, again);
    }

    #[test]
    fn lists_of_features_that_come_out_go_in_unchanged(sets in prop::collection::vec(feature_set(), 0..4)) {
        let value = Value::Multi(sets.iter().cloned().map(Value::FeatureSet).collect());
        let (text, read, again) = there_and_back(&parameter::<Vec<FeatureSet>>(), &value);
        let Value::Multi(read) = read else { panic!("{read:?}") };
        prop_assert_eq!(read.len(), sets.len());
        prop_assert_eq!(text, again);
    }

    #[test]
    fn a_table_that_comes_out_goes_in_unchanged(table in table()) {
        let value = Value::ValueTable(table);
        let (_, read, _) = there_and_back(&table_parameter(), &value);
        prop_assert_eq!(read, value);
    }

    #[test]
    fn units_and_dates_that_come_out_go_in_unchanged(
        linear in linear_unit(),
        amount in number(),
        areal in prop::sample::select(ArealUnitName::ALL),
        time in prop::sample::select(TimeUnitName::ALL),
        epoch_ms in date_ms(),
    ) {
        let value = Value::LinearUnit(linear);
        prop_assert_eq!(there_and_back(&parameter::<LinearUnit>(), &value).1, value);
        let value = Value::ArealUnit(ArealUnit { area: amount, unit: areal });
        prop_assert_eq!(there_and_back(&parameter::<ArealUnit>(), &value).1, value);
        let value = Value::TimeUnit(TimeUnit { time: amount, unit: time });
        prop_assert_eq!(there_and_back(&parameter::<TimeUnit>(), &value).1, value);
        let value = Value::Date(Date { epoch_ms });
        prop_assert_eq!(there_and_back(&parameter::<Date>(), &value).1, value);
        let value = Value::Double(amount);
        prop_assert_eq!(there_and_back(&parameter::<f64>(), &value).1, value);
    }

    #[test]
    fn a_list_of_composites_that_comes_out_goes_in_unchanged(
        members in prop::collection::vec(
            prop_oneof![
                (-1_000_000..1_000_000_i64).prop_map(|n| (DataType::Long, Value::Long(n))),
                linear_unit().prop_map(|unit| (DataType::LinearUnit, Value::LinearUnit(unit))),
                "\\PC{0,12}".prop_map(|text| (DataType::String, Value::String(text))),
            ],
            0..5,
        ),
    ) {
        let members: Vec<Value> = members
            .into_iter()
            .map(|(data_type, value)| Value::Composite(Composite { data_type, value: Box::new(value) }))
            .collect();
        let list = parameter::<Vec<Composite>>().with_infos(vec![
            ParameterInfo::member::<i64>(),
            ParameterInfo::member::<LinearUnit>(),
            ParameterInfo::member::<String>(),
        ]);
        let value = Value::Multi(members);
        prop_assert_eq!(there_and_back(&list, &value).1, value);
    }
}

#[test]
fn values_that_a_server_gives_it_takes_again_unchanged() {
    let server = server();
    let config =
        ProptestConfig { cases: CASES_OVER_HTTP, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = (feature_set(), table(), linear_unit(), date_ms());
    proptest!(config, |((set, table, unit, epoch_ms) in strategy)| {
        let table = render_value(&table_parameter(), &Value::ValueTable(table), &RenderOptions::STORED);
        let unit = render_value(&parameter::<LinearUnit>(), &Value::LinearUnit(unit), &RenderOptions::STORED);
        let given = [
            ("Features", written(&set)),
            ("Rows", written(&set)),
            ("Value_Table", String::from_utf8(table).unwrap()),
            ("Linear_Unit", String::from_utf8(unit).unwrap()),
            ("Date", epoch_ms.to_string()),
        ];
        let run = |values: &[(&str, String)]| {
            let mut form: Vec<(&str, &str)> =
                values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            form.extend([("f", "json"), ("returnZ", "true"), ("simplifyFeatures", "false")]);
            let reply = server.post(ECHO, &form).json();
            assert!(reply["error"].is_null(), "{reply}");
            reply
        };
        let first = run(&given);
        let outputs: Vec<(&str, String)> = given
            .iter()
            .map(|(name, _)| (*name, result_of(&first, &format!("Out_{name}")).to_string()))
            .collect();
        prop_assert_eq!(outputs[4].1.as_str(), epoch_ms.to_string());
        let second = run(&outputs);
        prop_assert_eq!(&first["results"], &second["results"]);
        let found = super::parsed(&outputs[0].1);
        prop_assert_eq!(&found.features, &super::wired(&set).features);
    });
}
