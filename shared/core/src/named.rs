//! What the parameters of a request name of what the server keeps, looked up before a worker reads it: workers have no right
//! to any store.

use crate::files::own_files;
use crate::uploads::named_uploads;
use crate::{App, NamedUpload, OwnFile, Parameters, PublishedTask, Service, StoreError};
use std::collections::HashSet;
use std::hash::Hash;

/// The uploads and the files of earlier runs that the parameters name.
///
/// # Errors
/// The store failed.
pub(crate) async fn named_data(
    app: &App,
    service: &Service,
    task: &PublishedTask,
    parameters: &Parameters,
) -> Result<(Vec<NamedUpload>, Vec<OwnFile>), StoreError> {
    Ok((named_uploads(app, service, task, parameters).await?, own_files(app, task, parameters).await?))
}

/// How many uploads, and how many files, of one request are looked up: each may cost a call of the store, and a text of megabytes
/// may name thousands.
const MAX_LOOKED_UP: usize = 500;

/// Each once, in their order, and no more than are looked up.
pub(crate) fn first_unique<T: Clone + Eq + Hash>(all: impl Iterator<Item = T>) -> Vec<T> {
    let (mut unique, mut known) = (Vec::new(), HashSet::new());
    for one in all {
        if unique.len() == MAX_LOOKED_UP {
            break;
        }
        if known.insert(one.clone()) {
            unique.push(one);
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_looked_up_once_and_no_more_than_a_store_can_bear() {
        assert_eq!(first_unique([3, 1, 3, 3, 2].into_iter()), [3, 1, 2]);
        assert_eq!(first_unique((0..1000).map(|n| n % 300)).len(), 300, "what is repeated uses nothing up");
        assert_eq!(first_unique(0..).len(), MAX_LOOKED_UP);
    }
}
