//! Claims about what the reader changes or refuses in a set, and that it says so in a few sentences.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use gp_esri::{Attribute, FeatureSet, ReadFeatureSet, ReadLimits};

#[track_caller]
fn read(text: &str) -> ReadFeatureSet {
    FeatureSet::from_json(text, &ReadLimits::default()).unwrap()
}

#[test]
fn changes_are_warnings_that_do_not_grow_with_the_set() {
    let bad = r#"{"geometry":{"rings":[[[0,0],[1e301,1],[2,0]]]}},"#.repeat(99);
    let set = read(&format!(r#"{{"features":[{bad}{{"geometry":{{"rings":[[[0,0,9],[NaN,1],[2,0]]]}}}}]}}"#));
    assert!(set.feature_set.features.iter().all(|feature| feature.geometry.is_none()));
    assert_eq!(
        set.warnings,
        [
            "features[0], features[1], features[2] and 97 more: coordinates that are no finite numbers: read without geometry"
        ]
    );
    let curved = read(r#"{"curveRings":[[[0,0],{"c":[[2,0],[1,1]]},[0,0]]],"rings":[]}"#);
    assert!(curved.feature_set.vertex_count() > 100);
    assert_eq!(
        curved.warnings,
        [
            "features[0]: true curves densified, no chord further from its curve than 0.0001 of the curve's radius"
        ]
    );
    let dropped = read(r#"{"paths":[[[0,0,5],[1,1,6]]]}"#);
    assert!(!dropped.feature_set.has_z);
    assert_eq!(
        dropped.warnings,
        ["features[0]: third or fourth ordinates dropped because neither hasZ nor hasM names them"]
    );
}

#[test]
fn a_field_declared_twice_with_different_types_is_an_error_wherever_the_fields_stand() {
    let fields =
        r#""fields":[{"name":"b","type":"esriFieldTypeInteger"},{"name":"B","type":"esriFieldTypeString"}]"#;
    let features = r#""features":[{"attributes":{"b":1}}]"#;
    for text in [format!("{{{fields},{features}}}"), format!("{{{features},{fields}}}")] {
        let error = FeatureSet::from_json(&text, &ReadLimits::default()).unwrap_err().to_string();
        assert_eq!(error, "fields[1]: the field B is declared twice, with different types");
    }
    let again = r#"{"fields":[{"name":"A","type":"esriFieldTypeInteger"},{"name":"a","type":"esriFieldTypeOID"}],
        "features":[{"attributes":{"a":7}}]}"#;
    let again = read(again).feature_set;
    assert_eq!(
        (again.fields.len(), again.oid_of(0)),
        (1, 7),
        "the object id again, as the Python client has it"
    );
    let twice = read(r#"{"features":[{"attributes":{"b":1,"B":2}}]}"#).feature_set;
    assert_eq!(
        (twice.fields.len(), &twice.features[0].attributes),
        (1, &vec![gp_esri::Attribute::Integer(2)])
    );
}

#[test]
fn a_field_that_is_wrong_is_named_by_its_place_in_the_list_also_behind_one_that_is_there_twice() {
    let oid = r#"{"name":"a","type":"esriFieldTypeOID"}"#;
    let text = format!(r#"{{"fields":[{oid},{oid},{{"name":"b","type":"none"}}],"features":[]}}"#);
    let error = FeatureSet::from_json(&text, &ReadLimits::default()).unwrap_err().to_string();
    assert!(error.starts_with("fields[2]"), "{error}");
}

#[test]
fn attributes_that_no_field_declares_are_named_once() {
    let fields = r#""fields":[{"name":"POP","type":"esriFieldTypeInteger"}]"#;
    let features = r#""features":[{"attributes":{"pop":1,"a":1,"OBJECTID":1,"__objectid_12":1,"FID":1}},
        {"attributes":{"a":1,"b":2,"c":3,"d":4,"e":5}}]"#;
    for text in [format!("{{{fields},{features}}}"), format!("{{{features},{fields}}}")] {
        assert_eq!(
            read(&text).warnings,
            ["attributes that no field declares were left out: a, b, c and others"]
        );
    }
    let known = format!(r#"{{{fields},"features":[{{"attributes":{{"pop":1,"OBJECTID":1}}}}]}}"#);
    assert!(read(&known).warnings.is_empty());
}

#[test]
fn positions_that_are_nan_are_counted_and_empty_geometries_are_not() {
    let set = read(
        r#"{"features":[{"geometry":{"x":NaN,"y":1}},{"geometry":{"x":"NaN","y":"NaN"}},{"geometry":{"x":1,"y":"NaN"}},
        {"geometry":{"x":NaN,"y":NaN}},{"geometry":{"x":null,"y":null}},{"geometry":null},{},{"geometry":{"x":1,"y":2,"z":"NaN"}}]}"#,
    );
    assert_eq!(
        set.warnings,
        [
            "features[0], features[1], features[2] and 1 more: no position, because a coordinate is NaN: read without geometry"
        ]
    );
    assert_eq!(set.feature_set.features.iter().filter(|feature| feature.geometry.is_some()).count(), 1);
}

#[test]
fn names_that_differ_in_case_have_one_value_and_a_warning() {
    let geojson = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1,"A":2,"b":3},"geometry":null}]}"#;
    let read = read(geojson);
    assert_eq!(read.feature_set.fields.len(), 2);
    assert!(
        read.warnings[0].contains("twice in one feature") && read.warnings[0].ends_with(": a"),
        "{:?}",
        read.warnings
    );
    let fine = r#"{"features":[{"attributes":{"a":1,"b":2}},{"attributes":{"b":3,"A":4}}]}"#;
    assert_eq!(self::read(fine).warnings, Vec::<String>::new());
}

#[test]
fn numbers_that_are_not_kept_are_counted_a_field() {
    let features = r#"{"properties":{"a":12345678901234567890,"b":1e400,"c":NaN,"d":9007199254740993}},
        {"properties":{"a":1,"b":-1e400,"c":1,"d":0.5}},
        {"properties":{"a":100000000000000000000,"b":1e300,"c":null,"d":1.00000000000000000001}}"#;
    let sentences = [
        "whole numbers of more digits than can be kept were rounded: a (1), d (1)",
        "values that are no finite numbers, such as NaN or 1e400, were read as null: b (2), c (1)",
    ];
    assert_eq!(
        read(&format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)).warnings,
        sentences
    );
    let fields = ["a", "b", "c", "d"]
        .map(|name| format!(r#"{{"name":"{name}","type":"esriFieldTypeDouble"}}"#))
        .join(",");
    let features = features.replace("properties", "attributes");
    for text in [
        format!(r#"{{"fields":[{fields}],"features":[{features}]}}"#),
        format!(r#"{{"features":[{features}],"fields":[{fields}]}}"#),
    ] {
        assert_eq!(read(&text).warnings, sentences, "{text}");
    }
}

#[test]
fn a_crs_that_is_not_read_is_told() {
    for crs in [
        r#"{"type":"link","properties":{"href":"x"}}"#,
        r#"{"type":"EPSG","properties":{"code":32633}}"#,
        "null",
    ] {
        let text = format!(
            r#"{{"type":"FeatureCollection","crs":{crs},"features":[{{"type":"Feature","geometry":{{"type":"Point","coordinates":[1,2]}}}}]}}"#
        );
        assert!(
            read(&text).warnings[0].contains("the crs names no reference"),
            "{crs}: {:?}",
            read(&text).warnings
        );
    }
}

#[test]
fn ids_of_geojson_beyond_64_bits_keep_all_their_digits() {
    let feature = |id: &str| format!(r#"{{"type":"Feature","id":{id},"properties":{{}},"geometry":null}}"#);
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{},{}]}}"#,
        feature("12345678901234567890"),
        feature("12345678901234567891")
    );
    let set = read(&text).feature_set;
    let place = set.field_index("id").unwrap();
    let ids: Vec<_> = set.features.iter().map(|feature| feature.attributes[place].clone()).collect();
    assert_eq!(
        ids,
        [Attribute::Text("12345678901234567890".into()), Attribute::Text("12345678901234567891".into())]
    );
}

#[test]
fn a_position_of_one_number_is_refused_as_in_lines() {
    let text = r#"{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1]}}"#;
    let error = FeatureSet::from_json(text, &ReadLimits::default()).unwrap_err();
    assert!(error.to_string().contains("a position needs two numbers"), "{error}");
}
