//! `/rest/info` and `/rest/info/healthCheck` (specification 1.3, 1.4).

use crate::Rest;
use crate::json;
use crate::response::Reply;
use gp_core::{JobDetail, JobId};
use http::StatusCode;
use std::time::Duration;

/// A store that has not answered by then is as good as down.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// The server's version and how to sign in: not at all, so far.
pub(crate) fn show(rest: &Rest) -> Reply {
    let version = rest.settings.version.to_string();
    let mut out = b"{".to_vec();
    json::raw(&mut out, "currentVersion", version.as_bytes());
    json::text(&mut out, "fullVersion", &format!("{version}.0"));
    json::raw(&mut out, "authInfo", br#"{"isTokenBasedSecurity":false}"#);
    out.push(b'}');
    Reply::stable(out)
}

/// Whether the store of jobs answers; the one reply whose HTTP status carries meaning.
pub(crate) async fn health_check(rest: &Rest) -> Reply {
    let nobody = JobId::from_random(0);
    let problem =
        match tokio::time::timeout(HEALTH_TIMEOUT, rest.app.jobs.get(&nobody, JobDetail::Status)).await {
            Ok(Ok(_)) => return Reply::volatile(r#"{"success":true}"#),
            Ok(Err(error)) => crate::error::Failure::from(error).cause,
            Err(_) => Some(format!("the store of jobs did not answer within {} s", HEALTH_TIMEOUT.as_secs())),
        };
    Reply {
        status: StatusCode::SERVICE_UNAVAILABLE,
        cause: problem,
        ..Reply::volatile(r#"{"success":false}"#)
    }
}
