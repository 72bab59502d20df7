//! Failures, as clients are told of them: always a body, the HTTP status stays 200 (specification 5).

use crate::json;
use crate::resource::NoResource;
use gp_core::{CancelError, RequestError, ServiceName, StoreError, SubmitError, UploadError};
use gp_esri::json::write_i64;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the client is told.
    pub(crate) error: RequestError,
    /// What only the log is told.
    pub(crate) cause: Option<String>,
}

/// `{"error":{"code":…,"message":…,"details":[…]}}`
pub(crate) fn error_json(error: &RequestError) -> Vec<u8> {
    let mut out = b"{\"error\":{\"code\":".to_vec();
    write_i64(&mut out, i64::from(error.code));
    json::text(&mut out, "message", &error.message);
    json::texts(&mut out, "details", &error.details);
    out.extend_from_slice(b"}}");
    out
}

/// A path outside the grammar.
pub(crate) fn invalid_url() -> RequestError {
    RequestError { code: 400, message: "Invalid URL".into(), details: vec!["Invalid URL".into()] }
}

/// A service that is not there; the blank at the end is the protocol's (specification 5.3).
pub(crate) fn service_not_found(service: &str) -> RequestError {
    RequestError::not_found(format!("Service {service} not found "))
}

/// A folder without services.
pub(crate) fn folder_not_found(folder: &str) -> RequestError {
    let details = vec![format!("there is no folder {folder}; names are case-sensitive")];
    RequestError { details, ..RequestError::not_found("Folder not found") }
}

/// A task that the service does not have.
pub(crate) fn task_not_found(service: &ServiceName, task: &str) -> RequestError {
    RequestError::not_found(format!("Task {task} does not exist in service {service}/GPServer."))
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Failure {
        Failure { error, cause: None }
    }
}

impl From<NoResource> for RequestError {
    fn from(reason: NoResource) -> RequestError {
        match reason {
            NoResource::InvalidUrl => invalid_url(),
            NoResource::OtherService(service) => service_not_found(&service),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let mut cause = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(deeper) = source {
            cause = format!("{cause}: {deeper}");
            source = deeper.source();
        }
        Failure { error: RequestError::internal(), cause: Some(cause) }
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Failure {
        match error {
            SubmitError::Refused(error) => error.into(),
            SubmitError::Store(error) => error.into(),
        }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Failure {
        match error {
            UploadError::Refused(error) => error.into(),
            UploadError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for Failure {
    fn from(error: CancelError) -> Failure {
        match error {
            CancelError::Refused(error) => error.into(),
            CancelError::Store(error) => error.into(),
        }
    }
}
