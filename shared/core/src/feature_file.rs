//! Feature results as other formats than Esri JSON: `f=geojson`, `kmz` and `pbf` (specification 1.8, 1.11).
//!
//! Separate from `render.rs`, which writes the JSON of every value: this reads that JSON again, because it is what is stored and
//! what worker processes hand over. It must never write a part of a result: what is too much is left out whole, and marked.

use crate::render::{is_exceeded, read_stored_features};
use crate::{RenderOptions, RequestError, ResultInfo};
use bytes::Bytes;
use gp_esri::{FeatureSet, Geometry, SpatialReference};
use gp_formats::{Format, FormatError, WriteLayer};
use std::path::Path;

/// How a request wants features that are not sent as JSON.
#[derive(Clone, Copy)]
pub struct FeatureFile<'a> {
    /// The format.
    pub format: Format,
    /// Whether z and m are kept.
    pub options: RenderOptions,
    /// The reference that was asked for; formats that know only one are written in that.
    pub out_sr: Option<&'a SpatialReference>,
    /// A result of more features is written without any, marked as exceeded.
    pub maximum_records: u64,
    /// Whether to stop, asked every few hundred features: once nobody waits for the reply any more.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// Writes results, each with the JSON text of its value, into a new file at that path. Returns sentences about what the format
/// cannot hold.
///
/// # Errors
/// Code 400 when a result cannot be projected, or the format cannot hold it or say that it is too large; code 500 when a
/// stored text is corrupt or the file cannot be written.
pub fn write_feature_file(
    path: &Path,
    results: &[(ResultInfo, Bytes)],
    wanted: &FeatureFile<'_>,
) -> Result<Vec<String>, RequestError> {
    let mut sets = Vec::with_capacity(results.len());
    let mut warnings = Vec::new();
    for (info, json) in results {
        let mut features = read_stored_features(info, json)?;
        if is_exceeded(info, wanted.maximum_records) {
            check_can_say_exceeded(info, wanted)?;
            features.features.clear();
            features.exceeded_transfer_limit = true;
        }
        keep_zm(&mut features, &wanted.options);
        warnings.extend(project(info, &mut features, wanted)?);
        sets.push((info.name.as_str(), features));
    }
    let layers: Vec<WriteLayer<'_>> =
        sets.iter().map(|(name, features)| WriteLayer { name, features }).collect();
    let written =
        gp_formats::write(path, wanted.format, &layers, wanted.stop).map_err(|error| match error {
            FormatError::Unsupported(reason) => RequestError::bad(reason),
            FormatError::Stopped => stopped(),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "a result could not be written");
                RequestError::internal()
            }
        })?;
    warnings.extend(written);
    Ok(warnings)
}

/// Nobody reads it.
fn stopped() -> RequestError {
    RequestError { details: vec!["stopped".to_owned()], ..RequestError::internal() }
}

/// A KMZ without placemarks would look like a result that has none.
fn check_can_say_exceeded(info: &ResultInfo, wanted: &FeatureFile<'_>) -> Result<(), RequestError> {
    if wanted.format != Format::Kmz {
        return Ok(());
    }
    Err(RequestError::bad(format!(
        "the result {} has {} features, more than the {} that this service returns in a reply, and a KMZ cannot say so; ask \
         for less",
        info.name,
        info.feature_count.unwrap_or_default(),
        wanted.maximum_records
    )))
}

fn project(
    info: &ResultInfo,
    features: &mut FeatureSet,
    wanted: &FeatureFile<'_>,
) -> Result<Vec<String>, RequestError> {
    let required = wanted.format.required_reference();
    let Some(sr) = required.as_ref().or(wanted.out_sr) else { return Ok(Vec::new()) };
    let check = || if (wanted.stop)() { Err(stopped()) } else { Ok(()) };
    let report = gp_geometry::project_features_checked(features, sr, check)?.map_err(|error| {
        RequestError::bad(match required {
            Some(_) => {
                format!(
                    "the result {} cannot be brought to WGS 84, which this format demands ({error}); use f=json",
                    info.name
                )
            }
            None => format!("outSR: {error}"),
        })
    })?;
    Ok(report.sentences())
}

/// Leaves out what was not asked for, so that every writer sees a set without it.
fn keep_zm(features: &mut FeatureSet, options: &RenderOptions) {
    let (had_z, had_m) = (features.has_z, features.has_m);
    (features.has_z, features.has_m) = (had_z && options.z, had_m && options.m);
    if (features.has_z, features.has_m) == (had_z, had_m) {
        return;
    }
    let (keeps_z, keeps_m) = (features.has_z, features.has_m);
    let trim = |path: &mut gp_esri::Path| {
        if !keeps_z {
            path.z = Vec::new();
        }
        if !keeps_m {
            path.m = Vec::new();
        }
    };
    for geometry in features.features.iter_mut().filter_map(|feature| feature.geometry.as_mut()) {
        match geometry {
            Geometry::Point(point) => {
                point.z = point.z.filter(|_| keeps_z);
                point.m = point.m.filter(|_| keeps_m);
            }
            Geometry::Multipoint(points) => trim(points),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.iter_mut().for_each(trim),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::{Feature, Point};

    fn set(geometry: Geometry) -> FeatureSet {
        FeatureSet {
            geometry_type: Some(geometry.geometry_type()),
            has_z: true,
            has_m: true,
            features: vec![Feature { attributes: Vec::new(), geometry: Some(geometry) }],
            ..FeatureSet::default()
        }
    }

    #[test]
    fn writing_stops_when_nobody_waits_and_a_corrupt_text_is_a_fault_of_the_server() {
        let info = ResultInfo {
            name: "out".into(),
            data_type: "GPFeatureRecordSetLayer".into(),
            feature_count: Some(1),
            has_z_or_m: false,
            size: crate::BodySize::default(),
        };
        let json = r#"{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":3857},"features":[{"geometry":{"x":1,"y":2}}]}"#;
        let path = std::env::temp_dir().join("gp-core-feature-file-that-is-never-written");
        let write = |json: &'static str, stop: &(dyn Fn() -> bool + Sync)| {
            let options = RenderOptions::default();
            let wanted =
                FeatureFile { format: Format::GeoJson, options, out_sr: None, maximum_records: 9, stop };
            write_feature_file(&path, &[(info.clone(), json.into())], &wanted).unwrap_err()
        };
        assert_eq!(write(json, &|| true).details, ["stopped"]);
        assert_eq!(write(&json[..40], &|| false), RequestError::internal());
        assert!(!path.exists());
    }

    #[test]
    fn z_and_m_are_each_kept_only_when_asked_for() {
        for (z, m) in [(true, true), (true, false), (false, true), (false, false)] {
            let options = RenderOptions { z, m, ..RenderOptions::default() };
            let mut point = set(Geometry::Point(Point { xy: [1.0, 2.0], z: Some(3.0), m: Some(4.0) }));
            keep_zm(&mut point, &options);
            assert_eq!((point.has_z, point.has_m), (z, m));
            let expected = Point { xy: [1.0, 2.0], z: z.then_some(3.0), m: m.then_some(4.0) };
            assert_eq!(point.features[0].geometry, Some(Geometry::Point(expected)));
            let path = gp_esri::Path { xy: vec![[0.0, 0.0]], z: vec![1.0], m: vec![2.0] };
            let mut lines = set(Geometry::Polyline(vec![path]));
            keep_zm(&mut lines, &options);
            let Some(Geometry::Polyline(paths)) = &lines.features[0].geometry else {
                panic!("no line any more")
            };
            assert_eq!((paths[0].z.len(), paths[0].m.len()), (usize::from(z), usize::from(m)));
        }
    }
}
