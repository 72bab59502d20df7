//! A web server for the tests: answers as a test tells it to, well or badly, and remembers what it was asked.
//!
//! A file of its own because the tests of the whole system take it too; it must know no more of the project than this.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: HashMap<String, String>,
    pub form: HashMap<String, String>,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// All of it, as it came.
    pub text: String,
}

impl Asked {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.form.get(name).or_else(|| self.query.get(name)).map(String::as_str)
    }
}

/// What is answered.
pub enum Reply {
    /// These bytes, and the next request is awaited.
    Bytes(Vec<u8>),
    /// These bytes, and the connection is closed.
    Cut(Vec<u8>),
    /// These bytes, and nothing more until the client goes.
    Silence(Vec<u8>),
    /// These bytes again and again, after each a pause, until the client goes.
    Endless(Vec<u8>, Duration),
}

pub fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Word\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    [bytes.as_bytes(), body].concat()
}

pub fn ok(body: &str) -> Reply {
    Reply::Bytes(reply(200, &[("Content-Type", "application/json")], body.as_bytes()))
}

pub fn redirect(status: u16, to: &str) -> Reply {
    Reply::Bytes(reply(status, &[("Location", to)], b""))
}

pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Both kinds of connection.
pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Server {
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
        Server::start_on(answer, |socket| Box::new(socket))
    }

    pub fn start_on(
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, wrap, log) = (Arc::new(answer), Arc::new(wrap), asked.clone());
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (answer, wrap, log, socket) =
                    (answer.clone(), wrap.clone(), log.clone(), socket.unwrap());
                std::thread::spawn(move || serve(&mut *wrap(socket), &*answer, &log));
            }
        });
        Server { port, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: &mut dyn Stream, answer: &dyn Fn(&Asked) -> Reply, log: &Mutex<Vec<Asked>>) {
    while let Some(asked) = read_request(stream) {
        log.lock().unwrap().push(asked.clone());
        match answer(&asked) {
            Reply::Bytes(bytes) => {
                if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Reply::Cut(bytes) => {
                let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
                return;
            }
            Reply::Silence(bytes) => {
                let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
                let _ = stream.read(&mut [0]);
                return;
            }
            Reply::Endless(bytes, pause) => {
                while stream.write_all(&bytes).and_then(|()| stream.flush()).is_ok() {
                    std::thread::sleep(pause);
                }
                return;
            }
        }
    }
}

fn read_request(stream: &mut dyn Stream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length").map_or(0, |text| text.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    let pairs = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let text = format!("{head}{}", String::from_utf8_lossy(&body));
    Some(Asked {
        method,
        path: path.to_owned(),
        query: pairs(query.as_bytes()),
        form: pairs(&body),
        headers,
        text,
    })
}
