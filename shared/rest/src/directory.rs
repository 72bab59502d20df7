//! Files that runs made, below `/rest/directories` (specification 1.11), and the schema of a service's data types (1.6).
//!
//! A file that is not there is a 404 in HTTP's own sense: whoever follows a link is no client of the protocol.

use crate::Rest;
use crate::error::Failure;
use crate::resource::FilePath;
use crate::response::Reply;
use crate::schema;
use crate::upload::Download;
use gp_core::{
    BlobKey, JobId, OutputId, RequestError, StoreError, StoredFile, content_of, job_file_key,
    output_directory,
};
use http::StatusCode;

/// The file.
pub(crate) async fn show(rest: &Rest, path: &FilePath) -> Result<Reply, Failure> {
    let (key, name) = match path {
        FilePath::OfJob { directory, job, name } => {
            let key = match JobId::parse(job) {
                Some(id) => job_file_key(&rest.app, directory, &id, name).await?,
                None => None,
            };
            (key, name)
        }
        FilePath::OfExecute { id, name, .. } => {
            (OutputId::parse(id).map(|id| BlobKey::Output(id, name.clone())), name)
        }
        FilePath::Schema { directory } => {
            let mut services = rest.app.catalog.services();
            let service = services.find(|service| output_directory(&service.name) == *directory);
            return Ok(service.map_or_else(|| missing(directory), |_| Reply::stable(schema::SCHEMA)));
        }
    };
    let Some(key) = key else { return Ok(missing(name)) };
    match rest.app.blobs.file(&key).await {
        Ok(StoredFile::Stream(source, byte_len)) => {
            Ok(Download::reply(source, byte_len, name, content_of(name).media_type))
        }
        Ok(StoredFile::Link(url)) => Ok(Reply::elsewhere(&url)),
        Err(StoreError::NotFound(_)) => Ok(missing(name)),
        Err(error) => Err(error.into()),
    }
}

fn missing(name: &str) -> Reply {
    let detail = format!("there is no file {name} here: it was never made, or it has expired");
    let error = RequestError { details: vec![detail], ..RequestError::not_found("Not found") };
    Reply { status: StatusCode::NOT_FOUND, ..Reply::from(Failure::from(error)) }
}
