//! The suite of upload stores.

use super::NOW_MS;
use crate::uploads::UploadChange::{Gone, Refused, Written};
use crate::{
    ByteSource, RequestError, ServiceName, StoreError, StoredBytes, UploadBytes, UploadError, UploadId,
    UploadItem, UploadPart, UploadStore,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::VecDeque;

/// Bytes of a part that no adapter keeps in one piece.
const LARGE_BYTES: usize = 3 << 20;

/// An item that nobody has, without parts.
pub fn new_upload() -> UploadItem {
    let id = super::new_id();
    let bits = u128::from_str_radix(&id.as_str()[1..], 16).unwrap();
    UploadItem {
        id: UploadId::from_random(bits),
        service: ServiceName::new("Samples", "Tasks"),
        name: "data \u{e4}'\".csv".to_owned(),
        description: "what it is\n".to_owned(),
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + 86_400_000,
        committed: false,
        parts: Vec::new(),
        direct: None,
        version: 0,
    }
}

/// Everything that can be expected of an upload store.
pub async fn upload_store(store: &dyn UploadStore) {
    what_was_registered_is_read(store).await;
    received_bytes_are_seen_once_they_are_a_part(store).await;
    parts_are_read_in_the_order_of_the_commit(store).await;
    a_part_that_comes_again_replaces_the_first(store).await;
    of_two_commits_one_is_written(store).await;
    a_commit_is_refused_when_a_part_came_in_between(store).await;
    what_was_deleted_is_gone_for_everybody(store).await;
    bytes_that_break_off_are_no_part(store).await;
    an_item_is_created_whole_by_one_write(store).await;
    an_empty_file_is_a_file(store).await;
}

async fn registered(store: &dyn UploadStore) -> UploadItem {
    let item = new_upload();
    store.create(&item).await.unwrap();
    item
}

async fn now(store: &dyn UploadStore, item: &UploadItem) -> UploadItem {
    store.get(&item.id).await.unwrap().unwrap()
}

async fn received(store: &dyn UploadStore, item: &UploadItem, text: impl Into<Bytes>) -> StoredBytes {
    let mut bytes: Bytes = text.into();
    let mut chunks = VecDeque::new();
    while !bytes.is_empty() {
        chunks.push_back(bytes.split_to(bytes.len().min(100_000)));
    }
    store.receive(&item.id, &mut chunks).await.unwrap()
}

/// Sends a part; the item as it stands then.
async fn sent(store: &dyn UploadStore, item: &UploadItem, number: u32, text: impl Into<Bytes>) -> UploadItem {
    let bytes = received(store, item, text).await;
    assert_eq!(store.add_part(&item.id, &UploadPart { number, bytes }).await.unwrap(), Written);
    now(store, item).await
}

async fn all_bytes(store: &dyn UploadStore, item: &UploadItem) -> Vec<u8> {
    let mut source = store.read(item).await.unwrap();
    let mut whole = Vec::new();
    while let Some(bytes) = source.next().await.unwrap() {
        assert!(!bytes.is_empty(), "a chunk has bytes");
        whole.extend_from_slice(&bytes);
    }
    whole
}

fn noise(len: usize) -> Bytes {
    (0..len as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

async fn what_was_registered_is_read(store: &dyn UploadStore) {
    let item = registered(store).await;
    assert_eq!(now(store, &item).await, item);
    assert_eq!(store.get(&new_upload().id).await.unwrap(), None, "an unknown item is none");
    let direct = StoredBytes { name: "elsewhere".to_owned(), byte_len: 5 << 30 };
    let item = UploadItem { direct: Some(direct), ..new_upload() };
    store.create(&item).await.unwrap();
    assert_eq!(now(store, &item).await, item);
}

async fn received_bytes_are_seen_once_they_are_a_part(store: &dyn UploadStore) {
    let item = registered(store).await;
    let bytes = received(store, &item, "abc").await;
    assert_eq!(bytes.byte_len, 3);
    assert_eq!(now(store, &item).await, item, "nobody sees them");
    let part = UploadPart { number: 7, bytes };
    assert_eq!(store.add_part(&item.id, &part).await.unwrap(), Written);
    let found = now(store, &item).await;
    assert_eq!(found.parts, [part]);
    assert_ne!(found.version, item.version, "a change is counted");
    assert_eq!(
        UploadItem { parts: Vec::new(), version: item.version, ..found },
        item,
        "nothing else changed"
    );
    let discarded = received(store, &item, "never").await;
    store.discard(&item.id, discarded).await;
    assert_eq!(now(store, &item).await.parts.len(), 1);
}

async fn parts_are_read_in_the_order_of_the_commit(store: &dyn UploadStore) {
    let item = registered(store).await;
    let large = noise(LARGE_BYTES);
    sent(store, &item, 10, "ten").await;
    sent(store, &item, 2, large.clone()).await;
    let item = sent(store, &item, 1, "one").await;
    let numbers: Vec<u32> = item.parts.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [1, 2, 10], "before the commit parts stand by their number");
    let order = [item.parts[1].clone(), item.parts[0].clone()];
    assert_eq!(store.commit(&item, &order).await.unwrap(), Written);
    let item = now(store, &item).await;
    assert!(item.committed);
    assert_eq!(item.parts, order, "the part that was not named is gone");
    let mut expected = large.to_vec();
    expected.extend_from_slice(b"one");
    assert!(all_bytes(store, &item).await == expected, "the file came back changed");
    match store.locate(&item).await.unwrap() {
        UploadBytes::Files(paths) => {
            let read: Vec<u8> = paths.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
            assert!(read == expected, "the files are the file");
        }
        UploadBytes::Links(links) => {
            let lengths: Vec<u64> = links.iter().map(|(_, byte_len)| *byte_len).collect();
            assert_eq!(lengths, [LARGE_BYTES as u64, 3]);
        }
    }
    let late = UploadPart { number: 3, bytes: received(store, &item, "late").await };
    assert_eq!(store.add_part(&item.id, &late).await.unwrap(), Refused, "a committed item never changes");
    assert_eq!(store.commit(&item, &[]).await.unwrap(), Refused);
    assert_eq!(now(store, &item).await, item);
}

async fn a_part_that_comes_again_replaces_the_first(store: &dyn UploadStore) {
    let item = registered(store).await;
    sent(store, &item, 1, "first and longer").await;
    let item = sent(store, &item, 1, "second").await;
    assert_eq!(item.parts.len(), 1);
    assert_eq!(store.commit(&item, &item.parts).await.unwrap(), Written);
    assert_eq!(all_bytes(store, &now(store, &item).await).await, b"second");
}

async fn of_two_commits_one_is_written(store: &dyn UploadStore) {
    let item = registered(store).await;
    sent(store, &item, 1, "a").await;
    let item = sent(store, &item, 2, "b").await;
    let swapped = [item.parts[1].clone(), item.parts[0].clone()];
    let (one, two) = tokio::join!(store.commit(&item, &item.parts), store.commit(&item, &swapped));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!((one, two) == (Written, Refused) || (one, two) == (Refused, Written), "{one:?} {two:?}");
    let expected: &[u8] = if one == Written { b"ab" } else { b"ba" };
    assert_eq!(all_bytes(store, &now(store, &item).await).await, expected);
}

async fn a_commit_is_refused_when_a_part_came_in_between(store: &dyn UploadStore) {
    let item = registered(store).await;
    let item = sent(store, &item, 1, "old").await;
    let newer = sent(store, &item, 1, "new").await;
    assert_eq!(store.commit(&item, &item.parts).await.unwrap(), Refused);
    assert!(!now(store, &item).await.committed);
    assert_eq!(store.commit(&newer, &newer.parts).await.unwrap(), Written);
    assert_eq!(all_bytes(store, &now(store, &item).await).await, b"new");
}

async fn what_was_deleted_is_gone_for_everybody(store: &dyn UploadStore) {
    let item = registered(store).await;
    let item = sent(store, &item, 1, "a").await;
    let on_its_way = UploadPart { number: 2, bytes: received(store, &item, "b").await };
    assert_eq!(store.delete(&item).await.unwrap(), Written);
    assert_eq!(store.get(&item.id).await.unwrap(), None);
    assert_eq!(store.add_part(&item.id, &on_its_way).await.unwrap(), Gone);
    assert_eq!(store.commit(&item, &item.parts).await.unwrap(), Gone);
    assert_eq!(store.delete(&item).await.unwrap(), Gone);
    assert_eq!(store.get(&item.id).await.unwrap(), None, "nothing brought it back");
    let unknown = new_upload();
    assert_eq!(store.delete(&unknown).await.unwrap(), Gone);
    assert_eq!(store.add_part(&unknown.id, &on_its_way).await.unwrap(), Gone);
    let outcome = read_to_the_end(store, &item).await;
    assert!(matches!(outcome, Err(UploadError::Store(StoreError::NotFound(_)))), "{outcome:?}");
}

async fn read_to_the_end(store: &dyn UploadStore, item: &UploadItem) -> Result<(), UploadError> {
    let mut source = store.read(item).await?;
    while source.next().await?.is_some() {}
    Ok(())
}

/// A client that breaks off.
struct Breaking(u32);

#[async_trait]
impl ByteSource for Breaking {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        self.0 += 1;
        if self.0 > 30 {
            return Err(RequestError::bad("broke off").into());
        }
        Ok(Some(noise(100_000)))
    }
}

async fn bytes_that_break_off_are_no_part(store: &dyn UploadStore) {
    let item = registered(store).await;
    let outcome = store.receive(&item.id, &mut Breaking(0)).await;
    assert!(matches!(outcome, Err(UploadError::Refused(error)) if error.details == ["broke off"]));
    assert_eq!(now(store, &item).await, item);
}

async fn an_item_is_created_whole_by_one_write(store: &dyn UploadStore) {
    let item = new_upload();
    let bytes = received(store, &item, noise(200_000)).await;
    assert_eq!(store.get(&item.id).await.unwrap(), None, "its bytes alone are no item");
    let item = UploadItem { committed: true, parts: vec![UploadPart { number: 1, bytes }], ..item };
    store.create(&item).await.unwrap();
    let found = now(store, &item).await;
    assert_eq!(found, item);
    assert!(all_bytes(store, &found).await == noise(200_000));
}

async fn an_empty_file_is_a_file(store: &dyn UploadStore) {
    let item = registered(store).await;
    let item = sent(store, &item, 0, "").await;
    assert_eq!(store.commit(&item, &item.parts).await.unwrap(), Written);
    assert_eq!(all_bytes(store, &now(store, &item).await).await, b"");
}
