//! The body of an answer: its framing undone, its bytes counted, its compression undone.

use crate::connect::Connection;
use crate::head::{Framing, Head};
use crate::wait::Wait;
use crate::{FetchError, FetchSettings};
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// Longest line between chunks, and of all trailers, in bytes.
const MAX_CHUNK_LINE_BYTES: usize = 8 << 10;
/// Data that becomes this many times as much was made to fill memory; features and tables stay far below it.
const MAX_RATIO: u64 = 300;
/// Decompressed bytes before the ratio counts: a small file may well be all spaces.
const RATIO_COUNTS_FROM_BYTES: u64 = 8 << 20;

/// What one input has cost so far.
#[derive(Default)]
pub(crate) struct Cost {
    /// Bytes of bodies that came over the network.
    pub(crate) received: Cell<u64>,
    /// Bytes that they became.
    pub(crate) decoded: Cell<u64>,
}

/// A reader of the body whose head was just read. Its errors hold a [`FetchError`].
pub(crate) fn reader<'a>(
    connection: &'a mut Connection,
    head: &Head,
    cost: &'a Cost,
    settings: &'a FetchSettings,
    wait: &'a Wait<'a>,
) -> Result<Box<dyn Read + 'a>, FetchError> {
    let state = match head.framing {
        Framing::Length(left) => State::Length(left),
        Framing::Chunked => State::ChunkSize,
        Framing::UntilClose => State::UntilClose,
    };
    let mut body =
        Body { connection, state, keeps_alive: head.keeps_alive, cost, max_bytes: settings.max_bytes, wait };
    // Said at once, and not after what can be a long wait for all of it.
    if let State::Length(byte_len) = body.state
        && cost.received.get().saturating_add(byte_len) > settings.max_bytes
    {
        return Err(too_large(wait, settings.max_bytes));
    }
    if matches!(body.state, State::Length(0)) {
        body.end();
    }
    let encoding = head.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let inner: Box<dyn Read + 'a> = match encoding.as_str() {
        "" | "identity" => Box::new(body),
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(BufReader::new(body))),
        "deflate" => deflated(BufReader::new(body), wait)?,
        _ => {
            return Err(
                wait.unsupported("is compressed in a way that this server does not read; gzip is read")
            );
        }
    };
    Ok(Box::new(Decoded {
        inner,
        cost,
        is_compressed: !matches!(encoding.as_str(), "" | "identity"),
        settings,
        wait,
    }))
}

fn too_large(wait: &Wait<'_>, max_bytes: u64) -> FetchError {
    wait.too_large(format!(
        "is larger than {max_bytes} bytes, the most that is read from a url; give a part of it"
    ))
}

/// `deflate` should be the zlib format (RFC 9110, 8.4.1.2), but some servers send it bare.
fn deflated<'a>(mut body: BufReader<Body<'a>>, wait: &Wait<'_>) -> Result<Box<dyn Read + 'a>, FetchError> {
    let first = body.fill_buf().map_err(|error| FetchError::from_io(error, &wait.place))?;
    let is_zlib = first.first().is_some_and(|byte| byte & 0x8f == 0x08);
    Ok(if is_zlib { Box::new(ZlibDecoder::new(body)) } else { Box::new(DeflateDecoder::new(body)) })
}

struct Body<'a> {
    connection: &'a mut Connection,
    state: State,
    keeps_alive: bool,
    cost: &'a Cost,
    max_bytes: u64,
    wait: &'a Wait<'a>,
}

#[derive(Clone, Copy)]
enum State {
    Length(u64),
    /// Before the line with the size of a chunk.
    ChunkSize,
    Chunk(u64),
    UntilClose,
    End,
}

impl Body<'_> {
    fn read_some(&mut self, out: &mut [u8]) -> Result<usize, FetchError> {
        if matches!(self.state, State::ChunkSize) {
            self.begin_chunk()?;
        }
        let most = match self.state {
            State::End | State::ChunkSize => return Ok(0),
            State::Length(left) | State::Chunk(left) => left.min(out.len() as u64) as usize,
            State::UntilClose => out.len(),
        };
        if most == 0 {
            return Ok(0);
        }
        if self.connection.buffered().is_empty() && self.connection.fill(self.wait)? == 0 {
            if matches!(self.state, State::UntilClose) {
                self.state = State::End;
                return Ok(0);
            }
            return Err(self.wait.unreachable("the connection was cut before the end of the answer"));
        }
        self.wait.check()?;
        let buffered = self.connection.buffered();
        let count = buffered.len().min(most);
        for (to, from) in out.iter_mut().zip(buffered.iter().take(count)) {
            *to = *from;
        }
        self.connection.take(count);
        self.count(count as u64)?;
        Ok(count)
    }

    fn count(&mut self, count: u64) -> Result<(), FetchError> {
        let received = self.cost.received.get() + count;
        self.cost.received.set(received);
        if received > self.max_bytes {
            return Err(too_large(self.wait, self.max_bytes));
        }
        match self.state {
            State::Length(left) if left == count => self.end(),
            State::Length(left) => self.state = State::Length(left.saturating_sub(count)),
            State::Chunk(left) if left == count => {
                if !self.line()?.is_empty() {
                    return Err(self.wait.no_http("broken chunks"));
                }
                self.state = State::ChunkSize;
            }
            State::Chunk(left) => self.state = State::Chunk(left.saturating_sub(count)),
            State::ChunkSize | State::UntilClose | State::End => {}
        }
        Ok(())
    }

    /// Reads the size of the next chunk, or the trailers after the last.
    fn begin_chunk(&mut self) -> Result<(), FetchError> {
        let line = self.line()?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = u64::from_str_radix(digits, 16).ok().filter(|_| is_hex);
        let size = size.ok_or_else(|| self.wait.no_http("broken chunks"))?;
        if size > 0 {
            self.state = State::Chunk(size);
            return Ok(());
        }
        let mut trailer_bytes = 0;
        loop {
            let trailer = self.line()?;
            trailer_bytes += trailer.len();
            if trailer.is_empty() {
                self.end();
                return Ok(());
            }
            if trailer_bytes > MAX_CHUNK_LINE_BYTES {
                return Err(self.wait.no_http("broken chunks"));
            }
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<String, FetchError> {
        loop {
            let buffered = self.connection.buffered();
            let end = buffered.iter().take(MAX_CHUNK_LINE_BYTES).position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line = buffered.get(..end).unwrap_or_default();
                let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
                self.connection.take(end + 1);
                return Ok(line);
            }
            if buffered.len() >= MAX_CHUNK_LINE_BYTES {
                return Err(self.wait.no_http("broken chunks"));
            }
            if self.connection.fill(self.wait)? == 0 {
                return Err(self.wait.unreachable("the connection was cut before the end of the answer"));
            }
        }
    }

    fn end(&mut self) {
        self.state = State::End;
        self.connection.is_idle = self.keeps_alive;
    }
}

impl Read for Body<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.read_some(out).map_err(FetchError::into_io)
    }
}

/// Counts what a body becomes.
struct Decoded<'a> {
    inner: Box<dyn Read + 'a>,
    cost: &'a Cost,
    is_compressed: bool,
    settings: &'a FetchSettings,
    wait: &'a Wait<'a>,
}

impl Read for Decoded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        let (decoded, received) = (self.cost.decoded.get() + count as u64, self.cost.received.get());
        self.cost.decoded.set(decoded);
        if decoded > self.settings.max_decompressed_bytes {
            let reason = format!(
                "becomes more than {} bytes, the most that is read from a url; give a part of it",
                self.settings.max_decompressed_bytes
            );
            return Err(self.wait.too_large(reason).into_io());
        }
        if self.is_compressed && decoded > RATIO_COUNTS_FROM_BYTES && decoded / MAX_RATIO > received {
            let reason = format!(
                "becomes more than {MAX_RATIO} times its size when it is decompressed, and is not read"
            );
            return Err(self.wait.too_large(reason).into_io());
        }
        Ok(count)
    }
}
