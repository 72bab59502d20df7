//! Data that a request only names, as a worker process gets it: over HTTP by URL, or from what the server keeps (`kept.rs`).

mod kept;
mod parts;

pub(crate) use kept::Kept;

use gp_core::{
    DataFile, InputSource, SourceError, SourceFeatures, Wanted, WantedKind, own_place, within_one_turn,
};
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, Geometries, LayerQuery, UrlKind};
use gp_formats::{Format, FormatError, Input, ReadOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where one run's named data comes from.
pub(crate) struct Sources {
    fetcher: Fetcher,
    kept: Kept,
    folder: PathBuf,
    stop: Arc<dyn Fn() -> bool + Send + Sync>,
    settings: FetchSettings,
}

impl Sources {
    /// For a run that makes its files in `folder`, and stops when it is cancelled or its time is over.
    pub(crate) fn new(
        settings: &FetchSettings,
        kept: Kept,
        folder: PathBuf,
        cancelled: Arc<AtomicBool>,
        time_limit: Duration,
    ) -> Sources {
        let end = Instant::now() + time_limit;
        Sources {
            fetcher: Fetcher::new(settings.clone()),
            kept,
            folder,
            stop: Arc::new(move || cancelled.load(Ordering::Relaxed) || Instant::now() >= end),
            settings: settings.clone(),
        }
    }

    /// The folder of the run, which is made for the first file.
    fn folder(&self) -> Result<&Path, SourceError> {
        let made = std::fs::create_dir_all(&self.folder);
        made.map_err(|error| SourceError::Refused(format!("the server has no room for files: {error}")))?;
        Ok(&self.folder)
    }

    fn open(&self, reference: &DataReference) -> Result<Input, SourceError> {
        if !reference.item_id.is_empty() {
            return self.upload(&reference.item_id);
        }
        match self.own_file(&reference.url) {
            Some(file) => file,
            None => {
                self.download(&self.fetcher, reference).map_err(|error| perhaps_own(&reference.url, error))
            }
        }
    }

    fn download(&self, fetcher: &Fetcher, reference: &DataReference) -> Result<Input, SourceError> {
        fetcher.download(reference, self.folder()?, self.stop.as_ref()).map_err(refused)
    }

    /// Reads a file that holds features.
    fn read(
        &self,
        input: &Input,
        reference: &DataReference,
        wanted: &Wanted<'_>,
    ) -> Result<SourceFeatures, SourceError> {
        let failed = |error| match error {
            FormatError::TooLarge(reason) => SourceError::TooLarge(format!("{}: {reason}", input.name)),
            other => SourceError::Refused(format!("{}: {other}", input.name)),
        };
        let options = ReadOptions {
            limits: wanted.limits.reading(),
            max_decompressed_bytes: self.settings.max_decompressed_bytes,
            layer: reference.layer.clone(),
            extent: wanted.extent.cloned(),
            scratch: self.folder()?,
            stop: self.stop.as_ref(),
        };
        let asked = asked_format(reference)?;
        let (_, layer) = gp_formats::read_any(input, asked, &options).map_err(failed)?;
        let mut warnings = layer.warnings;
        if reference.time.is_some() {
            warnings.push(format!(
                "{}: time was not applied, because a file does not say which of its fields hold time; use filter",
                input.name
            ));
        }
        Ok(SourceFeatures { features: layer.features, warnings, is_filtered: false })
    }
}

/// The format that the reference says, by its name or an extension of it.
fn asked_format(reference: &DataReference) -> Result<Option<Format>, SourceError> {
    let Some(name) = reference.format.as_deref().filter(|name| !name.is_empty()) else { return Ok(None) };
    let known = Format::from_name(name).or_else(|| Format::of(&format!("a.{name}"), b""));
    known.map(Some).ok_or_else(|| {
        let names: Vec<&str> = Format::all().map(Format::name).collect();
        SourceError::Refused(format!("format: there is no format {name}: give one of {}", names.join(", ")))
    })
}

impl InputSource for Sources {
    fn features(
        &self,
        reference: &DataReference,
        wanted: &Wanted<'_>,
    ) -> Result<SourceFeatures, SourceError> {
        if !reference.item_id.is_empty() {
            return self.read(&self.upload(&reference.item_id)?, reference, wanted);
        }
        match self.own_file(&reference.url) {
            Some(file) => self.read(&file?, reference, wanted),
            None => self
                .by_url(&self.fetcher, reference, wanted)
                .map_err(|error| perhaps_own(&reference.url, error)),
        }
    }

    fn file(&self, reference: &DataReference) -> Result<DataFile, SourceError> {
        self.open(reference).map(DataFile)
    }

    fn stored_features(&self, name: &str, wanted: &Wanted<'_>) -> Result<SourceFeatures, SourceError> {
        self.layer_features(name, wanted)
    }

    fn stored_file(&self, name: &str) -> Result<DataFile, SourceError> {
        self.layer_file(name).map(DataFile)
    }
}

impl Sources {
    fn by_url(
        &self,
        fetcher: &Fetcher,
        reference: &DataReference,
        wanted: &Wanted<'_>,
    ) -> Result<SourceFeatures, SourceError> {
        match fetcher.kind(reference).map_err(refused)? {
            UrlKind::Layer | UrlKind::LayerQuery | UrlKind::Service => {
                let layer = fetcher.layer(reference, &layer_query(wanted), self.stop.as_ref());
                let layer = layer.map_err(refused)?;
                Ok(SourceFeatures { features: layer.features, warnings: layer.warnings, is_filtered: true })
            }
            UrlKind::File => {
                let input = match self.in_parts(fetcher, reference, wanted)? {
                    Some(input) => input,
                    None => self.download(fetcher, reference)?,
                };
                self.read(&input, reference, wanted)
            }
        }
    }

    /// A file of which only a part is wanted, and whose format and server can give parts.
    fn in_parts(
        &self,
        fetcher: &Fetcher,
        reference: &DataReference,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Input>, SourceError> {
        let path = reference.url.split(['?', '#']).next().unwrap_or_default();
        if wanted.extent.is_none() || Format::of(path, b"") != Some(Format::FlatGeobuf) {
            return Ok(None);
        }
        fetcher.remote(reference, self.stop.clone()).map_err(refused)
    }
}

/// Who names a file of this server that is gone is told more than that this address is not fetched from.
fn perhaps_own(url: &str, error: SourceError) -> SourceError {
    match error {
        SourceError::Refused(reason) if own_place(url).is_some() => {
            SourceError::Refused(format!("{reason}; if it was a file of this server, it has expired"))
        }
        error => error,
    }
}

fn layer_query(wanted: &Wanted<'_>) -> LayerQuery {
    let envelope = wanted.extent.and_then(|extent| {
        let reference = extent.spatial_reference.clone()?;
        Some((within_one_turn(extent).envelope, reference))
    });
    LayerQuery {
        envelope,
        limits: wanted.limits.reading(),
        geometries: match wanted.kind {
            WantedKind::Features => Geometries::Needed,
            WantedKind::Rows => Geometries::NotNeeded,
        },
    }
}

fn refused(error: FetchError) -> SourceError {
    match error {
        error @ FetchError::TooLarge { .. } => SourceError::TooLarge(error.to_string()),
        error => SourceError::Refused(error.to_string()),
    }
}
