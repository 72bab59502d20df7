//! What every result, error and message must be, whatever the tool.

use crate::layers::IDS_REPEAT;
use crate::requests::Request;
use crate::run::Outcome;
use gp_core::{Task, TaskResult, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, ReadLimits};
use gp_geometry::is_valid_polygon;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a polygon is that crosses itself or has no area.
const NOT_VALID: &str = "is not a valid polygon";

/// What is wrong with the outcome of a request.
pub(crate) fn faults(tool: &dyn Task, request: &Request, outcome: &Outcome) -> Vec<String> {
    let holds = |part: &str| request.iter().any(|(_, text)| text.contains(part));
    let ids_are_unique = !holds(IDS_REPEAT);
    // Project moves every vertex by itself, so what touches may cross by rounding; NO_CHECK asks for no care.
    let are_valid = tool.name() != "Project" && !holds("NO_CHECK");
    let mut faults: Vec<String> = outcome
        .said
        .iter()
        .filter(|text| text.contains("fault of the server"))
        .map(|text| format!("says: {text}"))
        .collect();
    match &outcome.results {
        Ok(results) => {
            for result in results {
                let mut found = faults_of_result(result, ids_are_unique);
                found.retain(|fault| are_valid || !fault.contains(NOT_VALID));
                faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", result.info.name)));
            }
        }
        Err(error) => faults.extend(fault_of_error(tool, error)),
    }
    faults
}

/// An error is a sentence that names the parameter to change; that the time is up is no fault of a request, and Fail
/// says what it was asked to.
fn fault_of_error(tool: &dyn Task, error: &ToolError) -> Option<String> {
    let text = error.to_string();
    match error {
        ToolError::Failed(_) if tool.name() == "Fail" => None,
        ToolError::Internal(_) => Some(text),
        ToolError::TimedOut { .. } | ToolError::Cancelled => None,
        _ => {
            let names = |name: &str| error.sentences().iter().all(|sentence| sentence.contains(name));
            let is_named = tool.inputs().iter().any(|input| names(&input.name) || names(&input.display_name))
                || error.sentences().len() > 1;
            (!is_named).then(|| format!("an error that names no parameter: {text}"))
        }
    }
}

fn faults_of_result(result: &TaskResult, ids_are_unique: bool) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(&result.json) else { return vec!["it is not UTF-8".into()] };
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => return vec![format!("it is not JSON: {error}")],
    };
    if result.info.feature_count.is_none() {
        return Vec::new();
    }
    let mut faults = faults_of_rows(&document, ids_are_unique);
    // A result may be larger than what a request may send.
    let limits = ReadLimits {
        max_features: usize::MAX,
        max_vertices: usize::MAX,
        max_values: usize::MAX,
        max_text_bytes: usize::MAX,
        ..ReadLimits::default()
    };
    match FeatureSet::from_json(text, &limits) {
        Ok(read) => {
            faults.extend(read.warnings.iter().map(|warning| format!("reading it warns: {warning}")));
            faults.extend(faults_of_features(&read.feature_set));
        }
        Err(error) => faults.push(format!("it cannot be read: {error}")),
    }
    faults
}

/// Every row has a value for each field and for nothing else, and an object id of its own.
fn faults_of_rows(document: &Value, ids_are_unique: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let (Some(fields), Some(rows)) = (document["fields"].as_array(), document["features"].as_array()) else {
        return vec!["it has no fields or no features".into()];
    };
    let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
    let distinct: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    if distinct.len() != fields.len() {
        faults.push(format!("two fields have one name: {names:?}"));
    }
    let ids: Vec<&Value> = fields.iter().filter(|field| field["type"] == "esriFieldTypeOID").collect();
    if ids.len() > 1 {
        faults.push(format!("it has {} fields of object ids", ids.len()));
    }
    for (number, row) in rows.iter().enumerate() {
        let Some(attributes) = row["attributes"].as_object() else {
            faults.push(format!("row {number} has no attributes"));
            continue;
        };
        if attributes.len() != names.len() || !names.iter().all(|name| attributes.contains_key(*name)) {
            faults.push(format!("row {number} has {} values of {} fields", attributes.len(), names.len()));
        }
    }
    if let Some(id) = ids.first().and_then(|field| field["name"].as_str()) {
        let distinct: BTreeSet<String> = rows.iter().map(|row| row["attributes"][id].to_string()).collect();
        if ids_are_unique && (distinct.len() != rows.len() || distinct.contains("null")) {
            faults.push(format!("object ids repeat or are null in {id}"));
        }
    }
    faults.truncate(3);
    faults
}

/// Geometries are of the declared type, finite, and valid where they are polygons.
fn faults_of_features(set: &FeatureSet) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, feature) in set.features.iter().enumerate() {
        let Some(geometry) = &feature.geometry else { continue };
        let kind = match geometry {
            Geometry::Point(_) => GeometryType::Point,
            Geometry::Multipoint(_) => GeometryType::Multipoint,
            Geometry::Polyline(_) => GeometryType::Polyline,
            Geometry::Polygon(_) => GeometryType::Polygon,
        };
        if set.geometry_type != Some(kind) {
            faults.push(format!("row {number} is a {kind:?} in a set of {:?}", set.geometry_type));
        }
        let mut is_finite = true;
        geometry.for_each_xy(|xy| is_finite &= xy.iter().all(|number| number.is_finite()));
        if !is_finite {
            faults.push(format!("row {number} has a coordinate that is not finite"));
        }
        match geometry {
            Geometry::Polygon(rings) if is_finite && !is_valid_polygon(rings) => {
                faults.push(format!(
                    "row {number} {NOT_VALID}: {}",
                    shortened(&format!("{:?}", rings.iter().map(|ring| &ring.xy).collect::<Vec<_>>()))
                ));
            }
            Geometry::Polyline(paths) if paths.iter().any(|path| path.xy.len() < 2) => {
                faults.push(format!("row {number} has a path of fewer than two vertices"));
            }
            _ => {}
        }
    }
    faults.truncate(3);
    faults
}

fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}
