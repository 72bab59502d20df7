//! The command line.

use crate::machine;
use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum, value_parser};
use gp_core::{JobSettings, Limits, UploadSettings};
use gp_embedded::Concurrency;
use gp_fetch::{FetchSettings, HostPattern, HostPatternError, PrivateAddresses};
use gp_rest::RestSettings;
use gp_workers::WorkerCommand;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serve geoprocessing tasks by the ArcGIS GPServer REST protocol, with durable jobs, from this machine.
#[derive(Debug, Parser)]
#[command(name = "gp-local", version)]
pub(crate) struct Args {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:6080")]
    pub(crate) listen: SocketAddr,
    /// Folder of jobs, inputs and results; created when it is not there, used by one server at a time.
    #[arg(long, default_value = "gp-data", value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Folder of service files (*.toml) to publish instead of the built-in services.
    #[arg(long, value_name = "FOLDER", global = true)]
    pub(crate) services: Option<PathBuf>,
    /// The URL under which clients see this server, when it stands behind a proxy, such as `https://maps.example.org`
    #[arg(long, value_name = "URL", value_parser = read_origin)]
    public_url: Option<String>,
    /// Origins whose pages may send credentials; may be given several times. Any origin may send requests without.
    #[arg(long, value_name = "ORIGIN", value_parser = read_origin)]
    allow_origin: Vec<String>,
    /// Worker processes for jobs [default: one for each processor].
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Worker processes for synchronous tasks [default: one for each processor].
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    execute_workers: Option<u16>,
    /// Memory that one worker process may use, in MB.
    #[arg(long, default_value_t = 2048, value_name = "MB", value_parser = value_parser!(u64).range(64..=1_048_576))]
    worker_memory: u64,
    /// Largest request body, in MB.
    #[arg(long, default_value_t = 64, value_name = "MB", global = true, value_parser = value_parser!(u16).range(1..=4096))]
    max_body: u16,
    /// How long an uploaded file can be used, in hours.
    #[arg(long, default_value_t = 24, value_name = "HOURS", value_parser = value_parser!(u16).range(1..=8760))]
    upload_hours: u16,
    /// Most features of one input of a job.
    #[arg(long, default_value_t = 1_000_000, value_name = "N", global = true, value_parser = value_parser!(u32).range(1..))]
    max_features: u32,
    /// Most features of one input of a synchronous task.
    #[arg(long, default_value_t = 20_000, value_name = "N", global = true, value_parser = value_parser!(u32).range(1..))]
    max_execute_features: u32,
    /// Deepest nesting of JSON that is read.
    #[arg(long, default_value_t = 64, value_name = "N", global = true, value_parser = value_parser!(u16).range(8..=512))]
    max_json_depth: u16,
    /// Hosts that inputs by URL may come from; may be given several times. Without it, any that is not denied. A host is
    /// `example.com`, `*.example.com`, an address, or a network such as `192.0.2.0/24`.
    #[arg(long, value_name = "HOST", global = true, value_parser = read_host)]
    allow_input_host: Vec<String>,
    /// Hosts that inputs by URL never come from; may be given several times.
    #[arg(long, value_name = "HOST", global = true, value_parser = read_host)]
    deny_input_host: Vec<String>,
    /// Let inputs by URL come from this machine and from private networks. Any caller can then make this server ask servers
    /// that are reachable from it alone.
    #[arg(long, global = true)]
    private_inputs: bool,
    /// Largest input by URL, in MB.
    #[arg(long, default_value_t = 512, value_name = "MB", global = true, value_parser = value_parser!(u32).range(1..=1_048_576))]
    max_input: u32,
    /// Least severity that is logged: off, error, warn, info, debug, trace, or a filter such as gp_rest=debug.
    #[arg(long, default_value = "info", value_name = "LEVEL", value_parser = read_log_filter)]
    pub(crate) log: String,
    /// How log events are written to standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Json)]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Command {
    /// Run tasks for a server that talks on standard input and output; servers start this themselves.
    #[command(hide = true)]
    Worker {
        /// Memory it may use, in MB.
        #[arg(long)]
        memory_mb: u64,
    },
}

impl Args {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_body_bytes: usize::from(self.max_body) << 20,
            max_decompressed_bytes: usize::from(self.max_body) << 20,
            max_features: self.max_features as usize,
            max_execute_features: self.max_execute_features as usize,
            max_json_depth: usize::from(self.max_json_depth),
            ..Limits::default()
        }
    }

    /// What inputs by URL may be.
    pub(crate) fn fetch_settings(&self) -> FetchSettings {
        FetchSettings {
            allow_hosts: hosts(&self.allow_input_host),
            deny_hosts: hosts(&self.deny_input_host),
            private_addresses: if self.private_inputs {
                PrivateAddresses::Allowed
            } else {
                PrivateAddresses::Refused
            },
            max_bytes: u64::from(self.max_input) << 20,
            // As uploads do: jobs can still be stored.
            min_free_bytes: 1 << 30,
            ..FetchSettings::default()
        }
    }

    pub(crate) fn job_settings(&self) -> JobSettings {
        JobSettings::default()
    }

    pub(crate) fn upload_settings(&self) -> UploadSettings {
        let lifetime = Duration::from_secs(u64::from(self.upload_hours) * 3600);
        UploadSettings { lifetime, ..UploadSettings::default() }
    }

    pub(crate) fn rest_settings(&self) -> RestSettings {
        RestSettings {
            public_url: self.public_url.clone(),
            credentialed_origins: self.allow_origin.clone(),
            // Workers take memory besides, each up to --worker-memory.
            max_changed_bytes: machine::memory_bytes()
                .map_or(u64::MAX, |bytes| RestSettings::changed_bytes_within(bytes / 2)),
            ..RestSettings::default()
        }
    }

    pub(crate) fn concurrency(&self) -> Concurrency {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let asked = |workers: Option<u16>| workers.map_or(processors, usize::from);
        Concurrency::new(asked(self.workers), asked(self.execute_workers))
    }

    /// This program as a worker, with the settings that decide what it publishes and accepts.
    pub(crate) fn worker_command(&self) -> anyhow::Result<WorkerCommand> {
        let program = std::env::current_exe().context("find the server's own program for its workers")?;
        let mut args: Vec<OsString> = Vec::new();
        let mut push = |name: &str, value: OsString| args.extend([OsString::from(name), value]);
        push("--max-body", self.max_body.to_string().into());
        push("--max-features", self.max_features.to_string().into());
        push("--max-json-depth", self.max_json_depth.to_string().into());
        push("--max-input", self.max_input.to_string().into());
        for host in &self.allow_input_host {
            push("--allow-input-host", host.into());
        }
        for host in &self.deny_input_host {
            push("--deny-input-host", host.into());
        }
        if let Some(services) = &self.services {
            push("--services", services.clone().into_os_string());
        }
        if self.private_inputs {
            args.push("--private-inputs".into());
        }
        args.push("worker".into());
        args.extend([OsString::from("--memory-mb"), self.worker_memory.to_string().into()]);
        Ok(WorkerCommand { program, args, memory_limit_mb: self.worker_memory, machine_memory_mb: None })
    }
}

/// Hosts that were read before, by [`read_host`].
fn hosts(texts: &[String]) -> Vec<HostPattern> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// A host pattern, kept as text so that workers can be told.
fn read_host(text: &str) -> Result<String, HostPatternError> {
    text.parse::<HostPattern>().map(|_| text.to_owned())
}

/// Scheme, host and port, such as `https://maps.example.org`.
fn read_origin(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .map(|host| host.trim_end_matches('/'));
    let is_host = |host: &str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
    };
    if host.is_some_and(is_host) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("give scheme and host, such as https://maps.example.org".to_owned())
}

/// A level, or a filter with targets: a single word that is no level would log nothing.
fn read_log_filter(text: &str) -> Result<String, String> {
    let is_level = ["off", "error", "warn", "info", "debug", "trace"]
        .iter()
        .any(|level| level.eq_ignore_ascii_case(text));
    if is_level || text.contains('=') {
        return Ok(text.to_owned());
    }
    Err("give off, error, warn, info, debug, trace, or a filter such as gp_rest=debug".to_owned())
}
