//! What lies in each of several polygons and in none of others: the pieces of layers laid over each other.
//!
//! All edges meet in one operation. Cutting a piece again for each further layer would round its new vertices off the
//! edges that later layers share with it, and leave slivers and spikes along them.

use crate::overlay::{reduced_common, reduced_difference, reduced_intersection};
use crate::prepared::{BoxLocation, PreparedPolygon, ringside};
use crate::rings::{envelope_of, parts};
use crate::{area, length};
use gp_esri::{Envelope, Path, Xy};

/// A polygon of an overlay: as it is, or prepared where it is large and meets many.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a> {
    /// As it is.
    Plain(&'a [Path]),
    /// With its edges in order.
    Prepared(&'a PreparedPolygon),
}

/// What a polygon is in a box.
enum InBox {
    /// Nothing of it is there.
    Outside,
    /// All of the box lies in it.
    Whole,
    /// Some of its edges may be there; these are its rings as far as they matter.
    Rings(Vec<Vec<Xy>>),
}

impl Operand<'_> {
    fn envelope(&self) -> Envelope {
        match self {
            Operand::Plain(rings) => envelope_of(rings),
            Operand::Prepared(prepared) => *prepared.envelope(),
        }
    }

    fn in_box(&self, window: &Envelope) -> InBox {
        match self {
            Operand::Plain(rings) => {
                let near: Vec<Vec<Xy>> = rings.iter().filter_map(|ring| ringside(&ring.xy, window)).collect();
                if near.is_empty() { InBox::Outside } else { InBox::Rings(near) }
            }
            Operand::Prepared(prepared) => match prepared.locate_box(window) {
                BoxLocation::Outside => InBox::Outside,
                BoxLocation::Inside => InBox::Whole,
                BoxLocation::Crosses => InBox::Rings(prepared.reduced(window)),
            },
        }
    }
}

/// The area that lies in each polygon of `inside` and in none of `outside`.
pub fn region(inside: &[Operand<'_>], outside: &[Operand<'_>]) -> Vec<Path> {
    let Some(window) = inside.iter().map(Operand::envelope).reduce(common_box) else { return Vec::new() };
    if window.xmin >= window.xmax || window.ymin >= window.ymax {
        return Vec::new();
    }
    let mut bounding: Vec<Vec<Vec<Xy>>> = Vec::with_capacity(inside.len());
    for operand in inside {
        match operand.in_box(&window) {
            InBox::Outside => return Vec::new(),
            InBox::Whole => {}
            InBox::Rings(rings) => bounding.push(rings),
        }
    }
    let mut removed: Vec<Vec<Xy>> = Vec::new();
    for operand in outside.iter().filter(|operand| operand.envelope().intersects(&window)) {
        match operand.in_box(&window) {
            InBox::Outside => {}
            InBox::Whole => return Vec::new(),
            InBox::Rings(rings) => removed.extend(rings),
        }
    }
    match (bounding.as_slice(), removed.is_empty()) {
        // A polygon that holds all of the box reaches beyond each of its sides, so the box is that of the other one.
        ([only], _) => {
            let only: Vec<Path> = only.iter().map(|ring| Path::from_xy(ring.clone())).collect();
            if removed.is_empty() { only } else { reduced_difference(&only, &removed) }
        }
        ([a, b], true) => reduced_intersection(a, b),
        (all, _) => cropped(reduced_common(all, &removed, &window), &window),
    }
}

/// What lies in the box. A reduced ring may wind several times around places outside of it, as if several polygons had
/// them in common; the sides of the box touch a polygon each, so that cropping there cuts no border of the result.
fn cropped(rings: Vec<Path>, window: &Envelope) -> Vec<Path> {
    let all = envelope_of(&rings);
    let is_within = window.xmin <= all.xmin
        && window.ymin <= all.ymin
        && all.xmax <= window.xmax
        && all.ymax <= window.ymax;
    if is_within {
        return rings;
    }
    let rings: Vec<Vec<Xy>> = rings.into_iter().map(|ring| ring.xy).collect();
    reduced_intersection(&rings, &[window.ring().to_vec()])
}

/// The area in any polygon of `any` and in none of `outside`.
pub fn union_outside(any: &[&[Path]], outside: &[&[Path]]) -> Vec<Path> {
    let any: Vec<Path> =
        any.iter().flat_map(|rings| rings.iter()).map(|ring| Path::from_xy(ring.xy.clone())).collect();
    let outside: Vec<Vec<Xy>> =
        outside.iter().flat_map(|rings| rings.iter()).map(|ring| ring.xy.clone()).collect();
    reduced_difference(&any, &outside)
}

/// The width, in shares of the largest coordinate, below which a part is rounding: eight units in the last place. Edges
/// that should run along each other, but have different vertices, lie one or two apart.
const SLIVER: f64 = 1.0 / (1_u64 << 49) as f64;

/// The polygon without parts and holes that only the rounding of coordinates has made: for a polygon in metres some
/// 6 000 km from the origin, those narrower than about ten nanometres.
pub fn without_slivers(rings: Vec<Path>) -> Vec<Path> {
    if !rings.iter().any(may_be_sliver) {
        return rings;
    }
    let is_sliver = |rings: &[Path]| area(rings).abs() <= sliver_width(rings) * length(rings) / 2.0;
    let mut kept = Vec::new();
    for mut part in parts(&rings).into_iter().filter(|part| !is_sliver(part)) {
        let mut number = 0;
        part.retain(|ring| {
            number += 1;
            number == 1 || !is_sliver(std::slice::from_ref(ring))
        });
        kept.append(&mut part);
    }
    kept
}

/// A quick test of every piece: a ring that is a sliver passes, and hardly any other.
fn may_be_sliver(ring: &Path) -> bool {
    let Some(&[x0, y0]) = ring.xy.first() else { return true };
    let (mut doubled, mut outline, mut largest) = (0.0, 0.0, 0.0_f64);
    for pair in ring.xy.windows(2) {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        doubled += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
        // Never shorter than the edge.
        outline += (bx - ax).abs() + (by - ay).abs();
        largest = largest.max(ax.abs()).max(ay.abs());
    }
    f64::abs(doubled) <= largest * SLIVER * outline
}

/// The width at which lines and polygons of these coordinates are no more than rounding.
pub fn sliver_width(paths: &[Path]) -> f64 {
    let all = envelope_of(paths);
    [all.xmin, all.ymin, all.xmax, all.ymax].into_iter().map(f64::abs).fold(0.0, f64::max) * SLIVER
}

/// What two boxes have in common; empty where they are apart.
pub fn common_box(a: Envelope, b: Envelope) -> Envelope {
    Envelope {
        xmin: a.xmin.max(b.xmin),
        ymin: a.ymin.max(b.ymin),
        xmax: a.xmax.min(b.xmax),
        ymax: a.ymax.min(b.ymax),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, size: f64) -> Vec<Path> {
        vec![Path::from_xy(vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]])]
    }

    /// The area of the region, the same whether its polygons are prepared or not.
    fn measured(inside: &[&[Path]], outside: &[&[Path]]) -> f64 {
        let prepare = |polygons: &[&[Path]]| -> Vec<PreparedPolygon> {
            polygons.iter().map(|rings| PreparedPolygon::new(rings)).collect()
        };
        let (prepared_inside, prepared_outside) = (prepare(inside), prepare(outside));
        let plain = region(&plain_of(inside), &plain_of(outside));
        let prepared = region(&prepared_of(&prepared_inside), &prepared_of(&prepared_outside));
        assert!((area(&plain) - area(&prepared)).abs() < 1e-9, "{plain:?} {prepared:?}");
        area(&plain)
    }

    fn plain_of<'a>(polygons: &[&'a [Path]]) -> Vec<Operand<'a>> {
        polygons.iter().map(|rings| Operand::Plain(rings)).collect()
    }

    fn prepared_of(polygons: &[PreparedPolygon]) -> Vec<Operand<'_>> {
        polygons.iter().map(Operand::Prepared).collect()
    }

    #[test]
    fn three_squares_have_a_common_part_and_others_take_away_from_it() {
        let (a, b, c) = (square(0.0, 0.0, 10.0), square(4.0, 0.0, 10.0), square(0.0, 4.0, 10.0));
        assert!((measured(&[&a, &b, &c], &[]) - 36.0).abs() < 1e-9);
        let d = square(9.0, 9.0, 5.0);
        assert!((measured(&[&a, &b, &c], &[&d]) - 35.0).abs() < 1e-9);
        assert!((measured(&[&a, &b], &[&c, &d]) - 24.0).abs() < 1e-9);
        assert!((measured(&[&a], &[&b, &c]) - 16.0).abs() < 1e-9);
        assert!(measured(&[&a, &square(10.0, 0.0, 3.0)], &[]) < 1e-9);
        assert!(measured(&[&a], &[&square(-1.0, -1.0, 20.0)]) < 1e-9);
        assert!((measured(&[&a, &square(-1.0, -1.0, 20.0)], &[]) - 100.0).abs() < 1e-9);
        assert!(region(&[], &[]).is_empty());
    }

    #[test]
    fn overlapping_polygons_outside_count_once() {
        let a = square(0.0, 0.0, 10.0);
        assert!(
            (measured(&[&a, &a, &a], &[&square(0.0, 0.0, 5.0), &square(0.0, 0.0, 5.0)]) - 75.0).abs() < 1e-9
        );
        let joined = union_outside(&[&a, &square(10.0, 0.0, 10.0)], &[&square(5.0, 0.0, 10.0)]);
        assert!((area(&joined) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn what_the_reduction_makes_of_a_polygon_outside_of_the_box_is_no_part_of_the_result() {
        let cell = square(0.0, 0.0, 14.0);
        let cut = vec![Path::from_xy(vec![
            [-60.0, 161.0],
            [233.0, -250.0],
            [-522.0, 120.0],
            [-510.0, -174.0],
            [-568.0, 114.0],
            [-599.0, 149.0],
            [-599.0, 173.0],
            [-545.0, 210.0],
            [-42.0, 897.0],
            [130.0, 518.0],
            [-60.0, 161.0],
        ])];
        let apart = square(14.0, 0.0, 14.0);
        assert!((measured(&[&cell, &cut], &[&apart]) - 196.0).abs() < 1e-9);
        assert!((measured(&[&cell, &cut, &square(0.0, 0.0, 7.0)], &[]) - 49.0).abs() < 1e-9);
    }

    #[test]
    fn slivers_of_rounding_go_and_narrow_features_stay() {
        let far = 6_000_000.0;
        let strip = |width: f64| {
            vec![Path::from_xy(vec![
                [far, 0.0],
                [far, 1000.0],
                [far + width, 1000.0],
                [far + width, 0.0],
                [far, 0.0],
            ])]
        };
        assert!(without_slivers(strip(2e-9)).is_empty());
        assert_eq!(without_slivers(strip(1e-6)).len(), 1);
        let both: Vec<Path> = [square(far - 50.0, 0.0, 10.0), strip(2e-9)].concat();
        assert_eq!(without_slivers(both), square(far - 50.0, 0.0, 10.0));
    }
}
