//! The metadata that make a Parquet file a GeoParquet file: the text of JSON under the key `geo`.

use super::crs::{crs_of, reference_of};
use super::malformed;
use crate::FormatError;
use gp_esri::{Envelope, FeatureSet, GeometryType, SpatialReference};
use serde_json::{Value, json};

/// The key.
pub(super) const KEY: &str = "geo";
const VERSION: &str = "1.1.0";

/// What the metadata say about the geometries.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Geometries {
    /// The column of geometries that is read.
    pub(super) column: String,
    /// Columns of other geometries.
    pub(super) others: Vec<String>,
    pub(super) geometry_type: Option<GeometryType>,
    pub(super) spatial_reference: Option<SpatialReference>,
    /// The columns that hold the box of each geometry: those of its least and greatest x and y.
    pub(super) covering: Option<[String; 4]>,
    pub(super) warnings: Vec<String>,
}

/// Reads the text under the key.
pub(super) fn read(text: &str) -> Result<Geometries, FormatError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| malformed(format_args!("its metadata about geometries are no JSON: {error}")))?;
    let primary = value["primary_column"].as_str();
    let columns = value["columns"].as_object();
    let (Some(primary), Some(columns)) = (primary, columns) else {
        return Err(malformed("its metadata about geometries do not name the column of geometries"));
    };
    let Some(column) = columns.get(primary) else {
        return Err(malformed(format_args!("its metadata do not describe the column {primary}")));
    };
    let encoding = column["encoding"].as_str().unwrap_or("WKB");
    if !encoding.eq_ignore_ascii_case("WKB") {
        return Err(FormatError::Unsupported(format!(
            "the geometries of the file are encoded as {encoding}: write it with the encoding WKB"
        )));
    }
    let mut warnings = Vec::new();
    if column["edges"].as_str() == Some("spherical") {
        warnings.push(
            "the edges of the geometries follow the globe; they were read as straight lines".to_owned(),
        );
    }
    let spatial_reference = match column.get("crs") {
        // Nothing said is longitude and latitude on WGS 84.
        None => Some(SpatialReference::from_wkid(4326)),
        Some(Value::Null) => None,
        Some(crs) => {
            let reference = reference_of(crs);
            if reference.is_none() {
                warnings.push("the spatial reference of the file has no code and came as unknown".to_owned());
            }
            reference
        }
    };
    Ok(Geometries {
        column: primary.to_owned(),
        others: columns.keys().filter(|name| *name != primary).cloned().collect(),
        geometry_type: type_of(&column["geometry_types"]),
        spatial_reference,
        covering: covering_of(&column["covering"]["bbox"]),
        warnings,
    })
}

/// The type of a layer in which all these can be; `None` where they are not said, or are several.
fn type_of(types: &Value) -> Option<GeometryType> {
    let mut found = None;
    for name in types.as_array()? {
        let name = name.as_str()?;
        let name = name.strip_suffix(" ZM").or_else(|| name.strip_suffix(" Z")).unwrap_or(name);
        let this = match name {
            "Point" => GeometryType::Point,
            "MultiPoint" => GeometryType::Multipoint,
            "LineString" | "MultiLineString" => GeometryType::Polyline,
            "Polygon" | "MultiPolygon" => GeometryType::Polygon,
            _ => return None,
        };
        found = match (found, this) {
            (None, this) => Some(this),
            (Some(GeometryType::Point | GeometryType::Multipoint), GeometryType::Multipoint)
            | (Some(GeometryType::Multipoint), GeometryType::Point) => Some(GeometryType::Multipoint),
            (Some(before), this) if before == this => Some(this),
            _ => return None,
        };
    }
    found
}

fn covering_of(bbox: &Value) -> Option<[String; 4]> {
    let path = |side: &str| -> Option<String> {
        let parts = bbox[side].as_array()?;
        let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
        Some(parts?.join("."))
    };
    Some([path("xmin")?, path("ymin")?, path("xmax")?, path("ymax")?])
}

/// The text for a set whose geometries are in that column, and sentences about what it cannot say.
pub(super) fn write(set: &FeatureSet, column: &str) -> (String, Vec<String>) {
    let mut warnings = Vec::new();
    let mut description = json!({
        "encoding": "WKB",
        "geometry_types": [],
        "orientation": "counterclockwise",
    });
    if let Some(geometry_type) = set.geometry_type {
        let name = match geometry_type {
            GeometryType::Point => "Point",
            GeometryType::Multipoint => "MultiPoint",
            GeometryType::Polyline => "MultiLineString",
            GeometryType::Polygon => "MultiPolygon",
        };
        description["geometry_types"] = json!([format!("{name}{}", if set.has_z { " Z" } else { "" })]);
    }
    let Envelope { xmin, ymin, xmax, ymax } = set.envelope();
    if xmin <= xmax {
        description["bbox"] = match z_range(set) {
            Some((zmin, zmax)) => json!([xmin, ymin, zmin, xmax, ymax, zmax]),
            None => json!([xmin, ymin, xmax, ymax]),
        };
    }
    match set.spatial_reference.as_ref().map(|reference| (reference, reference.code())) {
        None => description["crs"] = Value::Null,
        Some((_, Some(4326))) => {}
        Some((_, Some(code))) => {
            description["crs"] = crs_of(code);
            if description["crs"].is_string() {
                warnings.push(format!(
                    "the spatial reference was written as its code, {}, and not as PROJJSON: some software cannot read that",
                    description["crs"].as_str().unwrap_or_default()
                ));
            }
        }
        Some((reference, None)) => {
            description["crs"] = Value::Null;
            warnings.push(format!("{reference} has no code and was left out"));
        }
    }
    let text = json!({ "version": VERSION, "primary_column": column, "columns": { column: description } });
    (text.to_string(), warnings)
}

/// The least and the greatest z.
fn z_range(set: &FeatureSet) -> Option<(f64, f64)> {
    if !set.has_z {
        return None;
    }
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for geometry in set.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
        let values: Vec<f64> = match geometry {
            gp_esri::Geometry::Point(point) => point.z.into_iter().collect(),
            gp_esri::Geometry::Multipoint(points) => points.z.clone(),
            gp_esri::Geometry::Polyline(paths) | gp_esri::Geometry::Polygon(paths) => {
                paths.iter().flat_map(|path| &path.z).copied().collect()
            }
        };
        for z in values.into_iter().filter(|z| z.is_finite()) {
            range = (range.0.min(z), range.1.max(z));
        }
    }
    (range.0 <= range.1).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(description: &Value) -> Result<Geometries, FormatError> {
        read(&json!({ "primary_column": "g", "columns": { "g": description } }).to_string())
    }

    #[test]
    fn references_come_by_code_and_what_is_not_said_is_wgs_84() {
        let reference = |description: Value| columns(&description).unwrap().spatial_reference;
        let code = |description: Value| reference(description).and_then(|reference| reference.code());
        assert_eq!(code(json!({})), Some(4326));
        assert_eq!(code(json!({ "crs": null })), None);
        assert_eq!(code(json!({ "crs": { "id": { "authority": "EPSG", "code": 2056 } } })), Some(2056));
        assert_eq!(code(json!({ "crs": { "id": { "authority": "OGC", "code": "CRS84" } } })), Some(4326));
        assert_eq!(code(json!({ "crs": { "id": { "authority": "IGNF", "code": "LAMB93" } } })), None);
    }

    #[test]
    fn types_that_go_together_make_a_layer() {
        let of = |types: Value| columns(&json!({ "geometry_types": types })).unwrap().geometry_type;
        assert_eq!(of(json!(["Polygon", "MultiPolygon Z"])), Some(GeometryType::Polygon));
        assert_eq!(of(json!(["MultiPoint", "Point"])), Some(GeometryType::Multipoint));
        assert_eq!(of(json!(["Point", "LineString"])), None);
        assert_eq!(of(json!([])), None);
    }

    #[test]
    fn native_encodings_are_refused() {
        let error = columns(&json!({ "encoding": "multipolygon" })).unwrap_err();
        assert!(matches!(error, FormatError::Unsupported(_)) && error.to_string().contains("multipolygon"));
    }
}
