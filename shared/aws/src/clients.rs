//! The clients of the three services, made once when a function starts: they share one HTTP client, so that certificates
//! are read once and connections are kept between invocations.

use crate::Config;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use std::sync::OnceLock;
use std::time::Duration;

/// TCP and TLS to a service of the same region take some milliseconds; on the smallest functions, with a seventh of a
/// processor, the handshake alone can take a few hundred.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Records and messages are answered within some 10 ms; what takes this long is lost.
const RECORD_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// With all its attempts a call ends well before the 29 s that API Gateway waits.
const RECORD_TIMEOUT: Duration = Duration::from_secs(8);
/// The largest results, some 100 MB, go up at 10 MB/s even from a small function.
const BLOB_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const BLOB_TIMEOUT: Duration = Duration::from_secs(150);
/// While somebody waits: what is sent then has a few MB. With a record and a message it fits into the 29 s of API Gateway.
const HURRIED_BLOB_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const HURRIED_BLOB_TIMEOUT: Duration = Duration::from_secs(9);
/// One more than usual: what still fails then is left to the queue, which delivers again.
const MAX_ATTEMPTS: u32 = 4;
/// The first wait before another attempt, doubled each time and taken at random below: up to 0.2, 0.4 and 0.8 s. Somebody
/// waits for the answer, so it is shorter than the SDK's second.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// The HTTP client of all services.
pub(crate) fn http() -> SharedHttpClient {
    static HTTP: OnceLock<SharedHttpClient> = OnceLock::new();
    let make = || {
        let ring = tls::Provider::rustls(tls::rustls_provider::CryptoMode::Ring);
        Builder::new().tls_provider(ring).build_https()
    };
    HTTP.get_or_init(make).clone()
}

/// What every client is told alike; the builders of the SDK have no trait in common.
macro_rules! configured {
    ($service:ident, $config:ident, $http:ident, $timeouts:expr) => {{
        let mut builder = $service::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new($config.region.clone()))
            .credentials_provider($config.credentials.clone())
            .http_client($http.clone())
            .retry_config(retries())
            .timeout_config($timeouts);
        builder.set_endpoint_url($config.endpoint.clone());
        builder
    }};
}

pub(crate) fn dynamodb(config: &Config, http: &SharedHttpClient) -> aws_sdk_dynamodb::Client {
    let timeouts = timeouts(RECORD_ATTEMPT_TIMEOUT, RECORD_TIMEOUT);
    aws_sdk_dynamodb::Client::from_conf(configured!(aws_sdk_dynamodb, config, http, timeouts).build())
}

pub(crate) fn sqs(config: &Config, http: &SharedHttpClient) -> aws_sdk_sqs::Client {
    let timeouts = timeouts(RECORD_ATTEMPT_TIMEOUT, RECORD_TIMEOUT);
    aws_sdk_sqs::Client::from_conf(configured!(aws_sdk_sqs, config, http, timeouts).build())
}

pub(crate) fn s3(config: &Config, http: &SharedHttpClient) -> aws_sdk_s3::Client {
    let timeouts = if config.is_hurried {
        timeouts(HURRIED_BLOB_ATTEMPT_TIMEOUT, HURRIED_BLOB_TIMEOUT)
    } else {
        timeouts(BLOB_ATTEMPT_TIMEOUT, BLOB_TIMEOUT)
    };
    let builder = configured!(aws_sdk_s3, config, http, timeouts)
        // The signature already covers a digest of the body, which S3 checks: a CRC beside it would only take time.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // What stands in for AWS has one address and no name for each bucket.
        .force_path_style(config.endpoint.is_some());
    aws_sdk_s3::Client::from_conf(builder.build())
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(FIRST_BACKOFF)
}

fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}
