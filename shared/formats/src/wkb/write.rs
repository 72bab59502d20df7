//! Writing well-known binary.

use super::Dimensions;
use crate::outlines::{Outline, polygons};
use gp_esri::Geometry;

/// The byte that says little-endian.
const LITTLE_ENDIAN: u8 = 1;

/// Appends a geometry: a point, a multipoint, a multi line or a multi polygon, whose exteriors run counter-clockwise as OGC
/// has it. What the geometry has beyond the dimensions is left out; what it lacks is NaN.
pub(crate) fn write_wkb(out: &mut Vec<u8>, geometry: &Geometry, dimensions: Dimensions) {
    match geometry {
        Geometry::Point(point) => {
            header(out, 1, dimensions);
            vertex(out, point.xy, point.z, point.m, dimensions);
        }
        Geometry::Multipoint(points) => {
            header(out, 4, dimensions);
            count(out, points.xy.len());
            for (xy, z, m) in Outline::of_path(points).numbered() {
                header(out, 1, dimensions);
                vertex(out, xy, z, m, dimensions);
            }
        }
        Geometry::Polyline(paths) => {
            header(out, 5, dimensions);
            count(out, paths.len());
            for path in paths {
                header(out, 2, dimensions);
                vertices(out, Outline::of_path(path), dimensions);
            }
        }
        Geometry::Polygon(rings) => {
            let polygons = polygons(rings);
            header(out, 6, dimensions);
            count(out, polygons.len());
            for polygon in polygons {
                header(out, 3, dimensions);
                count(out, polygon.len());
                polygon.into_iter().for_each(|ring| vertices(out, ring, dimensions));
            }
        }
    }
}

fn vertices(out: &mut Vec<u8>, outline: Outline<'_>, dimensions: Dimensions) {
    count(out, outline.len());
    outline.numbered().for_each(|(xy, z, m)| vertex(out, xy, z, m, dimensions));
}

fn header(out: &mut Vec<u8>, kind: u32, dimensions: Dimensions) {
    let code = kind + 1000 * u32::from(dimensions.z) + 2000 * u32::from(dimensions.m);
    out.push(LITTLE_ENDIAN);
    out.extend(code.to_le_bytes());
}

fn count(out: &mut Vec<u8>, count: usize) {
    // A vertex takes 16 bytes: memory ends before the number does.
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn vertex(out: &mut Vec<u8>, xy: [f64; 2], z: Option<f64>, m: Option<f64>, dimensions: Dimensions) {
    for value in xy {
        out.extend(value.to_le_bytes());
    }
    for (wanted, value) in [(dimensions.z, z), (dimensions.m, m)] {
        if wanted {
            out.extend(value.unwrap_or(f64::NAN).to_le_bytes());
        }
    }
}
