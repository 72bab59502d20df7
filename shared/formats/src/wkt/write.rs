//! Writing geometries as well-known text.

use crate::outlines::{Outline, polygons};
use gp_esri::json::write_f64;
use gp_esri::{Geometry, Path, Xy};

/// Which ordinates all positions of a text have.
#[derive(Clone, Copy)]
struct Ordinates {
    z: bool,
    m: bool,
}

/// Appends a geometry, in the type that names its ordinates: `POINT ZM (1 2 3 4)`. Numbers read back the same.
pub(crate) fn write_wkt(out: &mut Vec<u8>, geometry: &Geometry) {
    match geometry {
        Geometry::Point(point) => {
            let ordinates = Ordinates { z: point.z.is_some(), m: point.m.is_some() };
            begin(out, "POINT", ordinates);
            out.push(b'(');
            write_position(out, (point.xy, point.z, point.m), ordinates);
            out.push(b')');
        }
        Geometry::Multipoint(points) => {
            let ordinates = ordinates_of(std::slice::from_ref(points));
            begin(out, "MULTIPOINT", ordinates);
            write_list(out, Outline::of_path(points).numbered(), |out, vertex| {
                out.push(b'(');
                write_position(out, vertex, ordinates);
                out.push(b')');
            });
        }
        Geometry::Polyline(paths) => {
            let ordinates = ordinates_of(paths);
            if let [path] = &paths[..] {
                begin(out, "LINESTRING", ordinates);
                write_outline(out, Outline::of_path(path), ordinates);
            } else {
                begin(out, "MULTILINESTRING", ordinates);
                let outlines = paths.iter().map(Outline::of_path);
                write_list(out, outlines, |out, outline| write_outline(out, outline, ordinates));
            }
        }
        Geometry::Polygon(rings) => {
            let ordinates = ordinates_of(rings);
            let polygon = |out: &mut Vec<u8>, rings: &Vec<Outline<'_>>| {
                write_list(out, rings, |out, ring| write_outline(out, *ring, ordinates));
            };
            let polygons = polygons(rings);
            if let [only] = &polygons[..] {
                begin(out, "POLYGON", ordinates);
                polygon(out, only);
            } else {
                begin(out, "MULTIPOLYGON", ordinates);
                write_list(out, &polygons, polygon);
            }
        }
    }
}

fn ordinates_of(paths: &[Path]) -> Ordinates {
    Ordinates {
        z: paths.iter().any(|path| !path.z.is_empty()),
        m: paths.iter().any(|path| !path.m.is_empty()),
    }
}

fn begin(out: &mut Vec<u8>, name: &str, ordinates: Ordinates) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(match (ordinates.z, ordinates.m) {
        (false, false) => b" ",
        (true, false) => b" Z ",
        (false, true) => b" M ",
        (true, true) => b" ZM ",
    });
}

fn write_outline(out: &mut Vec<u8>, outline: Outline<'_>, ordinates: Ordinates) {
    write_list(out, outline.numbered(), |out, vertex| write_position(out, vertex, ordinates));
}

fn write_position(out: &mut Vec<u8>, ([x, y], z, m): (Xy, Option<f64>, Option<f64>), ordinates: Ordinates) {
    write_f64(out, x);
    out.push(b' ');
    write_f64(out, y);
    for (wanted, value) in [(ordinates.z, z), (ordinates.m, m)] {
        match value {
            Some(value) if wanted => {
                out.push(b' ');
                write_f64(out, value);
            }
            None if wanted => out.extend_from_slice(b" nan"),
            _ => {}
        }
    }
}

fn write_list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'(');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        write(out, item);
    }
    out.push(b')');
}
