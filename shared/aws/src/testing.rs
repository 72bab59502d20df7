//! What tests of the adapters need beyond the ports: storage of their own on an emulator, a receiver of messages, and a
//! look at an item as it is stored.

use crate::item::attribute as a;
use crate::{Config, DynamoJobs, S3Blobs, SqsQueue, Stores, clients, due, failure, size};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::MessageSystemAttributeName;
use gp_core::JobId;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The job.
    pub id: JobId,
    /// The trace header beside it.
    pub trace: Option<String>,
}

/// An item as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its attributes that are numbers.
    pub numbers: BTreeMap<String, i64>,
    /// What DynamoDB counts it as.
    pub bytes: usize,
}

/// Makes a table like that of the template (without TTL, which would remove what tests date in the past), a queue and a
/// bucket that nobody else uses.
///
/// # Errors
/// There is no endpoint in the configuration (on AWS this would cost money and stay), or the emulator refuses.
pub async fn sandbox(config: &Config) -> Outcome<Stores> {
    if config.endpoint.is_none() {
        return Err("a sandbox is made on an emulator only: set AWS_ENDPOINT_URL".into());
    }
    let name = format!("sandbox-{:x}", u64::from_le_bytes(failure::random()?));
    let http = clients::http();
    let jobs = DynamoJobs { client: clients::dynamodb(config, &http), table: name.clone() };
    create_table(&jobs).await?;
    let client = clients::sqs(config, &http);
    let made = client.create_queue().queue_name(&name).send().await?;
    let queue = SqsQueue { client, url: made.queue_url.ok_or("a queue without a URL")? };
    let blobs = S3Blobs { client: clients::s3(config, &http), bucket: name };
    blobs.client.create_bucket().bucket(&blobs.bucket).send().await?;
    Ok(Stores { jobs: Arc::new(jobs), queue: Arc::new(queue), blobs: Arc::new(blobs) })
}

/// The same storage, reached by another configuration.
pub fn reached_by(config: &Config, stores: &Stores) -> Stores {
    let http = clients::http();
    let (table, bucket) = (stores.jobs.table.clone(), stores.blobs.bucket.clone());
    Stores {
        jobs: Arc::new(DynamoJobs { client: clients::dynamodb(config, &http), table }),
        queue: Arc::new(SqsQueue { client: clients::sqs(config, &http), url: stores.queue.url.clone() }),
        blobs: Arc::new(S3Blobs { client: clients::s3(config, &http), bucket }),
    }
}

/// Storage of the same emulator that is not there.
pub fn elsewhere(stores: &Stores) -> Stores {
    let Stores { jobs, queue, blobs } = stores;
    let name = "nothing-here".to_owned();
    Stores {
        jobs: Arc::new(DynamoJobs { client: jobs.client.clone(), table: name.clone() }),
        queue: Arc::new(SqsQueue { client: queue.client.clone(), url: format!("{}-{name}", queue.url) }),
        blobs: Arc::new(S3Blobs { client: blobs.client.clone(), bucket: name }),
    }
}

/// Waits up to a second for a message, and takes it off the queue.
///
/// # Errors
/// The queue does not answer, or holds something that is no job's id.
pub async fn receive(queue: &SqsQueue) -> Outcome<Option<Received>> {
    let receive = queue
        .client
        .receive_message()
        .queue_url(&queue.url)
        .wait_time_seconds(1)
        .message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader);
    let Some(message) = receive.send().await?.messages.unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    let handle = message.receipt_handle().ok_or("a message without a handle")?;
    queue.client.delete_message().queue_url(&queue.url).receipt_handle(handle).send().await?;
    let id = message.body().and_then(JobId::parse).ok_or("a message that is no id")?;
    let trace =
        message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::AwsTraceHeader)).cloned();
    Ok(Some(Received { id, trace }))
}

/// The item of a job.
///
/// # Errors
/// The table does not answer, or there is no such item.
pub async fn stored(jobs: &DynamoJobs, id: &JobId) -> Outcome<Stored> {
    let item = jobs.read(id, &[]).await?.ok_or("no such item")?;
    let number = |(name, value): (&String, &aws_sdk_dynamodb::types::AttributeValue)| {
        Some((name.clone(), value.as_n().ok()?.parse().ok()?))
    };
    Ok(Stored { numbers: item.iter().filter_map(number).collect(), bytes: size::item_bytes(&item) })
}

async fn create_table(jobs: &DynamoJobs) -> Outcome<()> {
    let defined =
        |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let key = |name: &str| KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build();
    let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(due::INDEX)
        .key_schema(key(a::DUE_MS)?)
        .projection(keys_only);
    jobs.client
        .create_table()
        .table_name(&jobs.table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(defined(a::ID, ScalarAttributeType::S)?)
        .attribute_definitions(defined(a::DUE_MS, ScalarAttributeType::N)?)
        .key_schema(key(a::ID)?)
        .global_secondary_indexes(index.build()?)
        .send()
        .await?;
    Ok(())
}
