//! From where inputs by URL may come, as the template says it and as a worker process is told.

use crate::ConfigError;
use gp_fetch::{FetchSettings, HostPattern, PrivateAddresses};
use std::ffi::OsString;

/// From where inputs by URL may come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputRules {
    /// Hosts with commas between them; none for any that is not denied.
    allow_hosts: String,
    /// Hosts with commas between them.
    deny_hosts: String,
    /// `true` to allow addresses of private networks.
    private: String,
    /// MB of the function's disk; empty for what Lambda gives without being asked.
    storage_mb: String,
}

impl InputRules {
    /// Reads `GP_ALLOW_INPUT_HOSTS`, `GP_DENY_INPUT_HOSTS`, `GP_PRIVATE_INPUTS` and `GP_STORAGE_MB`.
    ///
    /// # Errors
    /// One of the hosts is none, or the storage no number.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<InputRules, ConfigError> {
        let text = |name: &str| variable(name).unwrap_or_default();
        let rules = InputRules {
            allow_hosts: text("GP_ALLOW_INPUT_HOSTS"),
            deny_hosts: text("GP_DENY_INPUT_HOSTS"),
            private: text("GP_PRIVATE_INPUTS"),
            storage_mb: text("GP_STORAGE_MB"),
        };
        rules.fetch_settings().map(|_| rules)
    }

    /// The arguments of a worker process, in the order in which [`InputRules::from_arguments`] takes them.
    pub(crate) fn arguments(&self) -> [OsString; 4] {
        [&self.allow_hosts, &self.deny_hosts, &self.private, &self.storage_mb].map(OsString::from)
    }

    /// What a worker process was told.
    pub(crate) fn from_arguments(arguments: &mut impl Iterator<Item = String>) -> InputRules {
        let mut next = || arguments.next().unwrap_or_default();
        InputRules { allow_hosts: next(), deny_hosts: next(), private: next(), storage_mb: next() }
    }

    /// The settings of the client that fetches.
    ///
    /// # Errors
    /// As [`InputRules::read`].
    pub(crate) fn fetch_settings(&self) -> Result<FetchSettings, ConfigError> {
        Ok(FetchSettings {
            allow_hosts: hosts("GP_ALLOW_INPUT_HOSTS", &self.allow_hosts)?,
            deny_hosts: hosts("GP_DENY_INPUT_HOSTS", &self.deny_hosts)?,
            private_addresses: if self.private.eq_ignore_ascii_case("true") {
                PrivateAddresses::Allowed
            } else {
                PrivateAddresses::Refused
            },
            // Half of the disk, which an input shares with what is unpacked of it.
            max_bytes: self.read_storage_mb()? << 19,
            ..FetchSettings::default()
        })
    }

    /// MB of the function's disk.
    pub(crate) fn storage_mb(&self) -> u64 {
        // It was read before.
        self.read_storage_mb().unwrap_or(USUAL_STORAGE_MB)
    }

    fn read_storage_mb(&self) -> Result<u64, ConfigError> {
        if self.storage_mb.is_empty() {
            return Ok(USUAL_STORAGE_MB);
        }
        let wrong = |_| ConfigError::Invalid {
            variable: "GP_STORAGE_MB",
            reason: "it must be a whole number of MB".to_owned(),
        };
        self.storage_mb.parse().map_err(wrong)
    }
}

/// What Lambda gives without being asked, and without being paid.
pub(crate) const USUAL_STORAGE_MB: u64 = 512;

fn hosts(variable: &'static str, list: &str) -> Result<Vec<HostPattern>, ConfigError> {
    let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let parsed = entries.map(|entry| {
        entry.parse().map_err(|error: gp_fetch::HostPatternError| ConfigError::Invalid {
            variable,
            reason: error.to_string(),
        })
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_told_the_rules_that_its_function_read() {
        let rules = InputRules::read(|name| match name {
            "GP_ALLOW_INPUT_HOSTS" => Some("example.com, *.example.org".to_owned()),
            "GP_PRIVATE_INPUTS" => Some("true".to_owned()),
            "GP_STORAGE_MB" => Some("2048".to_owned()),
            _ => None,
        });
        let rules = rules.unwrap();
        let mut arguments = rules.arguments().map(|argument| argument.into_string().unwrap()).into_iter();
        assert_eq!(InputRules::from_arguments(&mut arguments), rules);
        let settings = rules.fetch_settings().unwrap();
        assert_eq!((settings.allow_hosts.len(), settings.deny_hosts.len()), (2, 0));
        assert_eq!(settings.private_addresses, PrivateAddresses::Allowed);
        assert_eq!(settings.max_bytes, 1 << 30);
        assert_eq!(InputRules::default().fetch_settings().unwrap().max_bytes, 256 << 20);
    }

    #[test]
    fn a_host_that_is_none_is_refused_by_the_name_of_its_variable() {
        let read = InputRules::read(|name| (name == "GP_DENY_INPUT_HOSTS").then(|| "a*b".to_owned()));
        assert!(read.unwrap_err().to_string().contains("GP_DENY_INPUT_HOSTS"));
    }
}
