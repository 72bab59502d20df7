//! Everything that is asked for one input: requests one after the other on one connection, redirects, repetitions, and what
//! it has cost so far.

use crate::FetchError;
use crate::answer::{MAX_ERROR_BYTES, arcgis_error, is_page_of_layer, status_error};
use crate::body::{self, Cost};
use crate::connect::Connection;
use crate::fetcher::Inner;
use crate::head::{self, Framing, Head};
use crate::request::Request;
use crate::secrets::Secrets;
use crate::target::{UrlKind, kind_of, place_of, same_origin};
use crate::wait::Wait;
use std::io::Read;
use std::time::Duration;
use url::Url;

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// What is said where a layer should have answered.
const WEB_PAGE: &str = "it answered with a web page, probably one to sign in: add \"token\" to the input where the layer needs \
                        one, or give the url of a layer";

/// The requests for one input.
pub(crate) struct Session<'a> {
    pub(crate) fetcher: &'a Inner,
    pub(crate) wait: Wait<'a>,
    pub(crate) secrets: Secrets,
    pub(crate) connection: Option<Connection>,
    /// What the user's URL names, wherever it redirects to.
    kind: UrlKind,
    cost: Cost,
    /// How long the server asked to wait before the next try.
    retry_after: Option<Duration>,
}

/// The head of an answer and the request that it answers, which redirects may have changed.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) request: Request,
}

impl<'a> Session<'a> {
    /// A session that begins now.
    pub(crate) fn new(
        fetcher: &'a Inner,
        url: &Url,
        secrets: Secrets,
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Session<'a> {
        let mut wait = Wait::new(&fetcher.settings, stop);
        wait.place = secrets.strip(&place_of(url));
        let kind = kind_of(url);
        Session { fetcher, wait, secrets, connection: None, kind, cost: Cost::default(), retry_after: None }
    }

    /// Sends a request and follows redirects. The body of the answer, whatever its status, waits to be read.
    pub(crate) fn exchange(&mut self, request: &Request) -> Result<Answer, FetchError> {
        let settings = &self.fetcher.settings;
        let mut request = request.clone();
        for _ in 0..=settings.max_redirects {
            self.wait.place = self.secrets.strip(&place_of(&request.url));
            let head = self.ask(&request)?;
            let location = match head.status {
                301 | 302 | 303 | 307 | 308 => head.header("location"),
                _ => None,
            };
            let Some(location) = location else { return Ok(Answer { head, request }) };
            request = request.redirected(head.status, location, &self.wait.place, &self.secrets, settings)?;
        }
        Err(self.wait.malformed(format!("it redirects more than {} times", settings.max_redirects)))
    }

    /// Sends one request, on the open connection where it leads to the right server.
    fn ask(&mut self, request: &Request) -> Result<Head, FetchError> {
        let bytes = head::request_bytes(request, &self.wait)?;
        let settings = &self.fetcher.settings;
        loop {
            // Bytes after the end of an answer would be taken for the next one.
            let reusable = self.connection.take_if(|connection| {
                connection.is_idle
                    && connection.buffered().is_empty()
                    && same_origin(&connection.server, &request.url)
            });
            let mut connection = match reusable {
                Some(connection) => connection,
                None => {
                    let tls = || self.fetcher.tls();
                    Connection::open(&request.url, &self.fetcher.resolver, settings, &tls, &self.wait)?
                }
            };
            connection.is_idle = false;
            let sent = connection.write(&bytes, &self.wait);
            let head = match sent {
                Ok(()) => head::read_head(&mut connection, settings.max_header_bytes, &self.wait),
                Err(error) => Err(error),
            };
            match head {
                Ok(Some(head)) => {
                    connection.was_used = true;
                    self.connection = Some(connection);
                    return Ok(head);
                }
                // A server may close an open connection at any time; that is no failure before it said anything.
                Ok(None) | Err(FetchError::Unreachable { .. }) if connection.was_used => {}
                Ok(None) => return Err(self.wait.unreachable("the connection was cut before any answer")),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the body of the answer piece by piece.
    pub(crate) fn read_body(
        &mut self,
        head: &Head,
        take: &mut dyn FnMut(&[u8]) -> Result<Next, FetchError>,
    ) -> Result<(), FetchError> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let mut reader = body::reader(connection, head, &self.cost, &self.fetcher.settings, &self.wait)?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let count = match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FetchError::from_io(error, &self.wait.place)),
            };
            if let Next::Stop = take(piece.get(..count).unwrap_or_default())? {
                return Ok(());
            }
        }
    }

    /// The error that a status other than 2xx means.
    pub(crate) fn check_status(&mut self, head: &Head) -> Result<(), FetchError> {
        if (200..300).contains(&head.status) {
            return Ok(());
        }
        let seconds = head.header("retry-after").and_then(|text| text.trim().parse().ok());
        self.retry_after = seconds.map(Duration::from_secs);
        let mut said = Vec::new();
        let result = self.read_body(head, &mut |piece| {
            said.extend_from_slice(piece);
            Ok(if said.len() > MAX_ERROR_BYTES { Next::Stop } else { Next::More })
        });
        if let Err(error @ (FetchError::Stopped | FetchError::TimedOut { .. })) = result {
            return Err(error);
        }
        Err(status_error(head, &said, self.kind, &self.wait.place, &self.secrets))
    }

    /// The body of a good answer of a layer, of at most so many bytes. Failures that may pass are tried again.
    pub(crate) fn document(&mut self, request: &Request, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
        self.with_retries(&mut |session| {
            let answer = session.exchange(request)?;
            session.check_status(&answer.head)?;
            let mut document = Vec::new();
            let place = session.wait.place.clone();
            let too_large = || FetchError::TooLarge {
                place: place.clone(),
                reason: format!("sent an answer of more than {max_bytes} bytes"),
            };
            if matches!(answer.head.framing, Framing::Length(byte_len) if byte_len > max_bytes as u64) {
                return Err(too_large());
            }
            session.read_body(&answer.head, &mut |piece| {
                if document.len() + piece.len() > max_bytes {
                    return Err(too_large());
                }
                document.extend_from_slice(piece);
                Ok(Next::More)
            })?;
            if is_page_of_layer(&answer.head, &document) {
                return Err(session.wait.malformed(WEB_PAGE));
            }
            match arcgis_error(&document, &session.wait.place, &session.secrets) {
                Some(error) => Err(error),
                None => Ok(document),
            }
        })
    }

    /// Tries again after a failure that may pass, each time after a longer pause.
    pub(crate) fn with_retries<T>(
        &mut self,
        attempt: &mut dyn FnMut(&mut Session<'a>) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let settings = &self.fetcher.settings;
        let mut pause = settings.retry_pause;
        for _ in 0..settings.max_retries {
            self.retry_after = None;
            match attempt(self) {
                Err(error) if may_pass(&error) => {}
                result => return result,
            }
            let asked = self.retry_after.unwrap_or_default();
            self.wait.pause(pause.max(asked).min(settings.max_retry_pause))?;
            pause = pause.saturating_mul(2);
        }
        attempt(self)
    }
}

/// Whether a reader wants more of a body.
pub(crate) enum Next {
    More,
    Stop,
}

/// Whether the same request may succeed in a moment.
fn may_pass(error: &FetchError) -> bool {
    matches!(error, FetchError::Unreachable { .. } | FetchError::Server { code: 429 | 502 | 503 | 504, .. })
}
