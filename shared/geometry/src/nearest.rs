//! Which of many features are nearest to a geometry, how far they are, and the two positions between which that is.
//!
//! Separate from the relations of two shapes because all segments of all features stand in one tree: a layer of a few
//! long coasts is searched as fast as one of many short streets. The tree is one of boxes in three dimensions. In the
//! plane the third is zero; on the ellipsoid positions are earth-centred, where there is no antimeridian and no pole,
//! and a straight line through the earth is never longer than the way on its surface, so that a box which is too far
//! away can be left out safely.
//!
//! An edge is straight in its coordinates, in degrees too, as buffers and maps draw it. Where geometries share a point
//! the distance is zero, and both positions are such a point.

mod edge;
mod geodesic;
mod hits;
mod metric;
mod planar;
mod tree;

use crate::crs::Ellipsoid;
use crate::index::BoxIndex;
use crate::prepared::{Location, PreparedPolygon};
use crate::relate::segment::{same, segment_box};
use crate::rings::envelope_of;
pub use edge::EdgeGauge;
use geodesic::Globe;
pub use geodesic::{take_short_way, within_180};
use gp_esri::{Envelope, Geometry, Path, Xy};
use hits::Hits;
use metric::{Metric, Pieces};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use tree::Tree;

/// A feature that is near, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The number of the feature, in the order in which they were given.
    pub feature: usize,
    /// In the units of the coordinates, or in metres on the ellipsoid.
    pub distance: f64,
    /// The position on the geometry that was asked for.
    pub from: Xy,
    /// The position on the feature.
    pub to: Xy,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub struct NearQuery {
    /// How many features at most.
    pub count: usize,
    /// How far they may be.
    pub limit: f64,
    /// Features that are not looked at.
    pub except: Vec<usize>,
}

/// Features made ready for being asked which of them are nearest.
pub struct NearestIndex {
    metric: Metric,
    /// Segments; a point is a segment whose ends are equal.
    items: Vec<[Xy; 2]>,
    /// The feature of each item.
    owners: Vec<usize>,
    /// Further features that have the same point, by item.
    twins: HashMap<u32, Vec<usize>>,
    tree: Tree,
    polygons: Vec<Area>,
    polygon_boxes: BoxIndex,
    /// One position of each part of each feature.
    starts: Vec<(Xy, usize)>,
    start_boxes: BoxIndex,
}

struct Area {
    owner: usize,
    rings: Vec<Path>,
    prepared: OnceLock<PreparedPolygon>,
}

/// A shortest connection of two items.
#[derive(Clone, Copy)]
struct Link {
    distance: f64,
    from: Xy,
    to: Xy,
}

/// Beyond so many items, long segments in degrees stand in the tree uncut, or in fewer pieces, and are cut each time that
/// one is looked at: slower, with the same result, and within memory.
const MOST_ITEMS: usize = 4_000_000;
/// So many wanted features are many.
const MANY: usize = 64;

impl NearestIndex {
    /// Features in a plane; distances are in the units of the coordinates. `None` is a feature without geometry.
    pub fn planar<'g>(features: impl IntoIterator<Item = Option<Cow<'g, Geometry>>>) -> NearestIndex {
        NearestIndex::new(Metric::Planar, features, MOST_ITEMS)
    }

    /// Features in degrees; distances are in metres on the ellipsoid. `None` is a feature without geometry.
    pub fn geodesic<'g>(
        features: impl IntoIterator<Item = Option<Cow<'g, Geometry>>>,
        ellipsoid: Ellipsoid,
    ) -> NearestIndex {
        NearestIndex::new(Metric::Geodesic(Box::new(Globe::new(ellipsoid))), features, MOST_ITEMS)
    }

    fn new<'g>(
        metric: Metric,
        features: impl IntoIterator<Item = Option<Cow<'g, Geometry>>>,
        most_items: usize,
    ) -> NearestIndex {
        let (mut items, mut owners) = (Vec::new(), Vec::new());
        let (mut starts, mut polygons) = (Vec::new(), Vec::new());
        let mut twins: HashMap<u32, Vec<usize>> = HashMap::new();
        let mut points: HashMap<[u64; 2], u32> = HashMap::new();
        for (owner, geometry) in features.into_iter().enumerate() {
            let Some(geometry) = geometry else { continue };
            let pieces = metric.pieces(&geometry, most_items.saturating_sub(items.len()));
            starts.extend(pieces.starts.into_iter().map(|start| (start, owner)));
            for item in pieces.items {
                if same(item[0], item[1]) {
                    // Many features at one place would otherwise all be looked at from there.
                    let number = items.len() as u32;
                    let first = *points.entry(item[0].map(f64::to_bits)).or_insert(number);
                    if first != number {
                        twins.entry(first).or_default().push(owner);
                        continue;
                    }
                }
                items.push(item);
                owners.push(owner);
            }
            if !pieces.rings.is_empty() {
                polygons.push(Area { owner, rings: pieces.rings, prepared: OnceLock::new() });
            }
        }
        NearestIndex {
            tree: Tree::new(&items, |item| metric.item_box(item)),
            polygon_boxes: BoxIndex::new(polygons.iter().map(|area| envelope_of(&area.rings)).collect()),
            start_boxes: BoxIndex::of_points(starts.iter().map(|(start, _)| start)),
            metric,
            items,
            owners,
            twins,
            polygons,
            starts,
        }
    }

    /// The nearest features to a geometry, nearest first; of equally near ones the least number comes first.
    pub fn nearest(&self, from: &Geometry, query: &NearQuery) -> Vec<Near> {
        let mut hits = Hits::new(query);
        let pieces = self.metric.pieces(from, MOST_ITEMS);
        self.find_areas_around(&pieces, &mut hits);
        self.find_inside(&pieces, &mut hits);
        if query.count >= MANY && pieces.items.len() > 1 {
            self.find_near_whole(&pieces.items, &mut hits);
        } else {
            for item in &pieces.items {
                self.find_near_item(*item, &mut hits);
            }
        }
        hits.finish()
    }

    /// Polygons in which a part of the geometry lies: where no outlines meet, one position of a part tells.
    fn find_areas_around(&self, pieces: &Pieces, hits: &mut Hits<'_>) {
        if self.polygons.is_empty() {
            return;
        }
        for start in &pieces.starts {
            for turned in self.metric.turns(*start) {
                for number in self.polygon_boxes.query(&segment_box(turned, turned)) {
                    let area = &self.polygons[number];
                    let prepared = area.prepared.get_or_init(|| PreparedPolygon::new(&area.rings));
                    if prepared.locate(turned) != Location::Outside {
                        hits.push(area.owner, Link { distance: 0.0, from: *start, to: *start });
                    }
                }
            }
        }
    }

    /// Features of which a part lies in the geometry.
    fn find_inside(&self, pieces: &Pieces, hits: &mut Hits<'_>) {
        if pieces.rings.is_empty() {
            return;
        }
        let prepared = PreparedPolygon::new(&pieces.rings);
        let envelope = *prepared.envelope();
        for [turn, _] in self.metric.turns([0.0, 0.0]) {
            let turned = Envelope { xmin: envelope.xmin + turn, xmax: envelope.xmax + turn, ..envelope };
            for number in self.start_boxes.query(&turned) {
                let (start, owner) = self.starts[number];
                if prepared.locate([start[0] - turn, start[1]]) != Location::Outside {
                    hits.push(owner, Link { distance: 0.0, from: start, to: start });
                }
            }
        }
    }

    /// What is near one segment of the geometry: little is looked at where few features are wanted.
    fn find_near_item(&self, item: [Xy; 2], hits: &mut Hits<'_>) {
        self.tree.visit(&self.metric.item_box(item), self.metric.widened(hits.bound()), |number| {
            self.push(number, self.metric.link(item, self.items[number], hits.bound()), hits);
            self.metric.widened(hits.bound())
        });
        hits.settle();
    }

    /// The same for many wanted features: each item near the geometry looks for the nearest segment of it, or every
    /// segment would look at every item.
    fn find_near_whole(&self, segments: &[[Xy; 2]], hits: &mut Hits<'_>) {
        let own = Tree::new(segments, |item| self.metric.item_box(item));
        let Some(whole) = own.whole() else { return };
        self.tree.visit(&whole, self.metric.widened(hits.bound()), |number| {
            let item = self.items[number];
            let (mut best, mut bound) = (None, hits.bound());
            own.visit(&self.metric.item_box(item), self.metric.widened(bound), |segment| {
                let link = self.metric.link(segments[segment], item, bound);
                if link.distance <= bound {
                    (best, bound) = (Some(link), link.distance);
                }
                self.metric.widened(bound)
            });
            if let Some(link) = best {
                self.push(number, link, hits);
            }
            self.metric.widened(hits.bound())
        });
    }

    /// The features of an item are found.
    fn push(&self, number: usize, link: Link, hits: &mut Hits<'_>) {
        let mut is_taken = hits.push(self.owners[number], link);
        for twin in self.twins.get(&(number as u32)).into_iter().flatten() {
            // Twins come in the order of their numbers: of one place, the first that may be taken is enough.
            if is_taken && hits.wants_one() {
                break;
            }
            is_taken = hits.push(*twin, link);
        }
    }
}

#[cfg(test)]
mod tests;
