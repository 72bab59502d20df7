//! What a layer says of itself (`<layer>?f=json`).

use crate::FetchError;
use crate::request::Request;
use crate::session::Session;
use gp_esri::{FeatureSet, ReadLimits};
use serde_json::{Map, Value, json};

/// Largest description, in bytes: some hold pictures as symbols.
const MAX_BYTES: usize = 16 << 20;
/// Features a page where the layer does not say, and at most: larger pages only make servers slow.
const DEFAULT_PAGE_FEATURES: usize = 1000;
const MAX_PAGE_FEATURES: usize = 2000;

/// What reading a layer needs to know of it.
pub(super) struct Description {
    pub(super) oid_field: Option<String>,
    pub(super) page_features: usize,
    /// Whether pages can be asked for by their first feature.
    pub(super) has_pages: bool,
    pub(super) has_z: bool,
    pub(super) has_m: bool,
    pub(super) has_time: bool,
    pub(super) has_geometry: bool,
    /// Whether it answers in protocol buffers, which are a quarter of the bytes.
    pub(super) writes_pbf: bool,
    /// Its fields and geometry type, without features.
    pub(super) schema: FeatureSet,
}

/// Asks the layer to describe itself.
pub(super) fn read(session: &mut Session<'_>, mut request: Request) -> Result<Description, FetchError> {
    if request.token.is_some() {
        request.form = Some(vec![("f".to_owned(), "json".to_owned())]);
    } else {
        request.url.query_pairs_mut().append_pair("f", "json");
    }
    let document = session.document(&request, MAX_BYTES)?;
    let no_layer = || session.wait.malformed("it is no layer of a feature or map service");
    let value: Value = serde_json::from_slice(&document).map_err(|_| no_layer())?;
    let layer = value.as_object().ok_or_else(no_layer)?;
    let kind = text(layer, "type");
    if ["Group Layer", "Raster Layer", "Raster Catalog Layer", "Mosaic Layer"].contains(&kind) {
        let kind = kind.to_lowercase();
        return Err(session
            .wait
            .unsupported(format!("is a {kind}: give one of its feature layers or a table")));
    }
    let capabilities = text(layer, "capabilities");
    let may_query = |word: &str| word.trim().eq_ignore_ascii_case("query");
    if !capabilities.is_empty() && !capabilities.split(',').any(may_query) {
        return Err(session.wait.unsupported("does not let anybody query it: ask its owner to allow Query"));
    }
    let fields = layer.get("fields").and_then(Value::as_array).filter(|fields| !fields.is_empty());
    let Some(fields) = fields else {
        return Err(session.wait.unsupported("has no fields: give a feature layer or a table"));
    };
    let schema = schema(layer, fields).map_err(|error| FetchError::Features {
        place: session.wait.place.clone(),
        reason: session.secrets.strip(&error.to_string()),
    })?;
    let oid_of_fields = schema.oid_index().and_then(|index| schema.fields.get(index));
    let oid_field = Some(text(layer, "objectIdField"))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .or_else(|| oid_of_fields.map(|field| field.name.clone()));
    let advanced = layer.get("advancedQueryCapabilities").and_then(Value::as_object);
    let page_features = layer.get("maxRecordCount").and_then(Value::as_u64).filter(|count| *count > 0);
    Ok(Description {
        oid_field,
        page_features: page_features
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(DEFAULT_PAGE_FEATURES)
            .min(MAX_PAGE_FEATURES),
        has_pages: is_true(layer, "supportsPagination")
            || advanced.is_some_and(|advanced| is_true(advanced, "supportsPagination")),
        has_z: is_true(layer, "hasZ"),
        has_m: is_true(layer, "hasM"),
        has_time: layer.get("timeInfo").is_some_and(Value::is_object),
        writes_pbf: text(layer, "supportedQueryFormats")
            .split(',')
            .any(|format| format.trim().eq_ignore_ascii_case("pbf")),
        has_geometry: schema.geometry_type.is_some(),
        schema,
    })
}

/// The layer as a feature set without features.
fn schema(layer: &Map<String, Value>, fields: &[Value]) -> Result<FeatureSet, gp_esri::ReadError> {
    let extent = layer.get("extent").and_then(|extent| extent.get("spatialReference"));
    let is_table = text(layer, "type").eq_ignore_ascii_case("table");
    let set = json!({
        "geometryType": layer.get("geometryType").filter(|_| !is_table),
        "spatialReference": extent.or_else(|| layer.get("sourceSpatialReference")),
        "fields": fields,
        "features": [],
    });
    FeatureSet::from_json(&set.to_string(), &ReadLimits::default()).map(|read| read.feature_set)
}

fn text<'v>(object: &'v Map<String, Value>, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn is_true(object: &Map<String, Value>, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or(false)
}
