//! What Lambda says about the function that runs, and what follows from it.

use crate::{ConfigError, InputRules};
use gp_core::{Catalog, JobSettings, Limits, UploadSettings};
use gp_workers::{WorkerCommand, WorkerMainError, worker_main};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Lambda takes 6 MB for a request with everything around it, and API Gateway sends forms as base64: this many bytes of
/// a body, with 16 KB for the headers.
const MAX_BODY_BYTES: usize = (6_291_556 - (16 << 10)) / 4 * 3;
const _: () = assert!(MAX_BODY_BYTES.div_ceil(3) * 4 + (16 << 10) <= 6_291_556);
/// API Gateway gives up after 30 seconds; a refusal has to be sent before.
const MAX_EXECUTE_TIME: Duration = Duration::from_secs(25);
/// What tools leave of the memory for the runtime and for what they are sent: this part, but at least so much.
const RESERVE_PART: u64 = 5;
const LEAST_RESERVE_MB: u64 = 96;
/// A body is that many times as large once it is read.
const MEMORY_FOR_A_BODY: u64 = 16;

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its memory in MB; processors come with it, one for each 1,769 MB.
    pub memory_mb: u64,
    /// The stack that it belongs to, by which its metrics are found.
    pub stack: String,
    /// Least severity that it logs.
    pub log_level: String,
    /// From where inputs by URL may come.
    pub inputs: InputRules,
}

/// The argument that makes a program a worker process.
const WORKER: &str = "worker";

/// Runs tasks for the function that started this process; `None` when it is a function itself.
///
/// # Errors
/// The process could not be set up.
pub fn run_as_worker(
    mut arguments: impl Iterator<Item = String>,
    catalog: &Arc<Catalog>,
) -> Option<Result<(), WorkerMainError>> {
    if arguments.nth(1).as_deref() != Some(WORKER) {
        return None;
    }
    let memory_mb = arguments.next().and_then(|memory| memory.parse().ok()).unwrap_or(LEAST_RESERVE_MB);
    let inputs = InputRules::from_arguments(&mut arguments);
    let (name, stack, log_level) = (String::new(), String::new(), String::new());
    let function = Function { name, memory_mb, stack, log_level, inputs };
    let fetch = function.inputs.fetch_settings().map_err(|error| WorkerMainError::SetUp {
        action: "read the rules for its inputs",
        source: io::Error::other(error),
    });
    let (limits, tool_memory_mb) = (function.limits(), function.tool_memory_mb());
    Some(fetch.and_then(|fetch| worker_main(catalog.clone(), limits, fetch, tool_memory_mb)))
}

impl Function {
    /// Reads what Lambda and the template say, by a reader of environment variables.
    ///
    /// # Errors
    /// Lambda's memory is no number, or a host of the rules for inputs is none.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Function, ConfigError> {
        let text = |name: &str, default: &str| {
            variable(name).filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
        };
        let memory = text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
        let memory_mb = memory.parse().map_err(|_| ConfigError::Invalid {
            variable: "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            reason: format!("{memory:?} is no number of MB"),
        })?;
        Ok(Function {
            name: text("AWS_LAMBDA_FUNCTION_NAME", "gp"),
            memory_mb,
            stack: text("GP_STACK", "serverless-gp"),
            log_level: text("GP_LOG", "info"),
            inputs: InputRules::read(&variable)?,
        })
    }

    /// Memory that a tool may use, in MB.
    pub fn tool_memory_mb(&self) -> u64 {
        let reserve = (self.memory_mb / RESERVE_PART).max(LEAST_RESERVE_MB);
        self.memory_mb.saturating_sub(reserve).max(LEAST_RESERVE_MB)
    }

    /// What a request may carry here.
    pub fn limits(&self) -> Limits {
        let most = usize::try_from((self.memory_mb << 20) / MEMORY_FOR_A_BODY).unwrap_or(usize::MAX);
        Limits {
            max_body_bytes: MAX_BODY_BYTES,
            max_decompressed_bytes: most.max(MAX_BODY_BYTES),
            max_execute_time: MAX_EXECUTE_TIME,
            ..Limits::default()
        }
    }

    /// How jobs are kept alive and ended here.
    ///
    /// Inputs are inline up to 3 KB, results up to 6 KB. A KB in the record costs $0.625 per million each time that the
    /// record is written: inputs three times (create, claim, end), so $1.9 per KB against $5.4 for storing and reading an
    /// object; results once, against $5.0. See `infra/README.md`.
    pub fn job_settings(&self) -> JobSettings {
        JobSettings {
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(5),
            max_attempts: 3,
            max_inline_input_bytes: 3 << 10,
            max_inline_result_bytes: 6 << 10,
        }
    }

    /// How uploads are kept here.
    ///
    /// A record with 2,000 parts has 80 KB of the 400 that DynamoDB takes; 256 MB are read and written within some ten
    /// seconds of the 29 that a request may take.
    pub fn upload_settings(&self) -> UploadSettings {
        UploadSettings {
            max_parts: 2_000,
            max_request_bytes: Some(MAX_BODY_BYTES as u64),
            max_whole_bytes: 256 << 20,
            ..UploadSettings::default()
        }
    }

    /// This program as a worker process, which is told the memory because it gets none of the environment.
    ///
    /// # Errors
    /// The program does not know where it is.
    pub fn worker_command(&self) -> io::Result<WorkerCommand> {
        let mut args = vec![WORKER.into(), self.memory_mb.to_string().into()];
        args.extend(self.inputs.arguments());
        Ok(WorkerCommand {
            program: std::env::current_exe()?,
            args,
            memory_limit_mb: self.tool_memory_mb(),
            machine_memory_mb: Some(self.memory_mb),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_leaves_memory_for_what_it_is_sent() {
        let function = |memory: &str| {
            Function::read(|name| (name == "AWS_LAMBDA_FUNCTION_MEMORY_SIZE").then(|| memory.to_owned()))
        };
        assert_eq!(function("1769").unwrap().tool_memory_mb(), 1416);
        assert_eq!(function("256").unwrap().tool_memory_mb(), 160);
        assert_eq!(function("128").unwrap().tool_memory_mb(), 96);
        assert!(function("much").unwrap_err().to_string().contains("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    }
}
