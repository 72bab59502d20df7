//! Data that the server itself keeps: uploads, files of earlier runs, layers of the service.

use super::parts::Parts;
use super::{Sources, refused};
use gp_core::{
    LayerPlace, NamedUpload, OwnFile, SourceError, SourceFeatures, StoredLayer, UploadBytes, Wanted,
    own_place,
};
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, PrivateAddresses};
use gp_formats::Input;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

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

impl Sources {
    /// The file of an earlier run that has this URL.
    pub(super) fn own_file(&self, url: &str) -> Option<Result<Input, SourceError>> {
        let place = own_place(url)?;
        let file = self.kept.own_files.iter().find(|file| file.place == place)?;
        Some(match Input::open(&file.path) {
            Ok(input) => Ok(input.renamed(&file.name)),
            Err(error) => Err(SourceError::Refused(match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("there is no file {} here: it was never made, or it has expired", file.name)
                }
                _ => format!("the file {} could not be read: {error}", file.name),
            })),
        })
    }

    pub(super) fn upload(&self, id: &str) -> Result<Input, SourceError> {
        let Some(upload) = self.kept.uploads.iter().find(|upload| upload.id.eq_ignore_ascii_case(id)) else {
            return Err(SourceError::Refused(format!(
                "there is no complete upload {id}: send the file to the uploads of this service first, or again if it has \
                 expired"
            )));
        };
        match &upload.bytes {
            UploadBytes::Files(paths) => {
                let parts = Parts::new(paths).map_err(|error| {
                    SourceError::Refused(match error.kind() {
                        io::ErrorKind::NotFound => {
                            format!("the upload {id} is gone: it has expired; send it again")
                        }
                        _ => format!("the upload {id} could not be read: {error}"),
                    })
                })?;
                Ok(Input::new(upload.name.clone(), Arc::new(parts)))
            }
            UploadBytes::Links(links) => Ok(self.downloaded(id, links)?.renamed(&upload.name)),
        }
    }

    /// The parts of an upload put together in the folder of the run.
    fn downloaded(&self, id: &str, links: &[(String, u64)]) -> Result<Input, SourceError> {
        let whole: u64 = links.iter().map(|(_, byte_len)| byte_len).sum();
        let largest = links.iter().map(|(_, byte_len)| *byte_len).max().unwrap_or(0);
        // A part lies beside the whole until it is added.
        let needed = if links.len() > 1 { whole + largest } else { whole };
        let free = room(self.folder()?);
        if needed > free {
            return Err(SourceError::TooLarge(format!(
                "the upload {id} has {} MB, and a run has room for {} MB here; send less, or ask the operator for more",
                whole.div_ceil(1 << 20),
                free >> 20
            )));
        }
        let fetcher = Fetcher::new(FetchSettings {
            private_addresses: PrivateAddresses::Allowed,
            max_bytes: u64::MAX,
            max_retries: PART_RETRIES,
            ..FetchSettings::default()
        });
        // The links are the server's secrets: what failed is told without them.
        let failed = |error: FetchError| {
            SourceError::Refused(match error {
                FetchError::Scratch(error) => format!("the server has no room for the upload {id}: {error}"),
                _ => format!("the upload {id} could not be read; try again"),
            })
        };
        let part = |url: &String| {
            let reference = DataReference { url: url.clone(), ..DataReference::default() };
            fetcher.download(&reference, self.folder()?, self.stop.as_ref()).map_err(failed)
        };
        if let [(url, _)] = links {
            return part(url);
        }
        let full = |error: io::Error| failed(FetchError::Scratch(error));
        let path = self.folder()?.join(format!("upload-{id}"));
        let mut file = File::create(&path).map_err(full)?;
        for (url, _) in links.iter().filter(|(_, byte_len)| *byte_len > 0) {
            io::copy(&mut part(url)?.reader(), &mut file).map_err(full)?;
        }
        Input::open(&path).map_err(full)
    }

    /// The features of a layer of the service.
    pub(super) fn layer_features(
        &self,
        name: &str,
        wanted: &Wanted<'_>,
    ) -> Result<SourceFeatures, SourceError> {
        let layer = self.layer(name)?;
        let reference = DataReference { layer: layer.layer.clone(), ..DataReference::default() };
        match &layer.place {
            LayerPlace::File(path) => self.read(&open_layer(name, path)?, &reference, wanted),
            LayerPlace::Url(url) => {
                let found = self.by_url(
                    &self.layer_fetcher(),
                    &DataReference { url: url.clone(), ..reference },
                    wanted,
                );
                found.map_err(|error| of_layer(name, error))
            }
        }
    }

    /// The file of a layer of the service.
    pub(super) fn layer_file(&self, name: &str) -> Result<Input, SourceError> {
        match &self.layer(name)?.place {
            LayerPlace::File(path) => open_layer(name, path),
            LayerPlace::Url(url) => {
                let reference = DataReference { url: url.clone(), ..DataReference::default() };
                let found = self.layer_fetcher().download(&reference, self.folder()?, self.stop.as_ref());
                found.map_err(|error| of_layer(name, refused(error)))
            }
        }
    }

    fn layer(&self, name: &str) -> Result<&StoredLayer, SourceError> {
        let found = self.kept.layers.iter().find(|layer| layer.name == name);
        found.ok_or_else(|| SourceError::Refused(format!("the service has no layer {name} any more")))
    }

    /// Reads what the operator has named, wherever that is, and follows it nowhere else.
    fn layer_fetcher(&self) -> Fetcher {
        Fetcher::new(FetchSettings {
            private_addresses: PrivateAddresses::Allowed,
            allow_hosts: Vec::new(),
            max_redirects: 0,
            ..self.settings.clone()
        })
    }
}

/// A file that a service is made of, under the name of its layer: where it lies, is nobody's business.
fn open_layer(name: &str, path: &Path) -> Result<Input, SourceError> {
    let failed =
        |error| SourceError::Refused(format!("the layer {name} cannot be read at the moment: {error}"));
    let input = Input::open(path).map_err(failed)?;
    let extension =
        path.extension().map_or(String::new(), |extension| format!(".{}", extension.to_string_lossy()));
    Ok(input.renamed(format!("{name}{extension}")))
}

fn of_layer(name: &str, error: SourceError) -> SourceError {
    match error {
        SourceError::Refused(reason) => {
            SourceError::Refused(format!("the layer {name} cannot be read at the moment: {reason}"))
        }
        SourceError::TooLarge(reason) => SourceError::TooLarge(format!("the layer {name}: {reason}")),
        SourceError::Elsewhere => SourceError::Elsewhere,
    }
}

/// Bytes that files may take where this folder is.
fn room(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}
