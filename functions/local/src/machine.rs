//! The memory of this machine, or of the container that this process runs in, where that is less.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes that there are in all, used or not; `None` where the system does not say.
pub(crate) fn memory_bytes() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory).ok()?;
    let container = system.cgroup_limits().map(|limits| limits.total_memory);
    [Some(system.total_memory()), container].into_iter().flatten().filter(|bytes| *bytes > 0).min()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_machine_has_more_memory_than_a_server_takes() {
        assert!(super::memory_bytes().is_some_and(|bytes| bytes > 64 << 20));
    }
}
