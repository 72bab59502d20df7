//! Which geometries have been seen, exactly or within a tolerance.

#![expect(
    clippy::float_cmp,
    reason = "without a tolerance shapes are the same only where their vertices are"
)]

use crate::along::Ruler;
use gp_esri::{FeatureSet, Geometry, Path, Xy};
use gp_geometry::geocentric;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Sums of coordinates that are each this share of the largest one differ by less when they are added in another order.
const NOISE: f64 = 1e-14;
/// On the ellipsoid no coordinate is larger.
const LARGEST_M: f64 = 6.5e6;
/// The width of a cell, in reaches: with four, what is within reach lies in one or two cells, mostly in one.
const CELL_REACHES: f64 = 4.0;

/// What tells most shapes apart, so that few must be compared.
#[derive(Default)]
pub(super) struct Signature {
    vertices: usize,
    /// Without a tolerance: a hash of the vertices, whatever their order.
    hash: i64,
    /// With one: numbers that differ by no more than the vertices do, wherever a ring begins, which are the mean of the
    /// vertices on three axes, and their greatest coordinate on the first.
    numbers: [f64; 4],
}

/// How shapes are compared.
pub(super) struct Comparison {
    ruler: Ruler,
    tolerance: f64,
    /// How far the numbers of the same shapes may lie apart, rounding included.
    reach: f64,
}

impl Comparison {
    /// `tolerance` is in units of the ruler.
    pub(super) fn new(ruler: Ruler, tolerance: f64, set: &FeatureSet) -> Comparison {
        let mut largest = match ruler {
            Ruler::Planar => 0.0_f64,
            Ruler::Geodesic { .. } => LARGEST_M,
        };
        if let Ruler::Planar = ruler {
            for geometry in set.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
                geometry.for_each_xy(|[x, y]| largest = largest.max(x.abs()).max(y.abs()));
            }
        }
        Comparison { ruler, tolerance, reach: tolerance + largest * NOISE }
    }

    /// The signature of a shape.
    pub(super) fn signature(&self, geometry: Option<&Geometry>) -> Signature {
        let Some(geometry) = geometry else { return Signature::default() };
        let signature = Signature { vertices: geometry.vertex_count(), ..Signature::default() };
        if self.tolerance > 0.0 {
            Signature { numbers: self.numbers(geometry), ..signature }
        } else {
            Signature { hash: hash_of(geometry), ..signature }
        }
    }

    /// On the ellipsoid coordinates are geocentric, where there is no antimeridian and no pole.
    fn numbers(&self, geometry: &Geometry) -> [f64; 4] {
        let (mut sums, mut lost) = ([0.0; 3], [0.0; 3]);
        let (mut greatest, mut count) = (f64::NEG_INFINITY, 0.0_f64);
        for_each_vertex(geometry, |xy| {
            let place = match &self.ruler {
                Ruler::Planar => [xy[0], xy[1], 0.0],
                Ruler::Geodesic { geodesy, degrees_per_unit } => {
                    geocentric(xy.map(|angle| angle * degrees_per_unit), geodesy.ellipsoid())
                }
            };
            for axis in 0..3 {
                // Kahan's summation: shapes may have a million vertices.
                let more = place[axis] - lost[axis];
                let sum = sums[axis] + more;
                lost[axis] = (sum - sums[axis]) - more;
                sums[axis] = sum;
            }
            greatest = greatest.max(place[0]);
            count += 1.0;
        });
        let [x, y, z] = sums.map(|sum| sum / count.max(1.0));
        [x, y, z, greatest]
    }

    /// The buckets in which shapes that may be the same lie; the first is the shape's own.
    fn buckets(&self, signature: &Signature) -> Vec<Bucket> {
        let first = Bucket { vertices: signature.vertices, hash: signature.hash, cell: [0; 4] };
        if self.tolerance <= 0.0 {
            return vec![first];
        }
        let cell = |number: f64| (number / (self.reach * CELL_REACHES)).floor() as i64;
        let mut buckets = vec![first];
        for (axis, number) in signature.numbers.into_iter().enumerate() {
            let own = cell(number);
            let mut beside = [cell(number - self.reach), cell(number + self.reach)].into_iter();
            let other = beside.find(|cell| *cell != own);
            buckets.iter_mut().for_each(|bucket| bucket.cell[axis] = own);
            let more: Vec<Bucket> = other.map_or_else(Vec::new, |other| {
                buckets.iter().map(|bucket| bucket.beside(axis, other)).collect()
            });
            buckets.extend(more);
        }
        buckets
    }

    fn same(&self, a: Option<&Geometry>, b: Option<&Geometry>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(Geometry::Point(a)), Some(Geometry::Point(b))) => {
                self.near(a.xy, b.xy) && (self.tolerance > 0.0 || (a.z == b.z && a.m == b.m))
            }
            (Some(Geometry::Multipoint(a)), Some(Geometry::Multipoint(b))) => self.same_from(a, b, 0, false),
            (Some(Geometry::Polyline(a)), Some(Geometry::Polyline(b))) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_from(a, b, 0, false))
            }
            (Some(Geometry::Polygon(a)), Some(Geometry::Polygon(b))) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_ring(a, b))
            }
            _ => false,
        }
    }

    /// Whether a ring is the other, which may begin at another vertex.
    fn same_ring(&self, a: &Path, b: &Path) -> bool {
        let count = a.xy.len().saturating_sub(1);
        a.xy.len() == b.xy.len() && (0..count).any(|start| self.same_from(a, b, start, true))
    }

    /// Whether the vertices of `a` are those of `b` from `start` on; those of a ring go on at its beginning.
    fn same_from(&self, a: &Path, b: &Path, start: usize, is_ring: bool) -> bool {
        if a.xy.len() != b.xy.len() {
            return false;
        }
        let count = if is_ring { a.xy.len() - 1 } else { a.xy.len() };
        (0..count).all(|index| {
            let other = (start + index) % count;
            let same_value = |a: &[f64], b: &[f64]| {
                let of =
                    |values: &[f64], index: usize| values.get(index).copied().filter(|value| !value.is_nan());
                of(a, index) == of(b, other)
            };
            self.near(a.xy[index], b.xy[other])
                && (self.tolerance > 0.0 || (same_value(&a.z, &b.z) && same_value(&a.m, &b.m)))
        })
    }

    fn near(&self, a: Xy, b: Xy) -> bool {
        if self.tolerance > 0.0 { self.ruler.distance(a, b) <= self.tolerance } else { a == b }
    }
}

/// Where shapes with like signatures lie: a cell of a grid, or a hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Bucket {
    vertices: usize,
    hash: i64,
    cell: [i64; 4],
}

impl Bucket {
    fn beside(mut self, axis: usize, cell: i64) -> Bucket {
        self.cell[axis] = cell;
        self
    }
}

/// The geometries that are kept.
pub(super) struct Shapes<'a> {
    comparison: &'a Comparison,
    kept: HashMap<Bucket, Vec<Option<&'a Geometry>>>,
}

impl<'a> Shapes<'a> {
    /// Knows no shape yet.
    pub(super) fn new(comparison: &'a Comparison) -> Shapes<'a> {
        Shapes { comparison, kept: HashMap::new() }
    }

    /// Whether no shape like this one is known; from now on it is.
    pub(super) fn is_new(&mut self, geometry: Option<&'a Geometry>, signature: &Signature) -> bool {
        let buckets = self.comparison.buckets(signature);
        let mut known = buckets.iter().filter_map(|bucket| self.kept.get(bucket)).flatten();
        if known.any(|known| self.comparison.same(*known, geometry)) {
            return false;
        }
        self.kept.entry(buckets[0]).or_default().push(geometry);
        true
    }
}

/// A hash of the vertices, whatever their order.
fn hash_of(geometry: &Geometry) -> i64 {
    let mut sum = 0_u64;
    for_each_vertex(geometry, |xy| {
        let mut hasher = DefaultHasher::new();
        // Minus zero equals zero.
        xy.map(|ordinate| (ordinate + 0.0).to_bits()).hash(&mut hasher);
        sum = sum.wrapping_add(hasher.finish());
    });
    if let Geometry::Point(point) = geometry {
        // Many measurements may lie upon each other, at one place and of many heights or times.
        let mut hasher = DefaultHasher::new();
        [point.z, point.m].map(|value| value.map(|value| (value + 0.0).to_bits())).hash(&mut hasher);
        sum = sum.wrapping_add(hasher.finish());
    }
    sum as i64
}

/// All vertices, the first of a ring once.
fn for_each_vertex(geometry: &Geometry, mut visit: impl FnMut(Xy)) {
    let Geometry::Polygon(rings) = geometry else { return geometry.for_each_xy(visit) };
    for ring in rings {
        ring.xy.iter().skip(1).for_each(|xy| visit(*xy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_one_corner_or_one_centre_lie_in_different_buckets() {
        let square = |corner: f64, size: f64| {
            let (low, high) = (corner, corner + size);
            let xy = vec![[low, low], [low, high], [high, high], [high, low], [low, low]];
            Geometry::Polygon(vec![Path::from_xy(xy)])
        };
        let sizes = (1..1_000).map(|size| f64::from(size) * 3.0);
        let squares: Vec<Geometry> =
            sizes.flat_map(|size| [square(1e6, size), square(-size / 2.0, size)]).collect();
        let set = FeatureSet::default();
        for tolerance in [0.0, 0.1] {
            let comparison = Comparison::new(Ruler::Planar, tolerance, &set);
            let mut shapes = Shapes::new(&comparison);
            for geometry in &squares {
                assert!(shapes.is_new(Some(geometry), &comparison.signature(Some(geometry))));
            }
            assert!(shapes.kept.values().all(|known| known.len() == 1));
        }
    }
}
