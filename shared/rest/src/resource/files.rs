//! The part of the URL grammar below `/rest/directories`: files that runs made (specification 1.1, 1.11).

use super::{NoResource, decoded};

/// A file that a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FilePath {
    /// `arcgisjobs/folder_service_gpserver/ID/scratch/file`
    OfJob {
        /// The directory of the service.
        directory: String,
        /// The job.
        job: String,
        /// The file.
        name: String,
    },
    /// `arcgisoutput/Folder_Service_GPServer/ID/file`
    OfExecute {
        /// The directory of the service.
        directory: String,
        /// The run.
        id: String,
        /// The file.
        name: String,
    },
    /// `arcgisoutput/Folder_Service_GPServer/Service/spec/json-schema.json`
    Schema {
        /// The directory of the service.
        directory: String,
    },
}

impl FilePath {
    /// The file of these segments below `directories`.
    pub(super) fn find<'p>(segments: impl Iterator<Item = &'p str>) -> Result<FilePath, NoResource> {
        // One more than the longest path has.
        let names = segments.take(6).map(decoded).collect::<Result<Vec<String>, NoResource>>()?;
        match names.as_slice() {
            [kind, directory, job, scratch, name] if kind == "arcgisjobs" && scratch == "scratch" => {
                let (directory, job, name) = (directory.clone(), job.clone(), name.clone());
                Ok(FilePath::OfJob { directory, job, name })
            }
            [kind, directory, id, name] if kind == "arcgisoutput" => {
                let (directory, id, name) = (directory.clone(), id.clone(), name.clone());
                Ok(FilePath::OfExecute { directory, id, name })
            }
            [kind, directory, _, spec, file]
                if kind == "arcgisoutput" && spec == "spec" && file == "json-schema.json" =>
            {
                Ok(FilePath::Schema { directory: directory.clone() })
            }
            _ => Err(NoResource::InvalidUrl),
        }
    }
}
