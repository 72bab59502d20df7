//! Features and rows: given as they are, or named by URL, by item id, or as a layer of the service (specification 2.7).

use super::files::is_not_given;
use super::scalars::choose;
use super::texts::{is_web_url, shorten, unquoted};
use super::{Fault, Parser, Slot};
use crate::{DataType, Filter, RecordSet, SourceError, SourceFeatures, Value, Wanted, WantedKind};
use gp_esri::{DataReference, FeatureSet, GeometryType, ReadError};
use gp_sql::Expression;

/// What is said of a table that was given as features.
const NO_GEOMETRY: &str = "there is no geometry in it, so its features have none; coordinates in a table are found in columns such as lon and \
                           lat, x and y, or as well-known text in a column WKT";

impl Parser<'_> {
    pub(super) fn features(&mut self, slot: Slot<'_>, text: &str) -> Result<Option<Value>, Fault> {
        let (mut set, filter) = match self.given_features(slot, text)? {
            Given::Nothing => return Ok(None),
            Given::Features(set, filter) => (set, filter),
            Given::Named(reference) => {
                let source = self.reading.source;
                let found = self.named_features(slot, |wanted| source.features(&reference, wanted))?;
                (found.features, reference.filter.filter(|_| !found.is_filtered))
            }
            Given::Stored(name) => {
                let source = self.reading.source;
                (self.named_features(slot, |wanted| source.stored_features(&name, wanted))?.features, None)
            }
        };
        // As where a feature class is made of them: clients that draw features do not send ids.
        let count = set.features.len();
        let numbered = set.number_missing_object_ids();
        if (1..count).contains(&numbered) {
            self.say(
                slot,
                vec![format!("features without an object id were given one that was free: {numbered}")],
            );
        }
        if let Some(filter) = filter {
            self.keep_rows(&mut set, &filter)?;
        }
        if *slot.data_type == DataType::RecordSet {
            set.geometry_type = None;
            set.features.iter_mut().for_each(|feature| feature.geometry = None);
            return Ok(Some(Value::RecordSet(RecordSet(set))));
        }
        set.geometry_type = set.geometry_type.or(Some(GeometryType::Point));
        check_type(slot, &mut set)?;
        Ok(Some(Value::FeatureSet(set)))
    }

    fn given_features(&mut self, slot: Slot<'_>, text: &str) -> Result<Given, Fault> {
        if !slot.choices.is_empty() {
            return Ok(if is_not_given(text) { Given::Nothing } else { Given::Stored(choose(slot, text)?) });
        }
        if let Some(url) = bare_url(text) {
            return Ok(Given::Named(DataReference { url, ..DataReference::default() }));
        }
        let limits = self.reading.limits;
        match FeatureSet::from_json(text, &limits.reading()) {
            Ok(read) => {
                self.say(slot, read.warnings);
                if read.feature_set.exceeded_transfer_limit {
                    let sentence =
                        "the features are marked exceededTransferLimit: they are a part of what there was";
                    self.say(slot, vec![sentence.to_owned()]);
                }
                Ok(Given::Features(read.feature_set, read.filter))
            }
            Err(ReadError::NotGiven) => Ok(Given::Nothing),
            Err(ReadError::Url { .. } | ReadError::ItemId { .. }) => {
                let reference = DataReference::from_text(text, limits.max_json_depth);
                match reference.map_err(|error| Fault::Wrong(error.to_string()))? {
                    Some(reference) => Ok(Given::Named(reference)),
                    None => Err(Fault::Wrong(
                        "portal items are not read here: give the url of the layer, or upload the file and give its \
                         itemID"
                            .to_owned(),
                    )),
                }
            }
            Err(
                error @ (ReadError::TooManyFeatures { .. }
                | ReadError::TooManyVertices { .. }
                | ReadError::TooManyValues { .. }
                | ReadError::TooMuchText { .. }),
            ) => Err(Fault::TooLarge(error.to_string())),
            Err(error) => Err(Fault::Wrong(error.to_string())),
        }
    }

    fn named_features(
        &mut self,
        slot: Slot<'_>,
        get: impl Fn(&Wanted<'_>) -> Result<SourceFeatures, SourceError>,
    ) -> Result<SourceFeatures, Fault> {
        let is_rows = *slot.data_type == DataType::RecordSet;
        let wanted = Wanted {
            limits: self.reading.limits,
            // Rows lie nowhere.
            extent: self.reading.extent.filter(|_| !is_rows),
            kind: if is_rows { WantedKind::Rows } else { WantedKind::Features },
        };
        let mut found = get(&wanted)?;
        if is_rows && found.features.geometry_type.is_some() {
            found
                .warnings
                .push("the layer has geometries, which a table does not take; they were left out".to_owned());
        }
        if !is_rows && found.features.geometry_type.is_none() && !found.features.features.is_empty() {
            found.warnings.push(NO_GEOMETRY.to_owned());
        }
        self.say(slot, std::mem::take(&mut found.warnings));
        Ok(found)
    }

    /// Keeps the rows that meet the where clause that came with a layer.
    fn keep_rows(&mut self, set: &mut FeatureSet, filter: &str) -> Result<(), Fault> {
        let wrong = |error: gp_sql::SqlError| Fault::Wrong(format!("filter: {error}"));
        let clause = Expression::parse(filter).map_err(wrong)?;
        let clause = clause.bind_at(&set.fields, self.reading.now_ms).map_err(wrong)?;
        let mut first_error = None;
        set.features.retain(|feature| match clause.matches(&feature.attributes) {
            Ok(is_met) => is_met,
            Err(error) => {
                first_error.get_or_insert(error);
                false
            }
        });
        first_error.map_or(Ok(()), |error| Err(wrong(error)))
    }

    pub(super) fn say(&mut self, slot: Slot<'_>, warnings: Vec<String>) {
        self.warnings.extend(warnings.into_iter().map(|warning| format!("{}: {warning}", slot.display_name)));
    }
}

/// What a text holds.
enum Given {
    Nothing,
    /// Features, and the where clause that they came with.
    Features(FeatureSet, Option<String>),
    Named(DataReference),
    /// The name of a layer that is kept with the service.
    Stored(String),
}

/// A text that is a URL and nothing else.
pub(super) fn bare_url(text: &str) -> Option<String> {
    let plain = unquoted(text);
    is_web_url(&plain).then_some(plain)
}

fn check_type(slot: Slot<'_>, set: &mut FeatureSet) -> Result<(), Fault> {
    let (Some(Filter::FeatureClass(allowed)), Some(found)) = (slot.filter, set.geometry_type) else {
        return Ok(());
    };
    if allowed.contains(&found) {
        return Ok(());
    }
    // An empty set of an unnamed type is read as points; it is as good as one of any other type.
    if set.features.iter().all(|feature| feature.geometry.is_none()) {
        set.geometry_type = allowed.first().copied();
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().map(|geometry_type| geometry_type.name()).collect();
    Err(Fault::Wrong(format!("{} is not allowed here; use {}", shorten(found.name()), names.join(", "))))
}
