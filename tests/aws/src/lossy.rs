//! A connection to the emulator that fails when it is told to: an answer is lost after the request was carried out, ends
//! halfway, or is another one.

use crate::http::read_message;
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// An address that passes everything on, byte for byte, so that signatures stay right.
pub struct LossyConnection {
    /// What to use in place of the emulator's endpoint.
    pub endpoint: String,
    state: Arc<State>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// The request is carried out, and the connection ends without an answer.
    Lost,
    /// The connection ends in the middle of the answer.
    Halved,
    /// The request is not carried out; this is answered instead: a status and a body.
    Answered(u16, &'static str),
}

struct State {
    upstream: String,
    plan: Mutex<Option<Plan>>,
    mishaps: AtomicUsize,
}

/// What will go wrong.
#[derive(Clone, Copy)]
struct Plan {
    mishap: Mishap,
    /// Part of the head of the requests that it happens to.
    request: &'static str,
    /// How often yet.
    times: usize,
}

impl LossyConnection {
    /// A connection to that endpoint, `http://host:port`. Its threads end with the test's process.
    pub fn to(endpoint: &str) -> LossyConnection {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = endpoint.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let state = Arc::new(State { upstream, plan: Mutex::new(None), mishaps: AtomicUsize::new(0) });
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = shared.clone();
                thread::spawn(move || pass_on(client, &state));
            }
        });
        LossyConnection { endpoint: format!("http://{address}"), state }
    }

    /// That happens to the next requests with this in their heads, such as `DynamoDB_20120810.UpdateItem`.
    pub fn fail(&self, mishap: Mishap, request: &'static str, times: usize) {
        *self.state.plan.lock().unwrap() = Some(Plan { mishap, request, times });
    }

    /// How often something went wrong so far.
    pub fn mishaps(&self) -> usize {
        self.state.mishaps.load(Ordering::SeqCst)
    }
}

impl State {
    /// What goes wrong with this request.
    fn mishap_of(&self, head: &str) -> Option<Mishap> {
        let mut plan = self.plan.lock().unwrap();
        let next = plan.as_mut().filter(|plan| plan.times > 0)?;
        if !head.to_ascii_lowercase().contains(&next.request.to_ascii_lowercase()) {
            return None;
        }
        next.times -= 1;
        self.mishaps.fetch_add(1, Ordering::SeqCst);
        Some(next.mishap)
    }
}

/// Passes requests on until one side ends the connection, or something goes wrong.
fn pass_on(client: TcpStream, state: &State) -> io::Result<()> {
    let upstream = TcpStream::connect(&state.upstream)?;
    let (mut to_client, mut to_upstream) = (client.try_clone()?, upstream.try_clone()?);
    let (mut from_client, mut from_upstream) = (BufReader::new(client), BufReader::new(upstream));
    while let Some((head, request)) = read_message(&mut from_client)? {
        let mishap = state.mishap_of(&head);
        if let Some(Mishap::Answered(status, body)) = mishap {
            let length = body.len();
            write!(to_client, "HTTP/1.1 {status} Fault\r\nContent-Length: {length}\r\n\r\n{body}")?;
            continue;
        }
        to_upstream.write_all(&request)?;
        let Some((_, answer)) = read_message(&mut from_upstream)? else { break };
        match mishap {
            Some(Mishap::Lost) => break,
            Some(Mishap::Halved) => return to_client.write_all(&answer[..answer.len() / 2]),
            _ => to_client.write_all(&answer)?,
        }
    }
    Ok(())
}
