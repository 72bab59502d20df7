//! What the server and a worker say to each other over the worker's stdin and stdout.
//!
//! A frame is the length of a JSON header (4 bytes), the length of a body (8 bytes), both little-endian, the header,
//! and the body. Parameters and results are megabytes of JSON texts already: they travel in the body as they are.

use bytes::Bytes;
use gp_core::{
    Message, NamedUpload, OutputForm, OwnFile, Progress, ResultInfo, RunFiles, ServiceName, TaskResult,
    ToolError,
};
use serde::{Deserialize, Serialize};
use std::io;

/// Bytes before the header.
pub(super) const PREFIX: usize = 12;
/// Longest header; a longer one means that something else wrote to the pipe.
const MAX_HEADER: usize = 16 << 20;
/// Bodies up to this many bytes are written together with their header, in one write.
const SMALL_BODY: usize = 64 << 10;

/// From the server.
#[derive(Serialize, Deserialize)]
pub(super) enum ToWorker {
    /// Run a task; the body is its encoded parameters.
    Run(RunHeader),
    /// Stop the run that is going on, if there is one.
    Cancel,
}

/// A [`gp_core::Work`] without its parameters.
#[derive(Serialize, Deserialize)]
pub(super) struct RunHeader {
    pub(super) service: ServiceName,
    pub(super) task: String,
    pub(super) form: OutputForm,
    pub(super) max_features: usize,
    pub(super) time_limit_ms: u64,
    pub(super) now_ms: i64,
    pub(super) files: RunFiles,
    pub(super) uploads: Vec<NamedUpload>,
    pub(super) own_files: Vec<OwnFile>,
}

/// From the worker.
#[derive(Serialize, Deserialize)]
pub(super) enum FromWorker {
    /// The run was read and begins. A worker that ends before it says so had no part in the run.
    Begun,
    /// The tool said something.
    Message(Message),
    /// The tool got further.
    Progress(Progress),
    /// The run ended; the body is the JSON texts of the results, one after the other.
    Done(Vec<ResultHeader>),
    /// The run ended without results.
    Failed(ToolError),
}

/// A [`gp_core::TaskResult`] without its text.
#[derive(Serialize, Deserialize)]
pub(super) struct ResultHeader {
    info: ResultInfo,
    features: u64,
    json_bytes: usize,
}

impl ResultHeader {
    /// The header of that result.
    pub(super) fn of(result: &TaskResult) -> ResultHeader {
        ResultHeader { info: result.info.clone(), features: result.features, json_bytes: result.json.len() }
    }
}

/// The results of a [`FromWorker::Done`]; `None` when header and body do not fit.
pub(super) fn results(headers: Vec<ResultHeader>, mut body: Bytes) -> Option<Vec<TaskResult>> {
    let mut results = Vec::with_capacity(headers.len());
    for header in headers {
        if header.json_bytes > body.len() {
            return None;
        }
        let json = body.split_to(header.json_bytes);
        results.push(TaskResult { info: header.info, features: header.features, json });
    }
    body.is_empty().then_some(results)
}

/// A frame as buffers to write one after the other: one buffer unless the body is large.
pub(super) fn encode<'a>(
    header: &impl Serialize,
    bodies: &[&'a [u8]],
) -> io::Result<(Vec<u8>, Vec<&'a [u8]>)> {
    let body_bytes: usize = bodies.iter().map(|body| body.len()).sum();
    let mut head = vec![0; PREFIX];
    serde_json::to_writer(&mut head, header)?;
    let header_bytes = u32::try_from(head.len() - PREFIX).map_err(io::Error::other)?;
    head[..4].copy_from_slice(&header_bytes.to_le_bytes());
    head[4..PREFIX].copy_from_slice(&(body_bytes as u64).to_le_bytes());
    if body_bytes > SMALL_BODY {
        return Ok((head, bodies.to_vec()));
    }
    bodies.iter().for_each(|body| head.extend_from_slice(body));
    Ok((head, Vec::new()))
}

/// The bytes of header and body that follow this prefix.
pub(super) fn lengths(prefix: &[u8; PREFIX]) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *prefix;
    let header = u32::from_le_bytes([a, b, c, d]) as usize;
    let body = usize::try_from(u64::from_le_bytes([e, f, g, h, i, j, k, l])).map_err(io::Error::other)?;
    if header > MAX_HEADER || body > usize::MAX / 2 {
        return Err(io::Error::other("no frame: its lengths are impossible"));
    }
    Ok((header, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::BodySize;

    fn result(json: &[u8]) -> TaskResult {
        let info = ResultInfo {
            name: "n".into(),
            data_type: "GPLong".into(),
            feature_count: None,
            has_z_or_m: false,
            size: BodySize::default(),
        };
        TaskResult { info, features: 7, json: Bytes::copy_from_slice(json) }
    }

    #[test]
    fn results_survive_the_pipe() {
        let sent = vec![result(b"1"), result(b""), result(&vec![b'x'; SMALL_BODY])];
        let headers = sent.iter().map(ResultHeader::of).collect();
        let body: Vec<u8> = sent.iter().flat_map(|result| result.json.clone()).collect();
        assert_eq!(results(headers, body.into()), Some(sent));
    }

    #[test]
    fn a_body_that_does_not_fit_is_refused() {
        let header = || vec![ResultHeader::of(&result(b"12"))];
        assert_eq!(results(header(), Bytes::from_static(b"1")), None);
        assert_eq!(results(header(), Bytes::from_static(b"123")), None);
    }

    #[test]
    fn text_on_the_pipe_is_no_frame() {
        assert!(lengths(b"hello, world").is_err());
    }
}
