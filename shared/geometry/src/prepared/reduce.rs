//! Rings reduced to what matters inside a box: a stretch beyond one side of it is replaced by its chord.

use super::{CHUNK_VERTICES, box_of, touches_box};
use crate::relate::segment::{orientation, segment_box};
use gp_esri::{Envelope, Xy};

/// A ring with every stretch beyond one side of a box replaced by its chord; `None` when nothing is left in the box.
pub(crate) fn ringside(ring: &[Xy], envelope: &Envelope) -> Option<Vec<Xy>> {
    reduce(ring, &box_of(ring), &[], envelope)
}

/// [`ringside`] with the box of the ring and those of its chunks, where they are known.
pub(super) fn reduce(
    ring: &[Xy],
    ring_box: &Envelope,
    chunks: &[Envelope],
    envelope: &Envelope,
) -> Option<Vec<Xy>> {
    if sides_beyond(ring_box, envelope) != 0 {
        return None;
    }
    let mut kept: Vec<Xy> = Vec::new();
    // The sides beyond which the whole stretch since `kept.last()` lies, and its latest vertex.
    let (mut sides, mut latest) = (0, None);
    let mut index = 0;
    while index < ring.len() {
        if index.is_multiple_of(CHUNK_VERTICES)
            && let Some(chunk) = chunks.get(index / CHUNK_VERTICES)
            && sides & sides_beyond(chunk, envelope) != 0
        {
            sides &= sides_beyond(chunk, envelope);
            index = (index + CHUNK_VERTICES).min(ring.len());
            latest = Some(ring[index - 1]);
            continue;
        }
        let xy = ring[index];
        let beyond = sides_beyond(&segment_box(xy, xy), envelope);
        index += 1;
        if sides & beyond == 0
            && let Some(from) = latest.or(kept.last().copied())
            && let Some(corner) = detour([from, xy], sides & !beyond, beyond, ring_box, envelope)
        {
            // Up to the corner the stretch stays beyond a side it is beyond already; a new one begins there.
            if kept.last() != Some(&corner) {
                kept.push(corner);
            }
            (sides, latest) = (sides_beyond(&segment_box(corner, corner), envelope), None);
        }
        if sides & beyond != 0 {
            sides &= beyond;
            latest = Some(xy);
        } else {
            kept.extend(latest.take());
            kept.push(xy);
            sides = beyond;
        }
    }
    kept.extend(latest);
    (kept.len() > 3).then_some(kept)
}

/// The corner of the ring's own box around which an edge can be led without sweeping over `envelope`, for an edge that
/// passes a corner of `envelope` from beyond one side to beyond another: a thousand parallel edges collapse to one corner.
/// The ring stays in its box, so that both polygons of an overlay may be reduced.
fn detour(edge: [Xy; 2], sides: u8, beyond: u8, ring_box: &Envelope, envelope: &Envelope) -> Option<Xy> {
    if sides == 0 || beyond == 0 || touches_box(edge, envelope) {
        return None;
    }
    let centre = [envelope.xmin / 2.0 + envelope.xmax / 2.0, envelope.ymin / 2.0 + envelope.ymax / 2.0];
    let box_side = orientation(edge[0], edge[1], centre);
    for x in [ring_box.xmin, ring_box.xmax] {
        for y in [ring_box.ymin, ring_box.ymax] {
            let corner = sides_beyond(&segment_box([x, y], [x, y]), envelope);
            if corner & sides == 0 || corner & beyond == 0 {
                continue;
            }
            let corner_side = orientation(edge[0], edge[1], [x, y]);
            if box_side > 0.0 && corner_side <= 0.0 || box_side < 0.0 && corner_side >= 0.0 {
                return Some([x, y]);
            }
        }
    }
    None
}

/// On which sides of `envelope` a box lies entirely: one bit a side.
fn sides_beyond(of: &Envelope, envelope: &Envelope) -> u8 {
    u8::from(of.xmax < envelope.xmin)
        | u8::from(of.xmin > envelope.xmax) << 1
        | u8::from(of.ymax < envelope.ymin) << 2
        | u8::from(of.ymin > envelope.ymax) << 3
}
