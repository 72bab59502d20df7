//! A server to test against, and what a client sees of it.

mod memory;
mod tools;
mod uploads;

pub(crate) use memory::Memory;
pub(crate) use uploads::MemoryUploads;

use axum::body::Body;
use bytes::Bytes;
use gp_core::{
    App, Catalog, ExecutionType, JobId, JobSettings, Limits, MessageLevel, PublishedTask, Service,
    ServiceName, UploadLimits, UploadSettings,
};
use gp_rest::{RestSettings, router};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// Monday, November 23, 2026 3:26:49 PM
pub(crate) const NOW_MS: i64 = 1_795_447_609_000;

/// A job's time to live after its end.
pub(crate) const RETENTION: Duration = Duration::from_secs(3600);

pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) memory: Arc<Memory>,
    pub(crate) uploads: Arc<MemoryUploads>,
    router: axum::Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Server {
    pub(crate) fn new() -> Server {
        Server::with(RestSettings::default(), Limits::default())
    }

    pub(crate) fn with(settings: RestSettings, limits: Limits) -> Server {
        let catalog = Arc::new(catalog());
        let memory = Arc::new(Memory::default());
        let uploads = Arc::new(MemoryUploads::default());
        let runner = Arc::new(memory::InProcess { catalog: catalog.clone(), limits });
        let app = App {
            catalog,
            jobs: memory.clone(),
            queue: memory.clone(),
            blobs: memory.clone(),
            uploads: uploads.clone(),
            job_runner: runner.clone(),
            execute_runner: runner,
            submit_runner: None,
            meter: None,
            limits,
            job_settings: JobSettings::default(),
            scratch: std::env::temp_dir(),
            upload_settings: UploadSettings::default(),
            now_ms: || NOW_MS,
        };
        Server { router: router(app.clone(), settings), app, memory, uploads }
    }

    /// A server of the application as it is now.
    pub(crate) fn again(self) -> Server {
        Server { router: router(self.app.clone(), RestSettings::default()), ..self }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// GET of a path below `/arcgis/rest`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(url(path)).body(Body::empty()).unwrap()).await
    }

    /// POST of a form to a path below `/arcgis/rest`.
    pub(crate) async fn post(&self, path: &str, form: impl Into<Body>) -> Answer {
        self.post_as("application/x-www-form-urlencoded", path, form).await
    }

    pub(crate) async fn post_as(&self, content_type: &str, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(url(path)).header("content-type", content_type).body(body.into()).unwrap())
            .await
    }

    /// Submits to a task of `EchoJobs`; the path of the job.
    pub(crate) async fn submit(&self, task: &str, form: &str) -> String {
        let answer =
            self.post(&format!("services/EchoJobs/GPServer/{task}/submitJob"), form.to_owned()).await;
        let id = answer.json()["jobId"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
        format!("services/EchoJobs/GPServer/{task}/jobs/{id}")
    }

    /// Submits and runs; the path of the job.
    pub(crate) async fn run(&self, task: &str, form: &str) -> String {
        let path = self.submit(task, form).await;
        self.run_jobs().await;
        path
    }

    pub(crate) async fn run_jobs(&self) {
        while let Some(id) = self.memory.next_in_line() {
            gp_core::run_job(&self.app, &id).await.unwrap();
        }
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The error's code and all its sentences; HTTP itself must be content (section 0, rule 1).
    pub(crate) fn error(&self) -> (i64, String) {
        assert_eq!(self.status, StatusCode::OK);
        let json = self.json();
        assert_eq!(json.as_object().unwrap().len(), 1, "{json}");
        let error = &json["error"];
        let details = error["details"].as_array().unwrap().iter().map(|detail| detail.as_str().unwrap());
        let message = error["message"].as_str().unwrap();
        let text = std::iter::once(message).chain(details).collect::<Vec<_>>().join(" | ");
        (error["code"].as_i64().unwrap(), text)
    }

    /// The text with what differs from run to run made the same.
    pub(crate) fn steady(&self) -> String {
        let mut text = self.text();
        let mut from = 0;
        while let Some(at) = text[from..].find("Elapsed Time: ") {
            let start = from + at + "Elapsed Time: ".len();
            let end = start + text[start..].find(" seconds").unwrap();
            text.replace_range(start..end, "0.00");
            from = start;
        }
        let words: Vec<String> = text.split('"').map(|word| word.to_owned()).collect();
        let steady =
            words.into_iter().map(|word| if JobId::parse(&word).is_some() { "j…".to_owned() } else { word });
        steady.collect::<Vec<_>>().join("\"")
    }
}

pub(crate) fn url(path: &str) -> String {
    format!("http://gis.test/arcgis/rest/{path}")
}

/// Percent-encodes everything that is not a letter or digit.
pub(crate) fn escaped(text: &str) -> String {
    let escape = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escape).collect()
}

/// A point with z, as `Input_Features`.
pub(crate) const POINT: &str = r#"{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":4326},"hasZ":true,
    "fields":[{"name":"OBJECTID","type":"esriFieldTypeOID","alias":"OBJECTID"}],
    "features":[{"geometry":{"x":1,"y":2,"z":3},"attributes":{"OBJECTID":7}}]}"#;

fn catalog() -> Catalog {
    let jobs = ExecutionType::Asynchronous;
    let now = ExecutionType::Synchronous;
    Catalog::new([
        service("", "Echo", now, MessageLevel::Info),
        service("", "EchoJobs", jobs, MessageLevel::Info),
        service("Samples", "Echo", now, MessageLevel::Info),
        service("Samples", "QuietJobs", jobs, MessageLevel::None),
    ])
}

fn service(folder: &str, name: &str, execution_type: ExecutionType, message_level: MessageLevel) -> Service {
    let mut spaced = PublishedTask::new(&tools::ECHO);
    spaced.name = "Echo It".to_owned();
    Service {
        name: ServiceName::new(folder, name),
        description: "Says again what it is told.".to_owned(),
        execution_type,
        tasks: vec![
            PublishedTask::new(&tools::ECHO),
            spaced,
            PublishedTask::new(&tools::FAIL),
            PublishedTask::new(&tools::TWICE),
        ],
        maximum_records: 1000,
        time_limit: Duration::from_secs(60),
        message_level,
        retention: RETENTION,
        layers: Vec::new(),
        run_on_submit: None,
        uploads: (execution_type == ExecutionType::Asynchronous)
            .then(|| UploadLimits { max_file_bytes: 1 << 20, file_types: vec!["csv".into(), "zip".into()] }),
    }
}
