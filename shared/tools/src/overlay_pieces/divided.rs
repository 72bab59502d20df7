//! Pieces divided where features of one layer overlap each other: for Union.

use super::{Layer, Layers};
use crate::each::{Lists, each, each_list};
use crate::joined::Piece;
use crate::limits::Counter;
use gp_core::{RunContext, ToolError};
use gp_esri::{Geometry, Path};
use gp_geometry::{Shape, interiors_intersect, is_coverage};
use std::sync::OnceLock;

impl Layers<'_> {
    /// The pieces, each divided by the borders of the features that overlap its own within their layers. What several
    /// features of a layer cover comes once for each of them.
    ///
    /// # Errors
    /// The run was stopped, or there are too many pieces.
    pub(crate) fn divide(
        &self,
        pieces: Vec<Piece>,
        counter: &Counter,
        context: &RunContext,
    ) -> Result<Vec<Piece>, ToolError> {
        let overlaps: Vec<Option<Lists>> =
            self.layers.iter().map(|layer| layer.overlaps(context)).collect::<Result<_, _>>()?;
        if overlaps.iter().all(Option::is_none) {
            return Ok(pieces);
        }
        let divided = each(context, pieces.len(), "Dividing", |number| {
            let Piece { rows, geometry } = &pieces[number];
            let window = geometry.envelope();
            let mut others = Vec::new();
            for (layer, row) in rows.iter().enumerate() {
                let (Some(row), Some(overlaps)) = (row, &overlaps[layer]) else { continue };
                let near = overlaps.of(*row).iter().map(|other| (layer, *other as usize));
                others.extend(near.filter(|(_, other)| self.layers[layer].boxes[*other].intersects(&window)));
            }
            let mut parts = Vec::new();
            if !others.is_empty() {
                let way = Way { inside: Vec::new(), outside: Vec::new() };
                self.part(rows, &others, way, None, &mut parts, context)?;
                counter.add(parts.len().saturating_sub(1))?;
            }
            Ok(parts)
        })?;
        let mut all = Vec::with_capacity(pieces.len());
        for (piece, parts) in pieces.into_iter().zip(divided) {
            if parts.len() < 2 {
                all.push(piece);
                continue;
            }
            let part = |rings| Piece { rows: piece.rows.clone(), geometry: Geometry::Polygon(rings) };
            all.extend(parts.into_iter().map(part));
        }
        Ok(all)
    }

    /// Goes on to the other features of the same layers: first what lies in the next one, then what lies outside of it.
    /// `rings` is what the way so far leaves, when that is not the whole piece.
    fn part(
        &self,
        rows: &[Option<usize>],
        others: &[(usize, usize)],
        way: Way,
        rings: Option<Vec<Path>>,
        parts: &mut Vec<Vec<Path>>,
        context: &RunContext,
    ) -> Result<(), ToolError> {
        context.check()?;
        let Some((next, others)) = others.split_first() else {
            parts.push(rings.unwrap_or_default());
            return Ok(());
        };
        let (within, without) = (way.within(*next), way.without(*next));
        let inside = self.region_with(rows, &within.inside, &within.outside);
        let outside = self.region_with(rows, &without.inside, &without.outside);
        // A feature that covers all or nothing divides nothing, and is not asked again.
        if inside.is_empty() || outside.is_empty() {
            return self.part(rows, others, way, rings, parts, context);
        }
        self.part(rows, others, within, Some(inside), parts, context)?;
        self.part(rows, others, without, Some(outside), parts, context)
    }
}

/// The features in which a part of a piece lies, and those outside of which it lies.
struct Way {
    inside: Vec<(usize, usize)>,
    outside: Vec<(usize, usize)>,
}

impl Way {
    fn within(&self, next: (usize, usize)) -> Way {
        Way { inside: [&self.inside[..], &[next]].concat(), outside: self.outside.clone() }
    }

    fn without(&self, next: (usize, usize)) -> Way {
        Way { inside: self.inside.clone(), outside: [&self.outside[..], &[next]].concat() }
    }
}

impl Layer<'_> {
    /// For each row, the rows whose features overlap its own; `None` where no two features overlap.
    fn overlaps(&self, context: &RunContext) -> Result<Option<Lists>, ToolError> {
        let polygons: Vec<&[Path]> = (0..self.boxes.len()).filter_map(|row| self.rings(row)).collect();
        if is_coverage(&polygons) {
            return Ok(None);
        }
        let shapes: Vec<OnceLock<Shape>> = self.boxes.iter().map(|_| OnceLock::new()).collect();
        let shape = |row: usize| {
            let geometry = self.set.features[row].geometry.as_ref()?;
            Some(shapes[row].get_or_init(|| Shape::new(geometry)))
        };
        let overlaps = each_list(context, shapes.len(), "Comparing", |row, found| {
            context.check()?;
            let near = self.index.query(&self.boxes[row]).filter(|other| *other != row);
            let overlaps = |other: &usize| matches!((shape(row), shape(*other)), (Some(a), Some(b)) if interiors_intersect(a, b));
            found.extend(near.filter(overlaps).map(|other| other as u32));
            Ok(())
        })?;
        let has_any = overlaps.iter().any(|list| !list.is_empty());
        Ok(has_any.then_some(overlaps))
    }
}
