//! The list of the `crs-definitions` crate: most EPSG codes, with PROJ parameters and well-known text, version 1.
//!
//! `build.rs` has it written as one text.

/// Two lines for each code: parameters, text. Either may be empty.
const TEXTS: &str = include_str!(concat!(env!("OUT_DIR"), "/listed_codes.txt"));

/// Codes in ascending order, and where their two lines begin.
const PLACES: &[(u16, u32)] = include!(concat!(env!("OUT_DIR"), "/listed_codes.rs"));

/// What the list has of a code.
pub(super) struct Listed {
    pub(super) parameters: &'static str,
    pub(super) text: &'static str,
}

pub(super) fn find(code: u32) -> Option<Listed> {
    let code = u16::try_from(code).ok()?;
    let at = PLACES.binary_search_by_key(&code, |place| place.0).ok()?;
    let mut lines = TEXTS.get(PLACES[at].1 as usize..)?.split('\n');
    Some(Listed { parameters: lines.next()?, text: lines.next()? })
}

/// The codes of the list in ascending order.
pub(super) fn codes() -> impl Iterator<Item = u32> {
    PLACES.iter().map(|place| u32::from(place.0))
}
