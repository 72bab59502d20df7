//! Writing geometries: vertices in one list a kind of ordinate, and where each part ends.

use super::builder::{Builder, Reference, Slot};
use super::write::geometry_code;
use crate::outlines::{Outline, polygons};
use gp_esri::{FeatureSet, Geometry, Path};

/// Appends a geometry, polygons turned as OGC has it.
pub(super) fn put_geometry(builder: &mut Builder, at: Reference, set: &FeatureSet, geometry: &Geometry) {
    let code = geometry_code(Some(geometry.geometry_type()));
    match geometry {
        Geometry::Point(point) => {
            let path = Path {
                xy: vec![point.xy],
                z: point.z.into_iter().collect(),
                m: point.m.into_iter().collect(),
            };
            put_paths(builder, at, set, code, &[Outline::of_path(&path)]);
        }
        Geometry::Multipoint(points) => put_paths(builder, at, set, code, &[Outline::of_path(points)]),
        Geometry::Polyline(paths) => {
            let outlines: Vec<Outline<'_>> = paths.iter().map(Outline::of_path).collect();
            put_paths(builder, at, set, code, &outlines);
        }
        Geometry::Polygon(rings) => {
            /// The number of the type of a polygon.
            const POLYGON: u8 = 3;
            let polygons = polygons(rings);
            let mut slots = [Slot::Default; 8];
            slots[6] = Slot::U8(code);
            slots[7] = Slot::Reference;
            let Some(parts) = builder.table(at, &slots).pop() else { return };
            let places = builder.table_vector(parts, polygons.len());
            for (at, polygon) in places.into_iter().zip(polygons) {
                put_paths(builder, at, set, POLYGON, &polygon);
            }
        }
    }
}

/// A geometry of paths; where each ends is said where there are several.
fn put_paths(builder: &mut Builder, at: Reference, set: &FeatureSet, code: u8, paths: &[Outline<'_>]) {
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
                end += path.len() as u32;
                end
            })
            .collect();
        builder.u32_vector(at, &ends);
    }
    let vertices = || paths.iter().flat_map(|path| path.numbered());
    if let Some(at) = references.next() {
        let xy: Vec<f64> = vertices().flat_map(|(xy, _, _)| xy).collect();
        builder.f64_vector(at, &xy);
    }
    for (wanted, is_z) in [(set.has_z, true), (set.has_m, false)] {
        if wanted && let Some(at) = references.next() {
            let values = vertices().map(|(_, z, m)| if is_z { z } else { m }.unwrap_or(f64::NAN));
            builder.f64_vector(at, &values.collect::<Vec<f64>>());
        }
    }
}
