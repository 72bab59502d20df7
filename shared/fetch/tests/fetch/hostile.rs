//! Servers that are slow, silent, endless or broken, and names that lead where they should not.

use crate::stand_in::{Reply, Server, fetcher, impatient, never, ok, reference, reply, settings};
use flate2::Compression;
use flate2::write::GzEncoder;
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, LayerQuery, PrivateAddresses, Resolve};
use proptest::prelude::*;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn failure(fetcher: &Fetcher, reference: &DataReference) -> FetchError {
    failure_with(fetcher, reference, &never)
}

fn failure_with(
    fetcher: &Fetcher,
    reference: &DataReference,
    stop: &(dyn Fn() -> bool + Sync),
) -> FetchError {
    let scratch = tempfile::tempdir().unwrap();
    fetcher.download(reference, scratch.path(), stop).err().unwrap()
}

#[test]
fn a_silent_server_is_given_up_after_the_time_limit() {
    for sent in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123"] {
        let server = Server::start(move |_| Reply::Silence(sent.as_bytes().to_vec()));
        let begin = Instant::now();
        let error = failure(&Fetcher::new(impatient()), &server.reference("/a.csv"));
        assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_server_that_trickles_is_given_up_when_the_whole_time_is_over() {
    for sent in [
        "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
    ] {
        let first = AtomicBool::new(true);
        let server = Server::start(move |_| {
            first.store(false, Ordering::SeqCst);
            Reply::Endless(sent.as_bytes().to_vec(), Duration::from_millis(20))
        });
        let settings = FetchSettings { total_timeout: Duration::from_millis(600), ..settings() };
        let begin = Instant::now();
        let error = failure(&Fetcher::new(settings), &server.reference("/a.csv"));
        assert!(matches!(error, FetchError::TimedOut { .. } | FetchError::Malformed { .. }), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_stop_is_heard_soon_whatever_is_waited_for() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/silent" => Reply::Silence(Vec::new()),
        "/busy" => Reply::Bytes(reply(503, &[("Retry-After", "60")], b"")),
        _ => Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), Duration::from_millis(20)),
    });
    struct Slow;
    impl Resolve for Slow {
        fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            std::thread::sleep(Duration::from_secs(10));
            Ok(Vec::new())
        }
    }
    let patient = FetchSettings {
        read_timeout: Duration::from_secs(30),
        connect_timeout: Duration::from_secs(30),
        max_retry_pause: Duration::from_secs(60),
        retry_pause: Duration::from_secs(60),
        ..settings()
    };
    let fetcher = Fetcher::with_resolver(patient, Arc::new(Slow));
    for url in [
        server.url("/silent"),
        server.url("/busy"),
        server.url("/trickle"),
        "http://slow.example/".to_owned(),
    ] {
        let begin = Instant::now();
        let error =
            failure_with(&fetcher, &reference(&url), &|| begin.elapsed() > Duration::from_millis(200));
        assert!(matches!(error, FetchError::Stopped), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(8), "{url}: {:?}", begin.elapsed());
    }
}

#[test]
fn an_endless_body_ends_at_the_limit() {
    let server = Server::start(|_| {
        let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        Reply::Endless(format!("{head}{chunk}").into_bytes(), Duration::ZERO)
    });
    // The head comes again before every chunk, which makes it no chunk: so both ends are tested.
    assert!(matches!(failure(&fetcher(), &server.reference("/a")), FetchError::Malformed { .. }));
    let server = Server::start(|_| Reply::Endless(vec![b'\n'; 1], Duration::ZERO));
    assert!(matches!(
        failure(&fetcher(), &server.reference("/a")),
        FetchError::Malformed { .. } | FetchError::TimedOut { .. }
    ));
    let server = Server::start(|_| {
        Reply::Endless([b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &[b'x'; 9999]].concat(), Duration::ZERO)
    });
    let fetcher = Fetcher::new(FetchSettings { max_bytes: 1 << 20, ..settings() });
    assert!(matches!(failure(&fetcher, &server.reference("/a")), FetchError::TooLarge { .. }));
}

#[test]
fn headers_are_limited_in_size_and_number() {
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    for headers in [many, format!("X: {}\r\n", "x".repeat(200_000)), "X".repeat(200_000)] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
        let server = Server::start(move |_| Reply::Cut(bytes.clone()));
        let error = failure(&fetcher(), &server.reference("/a"));
        assert!(matches!(error, FetchError::Malformed { .. }), "{error}");
    }
    let server = Server::start(|_| Reply::Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), Duration::ZERO));
    assert!(matches!(failure(&fetcher(), &server.reference("/a")), FetchError::Malformed { .. }));
}

#[test]
fn what_is_no_http_is_an_error() {
    for bytes in [
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ] {
        let server = Server::start(move |_| Reply::Cut(bytes.as_bytes().to_vec()));
        let error = failure(&fetcher(), &server.reference("/a"));
        assert!(
            matches!(error, FetchError::Malformed { .. } | FetchError::Server { .. }),
            "{bytes}: {error}"
        );
        let is_told = error.to_string().contains("breaks the rules of HTTP (");
        assert!(is_told || bytes.contains("302"), "{bytes}: {error}");
    }
}

#[test]
fn a_body_shorter_than_it_claims_is_an_error() {
    let server = Server::start(|_| Reply::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n123".to_vec()));
    let error = failure(&fetcher(), &server.reference("/a"));
    assert!(error.to_string().contains("cut before the end"), "{error}");
    let server = Server::start(|_| {
        Reply::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n123".to_vec())
    });
    let boundless = Fetcher::new(FetchSettings { max_bytes: u64::MAX, ..settings() });
    assert!(matches!(failure(&boundless, &server.reference("/a")), FetchError::Unreachable { .. }));
}

#[test]
fn a_bomb_is_stopped_by_bytes_and_by_ratio() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&vec![b' '; 1 << 20]).unwrap();
    let bomb = encoder.finish().unwrap().repeat(10);
    let server = Server::start(move |_| Reply::Bytes(reply(200, &[("Content-Encoding", "gzip")], &bomb)));
    let error = failure(&fetcher(), &server.reference("/a.json"));
    assert!(error.to_string().contains("300 times its size"), "{error}");
    let fetcher = Fetcher::new(FetchSettings { max_decompressed_bytes: 1 << 20, ..settings() });
    let error = failure(&fetcher, &server.reference("/a.json"));
    assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
    let layer = fetcher.layer(&server.reference("/FeatureServer/0"), &LayerQuery::default(), &never);
    assert!(matches!(layer, Err(FetchError::TooLarge { .. })));
}

/// Answers with the next of its lists each time, and remembers how often it was asked.
struct Changing {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Resolve for Changing {
    fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers.lock().unwrap().remove(0))
    }
}

#[test]
fn a_name_is_looked_up_once_and_the_judged_address_is_connected_to() {
    let server = Server::start(|_| ok("{}"));
    let answers = vec![vec!["127.0.0.1".parse().unwrap()], vec!["169.254.169.254".parse().unwrap()]];
    let resolver = Arc::new(Changing { answers: Mutex::new(answers), asked: AtomicUsize::new(0) });
    let fetcher = Fetcher::with_resolver(settings(), resolver.clone());
    let scratch = tempfile::tempdir().unwrap();
    let url = format!("http://rebinding.example:{}/a.json", server.port);
    fetcher.download(&reference(&url), scratch.path(), &never).unwrap();
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    assert_eq!(server.asked()[0].headers["host"], format!("rebinding.example:{}", server.port));
    assert!(matches!(failure(&fetcher, &reference(&url)), FetchError::Refused { .. }));
}

#[test]
fn this_machine_and_its_neighbours_are_not_read_from_by_default() {
    let server = Server::start(|_| ok("{}"));
    let by_default =
        Fetcher::new(FetchSettings { private_addresses: PrivateAddresses::Refused, ..settings() });
    let port = server.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "0",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "LOCALHOST",
    ] {
        let error = failure(&by_default, &reference(&format!("http://{host}:{port}/secret?token=t0ken")));
        assert!(matches!(error, FetchError::Refused { .. }), "{host}: {error}");
        assert!(!format!("{error:?}").contains("t0ken"), "{error:?}");
    }
    for host in [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "0.0.0.0",
        "[64:ff9b::a9fe:a9fe]",
        "255.255.255.255",
    ] {
        let error = failure(&fetcher(), &reference(&format!("http://{host}:{port}/latest/meta-data")));
        assert!(matches!(error, FetchError::Refused { .. }), "{host}: {error}");
    }
    assert!(server.asked().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn reading_whatever_a_server_sends_never_panics(
        head in prop_oneof![
            Just("HTTP/1.1 200 OK\r\n\r\n"),
            Just("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Just("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n"),
            Just("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n"),
            Just("HTTP/1.1 206 Part\r\nETag: \"a\"\r\nContent-Range: bytes 0-9/10\r\n\r\n"),
            Just(""),
        ],
        body in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let bytes = [head.as_bytes(), &body].concat();
        let server = Server::start(move |_| Reply::Cut(bytes.clone()));
        let fetcher = Fetcher::new(FetchSettings { max_retries: 0, ..settings() });
        let scratch = tempfile::tempdir().unwrap();
        let _ = fetcher.download(&server.reference("/a"), scratch.path(), &never);
        let _ = fetcher.remote(&server.reference("/a"), Arc::new(|| false));
        let _ = fetcher.layer(&server.reference("/FeatureServer/0"), &LayerQuery::default(), &never);
    }

    #[test]
    fn reading_a_broken_layer_never_panics(at in 0_usize..2000, byte in any::<u8>(), is_cut in any::<bool>()) {
        let layer = crate::stand_in::feature_server::Layer::of(12);
        let server = Server::start(move |asked| {
            let Reply::Bytes(mut bytes) = layer.answer(asked) else { return Reply::Cut(Vec::new()) };
            let at = at % bytes.len();
            bytes[at] = byte;
            if is_cut {
                bytes.truncate(at);
            }
            Reply::Cut(bytes)
        });
        let fetcher = Fetcher::new(FetchSettings { max_retries: 0, ..settings() });
        let _ = fetcher.layer(&server.reference("/FeatureServer/0"), &LayerQuery::default(), &never);
    }
}
