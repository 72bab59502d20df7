//! Uploads on disk: what is left when a process ends, and when it goes.

#![expect(clippy::unwrap_used, reason = "a test: what fails has failed the test")]

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::testing::new_upload;
use gp_core::{
    App, ByteSource, Catalog, JobSettings, Limits, StoredBytes, UploadChange, UploadError, UploadItem,
    UploadPart,
};
use gp_embedded::{Concurrency, Data, Sweeper, Swept, now_ms};
use gp_workers::WorkerCommand;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const HOUR_MS: i64 = 60 * 60 * 1000;

async fn app(folder: &Path) -> (App, Sweeper) {
    let command = WorkerCommand {
        program: "/bin/false".into(),
        args: Vec::new(),
        memory_limit_mb: 1,
        machine_memory_mb: None,
    };
    let data = Data::open(folder).unwrap();
    let limits = Limits::default();
    let (catalog, settings) = (Arc::new(Catalog::default()), JobSettings::default());
    let (app, _, sweeper) =
        data.app(catalog, limits, settings, command, Concurrency::new(1, 1)).await.unwrap();
    (app, sweeper)
}

async fn received(app: &App, item: &UploadItem, text: &'static str) -> StoredBytes {
    let mut chunks = VecDeque::from([Bytes::from_static(text.as_bytes())]);
    app.uploads.receive(&item.id, &mut chunks).await.unwrap()
}

async fn stored(app: &App, expires_at_ms: i64) -> UploadItem {
    let item = UploadItem { expires_at_ms, ..new_upload() };
    let bytes = received(app, &item, "abc").await;
    let item = UploadItem { committed: true, parts: vec![UploadPart { number: 1, bytes }], ..item };
    app.uploads.create(&item).await.unwrap();
    item
}

/// Every file below `uploads`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(items) = fs::read_dir(folder.join("uploads")) else { return files };
    for item in items {
        files.extend(fs::read_dir(item.unwrap().path()).unwrap().map(|file| file.unwrap().path()));
    }
    files
}

/// Sweeps until every folder was looked through.
async fn sweep(sweeper: &Sweeper, now_ms: i64) -> Swept {
    let mut total = Swept::default();
    for _ in 0..16 {
        let swept = sweeper.sweep(now_ms).await.unwrap();
        total.uploads += swept.uploads;
        total.upload_orphans += swept.upload_orphans;
    }
    total
}

/// A client that sends a while and then says no more.
struct Silent(u32);

#[async_trait]
impl ByteSource for Silent {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        self.0 += 1;
        if self.0 > 20 {
            std::future::pending::<()>().await;
        }
        Ok(Some(Bytes::from_static(&[0; 100_000])))
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let (app_before, sweeper) = app(folder.path()).await;
    let whole = stored(&app_before, i64::MAX).await;
    let open = new_upload();
    app_before.uploads.create(&open).await.unwrap();
    let part = UploadPart { number: 3, bytes: received(&app_before, &open, "part").await };
    assert_eq!(app_before.uploads.add_part(&open.id, &part).await.unwrap(), UploadChange::Written);
    drop((app_before, sweeper));
    let (app, _sweeper) = app(folder.path()).await;
    assert_eq!(app.uploads.get(&whole.id).await.unwrap(), Some(whole));
    let found = app.uploads.get(&open.id).await.unwrap().unwrap();
    assert_eq!((found.parts, found.committed), (vec![part], false));
}

#[tokio::test]
async fn an_item_goes_with_its_bytes_an_hour_after_it_expired() {
    let folder = tempfile::tempdir().unwrap();
    let (app, sweeper) = app(folder.path()).await;
    let now = now_ms();
    let (short, long) = (stored(&app, now).await, stored(&app, now + HOUR_MS).await);
    assert_eq!(sweep(&sweeper, now + HOUR_MS - 1).await, Swept::default(), "a job may still read it");
    assert_eq!(sweep(&sweeper, now + HOUR_MS).await, Swept { uploads: 1, ..Swept::default() });
    assert_eq!(app.uploads.get(&short.id).await.unwrap(), None);
    assert!(app.uploads.get(&long.id).await.unwrap().is_some());
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn bytes_that_became_no_part_go_after_an_hour_and_parts_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (app, sweeper) = app(folder.path()).await;
    let kept = stored(&app, i64::MAX).await;
    received(&app, &kept, "beside a part").await;
    received(&app, &new_upload(), "of an item that never came to be").await;
    assert_eq!(files(folder.path()).len(), 3);
    assert_eq!(sweep(&sweeper, now_ms()).await, Swept::default(), "they may still become parts");
    let swept = sweep(&sweeper, now_ms() + 2 * HOUR_MS).await;
    assert_eq!(swept, Swept { upload_orphans: 2, ..Swept::default() });
    assert_eq!(files(folder.path()).len(), 1);
    // What the first sweep emptied is young by that; a folder that stays empty goes in the end.
    sweep(&sweeper, now_ms() + 2 * HOUR_MS).await;
    assert_eq!(fs::read_dir(folder.path().join("uploads")).unwrap().count(), 1, "empty folders go too");
    assert!(app.uploads.read(&kept).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_waits_for_its_first_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (_app, sweeper) = app(folder.path()).await;
    let waiting = folder.path().join("uploads").join(new_upload().id.as_str());
    fs::create_dir_all(&waiting).unwrap();
    sweep(&sweeper, now_ms()).await;
    assert!(waiting.is_dir(), "a request is about to write into it");
    sweep(&sweeper, now_ms() + 2 * HOUR_MS).await;
    assert!(!waiting.exists());
}

#[tokio::test]
async fn nothing_is_left_of_what_nobody_waits_for_or_what_was_replaced_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _sweeper) = app(folder.path()).await;
    let item = new_upload();
    app.uploads.create(&item).await.unwrap();
    let a_moment = Duration::from_millis(300);
    let mut silent = Silent(0);
    let receiving = tokio::time::timeout(a_moment, app.uploads.receive(&item.id, &mut silent)).await.ok();
    assert!(receiving.is_none(), "it never ends");
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
    for text in ["first", "second"] {
        let part = UploadPart { number: 1, bytes: received(&app, &item, text).await };
        app.uploads.add_part(&item.id, &part).await.unwrap();
    }
    assert_eq!(files(folder.path()).len(), 1, "the first part was replaced");
    app.uploads.delete(&item).await.unwrap();
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_an_error_and_no_shorter_file() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _sweeper) = app(folder.path()).await;
    let item = stored(&app, i64::MAX).await;
    fs::write(&files(folder.path())[0], "ab").unwrap();
    let mut source = app.uploads.read(&item).await.unwrap();
    assert_eq!(source.next().await.unwrap().unwrap(), "ab");
    assert!(source.next().await.unwrap_err().to_string().contains("damaged"));
}
