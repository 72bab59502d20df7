//! Where AWS is and who asks. Separate because mains read the environment, once, and nothing else does.

use aws_credential_types::Credentials;
use std::fmt;

/// What the adapters have to know, from the variables that Lambda and `template.yaml` set.
#[derive(Clone)]
pub struct Config {
    pub(crate) region: String,
    pub(crate) credentials: Credentials,
    /// Something that stands in for AWS, with every service at one address.
    pub(crate) endpoint: Option<String>,
    /// Whether somebody waits for an answer.
    pub(crate) is_hurried: bool,
    table: Option<String>,
    uploads_table: Option<String>,
    queue_url: Option<String>,
    dead_letter_queue_url: Option<String>,
    bucket: Option<String>,
}

/// Why there is no configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable is needed and not set, or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable has a value that cannot be.
    #[error("the environment variable {variable} cannot be used: {reason}")]
    Invalid {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Config {
    /// Reads the variables `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and, where they are set,
    /// `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL`, `GP_JOBS_TABLE`, `GP_UPLOADS_TABLE`, `GP_QUEUE_URL`,
    /// `GP_DEAD_LETTER_QUEUE_URL` and `GP_BUCKET`. An empty one counts as not set.
    ///
    /// The credentials are read once: those of a Lambda environment hold for its life.
    ///
    /// # Errors
    /// One of the first three is not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name| optional(name).ok_or(ConfigError::Missing(name));
        let region = needed("AWS_REGION")?;
        let (key, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
        let token = optional("AWS_SESSION_TOKEN");
        Ok(Config {
            region,
            credentials: Credentials::new(key, secret, token, None, "environment"),
            endpoint: optional("AWS_ENDPOINT_URL"),
            is_hurried: false,
            table: optional("GP_JOBS_TABLE"),
            uploads_table: optional("GP_UPLOADS_TABLE"),
            queue_url: optional("GP_QUEUE_URL"),
            dead_letter_queue_url: optional("GP_DEAD_LETTER_QUEUE_URL"),
            bucket: optional("GP_BUCKET"),
        })
    }

    /// For a function that answers requests: calls give up before API Gateway does.
    pub(crate) fn hurried(self) -> Config {
        Config { is_hurried: true, ..self }
    }

    pub(crate) fn table(&self) -> Result<String, ConfigError> {
        self.table.clone().ok_or(ConfigError::Missing("GP_JOBS_TABLE"))
    }

    /// The table of a function that may read records of uploads and no others.
    pub(crate) fn uploads_table(&self) -> Result<String, ConfigError> {
        self.uploads_table.clone().ok_or(ConfigError::Missing("GP_UPLOADS_TABLE"))
    }

    pub(crate) fn queue_url(&self) -> Result<String, ConfigError> {
        self.queue_url.clone().ok_or(ConfigError::Missing("GP_QUEUE_URL"))
    }

    pub(crate) fn dead_letter_queue_url(&self) -> Result<String, ConfigError> {
        self.dead_letter_queue_url.clone().ok_or(ConfigError::Missing("GP_DEAD_LETTER_QUEUE_URL"))
    }

    pub(crate) fn bucket(&self) -> Result<String, ConfigError> {
        self.bucket.clone().ok_or(ConfigError::Missing("GP_BUCKET"))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Config")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("table", &self.table)
            .field("queue_url", &self.queue_url)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 5] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "the key"),
        ("AWS_SECRET_ACCESS_KEY", "the secret"),
        ("AWS_SESSION_TOKEN", "the token"),
        ("GP_BUCKET", ""),
    ];

    fn read_without(missing: &str) -> Result<Config, ConfigError> {
        Config::read(|name| {
            let found = ALL.iter().find(|(known, _)| *known == name && *known != missing);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_variable_that_is_missing_is_named() {
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            assert_eq!(read_without(name).unwrap_err(), ConfigError::Missing(name));
        }
        let config = read_without("").unwrap();
        assert_eq!(config.table().unwrap_err(), ConfigError::Missing("GP_JOBS_TABLE"));
        let empty = config.bucket().unwrap_err();
        assert_eq!(empty.to_string(), "the environment variable GP_BUCKET is not set");
    }

    #[test]
    fn no_credential_is_ever_printed() {
        let text = format!("{:?}", read_without("").unwrap());
        assert!(text.contains("eu-central-1"));
        assert!(
            !text.contains("the key") && !text.contains("the secret") && !text.contains("the token"),
            "{text}"
        );
    }
}
