//! A file on another server that is read in parts, for formats that need only parts of a large file.
//!
//! Only where the server answers ranges (RFC 9110, 14) and marks the version of the file, so that parts of two versions are never
//! put together.

use crate::connect::Connection;
use crate::download::file_name;
use crate::fetcher::{Inner, Source};
use crate::head::Head;
use crate::request::{Encodings, Request};
use crate::secrets::Secrets;
use crate::session::{Answer, Next, Session};
use crate::{FetchError, SharedStop};
use gp_formats::{Input, ReadAt};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes that are kept together.
const BLOCK_BYTES: u64 = 128 << 10;
/// Most blocks that are asked for at once.
const MAX_BLOCKS_AT_ONCE: u64 = 32;
/// Most blocks that are kept: 16 MB.
const MAX_BLOCKS: usize = 128;

/// Opens the file, with its first block read; `None` where the server gives no parts or no version.
pub(crate) fn open(
    fetcher: Arc<Inner>,
    source: Source,
    stop: SharedStop,
) -> Result<Option<Input>, FetchError> {
    let Source { mut request, secrets, .. } = source;
    request.encodings = Encodings::None;
    let (first, connection, left) = {
        let stop_now = || stop();
        let mut session = Session::new(&fetcher, &request.url, secrets.clone(), &stop_now);
        let first = session.with_retries(&mut |session| first_block(session, &request))?;
        (first, session.connection.take(), session.wait.left())
    };
    let Some(First { byte_len, version, block, answer }) = first else { return Ok(None) };
    let name = file_name(&answer.head, &answer.request.url, &request.url, &secrets);
    let reached = answer.request;
    let mut state = State {
        reached,
        connection,
        left,
        blocks: HashMap::new(),
        order: VecDeque::new(),
        received: 0,
        next: 1,
        run: 1,
    };
    state.keep(0, block);
    let remote = Remote { fetcher, request, secrets, stop, byte_len, version, state: Mutex::new(state) };
    Ok(Some(Input::new(name, Arc::new(remote))))
}

struct Remote {
    fetcher: Arc<Inner>,
    /// As the user gave it.
    request: Request,
    secrets: Secrets,
    stop: SharedStop,
    byte_len: u64,
    version: Version,
    state: Mutex<State>,
}

/// What tells a file from its next version, and the header that asks for this one only.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version(String);

struct State {
    /// Where redirects led to the last time.
    reached: Request,
    /// The connection that the last part came over.
    connection: Option<Connection>,
    /// How long reading may still take. The time between reads does not count: it is the tool's.
    left: Duration,
    blocks: HashMap<u64, Vec<u8>>,
    /// The blocks, oldest first.
    order: VecDeque<u64>,
    received: u64,
    /// The block after the last that was asked for, and how many blocks at once: more when reading goes on in order.
    next: u64,
    run: u64,
}

impl State {
    fn keep(&mut self, block: u64, bytes: Vec<u8>) {
        self.received += bytes.len() as u64;
        if self.blocks.insert(block, bytes).is_none() {
            self.order.push_back(block);
        }
        while self.order.len() > MAX_BLOCKS {
            if let Some(oldest) = self.order.pop_front() {
                self.blocks.remove(&oldest);
            }
        }
    }
}

impl ReadAt for Remote {
    fn byte_len(&self) -> u64 {
        self.byte_len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.byte_len || buffer.is_empty() {
            return Ok(0);
        }
        // A reader that panicked leaves blocks behind that are whole.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let block = offset / BLOCK_BYTES;
        if !state.blocks.contains_key(&block) {
            let wanted_end = offset.saturating_add(buffer.len() as u64).div_ceil(BLOCK_BYTES);
            self.load(&mut state, block, wanted_end).map_err(FetchError::into_io)?;
        }
        let within = (offset - block * BLOCK_BYTES) as usize;
        let bytes = state.blocks.get(&block).and_then(|bytes| bytes.get(within..)).unwrap_or_default();
        let count = bytes.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(count)
    }
}

impl Remote {
    /// Loads the block, those after it up to `wanted_end`, and more where reading goes on in order, in one request.
    fn load(&self, state: &mut State, block: u64, wanted_end: u64) -> Result<(), FetchError> {
        state.run = if block == state.next { (state.run * 2).min(MAX_BLOCKS_AT_ONCE) } else { 1 };
        let block_count = self.byte_len.div_ceil(BLOCK_BYTES);
        let most = (block + MAX_BLOCKS_AT_ONCE).min(block_count);
        let mut end = wanted_end.max(block + state.run).min(most);
        while let Some(known) = (block + 1..end).find(|next| state.blocks.contains_key(next)) {
            end = known;
        }
        let (first, last) = (block * BLOCK_BYTES, (end * BLOCK_BYTES).min(self.byte_len) - 1);
        let stop = || (self.stop)();
        let mut session = Session::new(&self.fetcher, &self.request.url, self.secrets.clone(), &stop);
        if state.received > self.fetcher.settings.max_bytes {
            let max_bytes = self.fetcher.settings.max_bytes;
            return Err(session
                .wait
                .too_large(format!("has cost {max_bytes} bytes, the most that is read from a url")));
        }
        session.connection = state.connection.take();
        session.wait.resume(state.left);
        let result = self.part_where_it_is(&mut session, &state.reached, (first, last));
        state.connection = session.connection.take();
        state.left = session.wait.left();
        let (bytes, reached) = result?;
        state.reached = reached;
        for (number, bytes) in (block..).zip(bytes.chunks(BLOCK_BYTES as usize)) {
            state.keep(number, bytes.to_vec());
        }
        state.next = end;
        Ok(())
    }

    fn part_where_it_is(
        &self,
        session: &mut Session<'_>,
        reached: &Request,
        range: (u64, u64),
    ) -> Result<(Vec<u8>, Request), FetchError> {
        match session.with_retries(&mut |session| self.part(session, reached, range)) {
            // A place that was redirected to may be good for minutes only.
            Err(
                FetchError::CredentialsNeeded { .. }
                | FetchError::Forbidden { .. }
                | FetchError::TokenNeeded { .. }
                | FetchError::Server { code: 404 | 410, .. },
            ) if reached.url != self.request.url => {
                session.with_retries(&mut |session| self.part(session, &self.request, range))
            }
            result => result,
        }
    }

    fn part(
        &self,
        session: &mut Session<'_>,
        request: &Request,
        (first, last): (u64, u64),
    ) -> Result<(Vec<u8>, Request), FetchError> {
        let mut request = request.clone();
        let changed = |session: &Session<'_>| FetchError::Changed { place: session.wait.place.clone() };
        request.headers =
            vec![("Range", format!("bytes={first}-{last}")), ("If-Range", self.version.0.clone())];
        let answer = session.exchange(&request)?;
        if answer.head.status == 200 || answer.head.status == 412 || answer.head.status == 416 {
            return Err(changed(session));
        }
        session.check_status(&answer.head)?;
        let part = (content_range(&answer.head), version(&answer.head));
        if part != (Some((first, last, self.byte_len)), Some(self.version.clone())) {
            return Err(changed(session));
        }
        Ok((exactly(session, &answer.head, last - first + 1)?, answer.request))
    }
}

/// What the first answer says.
struct First {
    byte_len: u64,
    version: Version,
    block: Vec<u8>,
    answer: Answer,
}

fn first_block(session: &mut Session<'_>, request: &Request) -> Result<Option<First>, FetchError> {
    let mut asking = request.clone();
    asking.headers = vec![("Range", format!("bytes=0-{}", BLOCK_BYTES - 1))];
    let answer = session.exchange(&asking)?;
    if answer.head.status == 416 {
        // An empty file has no first byte.
        return Ok(None);
    }
    session.check_status(&answer.head)?;
    if answer.head.status != 206
        || answer.head.header("content-encoding").is_some_and(|encoding| encoding != "identity")
    {
        return Ok(None);
    }
    let (Some((0, last, byte_len)), Some(version)) = (content_range(&answer.head), version(&answer.head))
    else {
        return Ok(None);
    };
    if last + 1 != byte_len.min(BLOCK_BYTES) {
        return Ok(None);
    }
    let block = exactly(session, &answer.head, last + 1)?;
    Ok(Some(First { byte_len, version, block, answer }))
}

/// The body, which must have that length.
fn exactly(session: &mut Session<'_>, head: &Head, byte_count: u64) -> Result<Vec<u8>, FetchError> {
    let mut bytes: Vec<u8> = Vec::new();
    session.read_body(head, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(if bytes.len() as u64 > byte_count { Next::Stop } else { Next::More })
    })?;
    if bytes.len() as u64 != byte_count {
        return Err(session.wait.malformed("it sent another part of the file than it was asked for"));
    }
    Ok(bytes)
}

/// A strong entity tag, or the time of the last change (RFC 9110, 13.1.5).
fn version(head: &Head) -> Option<Version> {
    let tag = head.header("etag").filter(|tag| tag.starts_with('"') && tag.len() > 2);
    tag.or_else(|| head.header("last-modified")).map(|text| Version(text.to_owned()))
}

/// First byte, last byte and length of the whole, of `bytes 0-99/1000`.
fn content_range(head: &Head) -> Option<(u64, u64, u64)> {
    let (range, whole) = head.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, whole) =
        (first.trim().parse().ok()?, last.trim().parse().ok()?, whole.trim().parse().ok()?);
    (first <= last && last < whole).then_some((first, last, whole))
}
