//! Polygons as a coverage: their borders as arcs, and who lies on which side.

use gp_esri::{FeatureSet, Geometry, Xy};
use gp_geometry::{Chain, Topology, with_touching_vertices};

/// The borders of polygons.
pub(crate) struct Coverage {
    /// The arcs.
    pub(crate) topology: Topology,
    /// The polygons along each arc, in the order of the rows.
    pub(crate) sides: Vec<Vec<Side>>,
}

/// A polygon along an arc.
#[derive(Clone, Copy)]
pub(crate) struct Side {
    /// The row of the polygon.
    pub(crate) row: usize,
    /// Whether it lies left of the arc, else right: exteriors run clockwise, holes counter-clockwise.
    pub(crate) is_left: bool,
}

impl Coverage {
    /// Cuts the borders of all polygons where others begin, join or have a vertex on them.
    pub(crate) fn of(set: &FeatureSet) -> Coverage {
        let (mut rings, mut rows): (Vec<&[Xy]>, Vec<usize>) = (Vec::new(), Vec::new());
        for (row, feature) in set.features.iter().enumerate() {
            if let Some(Geometry::Polygon(polygon)) = &feature.geometry {
                rings.extend(polygon.iter().map(|ring| ring.xy.as_slice()));
                rows.resize(rings.len(), row);
            }
        }
        let cut = with_touching_vertices(&rings);
        let topology = Topology::new(cut.iter().map(|ring| (ring.as_slice(), Chain::Ring)));
        let mut sides = vec![Vec::new(); topology.arc_count()];
        for (chain, row) in rows.into_iter().enumerate() {
            for one in topology.uses(chain) {
                sides[one.arc].push(Side { row, is_left: one.reversed });
            }
        }
        Coverage { topology, sides }
    }
}
