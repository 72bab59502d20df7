//! One connection to a server, plain or encrypted, whose reads and writes can be ended at any time.

use crate::resolve::{Resolve, addresses_of};
use crate::target::host_name;
use crate::wait::{SLICE, Wait};
use crate::{FetchError, FetchSettings};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// Bytes that are asked for at a time.
const READ_BYTES: usize = 32 << 10;

/// One connection.
pub(crate) struct Connection {
    stream: Stream,
    /// What was read and not yet taken begins at `start`.
    buffer: Vec<u8>,
    start: usize,
    /// A URL of the server that this is connected to.
    pub(crate) server: Url,
    /// Whether the last answer was read to its end, so that another request may follow.
    pub(crate) is_idle: bool,
    /// Whether an answer has come over it before.
    pub(crate) was_used: bool,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    /// Looks the host up, judges its addresses, connects to the first of them that answers, and agrees on encryption.
    pub(crate) fn open(
        url: &Url,
        resolver: &Arc<dyn Resolve>,
        settings: &FetchSettings,
        tls: &dyn Fn() -> Result<Arc<ClientConfig>, String>,
        wait: &Wait<'_>,
    ) -> Result<Connection, FetchError> {
        let addresses = addresses_of(url, resolver, settings, wait)?;
        let timeout = wait.connect_timeout;
        let socket = wait
            .for_work("connecting", move || connect(&addresses, timeout))?
            .map_err(|error| wait.unreachable(format!("connecting failed ({})", error.kind())))?;
        socket
            .set_read_timeout(Some(SLICE))
            .and_then(|()| socket.set_write_timeout(Some(SLICE)))
            .and_then(|()| socket.set_nodelay(true))
            .map_err(|error| wait.unreachable(format!("connecting failed ({})", error.kind())))?;
        let stream = if url.scheme() == "https" {
            let config = tls().map_err(|reason| wait.unreachable(reason))?;
            Stream::Tls(Box::new(encrypted(socket, url, config, wait)?))
        } else {
            Stream::Plain(socket)
        };
        Ok(Connection {
            stream,
            buffer: Vec::new(),
            start: 0,
            server: url.clone(),
            is_idle: true,
            was_used: false,
        })
    }

    /// What was read and not yet taken.
    pub(crate) fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Takes so many of the buffered bytes.
    pub(crate) fn take(&mut self, count: usize) {
        self.start = (self.start + count).min(self.buffer.len());
    }

    /// Reads more into the buffer; 0 at the end of the connection.
    pub(crate) fn fill(&mut self, wait: &Wait<'_>) -> Result<usize, FetchError> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_BYTES, 0);
        let count = self.read_some(filled, wait);
        self.buffer.truncate(filled + count.as_ref().map_or(0, |count| *count));
        count
    }

    fn read_some(&mut self, at: usize, wait: &Wait<'_>) -> Result<usize, FetchError> {
        let begin = Instant::now();
        loop {
            wait.check_silence(begin)?;
            let free = self.buffer.get_mut(at..).unwrap_or_default();
            let result = match &mut self.stream {
                Stream::Plain(socket) => socket.read(free),
                Stream::Tls(stream) => stream.read(free),
            };
            match result {
                Ok(count) => return Ok(count),
                Err(error) if is_pause(&error) => {}
                Err(_) => return Err(wait.unreachable("the connection was cut")),
            }
        }
    }

    /// Writes all of it.
    pub(crate) fn write(&mut self, mut bytes: &[u8], wait: &Wait<'_>) -> Result<(), FetchError> {
        let mut begin = Instant::now();
        loop {
            wait.check_silence(begin)?;
            let result = match &mut self.stream {
                _ if bytes.is_empty() => match &mut self.stream {
                    Stream::Plain(_) => return Ok(()),
                    Stream::Tls(stream) => stream.flush().map(|()| None),
                },
                Stream::Plain(socket) => socket.write(bytes).map(Some),
                Stream::Tls(stream) => stream.write(bytes).map(Some),
            };
            match result {
                Ok(None) => return Ok(()),
                Ok(Some(0)) => return Err(wait.unreachable("the connection was cut")),
                Ok(Some(count)) => {
                    bytes = bytes.get(count..).unwrap_or_default();
                    begin = Instant::now();
                }
                Err(error) if is_pause(&error) => {}
                Err(_) => return Err(wait.unreachable("the connection was cut")),
            }
        }
    }
}

/// Whether a slice of waiting is over, and nothing else.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Connects to the first address that answers.
fn connect(addresses: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    let share = timeout / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    for address in addresses {
        match TcpStream::connect_timeout(address, share) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn encrypted(
    mut socket: TcpStream,
    url: &Url,
    config: Arc<ClientConfig>,
    wait: &Wait<'_>,
) -> Result<StreamOwned<ClientConnection, TcpStream>, FetchError> {
    let name = ServerName::try_from(host_name(url))
        .map_err(|_| wait.refused("its host is no name that a certificate can have"))?;
    let broken = |error: &dyn std::fmt::Display| {
        wait.malformed(format!("no trusted encrypted connection could be made ({error})"))
    };
    let mut connection = ClientConnection::new(config, name).map_err(|error| broken(&error))?;
    let begin = Instant::now();
    while connection.is_handshaking() {
        wait.check()?;
        if begin.elapsed() >= wait.connect_timeout {
            let limit = crate::wait::seconds(wait.connect_timeout);
            return Err(wait.timed_out(format!("agreeing on encryption may take {limit}")));
        }
        match connection.complete_io(&mut socket) {
            Ok(_) => {}
            Err(error) if is_pause(&error) => {}
            Err(error) if error.kind() == ErrorKind::InvalidData => return Err(broken(&error)),
            Err(_) => return Err(wait.unreachable("the connection was cut while agreeing on encryption")),
        }
    }
    Ok(StreamOwned::new(connection, socket))
}
