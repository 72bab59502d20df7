//! What the template decides about the REST face, by environment variables.

use gp_aws::Function;
use gp_rest::{Origins, RestSettings};
use lambda_http::http::{HeaderMap, HeaderValue};

/// Lambda takes 6 MB for a reply with everything around it; this leaves 16 KB for the headers.
const MAX_REPLY_BYTES: usize = 6_291_556 - (16 << 10);

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "this main is where the environment is read")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether this function answers `execute` alone: it is given no table then.
pub(crate) fn is_execute() -> bool {
    variable("GP_JOBS_TABLE").is_none()
}

/// How the REST face presents itself.
pub(crate) fn rest(function: &Function) -> RestSettings {
    let origins = variable("GP_ALLOWED_ORIGINS").unwrap_or_default();
    let listed: Vec<String> =
        origins.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    let any = listed.is_empty() || listed.iter().any(|origin| origin == "*");
    RestSettings {
        public_url: variable("GP_PUBLIC_URL").filter(|url| !url.is_empty()),
        origins: if any { Origins::Any } else { Origins::Listed },
        credentialed_origins: if any { Vec::new() } else { listed },
        max_reply_bytes: Some(MAX_REPLY_BYTES),
        max_changed_bytes: RestSettings::changed_bytes_within(function.memory_mb << 20),
        max_total_body_bytes: usize::try_from(function.memory_mb << 18).unwrap_or(usize::MAX),
        ..RestSettings::default()
    }
}

/// Gives a request that has no id Lambda's own, by which the platform's log lines and the access log are found too.
pub(crate) fn name_request(headers: &mut HeaderMap, request_id: &str) {
    if let (false, Ok(id)) = (headers.contains_key("x-request-id"), HeaderValue::from_str(request_id)) {
        headers.insert("x-request-id", id);
    }
}
