//! The REST face: HTTP requests in, the JSON of ArcGIS GP services out.
//!
//! Separate from the engine because the engine must not know HTTP, and from the servers (a process on one machine, a
//! Lambda function) because all of them answer alike. One file a resource, as the URL tree has them. It must never name
//! a concrete tool or a storage product, and never answer an HTTP status other than 200 except for a failed health check
//! (specification 0, rule 1).

mod carry;
mod catalog;
mod change_room;
mod cors;
mod directory;
mod error;
mod execute;
mod features;
mod info;
mod input;
mod job;
mod json;
mod metadata;
mod reply_format;
mod request;
mod resource;
mod response;
mod result;
mod schema;
mod service;
mod settings;
mod submit_job;
mod task;
mod trace;
mod upload;

pub use settings::{Origins, RestSettings, Version};

use axum::body::Body;
use change_room::ChangeRoom;
use error::Failure;
use gp_core::{App, JobId, Parameters, PublishedTask, RequestError, Service, ServiceName};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use request::Received;
use request::memory::BodyMemory;
use resource::{Resource, TaskPath};
use response::{Reply, Shape};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use upload::UploadedFile;

/// The REST face of an application: every path below the context, and an error body for every other path.
pub fn router(app: App, settings: RestSettings) -> axum::Router {
    let rest = Arc::new(Rest::new(app, settings));
    axum::Router::new().fallback(move |request| answer(rest, request))
}

/// The URL table: what each resource answers.
async fn reply(
    rest: &Rest,
    resource: Resource,
    request: &Parts,
    with: Parameters,
    file: Option<UploadedFile>,
) -> Result<Reply, Failure> {
    match &resource {
        Resource::Info => Ok(info::show(rest)),
        Resource::HealthCheck => Ok(info::health_check(rest).await),
        Resource::Catalog { folder } => catalog::show(rest, folder),
        Resource::File(path) => directory::show(rest, path).await,
        Resource::Service(name) => service::show(rest, name, request),
        Resource::ServiceInfo(name) => service::show_info(rest, name),
        Resource::ItemInfo(name) => service::show_item_info(rest, name),
        Resource::ServiceMetadata(name) => metadata::show_service(rest, name),
        Resource::Thumbnail(name) => metadata::show_thumbnail(rest, name),
        Resource::Uploads(path) => upload::answer(rest, path, request, &with, file).await,
        Resource::Task(path) => task::show(rest, path, request),
        Resource::TaskMetadata(path) => metadata::show_task(rest, path),
        Resource::Execute(path) => execute::execute(rest, path, request, with).await,
        Resource::SubmitJob(path) => submit_job::submit(rest, path, request, with).await,
        Resource::Job(path) => job::show(rest, path, &with).await,
        Resource::Cancel(path) => job::cancel(rest, path, &with).await,
        Resource::Messages(path) => job::show_messages(rest, path).await,
        Resource::Results(path) => result::show_all(rest, path, &with).await,
        Resource::Result(path, name) => result::show(rest, path, name, request, &with).await,
        Resource::Inputs(path) => input::show_all(rest, path).await,
        Resource::Input(path, name) => input::show(rest, path, name, &with).await,
    }
}

/// What every request needs, made once.
struct Rest {
    app: App,
    settings: RestSettings,
    body_memory: BodyMemory,
    change_room: ChangeRoom,
    services: HashMap<ServiceName, service::ServicePage>,
}

/// A response with what the log is to say of it.
struct Answer {
    response: Response<Body>,
    code: Option<u16>,
    cause: Option<String>,
    job: Option<JobId>,
    bytes_in: usize,
    bytes_out: usize,
}

impl Rest {
    fn new(app: App, settings: RestSettings) -> Rest {
        let pages =
            app.catalog.services().map(|service| (service.name.clone(), service::page(service, &settings)));
        let body_memory = BodyMemory::new(settings.max_total_body_bytes, app.limits.max_body_bytes);
        let change_room = ChangeRoom::new(settings.max_changed_bytes);
        Rest { services: pages.collect(), app, settings, body_memory, change_room }
    }

    /// The service of that name, with its prepared replies.
    fn service(&self, name: &ServiceName) -> Result<(&Service, &service::ServicePage), Failure> {
        let found = self.app.catalog.service(name).zip(self.services.get(name));
        found.ok_or_else(|| error::service_not_found(&format!("{name}/GPServer")).into())
    }

    /// The task of that name, with its service.
    fn task(&self, path: &TaskPath) -> Result<(&Service, &PublishedTask), Failure> {
        let (service, _) = self.service(&path.service)?;
        let task =
            service.task(&path.task).ok_or_else(|| error::task_not_found(&path.service, &path.task))?;
        Ok((service, task))
    }

    /// Scheme, host and context, such as `https://gis.example.org/arcgis`.
    fn base_url(&self, request: &Parts) -> String {
        let origin = match &self.settings.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => request::origin(request),
        };
        format!("{origin}/{}", self.settings.context)
    }
}

/// Answers any request; a panic on the way is an error body too, never a dropped connection.
async fn answer(rest: Arc<Rest>, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let id = trace::request_id(&parts);
    let resource = Resource::find(&rest.settings.context, parts.uri.path());
    let named = resource.as_ref().ok().cloned();
    let mut answer = match caught(respond(&rest, &parts, body, resource)).await {
        Ok(answer) => answer,
        Err(Panicked) => small(Reply::from(panicked(&id)), Shape::default(), &parts).await,
    };
    cors::allow(&rest.settings, &parts.headers, answer.response.headers_mut());
    answer.response.headers_mut().insert(trace::REQUEST_ID, id.clone());
    let outcome = trace::Outcome {
        status: answer.response.status().as_u16(),
        code: answer.code,
        cause: answer.cause.as_deref(),
        job: answer.job.as_ref(),
        bytes_in: answer.bytes_in,
        bytes_out: answer.bytes_out,
    };
    trace::log(&parts, &id, named.as_ref(), started, &outcome);
    answer.response
}

async fn respond(
    rest: &Rest,
    request: &Parts,
    body: Body,
    resource: Result<Resource, resource::NoResource>,
) -> Answer {
    if request.method == Method::OPTIONS {
        return Answer {
            response: cors::preflight(),
            code: None,
            cause: None,
            job: None,
            bytes_in: 0,
            bytes_out: 0,
        };
    }
    // Held until the reply is there: until then the parameters, or what was read of them, are in memory.
    let mut room = rest.body_memory.room();
    let most = rest.settings.max_parameters;
    let (received, file) = match &resource {
        Ok(Resource::Uploads(path)) if upload::takes(path, request) => {
            upload::receive(rest, path, request, body, &mut room).await
        }
        _ => (request::receive(request, body, &mut room, &rest.app.limits, most).await, None),
    };
    let bytes_in = received.body_bytes;
    let (shape, known_shape) = Shape::read(&received.parameters, resource.as_ref().ok());
    let named = resource.as_ref().ok().cloned();
    let reply = match known_shape {
        Ok(()) => checked_reply(rest, resource, request, received, file).await,
        Err(_) if resource.as_ref().is_ok_and(Resource::is_file) => {
            checked_reply(rest, resource, request, received, file).await
        }
        Err(error) => {
            upload::forget(rest, file).await;
            Err(error.into())
        }
    };
    let mut reply = reply.unwrap_or_else(Reply::from);
    let (code, cause, job) = (reply.code, reply.cause.take(), reply.job.take());
    if let Some(download) = reply.download.take() {
        let (response, bytes_out) = download.response(request);
        return Answer { response, code, cause, job, bytes_in, bytes_out };
    }
    let sent = match response::shape(reply, shape.clone(), request).await {
        Ok(shaped) => carry::fit(rest, named.as_ref(), shaped).await,
        Err(error) => Err(error.into()),
    };
    match sent {
        Ok(carry::Fitted::AsItIs(shaped)) => {
            let (response, bytes_out) = response::build(shaped, request);
            Answer { response, code, cause, job, bytes_in, bytes_out }
        }
        Ok(carry::Fitted::Elsewhere(reply)) => {
            Answer { bytes_in, ..small(reply, Shape::default(), request).await }
        }
        Err(failure) => Answer { bytes_in, ..small(Reply::from(failure), shape, request).await },
    }
}

async fn checked_reply(
    rest: &Rest,
    resource: Result<Resource, resource::NoResource>,
    request: &Parts,
    received: Received,
    file: Option<UploadedFile>,
) -> Result<Reply, Failure> {
    if ![Method::GET, Method::POST, Method::HEAD].contains(&request.method) {
        let details = vec![format!("the method {} is not supported; use GET or POST", request.method)];
        return Err(RequestError { code: 405, message: "Method not allowed".into(), details }.into());
    }
    let resource = resource.map_err(RequestError::from)?;
    if let Some(problem) = received.problem {
        return Err(problem);
    }
    if request.method == Method::HEAD && resource.is_operation() {
        return Ok(Reply::volatile("{}"));
    }
    reply(rest, resource, request, received.parameters, file).await
}

/// The answer with a reply that is neither stored nor large.
async fn small(mut reply: Reply, shape: Shape, request: &Parts) -> Answer {
    let (code, cause) = (reply.code, reply.cause.take());
    let json = reply.json.clone();
    let shaped = response::shape(reply, shape, request).await;
    let (response, bytes_out) = match shaped {
        Ok(shaped) => response::build(shaped, request),
        Err(_) => (Response::new(Body::from(json)), 0),
    };
    Answer { response, code, cause, job: None, bytes_in: 0, bytes_out }
}

/// A panic ended it; not with what message, which may quote what the user sent.
struct Panicked;

/// The future's output unless a panic ends it. It is not polled again, so nothing half-changed can be seen.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

fn panicked(id: &HeaderValue) -> Failure {
    let detail = format!(
        "the server met a fault of its own; please report request {}",
        id.to_str().unwrap_or_default()
    );
    let error = RequestError { details: vec![detail], ..RequestError::internal() };
    Failure { error, cause: Some("the request panicked; standard error says where".to_owned()) }
}
