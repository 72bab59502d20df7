//! Pages put together into one feature set.

use crate::FetchError;
use crate::session::Session;
use gp_esri::{Attribute, FeatureSet, ReadError, ReadLimits};
use gp_formats::{FormatError, ReadOptions};
use std::collections::HashSet;
use std::path::Path;

/// Most different warnings that pages add.
const MAX_WARNINGS: usize = 10;

/// What the pages so far came to.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) set: FeatureSet,
    pub(super) warnings: Vec<String>,
    seen: HashSet<i64>,
    /// Features that came twice.
    pub(super) duplicates: usize,
    vertices: usize,
    text_bytes: usize,
    has_schema: bool,
}

/// One page as it came.
pub(super) struct Page {
    /// Features on it, those that came before included.
    pub(super) features: usize,
    /// Features on it that had not come before.
    pub(super) new_features: usize,
    /// Whether the server says that there are more.
    pub(super) has_more: bool,
    /// The object ids of its features.
    pub(super) oids: Vec<i64>,
}

impl Gathered {
    /// Reads one page and adds it.
    pub(super) fn add(
        &mut self,
        session: &Session<'_>,
        document: Vec<u8>,
        limits: &ReadLimits,
    ) -> Result<Page, FetchError> {
        let width = self.set.fields.len();
        let left = ReadLimits {
            // Features that come twice do not count, and a page may be full of them.
            max_features: limits.max_features,
            max_vertices: limits.max_vertices.saturating_sub(self.vertices),
            max_values: limits.max_values.saturating_sub(self.set.features.len() * width),
            max_text_bytes: limits.max_text_bytes.saturating_sub(self.text_bytes),
            ..limits.clone()
        };
        let is_json = document.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let (page, warnings) = if is_json {
            read_json(session, document, &left, limits)?
        } else {
            read_pbf(session, &document, left)?
        };
        for warning in warnings {
            let warning = session.secrets.strip(&warning);
            if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        let counts = (page.features.len(), page.exceeded_transfer_limit);
        let (oids, new_features) = self.append(session, page)?;
        if self.set.features.len() > limits.max_features {
            return Err(too_many(session, limits));
        }
        // The reader counts what may take much memory; over all pages everything counts.
        if self.vertices > limits.max_vertices {
            return Err(too_large(session, limits.max_vertices, "vertices"));
        }
        if self.set.features.len() * self.set.fields.len() > limits.max_values {
            return Err(too_large(session, limits.max_values, "attribute values"));
        }
        if self.text_bytes > limits.max_text_bytes {
            return Err(too_large(session, limits.max_text_bytes >> 20, "MB of texts"));
        }
        Ok(Page { features: counts.0, new_features, has_more: counts.1, oids })
    }

    fn append(
        &mut self,
        session: &Session<'_>,
        mut page: FeatureSet,
    ) -> Result<(Vec<i64>, usize), FetchError> {
        let oid_index = page.oid_index();
        let features = std::mem::take(&mut page.features);
        let columns = if !self.has_schema {
            let columns = (0..page.fields.len()).collect();
            self.has_schema = !page.fields.is_empty();
            self.set = page;
            columns
        } else if features.is_empty() {
            return Ok((Vec::new(), 0));
        } else {
            self.set.has_z |= page.has_z;
            self.set.has_m |= page.has_m;
            self.columns_of(&page).ok_or_else(|| FetchError::Changed { place: session.wait.place.clone() })?
        };
        let (mut oids, before) = (Vec::new(), self.set.features.len());
        for mut feature in features {
            let oid = oid_index.and_then(|index| match feature.attributes.get(index) {
                Some(Attribute::Integer(oid)) => Some(*oid),
                _ => None,
            });
            oids.extend(oid);
            if oid.is_some_and(|oid| !self.seen.insert(oid)) {
                self.duplicates += 1;
                continue;
            }
            if columns.iter().enumerate().any(|(to, from)| to != *from) {
                let value =
                    |index: &usize| feature.attributes.get(*index).cloned().unwrap_or(Attribute::Null);
                feature.attributes = columns.iter().map(value).collect();
            }
            self.vertices += feature.geometry.as_ref().map_or(0, gp_esri::Geometry::vertex_count);
            self.text_bytes += feature.attributes.iter().map(text_bytes).sum::<usize>();
            self.set.features.push(feature);
        }
        Ok((oids, self.set.features.len() - before))
    }

    /// For each field of the first page, where the page has it; `None` where the page is one of another layer.
    fn columns_of(&self, page: &FeatureSet) -> Option<Vec<usize>> {
        let same_reference = match (&self.set.spatial_reference, &page.spatial_reference) {
            (Some(one), Some(other)) => one.same_as(other),
            (one, other) => one.is_none() == other.is_none(),
        };
        if page.geometry_type != self.set.geometry_type
            || !same_reference
            || page.fields.len() != self.set.fields.len()
        {
            return None;
        }
        let mut columns = Vec::new();
        for field in &self.set.fields {
            let index = page.field_index(&field.name)?;
            if page.fields.get(index)?.field_type != field.field_type {
                return None;
            }
            columns.push(index);
        }
        Some(columns)
    }
}

fn text_bytes(value: &Attribute) -> usize {
    match value {
        Attribute::Text(text) => text.len(),
        _ => 0,
    }
}

fn read_json(
    session: &Session<'_>,
    document: Vec<u8>,
    left: &ReadLimits,
    limits: &ReadLimits,
) -> Result<(FeatureSet, Vec<String>), FetchError> {
    let text =
        String::from_utf8(document).map_err(|_| session.wait.malformed("its answer is no text in UTF-8"))?;
    let read = FeatureSet::from_json(&text, left).map_err(|error| broken(session, &error, limits))?;
    if read.feature_set.features.is_empty() && !text.contains("\"features\"") {
        return Err(session.wait.malformed("its answer holds no features"));
    }
    Ok((read.feature_set, read.warnings))
}

fn read_pbf(
    session: &Session<'_>,
    document: &[u8],
    limits: ReadLimits,
) -> Result<(FeatureSet, Vec<String>), FetchError> {
    let options = ReadOptions {
        limits,
        max_decompressed_bytes: session.fetcher.settings.max_decompressed_bytes,
        layer: None,
        extent: None,
        // Nothing is unpacked.
        scratch: Path::new(""),
        stop: session.wait.stop(),
    };
    gp_formats::read_pbf(document, &options).map_err(|error| match error {
        FormatError::Stopped => FetchError::Stopped,
        FormatError::TooLarge(_) => session.wait.too_large(
            "has more features, vertices, attribute values or texts than an input may have; add a \"filter\" to the input",
        ),
        other => FetchError::Features {
            place: session.wait.place.clone(),
            reason: session.secrets.strip(&other.to_string()),
        },
    })
}

/// More features than the limit, with the limit of the whole and not of one page.
pub(super) fn too_many(session: &Session<'_>, limits: &ReadLimits) -> FetchError {
    too_large(session, limits.max_features, "features")
}

fn too_large(session: &Session<'_>, most: usize, what: &str) -> FetchError {
    session.wait.too_large(format!(
        "has more than {most} {what}, the most that an input may have; add a \"filter\" to the input"
    ))
}

fn broken(session: &Session<'_>, error: &ReadError, limits: &ReadLimits) -> FetchError {
    match error {
        ReadError::TooManyFeatures { .. } => too_many(session, limits),
        ReadError::TooManyVertices { .. } => too_large(session, limits.max_vertices, "vertices"),
        ReadError::TooManyValues { .. } => too_large(session, limits.max_values, "attribute values"),
        ReadError::TooMuchText { .. } => too_large(session, limits.max_text_bytes >> 20, "MB of texts"),
        ReadError::NotGiven => session.wait.malformed("its answer holds no features"),
        other => {
            let reason = session.secrets.strip(&other.to_string());
            FetchError::Features { place: session.wait.place.clone(), reason }
        }
    }
}
