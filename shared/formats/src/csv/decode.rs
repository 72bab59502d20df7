//! The encoding of a text whose file does not say one.

use encoding_rs::{Encoding, WINDOWS_1252};

/// The text as UTF-8, as UTF-16 where its first bytes say so, or else as Windows-1252, which Excel writes where it is not asked
/// for another: any bytes are a text in it.
pub(super) fn decode(bytes: Vec<u8>, warnings: &mut Vec<String>) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(&bytes) {
        return encoding.decode(&bytes).0.into_owned();
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    warnings
        .push("the file is not in UTF-8: it was read as Windows-1252, and letters may be wrong".to_owned());
    WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_utf8_are_letters_of_windows() {
        let mut warnings = Vec::new();
        assert_eq!(decode("é€".into(), &mut warnings), "é€");
        assert_eq!(decode(b"\xFF\xFEa\0\xE9\0".to_vec(), &mut warnings), "aé");
        assert!(warnings.is_empty());
        assert_eq!(decode(b"Z\xFCrich \x80".to_vec(), &mut warnings), "Zürich €");
        assert_eq!(warnings.len(), 1);
    }
}
