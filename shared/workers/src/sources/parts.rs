//! Files that are one: the parts of an upload, read as a single stream.

use gp_formats::{Input, ReadAt};
use std::io;
use std::path::Path;

/// Parts, one after the other.
pub(super) struct Parts {
    /// Where each part ends, and the part.
    parts: Vec<(u64, Input)>,
}

impl Parts {
    pub(super) fn new(inputs: Vec<Input>) -> Parts {
        let mut end = 0;
        let parts = inputs.into_iter().map(|input| {
            end += input.bytes().byte_len();
            (end, input)
        });
        Parts { parts: parts.collect() }
    }
}

impl ReadAt for Parts {
    fn byte_len(&self) -> u64 {
        self.parts.last().map_or(0, |(end, _)| *end)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // The first part that ends behind the offset; parts without bytes end where they begin, and are passed over.
        let at = self.parts.partition_point(|(end, _)| *end <= offset);
        let Some((end, input)) = self.parts.get(at) else { return Ok(0) };
        let start = end - input.bytes().byte_len();
        input.bytes().read_at(offset - start, buffer)
    }

    fn path(&self) -> Option<&Path> {
        match self.parts.as_slice() {
            [(_, only)] => only.bytes().path(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::io::Read;
    use std::sync::Arc;

    #[test]
    fn parts_read_as_one_file_whatever_their_sizes() {
        let part = |text: &'static str| Input::new("part", Arc::new(Bytes::from_static(text.as_bytes())));
        let whole =
            Input::new("whole", Arc::new(Parts::new(vec![part("abc"), part(""), part("d"), part("ef")])));
        let mut text = String::new();
        whole.reader().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), whole.bytes().byte_len()), ("abcdef", 6));
        let mut two = [0; 2];
        assert_eq!(whole.bytes().read_at(3, &mut two).unwrap(), 1);
        assert_eq!(whole.bytes().read_at(6, &mut two).unwrap(), 0);
        assert_eq!(Parts::new(Vec::new()).byte_len(), 0);
    }
}
