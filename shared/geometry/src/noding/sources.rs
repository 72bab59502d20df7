//! Which geometries have which edges of a net, in two flat lists.

use super::Strand;

/// Which geometries have an edge.
pub(super) struct Sources {
    starts: Vec<usize>,
    sources: Vec<u32>,
}

impl Sources {
    /// Collects them from the steps of all strands.
    pub(super) fn new(strands: &[Strand], edge_count: usize) -> Sources {
        let mut pairs: Vec<(u32, u32)> = strands
            .iter()
            .flat_map(|strand| strand.steps.iter().map(|step| (step.edge, strand.source)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; edge_count + 1];
        for (edge, _) in &pairs {
            starts[*edge as usize + 1] += 1;
        }
        for edge in 0..edge_count {
            starts[edge + 1] += starts[edge];
        }
        Sources { starts, sources: pairs.into_iter().map(|(_, source)| source).collect() }
    }

    /// The numbers of the geometries, ascending.
    pub(super) fn of(&self, edge: u32) -> &[u32] {
        &self.sources[self.starts[edge as usize]..self.starts[edge as usize + 1]]
    }
}
