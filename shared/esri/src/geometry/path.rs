//! Reading paths: the arrays of positions that all of a feature set's bytes are in.
//!
//! Third ordinates go into `z` and fourth into `m`, whatever they will turn out to be.

use super::{Path, curve};
use crate::ReadError;
use crate::json::{JsonError, Kind, Reader};

/// What reading may still use.
pub(crate) struct Budget {
    pub(crate) vertices_left: usize,
    pub(crate) max_vertices: usize,
    pub(crate) curve_tolerance: f64,
}

impl Budget {
    pub(crate) fn too_many(&self) -> ReadError {
        ReadError::TooManyVertices { max_vertices: self.max_vertices }
    }
}

/// Reads an array of paths.
pub(super) fn read_paths(
    reader: &mut Reader<'_>,
    budget: &mut Budget,
    curves: &mut bool,
) -> Result<Vec<Path>, ReadError> {
    let mut paths = Vec::new();
    reader.begin_array()?;
    while reader.next_element()? {
        let path = read_path(reader, budget, curves)
            .map_err(|error| error.within(format_args!("[{}]", paths.len())))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Reads one path, third ordinates into `z` and fourth into `m`; objects in it are curves.
pub(super) fn read_path(
    reader: &mut Reader<'_>,
    budget: &mut Budget,
    curves: &mut bool,
) -> Result<Path, ReadError> {
    let mut path = Path::default();
    let mut ordinates = [0.0; 4];
    reader.begin_array()?;
    while reader.next_element()? {
        let index = path.xy.len();
        if index >= budget.vertices_left {
            return Err(budget.too_many());
        }
        match reader.position(&mut ordinates) {
            Ok(count) if count >= 2 => push_vertex(&mut path, &ordinates, count),
            Ok(_) => {
                return Err(ReadError::invalid("a position needs x and y").within(format_args!("[{index}]")));
            }
            Err(JsonError::Kind { found: Kind::Object, .. }) => {
                *curves = true;
                curve::read_curve(reader, &mut path, budget)
                    .map_err(|error| error.within(format_args!("[{index}]")))?;
            }
            Err(error) => return Err(ReadError::from(error).within(format_args!("[{index}]"))),
        }
    }
    budget.vertices_left = budget.vertices_left.saturating_sub(path.xy.len());
    Ok(path)
}

/// Appends a vertex of `count` ordinates.
#[inline]
pub(super) fn push_vertex(path: &mut Path, ordinates: &[f64; 4], count: usize) {
    let before = path.xy.len();
    path.xy.push([ordinates[0], ordinates[1]]);
    if count > 2 || !path.z.is_empty() {
        path.z.resize(before, f64::NAN);
        path.z.push(if count > 2 { ordinates[2] } else { f64::NAN });
    }
    if count > 3 || !path.m.is_empty() {
        path.m.resize(before, f64::NAN);
        path.m.push(if count > 3 { ordinates[3] } else { f64::NAN });
    }
}

/// Repeats the first vertex at the end of a ring that does not end there.
pub(super) fn close_ring(ring: &mut Path) {
    let (Some(first), Some(last)) = (ring.xy.first().copied(), ring.xy.last()) else { return };
    let closed = first[0].to_bits() == last[0].to_bits() && first[1].to_bits() == last[1].to_bits();
    if closed && ring.xy.len() > 1 {
        return;
    }
    ring.xy.push(first);
    for values in [&mut ring.z, &mut ring.m] {
        if let Some(first) = values.first().copied() {
            values.push(first);
        }
    }
}
