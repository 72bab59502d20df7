use super::*;

fn written(text: &str) -> String {
    let mut out = Vec::new();
    SpatialReference::from_text(text).unwrap().unwrap().write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_form_is_read_and_both_codes_written() {
    for text in [
        "3857",
        "\"102100\"",
        "{\"wkid\":102100}",
        "{\"latestWkid\":3857,\"x\":[1]}",
        "EPSG:3857",
        "900913.0",
    ] {
        assert_eq!(SpatialReference::from_text(text).unwrap().unwrap().code(), Some(3857), "{text}");
    }
    assert_eq!(written("3857"), r#"{"wkid":102100,"latestWkid":3857}"#);
    assert_eq!(written("4326"), r#"{"wkid":4326,"latestWkid":4326}"#);
    assert_eq!(
        written("{\"wkid\":102645,\"vcsWkid\":5703}"),
        r#"{"wkid":102645,"latestWkid":2229,"vcsWkid":5703}"#
    );
    assert_eq!(written("urn:ogc:def:crs:OGC:1.3:CRS84"), r#"{"wkid":4326,"latestWkid":4326}"#);
    assert_eq!(written("GEOGCS[\"A\"]"), r#"{"wkt":"GEOGCS[\"A\"]"}"#);
    assert_eq!(written("{\"wkt2\":\"GEOGCRS[\\\"A\\\"]\"}"), r#"{"wkt2":"GEOGCRS[\"A\"]"}"#);
}

#[test]
fn nothing_named_is_no_reference() {
    for text in ["", " ", "null", "{}", "0", "-1", "\"\"", "{\"wkid\":null}", "{\"wkid\":0}", "{\"wkid\":-1}"]
    {
        assert_eq!(SpatialReference::from_text(text), Ok(None), "{text}");
    }
}

#[test]
fn web_mercator_has_four_names() {
    let reference = |wkid| SpatialReference { wkid: Some(wkid), ..SpatialReference::default() };
    for alias in [3857, 102_100, 102_113, 900_913] {
        assert!(reference(alias).same_as(&SpatialReference::from_wkid(3857)), "{alias}");
    }
    assert!(!reference(4326).same_as(&reference(3857)));
}

#[test]
fn other_texts_are_refused_with_the_forms_that_are_right() {
    for text in ["metres", "[4326]", "{\"wkid\":\"abc\"}", "{\"wkid\":[1]}", "{\"wkid\"", "EPSG:abc", "true"]
    {
        assert!(SpatialReference::from_text(text).is_err(), "{text}");
    }
}

#[test]
fn a_code_that_is_no_whole_number_or_that_nothing_has_is_refused() {
    for text in [
        "4326.5",
        "{\"wkid\":4326.5}",
        "{\"wkid\":\"4326.5\"}",
        "-1.5",
        "5000000000",
        "{\"latestWkid\":NaN}",
        "-4326",
        "{\"wkid\":-2}",
    ] {
        let error = SpatialReference::from_text(text).unwrap_err().to_string();
        assert!(error.contains("is no spatial reference: expected a code such as 4326"), "{text}: {error}");
    }
    assert_eq!(SpatialReference::from_text("4326.0"), SpatialReference::from_text("4326"));
}
