//! A proxy between the functions and the emulator: it names and keeps every call, and goes wrong where a test says so.
//!
//! Separate from `lossy.rs`, which loses one answer: here a rule looks at every call. Requests are passed on byte for
//! byte. It must never repeat a call that the emulator may have carried out: calls are counted exactly.

mod call;
mod caller;
mod fault;

pub use call::Call;
pub use fault::{Fault, Wrong};

use crate::http::read_message;
use caller::Caller;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;

/// What goes wrong with a call, if anything.
type Rule = Arc<dyn Fn(&Call) -> Option<Fault> + Send + Sync>;

const OK: u16 = 200;

/// The proxy. Its threads end with the test's process.
pub struct Proxy {
    /// What functions use in place of the emulator's endpoint.
    pub endpoint: String,
    shared: Arc<Shared>,
}

/// A call and what became of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The call.
    pub call: Call,
    /// HTTP status that the emulator answered; `None` when the call never reached it.
    pub status: Option<u16>,
    /// What went wrong, if anything.
    pub fault: Option<Fault>,
}

struct Shared {
    upstream: String,
    rule: RwLock<Rule>,
    kept: Mutex<Vec<Kept>>,
}

impl Proxy {
    /// A proxy before that endpoint, `http://host:port`, which need not be there yet. Nothing goes wrong at first.
    pub fn before(endpoint: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = endpoint.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let shared =
            Arc::new(Shared { upstream, rule: RwLock::new(Arc::new(|_| None)), kept: Mutex::default() });
        let for_connections = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = for_connections.clone();
                // A connection that breaks is what a fault looks like; the SDK opens another one.
                thread::spawn(move || shared.serve(client));
            }
        });
        Proxy { endpoint: format!("http://{address}"), shared }
    }

    /// From now on calls go wrong as this says.
    pub fn set_rule(&self, rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) {
        *self.shared.rule.write().unwrap() = Arc::new(rule);
    }

    /// From now on every call is passed on.
    pub fn clear_rule(&self) {
        self.set_rule(|_| None);
    }

    /// How many calls are kept: where those of the next step begin.
    pub fn len(&self) -> usize {
        self.shared.kept.lock().unwrap().len()
    }

    /// Whether there was no call yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The calls from that place on, in the order in which they were answered.
    pub fn since(&self, place: usize) -> Vec<Kept> {
        self.shared.kept.lock().unwrap()[place..].to_vec()
    }

    /// Looks at each call from that place on, without copying any.
    pub fn each(&self, place: usize, mut look: impl FnMut(&Kept)) {
        self.shared.kept.lock().unwrap()[place..].iter().for_each(&mut look);
    }

    /// How many calls of each operation came from functions whose name contains `caller`, from that place on.
    pub fn counts(&self, place: usize, caller: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        self.each(place, |kept| {
            if kept.call.caller.contains(caller) {
                *counts.entry(kept.call.operation.clone()).or_default() += 1;
            }
        });
        counts
    }
}

impl Shared {
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let caller = Caller::of(&client)?;
        let name = caller.as_ref().map_or("", |caller| caller.function.as_str());
        let mut to_client = client.try_clone()?;
        let mut from_client = BufReader::new(client);
        let mut upstream = None;
        while let Some((head, request)) = read_message(&mut from_client)? {
            let call = Call::read(name, &head, &request[head.len()..]);
            let rule = self.rule.read().unwrap().clone();
            let fault = rule(&call);
            match &fault {
                Some(Fault::Answer(answer)) => {
                    let bytes = answer.bytes(&call);
                    self.keep(call, None, fault);
                    to_client.write_all(&bytes)?;
                    continue;
                }
                Some(Fault::LoseRequest) => {
                    self.keep(call, None, fault);
                    return Ok(());
                }
                Some(Fault::KillBefore) => {
                    self.keep(call, None, fault);
                    caller.iter().for_each(Caller::kill);
                    return Ok(());
                }
                Some(Fault::KillAfter | Fault::LoseAnswer | Fault::Delay(_)) | None => {}
            }
            let (status, answer) = self.pass_on(&mut upstream, &request)?;
            let fault = fault.filter(|fault| status == OK || *fault != Fault::KillAfter);
            self.keep(call, Some(status), fault.clone());
            match fault {
                Some(Fault::KillAfter) => {
                    caller.iter().for_each(Caller::kill);
                    return Ok(());
                }
                Some(Fault::LoseAnswer) => return Ok(()),
                Some(Fault::Delay(time)) => thread::sleep(time),
                _ => {}
            }
            to_client.write_all(&answer)?;
        }
        Ok(())
    }

    /// Sends a request on and reads the answer. A kept connection that the emulator closed before it said anything was
    /// idle for too long: the request goes out again on a new one.
    fn pass_on(
        &self,
        upstream: &mut Option<BufReader<TcpStream>>,
        request: &[u8],
    ) -> io::Result<(u16, Vec<u8>)> {
        let answered = match upstream.as_mut().map(|kept| exchange(kept, request)) {
            Some(Ok(Some(answer))) => answer,
            Some(_) | None => {
                let stream = TcpStream::connect(&self.upstream)?;
                stream.set_nodelay(true)?;
                let fresh = upstream.insert(BufReader::new(stream));
                exchange(fresh, request)?.ok_or(io::ErrorKind::UnexpectedEof)?
            }
        };
        let (head, bytes) = answered;
        if head.to_ascii_lowercase().contains("\r\nconnection: close\r\n") {
            *upstream = None;
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, bytes))
    }

    fn keep(&self, call: Call, status: Option<u16>, fault: Option<Fault>) {
        self.kept.lock().unwrap().push(Kept { call, status, fault });
    }
}

fn exchange(upstream: &mut BufReader<TcpStream>, request: &[u8]) -> io::Result<Option<(String, Vec<u8>)>> {
    upstream.get_mut().write_all(request)?;
    read_message(upstream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    /// An upstream that answers each request with how many it has seen.
    fn counting_upstream() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut seen = 0;
            for client in listener.incoming().flatten() {
                let mut writer = client.try_clone().unwrap();
                let mut reader = BufReader::new(client);
                while let Ok(Some(_)) = read_message(&mut reader) {
                    seen += 1;
                    let body = seen.to_string();
                    write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                        .unwrap();
                }
            }
        });
        endpoint
    }

    fn ask(proxy: &Proxy, target: &str) -> String {
        let mut stream = TcpStream::connect(proxy.endpoint.strip_prefix("http://").unwrap()).unwrap();
        let body = r##"{"Key":{"id":{"S":"j0123456789abcdef0123456789abcdef"}},"ExpressionAttributeNames":{"#ended_ms":"ended_ms"}}"##;
        let length = body.len();
        write!(stream, "POST / HTTP/1.1\r\nx-amz-target: {target}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_call_is_passed_on_named_and_counted() {
        let proxy = Proxy::before(&counting_upstream());
        assert!(ask(&proxy, "DynamoDB_20120810.UpdateItem").ends_with("\r\n\r\n1"));
        assert!(ask(&proxy, "AmazonSQS.SendMessage").ends_with("\r\n\r\n2"));
        let names: Vec<String> = proxy.counts(0, "").into_keys().collect();
        assert_eq!(names, ["DynamoDB.UpdateItem", "SQS.SendMessage"]);
        let kept = proxy.since(0);
        assert_eq!((kept[0].status, kept[0].fault.is_some()), (Some(200), false));
        assert_eq!(kept[0].call.job().as_deref(), Some("j0123456789abcdef0123456789abcdef"));
        assert!(kept[0].call.ends_job() && !kept[0].call.is_claim());
    }

    #[test]
    fn faults_before_the_emulator_leave_it_untouched_and_those_after_it_do_not() {
        let proxy = Proxy::before(&counting_upstream());
        proxy.set_rule(|_| Some(Fault::Answer(Wrong::Throttled)));
        let throttled = ask(&proxy, "DynamoDB_20120810.UpdateItem");
        assert!(
            throttled.starts_with("HTTP/1.1 400") && throttled.contains("ProvisionedThroughputExceeded"),
            "{throttled}"
        );
        proxy.set_rule(|_| Some(Fault::LoseRequest));
        assert_eq!(ask(&proxy, "DynamoDB_20120810.UpdateItem"), "");
        proxy.set_rule(|_| Some(Fault::LoseAnswer));
        assert_eq!(ask(&proxy, "DynamoDB_20120810.UpdateItem"), "");
        proxy.clear_rule();
        let fourth = ask(&proxy, "DynamoDB_20120810.UpdateItem");
        assert!(fourth.ends_with("\r\n\r\n2"), "the emulator saw the third and the fourth: {fourth}");
        let statuses: Vec<Option<u16>> = proxy.since(0).iter().map(|kept| kept.status).collect();
        assert_eq!(statuses, [None, None, Some(200), Some(200)]);
    }

    #[test]
    fn only_a_lambda_function_is_ever_killed() {
        let proxy = Proxy::before(&counting_upstream());
        proxy.set_rule(|_| Some(Fault::KillBefore));
        assert_eq!(ask(&proxy, "DynamoDB_20120810.UpdateItem"), "", "this very process asked, and lives");
    }
}
