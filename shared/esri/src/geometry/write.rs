//! Writing geometries as Esri JSON (specification 6.2).

use super::{Geometry, Path};
use crate::SpatialReference;
use crate::json::{write_f64, write_fixed};

/// Which ordinates are written, and how closely.
pub(crate) struct WrittenGeometry {
    pub(crate) z: bool,
    pub(crate) m: bool,
    /// Most decimal places of x and y; `None` is exact.
    pub(crate) decimals: Option<u8>,
}

/// Appends one geometry as an object of its own, z and m where it has them, with its reference where given.
pub fn write_geometry(out: &mut Vec<u8>, geometry: &Geometry, spatial_reference: Option<&SpatialReference>) {
    let (z, m) = match geometry {
        Geometry::Point(point) => (point.z.is_some(), point.m.is_some()),
        Geometry::Multipoint(points) => (!points.z.is_empty(), !points.m.is_empty()),
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
            (paths.iter().any(|path| !path.z.is_empty()), paths.iter().any(|path| !path.m.is_empty()))
        }
    };
    out.push(b'{');
    if !matches!(geometry, Geometry::Point(_)) {
        out.extend_from_slice(if z { b"\"hasZ\":true," } else { b"" });
        out.extend_from_slice(if m { b"\"hasM\":true," } else { b"" });
    }
    write_members(out, geometry, &WrittenGeometry { z, m, decimals: None });
    if let Some(reference) = spatial_reference {
        out.extend_from_slice(b",\"spatialReference\":");
        reference.write(out);
    }
    out.push(b'}');
}

/// Appends the members of a geometry without the braces around them.
pub(crate) fn write_members(out: &mut Vec<u8>, geometry: &Geometry, written: &WrittenGeometry) {
    match geometry {
        Geometry::Point(point) => {
            for (key, value) in [(&b"\"x\":"[..], point.xy[0]), (b",\"y\":", point.xy[1])] {
                out.extend_from_slice(key);
                write_coordinate(out, value, written.decimals);
            }
            for (key, wanted, value) in
                [(&b",\"z\":"[..], written.z, point.z), (b",\"m\":", written.m, point.m)]
            {
                if wanted {
                    out.extend_from_slice(key);
                    write_f64(out, value.unwrap_or(f64::NAN));
                }
            }
        }
        Geometry::Multipoint(points) => {
            out.extend_from_slice(b"\"points\":");
            write_path(out, points, written);
        }
        Geometry::Polyline(paths) => write_paths(out, b"\"paths\":[", paths, written),
        Geometry::Polygon(rings) => write_paths(out, b"\"rings\":[", rings, written),
    }
}

fn write_paths(out: &mut Vec<u8>, opening: &[u8], paths: &[Path], written: &WrittenGeometry) {
    out.extend_from_slice(opening);
    for (index, path) in paths.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_path(out, path, written);
    }
    out.push(b']');
}

fn write_path(out: &mut Vec<u8>, path: &Path, written: &WrittenGeometry) {
    // Two numbers of up to 19 characters: one growth a path instead of many.
    out.reserve(path.xy.len() * 40 + 2);
    out.push(b'[');
    for (index, [x, y]) in path.xy.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.push(b'[');
        write_coordinate(out, *x, written.decimals);
        out.push(b',');
        write_coordinate(out, *y, written.decimals);
        for (wanted, values) in [(written.z, &path.z), (written.m, &path.m)] {
            if wanted {
                out.push(b',');
                write_f64(out, values.get(index).copied().unwrap_or(f64::NAN));
            }
        }
        out.push(b']');
    }
    out.push(b']');
}

#[inline]
fn write_coordinate(out: &mut Vec<u8>, value: f64, decimals: Option<u8>) {
    match decimals {
        Some(decimals) => write_fixed(out, value, decimals),
        None => write_f64(out, value),
    }
}
