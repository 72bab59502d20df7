//! The ordered list of edges that a sweep line meets, bottom to top.
//!
//! Chunks of bounded length keep inserting cheap when a million edges are active at once, and a small polygon in one
//! plain vector. Order is the caller's affair: it is only ever asked whether an edge lies below.

/// Chunk length at which a chunk is split, in edges: one split moves 2 kB.
const MAX_CHUNK: usize = 512;

/// A position in the list.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    chunk: usize,
    offset: usize,
}

/// Edges in order. At least one chunk; none is empty unless it is the only one.
pub(crate) struct Status {
    chunks: Vec<Vec<u32>>,
}

impl Status {
    /// An empty list.
    pub(crate) fn new() -> Status {
        Status { chunks: vec![Vec::new()] }
    }

    /// The first position whose edge is not `below`.
    pub(crate) fn locate(&self, below: impl Fn(u32) -> bool) -> Cursor {
        let all_below = |chunk: &Vec<u32>| chunk.last().is_some_and(|edge| below(*edge));
        let chunk = if self.chunks.len() == 1 { 0 } else { self.chunks.partition_point(all_below) };
        if chunk == self.chunks.len() {
            return Cursor { chunk: chunk - 1, offset: self.chunks[chunk - 1].len() };
        }
        Cursor { chunk, offset: self.chunks[chunk].partition_point(|edge| below(*edge)) }
    }

    /// The edge just before a position.
    pub(crate) fn before(&self, at: Cursor) -> Option<u32> {
        if at.offset > 0 {
            return self.chunks[at.chunk].get(at.offset - 1).copied();
        }
        self.chunks[at.chunk.checked_sub(1)?].last().copied()
    }

    /// The edges from a position on, upwards.
    pub(crate) fn from(&self, at: Cursor) -> impl Iterator<Item = u32> + '_ {
        let rest = self.chunks[at.chunk + 1..].iter().flatten();
        self.chunks[at.chunk][at.offset..].iter().chain(rest).copied()
    }

    /// Replaces `removed` edges from a position on by `new`.
    pub(crate) fn replace(&mut self, at: Cursor, removed: usize, new: &[u32]) {
        let Cursor { mut chunk, mut offset } = at;
        if let ([edge], 1) = (new, removed)
            && let Some(slot) = self.chunks[chunk].get_mut(offset)
        {
            *slot = *edge;
            return;
        }
        let mut left = removed;
        while left > 0 {
            let here = left.min(self.chunks[chunk].len() - offset);
            self.chunks[chunk].drain(offset..offset + here);
            left -= here;
            if left == 0 || chunk + 1 == self.chunks.len() {
                break;
            }
            chunk += 1;
            offset = 0;
        }
        self.chunks[chunk].splice(offset..offset, new.iter().copied());
        if self.chunks[chunk].len() > MAX_CHUNK {
            let upper = self.chunks[chunk].split_off(MAX_CHUNK / 2);
            self.chunks.insert(chunk + 1, upper);
        }
        for index in (at.chunk..=chunk).rev() {
            if self.chunks[index].is_empty() && self.chunks.len() > 1 {
                self.chunks.remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_splits_and_removals() {
        let mut status = Status::new();
        let mut plain: Vec<u32> = Vec::new();
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = (seed >> 40) as u32;
            let at = status.locate(|edge| edge < value);
            let position = plain.partition_point(|edge| *edge < value);
            assert_eq!(status.before(at), position.checked_sub(1).map(|index| plain[index]));
            let removed = if seed & 0x3000 == 0 { (plain.len() - position).min(3) } else { 0 };
            let new = [value];
            let new = if removed == 2 { &[][..] } else { &new[..] };
            status.replace(at, removed, new);
            plain.splice(position..position + removed, new.iter().copied());
        }
        let all: Vec<u32> = status.from(Cursor { chunk: 0, offset: 0 }).collect();
        assert_eq!(all, plain);
    }
}
