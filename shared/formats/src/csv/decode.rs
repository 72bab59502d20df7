//! The encoding of a text whose file does not say one.

/// What the bytes 128 to 159 mean in Windows-1252; those after them mean what they mean in Unicode. The five that mean nothing
/// keep their number, as browsers read them.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The text as UTF-8, or else as Windows-1252, which Excel writes where it is not asked for another: any bytes are a text in
/// it.
pub(super) fn decode(bytes: Vec<u8>, warnings: &mut Vec<String>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    warnings
        .push("the file is not in UTF-8: it was read as Windows-1252, and letters may be wrong".to_owned());
    let letter = |byte: u8| match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        other => char::from(other),
    };
    bytes.into_iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_utf8_are_letters_of_windows() {
        let mut warnings = Vec::new();
        assert_eq!(decode("é€".into(), &mut warnings), "é€");
        assert!(warnings.is_empty());
        assert_eq!(decode(b"Z\xFCrich \x80".to_vec(), &mut warnings), "Zürich €");
        assert_eq!(warnings.len(), 1);
    }
}
