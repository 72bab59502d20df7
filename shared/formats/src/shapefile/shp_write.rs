//! Writing `.shp` and `.shx`.

use super::NO_DATA_BELOW;
use crate::FormatError;
use crate::budget::StopCheck;
use crate::left_out::{LeftOut, taken};
use gp_esri::{Envelope, FeatureSet, Geometry, GeometryType, Path};
use std::io::Write;

const FILE_CODE: u32 = 9994;
const VERSION: u32 = 1000;
const HEADER_BYTES: u64 = 100;
/// Lengths are counted in words of 16 bits, and readers stop at 2 GB.
const MAX_BYTES: u64 = i32::MAX as u64;
/// What stands for no measure: any number below -1e38.
const NO_MEASURE: f64 = 10.0 * NO_DATA_BELOW;

/// The shapes of a layer: one a feature, and what the headers say about all of them.
pub(super) struct Shapes<'a> {
    set: &'a FeatureSet,
    geometry_type: GeometryType,
    /// The length of each record without its header.
    content_bytes: Vec<u64>,
    byte_len: u64,
    pub(super) left_out: LeftOut,
    pub(super) flat_count: usize,
}

impl<'a> Shapes<'a> {
    /// Measures a layer.
    ///
    /// # Errors
    /// More than 2 GB.
    pub(super) fn new(set: &'a FeatureSet, geometry_type: GeometryType) -> Result<Shapes<'a>, FormatError> {
        let mut shapes = Shapes {
            set,
            geometry_type,
            content_bytes: Vec::with_capacity(set.features.len()),
            byte_len: HEADER_BYTES,
            left_out: LeftOut::default(),
            flat_count: 0,
        };
        for row in 0..set.features.len() {
            let geometry = shapes.geometry(row);
            let bytes = geometry.map_or(4, |geometry| shapes.bytes_of(geometry));
            shapes.left_out.count(set.features[row].geometry.as_ref(), geometry_type);
            shapes.flat_count += usize::from(set.has_z && geometry.is_some_and(lacks_z));
            shapes.content_bytes.push(bytes);
            shapes.byte_len += 8 + bytes;
        }
        if shapes.byte_len > MAX_BYTES {
            return Err(FormatError::Unsupported(
                "a shapefile holds no more than 2 GB of shapes; write another format, such as GeoPackage"
                    .to_owned(),
            ));
        }
        Ok(shapes)
    }

    pub(super) fn write_shp(
        &self,
        out: &mut dyn Write,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), FormatError> {
        out.write_all(&self.header(self.byte_len))?;
        let mut record = Vec::new();
        let mut stop_check = StopCheck::new(stop);
        for (row, bytes) in self.content_bytes.iter().enumerate() {
            stop_check.step()?;
            record.clear();
            record.extend((row as u32 + 1).to_be_bytes());
            record.extend(words(*bytes).to_be_bytes());
            match self.geometry(row) {
                None => record.extend(0_u32.to_le_bytes()),
                Some(geometry) => self.content(&mut record, geometry),
            }
            out.write_all(&record)?;
        }
        Ok(())
    }

    pub(super) fn write_shx(&self, out: &mut dyn Write) -> Result<(), FormatError> {
        out.write_all(&self.header(HEADER_BYTES + 8 * self.content_bytes.len() as u64))?;
        let mut at = HEADER_BYTES;
        for bytes in &self.content_bytes {
            out.write_all(&words(at).to_be_bytes())?;
            out.write_all(&words(*bytes).to_be_bytes())?;
            at += 8 + bytes;
        }
        Ok(())
    }

    /// The geometry of a feature, if the layer takes it.
    fn geometry(&self, row: usize) -> Option<&'a Geometry> {
        taken(self.set.features.get(row)?.geometry.as_ref(), self.geometry_type)
    }

    /// The code of the type: 1 point, 3 line, 5 polygon, 8 multipoint; 10 more with z, 20 more with measures alone.
    fn code(&self) -> u32 {
        let code = match self.geometry_type {
            GeometryType::Point => 1,
            GeometryType::Polyline => 3,
            GeometryType::Polygon => 5,
            GeometryType::Multipoint => 8,
        };
        match (self.set.has_z, self.set.has_m) {
            (true, _) => code + 10,
            (false, true) => code + 20,
            (false, false) => code,
        }
    }

    fn bytes_of(&self, geometry: &Geometry) -> u64 {
        let (has_z, has_m) = (u64::from(self.set.has_z), u64::from(self.set.has_m));
        let vertex_count = geometry.vertex_count() as u64;
        let values_bytes = (16 + 8 * vertex_count) * (has_z + has_m);
        match geometry {
            // A point with z always has a measure.
            Geometry::Point(_) => 20 + 8 * (has_z + has_z.max(has_m)),
            Geometry::Multipoint(_) => 40 + 16 * vertex_count + values_bytes,
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                44 + 4 * paths.len() as u64 + 16 * vertex_count + values_bytes
            }
        }
    }

    fn header(&self, byte_len: u64) -> Vec<u8> {
        let mut header = Vec::new();
        header.extend(FILE_CODE.to_be_bytes());
        header.extend([0; 20]);
        header.extend(words(byte_len).to_be_bytes());
        header.extend(VERSION.to_le_bytes());
        header.extend(self.code().to_le_bytes());
        let (mut envelope, mut z, mut m) = (Envelope::EMPTY, Range::EMPTY, Range::EMPTY);
        for geometry in (0..self.set.features.len()).filter_map(|row| self.geometry(row)) {
            geometry.for_each_xy(|xy| envelope.include(xy));
            match geometry {
                Geometry::Point(point) => {
                    z.include(point.z.unwrap_or_default());
                    m.include(point.m.unwrap_or(f64::NAN));
                }
                Geometry::Multipoint(path) => include(&mut z, &mut m, path),
                Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                    paths.iter().for_each(|path| include(&mut z, &mut m, path));
                }
            }
        }
        write_box(&mut header, &envelope);
        let nothing = Range::EMPTY;
        for range in [if self.set.has_z { z } else { nothing }, if self.set.has_m { m } else { nothing }] {
            range.write(&mut header);
        }
        header
    }

    fn content(&self, out: &mut Vec<u8>, geometry: &Geometry) {
        out.extend(self.code().to_le_bytes());
        match geometry {
            Geometry::Point(point) => {
                write_f64s(out, point.xy);
                if self.set.has_z {
                    write_f64s(out, [z_of(point.z), m_of(point.m)]);
                } else if self.set.has_m {
                    write_f64s(out, [m_of(point.m)]);
                }
            }
            Geometry::Multipoint(path) => self.vertices(out, std::slice::from_ref(path), None),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                let mut starts = Vec::with_capacity(paths.len());
                let mut start = 0_u32;
                for path in paths {
                    starts.push(start);
                    start += path.xy.len() as u32;
                }
                self.vertices(out, paths, Some(&starts));
            }
        }
    }

    fn vertices(&self, out: &mut Vec<u8>, paths: &[Path], starts: Option<&[u32]>) {
        write_box(out, &gp_geometry::envelope_of(paths));
        if let Some(starts) = starts {
            out.extend((starts.len() as u32).to_le_bytes());
        }
        let vertex_count: usize = paths.iter().map(|path| path.xy.len()).sum();
        out.extend((vertex_count as u32).to_le_bytes());
        starts.unwrap_or_default().iter().for_each(|start| out.extend(start.to_le_bytes()));
        for path in paths {
            path.xy.iter().for_each(|xy| write_f64s(out, *xy));
        }
        let (mut z, mut m) = (Range::EMPTY, Range::EMPTY);
        paths.iter().for_each(|path| include(&mut z, &mut m, path));
        if self.set.has_z {
            z.write(out);
            for path in paths {
                write_f64s(out, (0..path.xy.len()).map(|index| z_of(path.z.get(index).copied())));
            }
        }
        if self.set.has_m {
            m.write(out);
            for path in paths {
                write_f64s(out, (0..path.xy.len()).map(|index| m_of(path.m.get(index).copied())));
            }
        }
    }
}

/// The least and the greatest of values.
#[derive(Clone, Copy)]
struct Range {
    least: f64,
    greatest: f64,
}

impl Range {
    const EMPTY: Range = Range { least: f64::INFINITY, greatest: f64::NEG_INFINITY };

    fn include(&mut self, value: f64) {
        // The least of a number and none is the number.
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    /// Zeros where there is nothing: infinity is no number of a shapefile.
    fn write(self, out: &mut Vec<u8>) {
        let is_empty = self.least > self.greatest;
        write_f64s(out, if is_empty { [0.0, 0.0] } else { [self.least, self.greatest] });
    }
}

fn include(z: &mut Range, m: &mut Range, path: &Path) {
    for index in 0..path.xy.len() {
        z.include(z_of(path.z.get(index).copied()));
    }
    path.m.iter().for_each(|value| m.include(*value));
}

/// No z is zero: a shapefile has no other word for it.
fn z_of(value: Option<f64>) -> f64 {
    value.filter(|value| value.is_finite()).unwrap_or_default()
}

fn m_of(value: Option<f64>) -> f64 {
    value.filter(|value| value.is_finite()).unwrap_or(NO_MEASURE)
}

fn lacks_z(geometry: &Geometry) -> bool {
    let lacks = |path: &Path| path.z.len() < path.xy.len() || path.z.iter().any(|value| !value.is_finite());
    match geometry {
        Geometry::Point(point) => point.z.is_none(),
        Geometry::Multipoint(path) => lacks(path),
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.iter().any(lacks),
    }
}

fn write_box(out: &mut Vec<u8>, envelope: &Envelope) {
    let empty = [0.0; 4];
    let Envelope { xmin, ymin, xmax, ymax } = *envelope;
    write_f64s(out, if envelope.is_empty() { empty } else { [xmin, ymin, xmax, ymax] });
}

fn write_f64s(out: &mut Vec<u8>, values: impl IntoIterator<Item = f64>) {
    values.into_iter().for_each(|value| out.extend(value.to_le_bytes()));
}

/// Bytes in words of 16 bits; that they are no more than 2 GB was seen before.
fn words(bytes: u64) -> u32 {
    u32::try_from(bytes / 2).unwrap_or(u32::MAX)
}
