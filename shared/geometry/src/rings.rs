//! Rings: closing, orientation, and the parts that a flat list of rings makes.
//!
//! Esri's law (specification 6.2): exteriors run clockwise, holes counter-clockwise, in any order. Separate because the
//! readers, the repair and the writers all need it. Nothing here makes or moves a vertex.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use crate::index::BoxIndex;
use crate::overlay::nesting::Nesting;
use crate::overlay::validity::survey;
use crate::prepared::{Location, PreparedPolygon};
use gp_esri::{Envelope, Geometry, Path, Xy};
use std::cell::OnceCell;

/// The area of a ring, positive when it runs counter-clockwise, in squared units of the coordinates.
pub(crate) fn signed_area(ring: &[Xy]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let mut doubled = 0.0;
    // Relative to the first vertex: products of large coordinates would eat the digits of a small area.
    for pair in ring.windows(2) {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        doubled += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
    }
    doubled / 2.0
}

/// Whether a ring runs clockwise, as exteriors do.
pub fn is_clockwise(ring: &[Xy]) -> bool {
    signed_area(ring) < 0.0
}

/// The rings of a polygon; none of anything else.
pub fn rings_of(geometry: Option<&Geometry>) -> &[Path] {
    match geometry {
        Some(Geometry::Polygon(rings)) => rings,
        _ => &[],
    }
}

/// The paths of a line or the rings of a polygon; none of anything else.
pub fn paths_of(geometry: Option<&Geometry>) -> &[Path] {
    match geometry {
        Some(Geometry::Polyline(paths) | Geometry::Polygon(paths)) => paths,
        _ => &[],
    }
}

/// The smallest box around all rings or paths.
pub fn envelope_of(paths: &[Path]) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    for xy in paths.iter().flat_map(|path| &path.xy) {
        envelope.include(*xy);
    }
    envelope
}

/// Repeats the first vertex at the end where it is missing; says whether it was.
pub fn close(ring: &mut Path) -> bool {
    if ring.xy.first() == ring.xy.last() {
        return false;
    }
    for values in [&mut ring.z, &mut ring.m] {
        if let Some(first) = values.first().copied() {
            values.push(first);
        }
    }
    if let Some(first) = ring.xy.first().copied() {
        ring.xy.push(first);
    }
    true
}

/// Turns a ring around, with its z and m.
pub fn reverse(ring: &mut Path) {
    ring.xy.reverse();
    ring.z.reverse();
    ring.m.reverse();
}

/// Removes vertices at the same position as the one before; says whether there were any.
pub(crate) fn remove_repeated_points(path: &mut Path) -> bool {
    if path.xy.windows(2).all(|pair| pair[0] != pair[1]) {
        return false;
    }
    let mut previous = None;
    let keep: Vec<bool> = path.xy.iter().map(|xy| previous.replace(*xy) != Some(*xy)).collect();
    retain(path, &keep);
    true
}

/// Keeps the vertices whose flag is set, with their z and m.
pub(crate) fn retain(path: &mut Path, keep: &[bool]) {
    let mut flags = keep.iter();
    path.xy.retain(|_| *flags.next().unwrap_or(&false));
    for values in [&mut path.z, &mut path.m] {
        let mut flags = keep.iter();
        values.retain(|_| *flags.next().unwrap_or(&false));
    }
}

/// Orients closed rings by how deep they are nested: rings inside no other, and rings inside holes, run clockwise.
/// Says whether a ring was turned.
pub fn orient(rings: &mut [Path]) -> bool {
    let exterior: Vec<bool> = match survey(rings) {
        Ok(nesting) => (0..rings.len()).map(|ring| nesting.is_exterior(ring)).collect(),
        Err(_) => depths_by_vertex(rings).into_iter().map(|depth| depth % 2 == 0).collect(),
    };
    let mut turned = false;
    for (ring, exterior) in rings.iter_mut().zip(exterior) {
        if is_clockwise(&ring.xy) != exterior {
            reverse(ring);
            turned = true;
        }
    }
    turned
}

/// The parts of a valid polygon: each exterior, followed by its holes, in the order of the exteriors.
pub fn parts(rings: &[Path]) -> Vec<Vec<Path>> {
    part_indices(rings)
        .into_iter()
        .map(|part| part.into_iter().map(|ring| rings[ring].clone()).collect())
        .collect()
}

/// Like [`parts`], as positions in `rings`. Holes that lie in no exterior are left out.
pub fn part_indices(rings: &[Path]) -> Vec<Vec<usize>> {
    if let Ok(nesting) = survey(rings) {
        return parts_of_nesting(rings, &nesting);
    }
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let (exteriors, holes): (Vec<usize>, Vec<usize>) =
        (0..rings.len()).partition(|ring| is_clockwise(&rings[*ring].xy));
    parts.extend(exteriors.iter().map(|exterior| vec![*exterior]));
    let shells: Vec<&Path> = exteriors.iter().map(|exterior| &rings[*exterior]).collect();
    let areas: Vec<f64> = shells.iter().map(|shell| signed_area(&shell.xy).abs()).collect();
    let shells = Holders::new(shells);
    for hole in holes {
        // The smallest exterior around the hole owns it: an island in a lake has its own ponds.
        let owner = shells.around(&rings[hole]).min_by(|a, b| areas[*a].total_cmp(&areas[*b]));
        if let Some(owner) = owner {
            parts[owner].push(hole);
        }
    }
    parts
}

fn parts_of_nesting(rings: &[Path], nesting: &Nesting) -> Vec<Vec<usize>> {
    let mut part_of = vec![usize::MAX; rings.len()];
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for (ring, part) in part_of.iter_mut().enumerate() {
        if nesting.is_exterior(ring) {
            *part = parts.len();
            parts.push(vec![ring]);
        }
    }
    for ring in 0..rings.len() {
        if let Some(parent) = nesting.parent(ring)
            && !nesting.is_exterior(ring)
        {
            parts[part_of[parent]].push(ring);
        }
    }
    parts
}

/// Rings that may hold others.
struct Holders<'a> {
    rings: Vec<&'a Path>,
    boxes: BoxIndex,
    /// Prepared when first asked.
    prepared: Vec<OnceCell<PreparedPolygon>>,
}

impl<'a> Holders<'a> {
    fn new(rings: Vec<&'a Path>) -> Holders<'a> {
        let boxes = rings.iter().map(|ring| envelope_of(std::slice::from_ref(*ring))).collect();
        Holders { boxes: BoxIndex::new(boxes), prepared: vec![OnceCell::new(); rings.len()], rings }
    }

    /// The numbers of those that hold a ring, ascending.
    fn around(&self, inner: &Path) -> impl Iterator<Item = usize> {
        let near = self.boxes.query(&envelope_of(std::slice::from_ref(inner)));
        near.filter(|outer| self.holds(*outer, inner))
    }

    /// Judged by the first vertex of `inner` that is not on the line of the outer ring.
    fn holds(&self, outer: usize, inner: &Path) -> bool {
        let prepare = || PreparedPolygon::new(std::slice::from_ref(self.rings[outer]));
        let prepared = self.prepared[outer].get_or_init(prepare);
        let location = |xy: &Xy| prepared.locate(*xy);
        inner.xy.iter().map(location).find(|at| *at != Location::Boundary) == Some(Location::Inside)
    }
}

fn depths_by_vertex(rings: &[Path]) -> Vec<usize> {
    let holders = Holders::new(rings.iter().collect());
    let depth = |inner: usize| holders.around(&rings[inner]).filter(|outer| *outer != inner).count();
    (0..rings.len()).map(depth).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, size: f64) -> Path {
        Path::from_xy(vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]])
    }

    #[test]
    fn exteriors_come_out_clockwise_and_holes_counter_clockwise_whatever_came_in() {
        let mut rings = vec![square(2.0, 2.0, 2.0), square(0.0, 0.0, 10.0), square(20.0, 0.0, 1.0)];
        reverse(&mut rings[2]);
        assert!(orient(&mut rings));
        let clockwise: Vec<bool> = rings.iter().map(|ring| is_clockwise(&ring.xy)).collect();
        assert_eq!(clockwise, [false, true, true]);
        assert!(!orient(&mut rings));
    }

    #[test]
    fn an_island_in_a_lake_is_a_part_of_its_own() {
        let mut rings = vec![square(4.0, 4.0, 1.0), square(2.0, 2.0, 6.0), square(0.0, 0.0, 10.0)];
        orient(&mut rings);
        assert_eq!(part_indices(&rings), [vec![0], vec![2, 1]]);
    }

    #[test]
    fn many_rings_of_which_two_cross_are_not_compared_all_with_all() {
        // A crossing keeps the sweep from telling how they are nested.
        let mut rings: Vec<Path> = (0..20_000)
            .map(|n| (f64::from(n % 200) * 10.0, f64::from(n / 200) * 10.0))
            .flat_map(|(x, y)| [square(x, y, 8.0), square(x + 2.0, y + 2.0, 2.0)])
            .collect();
        rings.push(square(6.0, -1.0, 2.5));
        assert!(orient(&mut rings));
        assert!((0..20_000).all(|n| is_clockwise(&rings[2 * n].xy) && !is_clockwise(&rings[2 * n + 1].xy)));
        let parts = part_indices(&rings);
        assert_eq!((parts.len(), &parts[77]), (20_001, &vec![154, 155]));
    }

    #[test]
    fn closing_and_removing_points_carry_z_and_m_along() {
        let mut ring =
            Path { xy: vec![[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]], z: vec![1.0, 2.0, 3.0], m: vec![] };
        assert!(remove_repeated_points(&mut ring));
        assert!(close(&mut ring));
        assert_eq!(
            ring,
            Path { xy: vec![[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]], z: vec![1.0, 3.0, 1.0], m: vec![] }
        );
    }
}
