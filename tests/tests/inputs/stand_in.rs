//! The servers that are read from: one that answers as a test says, and a layer of real features behind it.

#[path = "../../../shared/fetch/tests/fetch/stand_in/feature_server.rs"]
#[allow(dead_code, reason = "the tests of the crate need more of it")]
pub mod feature_server;
#[path = "../../../shared/fetch/tests/fetch/stand_in/web_server.rs"]
#[allow(dead_code, reason = "the tests of the crate need more of it")]
mod web_server;

pub use web_server::*;

use gp_esri::{Attribute, Feature, FeatureSet, WriteOptions, write_feature_set};
use gp_sql::Expression;
use serde_json::json;
use std::collections::HashMap;

/// The path of a layer of a feature service.
pub const LAYER: &str = "/arcgis/rest/services/Real/FeatureServer/0";

/// A layer that serves features as they are: pages, filters, time, JSON or protocol buffers.
#[derive(Clone)]
pub struct RealLayer {
    pub set: FeatureSet,
    pub page_features: usize,
    pub writes_pbf: bool,
    /// The column that holds milliseconds since 1970.
    pub time_field: Option<&'static str>,
}

impl RealLayer {
    pub fn of(set: FeatureSet) -> RealLayer {
        RealLayer { set, page_features: 10, writes_pbf: false, time_field: None }
    }

    pub fn serve(self) -> Server {
        Server::start(move |asked| self.answer(asked))
    }

    pub fn answer(&self, asked: &Asked) -> Reply {
        if !asked.path.ends_with("/query") {
            return ok(&self.describe());
        }
        let chosen = match self.chosen(asked) {
            Ok(chosen) => chosen,
            Err(reason) => {
                return ok(&json!({"error": {"code": 400, "message": "Unable to complete operation.", "details": [reason]}})
                    .to_string());
            }
        };
        if asked.parameter("returnCountOnly") == Some("true") {
            return ok(&json!({"count": chosen.len()}).to_string());
        }
        let number = |name: &str| asked.parameter(name).map(|text| text.parse::<usize>().unwrap());
        let offset = number("resultOffset").unwrap_or(0).min(chosen.len());
        let most = number("resultRecordCount").unwrap_or(usize::MAX).min(self.page_features);
        let end = (offset + most).min(chosen.len());
        let page = FeatureSet {
            features: chosen[offset..end].to_vec(),
            exceeded_transfer_limit: end < chosen.len(),
            ..self.set.clone()
        };
        let mut out = Vec::new();
        if asked.parameter("f") == Some("pbf") {
            assert!(self.writes_pbf, "the layer did not offer that");
            gp_formats::write_pbf(&mut out, &page, &|| false).unwrap();
            return Reply::Bytes(reply(200, &[("Content-Type", "application/x-protobuf")], &out));
        }
        write_feature_set(&mut out, &page, &WriteOptions::default());
        let mut page: serde_json::Value = serde_json::from_slice(&out).unwrap();
        page["exceededTransferLimit"] = json!(end < chosen.len());
        ok(&page.to_string())
    }

    fn describe(&self) -> String {
        let schema = FeatureSet { features: Vec::new(), ..self.set.clone() };
        let schema: serde_json::Value = serde_json::from_str(&super::written(&schema)).unwrap();
        let is_table = self.set.geometry_type.is_none();
        json!({
            "type": if is_table { "Table" } else { "Feature Layer" },
            "capabilities": "Query",
            "geometryType": schema["geometryType"],
            "objectIdField": "OBJECTID",
            "maxRecordCount": self.page_features,
            "extent": {"spatialReference": schema["spatialReference"]},
            "fields": schema["fields"],
            "timeInfo": self.time_field.map(|name| json!({"startTimeField": name})),
            "supportedQueryFormats": if self.writes_pbf { "JSON, PBF" } else { "JSON" },
            "advancedQueryCapabilities": {"supportsPagination": true},
        })
        .to_string()
    }

    fn chosen(&self, asked: &Asked) -> Result<Vec<Feature>, String> {
        let clause = Expression::parse(asked.parameter("where").unwrap_or("1=1"));
        let clause =
            clause.and_then(|clause| clause.bind(&self.set.fields)).map_err(|error| error.to_string())?;
        let time = asked.parameter("time").zip(self.time_field);
        let mut chosen = Vec::new();
        for feature in &self.set.features {
            let is_now = time.is_none_or(|(time, field)| {
                let at = self.set.field_index(field).unwrap();
                is_within(time, &feature.attributes[at])
            });
            if is_now && clause.matches(&feature.attributes).map_err(|error| error.to_string())? {
                chosen.push(feature.clone());
            }
        }
        Ok(chosen)
    }
}

fn is_within(time: &str, when: &Attribute) -> bool {
    let (start, end) = time.split_once(',').unwrap_or((time, time));
    let bound = |text: &str| text.trim().parse::<i64>().ok();
    let Attribute::Integer(when) = when else { return false };
    bound(start).is_none_or(|start| start <= *when) && bound(end).is_none_or(|end| *when <= end)
}

/// A server of files, by path.
pub fn files(files: HashMap<String, Vec<u8>>) -> Server {
    Server::start(move |asked| match files.get(&asked.path) {
        Some(bytes) => Reply::Bytes(reply(200, &[], bytes)),
        None => Reply::Bytes(reply(404, &[], b"nothing here")),
    })
}
