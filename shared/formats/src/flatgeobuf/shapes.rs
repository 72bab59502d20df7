//! Writing geometries: vertices in one list a kind of ordinate, and where each part ends.

use super::builder::{Builder, Reference, Slot};
use super::write::geometry_code;
use crate::wkb::polygons_of;
use gp_esri::{FeatureSet, Geometry, Path};
use gp_geometry::{is_clockwise, reverse};

/// Appends a geometry, polygons turned as OGC has it.
pub(super) fn put_geometry(builder: &mut Builder, at: Reference, set: &FeatureSet, geometry: &Geometry) {
    let code = geometry_code(Some(geometry.geometry_type()));
    match geometry {
        Geometry::Point(point) => {
            let path = Path {
                xy: vec![point.xy],
                z: vec![point.z.unwrap_or(f64::NAN)],
                m: vec![point.m.unwrap_or(f64::NAN)],
            };
            put_paths(builder, at, set, code, &[&path]);
        }
        Geometry::Multipoint(points) => put_paths(builder, at, set, code, &[points]),
        Geometry::Polyline(paths) => put_paths(builder, at, set, code, &paths.iter().collect::<Vec<_>>()),
        Geometry::Polygon(rings) => {
            /// The number of the type of a polygon.
            const POLYGON: u8 = 3;
            let polygons = polygons_of(rings);
            let mut slots = [Slot::Default; 8];
            slots[6] = Slot::U8(code);
            slots[7] = Slot::Reference;
            let Some(parts) = builder.table(at, &slots).pop() else { return };
            let places = builder.table_vector(parts, polygons.len());
            for (at, polygon) in places.into_iter().zip(polygons) {
                // Exteriors counter-clockwise, holes clockwise, as OGC has it.
                let mut turned: Vec<Path> = polygon.into_iter().map(|ring| rings[ring].clone()).collect();
                for (place, ring) in turned.iter_mut().enumerate() {
                    if is_clockwise(&ring.xy) == (place == 0) {
                        reverse(ring);
                    }
                }
                put_paths(builder, at, set, POLYGON, &turned.iter().collect::<Vec<_>>());
            }
        }
    }
}

/// A geometry of paths; where each ends is said where there are several.
fn put_paths(builder: &mut Builder, at: Reference, set: &FeatureSet, code: u8, paths: &[&Path]) {
    let mut slots = [Slot::Default; 8];
    let has_ends = paths.len() > 1;
    for (slot, wanted) in [(0, has_ends), (1, true), (2, set.has_z), (3, set.has_m)] {
        if wanted {
            slots[slot] = Slot::Reference;
        }
    }
    slots[6] = Slot::U8(code);
    let mut references = builder.table(at, &slots).into_iter();
    if has_ends && let Some(at) = references.next() {
        let mut end = 0;
        let ends: Vec<u32> = paths
            .iter()
            .map(|path| {
                end += path.xy.len() as u32;
                end
            })
            .collect();
        builder.u32_vector(at, &ends);
    }
    if let Some(at) = references.next() {
        let xy: Vec<f64> = paths.iter().flat_map(|path| &path.xy).flatten().copied().collect();
        builder.f64_vector(at, &xy);
    }
    for (wanted, is_z) in [(set.has_z, true), (set.has_m, false)] {
        if wanted && let Some(at) = references.next() {
            let mut values: Vec<f64> = Vec::new();
            for path in paths {
                let start = values.len();
                values.extend(if is_z { &path.z } else { &path.m });
                values.resize(start + path.xy.len(), f64::NAN);
            }
            builder.f64_vector(at, &values);
        }
    }
}
