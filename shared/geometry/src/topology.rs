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

    /// For each vertex of an arc, whether it stays; for [`Resolver::new`]. Arcs are independent of each other.
    pub fn simplify_arc(&self, arc: usize, simplification: Simplification, metric: &Metric) -> Vec<bool> {
        kept_vertices(&self.arc(arc), self.ends(arc), simplification, metric)
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
mod tests {
    use super::*;

    fn square(x: f64, y: f64, size: f64) -> Vec<Xy> {
        vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]
    }

    fn rings(rings: &[Vec<Xy>]) -> Topology {
        Topology::new(rings.iter().map(|ring| (ring.as_slice(), Chain::Ring)))
    }

    #[test]
    fn neighbours_share_an_arc_and_use_it_in_opposite_directions() {
        let topology = rings(&[square(0.0, 0.0, 1.0), square(1.0, 0.0, 1.0)]);
        assert_eq!((topology.vertex_count(), topology.arc_count()), (6, 3));
        let shared: Vec<(ArcUse, ArcUse)> = topology
            .uses(0)
            .iter()
            .filter_map(|one| topology.uses(1).iter().find(|two| two.arc == one.arc).map(|two| (*one, *two)))
            .collect();
        assert_eq!(shared.len(), 1);
        assert_ne!(shared[0].0.reversed, shared[0].1.reversed);
        assert_eq!(topology.arc(shared[0].0.arc).len(), 2);
    }

    #[test]
    fn an_island_in_a_hole_is_one_arc_for_both_wherever_they_start() {
        let mut hole = square(0.0, 0.0, 1.0);
        hole.pop();
        hole.reverse();
        hole.push(hole[0]);
        let topology = rings(&[square(0.0, 0.0, 1.0), hole]);
        assert_eq!(topology.arc_count(), 1);
        assert_ne!(topology.uses(0)[0].reversed, topology.uses(1)[0].reversed);
    }

    #[test]
    fn rings_that_touch_in_a_vertex_have_a_node_there_and_lines_at_their_ends() {
        let topology = rings(&[square(0.0, 0.0, 1.0), square(1.0, 1.0, 1.0)]);
        assert_eq!(topology.arc_count(), 2);
        assert_eq!(topology.arc(0).first(), topology.arc(0).last());
        let way: Vec<Xy> = vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
        let side: Vec<Xy> = vec![[1.0, 0.0], [1.0, 5.0]];
        let lines = Topology::new([(way.as_slice(), Chain::Line), (side.as_slice(), Chain::Line)]);
        assert_eq!((lines.arc_count(), lines.uses(0).len()), (3, 2));
    }

    #[test]
    fn a_vertex_on_the_edge_of_a_neighbour_is_put_in_there() {
        let (large, small) = (square(0.0, 0.0, 2.0), square(2.0, 0.0, 1.0));
        let cut = with_touching_vertices(&[&large, &small]);
        assert_eq!(cut[0], [[0.0, 0.0], [0.0, 2.0], [2.0, 2.0], [2.0, 1.0], [2.0, 0.0], [0.0, 0.0]]);
        assert_eq!(cut[1], small);
        assert_eq!(rings(&cut).arc_count(), 3);
    }

    #[test]
    fn what_stays_keeps_its_z_and_a_ring_without_its_start_begins_with_the_next_vertex() {
        let path = Path {
            xy: vec![[0.0, 0.5], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.5]],
            z: vec![1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 1.0],
            m: vec![],
        };
        let topology = Topology::new([(path.xy.as_slice(), Chain::Ring)]);
        let kept = topology.simplify_arc(0, Simplification::Offset(0.1), &Metric::Planar);
        let resolver = Resolver::new(&topology, vec![kept], Metric::Planar);
        let simple = topology.simplified(0, &path, resolver.kept());
        assert_eq!(simple.xy, [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]);
        assert_eq!(simple.z, [2.0, 3.0, 4.0, 5.0, 2.0]);
    }
}
