//! Partial expectations: what a reply must hold, and nothing about the rest of it.
//!
//! An object must have the named members, an array as many elements, anything else must be equal, numbers to the last
//! digit. An object with one of these members instead says more:
//!
//! | member | the value |
//! |---|---|
//! | `$contains` | a text holds this text, or an array an element that fits |
//! | `$absent` | is not there at all |
//! | `$near`, `$within` | a number no further from `$near` than `$within` |
//! | `$length` | an array of that many elements |
//! | `$text` | any text, and not null |
//! | `$all` | fits every one of these expectations |

use serde_json::{Map, Value};

/// Where the value does not fit, one line each.
pub fn misfits(expected: &Value, found: &Value) -> Vec<String> {
    let mut misfits = Vec::new();
    compare("", expected, Some(found), &mut misfits);
    misfits
}

fn compare(at: &str, expected: &Value, found: Option<&Value>, misfits: &mut Vec<String>) {
    if let Some(rule) = expected.as_object().filter(|members| members.keys().any(|key| key.starts_with('$')))
    {
        return apply(at, rule, found, misfits);
    }
    let Some(found) = found else {
        misfits.push(format!("{}: is missing", place(at)));
        return;
    };
    match (expected, found) {
        (Value::Object(members), Value::Object(actual)) => {
            for (key, value) in members {
                compare(&format!("{at}.{key}"), value, actual.get(key), misfits);
            }
        }
        (Value::Array(elements), Value::Array(actual)) => {
            if elements.len() != actual.len() {
                let (expected, found) = (elements.len(), actual.len());
                misfits.push(format!(
                    "{}: {found} elements instead of {expected}: {}",
                    place(at),
                    short(&actual.clone().into())
                ));
                return;
            }
            for (index, (element, actual)) in elements.iter().zip(actual).enumerate() {
                compare(&format!("{at}[{index}]"), element, Some(actual), misfits);
            }
        }
        (Value::Number(number), Value::Number(actual)) if number.as_f64() == actual.as_f64() => {}
        _ if expected == found => {}
        _ => misfits.push(format!("{}: {} instead of {}", place(at), short(found), short(expected))),
    }
}

fn apply(at: &str, rule: &Map<String, Value>, found: Option<&Value>, misfits: &mut Vec<String>) {
    let fits = match (rule, found) {
        (rule, found) if rule.contains_key("$absent") => found.is_none(),
        (_, None) => false,
        (rule, Some(found)) => {
            if let Some(all) = rule.get("$all").and_then(Value::as_array) {
                return all.iter().for_each(|one| compare(at, one, Some(found), misfits));
            }
            fits(rule, found)
        }
    };
    if !fits {
        let found = found.map_or_else(|| "nothing".to_owned(), short);
        misfits.push(format!("{}: {found} does not fit {}", place(at), Value::Object(rule.clone())));
    }
}

fn fits(rule: &Map<String, Value>, found: &Value) -> bool {
    if let Some(part) = rule.get("$contains") {
        return match (found, part) {
            (Value::String(text), Value::String(part)) => text.contains(part),
            (Value::Array(elements), part) => {
                elements.iter().any(|element| misfits(part, element).is_empty())
            }
            _ => false,
        };
    }
    if let (Some(near), Some(within)) = (number(rule, "$near"), number(rule, "$within")) {
        return found.as_f64().is_some_and(|found| (found - near).abs() <= within);
    }
    if let Some(length) = rule.get("$length").and_then(Value::as_u64) {
        return found.as_array().is_some_and(|elements| elements.len() as u64 == length);
    }
    if rule.contains_key("$text") {
        return found.is_string();
    }
    panic!("an expectation that says nothing: {}", Value::Object(rule.clone()))
}

fn number(rule: &Map<String, Value>, key: &str) -> Option<f64> {
    rule.get(key).and_then(Value::as_f64)
}

fn place(at: &str) -> &str {
    if at.is_empty() { "the reply" } else { at.trim_start_matches('.') }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_that_are_not_named_do_not_matter() {
        assert_eq!(
            misfits(&json!({"a": [1, {"b": "x"}]}), &json!({"a": [1.0, {"b": "x", "c": 2}], "d": 3})),
            [""; 0]
        );
    }

    #[test]
    fn each_misfit_names_its_place() {
        let found = misfits(&json!({"a": [1, {"b": "x"}], "e": 1}), &json!({"a": [1, {"b": "y"}]}));
        assert_eq!(found, ["a[1].b: \"y\" instead of \"x\"", "e: is missing"]);
        assert_eq!(misfits(&json!([1]), &json!([1, 2])).len(), 1);
    }

    #[test]
    fn each_rule_accepts_and_refuses() {
        for (rule, good, bad) in [
            (json!({"$contains": "b"}), json!("abc"), json!("ac")),
            (json!({"$contains": {"x": 1}}), json!([{"x": 2}, {"x": 1}]), json!([{"x": 2}])),
            (json!({"$near": 1.0, "$within": 0.1}), json!(1.05), json!(1.2)),
            (json!({"$length": 2}), json!([1, 2]), json!([1])),
            (json!({"$text": true}), json!(""), Value::Null),
            (json!({"$all": [{"$length": 1}, {"$contains": 1}]}), json!([1]), json!([2])),
        ] {
            assert!(misfits(&rule, &good).is_empty(), "{rule} {good}");
            assert!(!misfits(&rule, &bad).is_empty(), "{rule} {bad}");
        }
        assert!(misfits(&json!({"a": {"$absent": true}}), &json!({})).is_empty());
        assert!(!misfits(&json!({"a": {"$absent": true}}), &json!({"a": null})).is_empty());
    }
}
