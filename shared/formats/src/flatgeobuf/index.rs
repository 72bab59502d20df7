//! The index: a packed tree of boxes, the features in the order of a Hilbert curve.
//!
//! Nodes of 40 bytes lie level by level, the root first. A node of the last level has the place of a feature among the
//! features, in bytes; one above has the number of its first child.

use super::{at_end, malformed};
use crate::FormatError;
use crate::bytes_at::{f64_le, u64_le};
use crate::window::Window;
use gp_esri::Envelope;
use std::ops::Range;

const NODE_BYTES: usize = 40;
/// Children a node in files that are written, which is what everybody writes.
pub(super) const NODE_SIZE: u16 = 16;

/// Where the levels lie, as numbers of nodes; the root first. Empty without index.
pub(super) struct Layout {
    levels: Vec<Range<u64>>,
    node_size: u64,
}

impl Layout {
    pub(super) fn new(features: u64, node_size: u16) -> Result<Layout, FormatError> {
        let node_size = u64::from(node_size);
        if node_size == 0 || features == 0 {
            return Ok(Layout { levels: Vec::new(), node_size });
        }
        if node_size == 1 {
            return Err(malformed("its index has one child a node, which makes no tree"));
        }
        let mut counts = vec![features];
        let mut count = features;
        loop {
            count = count.div_ceil(node_size);
            counts.push(count);
            if count == 1 {
                break;
            }
        }
        let mut levels = Vec::new();
        let mut start = 0_u64;
        for count in counts.into_iter().rev() {
            let end = start.checked_add(count).filter(|end| *end < u64::MAX / NODE_BYTES as u64);
            let end = end.ok_or_else(|| malformed(format_args!("it counts {features} features")))?;
            levels.push(start..end);
            start = end;
        }
        Ok(Layout { levels, node_size })
    }

    pub(super) fn has_nodes(&self) -> bool {
        !self.levels.is_empty()
    }

    pub(super) fn byte_len(&self) -> u64 {
        self.levels.last().map_or(0, |level| level.end * NODE_BYTES as u64)
    }
}

/// The places of the features whose box touches the envelope, ascending, at most so many.
pub(super) fn search(
    layout: &Layout,
    window: &mut Window,
    index_at: u64,
    envelope: &Envelope,
    most: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<u64>, FormatError> {
    let mut starts = vec![0];
    for (depth, level) in layout.levels.iter().enumerate() {
        if stop() {
            return Err(FormatError::Stopped);
        }
        let mut children = Vec::new();
        for start in starts {
            // Numbers of nodes come from the file: only those of this level are followed.
            if !level.contains(&start) {
                return Err(malformed("a node of its index points out of the next level"));
            }
            // The root is alone on its level.
            let end = if depth == 0 { level.end } else { (start + layout.node_size).min(level.end) };
            let length = (end - start) as usize * NODE_BYTES;
            let nodes = window.get(index_at + start * NODE_BYTES as u64, length).map_err(at_end)?;
            for node in nodes.chunks_exact(NODE_BYTES) {
                let (bounds, offset) = read_node(node);
                if bounds.intersects(envelope) {
                    children.push(offset);
                }
            }
            if children.len() > most {
                return Err(FormatError::TooLarge(format!(
                    "the file holds more than {most} features there, the most that an input may have; ask for a smaller box"
                )));
            }
        }
        children.sort_unstable();
        // The same child twice would cost time without end in a file made for that.
        children.dedup();
        starts = children;
    }
    Ok(starts)
}

fn read_node(bytes: &[u8]) -> (Envelope, u64) {
    let [xmin, ymin, xmax, ymax] = [0, 8, 16, 24].map(|at| f64_le(bytes, at).unwrap_or_default());
    (Envelope { xmin, ymin, xmax, ymax }, u64_le(bytes, 32).unwrap_or_default())
}

/// The bytes of the index of features, given by box and place in their order in the file.
pub(super) fn build(layout: &Layout, leaves: &[(Envelope, u64)]) -> Vec<u8> {
    let mut levels = vec![leaves.to_vec()];
    for (below, level) in layout.levels.windows(2).rev().map(|pair| (&pair[1], &pair[0])) {
        let children = levels.last().map(Vec::as_slice).unwrap_or_default();
        let mut nodes = Vec::with_capacity((level.end - level.start) as usize);
        for (index, family) in children.chunks(layout.node_size as usize).enumerate() {
            let mut bounds = Envelope::EMPTY;
            for (child, _) in family {
                bounds.include([child.xmin, child.ymin]);
                bounds.include([child.xmax, child.ymax]);
            }
            nodes.push((bounds, below.start + index as u64 * layout.node_size));
        }
        levels.push(nodes);
    }
    let mut out = Vec::new();
    for (bounds, offset) in levels.iter().rev().flatten() {
        for value in [bounds.xmin, bounds.ymin, bounds.xmax, bounds.ymax] {
            out.extend(value.to_le_bytes());
        }
        out.extend(offset.to_le_bytes());
    }
    out
}

/// The place of a box's middle on a Hilbert curve through the extent: near places have near numbers.
pub(super) fn hilbert(bounds: &Envelope, extent: &Envelope) -> u32 {
    /// Cells a side, less one.
    const MOST: f64 = 65535.0;
    let cell = |least: f64, most: f64, low: f64, high: f64| {
        let share = if high > low { (least / 2.0 + most / 2.0 - low) / (high - low) } else { 0.0 };
        // A float becomes the nearest whole number in range.
        (share * MOST) as u32 & 0xffff
    };
    let mut x = cell(bounds.xmin, bounds.xmax, extent.xmin, extent.xmax);
    let mut y = cell(bounds.ymin, bounds.ymax, extent.ymin, extent.ymax);
    let mut place = 0;
    let mut side = 1 << 15;
    while side > 0 {
        let (right, top) = (x & side != 0, y & side != 0);
        let quadrant = match (right, top) {
            (false, false) => 0,
            (false, true) => 1,
            (true, true) => 2,
            (true, false) => 3,
        };
        place = place << 2 | quadrant;
        // The curve in the first and the last quadrant is turned.
        if !top {
            if right {
                (x, y) = (0xffff - x, 0xffff - y);
            }
            (x, y) = (y, x);
        }
        side >>= 1;
    }
    place
}
