//! Making FlatBuffers, from front to back: each table leaves room for its references, which are set when what they refer to
//! is appended. Readers do not mind; it needs no stack of half-made objects.

/// A buffer in the making, with its length before it.
pub(super) struct Builder {
    bytes: Vec<u8>,
}

/// A place that waits for a reference.
#[derive(Clone, Copy)]
pub(super) struct Reference(usize);

/// The value of a field in a table.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    /// Not given: the default is meant.
    Default,
    U8(u8),
    U16(u16),
    I32(i32),
    U64(u64),
    /// Something that is appended later.
    Reference,
}

impl Slot {
    fn byte_len(self) -> usize {
        match self {
            Slot::Default => 0,
            Slot::U8(_) => 1,
            Slot::U16(_) => 2,
            Slot::I32(_) | Slot::Reference => 4,
            Slot::U64(_) => 8,
        }
    }
}

impl Builder {
    /// An empty buffer, and the reference to its outermost table.
    pub(super) fn new() -> (Builder, Reference) {
        // The length of the buffer, then the reference.
        (Builder { bytes: vec![0; 8] }, Reference(4))
    }

    /// Appends a table; gives the references of its fields, in their order.
    pub(super) fn table(&mut self, reference: Reference, slots: &[Slot]) -> Vec<Reference> {
        // Fields from the widest to the narrowest need no gaps between them.
        let mut order: Vec<usize> = (0..slots.len()).filter(|slot| slots[*slot].byte_len() > 0).collect();
        order.sort_by_key(|slot| std::cmp::Reverse(slots[*slot].byte_len()));
        const HEAD_BYTES: usize = 4;
        let mut offsets = vec![0_u16; slots.len()];
        // The table begins 4 bytes after a multiple of 8, so that its first field stands at one.
        let mut length = HEAD_BYTES;
        for slot in order {
            offsets[slot] = length as u16;
            length += slots[slot].byte_len();
        }
        self.align(2, 0);
        let vtable_at = self.bytes.len();
        self.bytes.extend(((4 + 2 * slots.len()) as u16).to_le_bytes());
        self.bytes.extend((length as u16).to_le_bytes());
        for offset in &offsets {
            self.bytes.extend(offset.to_le_bytes());
        }
        self.align(8, HEAD_BYTES);
        let at = self.bytes.len();
        self.set(reference, at);
        self.bytes.extend(((at - vtable_at) as i32).to_le_bytes());
        self.bytes.resize(at + length, 0);
        let mut references = Vec::new();
        for (slot, offset) in slots.iter().zip(offsets) {
            let at = at + usize::from(offset);
            match slot {
                Slot::Default => {}
                Slot::Reference => references.push(Reference(at)),
                Slot::U8(value) => self.put(at, &value.to_le_bytes()),
                Slot::U16(value) => self.put(at, &value.to_le_bytes()),
                Slot::I32(value) => self.put(at, &value.to_le_bytes()),
                Slot::U64(value) => self.put(at, &value.to_le_bytes()),
            }
        }
        references
    }

    pub(super) fn text(&mut self, reference: Reference, text: &str) {
        self.vector(reference, text.len(), 1);
        self.bytes.extend(text.as_bytes());
        self.bytes.push(0);
    }

    pub(super) fn byte_vector(&mut self, reference: Reference, values: &[u8]) {
        self.vector(reference, values.len(), 1);
        self.bytes.extend(values);
    }

    pub(super) fn u32_vector(&mut self, reference: Reference, values: &[u32]) {
        self.vector(reference, values.len(), 4);
        values.iter().for_each(|value| self.bytes.extend(value.to_le_bytes()));
    }

    pub(super) fn f64_vector(&mut self, reference: Reference, values: &[f64]) {
        self.vector(reference, values.len(), 8);
        values.iter().for_each(|value| self.bytes.extend(value.to_le_bytes()));
    }

    /// Appends a vector of references to tables, and gives them.
    pub(super) fn table_vector(&mut self, reference: Reference, count: usize) -> Vec<Reference> {
        self.vector(reference, count, 4);
        let start = self.bytes.len();
        self.bytes.resize(start + 4 * count, 0);
        (0..count).map(|index| Reference(start + 4 * index)).collect()
    }

    /// The buffer, its length before it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align(8, 0);
        let length = (self.bytes.len() - 4) as u32;
        self.put(0, &length.to_le_bytes());
        self.bytes
    }

    /// The head of a vector whose elements stand at multiples of their size.
    fn vector(&mut self, reference: Reference, count: usize, element_bytes: usize) {
        let alignment = element_bytes.max(4);
        self.align(alignment, alignment - 4);
        let at = self.bytes.len();
        self.set(reference, at);
        self.bytes.extend((count as u32).to_le_bytes());
    }

    fn set(&mut self, reference: Reference, target: usize) {
        self.put(reference.0, &((target - reference.0) as u32).to_le_bytes());
    }

    fn put(&mut self, at: usize, value: &[u8]) {
        self.bytes[at..at + value.len()].copy_from_slice(value);
    }

    /// Fills up until the length is so much beyond a multiple.
    fn align(&mut self, multiple: usize, beyond: usize) {
        while self.bytes.len() % multiple != beyond {
            self.bytes.push(0);
        }
    }
}
