//! The spatial reference as clients write it (specification 6.4). What a code *means* is `gp-geometry`'s business.
//!
//! Here only the forms are read and written, and the codes that are names of the same reference are told apart from
//! those that are not.

mod codes;

use crate::json::{JsonError, Kind, Number, Reader, write_i64, write_string};

/// `{"wkid":102100,"latestWkid":3857}`, `{"wkt":"…"}` or `{"wkt2":"…"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SpatialReference {
    /// The historic Esri or EPSG code.
    pub wkid: Option<u32>,
    /// The current EPSG code.
    pub latest_wkid: Option<u32>,
    /// Code of the vertical reference, carried along.
    pub vcs_wkid: Option<u32>,
    /// Current code of the vertical reference, carried along.
    pub latest_vcs_wkid: Option<u32>,
    /// Well-known text of Esri or OGC, version 1.
    pub wkt: Option<Box<str>>,
    /// Well-known text, version 2.
    pub wkt2: Option<Box<str>>,
}

/// A text that is no spatial reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpatialReferenceError {
    /// The text is broken JSON, or a member has the wrong kind.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// None of the forms.
    #[error(
        "{value:?} is no spatial reference: expected a code such as 4326, an object such as {{\"wkid\":4326}}, or well-known text"
    )]
    Unreadable {
        /// What was given, cut short.
        value: String,
    },
}

/// First words of well-known text of version 2; those of version 1 end in `CS`.
const WKT2_WORDS: &[&str] = &[
    "PROJCRS",
    "GEOGCRS",
    "GEODCRS",
    "GEODETICCRS",
    "GEOGRAPHICCRS",
    "PROJECTEDCRS",
    "BOUNDCRS",
    "COMPOUNDCRS",
    "VERTCRS",
];
/// First words of well-known text of version 1.
const WKT1_WORDS: &[&str] = &["PROJCS", "GEOGCS", "GEOCCS", "COMPD_CS", "LOCAL_CS", "VERT_CS"];

impl SpatialReference {
    /// The reference of a code, with the current code beside the historic one: 3857 becomes 102100/3857.
    pub fn from_wkid(wkid: u32) -> SpatialReference {
        let latest = codes::latest(wkid);
        SpatialReference {
            wkid: Some(historic(wkid)),
            latest_wkid: Some(latest),
            ..SpatialReference::default()
        }
    }

    /// Reads any form: a code, a code in quotes, an object, `EPSG:4326`, or bare well-known text. `None` where nothing
    /// is named: empty text, `null`, `{}`, or the codes 0 and -1 (Esri's "unknown").
    pub fn from_text(text: &str) -> Result<Option<SpatialReference>, SpatialReferenceError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if !text.starts_with(['{', '"']) && text != "null" {
            return from_bare(text);
        }
        // Three levels hold every form; `vcs` objects of other software may be deeper and are skipped.
        let mut reader = Reader::new(text, 16);
        let reference = SpatialReference::read(&mut reader)?;
        reader.end()?;
        Ok(reference)
    }

    /// Reads the value that `reader` stands on; `None` as in [`from_text`](SpatialReference::from_text).
    pub fn read(reader: &mut Reader<'_>) -> Result<Option<SpatialReference>, SpatialReferenceError> {
        match reader.peek()? {
            Kind::Null => {
                reader.null()?;
                Ok(None)
            }
            Kind::Number => Ok(code(reader.number()?)?.map(SpatialReference::from_wkid)),
            Kind::String => from_bare(reader.string()?.trim()),
            Kind::Object => read_object(reader),
            _ => Err(reader.unexpected("a spatial reference such as {\"wkid\":4326}").into()),
        }
    }

    /// Appends the object form, both codes where there is a code.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut separator = b'{';
        let mut member = |out: &mut Vec<u8>, key: &str| {
            out.push(separator);
            separator = b',';
            write_string(out, key);
            out.push(b':');
        };
        if let Some(latest) = self.code() {
            for (key, code) in [("wkid", self.wkid.map_or(latest, historic)), ("latestWkid", latest)] {
                member(out, key);
                write_i64(out, i64::from(code));
            }
        }
        for (key, code) in [("vcsWkid", self.vcs_wkid), ("latestVcsWkid", self.latest_vcs_wkid)] {
            if let Some(code) = code {
                member(out, key);
                write_i64(out, i64::from(code));
            }
        }
        for (key, text) in [("wkt", &self.wkt), ("wkt2", &self.wkt2)] {
            if let Some(text) = text {
                member(out, key);
                write_string(out, text);
            }
        }
        if separator == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
    }

    /// The current code: EPSG's where there is one, else Esri's.
    pub fn code(&self) -> Option<u32> {
        self.latest_wkid.or(self.wkid).map(codes::latest)
    }

    /// Whether both name the same horizontal reference: by code (aliases count as one), else by the same text.
    pub fn same_as(&self, other: &SpatialReference) -> bool {
        match (self.code(), other.code()) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (None, None) => self.wkt == other.wkt && self.wkt2 == other.wkt2,
            _ => false,
        }
    }
}

/// For messages: `wkid 102100` or the beginning of the well-known text.
impl std::fmt::Display for SpatialReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.wkid.or(self.latest_wkid), self.wkt.as_ref().or(self.wkt2.as_ref())) {
            (Some(wkid), _) => write!(f, "wkid {wkid}"),
            (None, Some(text)) => f.write_str(&crate::text::shortened(text)),
            (None, None) => f.write_str("unknown"),
        }
    }
}

/// Web Mercator is written with the code that Esri's clients know longest; every other code as it is.
fn historic(wkid: u32) -> u32 {
    if wkid == 3857 { 102_100 } else { wkid }
}

/// A usable code; Esri writes 0 and -1 for "unknown". What is no whole number, below those, or too large, is no code.
fn code(number: Number) -> Result<Option<u32>, SpatialReferenceError> {
    let value = number.as_f64();
    // NaN is refused too.
    if !(value.fract().abs() <= 0.0 && (-1.0..=f64::from(u32::MAX)).contains(&value)) {
        return Err(SpatialReferenceError::Unreadable { value: value.to_string() });
    }
    Ok((value >= 1.0).then_some(value as u32))
}

fn from_bare(text: &str) -> Result<Option<SpatialReference>, SpatialReferenceError> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(number) = Number::parse(text) {
        return Ok(code(number)?.map(SpatialReference::from_wkid));
    }
    let word = text.split(['[', '(']).next().unwrap_or_default().trim().to_ascii_uppercase();
    if WKT1_WORDS.contains(&word.as_str()) {
        return Ok(Some(SpatialReference { wkt: Some(text.into()), ..SpatialReference::default() }));
    }
    if WKT2_WORDS.contains(&word.as_str()) {
        return Ok(Some(SpatialReference { wkt2: Some(text.into()), ..SpatialReference::default() }));
    }
    // "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", and the same with CRS84, which is 4326 with longitude first.
    let upper = text.to_ascii_uppercase();
    let last = upper.rsplit(':').next().unwrap_or_default();
    if last == "CRS84" {
        return Ok(Some(SpatialReference::from_wkid(4326)));
    }
    match last.parse() {
        Ok(wkid) if upper.contains("EPSG:") || upper.starts_with("ESRI:") => {
            Ok(Some(SpatialReference::from_wkid(wkid)))
        }
        _ => Err(SpatialReferenceError::Unreadable { value: crate::text::shortened(text) }),
    }
}

fn read_object(reader: &mut Reader<'_>) -> Result<Option<SpatialReference>, SpatialReferenceError> {
    let mut reference = SpatialReference::default();
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key.as_ref() {
            "wkid" => reference.wkid = read_code(reader)?,
            "latestWkid" => reference.latest_wkid = read_code(reader)?,
            "vcsWkid" => reference.vcs_wkid = read_code(reader)?,
            "latestVcsWkid" => reference.latest_vcs_wkid = read_code(reader)?,
            "wkt" => reference.wkt = read_wkt(reader)?,
            "wkt2" => reference.wkt2 = read_wkt(reader)?,
            _ => reader.skip_value()?,
        }
    }
    match (reference.wkid, reference.latest_wkid) {
        (Some(wkid), None) => reference.latest_wkid = Some(codes::latest(wkid)),
        (None, Some(latest)) => reference.wkid = Some(historic(latest)),
        _ => {}
    }
    Ok((reference != SpatialReference::default()).then_some(reference))
}

fn read_code(reader: &mut Reader<'_>) -> Result<Option<u32>, SpatialReferenceError> {
    match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            Ok(None)
        }
        Kind::String => {
            let text = reader.string()?;
            match Number::parse(&text) {
                Some(number) => code(number),
                None if text.trim().is_empty() => Ok(None),
                None => Err(SpatialReferenceError::Unreadable { value: crate::text::shortened(&text) }),
            }
        }
        _ => code(reader.number()?),
    }
}

fn read_wkt(reader: &mut Reader<'_>) -> Result<Option<Box<str>>, JsonError> {
    if reader.take_null()? {
        return Ok(None);
    }
    let text = reader.string()?;
    Ok((!text.trim().is_empty()).then(|| text.trim().into()))
}

#[cfg(test)]
mod tests;
