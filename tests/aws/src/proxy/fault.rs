//! What can go wrong with a call, and how AWS words it.

use super::Call;
use std::time::Duration;

/// What goes wrong with one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The service refuses it.
    Answer(Wrong),
    /// The connection breaks before the service has the request.
    LoseRequest,
    /// The service does what is asked, and the connection breaks before the answer comes.
    LoseAnswer,
    /// The service does what is asked, and the answer comes late.
    Delay(Duration),
    /// The calling process is killed, and the service never has the request.
    KillBefore,
    /// The calling process is killed when the service has done what is asked; nothing goes wrong where it does not.
    KillAfter,
}

/// How a service refuses a call that it could have answered a moment later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Too many calls.
    Throttled,
    /// The other sentence that DynamoDB has for that.
    ThrottledOtherwise,
    /// A fault of its own.
    Internal,
}

impl Wrong {
    pub(super) fn bytes(self, call: &Call) -> Vec<u8> {
        let service = call.operation.split('.').next().unwrap_or_default();
        let (status, kind) = match (service, self) {
            ("DynamoDB", Wrong::Throttled) => {
                (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
            }
            ("DynamoDB", Wrong::ThrottledOtherwise) => {
                (400, "com.amazon.coral.availability#ThrottlingException")
            }
            ("DynamoDB", Wrong::Internal) => (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
            ("S3", Wrong::Internal) => (500, "InternalError"),
            ("S3", _) => (503, "SlowDown"),
            (_, Wrong::Internal) => (500, "com.amazonaws.sqs#InternalFailure"),
            (_, _) => (403, "com.amazonaws.sqs#RequestThrottled"),
        };
        let (media_type, body) = match service {
            "S3" => (
                "application/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{kind}</Code><Message>made up by a test</Message></Error>"
                ),
            ),
            _ => (
                "application/x-amz-json-1.0",
                format!("{{\"__type\":\"{kind}\",\"message\":\"made up by a test\"}}"),
            ),
        };
        format!(
            "HTTP/1.1 {status} Made Up\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}
