//! How rings that do not cross lie in each other.
//!
//! Separate from the sweep, which only finds the parents: depth, orientation and connectedness follow from them.

/// No parent: the ring lies in no other.
pub(super) const NONE: u32 = u32::MAX;

/// How the rings of a crossing-free set lie in each other.
#[derive(Debug)]
pub(crate) struct Nesting {
    parents: Vec<u32>,
    exterior: Vec<bool>,
    counter_clockwise: Vec<bool>,
}

impl Nesting {
    /// Counts how deep each ring lies.
    pub(super) fn new(parents: Vec<u32>, counter_clockwise: Vec<bool>) -> Nesting {
        let mut exterior: Vec<Option<bool>> = vec![None; parents.len()];
        for ring in 0..parents.len() {
            let mut chain = vec![ring];
            while let Some(&last) = chain.last()
                && exterior[last].is_none()
                && parents[last] != NONE
            {
                chain.push(parents[last] as usize);
            }
            let mut outside = true;
            for ring in chain.into_iter().rev() {
                outside = *exterior[ring].get_or_insert(outside);
                outside = !outside;
            }
        }
        let exterior: Vec<bool> = exterior.into_iter().map(|outside| outside.unwrap_or(true)).collect();
        Nesting { parents, exterior, counter_clockwise }
    }

    /// The innermost ring around `ring`.
    pub(crate) fn parent(&self, ring: usize) -> Option<usize> {
        (self.parents[ring] != NONE).then_some(self.parents[ring] as usize)
    }

    /// Whether `ring` bounds filled area from outside: an even number of rings lie around it.
    pub(crate) fn is_exterior(&self, ring: usize) -> bool {
        self.exterior[ring]
    }

    /// Whether `ring` runs the way Esri's law wants.
    pub(crate) fn is_oriented(&self, ring: usize) -> bool {
        self.counter_clockwise[ring] != self.exterior[ring]
    }

    /// Whether all rings do.
    pub(crate) fn all_oriented(&self) -> bool {
        (0..self.exterior.len()).all(|ring| self.is_oriented(ring))
    }

    /// Touching rings of one part must not close a circle: they would cut the interior in two.
    pub(super) fn stays_connected(&self, touches: &[Vec<u32>]) -> bool {
        let rings = self.parents.len();
        let mut group: Vec<usize> = (0..rings).collect();
        let part = |ring: u32| if self.exterior[ring as usize] { ring } else { self.parents[ring as usize] };
        for touch in touches {
            let mut by_part: Vec<(u32, u32)> = touch.iter().map(|ring| (part(*ring), *ring)).collect();
            by_part.sort_unstable();
            for pair in by_part.chunk_by(|a, b| a.0 == b.0).filter(|rings| rings.len() > 1) {
                for (_, ring) in &pair[1..] {
                    let (a, b) = (find(&mut group, pair[0].1 as usize), find(&mut group, *ring as usize));
                    if a == b {
                        return false;
                    }
                    group[a] = b;
                }
            }
        }
        true
    }
}

fn find(group: &mut [usize], mut member: usize) -> usize {
    while group[member] != member {
        group[member] = group[group[member]];
        member = group[member];
    }
    member
}
