//! The pages of a query, by their first feature, until the last; by object ids in `ids.rs`.
//!
//! Every request must bring something new, so that no answer keeps this going: a page without new features while the server says
//! that there are more is an error.

use super::ReadFeatures;
use super::description::Description;
use super::form::Form;
use super::gathered::{Gathered, Page, too_many};
use crate::FetchError;
use crate::request::Request;
use crate::session::Session;
use gp_esri::ReadLimits;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Largest answer with object ids, 20 bytes each for some millions, or with a count.
pub(super) const MAX_IDS_BYTES: usize = 64 << 20;
/// Pages of fewer features are not made smaller when a server fails.
const SMALLEST_PAGE_FEATURES: usize = 100;

/// Reads all pages.
pub(super) fn read(
    session: &mut Session<'_>,
    source: &Request,
    form: &Form,
    description: &Description,
    limits: &ReadLimits,
) -> Result<ReadFeatures, FetchError> {
    let writes_pbf = description.writes_pbf;
    let page_features = description.page_features;
    let mut reading = Reading {
        page_features,
        session,
        source,
        description,
        limits,
        writes_pbf,
        gathered: Gathered::default(),
        missing: 0,
    };
    if form.is_one_answer() {
        let page = reading.page(form)?;
        if page.has_more {
            let place = &reading.session.wait.place;
            reading.gathered.warnings.push(format!(
                "{place} has more features than the url asks for: take resultOffset and resultRecordCount out of it for all"
            ));
        }
    } else {
        let count = reading.count(form)?;
        if description.has_pages && (description.oid_field.is_some() || form.get("orderByFields").is_some()) {
            reading.by_offset(form, count)?;
        } else {
            reading.by_ids(form)?;
        }
        reading.compare(count);
    }
    Ok(reading.finish())
}

pub(super) struct Reading<'r, 's> {
    pub(super) session: &'r mut Session<'s>,
    pub(super) source: &'r Request,
    pub(super) description: &'r Description,
    pub(super) limits: &'r ReadLimits,
    /// Features that are asked for at once.
    pub(super) page_features: usize,
    /// Whether pages are asked for in protocol buffers.
    pub(super) writes_pbf: bool,
    pub(super) gathered: Gathered,
    /// Features that the server listed and did not send.
    pub(super) missing: usize,
}

impl Reading<'_, '_> {
    pub(super) fn ask(&mut self, form: &Form, format: &str, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
        let request = Request { form: Some(form.pairs(format)), ..self.source.clone() };
        self.session.document(&request, max_bytes)
    }

    pub(super) fn page(&mut self, form: &Form) -> Result<Page, FetchError> {
        let max_bytes =
            usize::try_from(self.session.fetcher.settings.max_decompressed_bytes).unwrap_or(usize::MAX);
        if self.writes_pbf {
            let page = match self.ask(form, "pbf", max_bytes) {
                Ok(document) => self.gathered.add(self.session, document, self.limits),
                Err(error) => Err(error),
            };
            match page {
                // Some servers promise protocol buffers and cannot write them for every layer: JSON says what is the matter.
                Err(
                    FetchError::Features { .. } | FetchError::Malformed { .. } | FetchError::Server { .. },
                ) => {
                    self.writes_pbf = false;
                }
                result => return result,
            }
        }
        let document = self.ask(form, "json", max_bytes)?;
        self.gathered.add(self.session, document, self.limits)
    }

    /// Whether a smaller page may be the way around a failure: geometries with very many vertices are too much for some servers.
    pub(super) fn can_ask_for_less(&mut self, error: &FetchError) -> bool {
        let is_overload = matches!(error, FetchError::Server { code: 500 | 504, .. });
        if !is_overload || self.page_features <= SMALLEST_PAGE_FEATURES {
            return false;
        }
        self.page_features /= 4;
        true
    }

    /// How many features there are, where the server says so: a layer that is too large is refused before it is read.
    fn count(&mut self, form: &Form) -> Result<Option<usize>, FetchError> {
        let mut form =
            form.without(&["outFields", "returnGeometry", "returnZ", "returnM", "outSR", "orderByFields"]);
        form.set("returnCountOnly", "true");
        let document = match self.ask(&form, "json", MAX_IDS_BYTES) {
            Ok(document) => document,
            // Some servers do not count; what is wrong with the query itself they will say again.
            Err(FetchError::Server { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let value: Option<Value> = serde_json::from_slice(&document).ok();
        let count = value.as_ref().and_then(|value| value.get("count")?.as_u64());
        let count = count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        if count.is_some_and(|count| count > self.limits.max_features) {
            return Err(too_many(self.session, self.limits));
        }
        Ok(count)
    }

    fn by_offset(&mut self, form: &Form, count: Option<usize>) -> Result<(), FetchError> {
        let mut form = form.clone();
        if form.get("orderByFields").is_none() {
            form.set("orderByFields", self.description.oid_field.clone().unwrap_or_default());
        }
        let (mut offset, mut last_page, mut said_more) = (0, None, true);
        loop {
            form.set("resultRecordCount", self.page_features.to_string());
            form.set("resultOffset", offset.to_string());
            let before = self.gathered.set.features.len();
            let page = match self.page(&form) {
                Err(error) if self.can_ask_for_less(&error) => continue,
                result => result?,
            };
            // Layers whose object ids are not among the fields asked for are compared by what a page holds.
            let same_as_last = page.oids.is_empty() && {
                let hash = hash_of(&self.gathered, before);
                last_page.replace(hash) == Some(hash)
            };
            let expects_more = match count {
                Some(count) => page.has_more || (page.features > 0 && offset + page.features < count),
                None => page.has_more || page.features >= self.page_features,
            };
            offset += page.features;
            if page.features > 0 && (page.new_features == 0 || same_as_last) {
                // The page before was the last, as it said: only the count said otherwise, which `compare` tells.
                if !said_more {
                    return Ok(());
                }
                return Err(self.endless("it sends the same features again and again"));
            }
            said_more = page.has_more;
            if page.features == 0 && page.has_more {
                return Err(self.endless("it says that there are more features and sends none"));
            }
            if !expects_more {
                return Ok(());
            }
        }
    }

    fn compare(&mut self, count: Option<usize>) {
        let (place, read) = (&self.session.wait.place, self.gathered.set.features.len());
        // Features that were listed and did not come are told already.
        if let Some(count) = count.filter(|count| *count != read && self.missing == 0) {
            self.gathered.warnings.push(format!(
                "{place} said that it has {count} features and sent {read}: the layer may have changed while it was read"
            ));
        }
        if self.gathered.duplicates > 0 {
            let duplicates = self.gathered.duplicates;
            self.gathered.warnings.push(format!(
                "{place} sent {duplicates} features twice: each was taken once; the layer may have changed while it was read"
            ));
        }
    }

    fn finish(self) -> ReadFeatures {
        let mut features = self.gathered.set;
        if features.fields.is_empty() && features.features.is_empty() {
            features.fields.clone_from(&self.description.schema.fields);
        }
        if features.features.is_empty() {
            features.geometry_type = features.geometry_type.or(self.description.schema.geometry_type);
            features.spatial_reference =
                features.spatial_reference.or_else(|| self.description.schema.spatial_reference.clone());
        }
        features.exceeded_transfer_limit = false;
        ReadFeatures { features, warnings: self.gathered.warnings }
    }

    pub(super) fn endless(&self, reason: &str) -> FetchError {
        self.session.wait.malformed(reason)
    }
}

/// Tells one page from another by its features.
fn hash_of(gathered: &Gathered, first: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    for feature in gathered.set.features.get(first..).unwrap_or_default() {
        format!("{feature:?}").hash(&mut hasher);
    }
    hasher.finish()
}
