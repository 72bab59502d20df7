//! The list of the `crs-definitions` crate: most EPSG codes, with PROJ parameters and well-known text, version 1.
//!
//! `build.rs` has it written as one text.

use std::borrow::Cow;

/// Two lines for each code: parameters, text. Either may be empty. `{4326}` in a text stands for that of the code.
const TEXTS: &str = include_str!(concat!(env!("OUT_DIR"), "/listed_codes.txt"));

/// Codes in ascending order, and where their two lines begin.
const PLACES: &[(u16, u32)] = include!(concat!(env!("OUT_DIR"), "/listed_codes.rs"));

/// What the list has of a code.
pub(super) struct Listed {
    pub(super) parameters: &'static str,
    pub(super) text: Cow<'static, str>,
}

pub(super) fn find(code: u32) -> Option<Listed> {
    let (parameters, text) = lines(code)?;
    Some(Listed { parameters, text: whole(text).unwrap_or(Cow::Borrowed(text)) })
}

/// The name of a code of the list.
pub(super) fn name(code: u32) -> Option<&'static str> {
    lines(code)?.1.split('"').nth(1)
}

fn lines(code: u32) -> Option<(&'static str, &'static str)> {
    let code = u16::try_from(code).ok()?;
    let at = PLACES.binary_search_by_key(&code, |place| place.0).ok()?;
    let mut lines = TEXTS.get(PLACES[at].1 as usize..)?.split('\n');
    Some((lines.next()?, lines.next()?))
}

/// The text with what stands for another written out; `None` where nothing does.
fn whole(text: &str) -> Option<Cow<'static, str>> {
    let (before, rest) = text.split_once('{')?;
    let (code, after) = rest.split_once('}')?;
    let (_, other) = lines(code.parse().ok()?)?;
    Some(Cow::Owned([before, other, after].concat()))
}

/// The codes of the list in ascending order.
pub(super) fn codes() -> impl Iterator<Item = u32> {
    PLACES.iter().map(|place| u32::from(place.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_and_those_that_are_alike_stand_once() {
        let of_crate: Vec<_> = (0..=u16::MAX).filter_map(crs_definitions::from_code).collect();
        assert!(codes().eq(of_crate.iter().map(|listed| u32::from(listed.code))));
        for expected in of_crate {
            let found = find(expected.code.into()).unwrap();
            assert_eq!((found.parameters, &*found.text), (expected.proj4, expected.wkt), "{}", expected.code);
        }
        assert_eq!(name(32633), Some("WGS 84 / UTM zone 33N"));
        assert!(TEXTS.len() < 3_500_000, "{}", TEXTS.len());
    }
}
