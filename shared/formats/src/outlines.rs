//! Rings and paths in the order in which other formats write them.
//!
//! Separate because GeoJSON, KML, well-known text and binary, and FlatGeobuf agree with each other and not with Esri: each hole stands with its
//! exterior, and exteriors run counter-clockwise (RFC 7946, section 3.1.6; KML 2.2, section 10.8; simple features 6.1.11).

use gp_esri::{Path, Xy};
use gp_geometry::{is_clockwise, part_indices};

/// A path or ring to write, from its beginning or its end.
#[derive(Clone, Copy)]
pub(crate) struct Outline<'a> {
    path: &'a Path,
    backwards: bool,
}

impl<'a> Outline<'a> {
    /// A path as it is.
    pub(crate) fn of_path(path: &'a Path) -> Outline<'a> {
        Outline { path, backwards: false }
    }

    /// How many vertices there are.
    pub(crate) fn len(self) -> usize {
        self.path.xy.len()
    }

    /// The vertices with z, which is `None` where a vertex has none.
    pub(crate) fn vertices(self) -> impl Iterator<Item = (Xy, Option<f64>)> {
        self.numbered().map(|(xy, z, _)| (xy, z))
    }

    /// The vertices with z and m, `None` where a vertex has none.
    pub(crate) fn numbered(self) -> impl Iterator<Item = (Xy, Option<f64>, Option<f64>)> {
        let count = self.path.xy.len();
        let number =
            move |values: &[f64], at: usize| values.get(at).copied().filter(|value| value.is_finite());
        (0..count).filter_map(move |step| {
            let at = if self.backwards { count - 1 - step } else { step };
            let xy = *self.path.xy.get(at)?;
            Some((xy, number(&self.path.z, at), number(&self.path.m, at)))
        })
    }
}

/// The polygons of a geometry: each exterior, counter-clockwise, followed by its holes, clockwise. No ring is left out: a hole
/// without exterior is a polygon of its own.
pub(crate) fn polygons(rings: &[Path]) -> Vec<Vec<Outline<'_>>> {
    let mut parts = if rings.len() == 1 { vec![vec![0]] } else { part_indices(rings) };
    let mut missing = vec![true; rings.len()];
    for ring in parts.iter().flatten() {
        missing[*ring] = false;
    }
    parts.extend((0..rings.len()).filter(|ring| missing[*ring]).map(|ring| vec![ring]));
    let outline = |(place, ring): (usize, usize)| {
        let path = &rings[ring];
        Outline { path, backwards: is_clockwise(&path.xy) == (place == 0) }
    };
    parts.into_iter().map(|part| part.into_iter().enumerate().map(outline).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(xy: [Xy; 4]) -> Path {
        Path { z: vec![1.0, 2.0, f64::NAN, 1.0], ..Path::from_xy(xy.to_vec()) }
    }

    #[test]
    fn exteriors_run_counter_clockwise_with_their_holes_and_none_is_left_out() {
        let outer = ring([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [0.0, 0.0]]);
        let hole = ring([[1.0, 1.0], [2.0, 1.0], [1.0, 2.0], [1.0, 1.0]]);
        let rings = [hole.clone(), outer];
        let polygons = polygons(&rings);
        assert_eq!(polygons.iter().map(Vec::len).collect::<Vec<_>>(), [2]);
        let first: Vec<_> = polygons[0][0].vertices().collect();
        assert_eq!(first[1], ([9.0, 0.0], None));
        assert_eq!(first[2], ([0.0, 9.0], Some(2.0)));
        assert_eq!(polygons[0][1].vertices().nth(1), Some(([1.0, 2.0], None)));
        assert_eq!(super::polygons(&[hole.clone(), hole]).iter().map(Vec::len).sum::<usize>(), 2);
    }
}
