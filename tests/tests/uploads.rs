//! Uploads over the wire: files larger than the server's memory may become, parts, and a server that is killed meanwhile.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use gp_tests::Server;
use gp_tests::server::eventually;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const UPLOADS: &str = "services/AnalysisJobs/GPServer/uploads";
const MB: usize = 1 << 20;
/// What the server may hold at its peak, whatever the size of a file.
const MAX_PEAK_MB: u64 = 100;
/// Without optimisation a server searches bytes for boundaries ten times slower.
const FILE_MB: usize = if cfg!(debug_assertions) { 400 } else { 1500 };
const PART_MB: usize = FILE_MB / 10;
const LIMIT: Duration = Duration::from_secs(30);

/// A file that is not in memory: megabyte `n` of it is full of one byte.
#[derive(Clone, Copy)]
struct Pattern {
    first: usize,
    megabytes: usize,
}

impl Pattern {
    fn byte(self, megabyte: usize) -> u8 {
        ((self.first + megabyte) % 251) as u8
    }

    fn byte_len(self) -> usize {
        self.megabytes * MB
    }
}

/// A request with a file of which `sent` megabytes are sent, and the connection that it goes over.
fn begin(
    address: SocketAddr,
    path: &str,
    texts: &[(&str, &str)],
    file: Pattern,
    sent: usize,
) -> io::Result<TcpStream> {
    let mut start = String::new();
    for (name, value) in texts {
        let _ = write!(start, "--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    start += "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.tif\"\r\n\r\n";
    let end = "\r\n--B--\r\n";
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /arcgis/rest/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {}\r\n\r\n{start}",
        start.len() + file.byte_len() + end.len()
    )?;
    let mut megabyte = vec![0; MB];
    for n in 0..sent {
        megabyte.fill(file.byte(n));
        if let Err(error) = stream.write_all(&megabyte) {
            // A server that refuses says why, before it closes.
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            return Err(io::Error::new(error.kind(), format!("megabyte {n}: {error}: {answer}")));
        }
    }
    if sent == file.megabytes {
        stream.write_all(end.as_bytes())?;
    }
    Ok(stream)
}

/// The body of the reply, with `Connection: close` all that comes.
fn reply(stream: TcpStream) -> io::Result<Value> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(serde_json::from_reader(reader)?)
}

fn send(address: SocketAddr, path: &str, texts: &[(&str, &str)], file: Pattern) -> io::Result<Value> {
    reply(begin(address, path, texts, file, file.megabytes)?)
}

/// Downloads an item and compares it with the files that it is made of.
fn check_download(server: &Server, item: &str, files: &[Pattern]) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET /arcgis/rest/{item}/download HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        if line.to_ascii_lowercase().starts_with("content-disposition") {
            assert!(line.contains("large.tif"), "{line}");
        }
        line.clear();
    }
    let (mut megabyte, mut expected) = (vec![0; MB], vec![0; MB]);
    for file in files {
        for n in 0..file.megabytes {
            reader.read_exact(&mut megabyte).unwrap();
            expected.fill(file.byte(n));
            assert!(megabyte == expected, "megabyte {n} came back changed");
        }
    }
    assert_eq!(reader.read(&mut megabyte).unwrap(), 0, "nothing follows");
}

fn item_path(reply: &Value) -> String {
    assert_eq!(reply["success"], true, "{reply}");
    format!("{UPLOADS}/{}", reply["item"]["itemID"].as_str().unwrap())
}

fn registered(server: &Server) -> String {
    item_path(
        &server.post(&format!("{UPLOADS}/register"), &[("f", "json"), ("itemName", "large.tif")]).json(),
    )
}

/// The most memory that the server ever held, in MB.
fn peak_mb(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Bytes of all files below a folder.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let bytes = entries.map(|entry| {
        let entry = entry.unwrap();
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        }
    });
    bytes.sum()
}

#[test]
fn a_file_many_times_the_memory_comes_and_goes_within_100_megabytes() {
    let server = Server::start();
    let file = Pattern { first: 0, megabytes: FILE_MB };
    let started = Instant::now();
    let answer = send(server.address(), &format!("{UPLOADS}/upload"), &[("f", "json")], file).unwrap();
    let (item, uploaded) = (item_path(&answer), started.elapsed());
    check_download(&server, &item, &[file]);
    let peak_mb = peak_mb(&server);
    println!("uploaded in {uploaded:?}, all in {:?}; the server's peak: {peak_mb} MB", started.elapsed());
    assert!(peak_mb < MAX_PEAK_MB, "{peak_mb} MB");
    assert_eq!(server.post(&format!("{item}/delete"), &[("f", "json")]).json()["success"], true);
    assert_eq!(bytes_below(&server.data().join("uploads")), 0, "the disk is free again");
}

#[test]
fn parts_that_come_at_once_stay_within_100_megabytes_of_memory() {
    let server = Server::start();
    let item = registered(&server);
    let part = |number: usize| Pattern { first: 100 * number, megabytes: PART_MB };
    std::thread::scope(|scope| {
        for number in 1..=4 {
            let (item, address) = (&item, server.address());
            scope.spawn(move || {
                let texts = [("f", "json"), ("partId", &*number.to_string())];
                let answer = send(address, &format!("{item}/uploadPart"), &texts, part(number)).unwrap();
                assert_eq!(answer["success"], true, "{answer}");
            });
        }
    });
    let answer = server.post(&format!("{item}/commit"), &[("f", "json"), ("parts", "2,1,4,3")]).json();
    assert_eq!(answer["item"]["committed"], true, "{answer}");
    check_download(&server, &item, &[part(2), part(1), part(4), part(3)]);
    let peak_mb = peak_mb(&server);
    assert!(peak_mb < MAX_PEAK_MB, "{peak_mb} MB");
}

#[test]
fn a_file_that_is_too_large_is_refused_while_it_is_sent_and_leaves_nothing() {
    let services = "name = \"AnalysisJobs\"\nexecution_type = \"asynchronous\"\nmaximum_records = 10\ntime_limit_s = 60\n\
                    [uploads]\nmax_file_size_mb = 2\n[[task]]\ntool = \"Buffer\"\n";
    let server = Server::start_publishing(&[("s.toml", services)], &[]);
    let file = Pattern { first: 0, megabytes: 3 };
    let answer = send(server.address(), &format!("{UPLOADS}/upload"), &[("f", "json")], file).unwrap();
    assert_eq!(answer["error"]["code"], 413, "{answer}");
    assert!(answer["error"]["details"][0].as_str().unwrap().contains("2 MB"), "{answer}");
    let file = Pattern { first: 0, megabytes: 2 };
    let answer = send(server.address(), &format!("{UPLOADS}/upload"), &[("f", "json")], file).unwrap();
    assert_eq!(answer["success"], true, "{answer}");
    assert_eq!(bytes_below(&server.data().join("uploads")), 2 * MB as u64);
}

#[test]
fn a_client_that_breaks_off_leaves_nothing() {
    let server = Server::start();
    let uploads = server.data().join("uploads");
    let file = Pattern { first: 0, megabytes: 100 };
    let stream = begin(server.address(), &format!("{UPLOADS}/upload"), &[], file, 20).unwrap();
    eventually("bytes on the disk", LIMIT, || (bytes_below(&uploads) > 0).then_some(()));
    drop(stream);
    eventually("an empty disk", LIMIT, || (bytes_below(&uploads) == 0).then_some(()));
}

#[test]
fn of_a_part_that_was_on_its_way_when_the_server_was_killed_nothing_is_seen() {
    let mut server = Server::start();
    let item = registered(&server);
    let (one, two) = (Pattern { first: 1, megabytes: 3 }, Pattern { first: 50, megabytes: 40 });
    let part = format!("{item}/uploadPart");
    let answer = send(server.address(), &part, &[("f", "json"), ("partId", "1")], one).unwrap();
    assert_eq!(answer["success"], true, "{answer}");
    let uploads = server.data().join("uploads");
    let half = begin(server.address(), &part, &[("f", "json"), ("partId", "2")], two, 20).unwrap();
    eventually("half of the part on the disk", LIMIT, || {
        (bytes_below(&uploads) > one.byte_len() as u64 + 10 * MB as u64).then_some(())
    });
    server.kill_9();
    drop(half);
    server.restart();
    assert_eq!(server.get(&format!("{item}/parts?f=json")).json()["parts"], serde_json::json!([1]));
    assert_eq!(server.get(&format!("{item}?f=json")).json()["committed"], false);
    let answer = send(server.address(), &part, &[("f", "json"), ("partId", "2")], two).unwrap();
    assert_eq!(answer["success"], true, "{answer}");
    let answer = server.post(&format!("{item}/commit"), &[("f", "json"), ("parts", "1,2")]).json();
    assert_eq!(answer["success"], true, "{answer}");
    check_download(&server, &item, &[one, two]);
}

/// What one client was told of an item.
#[derive(Clone, Copy, Default)]
struct Told {
    parts: usize,
    committed: bool,
}

/// Registers, sends two parts and commits, again and again, until the server is gone.
fn upload_until_it_ends(address: SocketAddr, told: &Mutex<BTreeMap<String, Told>>) -> io::Result<()> {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let mut client = gp_tests::Client::new(address);
    let mut post = |path: &str, body: &str| {
        client
            .send("POST", &format!("/arcgis/rest/{path}"), &[form], body.as_bytes())
            .map(|reply| reply.json())
    };
    loop {
        let item = item_path(&post(&format!("{UPLOADS}/register"), "f=json&itemName=large.tif")?);
        told.lock().unwrap().insert(item.clone(), Told::default());
        for number in [1, 2] {
            let part = Pattern { first: number, megabytes: 1 };
            let texts = [("f", "json"), ("partNumber", &*number.to_string())];
            let answer = send(address, &format!("{item}/uploadPart"), &texts, part)?;
            assert_eq!(answer["success"], true, "{answer}");
            told.lock().unwrap().get_mut(&item).unwrap().parts += 1;
        }
        let answer = post(&format!("{item}/commit"), "f=json&parts=2&parts=1")?;
        assert_eq!(answer["success"], true, "{answer}");
        told.lock().unwrap().get_mut(&item).unwrap().committed = true;
    }
}

#[test]
fn whatever_was_answered_is_there_after_ten_kills_and_nothing_is_half_there() {
    let mut server = Server::start_with(&["--log", "warn"]);
    let mut counts = [0; 3];
    for round in 0..10 {
        let told = Mutex::new(BTreeMap::new());
        let address = server.address();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                // Ends with an error when the server does.
                scope.spawn(|| upload_until_it_ends(address, &told));
            }
            eventually("items", LIMIT, || (told.lock().unwrap().len() > 3).then_some(()));
            std::thread::sleep(Duration::from_millis(7 * round));
            server.kill_9();
        });
        server.restart();
        for (item, told) in told.into_inner().unwrap() {
            let found = server.get(&format!("{item}?f=json")).json();
            assert_eq!(found["itemName"], "large.tif", "{item} was registered and is gone: {found}");
            let is_committed = found["committed"] == true;
            assert!(is_committed || !told.committed, "{item} was committed and is not");
            let parts = server.get(&format!("{item}/parts?f=json")).json()["parts"].as_array().unwrap().len();
            assert!((told.parts..=2).contains(&parts), "{item} has {parts} parts of {}", told.parts);
            if is_committed {
                let part = |first| Pattern { first, megabytes: 1 };
                check_download(&server, &item, &[part(2), part(1)]);
            }
            counts[usize::from(is_committed) + usize::from(told.committed)] += 1;
        }
    }
    println!("not committed: {}, committed without an answer: {}, with: {}", counts[0], counts[1], counts[2]);
    assert!(counts[0] > 0 && counts[2] > 0, "the kills hit nothing");
}
