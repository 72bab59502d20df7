//! The conformance suites of gp-core against DynamoDB, SQS and S3 as the emulator plays them, each on storage of its own.

#![expect(clippy::unwrap_used, reason = "what cannot be set up has failed the test")]

use gp_aws::testing::{receive, sandbox};
use gp_aws::{Config, Stores};
use gp_aws_tests::State;
use gp_core::{JobId, JobStore, testing};
use std::sync::Arc;

async fn stores() -> Stores {
    let state = State::read();
    let config: Config = state.config(&state.endpoint);
    sandbox(&config).await.unwrap()
}

#[tokio::test]
async fn the_job_store_conforms() {
    testing::job_store(stores().await.jobs.as_ref()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_job_store_conforms_under_races() {
    let jobs: Arc<dyn JobStore> = stores().await.jobs;
    testing::job_store_races(jobs).await;
}

#[tokio::test]
async fn the_blob_store_conforms() {
    let blobs = stores().await.blobs;
    testing::blob_store(blobs.as_ref()).await;
    testing::files(blobs.as_ref(), &std::env::temp_dir()).await;
}

#[tokio::test]
async fn the_upload_store_conforms() {
    testing::upload_store(&stores().await.uploads(64 << 20)).await;
}

#[tokio::test]
async fn the_queue_conforms() {
    let queue = stores().await.queue;
    let next = async || -> JobId {
        loop {
            if let Some(received) = receive(&queue).await.unwrap() {
                return received.id;
            }
        }
    };
    testing::job_queue(queue.as_ref(), next).await;
}
