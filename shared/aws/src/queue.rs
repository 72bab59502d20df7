//! The queue of jobs on SQS. A message is a job's id and nothing else, but for the trace header that X-Ray wants to find
//! beside it.

use crate::failure::unavailable;
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use gp_core::{JobId, JobQueue, StoreError};

/// The parts of a trace header that say which request this is; others, such as `Lineage`, are Lambda's own.
const TRACE_PARTS: [&str; 3] = ["Root=", "Parent=", "Sampled="];

tokio::task_local! {
    static TRACE: Option<String>;
}

/// Jobs in an SQS queue.
pub struct SqsQueue {
    pub(crate) client: Client,
    pub(crate) url: String,
}

/// Does something on behalf of a request: messages sent by it carry the request's X-Ray trace header, so that one trace
/// spans the request and its job. A header that is none is left out.
pub fn with_trace<F: Future>(header: Option<String>, doing: F) -> impl Future<Output = F::Output> {
    TRACE.scope(header.as_deref().and_then(trace), doing)
}

/// The trace header of the request on whose behalf this runs.
pub(crate) fn current_trace() -> Option<String> {
    TRACE.try_with(Clone::clone).ok().flatten()
}

#[async_trait]
impl JobQueue for SqsQueue {
    /// One SendMessage; sent twice it is delivered twice, which workers expect.
    async fn send(&self, id: &JobId) -> Result<(), StoreError> {
        let mut send = self.client.send_message().queue_url(&self.url).message_body(id.as_str());
        if let Some(trace) = current_trace() {
            let value =
                MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build();
            let value =
                value.map_err(|error| crate::failure::unusable("send a message", error.to_string()))?;
            send = send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value);
        }
        send.send().await.map_err(|error| unavailable("put a job in line", &error)).map(|_| ())
    }
}

/// The header as SQS takes it, which refuses the whole message for a malformed one.
fn trace(header: &str) -> Option<String> {
    let parts: Vec<&str> = header
        .split(';')
        .map(str::trim)
        .filter(|part| TRACE_PARTS.iter().any(|name| part.starts_with(name)))
        .collect();
    let root = parts.iter().find_map(|part| part.strip_prefix("Root="))?;
    let mut words = root.split('-');
    let is_root = words.next() == Some("1")
        && words.next().is_some_and(|word| is_hex(word, 8))
        && words.next().is_some_and(|word| is_hex(word, 24))
        && words.next().is_none();
    let are_rest = parts.iter().all(|part| match part.split_once('=') {
        Some(("Parent", id)) => is_hex(id, 16),
        Some(("Sampled", flag)) => flag == "0" || flag == "1",
        _ => true,
    });
    (is_root && are_rest && parts.len() <= TRACE_PARTS.len()).then(|| parts.join(";"))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn the_header_that_lambda_gives_is_passed_on_without_its_own_parts() {
        assert_eq!(trace(HEADER).as_deref(), Some(HEADER));
        assert_eq!(trace(&format!("{HEADER};Lineage=1:a87bd80c:0")).as_deref(), Some(HEADER));
        assert_eq!(trace(&HEADER[..40]).as_deref(), Some(&HEADER[..40]), "a root alone is a header");
    }

    #[test]
    fn what_is_no_header_is_left_out() {
        let wrong = [
            "",
            "Root=",
            "Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-x",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?",
        ];
        for header in wrong {
            assert_eq!(trace(header), None, "{header}");
        }
        assert_eq!(trace(&format!("{HEADER};Sampled=1")), None, "a part twice");
    }

    proptest! {
        #[test]
        fn a_header_never_panics(header in "\\PC{0,80}") {
            let _ = trace(&header);
            let _ = trace(&format!("Root={header}"));
        }
    }
}
