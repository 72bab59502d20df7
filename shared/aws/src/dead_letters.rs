//! Messages that SQS gave up on, as the janitor takes them: by asking, once a minute. An event source would ask a hundred
//! thousand times a week for a queue that should be empty, and be paid for that.

use crate::failure::unavailable;
use aws_sdk_sqs::Client;
use gp_core::StoreError;

/// Messages of one call; SQS gives no more.
const BATCH: i32 = 10;
/// How long a letter is out of others' sight, and the least time until it is looked at again, in seconds.
const OUT_OF_SIGHT_S: i32 = 50;

/// The dead-letter queue.
pub struct DeadLetters {
    pub(crate) client: Client,
    pub(crate) url: String,
}

/// A message that was delivered too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What it says: a job's id, unless somebody else wrote it.
    pub body: String,
    handle: String,
}

impl DeadLetters {
    /// Some of the letters, without waiting for more.
    ///
    /// # Errors
    /// The queue does not answer.
    pub async fn take(&self) -> Result<Vec<DeadLetter>, StoreError> {
        let receive = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(BATCH)
            .visibility_timeout(OUT_OF_SIGHT_S)
            .wait_time_seconds(0);
        let received = receive.send().await.map_err(|error| unavailable("take dead letters", &error))?;
        let letters = received.messages.unwrap_or_default().into_iter();
        let letter = |message: aws_sdk_sqs::types::Message| {
            Some(DeadLetter { body: message.body?, handle: message.receipt_handle? })
        };
        Ok(letters.filter_map(letter).collect())
    }

    /// Throws a letter away, once its job has ended.
    ///
    /// # Errors
    /// The queue does not answer; the letter comes again.
    pub async fn throw_away(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let delete = self.client.delete_message().queue_url(&self.url).receipt_handle(&letter.handle);
        delete.send().await.map_err(|error| unavailable("throw a dead letter away", &error)).map(|_| ())
    }
}
