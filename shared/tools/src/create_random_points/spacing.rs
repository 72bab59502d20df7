//! A least distance between points: a grid of cubes as wide as that, so that only neighbouring cubes matter.
//!
//! Points in degrees are put into the grid by their place in space, where the antimeridian and the poles are like any
//! other place: a chord is never longer than the way on the ellipsoid.

use crate::distance::Reach;
use gp_esri::Xy;
use gp_geometry::{Crs, Geodesy, geocentric};
use std::collections::HashMap;
use std::sync::Arc;

/// Points that keep their distance.
#[derive(Clone)]
pub(super) struct Spacing {
    /// In metres on the ellipsoid, else in units of the coordinates.
    least: f64,
    globe: Option<Arc<Globe>>,
    cubes: HashMap<[i64; 3], Vec<Known>>,
}

/// A point with its place in space.
type Known = (Xy, [f64; 3]);

/// A way of up to 2000 km is less than this many times its chord.
const MOST_CURVED: f64 = 1.01;
/// As far as that holds.
const CURVED_SO_FAR_M: f64 = 2e6;

/// Cubes farther away are one: that far from the origin coordinates are coarser than the least distance, and the numbers
/// of their neighbours are still exact.
const FARTHEST_CUBE: f64 = 9e15;

struct Globe {
    degrees_per_unit: f64,
    geodesy: Geodesy,
}

impl Spacing {
    /// No points yet.
    pub(super) fn new(reach: Reach, crs: Option<&Crs>) -> Spacing {
        let (least, globe) = match (reach, crs) {
            (Reach::Geodesic(least_m), Some(crs)) => {
                let geodesy = Geodesy::new(crs.ellipsoid());
                let degrees_per_unit = crs.degrees_per_unit().unwrap_or(1.0);
                (least_m, Some(Arc::new(Globe { degrees_per_unit, geodesy })))
            }
            (Reach::Geodesic(least) | Reach::Planar(least), _) => (least, None),
        };
        Spacing { least, globe, cubes: HashMap::new() }
    }

    /// Adds a point unless one is nearer than the least distance; says whether it was added.
    pub(super) fn add(&mut self, position: Xy) -> bool {
        let place = self.place(position);
        let cube =
            place.map(|ordinate| (ordinate / self.least).floor().clamp(-FARTHEST_CUBE, FARTHEST_CUBE) as i64);
        for x in -1..=1 {
            for y in -1..=1 {
                // In a plane there are no cubes above or below.
                let heights = if self.globe.is_some() { -1..=1 } else { 0..=0 };
                for z in heights {
                    let near = self.cubes.get(&[cube[0] + x, cube[1] + y, cube[2] + z]);
                    let near = near.map(Vec::as_slice).unwrap_or_default();
                    if near.iter().any(|known| self.is_near(*known, (position, place))) {
                        return false;
                    }
                }
            }
        }
        self.cubes.entry(cube).or_default().push((position, place));
        true
    }

    /// Whether two points are nearer than the least distance. The chord alone tells it of nearly all.
    fn is_near(&self, (a, place_a): Known, (b, place_b): Known) -> bool {
        let squares = (0..3).map(|axis| (place_b[axis] - place_a[axis]).powi(2));
        let chord = squares.sum::<f64>().sqrt();
        let Some(globe) = &self.globe else { return chord < self.least };
        if chord >= self.least {
            return false;
        }
        if chord < CURVED_SO_FAR_M && chord * MOST_CURVED < self.least {
            return true;
        }
        let degrees = |[x, y]: Xy| [x * globe.degrees_per_unit, y * globe.degrees_per_unit];
        globe.geodesy.distance_m(degrees(a), degrees(b)) < self.least
    }

    /// The place in space, in metres; in a plane the position itself.
    fn place(&self, [x, y]: Xy) -> [f64; 3] {
        let Some(globe) = &self.globe else { return [x, y, 0.0] };
        geocentric([x * globe.degrees_per_unit, y * globe.degrees_per_unit], globe.geodesy.ellipsoid())
    }
}
