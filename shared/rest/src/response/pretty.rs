//! Indented JSON for people (`f=pjson`), from the JSON text itself: no document is built, so size costs only time.

const INDENT: &[u8] = b"  ";

/// The same JSON with one member or element a line. Text that is no JSON comes out as some text, never as a panic.
pub(crate) fn indent(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let end = at + string_length(&json[at..]);
                out.extend_from_slice(&json[at - 1..end]);
                at = end;
            }
            b'{' | b'[' => {
                out.push(byte);
                let close = if byte == b'{' { b'}' } else { b']' };
                let next = json[at..].iter().position(|byte| !byte.is_ascii_whitespace());
                match next {
                    Some(skip) if json[at + skip] == close => {
                        out.push(close);
                        at += skip + 1;
                    }
                    _ => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                new_line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => out.push(byte),
        }
    }
    out
}

/// Bytes up to and with the closing quote.
fn string_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = memchr::memchr2(b'"', b'\\', &text[at..]) {
        at += step;
        if text[at] == b'"' {
            return at + 1;
        }
        at = (at + 2).min(text.len());
    }
    text.len()
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    for _ in 0..depth {
        out.extend_from_slice(INDENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_stand_on_their_own_lines_and_empty_ones_stay_short() {
        let indented = indent(br#"{"a":[1,{"b":"x:{,\"\\"}],"c":{},"d":[ ]}"#);
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x:{,\\\"\\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(String::from_utf8_lossy(&indented), expected);
    }

    proptest! {
        #[test]
        fn the_same_json_is_said(text: String, numbers: Vec<i64>) {
            let value = serde_json::json!({ text.clone(): [numbers, [text], {}] });
            let indented = indent(value.to_string().as_bytes());
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&indented).unwrap(), value);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::sample::select(&b"{}[],:\"\\ a\n"[..]), 0..60)) {
            indent(&bytes);
        }
    }
}
