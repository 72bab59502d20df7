use super::*;

#[test]
fn walks_objects_and_arrays_in_order() {
    let mut reader = Reader::new(r#" {"a" : [1, 2.5 ,"x"], "b":{}, "c":[] , "d": null}"#, 8);
    reader.begin_object().unwrap();
    assert_eq!(reader.next_key().unwrap().as_deref(), Some("a"));
    reader.begin_array().unwrap();
    assert!(reader.next_element().unwrap());
    assert_eq!(reader.number().unwrap(), Number::Integer(1));
    assert!(reader.next_element().unwrap());
    assert_eq!(reader.number().unwrap(), Number::Double(2.5));
    assert!(reader.next_element().unwrap());
    assert_eq!(reader.string().unwrap(), "x");
    assert!(!reader.next_element().unwrap());
    assert_eq!(reader.next_key().unwrap().as_deref(), Some("b"));
    assert_eq!(reader.raw_value().unwrap(), "{}");
    assert_eq!(reader.next_key().unwrap().as_deref(), Some("c"));
    reader.skip_value().unwrap();
    assert_eq!(reader.next_key().unwrap().as_deref(), Some("d"));
    assert!(reader.take_null().unwrap());
    assert_eq!(reader.next_key().unwrap(), None);
    reader.end().unwrap();
}

#[test]
fn a_megabyte_of_brackets_is_too_deep_and_no_stack_overflow() {
    let text = "[".repeat(1 << 20);
    let limited = Reader::new(&text, 64).skip_value();
    assert_eq!(limited, Err(JsonError::TooDeep { offset: 64, max_depth: 64 }));
    assert!(matches!(Reader::new(&text, usize::MAX).skip_value(), Err(JsonError::Syntax { .. })));
}

#[test]
fn errors_say_what_was_expected_and_found() {
    let skip = |text| Reader::new(text, 8).skip_value().unwrap_err().to_string();
    assert_eq!(skip("[1 2]"), "not valid JSON at byte 3: expected ',' or ']', found '2'");
    assert_eq!(
        skip("{\"a\""),
        "not valid JSON at byte 4: expected ':' after the key, found the end of the text"
    );
    assert_eq!(
        skip("{'a':1}"),
        "not valid JSON at byte 1: expected a key in double quotes or '}', found '\\''"
    );
    for wrong in [
        "",
        "[1,]",
        "{\"a\":1,}",
        "tru",
        "nul",
        "\"a",
        "\"\\x\"",
        "01",
        "1.",
        "-",
        ".5",
        "+1",
        "[1",
        "\"\\u12\"",
    ] {
        assert!(
            Reader::new(wrong, 8).skip_value().and_then(|()| Reader::new(wrong, 8).end()).is_err(),
            "{wrong}"
        );
    }
}
