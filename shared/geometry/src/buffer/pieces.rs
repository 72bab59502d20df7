//! Buffers of lines in pieces of a few segments, united up a tree.
//!
//! Separate because it is about cost only: the result is the same as that of the whole raw offset. Raw offsets of
//! segments much shorter than the distance cross each other in numbers that grow with the square of the distance; a
//! piece of them is one blob after its own union, and blobs of neighbours are cheap to unite.

use gp_esri::{Path, Xy};

use super::offset::SKIPPED_BULGE;
use super::{End, dissolve, fill, offset};

/// Segments a piece.
const SEGMENTS: usize = 24;

/// Pieces united at once.
const FAN_IN: usize = 6;

/// How many parallels may lie above each other, on average, before a line is cut into pieces.
const CROWDED: f64 = 12.0;

/// Part of a line, and how it is to be buffered.
pub(crate) struct Piece {
    line: Vec<Xy>,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Shape {
    /// Right side only, ends flat.
    OneSide,
    /// Both sides; the ends at the start and at the end.
    BothSides(End, End),
}

impl Piece {
    /// The buffer to the right of a line, ends flat. A closed line joins its ends.
    pub(crate) fn one_side(line: Vec<Xy>) -> Piece {
        Piece { line, shape: Shape::OneSide }
    }

    /// The buffer to both sides of a line, with the ends at its start and end. A closed line joins its ends.
    pub(crate) fn both_sides(line: Vec<Xy>, start: End, end: End) -> Piece {
        Piece { line, shape: Shape::BothSides(start, end) }
    }

    /// The buffer by itself. Bulges of less than that share of the distance may be skipped.
    pub(crate) fn buffer(&self, distance: f64, bulge: f64) -> Vec<Path> {
        fill::positive(&self.raw(distance, bulge))
    }

    /// The rings whose winding number is positive in the buffer.
    fn raw(&self, distance: f64, bulge: f64) -> Vec<Vec<Xy>> {
        let line = &self.line;
        let reversed: Vec<Xy> = line.iter().rev().copied().collect();
        match self.shape {
            Shape::OneSide if is_closed(line) => {
                vec![offset::ring_to_the_right(line, distance, bulge), reversed]
            }
            Shape::BothSides(..) if is_closed(line) => {
                vec![
                    offset::ring_to_the_right(line, distance, bulge),
                    offset::ring_to_the_right(&reversed, distance, bulge),
                ]
            }
            Shape::OneSide => {
                let kept = offset::without_small_bulges(line, distance, bulge);
                let mut ring = offset::line_to_the_right(&kept, distance);
                ring.extend(reversed);
                vec![ring]
            }
            Shape::BothSides(start, end) => {
                let right = offset::without_small_bulges(line, distance, bulge);
                let left = offset::without_small_bulges(&reversed, distance, bulge);
                let mut ring = Vec::new();
                for (side, end) in [(right, end), (left, start)] {
                    ring.extend(offset::line_to_the_right(&side, distance));
                    if let (End::Round, [.., before, last]) = (end, &side[..]) {
                        offset::add_round_end(&mut ring, *before, *last, distance);
                    }
                }
                vec![ring]
            }
        }
    }

    /// The line in pieces that overlap by one segment, so that every turn lies inside one of them.
    fn cut(self, pieces: &mut Vec<Piece>) {
        let mut line = self.line;
        let is_line_closed = is_closed(&line);
        if is_line_closed {
            // The turn at the closing vertex too.
            line.push(line[1]);
        }
        let mut start = 0;
        while start + 1 < line.len() {
            let end = (start + SEGMENTS).min(line.len() - 1);
            let shape = match self.shape {
                Shape::OneSide => Shape::OneSide,
                Shape::BothSides(..) if is_line_closed => Shape::BothSides(End::Flat, End::Flat),
                Shape::BothSides(first, last) => Shape::BothSides(
                    if start == 0 { first } else { End::Flat },
                    if end + 1 == line.len() { last } else { End::Flat },
                ),
            };
            pieces.push(Piece { line: line[start..=end].to_vec(), shape });
            if end + 1 == line.len() {
                break;
            }
            start = end - 1;
        }
    }
}

/// The union of the buffers of pieces of a plane.
pub(crate) fn union(pieces: Vec<Piece>, distance: f64) -> Vec<Path> {
    if !pieces.iter().any(|piece| is_crowded(&piece.line, distance)) {
        let raw: Vec<Vec<Xy>> = pieces.iter().flat_map(|piece| piece.raw(distance, SKIPPED_BULGE)).collect();
        return fill::positive(&raw);
    }
    let mut small = Vec::new();
    for piece in pieces {
        piece.cut(&mut small);
    }
    unite_in_order(small.iter().map(|piece| piece.buffer(distance, SKIPPED_BULGE)).collect())
}

/// The union of polygons that lie in order along a line: neighbours first.
pub(crate) fn unite_in_order(mut polygons: Vec<Vec<Path>>) -> Vec<Path> {
    while polygons.len() > 1 {
        let mut united = Vec::with_capacity(polygons.len().div_ceil(FAN_IN));
        let mut polygons_left = polygons.into_iter().peekable();
        while polygons_left.peek().is_some() {
            let group: Vec<Vec<Path>> = polygons_left.by_ref().take(FAN_IN).collect();
            united.push(dissolve::dissolve_buffers(group));
        }
        polygons = united;
    }
    polygons.pop().unwrap_or_default()
}

/// Whether the raw offset of a line would cross itself so often that pieces are cheaper.
///
/// Estimated as the area of the rectangles of all segments over that of the boxes around short runs of them.
pub(crate) fn is_crowded(line: &[Xy], distance: f64) -> bool {
    if line.len() <= 2 * SEGMENTS {
        return false;
    }
    let width = 2.0 * distance;
    let (mut rectangles, mut boxes) = (0.0, 0.0);
    for run in line.chunks(SEGMENTS) {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for xy in run {
            low = [low[0].min(xy[0]), low[1].min(xy[1])];
            high = [high[0].max(xy[0]), high[1].max(xy[1])];
        }
        boxes += (high[0] - low[0] + width) * (high[1] - low[1] + width);
        rectangles += run.len() as f64 * width * width;
        rectangles +=
            width * run.windows(2).map(|s| (s[1][0] - s[0][0]).hypot(s[1][1] - s[0][1])).sum::<f64>();
    }
    rectangles > CROWDED * boxes
}

/// Whether a line ends where it starts and encloses something.
pub(crate) fn is_closed(line: &[Xy]) -> bool {
    line.len() > 3 && line.first() == line.last()
}
