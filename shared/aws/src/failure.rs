//! A call of AWS that failed, in words for the log: which service, its own code, never a body or a credential.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gp_core::StoreError;
use std::error::Error;

/// Turns a failed call into what the engine knows.
pub(crate) fn unavailable<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    StoreError::unavailable(action, sentence(error))
}

/// Something stored that cannot be read, or that the SDK refuses to build.
pub(crate) fn unusable(action: &'static str, what: impl Into<String>) -> StoreError {
    StoreError::unavailable(action, what.into())
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::unavailable("ask for random bits", error.to_string()))?;
    Ok(bytes)
}

fn sentence<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or("an error without a code");
            let status = answer.raw().status().as_u16();
            // Other messages can quote what was sent; that of a wrong signature quotes the session token.
            let message = answer.err().message().filter(|_| code.starts_with("AccessDenied"));
            format!(
                "AWS answered {code} (HTTP {status}){}",
                message.map_or(String::new(), |text| format!(": {text}"))
            )
        }
        SdkError::TimeoutError(_) => "AWS did not answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => format!("AWS cannot be reached: {}", DisplayErrorContext(error)),
            None => "AWS cannot be reached".to_owned(),
        },
        SdkError::ResponseError(answer) => {
            format!("AWS sent an answer that cannot be read (HTTP {})", answer.raw().status().as_u16())
        }
        _ => "the request could not be built".to_owned(),
    }
}
