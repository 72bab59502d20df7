//! Services and their tasks: what is published, under which name, with which limits. Data, not code.

use crate::{MessageLevel, Parameter, Task, UploadLimits, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The name of a service with its folder: `Samples/Tasks`, or `Analysis` in the root folder. Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceName(String);

/// Whether a service answers at once or by jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionType {
    /// `execute`; esriExecutionTypeSynchronous
    Synchronous,
    /// `submitJob`; esriExecutionTypeAsynchronous
    Asynchronous,
}

/// A geoprocessing service.
pub struct Service {
    /// Folder and name.
    pub name: ServiceName,
    /// What it is for.
    pub description: String,
    /// `execute` or `submitJob`.
    pub execution_type: ExecutionType,
    /// Its tasks, in the order in which they are listed.
    pub tasks: Vec<PublishedTask>,
    /// Data that requests may choose by name.
    pub layers: Vec<StoredLayer>,
    /// How many features a result may have before it is withheld (specification 2.8).
    pub maximum_records: u64,
    /// How long one run may take.
    pub time_limit: Duration,
    /// Messages below this are not published.
    pub message_level: MessageLevel,
    /// How long results are kept after a job ended.
    pub retention: Duration,
    /// How long a small job may take within its own `submitJob`, where the server can do that; `None` for never.
    pub run_on_submit: Option<Duration>,
    /// Which files clients may upload; `None` for none.
    pub uploads: Option<UploadLimits>,
}

/// Data that is kept with a service: what layer choice lists name (specification 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLayer {
    /// The name that requests give.
    pub name: String,
    /// Where it is.
    pub place: LayerPlace,
    /// The layer of a file that holds several.
    pub layer: Option<String>,
}

/// Where a stored layer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerPlace {
    /// A layer of a feature or map service, or a file on a web server.
    Url(String),
    /// A file of this machine.
    File(PathBuf),
}

/// A tool as a task of a service.
pub struct PublishedTask {
    /// The name in the URL.
    pub name: String,
    /// The label that people see.
    pub display_name: String,
    /// What it does.
    pub description: String,
    /// The tool.
    pub task: &'static dyn Task,
    /// The tool's parameters, inputs first, with this service's defaults and choices.
    pub parameters: Vec<Parameter>,
}

/// Every service of a server.
#[derive(Default)]
pub struct Catalog {
    services: BTreeMap<ServiceName, Service>,
}

impl ServiceName {
    /// The name of a service in a folder; an empty folder is the root.
    pub fn new(folder: &str, name: &str) -> ServiceName {
        if folder.is_empty() { ServiceName(name.to_owned()) } else { ServiceName(format!("{folder}/{name}")) }
    }

    /// The name that [`ServiceName::as_str`] gave.
    pub fn parse(text: &str) -> ServiceName {
        ServiceName(text.to_owned())
    }

    /// The folder; empty for the root.
    pub fn folder(&self) -> &str {
        self.0.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// The name without the folder.
    pub fn base_name(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Folder and name as the catalog lists them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl ExecutionType {
    /// The name on the wire.
    pub fn wire_name(self) -> &'static str {
        match self {
            ExecutionType::Synchronous => "esriExecutionTypeSynchronous",
            ExecutionType::Asynchronous => "esriExecutionTypeAsynchronous",
        }
    }
}

impl Service {
    /// The task of that name: case-sensitive, as ArcGIS is.
    pub fn task(&self, name: &str) -> Option<&PublishedTask> {
        self.tasks.iter().find(|task| task.name == name)
    }
}

impl PublishedTask {
    /// The tool under its own name.
    pub fn new(task: &'static dyn Task) -> PublishedTask {
        PublishedTask {
            name: task.name().to_owned(),
            display_name: spaced(task.name()),
            description: task.description().to_owned(),
            task,
            parameters: task.inputs().iter().chain(task.outputs()).cloned().collect(),
        }
    }

    /// The input parameters.
    pub fn inputs(&self) -> &[Parameter] {
        &self.parameters[..self.task.inputs().len()]
    }

    /// The output parameters.
    pub fn outputs(&self) -> &[Parameter] {
        &self.parameters[self.task.inputs().len()..]
    }

    /// The parameter of that name: matched exactly, else without regard to case.
    pub fn parameter<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a Parameter> {
        let exact = parameters.iter().find(|parameter| parameter.name == name);
        exact.or_else(|| parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name)))
    }

    /// Sets the default of an input and makes it optional.
    pub(crate) fn set_default(&mut self, index: usize, value: Value) {
        self.parameters[index].default = value;
        self.parameters[index].requirement = crate::Requirement::Optional;
    }
}

impl Catalog {
    /// The catalog of these services; a later service replaces an earlier one of the same name.
    pub fn new(services: impl IntoIterator<Item = Service>) -> Catalog {
        Catalog { services: services.into_iter().map(|service| (service.name.clone(), service)).collect() }
    }

    /// The service of that name.
    pub fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.services.get(name)
    }

    /// Every service, ordered by name.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// The folders that hold services, ordered by name, without the root.
    pub fn folders(&self) -> Vec<&str> {
        let mut folders: Vec<&str> = self.services.keys().map(ServiceName::folder).collect();
        folders.sort_unstable();
        folders.dedup();
        folders.retain(|folder| !folder.is_empty());
        folders
    }

    /// The asynchronous service that publishes the same tool, for the sentence that sends callers there.
    pub fn asynchronous_twin(&self, task: &PublishedTask) -> Option<(&Service, &PublishedTask)> {
        self.services
            .values()
            .filter(|service| service.execution_type == ExecutionType::Asynchronous)
            .find_map(|service| {
                let twin = service.tasks.iter().find(|other| other.task.name() == task.task.name())?;
                Some((service, twin))
            })
    }
}

/// `SpatialJoin` → `Spatial Join`, `Multi_Part` → `Multi Part`.
fn spaced(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut previous = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && (previous.is_lowercase() || previous.is_ascii_digit()) {
            text.push(' ');
        }
        text.push(if letter == '_' { ' ' } else { letter });
        previous = letter;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_has_its_words_apart() {
        assert_eq!(spaced("SpatialJoin"), "Spatial Join");
        assert_eq!(spaced("Buffer"), "Buffer");
        assert_eq!(spaced("Multi_Part"), "Multi Part");
    }

    #[test]
    fn a_service_in_the_root_has_no_folder() {
        assert_eq!(ServiceName::new("", "Analysis").folder(), "");
        assert_eq!(ServiceName::new("Samples", "Tasks").folder(), "Samples");
        assert_eq!(ServiceName::new("Samples", "Tasks").base_name(), "Tasks");
    }
}
