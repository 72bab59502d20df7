//! Which numbers are ordinates, and which of them a layer has beside x and y.
//!
//! Separate because in most formats each geometry says it for itself, and a feature set has them everywhere or nowhere.

use crate::column_types::number;
use gp_esri::{FeatureSet, Geometry};

/// Coordinates beyond this are no places; feature sets from other sources end there too.
const MAX_COORDINATE: f64 = 1e300;

/// The coordinate that a text is; `None` where it is no number or one beyond every place.
pub(crate) fn coordinate(text: &str) -> Option<f64> {
    number(text).filter(|value| value.abs() <= MAX_COORDINATE)
}

/// Says whether the set has z and m, and gives vertices without them NaN beside those with.
pub(crate) fn settle_ordinates(set: &mut FeatureSet) {
    let geometries = || set.features.iter().filter_map(|feature| feature.geometry.as_ref());
    let (mut has_z, mut has_m) = (set.has_z, set.has_m);
    for geometry in geometries() {
        match geometry {
            Geometry::Point(point) => {
                has_z |= point.z.is_some();
                has_m |= point.m.is_some();
            }
            Geometry::Multipoint(points) => {
                has_z |= !points.z.is_empty();
                has_m |= !points.m.is_empty();
            }
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                has_z |= paths.iter().any(|path| !path.z.is_empty());
                has_m |= paths.iter().any(|path| !path.m.is_empty());
            }
        }
    }
    (set.has_z, set.has_m) = (has_z, has_m);
    for geometry in set.features.iter_mut().filter_map(|feature| feature.geometry.as_mut()) {
        let paths = match geometry {
            Geometry::Point(_) => &mut [],
            Geometry::Multipoint(points) => std::slice::from_mut(points),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.as_mut_slice(),
        };
        for path in paths {
            let count = path.xy.len();
            for (wanted, values) in [(has_z, &mut path.z), (has_m, &mut path.m)] {
                if wanted {
                    values.resize(count, f64::NAN);
                }
            }
        }
    }
}
