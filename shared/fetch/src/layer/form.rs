//! The parameters of a query: what the URL asks for, what the reference adds, what the caller needs.

use super::description::Description;
use super::{Geometries, LayerQuery};
use crate::wait::Wait;
use crate::{FetchError, UrlKind};
use gp_esri::DataReference;
use serde_json::json;
use url::Url;

/// Parameters of a query that go into the form; others stay in the URL, where gateways look for their keys.
#[rustfmt::skip]
const QUERY_PARAMETERS: &[&str] = &[
    "where", "text", "objectIds", "time", "geometry", "geometryType", "inSR", "defaultSR", "spatialRel", "relationParam", "distance",
    "units", "outFields", "returnGeometry", "maxAllowableOffset", "geometryPrecision", "outSR", "gdbVersion", "historicMoment",
    "returnDistinctValues", "returnIdsOnly", "returnCountOnly", "returnExtentOnly", "orderByFields", "groupByFieldsForStatistics",
    "outStatistics", "having", "returnZ", "returnM", "multipatchOption", "resultOffset", "resultRecordCount", "returnTrueCurves",
    "sqlFormat", "datumTransformation", "parameterValues", "rangeValues", "timeReferenceSystem", "fullText", "uniqueIds",
];
/// Parameters that are not passed on: how the answer is written is not the user's choice here.
const DROPPED_PARAMETERS: &[&str] =
    &["f", "callback", "resultType", "featureEncoding", "quantizationParameters"];

/// The parameters of a query, without those of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

/// Whether a parameter of that name holds a token.
pub(crate) fn is_token(name: &str) -> bool {
    name.eq_ignore_ascii_case("token") || name.eq_ignore_ascii_case("serviceToken")
}

/// The URL without its token.
pub(crate) fn without_token(url: &Url) -> Url {
    keeping(url, |name| !is_token(name))
}

/// The URL of the layer, and the parameters of the query in it.
pub(super) fn split(url: &Url, kind: UrlKind) -> (Url, Form) {
    let is_one_of = |names: &[&str], name: &str| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    let mut form = Form::default();
    for (name, value) in url.query_pairs() {
        if is_one_of(QUERY_PARAMETERS, &name) && !value.is_empty() {
            form.set(&name, value.into_owned());
        }
    }
    let mut layer =
        keeping(url, |name| !is_one_of(QUERY_PARAMETERS, name) && !is_one_of(DROPPED_PARAMETERS, name));
    if let Ok(mut segments) = layer.path_segments_mut() {
        segments.pop_if_empty();
        if kind == UrlKind::LayerQuery {
            segments.pop();
        }
    }
    (layer, form)
}

impl Form {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value.into()));
    }

    /// These parameters without those of the names.
    pub(super) fn without(&self, names: &[&str]) -> Form {
        let kept =
            self.0.iter().filter(|(name, _)| !names.iter().any(|other| other.eq_ignore_ascii_case(name)));
        Form(kept.cloned().collect())
    }

    /// As a request takes it, which wants that format.
    pub(super) fn pairs(&self, format: &str) -> Vec<(String, String)> {
        let mut pairs = self.0.clone();
        pairs.push(("f".to_owned(), format.to_owned()));
        pairs
    }

    /// Whether the answer is wanted as it is: a page that the URL chose, or statistics, which have no pages.
    pub(super) fn is_one_answer(&self) -> bool {
        ["resultOffset", "resultRecordCount", "outStatistics", "groupByFieldsForStatistics"]
            .iter()
            .any(|name| self.get(name).is_some())
            || self.is_true("returnDistinctValues")
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// Adds what the reference asks for and the caller needs.
    pub(super) fn complete(
        &mut self,
        reference: &DataReference,
        query: &LayerQuery,
        description: &Description,
        wait: &Wait<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<(), FetchError> {
        for name in ["returnIdsOnly", "returnCountOnly", "returnExtentOnly"] {
            if self.is_true(name) {
                return Err(wait.unsupported(format!("asks for no features: take {name} out of the url")));
            }
        }
        let clause = match (self.get("where"), &reference.filter) {
            (Some(in_url), Some(filter)) => format!("({in_url}) AND ({filter})"),
            (Some(clause), None) => clause.to_owned(),
            (None, Some(filter)) => filter.clone(),
            (None, None) => "1=1".to_owned(),
        };
        self.set("where", clause);
        if let Some(time) = &reference.time {
            self.set("time", time.clone());
        }
        if self.get("time").is_some() && !description.has_time {
            warnings.push(format!(
                "{} knows no time: all its features were read, whatever their time",
                wait.place
            ));
        }
        if self.get("outStatistics").is_none() && self.get("outFields").is_none() {
            self.set("outFields", "*");
        }
        if query.geometries == Geometries::NotNeeded || !description.has_geometry {
            self.set("returnGeometry", "false");
        } else if self.get("returnGeometry").is_none() {
            self.set("returnGeometry", "true");
        }
        for (name, layer_has) in [("returnZ", description.has_z), ("returnM", description.has_m)] {
            if self.get(name).is_none() && layer_has {
                self.set(name, "true");
            }
        }
        if let Some((envelope, reference)) = &query.envelope
            && description.has_geometry
            && self.get("geometry").is_none()
            && !envelope.is_empty()
        {
            let mut text = Vec::new();
            reference.write(&mut text);
            let code = reference.code().map(|code| code.to_string());
            let box_ = json!({"xmin": envelope.xmin, "ymin": envelope.ymin, "xmax": envelope.xmax, "ymax": envelope.ymax});
            self.set("geometry", box_.to_string());
            self.set("geometryType", "esriGeometryEnvelope");
            self.set("inSR", code.unwrap_or_else(|| String::from_utf8_lossy(&text).into_owned()));
            self.set("spatialRel", "esriSpatialRelIntersects");
        }
        Ok(())
    }
}

/// The URL with only those parameters of its query whose name passes.
fn keeping(url: &Url, passes: impl Fn(&str) -> bool) -> Url {
    let kept: Vec<_> = url.query_pairs().filter(|(name, _)| passes(name)).collect();
    let mut next = url.clone();
    next.set_query(None);
    if !kept.is_empty() {
        next.query_pairs_mut().extend_pairs(kept);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_taken_out_of_its_url_and_keys_of_gateways_stay() {
        let url = Url::parse(
            "https://h/A/FeatureServer/0/query?Where=a%3D1&f=html&key=k%26&outSR=&quantizationParameters=x",
        )
        .unwrap();
        let (layer, form) = split(&url, UrlKind::LayerQuery);
        assert_eq!(layer.as_str(), "https://h/A/FeatureServer/0?key=k%26");
        assert_eq!(form.0, [("Where".to_owned(), "a=1".to_owned())]);
        let url = Url::parse("https://h/A/FeatureServer/0/?token=x&f=json").unwrap();
        assert_eq!(split(&without_token(&url), UrlKind::Layer).0.as_str(), "https://h/A/FeatureServer/0");
    }
}
