//! Uploads: a record in the table (`record.rs`), bytes as objects `uploads/<item>/<name>` (`objects.rs`).
//!
//! A part is an object of its own, because a request carries less than S3 takes as a part of a multipart upload (5 MB). An
//! object's name is never used twice and counts for nothing until one conditional write of the record names it. What no
//! record names, the bucket's lifecycle removes; the table's TTL removes the record.

mod join;
mod objects;
mod record;

use crate::expression::{Expression, binary, number, text};
use crate::failure::{random, unavailable, unusable};
use crate::item::Item;
use crate::{DynamoJobs, S3Blobs};
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use bytes::{Bytes, BytesMut};
use gp_core::{
    ByteSource, SendTo, StoreError, StoredBytes, UploadBytes, UploadChange, UploadError, UploadId,
    UploadItem, UploadPart, UploadStore,
};
use record::attribute as a;
use std::sync::Arc;

/// Uploads in a DynamoDB table and an S3 bucket: those of the jobs.
pub struct S3Uploads {
    pub(crate) jobs: Arc<DynamoJobs>,
    pub(crate) blobs: Arc<S3Blobs>,
    /// Bytes of a file up to which its parts are put together within one request.
    pub(crate) max_joined_bytes: u64,
}

#[async_trait]
impl UploadStore for S3Uploads {
    /// One PutItem on the condition that there is no such item.
    async fn create(&self, item: &UploadItem) -> Result<(), StoreError> {
        let put = self.jobs.client.put_item().table_name(&self.jobs.table);
        let put = put.set_item(Some(record::of(item))).condition_expression("attribute_not_exists(#id)");
        match put.expression_attribute_names("#id", a::ID).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // Nobody else draws the same random bits: it is this very item, whose first answer was lost.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(unavailable("store an upload", &error)),
            },
        }
    }

    async fn get(&self, id: &UploadId) -> Result<Option<UploadItem>, StoreError> {
        let get = self.jobs.client.get_item().table_name(&self.jobs.table);
        let get = get.key(a::ID, text(id.as_str())).consistent_read(true);
        let found = get.send().await.map_err(|error| unavailable("read an upload", &error))?;
        found.item.filter(|item| !record::is_deleted(item)).map(|item| record::read(id, item)).transpose()
    }

    /// One PutObject. What a request brings here is in memory already.
    async fn receive(&self, id: &UploadId, source: &mut dyn ByteSource) -> Result<StoredBytes, UploadError> {
        let mut whole = BytesMut::new();
        while let Some(bytes) = source.next().await? {
            whole.extend_from_slice(&bytes);
        }
        let bytes = StoredBytes { name: new_name()?, byte_len: whole.len() as u64 };
        objects::put(&self.blobs, id, &bytes.name, whole.freeze()).await?;
        Ok(bytes)
    }

    async fn discard(&self, id: &UploadId, bytes: StoredBytes) {
        objects::remove(&self.blobs, id, &[bytes.name]).await;
    }

    /// One UpdateItem on the condition that the item takes parts.
    async fn add_part(&self, id: &UploadId, part: &UploadPart) -> Result<UploadChange, StoreError> {
        let mut update = Expression::default();
        let (parts, value) = (update.name(a::PARTS), update.value(record::part_value(&part.bytes)));
        // The number stands in the text: it is digits and no word of DynamoDB's, but a name must not begin with a digit.
        let place = format!("{parts}.{}", record::PART_PLACEHOLDER);
        update.set_path(&place, &value);
        update.add(a::VERSION, number(1));
        demand_open(&mut update);
        let key = record::part_key(part.number);
        match self.change("add a part of an upload", id, update, Some(key)).await? {
            None => Ok(UploadChange::Written),
            // An answer was lost, and the item was committed with this part before the second try.
            Some(item) if record::has_part(&item, part) => Ok(UploadChange::Written),
            Some(item) => Ok(refused(&item)),
        }
    }

    /// One UpdateItem on the condition that the item takes parts and is of the version that was read.
    async fn commit(&self, item: &UploadItem, parts: &[UploadPart]) -> Result<UploadChange, StoreError> {
        let mut update = Expression::default();
        update.set(a::COMMITTED, AttributeValue::Bool(true));
        update.set(a::PARTS, record::parts_value(parts));
        update.set(a::ORDER, record::order_value(parts));
        update.add(a::VERSION, number(1));
        demand_open(&mut update);
        update.demand(a::VERSION, "=", number(item.version));
        match self.change("commit an upload", &item.id, update, None).await? {
            None => Ok(UploadChange::Written),
            Some(found) if record::is_deleted(&found) || found.is_empty() => Ok(UploadChange::Gone),
            Some(found) => {
                let found = record::read(&item.id, found)?;
                // The same commit, whose first answer was lost.
                let is_done = found.committed && !parts.is_empty() && found.parts == parts;
                Ok(if is_done { UploadChange::Written } else { UploadChange::Refused })
            }
        }
    }

    /// One UpdateItem, which leaves a mark until the record expires: deleting it would need a right to delete jobs. The
    /// objects go then, or by the bucket's lifecycle.
    async fn delete(&self, item: &UploadItem) -> Result<UploadChange, StoreError> {
        let signature: [u8; 8] = random()?;
        let mut update = Expression::default();
        update.set(a::DELETED, binary(signature));
        for attribute in [a::NAME, a::DESCRIPTION, a::PARTS, a::ORDER] {
            update.remove(attribute);
        }
        let (id, deleted) = (update.name(a::ID), update.name(a::DELETED));
        update.demand_that(format!("attribute_exists({id}) AND attribute_not_exists({deleted})"));
        let refused = self.change("delete an upload", &item.id, update, None).await?;
        if refused.is_some_and(|found| !record::is_deleted_by(&found, signature)) {
            return Ok(UploadChange::Gone);
        }
        let parts = item.parts.iter().map(|part| &part.bytes).chain(&item.direct);
        let mut names: Vec<String> = parts.map(|bytes| bytes.name.clone()).collect();
        names.push(join::WHOLE.to_owned());
        objects::remove(&self.blobs, &item.id, &names).await;
        Ok(UploadChange::Written)
    }

    async fn read(&self, item: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError> {
        objects::open(self.blobs.clone(), item).await
    }

    async fn locate(&self, item: &UploadItem) -> Result<UploadBytes, StoreError> {
        let mut links = Vec::with_capacity(item.parts.len());
        for part in &item.parts {
            let link = objects::link(&self.blobs, &item.id, &part.bytes.name, None).await?;
            links.push((link, part.bytes.byte_len));
        }
        Ok(UploadBytes::Links(links))
    }

    /// A presigned GET of the only part, or of all parts put together, which is done once.
    async fn link(&self, item: &UploadItem, disposition: &str) -> Result<Option<String>, StoreError> {
        let name = match &item.parts[..] {
            [part] => &part.bytes.name,
            _ if item.byte_len() > self.max_joined_bytes => return Ok(None),
            _ => {
                join::join(&self.blobs, item).await?;
                join::WHOLE
            }
        };
        objects::link(&self.blobs, &item.id, name, Some(disposition)).await.map(Some)
    }

    async fn direct(&self, id: &UploadId, byte_len: u64) -> Result<Option<SendTo>, StoreError> {
        let bytes = StoredBytes { name: new_name()?, byte_len };
        objects::send_to(&self.blobs, id, bytes).await.map(Some)
    }

    async fn arrived(&self, id: &UploadId, bytes: &StoredBytes) -> Result<Option<u64>, StoreError> {
        objects::size(&self.blobs, id, &bytes.name).await
    }
}

impl S3Uploads {
    /// Sends one conditional update; the item as it stands when the condition did not hold, empty when there is none.
    async fn change(
        &self,
        action: &'static str,
        id: &UploadId,
        expression: Expression,
        part_key: Option<String>,
    ) -> Result<Option<Item>, StoreError> {
        let (update_text, condition_text) = (expression.update_text(), expression.condition_text());
        let (mut names, values) = expression.into_parts();
        if let Some(key) = part_key {
            names.insert(record::PART_PLACEHOLDER.to_owned(), key);
        }
        let update = self
            .jobs
            .client
            .update_item()
            .table_name(&self.jobs.table)
            .key(a::ID, text(id.as_str()))
            .update_expression(update_text)
            .condition_expression(condition_text)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Some(failed.item.clone().unwrap_or_default()))
                }
                _ => Err(unavailable(action, &error)),
            },
        }
    }
}

/// Demands that the item is there, not deleted and not committed.
fn demand_open(update: &mut Expression) {
    let (id, deleted) = (update.name(a::ID), update.name(a::DELETED));
    update.demand_that(format!("attribute_exists({id}) AND attribute_not_exists({deleted})"));
    update.demand(a::COMMITTED, "=", AttributeValue::Bool(false));
}

fn refused(item: &Item) -> UploadChange {
    if item.is_empty() || record::is_deleted(item) { UploadChange::Gone } else { UploadChange::Refused }
}

/// A name for an object that nobody used before.
fn new_name() -> Result<String, StoreError> {
    Ok(format!("{:016x}", u64::from_le_bytes(random()?)))
}

/// Bytes that cannot be an object.
fn broken(action: &'static str, error: UploadError) -> StoreError {
    match error {
        UploadError::Store(error) => error,
        UploadError::Refused(error) => unusable(action, error.to_string()),
    }
}

/// As much of the source as makes `least_bytes`, less only at its end.
async fn gather(source: &mut dyn ByteSource, least_bytes: usize) -> Result<Bytes, UploadError> {
    let mut gathered = BytesMut::new();
    while gathered.len() < least_bytes {
        let Some(bytes) = source.next().await? else { break };
        gathered.extend_from_slice(&bytes);
    }
    Ok(gathered.freeze())
}
