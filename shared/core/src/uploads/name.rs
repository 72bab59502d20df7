//! Names of uploaded files: what is taken over from a client's name, and which files a service takes.
//!
//! A name is only ever shown and sent back; no file of the server is called so. It must still be harmless, because
//! clients save downloads under it.

use super::UploadLimits;
use crate::RequestError;

/// As much as file systems take.
const MAX_NAME_BYTES: usize = 255;

/// The file's name without folders and control characters, if the service takes such files.
///
/// # Errors
/// It has no extension or one that the service does not take, or is too long.
pub fn check_upload_name(limits: &UploadLimits, name: &str) -> Result<String, RequestError> {
    let name = cleaned(name);
    if name.len() > MAX_NAME_BYTES {
        return Err(refusal(format!(
            "the file's name has {} bytes; give it one of at most {MAX_NAME_BYTES}",
            name.len()
        )));
    }
    let types = limits.file_types.join(", ");
    let Some((stem, extension)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else {
        return Err(refusal(format!(
            "the file's name {name:?} has no extension; give it one of those that are taken here: {types}"
        )));
    };
    debug_assert!(!stem.contains(['/', '\\']), "folders were cut off");
    if !limits.file_types.iter().any(|known| known.eq_ignore_ascii_case(extension)) {
        return Err(refusal(format!(
            "files of the type {extension:?} are not taken here; taken are: {types}"
        )));
    }
    Ok(name)
}

fn refusal(detail: String) -> RequestError {
    RequestError::invalid(detail)
}

/// The last segment of a path of any system, without characters that control a screen.
fn cleaned(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = base.chars().filter(|letter| !is_control(*letter)).collect();
    visible.trim().to_owned()
}

/// Whether it controls how text is shown: those of Unicode's class Cc, and those that turn its direction, by which
/// `gpj.exe` can be made to look like `exe.jpg`.
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checked(name: &str) -> Result<String, RequestError> {
        check_upload_name(&UploadLimits::default(), name)
    }

    #[test]
    fn folders_and_control_characters_are_cut_off() {
        for (given, kept) in [
            ("lake.tif", "lake.tif"),
            ("C:\\Users\\me\\lake.TIF", "lake.TIF"),
            ("../../etc/lake.tif", "lake.tif"),
            (" data \u{e4}\u{f6}.csv ", "data \u{e4}\u{f6}.csv"),
            ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
            ("a\0b\u{202e}c.csv", "abc.csv"),
            ("many.dots.zip", "many.dots.zip"),
        ] {
            assert_eq!(checked(given).unwrap(), kept);
        }
    }

    #[test]
    fn a_file_without_a_known_extension_is_refused_naming_what_is_taken() {
        for name in ["lake", "", "..", ".csv", "folder.csv/", "lake.", "run.exe", "x.tif.exe"] {
            let error = checked(name).unwrap_err();
            assert_eq!(error.code, 400);
            assert!(error.details[0].contains("json, txt, pbf, geojson"), "{name}: {error}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        assert!(checked(&format!("{}.csv", "x".repeat(251))).is_ok());
        assert!(checked(&format!("{}.csv", "x".repeat(252))).unwrap_err().details[0].contains("256 bytes"));
    }

    proptest! {
        #[test]
        fn never_panics_and_is_always_one_harmless_segment(name in any::<String>()) {
            if let Ok(name) = checked(&format!("{name}.csv")) {
                prop_assert!(!name.contains(['/', '\\']) && !name.chars().any(char::is_control), "{name:?}");
                prop_assert!(name != ".csv" && name.ends_with(".csv"));
            }
        }
    }
}
