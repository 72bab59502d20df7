//! A server process of a test's own: fresh data folder, free port, killed with the value that holds it.

use crate::site::Site;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to start; a debug build on a busy machine is slow.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long a server that was told to stop may take.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A running server; requests go to it as to any [`Site`].
pub struct Server {
    process: Child,
    site: Site,
    folder: TempDir,
    args: Vec<OsString>,
    banner: Arc<Mutex<String>>,
}

impl Server {
    /// A server with the services that are built in.
    pub fn start() -> Server {
        Server::start_with(&[])
    }

    /// A server with more command line arguments.
    pub fn start_with(args: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Server::start_in(folder, args)
    }

    /// A server that publishes these files, names with contents, instead of the services that are built in.
    pub fn start_publishing(files: &[(&str, &str)], args: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let services = folder.path().join("services");
        fs::create_dir(&services).expect("a folder for services");
        for (name, text) in files {
            fs::write(services.join(name), text).expect("a service file");
        }
        let services = services.display().to_string();
        Server::start_in(folder, &[&["--services", &services], args].concat())
    }

    fn start_in(folder: TempDir, args: &[&str]) -> Server {
        let args = args.iter().map(OsString::from).collect();
        let banner = Arc::default();
        let (process, address) = spawn(folder.path(), "127.0.0.1:0", &args, &banner);
        Server { process, site: Site::own(address), folder, args, banner }
    }

    /// Starts it again on the same folder and port, after [`Server::kill_9`] or [`Server::stop`].
    pub fn restart(&mut self) {
        let listen = self.address().to_string();
        let (process, address) = spawn(self.folder.path(), &listen, &self.args, &self.banner);
        (self.process, self.site) = (process, Site::own(address));
    }

    /// Kills it at once, as a power cut would.
    pub fn kill_9(&mut self) {
        self.process.kill().expect("the server can be killed");
        self.process.wait().expect("the server ends");
    }

    /// Sends it a signal, such as [`Signal::TERM`].
    pub fn signal(&self, signal: Signal) {
        send_signal(self.process.id(), signal);
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("the server can be waited for") {
                return status;
            }
            assert!(
                asked.elapsed() < STOP_LIMIT,
                "the server did not stop within {STOP_LIMIT:?}:\n{}",
                self.log()
            );
            pause();
        }
    }

    /// Asks it to end and waits for that.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// The ids of its worker processes.
    pub fn workers(&self) -> Vec<u32> {
        children(self.process.id())
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn banner(&self) -> String {
        self.banner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it printed at its start, once that is complete.
    pub fn banner_when(&self, is_complete: impl Fn(&str) -> bool) -> String {
        eventually("the start text", START_LIMIT, || Some(self.banner()).filter(|text| is_complete(text)))
    }

    /// What it logged so far, every start of it.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }
}

impl Deref for Server {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "a test that fails shows what its server said")]
    fn drop(&mut self) {
        // Its workers end with it: their standard input closes.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the end of the server's log:");
            for line in lines.iter().skip(lines.len().saturating_sub(12)) {
                eprintln!("{line}");
            }
        }
    }
}

/// The server program: that of `GP_LOCAL_BIN`, else the one that was built beside the tests.
pub fn program() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test program has no main of its own")]
    if let Some(program) = std::env::var_os("GP_LOCAL_BIN") {
        return program.into();
    }
    let test = std::env::current_exe().expect("the path of the test program");
    // target/PROFILE/deps/TEST
    let profile = test.parent().and_then(Path::parent).expect("the folder of the build");
    let program = profile.join("gp-local");
    assert!(
        program.exists(),
        "{} is missing: run cargo build -p gp-local, or cargo xtask test",
        program.display()
    );
    program
}

/// Waits a moment; for loops with a deadline only.
pub fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

/// Calls `look` until it finds something; what it never finds fails the test.
pub fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        pause();
    }
}

/// Sends a signal to a process; one that has ended already is no failure.
pub fn send_signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    let _ = kill_process(pid, signal);
}

/// The processes whose parent that one is.
fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything: what is behind it counts.
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace();
    let state = fields.next()?;
    (state != "Z").then(|| fields.next()?.parse().ok())?
}

fn spawn(
    folder: &Path,
    listen: &str,
    args: &Vec<OsString>,
    banner: &Arc<Mutex<String>>,
) -> (Child, SocketAddr) {
    let stderr = File::options().create(true).append(true).open(folder.join("stderr")).expect("a log file");
    let mut command = Command::new(program());
    command.args(["--listen", listen, "--data"]).arg(folder.join("data")).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    let mut process = command.spawn().expect("the server can be started");
    let mut lines = BufReader::new(process.stdout.take().expect("its output is piped"));
    let started = Instant::now();
    let mut text = String::new();
    let address = loop {
        let before = text.len();
        let count = lines.read_line(&mut text).unwrap_or(0);
        if let Some(address) = services_address(&text[before..]) {
            break address;
        }
        if count == 0 || started.elapsed() > START_LIMIT {
            let _ = process.kill();
            let log = fs::read_to_string(folder.join("stderr")).unwrap_or_default();
            panic!("the server ended before it named its services URL: {text}{log}");
        }
    };
    *banner.lock().unwrap_or_else(PoisonError::into_inner) = text;
    let banner = banner.clone();
    // Read to the end: a server whose output nobody reads would block on a full pipe.
    std::thread::spawn(move || {
        let mut rest = String::new();
        while lines.by_ref().read_line(&mut rest).is_ok_and(|count| count > 0) {
            banner.lock().unwrap_or_else(PoisonError::into_inner).push_str(&rest);
            rest.clear();
        }
    });
    (process, address)
}

fn services_address(line: &str) -> Option<SocketAddr> {
    let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://"))?;
    url.strip_suffix("/arcgis/rest/services")?.parse().ok()
}
