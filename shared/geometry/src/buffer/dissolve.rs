//! The union of many buffer polygons, cluster by cluster.
//!
//! Separate from the overlay because buffers of scattered features mostly do not meet: polygons whose boxes hang
//! together go through the engine together, and a polygon alone does not go through it at all.

use gp_esri::{Envelope, Path};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::fill;

/// The union of polygons that are each valid, rings closed, exteriors clockwise (as all functions here return them).
///
/// The result is ordered by the first polygon of each cluster.
pub fn dissolve_buffers(polygons: Vec<Vec<Path>>) -> Vec<Path> {
    let mut polygons: Vec<Vec<Path>> = polygons.into_iter().filter(|rings| !rings.is_empty()).collect();
    if polygons.len() <= 1 {
        return polygons.pop().unwrap_or_default();
    }
    let boxes: Vec<Envelope> = polygons.iter().map(|rings| envelope(rings)).collect();
    let mut dissolved = Vec::new();
    for cluster in clusters(&boxes) {
        match cluster[..] {
            [alone] => dissolved.append(&mut polygons[alone]),
            _ => {
                dissolved.extend(fill::union(cluster.iter().flat_map(|i| std::mem::take(&mut polygons[*i]))))
            }
        }
    }
    dissolved
}

fn envelope(rings: &[Path]) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    rings.iter().flat_map(|ring| &ring.xy).for_each(|xy| envelope.include(*xy));
    envelope
}

/// Groups of boxes that hang together, each sorted, ordered by their first member.
fn clusters(boxes: &[Envelope]) -> Vec<Vec<usize>> {
    let tree = RTree::bulk_load(
        boxes
            .iter()
            .enumerate()
            .map(|(i, b)| GeomWithData::new(Rectangle::from_corners([b.xmin, b.ymin], [b.xmax, b.ymax]), i))
            .collect::<Vec<_>>(),
    );
    let mut is_grouped = vec![false; boxes.len()];
    let mut groups = Vec::new();
    for first in 0..boxes.len() {
        if is_grouped[first] {
            continue;
        }
        is_grouped[first] = true;
        let mut group = vec![first];
        let mut visited = 0;
        while visited < group.len() {
            let b = &boxes[group[visited]];
            visited += 1;
            let reach = AABB::from_corners([b.xmin, b.ymin], [b.xmax, b.ymax]);
            for near in tree.locate_in_envelope_intersecting(&reach) {
                if !is_grouped[near.data] {
                    is_grouped[near.data] = true;
                    group.push(near.data);
                }
            }
        }
        group.sort_unstable();
        groups.push(group);
    }
    groups
}
