//! The URL grammar (specification 1.1): from a path to the resource that it names, without looking whether it exists.
//!
//! Own code because no router's patterns can say it: folders are optional, slashes may be doubled or trailing, names
//! carry spaces, and operations are matched without regard to case while services are not.

mod files;
pub(crate) mod uploads;

pub(crate) use files::FilePath;
use gp_core::{ServiceName, segment_text};
use uploads::UploadsPath;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `/rest/info`
    Info,
    /// `/rest/info/healthCheck`
    HealthCheck,
    /// `/rest/services`, `/rest/services/Folder`; `/rest` leads there too.
    Catalog { folder: String },
    /// `/rest/directories/…`
    File(FilePath),
    /// `…/GPServer`
    Service(ServiceName),
    /// `…/GPServer/info`
    ServiceInfo(ServiceName),
    /// `…/GPServer/info/iteminfo`
    ItemInfo(ServiceName),
    /// `…/GPServer/info/metadata`
    ServiceMetadata(ServiceName),
    /// `…/GPServer/info/thumbnail`
    Thumbnail(ServiceName),
    /// `…/GPServer/uploads` and what is below.
    Uploads(UploadsPath),
    /// `…/GPServer/Task`
    Task(TaskPath),
    /// `…/GPServer/Task/metadata`
    TaskMetadata(TaskPath),
    /// `…/GPServer/Task/execute`
    Execute(TaskPath),
    /// `…/GPServer/Task/submitJob`
    SubmitJob(TaskPath),
    /// `…/GPServer/Task/jobs/ID`
    Job(JobPath),
    /// `…/jobs/ID/cancel`
    Cancel(JobPath),
    /// `…/jobs/ID/messages`
    Messages(JobPath),
    /// `…/jobs/ID/results`
    Results(JobPath),
    /// `…/jobs/ID/results/Parameter`
    Result(JobPath, String),
    /// `…/jobs/ID/inputs`
    Inputs(JobPath),
    /// `…/jobs/ID/inputs/Parameter`
    Input(JobPath, String),
}

/// A task of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskPath {
    pub(crate) service: ServiceName,
    pub(crate) task: String,
}

/// A job, as the URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobPath {
    pub(crate) task: TaskPath,
    pub(crate) job: String,
}

/// Why a path names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoResource {
    /// It is outside the grammar.
    InvalidUrl,
    /// It names a service of another type, such as `Folder/Name/MapServer`.
    OtherService(String),
}

/// The longest path worth looking at, in segments: folder, service, type, task, jobs, id, results, name.
const MAX_SEGMENTS: usize = 8;

impl Resource {
    /// The resource at that path of a server with that context.
    pub(crate) fn find(context: &str, path: &str) -> Result<Resource, NoResource> {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let root = (segments.next(), segments.next());
        let (Some(first), Some("rest")) = root else { return Err(NoResource::InvalidUrl) };
        if decoded(first)? != context {
            return Err(NoResource::InvalidUrl);
        }
        match segments.next() {
            None => Ok(Resource::Catalog { folder: String::new() }),
            Some("info") => info(segments),
            Some("directories") => Ok(Resource::File(FilePath::find(segments)?)),
            Some("services") => {
                let mut names = Vec::with_capacity(MAX_SEGMENTS);
                for segment in segments {
                    if names.len() == MAX_SEGMENTS {
                        return Err(NoResource::InvalidUrl);
                    }
                    names.push(decoded(segment)?);
                }
                services(names)
            }
            Some(_) => Err(NoResource::InvalidUrl),
        }
    }

    /// Whether asking for it changes or starts something, so that HEAD must not do it.
    pub(crate) fn is_operation(&self) -> bool {
        match self {
            Resource::Execute(_) | Resource::SubmitJob(_) | Resource::Cancel(_) => true,
            Resource::Uploads(path) => path.needs_post(),
            _ => false,
        }
    }

    /// Whether it is always XML, an image or an uploaded file, whatever format is asked for.
    pub(crate) fn is_file(&self) -> bool {
        match self {
            Resource::ServiceMetadata(_) | Resource::Thumbnail(_) | Resource::TaskMetadata(_) => true,
            Resource::Uploads(path) => path.is_download(),
            Resource::File(_) => true,
            _ => false,
        }
    }

    /// Its kind, for the log.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Resource::Info => "info",
            Resource::HealthCheck => "healthCheck",
            Resource::File(_) => "file",
            Resource::Catalog { .. } => "catalog",
            Resource::Service(_) => "service",
            Resource::ServiceInfo(_) => "service info",
            Resource::ItemInfo(_) => "iteminfo",
            Resource::ServiceMetadata(_) => "service metadata",
            Resource::Thumbnail(_) => "thumbnail",
            Resource::Uploads(path) => path.kind(),
            Resource::Task(_) => "task",
            Resource::TaskMetadata(_) => "task metadata",
            Resource::Execute(_) => "execute",
            Resource::SubmitJob(_) => "submitJob",
            Resource::Job(_) => "job",
            Resource::Cancel(_) => "cancel",
            Resource::Messages(_) => "messages",
            Resource::Results(_) => "results",
            Resource::Result(..) => "result",
            Resource::Inputs(_) => "inputs",
            Resource::Input(..) => "input",
        }
    }

    /// The service it belongs to.
    pub(crate) fn service(&self) -> Option<&ServiceName> {
        match self {
            Resource::Info | Resource::HealthCheck | Resource::Catalog { .. } | Resource::File(_) => None,
            Resource::Service(name) | Resource::ServiceInfo(name) | Resource::ItemInfo(name) => Some(name),
            Resource::ServiceMetadata(name) | Resource::Thumbnail(name) => Some(name),
            Resource::Uploads(path) => Some(&path.service),
            _ => self.task().map(|path| &path.service),
        }
    }

    /// The task it belongs to.
    pub(crate) fn task(&self) -> Option<&TaskPath> {
        match self {
            Resource::Task(path) | Resource::TaskMetadata(path) => Some(path),
            Resource::Execute(path) | Resource::SubmitJob(path) => Some(path),
            _ => self.job().map(|path| &path.task),
        }
    }

    /// The job it belongs to.
    pub(crate) fn job(&self) -> Option<&JobPath> {
        match self {
            Resource::Job(path) | Resource::Cancel(path) | Resource::Messages(path) => Some(path),
            Resource::Results(path) | Resource::Inputs(path) => Some(path),
            Resource::Result(path, _) | Resource::Input(path, _) => Some(path),
            _ => None,
        }
    }
}

fn info<'p>(mut segments: impl Iterator<Item = &'p str>) -> Result<Resource, NoResource> {
    match (segments.next(), segments.next()) {
        (None, _) => Ok(Resource::Info),
        (Some(child), None) if child.eq_ignore_ascii_case("healthCheck") => Ok(Resource::HealthCheck),
        _ => Err(NoResource::InvalidUrl),
    }
}

fn services(mut names: Vec<String>) -> Result<Resource, NoResource> {
    if names.len() < 2 {
        return Ok(Resource::Catalog { folder: names.pop().unwrap_or_default() });
    }
    // The exact type first: a service's own name may end in "Server".
    let find = |is_type: fn(&str) -> bool| (1..names.len().min(3)).find(|at| is_type(&names[*at]));
    let Some(type_at) = find(|name| name == "GPServer").or_else(|| find(is_service_type)) else {
        return Err(NoResource::InvalidUrl);
    };
    if names[type_at] != "GPServer" {
        return Err(NoResource::OtherService(names[..=type_at].join("/")));
    }
    let children = names.split_off(type_at + 1);
    let folder = if type_at == 2 { names[0].as_str() } else { "" };
    let service = ServiceName::new(folder, &names[type_at - 1]);
    below_service(service, children)
}

fn is_service_type(name: &str) -> bool {
    name.len() > 6
        && name.is_char_boundary(name.len() - 6)
        && name[name.len() - 6..].eq_ignore_ascii_case("Server")
}

fn below_service(service: ServiceName, children: Vec<String>) -> Result<Resource, NoResource> {
    let mut children = children.into_iter();
    let Some(task) = children.next() else { return Ok(Resource::Service(service)) };
    if task == "uploads" {
        return UploadsPath::find(service, children).map(Resource::Uploads);
    }
    let operation = children.next();
    if task == "info" {
        return match operation {
            None => Ok(Resource::ServiceInfo(service)),
            Some(child) if child.eq_ignore_ascii_case("iteminfo") => Ok(Resource::ItemInfo(service)),
            Some(child) if child.eq_ignore_ascii_case("metadata") => Ok(Resource::ServiceMetadata(service)),
            Some(child) if child.eq_ignore_ascii_case("thumbnail") => Ok(Resource::Thumbnail(service)),
            Some(_) => Err(NoResource::InvalidUrl),
        };
    }
    let task = TaskPath { service, task };
    match (operation.as_deref(), children.next()) {
        (None, _) => Ok(Resource::Task(task)),
        (Some(name), None) if name.eq_ignore_ascii_case("metadata") => Ok(Resource::TaskMetadata(task)),
        (Some(name), None) if name.eq_ignore_ascii_case("execute") => Ok(Resource::Execute(task)),
        (Some(name), None) if name.eq_ignore_ascii_case("submitJob") => Ok(Resource::SubmitJob(task)),
        (Some(name), Some(job)) if name.eq_ignore_ascii_case("jobs") => {
            below_job(JobPath { task, job }, children)
        }
        _ => Err(NoResource::InvalidUrl),
    }
}

fn below_job(job: JobPath, mut children: impl Iterator<Item = String>) -> Result<Resource, NoResource> {
    let Some(child) = children.next() else { return Ok(Resource::Job(job)) };
    let is = |name: &str| child.eq_ignore_ascii_case(name);
    let name = children.next();
    if children.next().is_some() {
        return Err(NoResource::InvalidUrl);
    }
    match name {
        None if is("cancel") => Ok(Resource::Cancel(job)),
        None if is("messages") => Ok(Resource::Messages(job)),
        None if is("results") => Ok(Resource::Results(job)),
        None if is("inputs") => Ok(Resource::Inputs(job)),
        Some(name) if is("results") => Ok(Resource::Result(job, name)),
        Some(name) if is("inputs") => Ok(Resource::Input(job, name)),
        _ => Err(NoResource::InvalidUrl),
    }
}

fn decoded(segment: &str) -> Result<String, NoResource> {
    segment_text(segment).ok_or(NoResource::InvalidUrl)
}

#[cfg(test)]
mod tests;
