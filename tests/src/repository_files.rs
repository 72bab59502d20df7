//! Files of the repository as what requests name: the item id of an "upload" is a path below it.
//!
//! Separate because every test that runs a tool without a server needs the same, and none of them may fetch anything.

use gp_core::{DataFile, InputSource, RunFiles, SourceError, SourceFeatures, Wanted};
use gp_esri::DataReference;
use gp_formats::Input;
use std::path::Path;

/// Gives files of the repository, and nothing that has a URL.
#[derive(Clone, Copy, Debug)]
pub struct RepositoryFiles;

impl InputSource for RepositoryFiles {
    fn features(&self, _: &DataReference, _: &Wanted<'_>) -> Result<SourceFeatures, SourceError> {
        Err(SourceError::Elsewhere)
    }

    fn file(&self, reference: &DataReference) -> Result<DataFile, SourceError> {
        if reference.item_id.is_empty() {
            return Err(SourceError::Elsewhere);
        }
        let path = crate::repository().join(&reference.item_id);
        let file = Input::open(&path);
        file.map(DataFile).map_err(|error| SourceError::Refused(format!("{}: {error}", path.display())))
    }
}

/// The place of a run's files in this folder; URLs begin as those of a server on this machine.
pub fn run_files(folder: &Path) -> RunFiles {
    let url = "http://127.0.0.1:6080/arcgis/rest/directories/arcgisjobs/";
    RunFiles { folder: folder.to_owned(), url: url.to_owned() }
}
