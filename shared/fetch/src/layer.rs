//! The features of a layer of a feature or map service, to the last page.
//!
//! Separate from files because a layer is asked for, page by page, and what a server answers about its own pages is a claim:
//! that there are more, that there are no more, that these are others than before. It must never loop on what a server claims.

mod description;
mod form;
mod gathered;
mod ids;
mod pages;

use crate::request::Request;
use crate::session::Session;
use crate::{FetchError, UrlKind};
use gp_esri::{DataReference, Envelope, FeatureSet, ReadLimits, SpatialReference};

pub(crate) use form::{is_token, without_token};

/// What is wanted of a layer.
#[derive(Clone, Debug)]
pub struct LayerQuery {
    /// Only features whose geometry touches this box are needed. It saves reading: a URL with a geometry of its own gives what that
    /// one lets through.
    pub envelope: Option<(Envelope, SpatialReference)>,
    /// What the layer may cost.
    pub limits: ReadLimits,
    /// Whether geometries are needed.
    pub geometries: Geometries,
}

/// Whether geometries are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Geometries {
    /// With their geometries.
    Needed,
    /// Attributes only.
    NotNeeded,
}

/// Features that were read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFeatures {
    /// The features.
    pub features: FeatureSet,
    /// Sentences for the user about what was not taken as it came.
    pub warnings: Vec<String>,
}

impl Default for LayerQuery {
    fn default() -> LayerQuery {
        LayerQuery { envelope: None, limits: ReadLimits::default(), geometries: Geometries::Needed }
    }
}

/// Reads the layer or query that the request names.
pub(crate) fn read(
    session: &mut Session<'_>,
    kind: UrlKind,
    source: &Request,
    reference: &DataReference,
    query: &LayerQuery,
) -> Result<ReadFeatures, FetchError> {
    match kind {
        UrlKind::Layer | UrlKind::LayerQuery => {}
        UrlKind::Service => {
            return Err(session
                .wait
                .unsupported("is a whole service: add the number of a layer, such as /0"));
        }
        UrlKind::File => return Err(session.wait.unsupported("is no layer of a feature service")),
    }
    let (layer_url, mut form) = form::split(&source.url, kind);
    let description = description::read(session, Request { url: layer_url.clone(), ..source.clone() })?;
    let mut warnings = Vec::new();
    form.complete(reference, query, &description, &session.wait, &mut warnings)?;
    let mut url = layer_url;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push("query");
    }
    let source = Request { url, ..source.clone() };
    let mut read = pages::read(session, &source, &form, &description, &query.limits)?;
    warnings.append(&mut read.warnings);
    Ok(ReadFeatures { warnings, ..read })
}
