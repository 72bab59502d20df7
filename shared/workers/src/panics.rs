//! What a panic leaves in the log: where it was, never its message, which may quote what the user sent.

use std::io::Write;

/// Has every later panic of this process written to stderr as `panicked at FILE:LINE`, without its message.
pub fn hide_panic_payloads() {
    std::panic::set_hook(Box::new(|info| {
        let line = match info.location() {
            Some(location) => format!("panicked at {}:{}\n", location.file(), location.line()),
            None => "panicked\n".to_owned(),
        };
        // Nothing can be done about a closed stderr.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }));
}
