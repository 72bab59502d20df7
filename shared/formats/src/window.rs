//! A window on the bytes of a file that moves along it: few reads of many bytes, because each may be a request to another
//! server.
//!
//! Separate because it knows no format. What lies less than a window's length ahead costs no read of its own; whoever goes
//! on reading at the end of the window gets ever longer ones.

use crate::Input;
use std::io;

/// What one read brings at least, in bytes: less saves nothing when each read is a request.
const LEAST_READ_BYTES: usize = 64 * 1024;
/// What one read brings at most beyond what was asked for.
const MOST_READ_BYTES: usize = 1024 * 1024;

/// Bytes of a file, from some position on.
pub(crate) struct Window {
    file: Input,
    start: u64,
    buffer: Vec<u8>,
    /// How much the next read brings.
    ahead: usize,
}

impl Window {
    pub(crate) fn new(file: &Input) -> Window {
        Window { file: file.clone(), start: 0, buffer: Vec::new(), ahead: LEAST_READ_BYTES }
    }

    /// The bytes from that position on.
    ///
    /// # Errors
    /// `UnexpectedEof` where the file has not so many; nothing is allocated then.
    pub(crate) fn get(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let file_end = self.file.bytes().byte_len();
        let end = offset.checked_add(length as u64).filter(|end| *end <= file_end);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let window_end = self.start + self.buffer.len() as u64;
        if offset < self.start || end > window_end {
            self.move_to(offset, end, window_end)?;
        }
        // In range now: the window begins at or before the offset and reaches the end.
        let at = (offset - self.start) as usize;
        self.buffer.get(at..at + length).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn move_to(&mut self, offset: u64, end: u64, window_end: u64) -> io::Result<()> {
        let goes_on = offset >= self.start && offset <= window_end + LEAST_READ_BYTES as u64;
        self.ahead = if goes_on { (2 * self.ahead).min(MOST_READ_BYTES) } else { LEAST_READ_BYTES };
        if offset >= self.start && offset < window_end {
            self.buffer.drain(..(offset - self.start) as usize);
        } else {
            self.buffer.clear();
        }
        self.start = offset;
        let wanted = (end.max(offset + self.ahead as u64)).min(self.file.bytes().byte_len()) - offset;
        let wanted = usize::try_from(wanted).map_err(|_| io::ErrorKind::OutOfMemory)?;
        while self.buffer.len() < wanted {
            let filled = self.buffer.len();
            // In pieces, so that a file that is shorter than it says costs no more than a piece.
            self.buffer.resize((filled + MOST_READ_BYTES).min(wanted), 0);
            let result = self.file.bytes().read_at(offset + filled as u64, &mut self.buffer[filled..]);
            let count = match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Ok(0) | Err(_) => {
                    self.buffer.truncate(filled);
                    result?;
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(count) => count,
            };
            self.buffer.truncate(filled + count);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ReadAt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Bytes that count how often and how much they are read.
    #[derive(Default)]
    pub(crate) struct Counted {
        pub(crate) bytes: Vec<u8>,
        pub(crate) reads: AtomicU64,
        pub(crate) bytes_read: AtomicU64,
    }

    impl ReadAt for Counted {
        fn byte_len(&self) -> u64 {
            self.bytes.len() as u64
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let rest = &self.bytes[(offset as usize).min(self.bytes.len())..];
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
            Ok(count)
        }
    }

    #[test]
    fn reads_are_few_and_gaps_below_a_window_cost_nothing() {
        let file = Counted { bytes: (0..3_000_000_u32).map(|n| n as u8).collect(), ..Counted::default() };
        let file = Arc::new(file);
        let mut window = Window::new(&Input::new("bytes", file.clone()));
        for offset in (0..60_000).step_by(10_000) {
            assert_eq!(window.get(offset, 2).unwrap(), [offset as u8, (offset + 1) as u8]);
        }
        assert_eq!(file.reads.load(Ordering::Relaxed), 1);
        for offset in (0..2_999_000).step_by(1000) {
            assert_eq!(window.get(offset, 1000).unwrap().len(), 1000);
        }
        assert!(file.reads.load(Ordering::Relaxed) < 10);
        assert_eq!(window.get(5, 1).unwrap(), [5]);
        assert_eq!(window.get(2_999_999, 2).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(window.get(u64::MAX, 2).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
