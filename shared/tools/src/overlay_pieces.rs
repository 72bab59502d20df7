//! Layers of polygons laid over each other, cut into pieces: for Intersect, Union, Identity, Symmetrical Difference and
//! Update.
//!
//! A piece is the area that one feature of each of some layers has in common, without all features of the other layers.
//! Each is cut out of the original polygons at once (`gp_geometry::region`), so borders that layers share exactly stay
//! exactly shared. Features of one layer do not cut each other, unless Union asks for that (`divided`).

mod divided;

use crate::each::each;
use crate::joined::Piece;
use crate::limits::Counter;
use crate::pairs::box_of;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, Path};
use gp_geometry::{BoxIndex, Operand, PreparedPolygon, common_box, envelope_of, region, without_slivers};
use std::sync::OnceLock;

/// Polygons with more vertices are prepared when they are first met; for smaller ones it costs more than it saves.
const LARGE_VERTICES: usize = 100;

/// Which pieces are wanted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    /// Those of all layers.
    All,
    /// Those that lie in the first layer.
    InFirst,
    /// Those that lie in every layer.
    InEvery,
}

/// Layers of polygons.
pub(crate) struct Layers<'a> {
    layers: Vec<Layer<'a>>,
}

struct Layer<'a> {
    set: &'a FeatureSet,
    boxes: Vec<Envelope>,
    index: BoxIndex,
    prepared: Vec<OnceLock<PreparedPolygon>>,
}

impl<'a> Layers<'a> {
    /// Sorts the boxes of the features.
    pub(crate) fn new(sets: impl IntoIterator<Item = &'a FeatureSet>) -> Layers<'a> {
        Layers { layers: sets.into_iter().map(Layer::new).collect() }
    }

    /// The pieces, those of the first layer first, by its rows, then by those of the second, and what lies outside the
    /// second last.
    ///
    /// # Errors
    /// The run was stopped, or there are too many pieces: where features of a layer lie upon each other, their numbers
    /// multiply from layer to layer.
    pub(crate) fn pieces(
        &self,
        wanted: Wanted,
        counter: &Counter,
        context: &RunContext,
    ) -> Result<Vec<Piece>, ToolError> {
        let mut all = Vec::new();
        for number in 0..if wanted == Wanted::All { self.layers.len() } else { 1 } {
            let layer = &self.layers[number];
            let found = each(context, layer.boxes.len(), "Cutting", |row| {
                let mut pieces = Vec::new();
                if layer.rings(row).is_some() {
                    let mut rows = vec![None; number];
                    rows.push(Some(row));
                    self.extend(&mut rows, wanted, &mut pieces, counter, context)?;
                }
                Ok(pieces)
            })?;
            all.extend(found.into_iter().flatten());
        }
        Ok(all)
    }

    /// What of each feature of a layer lies outside all features of the others.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn outside(&self, number: usize, context: &RunContext) -> Result<Vec<Vec<Path>>, ToolError> {
        each(context, self.layers[number].boxes.len(), "Cutting", |row| {
            let mut rows = vec![None; self.layers.len()];
            rows[number] = Some(row);
            Ok(self.region(&rows))
        })
    }

    /// How many rows a layer has.
    pub(crate) fn count(&self, number: usize) -> usize {
        self.layers[number].boxes.len()
    }

    /// The rows of a layer whose boxes touch a box, ascending.
    pub(crate) fn near(&self, number: usize, window: &Envelope) -> impl Iterator<Item = usize> + use<> {
        self.layers[number].index.query(window)
    }

    /// The polygon of a row; no ring where there is none.
    pub(crate) fn rings(&self, number: usize, row: usize) -> &[Path] {
        self.layers[number].rings(row).unwrap_or_default()
    }

    /// The polygon of a row, for `region`.
    pub(crate) fn operand(&self, number: usize, row: usize) -> Option<Operand<'_>> {
        self.layers[number].operand(row)
    }

    /// Goes on from rows of the first layers to all layers, as long as something is left.
    fn extend(
        &self,
        rows: &mut Vec<Option<usize>>,
        wanted: Wanted,
        pieces: &mut Vec<Piece>,
        counter: &Counter,
        context: &RunContext,
    ) -> Result<(), ToolError> {
        context.check()?;
        let rings = self.region(rows);
        if rings.is_empty() {
            return Ok(());
        }
        let Some(next) = self.layers.get(rows.len()) else {
            counter.add(1)?;
            pieces.push(Piece { rows: rows.clone(), geometry: Geometry::Polygon(rings) });
            return Ok(());
        };
        let near: Vec<usize> = next.index.query(&envelope_of(&rings)).collect();
        let absent = (wanted != Wanted::InEvery).then_some(None);
        for row in near.into_iter().map(Some).chain(absent) {
            rows.push(row);
            self.extend(rows, wanted, pieces, counter, context)?;
            rows.pop();
        }
        Ok(())
    }

    /// What the rows have in common, outside of the layers that have none.
    fn region(&self, rows: &[Option<usize>]) -> Vec<Path> {
        self.region_with(rows, &[], &[])
    }

    /// [`Layers::region`] within some more features and outside of others, each given as its layer and row.
    fn region_with(
        &self,
        rows: &[Option<usize>],
        more_inside: &[(usize, usize)],
        more_outside: &[(usize, usize)],
    ) -> Vec<Path> {
        let present: Vec<(&Layer<'_>, usize)> =
            self.layers.iter().zip(rows).filter_map(|(layer, row)| Some((layer, (*row)?))).collect();
        // Features that do not touch the box of one of the rows take nothing away.
        let box_of = |(layer, row): &(usize, usize)| self.layers[*layer].boxes[*row];
        let boxes = present.iter().map(|(layer, row)| layer.boxes[*row]);
        let Some(window) = boxes.chain(more_inside.iter().map(box_of)).reduce(common_box) else {
            return Vec::new();
        };
        let inside = present
            .iter()
            .copied()
            .chain(more_inside.iter().map(|(layer, row)| (&self.layers[*layer], *row)));
        let Some(inside) = inside.map(|(layer, row)| layer.operand(row)).collect::<Option<Vec<_>>>() else {
            return Vec::new();
        };
        let absent = self.layers.iter().zip(rows).filter(|(_, row)| row.is_none());
        let mut outside: Vec<Operand<'_>> = absent
            .flat_map(|(layer, _)| layer.index.query(&window).filter_map(|row| layer.operand(row)))
            .collect();
        let near = more_outside.iter().filter(|other| box_of(other).intersects(&window));
        outside.extend(near.filter_map(|(layer, row)| self.layers[*layer].operand(*row)));
        without_slivers(region(&inside, &outside))
    }
}

impl<'a> Layer<'a> {
    fn new(set: &'a FeatureSet) -> Layer<'a> {
        let boxes: Vec<Envelope> =
            set.features.iter().map(|feature| box_of(feature.geometry.as_ref())).collect();
        let prepared = set.features.iter().map(|_| OnceLock::new()).collect();
        Layer { set, index: BoxIndex::new(boxes.clone()), boxes, prepared }
    }

    fn rings(&self, row: usize) -> Option<&'a [Path]> {
        match &self.set.features[row].geometry {
            Some(Geometry::Polygon(rings)) => Some(rings),
            _ => None,
        }
    }

    fn operand(&self, row: usize) -> Option<Operand<'_>> {
        let rings = self.rings(row)?;
        if rings.iter().map(|ring| ring.xy.len()).sum::<usize>() <= LARGE_VERTICES {
            return Some(Operand::Plain(rings));
        }
        Some(Operand::Prepared(self.prepared[row].get_or_init(|| PreparedPolygon::new(rings))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::Feature;

    #[test]
    fn layers_whose_features_lie_upon_each_other_are_refused_before_they_fill_the_memory() {
        let square = vec![Path::from_xy(vec![[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])];
        let feature = Feature { geometry: Some(Geometry::Polygon(square)), ..Feature::default() };
        let layer = FeatureSet { features: vec![feature; 3], ..FeatureSet::default() };
        let pieces = |most| {
            let counter = Counter::of_rows("Overlay_Features", "send fewer").with_most(most);
            let layers = Layers::new([&layer, &layer, &layer]);
            layers.pieces(Wanted::InEvery, &counter, &RunContext::silent()).map(|pieces| pieces.len())
        };
        assert_eq!(pieces(27), Ok(27));
        assert!(
            pieces(26).unwrap_err().to_string().starts_with("Overlay_Features: there would be more than")
        );
    }
}
