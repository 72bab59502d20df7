//! The topology of a coverage: borders that several polygons or lines share, as arcs between nodes.
//!
//! Vertices are the same when their positions are. A node is a vertex where more than two ways lead, or a line ends; an
//! arc runs from node to node, or around a ring without any, and occurs once, whoever uses it and in whichever direction
//! (as in TopoJSON, Bostock 2012). Borders of a coverage that is not clean, where vertices do not match, are simply arcs
//! of their own: nothing is snapped.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

mod resolve;
mod vertices;

pub use resolve::Resolver;
pub use vertices::with_touching_vertices;

use crate::simplify::{Ends, Metric, Simplification, kept_vertices};
use gp_esri::{Path, Xy};
use std::collections::HashMap;
use vertices::{NONE, Vertices};

/// What a sequence of vertices is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Closed; the first position is repeated at the end.
    Ring,
    /// A path; its ends are nodes.
    Line,
}

/// An arc as a part of a ring or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArcUse {
    /// The number of the arc.
    pub arc: usize,
    /// Whether the chain runs against the arc.
    pub reversed: bool,
}

/// Chains cut into arcs.
#[derive(Clone, Debug)]
pub struct Topology {
    /// The positions of the vertices, each once.
    positions: Vec<Xy>,
    is_node: Vec<bool>,
    /// The vertices of each chain; a ring does not repeat its first.
    chains: Vec<Vec<u32>>,
    kinds: Vec<Chain>,
    /// The vertices of each arc; a closed one repeats its first.
    arcs: Vec<Vec<u32>>,
    uses: Vec<Vec<ArcUse>>,
}

impl Topology {
    /// Finds the nodes and arcs of chains. Positions are finite.
    pub fn new<'a>(chains: impl IntoIterator<Item = (&'a [Xy], Chain)>) -> Topology {
        let mut vertices = Vertices::new();
        let (mut numbered, mut kinds) = (Vec::new(), Vec::new());
        for (xy, kind) in chains {
            let mut numbers: Vec<u32> = xy.iter().map(|xy| vertices.number(*xy)).collect();
            numbers.dedup();
            if kind == Chain::Ring {
                while numbers.len() > 1 && numbers.first() == numbers.last() {
                    numbers.pop();
                }
            }
            numbered.push(numbers);
            kinds.push(kind);
        }
        let positions = vertices.positions;
        let is_node = nodes(positions.len(), &numbered, &kinds);
        let mut topology =
            Topology { positions, is_node, chains: numbered, kinds, arcs: vec![], uses: vec![] };
        topology.cut();
        topology
    }

    /// The number of arcs.
    pub fn arc_count(&self) -> usize {
        self.arcs.len()
    }

    /// The number of vertices.
    pub fn vertex_count(&self) -> usize {
        self.positions.len()
    }

    /// The positions of an arc.
    pub fn arc(&self, arc: usize) -> Vec<Xy> {
        self.arcs[arc].iter().map(|vertex| self.positions[*vertex as usize]).collect()
    }

    /// The arcs that make up a chain, in its order.
    pub fn uses(&self, chain: usize) -> &[ArcUse] {
        &self.uses[chain]
    }

    /// For each vertex of an arc, whether it stays; for [`Resolver::new`]. Arcs are independent of each other. `check` is
    /// asked from time to time whether to go on.
    ///
    /// # Errors
    /// The first error of `check`.
    pub fn simplify_arc<E>(
        &self,
        arc: usize,
        simplification: Simplification,
        metric: &Metric,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Vec<bool>, E> {
        kept_vertices(&self.arc(arc), self.ends(arc), simplification, metric, check)
    }

    /// A chain with the vertices whose flag is set, z and m included: `path` is the one that the chain was made of. A
    /// ring whose start goes begins with the next vertex that stays. Empty when a ring has fewer than three left.
    pub fn simplified(&self, chain: usize, path: &Path, keep: &[bool]) -> Path {
        let numbers = &self.chains[chain];
        let (mut out, mut position) = (Path::default(), 0);
        let mut previous = None;
        for number in numbers {
            // The path may repeat vertices that the chain has once.
            while position < path.xy.len() && path.xy[position] != self.positions[*number as usize] {
                position += 1;
            }
            if position == path.xy.len() {
                break;
            }
            if keep[*number as usize] && previous != Some(*number) {
                push_from(&mut out, path, position);
                previous = Some(*number);
            }
            position += 1;
        }
        if self.kinds[chain] == Chain::Ring {
            if out.xy.len() < 3 {
                return Path::default();
            }
            crate::rings::close(&mut out);
        }
        out
    }

    fn ends(&self, arc: usize) -> Ends {
        let vertices = &self.arcs[arc];
        let is_free = vertices.first() == vertices.last() && !self.is_node[vertices[0] as usize];
        if is_free { Ends::Free } else { Ends::Fixed }
    }

    /// Cuts the chains at the nodes; arcs that came before are found by their ends.
    fn cut(&mut self) {
        let mut known: HashMap<(u32, u32), usize> = HashMap::new();
        for (chain, kind) in self.chains.iter().zip(&self.kinds) {
            let mut uses = Vec::new();
            let first_node = chain.iter().position(|vertex| self.is_node[*vertex as usize]);
            let mut add = |vertices: Vec<u32>, key: (u32, u32), reversed: bool| {
                let arc = *known.entry(key).or_insert_with(|| {
                    self.arcs.push(vertices);
                    self.arcs.len() - 1
                });
                uses.push(ArcUse { arc, reversed });
            };
            match (kind, first_node) {
                (Chain::Ring, None) => {
                    if let Some((vertices, key, reversed)) = free_ring(chain) {
                        add(vertices, key, reversed);
                    }
                }
                (_, first_node) => {
                    let first = first_node.unwrap_or(0);
                    let around = if *kind == Chain::Ring { chain.len() + 1 } else { chain.len() };
                    let mut arc: Vec<u32> = Vec::new();
                    for step in 0..around {
                        let vertex = chain[(first + step) % chain.len()];
                        arc.push(vertex);
                        if arc.len() > 1 && self.is_node[vertex as usize] {
                            let (vertices, key, reversed) = between_nodes(std::mem::take(&mut arc));
                            add(vertices, key, reversed);
                            arc.push(vertex);
                        }
                    }
                }
            }
            self.uses.push(uses);
        }
    }
}

/// An arc in the direction that does not depend on who uses it, what it is known by, and whether that turned it around.
/// Vertices between nodes have two neighbours only, so its first two vertices say all.
fn between_nodes(mut arc: Vec<u32>) -> (Vec<u32>, (u32, u32), bool) {
    let last = arc.len() - 1;
    let (forward, backward) = ((arc[0], arc[1]), (arc[last], arc[last - 1]));
    let reversed = backward < forward;
    if reversed {
        arc.reverse();
    }
    (arc, forward.min(backward), reversed)
}

/// Like [`between_nodes`], for a ring without nodes: it starts at its least vertex, towards the lesser neighbour.
fn free_ring(chain: &[u32]) -> Option<(Vec<u32>, (u32, u32), bool)> {
    let start = (0..chain.len()).min_by_key(|index| chain[*index])?;
    let at = |step: usize| chain[(start + step) % chain.len()];
    let reversed = at(chain.len() - 1) < at(1);
    let mut arc: Vec<u32> = (0..=chain.len()).map(at).collect();
    if reversed {
        arc.reverse();
    }
    let key = (arc[0], arc[0]);
    Some((arc, key, reversed))
}

/// Which vertices are nodes: where neighbours are not the same two each time, and at the ends of lines.
fn nodes(count: usize, chains: &[Vec<u32>], kinds: &[Chain]) -> Vec<bool> {
    let mut is_node = vec![false; count];
    let mut neighbours = vec![[NONE; 2]; count];
    for (chain, kind) in chains.iter().zip(kinds) {
        for (index, vertex) in chain.iter().enumerate() {
            let vertex = *vertex as usize;
            let is_end = index == 0 || index + 1 == chain.len();
            if is_end && *kind == Chain::Line {
                is_node[vertex] = true;
                continue;
            }
            let before = chain[(index + chain.len() - 1) % chain.len()];
            let after = chain[(index + 1) % chain.len()];
            let pair = [before.min(after), before.max(after)];
            if neighbours[vertex] == [NONE; 2] {
                neighbours[vertex] = pair;
            } else if neighbours[vertex] != pair {
                is_node[vertex] = true;
            }
        }
    }
    is_node
}

fn push_from(out: &mut Path, path: &Path, position: usize) {
    out.xy.push(path.xy[position]);
    out.z.extend(path.z.get(position));
    out.m.extend(path.m.get(position));
}

#[cfg(test)]
mod tests;
