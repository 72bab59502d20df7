//! What this process has used so far: processor time and memory.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads.
pub(crate) fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The resident size.
pub(crate) fn resident_mb() -> Result<f64> {
    status_mb("VmRSS:")
}

/// The largest resident size since the start or the last `forget_peak`.
pub(crate) fn peak_mb() -> Result<f64> {
    status_mb("VmHWM:")
}

/// Makes the peak what is resident now: proc(5), `/proc/pid/clear_refs`.
pub(crate) fn forget_peak() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("/proc/self/clear_refs")
}

fn status_mb(key: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(key)).context(key.to_owned())?;
    // proc(5) says kB and means 1024 bytes.
    let kibibytes: f64 = line.split_whitespace().nth(1).context(key.to_owned())?.parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}
