//! Noding: lines and outlines cut wherever they meet, cross or run together, every stretch once.
//!
//! First everything is cut where ends and vertices lie on other segments: that is exact, and what runs together
//! becomes the same edges. Then edges are cut where they cross; only these positions are rounded. Cutting in this
//! order gives every crossing one position, however many lines run through it. Results carry no z and m.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

mod sources;

use crate::index::BoxIndex;
use crate::relate::segment::{Meeting, meet, parameter, segment_box};
use gp_esri::{Geometry, Xy};
use sources::Sources;
use std::collections::{HashMap, HashSet};

/// A stretch between two nodes, or a closed one without any.
#[derive(Clone, Debug, PartialEq)]
pub struct NodedLine {
    /// Its vertices, in the direction of the first line that has it.
    pub xy: Vec<Xy>,
    /// The numbers of the geometries that have it, ascending.
    pub sources: Vec<usize>,
}

/// Cuts the lines and outlines of all geometries. The stretches come in the order of the geometries, and along each.
/// Nodes are where lines meet or cross, and the ends of lines; where the outline of a polygon begins is none. `check`
/// hears of the cuts of each edge, of which there may be as many as pairs of edges, and may end the work.
///
/// # Errors
/// The first error of `check`.
pub fn node_lines<E>(
    geometries: &[Option<&Geometry>],
    mut check: impl FnMut(usize) -> Result<(), E>,
) -> Result<Vec<NodedLine>, E> {
    let mut net = Net::default();
    let strands = net.load(geometries);
    let met = net.cut_where_vertices_lie(strands, &mut check)?;
    net.cut_where_edges_cross(met, &mut check)
}

/// A path of one geometry, as steps along edges.
struct Strand {
    source: u32,
    is_ring: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Copy)]
struct Step {
    edge: u32,
    is_forward: bool,
}

/// Edges, each once, from the lesser end to the greater.
#[derive(Default)]
struct Net {
    edges: Vec<[Xy; 2]>,
    numbers: HashMap<[u64; 4], u32>,
}

impl Net {
    /// The step from one position to another.
    fn step(&mut self, from: Xy, to: Xy) -> Step {
        let is_forward = from < to;
        let [low, high] = if is_forward { [from, to] } else { [to, from] };
        let ([a, b], [c, d]) = (key(low), key(high));
        let next = self.edges.len() as u32;
        let edge = *self.numbers.entry([a, b, c, d]).or_insert(next);
        if edge == next {
            self.edges.push([low, high]);
        }
        Step { edge, is_forward }
    }

    fn load(&mut self, geometries: &[Option<&Geometry>]) -> Vec<Strand> {
        let mut strands = Vec::new();
        for (source, geometry) in geometries.iter().enumerate() {
            let (paths, is_ring) = match geometry {
                Some(Geometry::Polyline(paths)) => (paths, false),
                Some(Geometry::Polygon(rings)) => (rings, true),
                _ => continue,
            };
            for path in paths {
                let pairs = path.xy.windows(2).filter(|pair| pair[0] != pair[1]);
                let steps = pairs.map(|pair| self.step(pair[0], pair[1])).collect();
                strands.push(Strand { source: source as u32, is_ring, steps });
            }
        }
        strands
    }

    /// Cuts edges at vertices that lie on them, exactly: what runs together is the same edges afterwards.
    fn cut_where_vertices_lie<E>(
        &mut self,
        strands: Vec<Strand>,
        check: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Vec<Strand>, E> {
        let cuts = self.cuts_at_vertices(check)?;
        Ok(self.refine(strands, &cuts))
    }

    /// For each edge, the vertices that lie on it, in order along it, without its ends.
    fn cuts_at_vertices<E>(&self, mut check: impl FnMut(usize) -> Result<(), E>) -> Result<Vec<Vec<Xy>>, E> {
        let index = BoxIndex::of_segments(&self.edges);
        let cuts_of = |number: usize| {
            let edge = self.edges[number];
            let mut cuts: Vec<Xy> = Vec::new();
            // What is met at an end cuts nothing, and may be a hundred thousand lines that begin in one place.
            let mut cut = |at: Xy| {
                if at != edge[0] && at != edge[1] {
                    cuts.push(at);
                }
            };
            for other in index.query(&segment_box(edge[0], edge[1])).filter(|other| *other != number) {
                match meet(edge, self.edges[other]) {
                    Meeting::Apart | Meeting::Cross(_) => {}
                    Meeting::Touch(p) => cut(p),
                    Meeting::Overlap(a, b) => [a, b].into_iter().for_each(&mut cut),
                }
            }
            // On one line lexicographic order is order along the line.
            cuts.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
            cuts.dedup();
            cuts.shrink_to_fit();
            check(cuts.len())?;
            Ok(cuts)
        };
        (0..self.edges.len()).map(cuts_of).collect()
    }

    fn cut_where_edges_cross<E>(
        mut self,
        strands: Vec<Strand>,
        mut check: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Vec<NodedLine>, E> {
        let index = BoxIndex::of_segments(&self.edges);
        let mut cuts: Vec<Vec<Xy>> = vec![Vec::new(); self.edges.len()];
        for (number, edge) in self.edges.iter().enumerate() {
            let before = cuts[number].len();
            for other in index.query(&segment_box(edge[0], edge[1])).skip_while(|other| *other <= number) {
                if let Meeting::Cross(p) = meet(*edge, self.edges[other]) {
                    cuts[number].push(p);
                    cuts[other].push(p);
                }
            }
            // Each is one of both edges.
            check(2 * (cuts[number].len() - before))?;
        }
        for (edge, cuts) in self.edges.iter().zip(&mut cuts) {
            cuts.sort_by(|a, b| parameter(*edge, *a).total_cmp(&parameter(*edge, *b)));
        }
        let strands = self.refine(strands, &cuts);
        Ok(self.stretches(&strands))
    }

    /// Replaces every edge by its pieces between cuts, which are in order along it.
    fn refine(&mut self, strands: Vec<Strand>, cuts: &[Vec<Xy>]) -> Vec<Strand> {
        let old = std::mem::take(self);
        let mut refined = Vec::with_capacity(strands.len());
        for strand in strands {
            let mut steps = Vec::with_capacity(strand.steps.len());
            for step in &strand.steps {
                let [low, high] = old.edges[step.edge as usize];
                let begin = steps.len();
                let mut from = low;
                for to in cuts[step.edge as usize].iter().copied().chain([high]) {
                    if from != to {
                        steps.push(self.step(from, to));
                        from = to;
                    }
                }
                if !step.is_forward {
                    steps[begin..].reverse();
                    steps[begin..].iter_mut().for_each(|piece| piece.is_forward = !piece.is_forward);
                }
            }
            refined.push(Strand { steps, ..strand });
        }
        refined
    }

    fn ends(&self, step: Step) -> [Xy; 2] {
        let [low, high] = self.edges[step.edge as usize];
        if step.is_forward { [low, high] } else { [high, low] }
    }

    /// Edges joined to stretches between nodes, each once.
    fn stretches(&self, strands: &[Strand]) -> Vec<NodedLine> {
        let sources = Sources::new(strands, self.edges.len());
        let mut degrees: HashMap<[u64; 2], u32> = HashMap::with_capacity(self.edges.len());
        for end in self.edges.iter().flatten() {
            *degrees.entry(key(*end)).or_default() += 1;
        }
        let mut line_ends = HashSet::new();
        for strand in strands.iter().filter(|strand| !strand.is_ring) {
            if let (Some(first), Some(last)) = (strand.steps.first(), strand.steps.last()) {
                line_ends.insert(key(self.ends(*first)[0]));
                line_ends.insert(key(self.ends(*last)[1]));
            }
        }
        let is_node = |xy: Xy| degrees.get(&key(xy)) != Some(&2) || line_ends.contains(&key(xy));
        // Where a stretch of some lines becomes one of others there is a node, but for a line that turns back on itself.
        let breaks = |before: Step, after: Step| {
            is_node(self.ends(after)[0]) || sources.of(before.edge) != sources.of(after.edge)
        };
        let mut is_done = vec![false; self.edges.len()];
        let mut lines = Vec::new();
        for strand in strands {
            let mut steps = strand.steps.clone();
            if strand.is_ring
                && let Some(last) = steps.last()
            {
                let before = std::iter::once(*last).chain(steps.iter().copied());
                let first_break = before.zip(&steps).position(|(before, after)| breaks(before, *after));
                steps.rotate_left(first_break.unwrap_or(0));
            }
            for run in steps.chunk_by(|before, after| !breaks(*before, *after)) {
                if is_done[run[0].edge as usize] {
                    continue;
                }
                let mut xy = vec![self.ends(run[0])[0]];
                for step in run {
                    is_done[step.edge as usize] = true;
                    xy.push(self.ends(*step)[1]);
                }
                let sources = sources.of(run[0].edge).iter().map(|source| *source as usize).collect();
                lines.push(NodedLine { xy, sources });
            }
        }
        lines
    }
}

/// The bits of a position; minus zero equals zero.
fn key([x, y]: Xy) -> [u64; 2] {
    [(x + 0.0).to_bits(), (y + 0.0).to_bits()]
}

#[cfg(test)]
mod tests;
