//! Whose a code of a spatial reference is: EPSG's or Esri's.
//!
//! Separate because formats name the authority beside the code, and feature sets have the code alone.

use gp_esri::SpatialReference;

const EPSG: &str = "EPSG";
const ESRI: &str = "ESRI";
/// EPSG's codes end here; what is above is Esri's.
const LAST_EPSG_CODE: u32 = 32_767;

/// The authority of a code.
pub(crate) fn of_code(code: u32) -> &'static str {
    if code <= LAST_EPSG_CODE { EPSG } else { ESRI }
}

/// The reference of a code; `None` where the authority is another one, whose codes mean something else.
pub(crate) fn reference(authority: &str, code: u32) -> Option<SpatialReference> {
    let is_known = [EPSG, ESRI].iter().any(|known| known.eq_ignore_ascii_case(authority.trim()));
    (is_known && code > 0).then(|| SpatialReference::from_wkid(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_epsg_and_esri_are_references_and_those_of_others_are_none() {
        for code in [4326, 32_767, 32_768, 102_008] {
            assert_eq!(reference(of_code(code), code), Some(SpatialReference::from_wkid(code)));
        }
        assert_eq!((of_code(32_767), of_code(32_768)), ("EPSG", "ESRI"));
        assert_eq!(reference(" epsg ", 2056), Some(SpatialReference::from_wkid(2056)));
        for (authority, code) in [("IGNF", 2056), ("", 2056), ("EPSG", 0)] {
            assert_eq!(reference(authority, code), None);
        }
    }
}
