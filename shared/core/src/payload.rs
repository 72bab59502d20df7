//! The bytes of a job, wherever they are kept. A result is kept as the very body of its reply, compressed unless it is
//! short, so that whoever polls is answered without a byte being touched.

use crate::{App, BlobKey, BodySize, Content, Job, Parameters, Payload, ResultInfo, StoreError, TaskResult};
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use gp_esri::json::write_string;
use std::io::{Read, Write};

/// Bodies of fewer bytes gain nothing from compression.
const MIN_COMPRESSED_BYTES: usize = 1024;
/// Three times as fast as the usual level 6 on features, and a tenth larger.
const GZIP_LEVEL: Compression = Compression::new(3);
/// Results of more bytes than this are compressed on a blocking thread.
const MAX_INLINE_BYTES: usize = 64 << 10;
/// Bytes around a value in its body, about.
const FRAME_BYTES: usize = 128;

/// The body of a result's reply, `{"paramName":…,"dataType":…,"value":…}`, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResult {
    bytes: Bytes,
    is_gzip: bool,
}

impl StoredResult {
    /// The body of a result with that value, ready to be stored, and its size.
    fn new(info: &ResultInfo, value: &[u8]) -> (StoredResult, BodySize) {
        let mut frame = Vec::with_capacity(FRAME_BYTES);
        write_result(&mut frame, &info.name, &info.data_type, b"");
        let (head, tail) = frame.split_at(frame.len() - 1);
        let parts = [head, value, tail];
        let plain_bytes = (frame.len() + value.len()) as u64;
        // Compressed from its parts: a copy of a large value would take as much memory again.
        let stored = match gzip(&parts) {
            Some(bytes) => StoredResult { bytes: bytes.into(), is_gzip: true },
            None => StoredResult { bytes: parts.concat().into(), is_gzip: false },
        };
        let stored_bytes = stored.bytes.len() as u64;
        (stored, BodySize { plain_bytes, stored_bytes })
    }

    /// What [`StoredResult::bytes`] gave.
    fn from_stored(bytes: Bytes) -> StoredResult {
        // A body is JSON: it begins with a brace, never with the mark of gzip.
        StoredResult { is_gzip: bytes.starts_with(&[0x1f, 0x8b]), bytes }
    }

    /// The bytes as they are stored.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether they are compressed with gzip.
    pub fn is_gzip(&self) -> bool {
        self.is_gzip
    }

    /// The body as text.
    ///
    /// # Errors
    /// The stored bytes are corrupt.
    pub fn body(&self) -> Result<Bytes, StoreError> {
        if !self.is_gzip {
            return Ok(self.bytes.clone());
        }
        let mut body = Vec::with_capacity(self.bytes.len().saturating_mul(4));
        GzDecoder::new(self.bytes.as_ref())
            .read_to_end(&mut body)
            .map_err(|error| StoreError::unavailable("decompress a stored result", error))?;
        Ok(body.into())
    }

    /// The JSON text of the value alone.
    ///
    /// # Errors
    /// The stored bytes are corrupt.
    pub fn value(&self, info: &ResultInfo) -> Result<Bytes, StoreError> {
        let body = self.body()?;
        let mut frame = Vec::with_capacity(FRAME_BYTES);
        write_result(&mut frame, &info.name, &info.data_type, b"");
        let start = frame.len() - 1;
        if !body.starts_with(&frame[..start]) || body.len() < frame.len() {
            return Err(StoreError::unavailable("read a stored result", "it is not the result's own"));
        }
        Ok(body.slice(start..body.len() - 1))
    }

    fn content(&self) -> Content {
        let encoding = self.is_gzip.then_some("gzip");
        Content { media_type: "application/json;charset=utf-8", encoding }
    }
}

/// Writes `{"paramName":…,"dataType":…,"value":…}` (specification 0, rule 9).
pub fn write_result(out: &mut Vec<u8>, name: &str, data_type: &str, value: &[u8]) {
    out.extend_from_slice(b"{\"paramName\":");
    write_string(out, name);
    out.extend_from_slice(b",\"dataType\":");
    write_string(out, data_type);
    out.extend_from_slice(b",\"value\":");
    out.extend_from_slice(value);
    out.push(b'}');
}

/// The parameters that the job was submitted with. The job must have been read with its payloads.
///
/// # Errors
/// [`StoreError::NotFound`] when they have expired.
pub async fn job_inputs(app: &App, job: &Job) -> Result<Parameters, StoreError> {
    let payload = job.payloads.as_ref().map(|payloads| &payloads.inputs);
    let what = || format!("inputs of job {}", job.id);
    let bytes = read(app, job, payload, BlobKey::Inputs(job.id.clone()), &what).await?;
    Parameters::decode(&bytes).ok_or_else(|| StoreError::Corrupt(what()))
}

/// The result at `index` of `job.results`. The job must have been read with its payloads.
///
/// # Errors
/// [`StoreError::NotFound`] when it has expired.
pub async fn job_result(app: &App, job: &Job, index: usize) -> Result<StoredResult, StoreError> {
    let payload = job.payloads.as_ref().and_then(|payloads| payloads.results.get(index));
    let key = BlobKey::Result(job.id.clone(), job.lease.attempt, index);
    let what = || format!("result {index} of job {}", job.id);
    Ok(StoredResult::from_stored(read(app, job, payload, key, what).await?))
}

/// Stores the results of the job's present attempt, small ones to be kept in the record.
pub(crate) async fn store_results(
    app: &App,
    job: &Job,
    results: Vec<TaskResult>,
) -> Result<Vec<(Payload, ResultInfo)>, StoreError> {
    let mut all = Vec::with_capacity(results.len());
    for (index, result) in results.into_iter().enumerate() {
        all.push(store_result(app, job, index, result).await?);
    }
    Ok(all)
}

async fn store_result(
    app: &App,
    job: &Job,
    index: usize,
    result: TaskResult,
) -> Result<(Payload, ResultInfo), StoreError> {
    let mut info = result.info;
    let (stored, size) = if result.json.len() > MAX_INLINE_BYTES {
        let (own_info, json) = (info.clone(), result.json);
        let compressing = tokio::task::spawn_blocking(move || StoredResult::new(&own_info, &json));
        compressing.await.map_err(|error| StoreError::unavailable("write a result", error))?
    } else {
        StoredResult::new(&info, &result.json)
    };
    info.size = size;
    if stored.bytes.len() <= app.job_settings.max_inline_result_bytes {
        return Ok((Payload::Inline(stored.bytes), info));
    }
    let key = BlobKey::Result(job.id.clone(), job.lease.attempt, index);
    app.blobs.put(&key, stored.bytes.clone(), stored.content()).await?;
    Ok((Payload::Stored, info))
}

/// A URL where the stored body of the result at `index` can be read; `None` when it is in the record, has expired, or
/// the store gives no URLs. The job must have been read with its payloads.
///
/// # Errors
/// The store failed.
pub async fn job_result_link(app: &App, job: &Job, index: usize) -> Result<Option<String>, StoreError> {
    let payload = job.payloads.as_ref().and_then(|payloads| payloads.results.get(index));
    match payload {
        Some(Payload::Stored) if !is_expired(app, job) => {
            app.blobs.link(&BlobKey::Result(job.id.clone(), job.lease.attempt, index)).await
        }
        _ => Ok(None),
    }
}

/// Storage may be slow in removing what has expired; nobody sees it any more.
fn is_expired(app: &App, job: &Job) -> bool {
    job.expires_at_ms.is_some_and(|at| at <= (app.now_ms)())
}

async fn read(
    app: &App,
    job: &Job,
    payload: Option<&Payload>,
    key: BlobKey,
    what: impl Fn() -> String,
) -> Result<Bytes, StoreError> {
    match payload.filter(|_| !is_expired(app, job)) {
        Some(Payload::Inline(bytes)) => Ok(bytes.clone()),
        Some(Payload::Stored) => app.blobs.get(&key).await,
        None => Err(StoreError::NotFound(what())),
    }
}

/// The parts, one after the other, compressed; `None` when that is not worth it.
pub fn gzip(parts: &[&[u8]]) -> Option<Vec<u8>> {
    let plain_bytes: usize = parts.iter().map(|part| part.len()).sum();
    if plain_bytes < MIN_COMPRESSED_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain_bytes / 8), GZIP_LEVEL);
    parts.iter().try_for_each(|part| encoder.write_all(part)).ok()?;
    encoder.finish().ok().filter(|bytes| bytes.len() < plain_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> ResultInfo {
        ResultInfo {
            name: "Größe \"x\"".into(),
            data_type: "GPString".into(),
            feature_count: None,
            has_z_or_m: false,
            size: BodySize::default(),
        }
    }

    #[test]
    fn a_value_comes_back_from_its_stored_body_whether_compressed_or_not() {
        for value in [b"1".to_vec(), format!("\"{}\"", "a".repeat(5000)).into_bytes()] {
            let (stored, size) = StoredResult::new(&info(), &value);
            assert_eq!(stored.is_gzip(), value.len() > 1000);
            assert_eq!(size.stored_bytes, stored.bytes().len() as u64);
            let read = StoredResult::from_stored(stored.bytes().clone());
            assert_eq!(read.value(&info()).unwrap(), value);
            let body: serde_json::Value = serde_json::from_slice(&read.body().unwrap()).unwrap();
            assert_eq!(body["paramName"], "Größe \"x\"");
            assert_eq!(size.plain_bytes, read.body().unwrap().len() as u64);
        }
    }

    #[test]
    fn a_body_of_another_result_or_broken_bytes_are_errors() {
        let (stored, _) = StoredResult::new(&info(), b"1");
        let other = ResultInfo { name: "other".into(), ..info() };
        stored.value(&other).unwrap_err();
        let (long, _) = StoredResult::new(&info(), &[b'1'; 5000]);
        StoredResult::from_stored(long.bytes().slice(..40)).body().unwrap_err();
    }
}
