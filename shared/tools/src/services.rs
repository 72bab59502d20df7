//! The services that are published unless an operator chooses others: the files of `infra/services`, built in so that a
//! program runs without the repository.

use crate::TOOLS;
use gp_core::{Service, ServiceFileError, read_service};

const FILES: &[(&str, &str)] = &[
    ("analysis.toml", include_str!("../../../infra/services/analysis.toml")),
    ("analysis_jobs.toml", include_str!("../../../infra/services/analysis_jobs.toml")),
    ("samples_task_jobs.toml", include_str!("../../../infra/services/samples_task_jobs.toml")),
    ("samples_tasks.toml", include_str!("../../../infra/services/samples_tasks.toml")),
];

/// The built-in services.
///
/// # Errors
/// A service file is wrong; a test sees to it that none is.
pub fn built_in_services() -> Result<Vec<Service>, ServiceFileError> {
    FILES.iter().map(|(file, text)| read_service(file, text, TOOLS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::{LayerPlace, StoredLayer};

    #[test]
    fn every_service_file_of_the_repository_is_built_in_and_good() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/services");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>());
        let services = built_in_services().unwrap();
        assert_eq!(services.len(), FILES.len());
        let is_file = |layer: &StoredLayer| matches!(layer.place, LayerPlace::File(_));
        let with_files = services.iter().filter(|service| service.layers.iter().any(is_file)).count();
        assert_eq!(with_files, 0, "a program that is deployed has no files beside it: name layers by url");
    }
}
