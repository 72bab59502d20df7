//! The conformance suites of gp-core against SQLite and files.

use gp_core::{JobStore, testing};
use gp_embedded::{FileBlobs, FileUploads, LineOfJobs, SqliteJobs};
use std::sync::Arc;

#[tokio::test]
async fn the_job_store_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteJobs::open(&folder.path().join("jobs.sqlite")).unwrap();
    testing::job_store(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_job_store_conforms_under_races() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn JobStore> = Arc::new(SqliteJobs::open(&folder.path().join("jobs.sqlite")).unwrap());
    testing::job_store_races(store).await;
}

#[tokio::test]
async fn the_blob_store_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobs::new(folder.path().join("blobs"));
    testing::blob_store(&blobs).await;
    testing::files(&blobs, folder.path()).await;
}

#[tokio::test]
async fn the_upload_store_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = Arc::new(SqliteJobs::open(&folder.path().join("jobs.sqlite")).unwrap());
    testing::upload_store(&FileUploads::new(jobs, folder.path().join("uploads"))).await;
}

#[tokio::test]
async fn the_queue_conforms() {
    let (line, mut receiver) = LineOfJobs::new();
    testing::job_queue(&line, async || receiver.recv().await.unwrap()).await;
}
