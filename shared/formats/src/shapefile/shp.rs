//! Reading `.shp`: a header and records, one shape each.
//!
//! The header of a record says how many vertices come; they are counted against the limits before anything is read, and
//! every length is compared with that of the record.

mod layout;

use super::{NO_DATA_BELOW, malformed};
use crate::FormatError;
use crate::budget::Budget;
use crate::bytes_at::{f64_le, u32_be, u32_le};
use crate::zipped::{EntryReader, error_of};
use gp_esri::{Envelope, Geometry, GeometryType, Xy};
use layout::{Layout, point};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

const FILE_CODE: u32 = 9994;
const HEADER_BYTES: usize = 100;
const RECORD_HEADER_BYTES: u64 = 8;
/// Code, box and counts of a line or polygon; a point with z and m is shorter.
const FIXED_BYTES: u64 = 44;

/// What the shapes of a file are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kind {
    pub(super) geometry_type: GeometryType,
    pub(super) has_z: bool,
    /// Whether measures are declared; shapes with z may have some without that.
    pub(super) has_m: bool,
}

/// One record.
#[derive(Debug, PartialEq)]
pub(super) enum Shape {
    /// No shape.
    Null,
    /// One outside of the box that was asked for; not read.
    Outside,
    /// One with coordinates that are no numbers.
    Unreadable,
    Geometry(Geometry),
}

/// Where the records come from.
pub(super) enum Source {
    /// One after the other, from the archive.
    Stream(BufReader<EntryReader>),
    /// Unpacked, in the order of an index.
    Indexed { file: BufReader<File>, offsets: std::vec::IntoIter<Option<u64>> },
}

/// Reads the records of a file.
pub(super) struct ShapeReader {
    source: Source,
    kind: Option<Kind>,
    /// How long the file says it is.
    byte_len: u64,
    position: u64,
    envelope: Option<Envelope>,
    content: Vec<u8>,
}

impl Kind {
    /// What a code means; `None` is the null shape.
    fn of_code(code: u32) -> Result<Option<Kind>, FormatError> {
        if code == 31 {
            return Err(FormatError::Unsupported(
                "the shapefile holds multipatches, which are not supported; send footprints (polygons) instead".to_owned(),
            ));
        }
        let geometry_type = match code % 10 {
            0 if code == 0 => return Ok(None),
            1 => GeometryType::Point,
            3 => GeometryType::Polyline,
            5 => GeometryType::Polygon,
            8 => GeometryType::Multipoint,
            _ => return Err(malformed(format!("{code} is no type of shape"))),
        };
        match code / 10 {
            0 => Ok(Some(Kind { geometry_type, has_z: false, has_m: false })),
            1 => Ok(Some(Kind { geometry_type, has_z: true, has_m: false })),
            2 => Ok(Some(Kind { geometry_type, has_z: false, has_m: true })),
            _ => Err(malformed(format!("{code} is no type of shape"))),
        }
    }
}

impl ShapeReader {
    /// Reads the header.
    pub(super) fn new(mut source: Source, envelope: Option<Envelope>) -> Result<ShapeReader, FormatError> {
        let mut content = Vec::new();
        fill(source.reader(), &mut content, HEADER_BYTES as u64, "the header of the .shp")?;
        if u32_be(&content, 0) != Some(FILE_CODE) {
            return Err(malformed("the .shp does not begin as one does"));
        }
        let kind = Kind::of_code(u32_le(&content, 32).unwrap_or_default())?;
        let byte_len = u64::from(u32_be(&content, 24).unwrap_or_default()) * 2;
        Ok(ShapeReader { source, kind, byte_len, position: HEADER_BYTES as u64, envelope, content })
    }

    /// Whether shapes beside a box are passed over.
    pub(super) fn has_envelope(&self) -> bool {
        self.envelope.is_some()
    }

    /// What the shapes are, so far as it was said until now.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// The next record; `None` behind the last.
    pub(super) fn next(&mut self, budget: &mut Budget<'_>) -> Result<Option<Shape>, FormatError> {
        if let Source::Indexed { file, offsets } = &mut self.source {
            match offsets.next() {
                None => return Ok(None),
                Some(None) => return Ok(Some(Shape::Null)),
                Some(Some(offset)) => {
                    file.seek(SeekFrom::Start(offset))?;
                    self.position = offset;
                }
            }
        } else if self.byte_len > HEADER_BYTES as u64 && self.position >= self.byte_len {
            return Ok(None);
        }
        let mut header = Vec::new();
        let count =
            self.source.reader().take(RECORD_HEADER_BYTES).read_to_end(&mut header).map_err(error_of)?;
        let is_whole = self.byte_len <= self.position || self.byte_len <= HEADER_BYTES as u64;
        if count == 0 && is_whole {
            return Ok(None);
        }
        let words =
            u32_be(&header, 4).ok_or_else(|| malformed("the .shp ends within a record: it was cut"))?;
        let content_bytes = u64::from(words) * 2;
        self.position += RECORD_HEADER_BYTES + content_bytes;
        self.record(content_bytes, budget).map(Some)
    }

    fn record(&mut self, content_bytes: u64, budget: &mut Budget<'_>) -> Result<Shape, FormatError> {
        let reader = self.source.reader();
        fill(reader, &mut self.content, content_bytes.min(FIXED_BYTES), "a record of the .shp")?;
        let short = || malformed("a record of the .shp is shorter than its shape");
        let Some(kind) = Kind::of_code(u32_le(&self.content, 0).ok_or_else(short)?)? else {
            skip(reader, content_bytes - self.content.len() as u64)?;
            return Ok(Shape::Null);
        };
        let declared = self.kind.get_or_insert(kind);
        if declared.geometry_type != kind.geometry_type {
            return Err(malformed(format!(
                "it holds a shape of type {:?} among shapes of type {:?}",
                kind.geometry_type, declared.geometry_type
            )));
        }
        if kind.geometry_type == GeometryType::Point {
            skip(reader, content_bytes.saturating_sub(FIXED_BYTES))?;
            let point = point(&self.content, kind).ok_or_else(short)?;
            let is_outside = self.envelope.is_some_and(|envelope| !envelope.intersects(&box_of(point.xy)));
            return Ok(match point.xy.iter().all(|value| value.is_finite() && *value > NO_DATA_BELOW) {
                true if is_outside => Shape::Outside,
                true => Shape::Geometry(Geometry::Point(point)),
                false => Shape::Unreadable,
            });
        }
        let layout = Layout::new(&self.content, content_bytes, kind).ok_or_else(short)?;
        if let Some(envelope) = &self.envelope
            && own_box(&self.content).is_some_and(|own| !own.intersects(envelope))
        {
            skip(reader, content_bytes - self.content.len() as u64)?;
            return Ok(Shape::Outside);
        }
        budget.vertices(usize::try_from(layout.vertex_count).unwrap_or(usize::MAX))?;
        let rest = layout.end.saturating_sub(self.content.len() as u64);
        let read = reader.take(rest).read_to_end(&mut self.content).map_err(error_of)?;
        if (read as u64) < rest {
            return Err(malformed("the .shp ends within a record: it was cut"));
        }
        skip(reader, content_bytes.saturating_sub(self.content.len() as u64))?;
        layout.shape(&self.content, kind.geometry_type)
    }
}

impl Source {
    fn reader(&mut self) -> &mut dyn Read {
        match self {
            Source::Stream(reader) => reader,
            Source::Indexed { file, .. } => file,
        }
    }
}

fn box_of([x, y]: Xy) -> Envelope {
    Envelope { xmin: x, ymin: y, xmax: x, ymax: y }
}

/// The box that a record states; `None` where it is none.
fn own_box(content: &[u8]) -> Option<Envelope> {
    let number = |at| f64_le(content, at);
    let own = Envelope { xmin: number(4)?, ymin: number(12)?, xmax: number(20)?, ymax: number(28)? };
    (own.xmin <= own.xmax && own.ymin <= own.ymax).then_some(own)
}

/// Reads exactly so many bytes; memory grows with what comes.
fn fill(reader: &mut dyn Read, buffer: &mut Vec<u8>, count: u64, what: &str) -> Result<(), FormatError> {
    buffer.clear();
    let read = reader.take(count).read_to_end(buffer).map_err(error_of)?;
    if (read as u64) < count { Err(malformed(format!("{what} is cut"))) } else { Ok(()) }
}

fn skip(reader: &mut dyn Read, count: u64) -> Result<(), FormatError> {
    let skipped = io::copy(&mut reader.take(count), &mut io::sink()).map_err(error_of)?;
    if skipped < count { Err(malformed("the .shp ends within a record: it was cut")) } else { Ok(()) }
}
