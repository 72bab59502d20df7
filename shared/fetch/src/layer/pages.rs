//! The pages of a query, by their first feature or by object ids, until the last.
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
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Largest answer with object ids: 20 bytes each for some millions.
const MAX_IDS_BYTES: usize = 64 << 20;
/// Parameters that choose features: not sent when features are named by their ids.
const CHOOSING: &[&str] = &[
    "where",
    "text",
    "time",
    "geometry",
    "geometryType",
    "inSR",
    "spatialRel",
    "relationParam",
    "distance",
    "units",
    "objectIds",
];

/// Reads all pages.
pub(super) fn read(
    session: &mut Session<'_>,
    source: &Request,
    form: &Form,
    description: &Description,
    limits: &ReadLimits,
) -> Result<ReadFeatures, FetchError> {
    let mut reading = Reading { session, source, description, limits, gathered: Gathered::default() };
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

struct Reading<'r, 's> {
    session: &'r mut Session<'s>,
    source: &'r Request,
    description: &'r Description,
    limits: &'r ReadLimits,
    gathered: Gathered,
}

impl Reading<'_, '_> {
    fn ask(&mut self, form: &Form, max_bytes: usize) -> Result<Vec<u8>, FetchError> {
        let request = Request { form: Some(form.pairs()), ..self.source.clone() };
        self.session.document(&request, max_bytes)
    }

    fn page(&mut self, form: &Form) -> Result<Page, FetchError> {
        let max_bytes =
            usize::try_from(self.session.fetcher.settings.max_decompressed_bytes).unwrap_or(usize::MAX);
        let document = self.ask(form, max_bytes)?;
        self.gathered.add(self.session, document, self.limits)
    }

    /// How many features there are, where the server says so: a layer that is too large is refused before it is read.
    fn count(&mut self, form: &Form) -> Result<Option<usize>, FetchError> {
        let mut form =
            form.without(&["outFields", "returnGeometry", "returnZ", "returnM", "outSR", "orderByFields"]);
        form.set("returnCountOnly", "true");
        let document = match self.ask(&form, MAX_IDS_BYTES) {
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
        form.set("resultRecordCount", self.description.page_features.to_string());
        let (mut offset, mut last_page, mut said_more) = (0, None, true);
        loop {
            form.set("resultOffset", offset.to_string());
            let before = self.gathered.set.features.len();
            let page = self.page(&form)?;
            // Layers whose object ids are not among the fields asked for are compared by what a page holds.
            let same_as_last = page.oids.is_empty() && {
                let hash = hash_of(&self.gathered, before);
                last_page.replace(hash) == Some(hash)
            };
            let expects_more = match count {
                Some(count) => page.has_more || (page.features > 0 && offset + page.features < count),
                None => page.has_more || page.features >= self.description.page_features,
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

    fn by_ids(&mut self, form: &Form) -> Result<(), FetchError> {
        let mut asking =
            form.without(&["outFields", "returnGeometry", "returnZ", "returnM", "outSR", "orderByFields"]);
        asking.set("returnIdsOnly", "true");
        let document = self.ask(&asking, MAX_IDS_BYTES)?;
        let mut left = ids_of(&document)
            .ok_or_else(|| self.session.wait.malformed("it does not list its object ids"))?;
        left.sort_unstable();
        left.dedup();
        if left.len() > self.limits.max_features {
            return Err(too_many(self.session, self.limits));
        }
        let mut form = form.without(CHOOSING);
        if left.is_empty() {
            form.set("where", "1=0");
            self.page(&form)?;
            return Ok(());
        }
        let mut missing = 0;
        while !left.is_empty() {
            let most = self.description.page_features.min(left.len());
            let rest = left.split_off(most);
            let asked = std::mem::replace(&mut left, rest);
            let list: Vec<String> = asked.iter().map(i64::to_string).collect();
            form.set("objectIds", list.join(","));
            let page = self.page(&form)?;
            let got: HashSet<i64> = page.oids.iter().copied().collect();
            let known: HashSet<i64> = asked.iter().copied().collect();
            if page.features > asked.len() || !got.is_subset(&known) {
                return Err(self.endless("it sends other features than it was asked for"));
            }
            if got.is_empty() && page.features > 0 {
                // Without ids in the answer all that can be done is count.
                missing += asked.len() - page.features;
                continue;
            }
            let mut absent: Vec<i64> = asked.into_iter().filter(|oid| !got.contains(oid)).collect();
            if !page.has_more {
                missing += absent.len();
            } else if page.new_features == 0 {
                return Err(self.endless("it says that there are more features and sends none"));
            } else {
                absent.append(&mut left);
                left = absent;
            }
        }
        if missing > 0 {
            let place = &self.session.wait.place;
            self.gathered.warnings.push(format!(
                "{place} listed {missing} more features than it sent: the layer may have changed while it was read"
            ));
        }
        Ok(())
    }

    fn compare(&mut self, count: Option<usize>) {
        let (place, read) = (&self.session.wait.place, self.gathered.set.features.len());
        let said_more =
            self.gathered.warnings.iter().any(|warning| warning.contains("more features than it sent"));
        if let Some(count) = count.filter(|count| *count != read && !said_more) {
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

    fn endless(&self, reason: &str) -> FetchError {
        self.session.wait.malformed(reason)
    }
}

/// The object ids in `{"objectIdFieldName":…,"objectIds":[…]}`; none where they are null, as for a layer without features.
fn ids_of(document: &[u8]) -> Option<Vec<i64>> {
    let value: Value = serde_json::from_slice(document).ok()?;
    match value.get("objectIds")? {
        Value::Null => Some(Vec::new()),
        ids => ids.as_array()?.iter().map(Value::as_i64).collect(),
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
