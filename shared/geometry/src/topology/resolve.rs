//! Puts vertices back into simplified arcs until none crosses, touches or jumps over another.
//!
//! Two edges are in conflict when they meet anywhere but in a vertex that both have. An edge jumps when the end or the
//! middle of an arc lies between it and the vertices that it stands for: what was left of it would be right of it. In
//! both cases the vertex farthest from the edge comes back, and what changed is looked at again. Edges of the input are
//! never in conflict with each other, so the search ends, at the latest with all vertices back; a coverage that is not
//! clean keeps its faults and gets no others.

use super::Topology;
use crate::index::BoxIndex;
use crate::relate::segment::{Meeting, distance_to_segment, meet};
use crate::simplify::{Metric, farthest_vertex};
use gp_esri::{Envelope, Xy};

/// After so many rounds of one vertex an edge, an edge in conflict gets all its vertices back: the end must come soon.
const SINGLE_ROUNDS: usize = 10;

/// A stretch of an arc between two vertices that the simplification kept.
#[derive(Clone, Copy)]
struct Piece {
    arc: u32,
    from: u32,
    to: u32,
}

/// Simplified arcs, while they are made free of conflicts.
pub struct Resolver<'a> {
    topology: &'a Topology,
    metric: Metric,
    /// The vertices of each arc; a ring is turned so that it starts with one that stays.
    arcs: Vec<Vec<u32>>,
    /// By vertex: a vertex inside an arc belongs to no other arc, and nodes stay.
    kept: Vec<bool>,
    pieces: Vec<Piece>,
    /// The places in the arc of the vertices that came back, by piece, ascending.
    returned: Vec<Vec<u32>>,
    /// Boxes around all vertices of the pieces; they hold whatever vertices come back.
    index: BoxIndex,
    /// Vertices that stay, some of each arc: who is jumped over has one of them on the wrong side.
    witnesses: Vec<u32>,
    witness_index: BoxIndex,
    /// The pieces that have changed.
    pending: Vec<u32>,
    round: usize,
}

impl<'a> Resolver<'a> {
    /// Takes the result of [`Topology::simplify_arc`] for each arc.
    pub fn new(topology: &'a Topology, keep: Vec<Vec<bool>>, metric: Metric) -> Resolver<'a> {
        let mut kept = vec![true; topology.positions.len()];
        let mut arcs = topology.arcs.clone();
        let (mut pieces, mut witnesses) = (Vec::new(), Vec::new());
        for (number, (arc, keep)) in arcs.iter_mut().zip(keep).enumerate() {
            for (vertex, keep) in arc.iter().zip(&keep) {
                kept[*vertex as usize] = *keep;
            }
            if let Some(start) = keep.iter().position(|keep| *keep)
                && start > 0
            {
                arc.pop();
                arc.rotate_left(start);
                arc.push(arc[0]);
            }
            let stops: Vec<usize> = (0..arc.len()).filter(|index| kept[arc[*index] as usize]).collect();
            for gap in stops.windows(2) {
                pieces.push(Piece { arc: number as u32, from: gap[0] as u32, to: gap[1] as u32 });
            }
            for stop in [stops.first(), stops.get(stops.len() / 2), stops.last()].into_iter().flatten() {
                witnesses.push(arc[*stop]);
            }
        }
        witnesses.sort_unstable();
        witnesses.dedup();
        let position = |vertex: &u32| topology.positions[*vertex as usize];
        let box_of = |piece: &Piece| {
            let mut envelope = Envelope::EMPTY;
            let vertices = &arcs[piece.arc as usize][piece.from as usize..=piece.to as usize];
            vertices.iter().for_each(|vertex| envelope.include(position(vertex)));
            envelope
        };
        let index = BoxIndex::new(pieces.iter().map(box_of).collect());
        let places: Vec<Xy> = witnesses.iter().map(position).collect();
        let witness_index = BoxIndex::of_points(&places);
        let is_shortcut = |piece: &u32| {
            let Piece { from, to, .. } = pieces[*piece as usize];
            to > from + 1
        };
        let pending = (0..pieces.len() as u32).filter(is_shortcut).collect();
        Resolver {
            topology,
            metric,
            arcs,
            kept,
            returned: vec![Vec::new(); pieces.len()],
            pieces,
            index,
            witnesses,
            witness_index,
            pending,
            round: 0,
        }
    }

    /// Whether each vertex stays, for [`Topology::simplified`].
    pub fn kept(&self) -> &[bool] {
        &self.kept
    }

    /// Looks for conflicts and puts vertices back; says how many. Call it until there are none. `check` is asked before
    /// each stretch that has changed whether to go on.
    ///
    /// # Errors
    /// The first error of `check`.
    pub fn step<E>(&mut self, check: impl Fn() -> Result<(), E>) -> Result<usize, E> {
        self.round += 1;
        let mut in_conflict: Vec<Piece> = Vec::new();
        let mut is_pending = vec![false; self.pieces.len()];
        self.pending.iter().for_each(|piece| is_pending[*piece as usize] = true);
        for piece in &self.pending {
            check()?;
            self.find_conflicts(*piece, &is_pending, &mut in_conflict);
        }
        in_conflict.sort_unstable_by_key(|edge| (edge.arc, edge.from));
        in_conflict.dedup_by_key(|edge| (edge.arc, edge.from));
        self.pending.clear();
        let mut count = 0;
        for edge in in_conflict {
            let containing = |piece: &Piece| (piece.arc, piece.from) <= (edge.arc, edge.from);
            let piece = self.pieces.partition_point(containing) - 1;
            count += self.put_back(piece, edge);
            self.pending.push(piece as u32);
        }
        self.pending.dedup();
        Ok(count)
    }

    /// The edges as they are now of a piece.
    fn edges(&self, piece: u32) -> Vec<Piece> {
        let Piece { arc, from, to } = self.pieces[piece as usize];
        let (mut edges, mut start) = (Vec::with_capacity(1), from);
        for end in self.returned[piece as usize].iter().copied().chain([to]) {
            edges.push(Piece { arc, from: start, to: end });
            start = end;
        }
        edges
    }

    fn find_conflicts(&self, piece: u32, is_pending: &[bool], in_conflict: &mut Vec<Piece>) {
        let edges = self.edges(piece);
        let mut envelope = Envelope::EMPTY;
        self.line(self.pieces[piece as usize]).into_iter().for_each(|xy| envelope.include(xy));
        for other in self.index.query(&envelope) {
            let other = other as u32;
            if other == piece {
                self.compare_all(&edges, None, in_conflict);
            } else if !(is_pending[other as usize] && other < piece) {
                self.compare_all(&edges, Some(&self.edges(other)), in_conflict);
            }
        }
        for edge in edges.iter().filter(|edge| is_shortcut(edge)) {
            if self.jumps(*edge, &envelope) {
                in_conflict.push(*edge);
            }
        }
    }

    /// Compares edges with others, or with each other. Those that have all their vertices back, which may be very many,
    /// are compared with shortcuts only.
    fn compare_all(&self, edges: &[Piece], others: Option<&[Piece]>, in_conflict: &mut Vec<Piece>) {
        for (number, edge) in edges.iter().enumerate().filter(|(_, edge)| is_shortcut(edge)) {
            for (place, other) in others.unwrap_or(edges).iter().enumerate() {
                // Two shortcuts of one list come to be compared twice.
                let comes_again = others.is_none() && place <= number && is_shortcut(other);
                if !comes_again {
                    self.compare(*edge, *other, in_conflict);
                }
            }
        }
        for other in others.unwrap_or_default().iter().filter(|other| is_shortcut(other)) {
            edges
                .iter()
                .filter(|edge| !is_shortcut(edge))
                .for_each(|edge| self.compare(*edge, *other, in_conflict));
        }
    }

    /// Notes the edges that may get vertices back when two meet where they must not.
    fn compare(&self, a: Piece, b: Piece, in_conflict: &mut Vec<Piece>) {
        let shared = match meet(self.segment(a), self.segment(b)) {
            Meeting::Apart => return,
            Meeting::Touch(_) => {
                let (ends_a, ends_b) = (self.ends(a), self.ends(b));
                ends_a.iter().any(|vertex| ends_b.contains(vertex))
            }
            Meeting::Cross(_) | Meeting::Overlap(..) => false,
        };
        if !shared {
            in_conflict.extend([a, b].into_iter().filter(is_shortcut));
        }
    }

    /// Whether a witness lies between an edge and the vertices that it stands for.
    fn jumps(&self, edge: Piece, envelope: &Envelope) -> bool {
        let nearby: Vec<usize> = self.witness_index.query(envelope).collect();
        if nearby.is_empty() {
            return false;
        }
        let passed = self.line(edge);
        let [from, to] = self.ends(edge);
        let [a, b] = self.segment(edge);
        // What lies between is not farther from the edge than the farthest vertex passed.
        let reach = passed.iter().map(|xy| distance_to_segment(*xy, a, b)).fold(0.0, f64::max);
        let around = Around::new(&passed);
        let is_between = |witness: usize| {
            let witness = self.witnesses[witness];
            let at = self.topology.positions[witness as usize];
            // Witnesses stay, so among the passed vertices they can only be the ends.
            witness != from && witness != to && distance_to_segment(at, a, b) <= reach && around.holds(at)
        };
        nearby.into_iter().any(is_between)
    }

    /// Lets the farthest vertex that an edge passes, or after many rounds all of them, come back.
    fn put_back(&mut self, piece: usize, edge: Piece) -> usize {
        let back: Vec<u32> = if self.round > SINGLE_ROUNDS {
            (edge.from + 1..edge.to).collect()
        } else {
            let line = self.line(edge);
            let farthest = farthest_vertex(&line, 0, line.len() - 1, &self.metric);
            farthest.map(|(place, _)| edge.from + place as u32).into_iter().collect()
        };
        for place in &back {
            self.kept[self.arcs[edge.arc as usize][*place as usize] as usize] = true;
        }
        let count = back.len();
        self.returned[piece].extend(back);
        self.returned[piece].sort_unstable();
        count
    }

    /// The vertices that an edge stands for, its ends included.
    fn line(&self, edge: Piece) -> Vec<Xy> {
        let vertices = &self.arcs[edge.arc as usize][edge.from as usize..=edge.to as usize];
        vertices.iter().map(|vertex| self.topology.positions[*vertex as usize]).collect()
    }

    fn ends(&self, edge: Piece) -> [u32; 2] {
        let arc = &self.arcs[edge.arc as usize];
        [arc[edge.from as usize], arc[edge.to as usize]]
    }

    fn segment(&self, edge: Piece) -> [Xy; 2] {
        self.ends(edge).map(|vertex| self.topology.positions[vertex as usize])
    }
}

/// A line, closed from its end to its start. Its edges stand in a tree where they are many: an edge of the simplified line
/// may stand for a million vertices and have as many features near it.
struct Around {
    edges: Vec<[Xy; 2]>,
    index: Option<BoxIndex>,
}

/// Fewer edges are looked at sooner than they are put into a tree.
const FEWEST_IN_TREE: usize = 500;

impl Around {
    fn new(line: &[Xy]) -> Around {
        let closing = [line[line.len() - 1], line[0]];
        let edges: Vec<[Xy; 2]> = line.windows(2).map(|pair| [pair[0], pair[1]]).chain([closing]).collect();
        let index = (edges.len() >= FEWEST_IN_TREE).then(|| BoxIndex::of_segments(&edges));
        Around { edges, index }
    }

    /// Whether it goes around a position an odd number of times.
    fn holds(&self, [x, y]: Xy) -> bool {
        let crosses = |number: &usize| {
            let [[ax, ay], [bx, by]] = self.edges[*number];
            (ay <= y) != (by <= y) && (y - ay) / (by - ay) * (bx - ax) + ax > x
        };
        let count = match &self.index {
            None => (0..self.edges.len()).filter(crosses).count(),
            Some(index) => {
                let to_the_right = Envelope { xmin: x, ymin: y, xmax: f64::INFINITY, ymax: y };
                index.query(&to_the_right).filter(crosses).count()
            }
        };
        count % 2 == 1
    }
}

fn is_shortcut(edge: &Piece) -> bool {
    edge.to > edge.from + 1
}

#[cfg(test)]
mod tests;
