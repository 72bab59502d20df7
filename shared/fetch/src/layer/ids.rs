//! The features of a query by their object ids, for servers that give no pages by their first feature.

use super::form::Form;
use super::gathered::too_many;
use super::pages::{MAX_IDS_BYTES, Reading};
use crate::FetchError;
use serde_json::Value;
use std::collections::HashSet;

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

impl Reading<'_, '_> {
    /// Asks for the ids, and then for the features of some at a time.
    pub(super) fn by_ids(&mut self, form: &Form) -> Result<(), FetchError> {
        let mut asking =
            form.without(&["outFields", "returnGeometry", "returnZ", "returnM", "outSR", "orderByFields"]);
        asking.set("returnIdsOnly", "true");
        let listed = match self.ask(&asking, "json", MAX_IDS_BYTES) {
            Ok(document) => ids_of(&document),
            // What is wrong with the query itself is said again.
            Err(FetchError::Server { .. }) => None,
            Err(error) => return Err(error),
        };
        let Some(mut left) = listed else { return self.at_once(form) };
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
        while !left.is_empty() {
            let most = self.page_features.min(left.len());
            let rest = left.split_off(most);
            let asked = std::mem::replace(&mut left, rest);
            let list: Vec<String> = asked.iter().map(i64::to_string).collect();
            form.set("objectIds", list.join(","));
            let page = match self.page(&form) {
                Err(error) if self.can_ask_for_less(&error) => {
                    left.splice(0..0, asked);
                    continue;
                }
                result => result?,
            };
            let got: HashSet<i64> = page.oids.iter().copied().collect();
            let known: HashSet<i64> = asked.iter().copied().collect();
            if page.features > asked.len() || !got.is_subset(&known) {
                return Err(self.endless("it sends other features than it was asked for"));
            }
            if got.is_empty() && page.features > 0 {
                // Without ids in the answer all that can be done is count.
                self.missing += asked.len() - page.features;
                continue;
            }
            let mut absent: Vec<i64> = asked.into_iter().filter(|oid| !got.contains(oid)).collect();
            if !page.has_more {
                self.missing += absent.len();
            } else if page.new_features == 0 {
                return Err(self.endless("it says that there are more features and sends none"));
            } else {
                absent.append(&mut left);
                left = absent;
            }
        }
        if self.missing > 0 {
            let (place, missing) = (&self.session.wait.place, self.missing);
            self.gathered.warnings.push(format!(
                "{place} listed {missing} more features than it sent: the layer may have changed while it was read"
            ));
        }
        Ok(())
    }

    /// All features in one answer, from a server that has no other way.
    fn at_once(&mut self, form: &Form) -> Result<(), FetchError> {
        let page = self.page(form)?;
        if !page.has_more {
            return Ok(());
        }
        Err(self.session.wait.unsupported(format!(
            "gives only the first {} features of a query, and neither pages nor object ids for the others; add a \"filter\" to the input",
            page.features
        )))
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
