//! The memory of this machine, or of the container or unit that this process runs in, where that is less.
//!
//! The crate `sysinfo` knows where each system says so, and both kinds of control groups of Linux.

use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

/// Bytes that there are in all, used or not; `None` where the system does not say.
pub(crate) fn memory_bytes() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let mut system = System::new_with_specifics(memory).ok()?;
    let own = sysinfo::get_current_pid().ok()?;
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, ProcessRefreshKind::nothing());
    let process = system.process(own).and_then(sysinfo::Process::cgroup_limits);
    let groups = [process, system.cgroup_limits()].into_iter().flatten().map(|limits| limits.total_memory);
    groups.chain([system.total_memory()]).filter(|bytes| *bytes > 0).min()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_system_says_how_much_memory_there_is() {
        assert!(super::memory_bytes().is_some_and(|bytes| bytes > 64 << 20));
    }
}
