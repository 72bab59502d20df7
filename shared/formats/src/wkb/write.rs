//! Writing well-known binary.

use super::Dimensions;
use gp_esri::{Geometry, Path};
use gp_geometry::{is_clockwise, part_indices};

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
            for index in 0..points.xy.len() {
                header(out, 1, dimensions);
                vertex_of(out, points, index, dimensions);
            }
        }
        Geometry::Polyline(paths) => {
            header(out, 5, dimensions);
            count(out, paths.len());
            for path in paths {
                header(out, 2, dimensions);
                count(out, path.xy.len());
                (0..path.xy.len()).for_each(|index| vertex_of(out, path, index, dimensions));
            }
        }
        Geometry::Polygon(rings) => {
            let polygons = polygons_of(rings);
            header(out, 6, dimensions);
            count(out, polygons.len());
            for polygon in polygons {
                header(out, 3, dimensions);
                count(out, polygon.len());
                for (place, ring) in polygon.into_iter().enumerate() {
                    write_ring(out, &rings[ring], place == 0, dimensions);
                }
            }
        }
    }
}

/// The rings of each polygon, its exterior first, as positions in `rings`. A hole that lies in no exterior becomes a polygon
/// of its own rather than being lost.
pub(crate) fn polygons_of(rings: &[Path]) -> Vec<Vec<usize>> {
    if let [_] = rings {
        return vec![vec![0]];
    }
    let mut polygons = part_indices(rings);
    let mut is_placed = vec![false; rings.len()];
    for ring in polygons.iter().flatten() {
        is_placed[*ring] = true;
    }
    polygons.extend((0..rings.len()).filter(|ring| !is_placed[*ring]).map(|ring| vec![ring]));
    polygons
}

/// Exteriors counter-clockwise, holes clockwise.
fn write_ring(out: &mut Vec<u8>, ring: &Path, is_exterior: bool, dimensions: Dimensions) {
    let length = ring.xy.len();
    count(out, length);
    let is_turned = is_clockwise(&ring.xy) == is_exterior;
    for step in 0..length {
        let index = if is_turned { length - 1 - step } else { step };
        vertex_of(out, ring, index, dimensions);
    }
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

fn vertex_of(out: &mut Vec<u8>, path: &Path, index: usize, dimensions: Dimensions) {
    vertex(out, path.xy[index], path.z.get(index).copied(), path.m.get(index).copied(), dimensions);
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
