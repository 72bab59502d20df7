//! Data that a request only names, as a worker process gets it: over HTTP by URL, or from where the server keeps uploads.

mod parts;

use gp_core::{
    DataFile, InputSource, LayerPlace, NamedUpload, OwnFile, SourceError, SourceFeatures, StoredLayer,
    UploadBytes, Wanted, WantedKind, own_place,
};
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, Geometries, LayerQuery, PrivateAddresses, UrlKind};
use gp_formats::{Format, FormatError, Input, ReadOptions};
use parts::Parts;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A link to a part of an upload is the server's own, and lasts longer than any reason to try again.
const PART_RETRIES: u32 = 3;

/// What the server keeps and a run may read.
pub(crate) struct Kept {
    /// The uploads that the request names.
    pub(crate) uploads: Vec<NamedUpload>,
    /// The files of earlier runs that the request names.
    pub(crate) own_files: Vec<OwnFile>,
    /// The layers of the service.
    pub(crate) layers: Vec<StoredLayer>,
}

/// Where one run's named data comes from.
pub(crate) struct Sources {
    fetcher: Fetcher,
    /// Reads what the server itself has linked and what its services are made of, wherever that is.
    own: Fetcher,
    kept: Kept,
    folder: PathBuf,
    stop: Arc<dyn Fn() -> bool + Send + Sync>,
    max_decompressed_bytes: u64,
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
        let own = FetchSettings {
            private_addresses: PrivateAddresses::Allowed,
            max_retries: PART_RETRIES,
            ..FetchSettings::default()
        };
        let end = Instant::now() + time_limit;
        Sources {
            fetcher: Fetcher::new(settings.clone()),
            own: Fetcher::new(own),
            kept,
            folder,
            stop: Arc::new(move || cancelled.load(Ordering::Relaxed) || Instant::now() >= end),
            max_decompressed_bytes: settings.max_decompressed_bytes,
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
            None => self.download(&self.fetcher, reference),
        }
    }

    fn download(&self, fetcher: &Fetcher, reference: &DataReference) -> Result<Input, SourceError> {
        fetcher.download(reference, self.folder()?, self.stop.as_ref()).map_err(refused)
    }

    /// The file of an earlier run that has this URL.
    fn own_file(&self, url: &str) -> Option<Result<Input, SourceError>> {
        let place = own_place(url)?;
        let file = self.kept.own_files.iter().find(|file| file.place == place)?;
        let gone = |_| SourceError::Refused(format!("the file {} is gone: it has expired", file.name));
        Some(Input::open(&file.path).map(|input| input.renamed(&file.name)).map_err(gone))
    }

    fn upload(&self, id: &str) -> Result<Input, SourceError> {
        let Some(upload) = self.kept.uploads.iter().find(|upload| upload.id.eq_ignore_ascii_case(id)) else {
            return Err(SourceError::Refused(format!(
                "there is no complete upload {id}: send the file to the uploads of this service first, or again if it has \
                 expired"
            )));
        };
        let input = match &upload.bytes {
            UploadBytes::Files(paths) => {
                let parts = Parts::new(paths).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => SourceError::Refused(format!(
                        "the upload {id} is gone: it has expired; send it again"
                    )),
                    _ => SourceError::Refused(format!("the upload {id} could not be read: {error}")),
                })?;
                Input::new(upload.name.clone(), Arc::new(parts))
            }
            UploadBytes::Links(links) => self.downloaded(id, links)?.renamed(&upload.name),
        };
        Ok(input)
    }

    /// The parts of an upload put together in the folder of the run.
    fn downloaded(&self, id: &str, links: &[(String, u64)]) -> Result<Input, SourceError> {
        let whole: u64 = links.iter().map(|(_, byte_len)| byte_len).sum();
        let free = room(self.folder()?);
        if whole > free {
            return Err(SourceError::TooLarge(format!(
                "the upload {id} has {} MB, and a run has room for {} MB here; send less, or ask the operator for more",
                whole.div_ceil(1 << 20),
                free >> 20
            )));
        }
        // The links are the server's secrets: what failed is told without them.
        let failed = |_| SourceError::Refused(format!("the upload {id} could not be read; try again"));
        let part = |url: &String| {
            let reference = DataReference { url: url.clone(), ..DataReference::default() };
            self.own.download(&reference, self.folder()?, self.stop.as_ref()).map_err(failed)
        };
        if let [(url, _)] = links {
            return part(url);
        }
        let full = |error: std::io::Error| {
            SourceError::Refused(format!("the server has no room for the upload {id}: {error}"))
        };
        let path = self.folder()?.join(format!("upload-{id}"));
        let mut file = File::create(&path).map_err(full)?;
        for (url, _) in links.iter().filter(|(_, byte_len)| *byte_len > 0) {
            std::io::copy(&mut part(url)?.reader(), &mut file).map_err(full)?;
        }
        Input::open(&path).map_err(full)
    }

    /// Reads a file that holds features.
    fn read(
        &self,
        input: &Input,
        reference: &DataReference,
        wanted: &Wanted<'_>,
    ) -> Result<SourceFeatures, SourceError> {
        let failed = |error: std::io::Error| {
            SourceError::Refused(format!("{} could not be read: {error}", input.name))
        };
        let head = input.head().map_err(failed)?;
        let Some(format) = Format::of(&name_with_format(&input.name, reference), &head) else {
            let known: Vec<&str> = Format::extensions().collect();
            return Err(SourceError::Refused(format!(
                "{} is of no format that is read here; its name must end in one of {}",
                input.name,
                known.join(", ")
            )));
        };
        let options = ReadOptions {
            limits: wanted.limits.reading(),
            max_decompressed_bytes: self.max_decompressed_bytes,
            layer: reference.layer.clone(),
            extent: wanted.extent.cloned(),
            scratch: self.folder()?,
            stop: self.stop.as_ref(),
        };
        let layer = gp_formats::read(input, format, &options).map_err(|error| match error {
            FormatError::TooLarge(reason) => SourceError::TooLarge(format!("{}: {reason}", input.name)),
            other => SourceError::Refused(format!("{}: {other}", input.name)),
        })?;
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
            None => self.by_url(&self.fetcher, reference, wanted),
        }
    }

    fn file(&self, reference: &DataReference) -> Result<DataFile, SourceError> {
        self.open(reference).map(DataFile)
    }

    fn stored_features(&self, name: &str, wanted: &Wanted<'_>) -> Result<SourceFeatures, SourceError> {
        let layer = self.stored(name)?;
        let reference = DataReference { layer: layer.layer.clone(), ..DataReference::default() };
        match &layer.place {
            LayerPlace::File(path) => self.read(&open_stored(name, path)?, &reference, wanted),
            LayerPlace::Url(url) => {
                self.by_url(&self.own, &DataReference { url: url.clone(), ..reference }, wanted)
            }
        }
    }

    fn stored_file(&self, name: &str) -> Result<DataFile, SourceError> {
        match &self.stored(name)?.place {
            LayerPlace::File(path) => open_stored(name, path).map(DataFile),
            LayerPlace::Url(url) => {
                let reference = DataReference { url: url.clone(), ..DataReference::default() };
                self.download(&self.own, &reference).map(DataFile)
            }
        }
    }
}

impl Sources {
    fn stored(&self, name: &str) -> Result<&StoredLayer, SourceError> {
        let found = self.kept.layers.iter().find(|layer| layer.name == name);
        found.ok_or_else(|| SourceError::Refused(format!("the service has no layer {name} any more")))
    }

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

/// A file of this machine that a service is made of. Where it is, is nobody's business.
fn open_stored(name: &str, path: &Path) -> Result<Input, SourceError> {
    let failed =
        |error| SourceError::Refused(format!("the layer {name} cannot be read at the moment: {error}"));
    Input::open(path).map_err(failed)
}

/// Bytes that files may take where this folder is.
fn room(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The name of a file with the extension of the format that the reference says, where it says one.
fn name_with_format(name: &str, reference: &DataReference) -> String {
    match &reference.format {
        Some(format) => {
            let known = Format::from_name(format).map(Format::extension);
            format!("{name}.{}", known.unwrap_or(format))
        }
        None => name.to_owned(),
    }
}

fn layer_query(wanted: &Wanted<'_>) -> LayerQuery {
    let envelope = wanted.extent.and_then(|extent| {
        let reference = extent.spatial_reference.clone()?;
        Some((extent.envelope, reference))
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
