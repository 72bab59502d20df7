//! The arcs of disc outlines that no other disc covers.

use super::super::disc::{SIDES, UNIT};
use super::centers::Centers;
use super::crossing::{Crossing, crossing};

/// A piece of a disc's outline on the outline of the union, counter-clockwise.
pub(super) struct Arc {
    /// The disc.
    pub(super) center: u32,
    /// The disc that covers the outline up to `start`; the disc itself when the whole outline is free.
    pub(super) from: u32,
    /// The disc that covers the outline from `end` on.
    pub(super) to: u32,
    /// Where it starts, in sides; may be negative.
    pub(super) start: f64,
    /// Where it ends, in sides, at most 64.
    pub(super) end: f64,
}

/// All free arcs, by center, and what was too close to call.
pub(super) struct Outline {
    /// The arcs, by center.
    pub(super) arcs: Vec<Arc>,
    /// The arcs of center `i` are `first[i]..first[i + 1]`.
    pub(super) first: Vec<u32>,
    /// Centers whose arcs are not certain.
    pub(super) in_doubt: Vec<u32>,
    /// Vertices of a disc (center, vertex) that touch a vertex of another disc: both must get the same position.
    pub(super) touches: Vec<(u32, usize, u32)>,
    /// The tolerance along outlines, in sides.
    pub(super) tolerance: f64,
}

/// A covered piece of an outline.
#[derive(Clone, Copy)]
struct Cover {
    start: f64,
    end: f64,
    by: u32,
}

/// What is known of one disc while its neighbours are looked at.
struct Disc {
    covers: Vec<Cover>,
    /// One bit a side that lies wholly in another disc.
    covered_sides: u64,
    in_doubt: bool,
}

impl Disc {
    fn add(&mut self, cover: Cover, tolerance: f64) {
        self.covered_sides |= sides_within(cover.start, cover.end, tolerance);
        self.covers.push(cover);
    }

    /// Whether a disc at `t` (in units of the radius) meets only sides that others cover: then it changes nothing here.
    fn is_covered_towards(&self, t: [f64; 2]) -> bool {
        const MOST_SIDES: u32 = 16;
        let mut free = !self.covered_sides;
        if free.count_ones() > MOST_SIDES {
            return false;
        }
        // A point p of the outline is in the disc only if |p - t| <= 1, and p is at least 0.9987 from the center.
        let least = (t[0] * t[0] + t[1] * t[1]) / 2.0 - 0.0013;
        let unit = &*UNIT;
        while free != 0 {
            let side = free.trailing_zeros() as usize;
            let (a, b) = (unit[side], unit[(side + 1) % SIDES]);
            if (a[0] * t[0] + a[1] * t[1]).max(b[0] * t[0] + b[1] * t[1]) >= least {
                return false;
            }
            free &= free - 1;
        }
        true
    }
}

/// Runs longer than this are sampled before they are read whole: in a heap of discs a few samples cover the disc.
const LONG_RUN: usize = 48;

/// Finds the free arcs of all discs.
pub(super) fn exposed_arcs(centers: &Centers, radius: f64, tolerance: f64) -> Outline {
    let count = centers.xy.len();
    let mut outline = Outline {
        arcs: Vec::with_capacity(count * 2),
        first: Vec::with_capacity(count + 1),
        in_doubt: Vec::new(),
        touches: Vec::new(),
        tolerance,
    };
    let mut disc = Disc { covers: Vec::new(), covered_sides: 0, in_doubt: false };
    let mut nearby = centers.nearby();
    for i in 0..count {
        outline.first.push(outline.arcs.len() as u32);
        disc.covers.clear();
        disc.covered_sides = 0;
        disc.in_doubt = false;
        let touches = outline.touches.len();
        let runs = centers.runs_near(&mut nearby, i);
        let is_hidden = is_hidden_by_samples(&mut disc, centers, i, runs, radius, tolerance);
        if is_hidden || look_at_all(&mut disc, &mut outline.touches, centers, i, runs, radius, tolerance) {
            outline.touches.truncate(touches);
            continue;
        }
        if !disc.in_doubt {
            disc.in_doubt = !add_free_arcs(&mut outline.arcs, &mut disc.covers, i as u32, tolerance);
        }
        if disc.in_doubt {
            outline.in_doubt.push(i as u32);
        }
    }
    outline.first.push(outline.arcs.len() as u32);
    outline
}

/// Whether a sample of the discs nearby covers disc `i`.
fn is_hidden_by_samples(
    disc: &mut Disc,
    centers: &Centers,
    i: usize,
    runs: [(usize, usize); 3],
    radius: f64,
    tolerance: f64,
) -> bool {
    let total: usize = runs.iter().map(|(start, end)| end - start).sum();
    let mut samples = 16;
    while samples * 3 < total && total > LONG_RUN {
        let stride = (total / samples).max(1);
        for (start, end) in runs {
            for other in (start..end).step_by(stride).filter(|other| *other != i) {
                let t = offset(centers, i, other, radius);
                if t[0] * t[0] + t[1] * t[1] >= 4.0 {
                    continue;
                }
                if disc.is_covered_towards(t) {
                    continue;
                }
                if let Crossing::Covers { start, end } = crossing(t, tolerance) {
                    disc.add(Cover { start, end, by: other as u32 }, tolerance);
                }
            }
            if disc.covered_sides == u64::MAX {
                return true;
            }
        }
        samples *= 8;
    }
    false
}

/// Collects the covers of disc `i`; true when they cover every side.
fn look_at_all(
    disc: &mut Disc,
    touches: &mut Vec<(u32, usize, u32)>,
    centers: &Centers,
    i: usize,
    runs: [(usize, usize); 3],
    radius: f64,
    tolerance: f64,
) -> bool {
    // Own row first: there the centers are closest.
    for (start, end) in [runs[1], runs[0], runs[2]] {
        for other in start..end {
            let t = offset(centers, i, other, radius);
            if t[0] * t[0] + t[1] * t[1] >= 4.0 * (1.0 + tolerance) || other == i {
                continue;
            }
            if disc.is_covered_towards(t) {
                continue;
            }
            match crossing(t, tolerance) {
                Crossing::Apart => {}
                Crossing::InDoubt => disc.in_doubt = true,
                // The later center takes the vertex of the earlier one.
                Crossing::Touch(vertex) => {
                    if other < i {
                        touches.push((i as u32, vertex, other as u32));
                    }
                }
                Crossing::Covers { start, end } => {
                    disc.add(Cover { start, end, by: other as u32 }, tolerance);
                    if disc.covered_sides == u64::MAX {
                        return true;
                    }
                }
            }
        }
    }
    false
}

fn offset(centers: &Centers, i: usize, other: usize, radius: f64) -> [f64; 2] {
    let ([x, y], [u, v]) = (centers.xy[i], centers.xy[other]);
    [(u - x) / radius, (v - y) / radius]
}

/// One bit for each side that lies wholly, and clear of the tolerance, between two positions.
fn sides_within(start: f64, end: f64, tolerance: f64) -> u64 {
    let first = (start + tolerance).ceil() as u32;
    let last = (end - tolerance).floor() as u32;
    if last <= first {
        return 0;
    }
    // At most 33 sides are covered, so the shift cannot overflow.
    ((1u64 << (last - first)) - 1).rotate_left(first % SIDES as u32)
}

/// Adds what the covers leave free; false when two events that decide it are closer than the tolerance.
fn add_free_arcs(arcs: &mut Vec<Arc>, covers: &mut Vec<Cover>, center: u32, tolerance: f64) -> bool {
    let turn = SIDES as f64;
    if covers.is_empty() {
        arcs.push(Arc { center, from: center, to: center, start: 0.0, end: turn });
        return true;
    }
    covers.sort_unstable_by(|a, b| a.start.total_cmp(&b.start).then(a.by.cmp(&b.by)));
    // Samples come twice.
    covers.dedup_by_key(|cover| cover.by);
    // The two farthest ends so far; those of the turn before come first, so the free arc over position 0 is no special case.
    let mut farthest = (f64::NEG_INFINITY, center);
    let mut second = f64::NEG_INFINITY;
    let mut reach = |farthest: &mut (f64, u32), end: f64, by: u32| -> f64 {
        if end > farthest.0 {
            second = farthest.0;
            *farthest = (end, by);
        } else {
            second = second.max(end);
        }
        second
    };
    let mut tied = f64::NEG_INFINITY;
    for cover in covers.iter() {
        tied = reach(&mut farthest, cover.end - turn, cover.by);
    }
    let before = arcs.len();
    for (k, cover) in covers.iter().enumerate() {
        let gap = cover.start - farthest.0;
        if gap > -tolerance {
            let following = covers.get(k + 1).map_or(covers[0].start + turn, |next| next.start);
            let is_clear = gap > tolerance
                && farthest.0 - tied > tolerance
                && (following - cover.start > tolerance || covers.len() == 1);
            if !is_clear {
                arcs.truncate(before);
                return false;
            }
            arcs.push(Arc { center, from: farthest.1, to: cover.by, start: farthest.0, end: cover.start });
        }
        tied = reach(&mut farthest, cover.end, cover.by);
    }
    true
}
