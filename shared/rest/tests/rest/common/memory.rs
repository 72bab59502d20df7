//! Ports in memory, which can be told to be down or to panic.

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{
    BlobKey, BlobStore, ByteSource, Catalog, Content, Created, Expected, Job, JobDetail, JobId, JobQueue,
    JobStatus, JobStore, JobUpdate, Limits, Message, NoSource, Observer, Progress, RunContext, Runner,
    StoreError, StoredFile, TaskResult, ToolError, Updated, UploadError, Work, WorkError, WorkEvent,
    read_request, run_task,
};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Health {
    #[default]
    Up,
    Down,
    Panics,
}

type Key = (String, String, String);

#[derive(Default)]
struct State {
    health: Health,
    jobs: HashMap<JobId, Job>,
    keys: HashMap<Key, (JobId, [u8; 32])>,
    line: VecDeque<JobId>,
    blobs: HashMap<BlobKey, Bytes>,
    gives_links: bool,
    /// The media types of stored replies.
    reply_types: BTreeSet<&'static str>,
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<State>);

impl Memory {
    pub(crate) fn next_in_line(&self) -> Option<JobId> {
        self.0.lock().unwrap().line.pop_front()
    }

    pub(crate) fn go_down(&self) {
        self.0.lock().unwrap().health = Health::Down;
    }

    pub(crate) fn panic_from_now_on(&self) {
        self.0.lock().unwrap().health = Health::Panics;
    }

    pub(crate) fn give_links(&self) {
        self.0.lock().unwrap().gives_links = true;
    }

    /// The keys of stored replies.
    pub(crate) fn replies(&self) -> Vec<BlobKey> {
        let state = self.0.lock().unwrap();
        state.blobs.keys().filter(|key| matches!(key, BlobKey::Reply(..))).cloned().collect()
    }

    /// The media types of stored replies, in alphabetical order.
    pub(crate) fn reply_types(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().reply_types.iter().copied().collect()
    }

    pub(crate) fn job_count(&self) -> usize {
        self.0.lock().unwrap().jobs.len()
    }

    /// Changes the job at that path as a worker or the janitor would.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Job)) {
        let id = JobId::parse(path.rsplit('/').next().unwrap()).unwrap();
        change(self.0.lock().unwrap().jobs.get_mut(&id).unwrap());
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.0.lock().unwrap();
        match state.health {
            Health::Up => Ok(state),
            Health::Down => Err(StoreError::unavailable("reach the store", "the disk is on fire")),
            Health::Panics => {
                drop(state);
                panic!("the store lost its mind")
            }
        }
    }
}

#[async_trait]
impl JobStore for Memory {
    async fn create(&self, job: Job, idempotency: Option<(String, [u8; 32])>) -> Result<Created, StoreError> {
        let mut state = self.state()?;
        if let Some((key, digest)) = idempotency {
            let key = (job.service.to_string(), job.task.clone(), key);
            if let Some((id, known)) = state.keys.get(&key) {
                return Ok(Created::Existing { id: id.clone(), same_inputs: *known == digest });
            }
            state.keys.insert(key, (job.id.clone(), digest));
        }
        state.jobs.insert(job.id.clone(), job);
        Ok(Created::New)
    }

    async fn get(&self, id: &JobId, detail: JobDetail) -> Result<Option<Job>, StoreError> {
        let mut job = self.state()?.jobs.get(id).cloned();
        if let Some(job) = job.as_mut().filter(|_| detail == JobDetail::Status) {
            job.payloads = None;
        }
        Ok(job)
    }

    async fn claim(&self, id: &JobId, now_ms: i64, lease: Duration) -> Result<Option<Job>, StoreError> {
        let mut state = self.state()?;
        let Some(job) = state.jobs.get_mut(id).filter(|job| job.status == JobStatus::Submitted) else {
            return Ok(None);
        };
        job.status = JobStatus::Executing;
        job.lease.attempt += 1;
        job.lease.until_ms = now_ms + lease.as_millis() as i64;
        Ok(Some(job.clone()))
    }

    async fn update(&self, id: &JobId, expected: Expected, update: JobUpdate) -> Result<Updated, StoreError> {
        let mut state = self.state()?;
        let Some(job) = state.jobs.get_mut(id) else { return Ok(Updated::Refused(None)) };
        let is_expected = expected.statuses.contains(&job.status)
            && expected.attempt.is_none_or(|attempt| attempt == job.lease.attempt)
            && update.status.is_none_or(|next| job.status.can_become(next));
        if !is_expected {
            return Ok(Updated::Refused(Some(job.status)));
        }
        job.status = update.status.unwrap_or(job.status);
        job.messages.extend(update.messages);
        job.progress = update.progress.or(job.progress.take());
        if let Some((ended_at_ms, expires_at_ms)) = update.ended {
            job.ended_at_ms = Some(ended_at_ms);
            job.expires_at_ms = Some(expires_at_ms);
        }
        job.results.extend(update.results);
        if let Some(payloads) = &mut job.payloads {
            payloads.results.extend(update.result_payloads);
        }
        Ok(Updated::Written(job.status))
    }
}

#[async_trait]
impl JobQueue for Memory {
    async fn send(&self, id: &JobId) -> Result<(), StoreError> {
        self.state()?.line.push_back(id.clone());
        Ok(())
    }
}

#[async_trait]
impl BlobStore for Memory {
    async fn put(&self, key: &BlobKey, bytes: Bytes, content: Content) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if matches!(key, BlobKey::Reply(..)) {
            state.reply_types.insert(content.media_type);
        }
        state.blobs.insert(key.clone(), bytes);
        Ok(())
    }

    async fn put_file(&self, key: &BlobKey, file: &Path, content: Content) -> Result<(), StoreError> {
        self.put(key, std::fs::read(file).unwrap().into(), content).await
    }

    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
        if let Some(url) = self.link(key).await? {
            return Ok(StoredFile::Link(url));
        }
        let bytes = BlobStore::get(self, key).await?;
        Ok(StoredFile::Stream(Box::new(Once(Some(bytes.clone()))), bytes.len() as u64))
    }

    async fn link(&self, key: &BlobKey) -> Result<Option<String>, StoreError> {
        let state = self.state()?;
        Ok(state.gives_links.then(|| format!("https://store.example.org/{key:?}").replace([' ', '"'], "")))
    }

    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
        self.state()?.blobs.get(key).cloned().ok_or_else(|| StoreError::NotFound(format!("{key:?}")))
    }
}

/// Runs tasks where it stands.
pub(crate) struct InProcess {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) limits: Limits,
}

struct Forward(UnboundedSender<WorkEvent>);

impl Observer for Forward {
    fn message(&self, message: Message) {
        let _ = self.0.send(WorkEvent::Message(message));
    }

    fn progress(&self, progress: Progress) {
        let _ = self.0.send(WorkEvent::Progress(progress));
    }
}

#[async_trait]
impl Runner for InProcess {
    async fn run(
        &self,
        work: Work,
        events: UnboundedSender<WorkEvent>,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Vec<TaskResult>, WorkError> {
        let service = self.catalog.service(&work.service).unwrap();
        let task = service.task(&work.task).unwrap();
        let (values, warnings, environment) =
            read_request(task, &work.parameters, &self.limits, work.now_ms, &NoSource)
                .map_err(ToolError::from)?;
        for warning in warnings {
            let _ = events.send(WorkEvent::Message(Message::warning(warning)));
        }
        let context =
            RunContext::new(environment, Box::new(Forward(events)), cancelled, Some(work.time_limit));
        Ok(run_task(service, task, values, work.form, &context)?)
    }
}

/// Bytes that come at once.
struct Once(Option<Bytes>);

#[async_trait]
impl ByteSource for Once {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        Ok(self.0.take().filter(|bytes| !bytes.is_empty()))
    }
}
