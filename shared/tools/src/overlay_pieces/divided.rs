//! Pieces divided where features of one layer overlap each other: for Union.

use super::{Layer, Layers};
use crate::each::{Lists, each, each_list};
use crate::joined::Piece;
use crate::limits::Counter;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Geometry, Path};
use gp_geometry::{
    BoxLocation, PreparedPolygon, Shape, area, envelope_of, interiors_intersect, is_coverage, rings_of,
};
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
                let features = &self.layers[layer].set.features;
                // A feature of the same shape covers all of it.
                let is_other = |other: &usize| features[*other].geometry != features[*row].geometry;
                let near = overlaps.of(*row).iter().map(|other| *other as usize).filter(is_other);
                let near = near.map(|other| (layer, other));
                others.extend(near.filter(|(_, other)| self.layers[layer].boxes[*other].intersects(&window)));
            }
            if others.is_empty() {
                Ok(Vec::new())
            } else {
                self.parts(rows, geometry, &others, counter, context)
            }
        })?;
        let mut all = Vec::with_capacity(pieces.len());
        for (piece, parts) in pieces.into_iter().zip(divided) {
            if parts.is_empty() {
                all.push(piece);
                continue;
            }
            let part = |rings| Piece { rows: piece.rows.clone(), geometry: Geometry::Polygon(rings) };
            all.extend(parts.into_iter().map(part));
        }
        Ok(all)
    }

    /// What of a piece each combination of other features of its layers covers, and what none of them does.
    fn parts(
        &self,
        rows: &[Option<usize>],
        piece: &Geometry,
        others: &[(usize, usize)],
        counter: &Counter,
        context: &RunContext,
    ) -> Result<Vec<Vec<Path>>, ToolError> {
        let whole = Part {
            inside: Vec::new(),
            outside: Vec::new(),
            window: piece.envelope(),
            area: area(rings_of(Some(piece))),
            rings: None,
        };
        let mut parts = vec![whole];
        for other in others {
            let mut divided = Vec::with_capacity(parts.len() + 1);
            for part in parts {
                context.check()?;
                if !self.layers[other.0].may_divide(other.1, &part.window) {
                    divided.push(part);
                    continue;
                }
                let within = [&part.inside[..], &[*other]].concat();
                let rings = self.region_with(rows, &within, &part.outside);
                let size = area(&rings);
                // A feature that covers all or nothing divides nothing, and is not asked again.
                if rings.is_empty() || part.area - size <= part.area * ALL {
                    divided.push(part);
                    continue;
                }
                counter.add(1)?;
                divided.push(Part {
                    inside: within,
                    outside: part.outside.clone(),
                    window: envelope_of(&rings),
                    area: size,
                    rings: Some(rings),
                });
                let outside = [&part.outside[..], &[*other]].concat();
                // What is left is cut out at once, so that its box is known, unless that takes long by now.
                let left = (outside.len() <= FEW).then(|| self.region_with(rows, &part.inside, &outside));
                divided.push(Part {
                    outside,
                    area: part.area - size,
                    window: left.as_deref().map_or(part.window, envelope_of),
                    rings: left,
                    inside: part.inside,
                });
            }
            parts = divided;
        }
        if parts.len() == 1 {
            return Ok(Vec::new());
        }
        let rings = parts.into_iter().map(|part| match part.rings {
            Some(rings) => rings,
            None => self.region_with(rows, &part.inside, &part.outside),
        });
        Ok(rings.filter(|rings| !rings.is_empty()).collect())
    }
}

/// Features outside of which a part lies while it is cut out anew for each further one.
const FEW: usize = 32;

/// The share of a part below which what a feature leaves of it is rounding.
const ALL: f64 = 1e-12;

/// What lies in some other features and in none of others, which are given by layer and row.
struct Part {
    inside: Vec<(usize, usize)>,
    outside: Vec<(usize, usize)>,
    /// A box that holds it.
    window: Envelope,
    area: f64,
    /// Where they have been cut out already.
    rings: Option<Vec<Path>>,
}

impl Layer<'_> {
    /// Whether the outline of a feature comes into the box. Otherwise it covers all of what is there, or nothing.
    fn may_divide(&self, row: usize, window: &Envelope) -> bool {
        let Some(rings) = self.rings(row).filter(|_| self.boxes[row].intersects(window)) else {
            return false;
        };
        let prepared = self.prepared[row].get_or_init(|| PreparedPolygon::new(rings));
        prepared.locate_box(window) == BoxLocation::Crosses
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay_pieces::Wanted;
    use gp_esri::{Feature, FeatureSet, Xy};

    fn square([x, y]: Xy, size: f64) -> Feature {
        let xy = vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]];
        Feature { geometry: Some(Geometry::Polygon(vec![Path::from_xy(xy)])), ..Feature::default() }
    }

    /// A square of 60 by 60 over `count` small ones that do not touch each other.
    fn speckled(count: usize) -> FeatureSet {
        let small = |number: usize| square([(number % 60) as f64 + 0.25, (number / 60) as f64 + 0.25], 0.5);
        let features = std::iter::once(square([0.0, 0.0], 60.0)).chain((0..count).map(small)).collect();
        FeatureSet { features, ..FeatureSet::default() }
    }

    fn divided(set: &FeatureSet, most: usize) -> Result<Vec<f64>, ToolError> {
        let (context, counter) =
            (RunContext::silent(), Counter::of_rows("Input_Features", "send fewer").with_most(most));
        let layers = Layers::new([set]);
        let pieces = layers.divide(layers.pieces(Wanted::All, &counter, &context)?, &counter, &context)?;
        Ok(pieces.iter().map(|piece| area(rings_of(Some(&piece.geometry)))).collect())
    }

    #[test]
    fn a_feature_over_thousands_of_its_layer_is_cut_along_each_and_what_is_left_is_one_piece() {
        let areas = divided(&speckled(3_000), 10_000).unwrap();
        assert_eq!(areas.len(), 3_001 + 3_000);
        let left = areas.iter().copied().fold(0.0, f64::max);
        assert!((left - (3_600.0 - 3_000.0 * 0.25)).abs() < 1e-6, "{left}");
    }

    #[test]
    fn features_that_all_overlap_each_other_are_cut_into_all_their_parts() {
        let nested = |number: usize| square([number as f64, number as f64 / 2.0], 30.0);
        let set = FeatureSet { features: (0..12).map(nested).collect(), ..FeatureSet::default() };
        let areas = divided(&set, 100_000).unwrap();
        let whole: f64 = areas.iter().sum();
        assert!((whole - 12.0 * 900.0).abs() < 1e-6, "{whole}");
        // Part of all twelve lies in each of them.
        let common = (30.0 - 11.0) * (30.0 - 5.5);
        assert_eq!(areas.iter().filter(|area| (*area - common).abs() < 1e-9).count(), 12);
    }

    #[test]
    fn parts_are_counted_before_they_are_made() {
        assert_eq!(divided(&speckled(10), 21).unwrap().len(), 21);
        assert!(divided(&speckled(10), 20).unwrap_err().to_string().starts_with("Input_Features: "));
    }
}
