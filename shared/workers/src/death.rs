//! Why a worker process died, in words for the person whose run it was.

use crate::WorkerCommand;
use gp_core::WorkError;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

// Signals by their numbers on Linux, which are part of its interface.
const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGILL: i32 = 4;
const SIGABRT: i32 = 6;
const SIGBUS: i32 = 7;
const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGTERM: i32 = 15;

/// What became of the run of a worker that ended by itself with `status`, having written `stderr` last.
pub(super) fn explain(status: Option<ExitStatus>, stderr: &str, command: &WorkerCommand) -> WorkError {
    let smaller = "use fewer or simpler features, or split the task";
    if stderr.contains("memory allocation of") {
        let limit = match (command.memory_limit_mb, command.machine_memory_mb) {
            (limit, Some(machine)) => format!("{limit} MB of the machine's {machine} MB"),
            (limit, None) => format!("{limit} MB"),
        };
        return WorkError::Crashed(format!(
            "the tool ran out of memory: a worker may use {limit}; {smaller}"
        ));
    }
    if stderr.contains("has overflowed its stack") {
        return WorkError::Crashed(format!("the tool stopped with a stack overflow; {smaller}"));
    }
    let Some(status) = status else {
        return WorkError::Crashed("the worker process stopped answering and was ended".into());
    };
    match (status.signal(), status.code()) {
        (Some(SIGKILL), _) => WorkError::Lost(
            "the worker process was killed (signal 9), by an administrator or because the machine ran out of memory"
                .into(),
        ),
        (Some(signal @ (SIGHUP | SIGINT | SIGTERM)), _) => {
            WorkError::Lost(format!("the worker process was told to end (signal {signal})"))
        }
        (Some(signal @ (SIGABRT | SIGSEGV | SIGBUS | SIGILL)), _) => WorkError::Crashed(format!(
            "the tool crashed (signal {signal}); this is a fault of the server, please report it with your inputs"
        )),
        (Some(signal), _) => WorkError::Crashed(format!("the worker process ended by signal {signal}")),
        (None, code) => WorkError::Crashed(format!(
            "the worker process ended by itself (exit code {}); this is a fault of the server, please report it",
            code.unwrap_or_default()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn signal(number: i32) -> Option<ExitStatus> {
        Some(ExitStatus::from_raw(number))
    }

    fn explain(status: Option<ExitStatus>, stderr: &str, machine_memory_mb: Option<u64>) -> WorkError {
        let (program, args) = (PathBuf::new(), Vec::new());
        super::explain(
            status,
            stderr,
            &WorkerCommand { program, args, memory_limit_mb: 77, machine_memory_mb },
        )
    }

    #[test]
    fn a_worker_killed_from_outside_is_lost_and_one_that_crashed_is_not() {
        assert!(matches!(explain(signal(SIGKILL), "", None), WorkError::Lost(_)));
        assert!(matches!(explain(signal(SIGTERM), "", None), WorkError::Lost(_)));
        assert!(matches!(explain(signal(SIGSEGV), "", None), WorkError::Crashed(_)));
    }

    #[test]
    fn the_last_words_tell_memory_from_stack() {
        let memory = explain(signal(SIGABRT), "memory allocation of 99 bytes failed", Some(99)).to_string();
        assert!(
            memory.contains("out of memory") && memory.contains("77 MB of the machine's 99 MB"),
            "{memory}"
        );
        let stack = explain(signal(SIGABRT), "thread 'tool' has overflowed its stack", None).to_string();
        assert!(stack.contains("stack overflow"), "{stack}");
    }
}
