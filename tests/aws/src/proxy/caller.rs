//! Which process is at the other end of a connection: the function that made a call, so that a test can end exactly it.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

/// A running Lambda function.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) function: String,
    process: Pid,
}

impl Caller {
    /// The function that holds the other end; `None` when that is no Lambda function.
    pub(super) fn of(connection: &TcpStream) -> io::Result<Option<Caller>> {
        let (theirs, ours) = (connection.peer_addr()?, connection.local_addr()?);
        let Some(inode) = inode_of(&fs::read_to_string("/proc/net/tcp")?, theirs, ours) else {
            return Ok(None);
        };
        let socket = format!("socket:[{inode}]");
        for entry in fs::read_dir("/proc")?.flatten() {
            let process =
                entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            let Some((process, function)) = process.zip(function_of(&entry.path())) else { continue };
            if holds(&entry.path(), &socket) {
                return Ok(Some(Caller { function, process }));
            }
        }
        Ok(None)
    }

    /// Ends it at once, without a word, as the machine does.
    pub(super) fn kill(&self) {
        // It may have ended by itself.
        let _ = kill_process(self.process, Signal::KILL);
    }
}

/// The inode of the socket from one address to the other: field 9 of its line, after both addresses in hexadecimal.
fn inode_of(table: &str, from: SocketAddr, to: SocketAddr) -> Option<u64> {
    let port = |field: &str| u16::from_str_radix(field.rsplit(':').next()?, 16).ok();
    let lines = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut lines = lines.filter(|fields| fields.len() > 9);
    let line =
        lines.find(|fields| port(fields[1]) == Some(from.port()) && port(fields[2]) == Some(to.port()))?;
    line[9].parse().ok()
}

/// The name of the Lambda function that a process is.
fn function_of(process: &Path) -> Option<String> {
    let environment = fs::read(process.join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let name = variables.find_map(|variable| variable.strip_prefix(b"AWS_LAMBDA_FUNCTION_NAME="))?;
    String::from_utf8(name.to_vec()).ok()
}

fn holds(process: &Path, socket: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else { return false };
    descriptors
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|link| link.as_os_str() == socket))
}
