//! Data that a request only names: a layer or a file by its URL, an upload by its item id, a layer of the service by its name.
//!
//! A port, because only a worker process may fetch what strangers name: it can be killed, and its memory is limited.

use crate::{DataFile, Limits};
use gp_esri::{DataReference, Extent, FeatureSet};

/// Where data comes from that a request only names. Called on the thread that will run the tool.
pub trait InputSource: Send + Sync {
    /// The features of a layer, of a query, or of a file that holds features.
    ///
    /// # Errors
    /// [`SourceError`]; its sentences name host and path, never a token.
    fn features(&self, reference: &DataReference, wanted: &Wanted<'_>)
    -> Result<SourceFeatures, SourceError>;

    /// A file as it is.
    ///
    /// # Errors
    /// As [`InputSource::features`].
    fn file(&self, reference: &DataReference) -> Result<DataFile, SourceError>;

    /// The features of a layer that is kept with the service.
    ///
    /// # Errors
    /// As [`InputSource::features`].
    fn stored_features(&self, _name: &str, _wanted: &Wanted<'_>) -> Result<SourceFeatures, SourceError> {
        Err(SourceError::Elsewhere)
    }

    /// The file of a layer that is kept with the service.
    ///
    /// # Errors
    /// As [`InputSource::features`].
    fn stored_file(&self, _name: &str) -> Result<DataFile, SourceError> {
        Err(SourceError::Elsewhere)
    }
}

/// Which features are wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// How many at most.
    pub limits: &'a Limits,
    /// Only those that overlap this; a source may give more.
    pub extent: Option<&'a Extent>,
    /// What is read into.
    pub kind: WantedKind,
}

/// What features are read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedKind {
    /// GPFeatureRecordSetLayer
    Features,
    /// GPRecordSet: no geometry.
    Rows,
}

/// Features as they came.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFeatures {
    /// The features.
    pub features: FeatureSet,
    /// Sentences for the user.
    pub warnings: Vec<String>,
    /// Whether the source has already chosen by `filter` and `time` of the reference.
    pub is_filtered: bool,
}

/// Why data could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not in this process: the run belongs into a worker.
    #[error("data that is only named is read where the tool runs")]
    Elsewhere,
    /// It is not there, not allowed, or not what it should be.
    #[error("{0}")]
    Refused(String),
    /// There is too much of it.
    #[error("{0}")]
    TooLarge(String),
}

/// The source of a process that fetches nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoSource;

impl InputSource for NoSource {
    fn features(&self, _: &DataReference, _: &Wanted<'_>) -> Result<SourceFeatures, SourceError> {
        Err(SourceError::Elsewhere)
    }

    fn file(&self, _: &DataReference) -> Result<DataFile, SourceError> {
        Err(SourceError::Elsewhere)
    }
}
