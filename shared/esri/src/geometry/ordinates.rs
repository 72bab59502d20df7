//! The meaning of third and fourth ordinates, given when all flags of a feature set are known.
//!
//! Until then a path holds the third ordinate of its vertices in `z` and the fourth in `m`.

use super::{Geometry, Path};

/// Gives the raw third and fourth ordinates of `geometry` their meaning; says whether any had to be dropped because
/// neither `hasZ` nor `hasM` covers them. Points name their z and m and are left alone.
pub(crate) fn settle_zm(geometry: &mut Geometry, has_z: bool, has_m: bool) -> bool {
    let mut dropped = false;
    for path in paths_mut(geometry) {
        if has_m && !has_z {
            std::mem::swap(&mut path.z, &mut path.m);
        }
        if !has_z {
            dropped |= !path.z.is_empty();
            path.z = Vec::new();
        }
        if !has_m {
            dropped |= !path.m.is_empty();
            path.m = Vec::new();
        }
    }
    dropped
}

/// Gives every path one z and one m a vertex where the set has them, NaN where the path has none.
pub(crate) fn fill_zm(geometry: &mut Geometry, has_z: bool, has_m: bool) {
    for path in paths_mut(geometry) {
        let count = path.xy.len();
        for (wanted, values) in [(has_z, &mut path.z), (has_m, &mut path.m)] {
            if wanted {
                values.resize(count, f64::NAN);
            }
        }
    }
}

fn paths_mut(geometry: &mut Geometry) -> &mut [Path] {
    match geometry {
        Geometry::Point(_) => &mut [],
        Geometry::Multipoint(points) => std::slice::from_mut(points),
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths,
    }
}
