//! The part of the URL grammar below `…/GPServer/uploads` (specification 1.1, 1.12).

use super::NoResource;
use gp_core::ServiceName;

/// What a path below a service's `uploads` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadsPath {
    pub(crate) service: ServiceName,
    pub(crate) child: UploadsChild,
}

/// The resource or operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UploadsChild {
    /// `uploads`
    Page,
    /// `uploads/info`
    Info,
    /// `uploads/upload`
    Upload,
    /// `uploads/register`
    Register,
    /// `uploads/presign`, which ArcGIS does not have.
    Presign,
    /// `uploads/ID` and what is below.
    Item(String, ItemChild),
}

/// What is below an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemChild {
    /// The item itself.
    Show,
    /// `uploadPart`
    UploadPart,
    /// `parts`
    Parts,
    /// `commit`
    Commit,
    /// `delete`
    Delete,
    /// `download`
    Download,
}

impl UploadsPath {
    /// The resource of these segments below `uploads`; operations ignore case, as elsewhere.
    pub(super) fn find(
        service: ServiceName,
        mut segments: impl Iterator<Item = String>,
    ) -> Result<UploadsPath, NoResource> {
        let (first, second) = (segments.next(), segments.next());
        if segments.next().is_some() {
            return Err(NoResource::InvalidUrl);
        }
        let child = match (first, second) {
            (None, _) => UploadsChild::Page,
            (Some(first), None) => match first.to_ascii_lowercase().as_str() {
                "info" => UploadsChild::Info,
                "upload" => UploadsChild::Upload,
                "register" => UploadsChild::Register,
                "presign" => UploadsChild::Presign,
                _ => UploadsChild::Item(first, ItemChild::Show),
            },
            (Some(item), Some(second)) => {
                let child = match second.to_ascii_lowercase().as_str() {
                    "uploadpart" => ItemChild::UploadPart,
                    "parts" => ItemChild::Parts,
                    "commit" => ItemChild::Commit,
                    "delete" => ItemChild::Delete,
                    "download" => ItemChild::Download,
                    _ => return Err(NoResource::InvalidUrl),
                };
                UploadsChild::Item(item, child)
            }
        };
        Ok(UploadsPath { service, child })
    }

    /// Whether a request brings a file, which goes to the store as it comes.
    pub(crate) fn takes_file(&self) -> bool {
        matches!(self.child, UploadsChild::Upload | UploadsChild::Item(_, ItemChild::UploadPart))
    }

    /// Whether it changes something, so that only POST does it (specification 0, rule 2).
    pub(crate) fn needs_post(&self) -> bool {
        match &self.child {
            UploadsChild::Page | UploadsChild::Info => false,
            UploadsChild::Upload | UploadsChild::Register | UploadsChild::Presign => true,
            UploadsChild::Item(_, child) => {
                matches!(child, ItemChild::UploadPart | ItemChild::Commit | ItemChild::Delete)
            }
        }
    }

    /// Whether the reply is the file, whatever format is asked for.
    pub(crate) fn is_download(&self) -> bool {
        matches!(self.child, UploadsChild::Item(_, ItemChild::Download))
    }

    /// Its kind, for the log.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.child {
            UploadsChild::Page => "uploads",
            UploadsChild::Info => "uploads info",
            UploadsChild::Upload => "upload",
            UploadsChild::Register => "register",
            UploadsChild::Presign => "presign",
            UploadsChild::Item(_, child) => match child {
                ItemChild::Show => "upload item",
                ItemChild::UploadPart => "uploadPart",
                ItemChild::Parts => "parts",
                ItemChild::Commit => "commit",
                ItemChild::Delete => "delete",
                ItemChild::Download => "download",
            },
        }
    }
}
