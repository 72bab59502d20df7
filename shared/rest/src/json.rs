//! Writing the members of JSON objects, straight into the reply's bytes.
//!
//! Small functions rather than `serde` types, because replies splice stored JSON texts and must not read them again.

use gp_esri::json::write_string;

/// Writes `"key":`, after a comma unless it is the first member of its object.
pub(crate) fn key(out: &mut Vec<u8>, key: &str) {
    separate(out);
    write_string(out, key);
    out.push(b':');
}

/// Writes a comma unless an object or array was just opened.
pub(crate) fn separate(out: &mut Vec<u8>) {
    if !matches!(out.last(), Some(b'{' | b'[') | None) {
        out.push(b',');
    }
}

/// Writes a member whose value is a text.
pub(crate) fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    key(out, name);
    write_string(out, value);
}

/// Writes a member whose value is a list of texts.
pub(crate) fn texts<T: AsRef<str>>(out: &mut Vec<u8>, name: &str, values: &[T]) {
    key(out, name);
    out.push(b'[');
    for value in values {
        separate(out);
        write_string(out, value.as_ref());
    }
    out.push(b']');
}

/// Writes a member whose value is a JSON text.
pub(crate) fn raw(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    key(out, name);
    out.extend_from_slice(value);
}

/// Bytes of a result besides its value, about.
pub(crate) const NAMED_VALUE_BYTES: usize = 128;
