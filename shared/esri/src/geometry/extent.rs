//! Envelopes as parameters and environments: `{"xmin":0,"ymin":0,"xmax":1,"ymax":1,"spatialReference":{…}}` (specification 2.6).

use super::Envelope;
use crate::json::{JsonError, Kind, Reader, write_f64};
use crate::{ReadError, SpatialReference};

/// A box with the reference of its coordinates and, where given, its ranges of z and m.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// The box.
    pub envelope: Envelope,
    /// The reference, when one was given.
    pub spatial_reference: Option<SpatialReference>,
    /// Least and greatest z.
    pub z: Option<[f64; 2]>,
    /// Least and greatest measure.
    pub m: Option<[f64; 2]>,
}

impl Extent {
    /// Reads an envelope; `None` for empty text, `null`, `{}` and the empty envelope (`xmin` null).
    pub fn from_text(text: &str) -> Result<Option<Extent>, ReadError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(text, 16);
        let extent = Extent::read(&mut reader)?;
        reader.end()?;
        Ok(extent)
    }

    /// Reads the envelope that `reader` stands on; `None` as in [`from_text`](Extent::from_text).
    pub fn read(reader: &mut Reader<'_>) -> Result<Option<Extent>, ReadError> {
        const KEYS: [&str; 8] = ["xmin", "ymin", "xmax", "ymax", "zmin", "zmax", "mmin", "mmax"];
        if reader.take_null()? {
            return Ok(None);
        }
        let mut values: [Option<f64>; 8] = [None; 8];
        let mut spatial_reference = None;
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            if let Some(index) = KEYS.iter().position(|known| *known == key) {
                values[index] = Some(read_bound(reader).map_err(|error| ReadError::from(error).within(key))?);
            } else if matches!(key.as_ref(), "spatialReference" | "spatial_reference") {
                spatial_reference = SpatialReference::read(reader)
                    .map_err(|error| ReadError::invalid(error.to_string()).within(key))?;
            } else {
                reader.skip_value()?;
            }
        }
        let is_empty = values[..4].iter().all(Option::is_none) || values[0].is_some_and(f64::is_nan);
        if is_empty {
            return Ok(None);
        }
        let [Some(xmin), Some(ymin), Some(xmax), Some(ymax), ..] = values else {
            return Err(ReadError::invalid("an envelope needs xmin, ymin, xmax and ymax"));
        };
        if ![xmin, ymin, xmax, ymax].iter().all(|value| value.is_finite()) {
            return Err(ReadError::invalid("an envelope needs finite numbers for xmin, ymin, xmax and ymax"));
        }
        if xmin > xmax || ymin > ymax {
            return Err(ReadError::invalid(format!(
                "an envelope from ({xmin}, {ymin}) to ({xmax}, {ymax}) is inside out: the minima must not exceed the maxima"
            )));
        }
        let range = |least: Option<f64>, greatest: Option<f64>| match (least, greatest) {
            (Some(least), Some(greatest)) if least.is_finite() && greatest.is_finite() => {
                Some([least, greatest])
            }
            _ => None,
        };
        Ok(Some(Extent {
            envelope: Envelope { xmin, ymin, xmax, ymax },
            spatial_reference,
            z: range(values[4], values[5]),
            m: range(values[6], values[7]),
        }))
    }

    /// Appends the object form.
    pub fn write(&self, out: &mut Vec<u8>) {
        let Envelope { xmin, ymin, xmax, ymax } = self.envelope;
        let mut member = |key: &str, value: f64| {
            out.extend_from_slice(key.as_bytes());
            write_f64(out, value);
        };
        member("{\"xmin\":", xmin);
        member(",\"ymin\":", ymin);
        member(",\"xmax\":", xmax);
        member(",\"ymax\":", ymax);
        if let Some([least, greatest]) = self.z {
            member(",\"zmin\":", least);
            member(",\"zmax\":", greatest);
        }
        if let Some([least, greatest]) = self.m {
            member(",\"mmin\":", least);
            member(",\"mmax\":", greatest);
        }
        if let Some(reference) = &self.spatial_reference {
            out.extend_from_slice(b",\"spatialReference\":");
            reference.write(out);
        }
        out.push(b'}');
    }
}

fn read_bound(reader: &mut Reader<'_>) -> Result<f64, JsonError> {
    match reader.peek()? {
        Kind::Number | Kind::String | Kind::Null => reader.ordinate(),
        _ => Err(reader.unexpected("a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_reference_are_read_and_the_usual_one_written() {
        let text = r#"{"spatial_reference":{"wkid":4326},"xmin":0,"ymin":"1","xmax":2.5,"ymax":3,"zmin":0,"zmax":9}"#;
        let extent = Extent::from_text(text).unwrap().unwrap();
        let mut out = Vec::new();
        extent.write(&mut out);
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            r#"{"xmin":0,"ymin":1,"xmax":2.5,"ymax":3,"zmin":0,"zmax":9,"spatialReference":{"wkid":4326,"latestWkid":4326}}"#
        );
        assert_eq!(Extent::from_text(std::str::from_utf8(&out).unwrap()).unwrap(), Some(extent));
    }

    #[test]
    fn empty_envelopes_are_none_and_impossible_ones_errors() {
        for text in [
            "",
            "null",
            "{}",
            "{\"xmin\":null}",
            "{\"xmin\":\"NaN\",\"ymin\":\"NaN\",\"xmax\":\"NaN\",\"ymax\":\"NaN\"}",
        ] {
            assert_eq!(Extent::from_text(text), Ok(None), "{text}");
        }
        for text in [
            "{\"xmin\":0}",
            "[0,0,1,1]",
            "{\"xmin\":2,\"ymin\":0,\"xmax\":1,\"ymax\":1}",
            "0,0,1,1",
            "{\"xmin\":{}}",
        ] {
            assert!(Extent::from_text(text).is_err(), "{text}");
        }
    }
}
