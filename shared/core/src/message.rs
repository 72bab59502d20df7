//! Messages that a run tells its caller (specification 4.3), and the time stamps in them.

use serde::{Deserialize, Serialize};

/// How grave a message is; also the level from which a service publishes its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageLevel {
    /// What is being done.
    Info,
    /// The result is good, but not everything that was asked.
    Warning,
    /// Why it failed.
    Error,
    /// Above everything: a service with this level publishes no messages.
    None,
}

/// One message of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How grave it is.
    pub level: MessageLevel,
    /// The text; never a token, a geometry or an attribute value.
    pub text: String,
}

impl Message {
    /// An informative message.
    pub fn info(text: impl Into<String>) -> Message {
        Message { level: MessageLevel::Info, text: text.into() }
    }

    /// A warning.
    pub fn warning(text: impl Into<String>) -> Message {
        Message { level: MessageLevel::Warning, text: text.into() }
    }

    /// An error.
    pub fn error(text: impl Into<String>) -> Message {
        Message { level: MessageLevel::Error, text: text.into() }
    }
}

impl MessageLevel {
    /// The type on the wire, `esriJobMessageTypeInformative` and so on.
    pub fn wire_name(self) -> &'static str {
        match self {
            MessageLevel::Info => "esriJobMessageTypeInformative",
            MessageLevel::Warning => "esriJobMessageTypeWarning",
            MessageLevel::Error | MessageLevel::None => "esriJobMessageTypeError",
        }
    }
}

/// An instant (milliseconds since 1970, UTC) as ArcGIS writes it: `Monday, November 23, 2026 3:26:49 PM`.
pub fn timestamp_text(now_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(now_ms) {
        Ok(instant) => {
            instant.to_zoned(jiff::tz::TimeZone::UTC).strftime("%A, %B %-d, %Y %-I:%M:%S %p").to_string()
        }
        Err(_) => format!("{now_ms} ms"),
    }
}

/// What a job says last when it failed.
pub(crate) fn failed_message(task: &str) -> String {
    format!("Failed to execute ({task}).")
}

/// What a job says whose workers were lost without a word.
pub(crate) fn lost_message(attempts: u32) -> String {
    format!(
        "failed {attempts} times: each time the worker was lost without a word, as when it is killed, runs out of memory or \
         exceeds the time that its machine allows; use fewer or simpler features, or split the task"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamp_reads_as_arcgis_writes_it() {
        assert_eq!(timestamp_text(1_795_447_609_000), "Monday, November 23, 2026 3:26:49 PM");
        assert_eq!(timestamp_text(0), "Thursday, January 1, 1970 12:00:00 AM");
    }
}
