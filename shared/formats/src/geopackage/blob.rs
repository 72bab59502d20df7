//! The header before a geometry in a GeoPackage (2.1.3 of the standard).

use super::malformed;
use crate::FormatError;
use crate::wkb::{Dimensions, write_wkb};
use gp_esri::{Envelope, Geometry};

const MAGIC: &[u8] = b"GP";
const VERSION: u8 = 0;
const FIXED_BYTES: usize = 8;
const LITTLE_ENDIAN: u8 = 1;
const EMPTY: u8 = 1 << 4;
const EXTENDED: u8 = 1 << 5;
/// Where the kind of the box stands among the flags, and the kind of one of x and y.
const BOX_SHIFT: u8 = 1;
const BOX_MASK: u8 = 7;
const BOX_XY: u8 = 1;
/// How many numbers the box has by its kind: none, xy, xyz, xym, xyzm.
const BOX_NUMBERS: [usize; 5] = [0, 4, 6, 6, 8];

/// A geometry with its header taken off.
pub(super) struct Blob<'a> {
    /// The box, where there is one.
    pub(super) envelope: Option<Envelope>,
    /// Well-known binary; `None` where the geometry is empty.
    pub(super) wkb: Option<&'a [u8]>,
}

impl Blob<'_> {
    pub(super) fn new(bytes: &[u8]) -> Result<Blob<'_>, FormatError> {
        let bad = || malformed("it does not begin with the header of GeoPackage");
        let [b'G', b'P', VERSION, flags, ..] = *bytes else { return Err(bad()) };
        if flags & EXTENDED != 0 {
            return Err(FormatError::Unsupported(
                "the GeoPackage holds geometries of an extension, which are not supported".to_owned(),
            ));
        }
        let kind = flags >> BOX_SHIFT & BOX_MASK;
        let count = *BOX_NUMBERS.get(usize::from(kind)).ok_or_else(bad)?;
        let wkb = bytes.get(FIXED_BYTES + 8 * count..).ok_or_else(bad)?;
        let number = |index: usize| -> Option<f64> {
            let bytes = *bytes.get(FIXED_BYTES + 8 * index..)?.first_chunk()?;
            Some(if flags & LITTLE_ENDIAN != 0 {
                f64::from_le_bytes(bytes)
            } else {
                f64::from_be_bytes(bytes)
            })
        };
        let envelope =
            || Some(Envelope { xmin: number(0)?, xmax: number(1)?, ymin: number(2)?, ymax: number(3)? });
        let envelope = if count > 0 { envelope().filter(|envelope| !envelope.is_empty()) } else { None };
        Ok(Blob { envelope, wkb: (flags & EMPTY == 0).then_some(wkb) })
    }
}

/// Writes a geometry with its header, and a box where it is more than a point. `srs_id` is cut to what the header holds.
pub(super) fn write_blob(out: &mut Vec<u8>, geometry: &Geometry, dimensions: Dimensions, srs_id: i32) {
    let has_box = !matches!(geometry, Geometry::Point(_));
    out.extend(MAGIC);
    out.extend([VERSION, LITTLE_ENDIAN | if has_box { BOX_XY << BOX_SHIFT } else { 0 }]);
    out.extend(srs_id.to_le_bytes());
    if has_box {
        let Envelope { xmin, ymin, xmax, ymax } = geometry.envelope();
        [xmin, xmax, ymin, ymax].iter().for_each(|number| out.extend(number.to_le_bytes()));
    }
    write_wkb(out, geometry, dimensions);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_either_byte_order_and_with_any_box_are_read() {
        for kind in 0..5_u8 {
            for is_little in [0, 1_u8] {
                let mut bytes = vec![b'G', b'P', 0, kind << 1 | is_little, 0, 0, 0, 0];
                for number in 0..BOX_NUMBERS[usize::from(kind)] {
                    let number = number as f64;
                    bytes.extend(if is_little == 1 { number.to_le_bytes() } else { number.to_be_bytes() });
                }
                bytes.push(7);
                let blob = Blob::new(&bytes).unwrap();
                assert_eq!(blob.wkb, Some(&[7][..]));
                let expected = Envelope { xmin: 0.0, xmax: 1.0, ymin: 2.0, ymax: 3.0 };
                assert_eq!(blob.envelope, (kind > 0).then_some(expected));
                for length in 0..bytes.len() - 1 {
                    assert!(Blob::new(&bytes[..length]).is_err());
                }
            }
        }
        assert!(Blob::new(&[b'G', b'P', 0, 5 << 1, 0, 0, 0, 0, 0]).is_err());
        assert!(Blob::new(&[b'G', b'P', 0, EXTENDED, 0, 0, 0, 0]).is_err());
        assert_eq!(Blob::new(&[b'G', b'P', 0, EMPTY, 0, 0, 0, 0, 1]).unwrap().wkb, None);
    }
}
