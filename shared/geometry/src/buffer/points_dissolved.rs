//! The union of equal discs, without a sweep: the arcs of each disc that lie in no other disc, linked to rings.
//!
//! Separate because "buffer many points and dissolve" is the commonest use of buffers and the general overlay spends
//! nearly all of its time on edges deep inside the result. All discs are translates of one centrally symmetric 64-gon,
//! so two of them cross in two points (or not at all), each disc covers one interval of the other's outline, and both
//! intervals follow from one 2×2 solve (`crossing`). What no interval covers is the outline of the union.
//!
//! It must never guess: where two events on an outline are closer than the tolerance (three outlines through one point,
//! outlines that share a piece of an edge, centers almost the same), or where the linked arcs do not form closed rings,
//! the whole connected cluster goes through the overlay engine instead.
//!
//! Cost: O(n log n) for the grid and O(1) a pair of overlapping discs; a disc is given up as soon as it is known to be
//! covered, so dense heaps cost little. Discs that all overlap without covering each other (a hundred thousand points
//! on a line shorter than a diameter) cost O(n²) cheap tests.

mod arcs;
mod centers;
mod crossing;
mod rings;

use gp_esri::{Path, Xy};

use super::{disc, fill};
use centers::Centers;

/// The union of the discs of `radius` around `points`: each the 64-gon of [`super::buffer_planar`], exteriors clockwise.
///
/// Duplicates count once, positions that are not finite are left out, and a radius that is not a positive finite
/// number gives nothing. The order of the rings depends only on the set of positions.
pub fn dissolve_point_buffers(points: &[Xy], radius: f64) -> Vec<Path> {
    if radius <= 0.0 || !fill::is_usable([radius, radius]) {
        return Vec::new();
    }
    let centers = Centers::new(points, radius);
    let Some(tolerance) = crossing::tolerance_sides(centers.largest_coordinate(), radius) else {
        return fill::union(centers.xy.iter().map(|center| disc::ring(*center, radius)));
    };
    let mut outline = arcs::exposed_arcs(&centers, radius, tolerance);
    let next = rings::link(&mut outline);
    let in_doubt = centers.clusters_of(&outline.in_doubt, radius);
    let mut result = rings::rings(&centers, &outline, &next, &in_doubt.of_center, radius);
    for cluster in in_doubt.clusters {
        result.extend(fill::union(cluster.into_iter().map(|i| disc::ring(centers.xy[i as usize], radius))));
    }
    result
}
