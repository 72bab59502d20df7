//! What differs between an output and what its case expects.

use crate::case::{Case, Row};
use crate::measure::{area, hausdorff, length, points};
use gp_esri::{Attribute, Feature, FeatureSet, Geometry, Xy};
use serde_json::Value;
use std::collections::BTreeMap;

/// Numbers of attributes agree within this share of their size.
const ATTRIBUTE_RATIO: f64 = 1e-9;

/// A sentence for everything that differs beyond the tolerances of the case.
pub(crate) fn compare(case: &Case, output: &FeatureSet) -> Vec<String> {
    let mut faults = Vec::new();
    let least = case.tolerance.ignore_area_below;
    let counts = |area: f64| least <= 0.0 || area >= least;
    let features: Vec<&Feature> =
        output.features.iter().filter(|feature| counts(feature_area(case, feature))).collect();
    let rows: Vec<&Row> = case.rows.iter().filter(|row| counts(row.area.unwrap_or(0.0))).collect();
    let expected_count = if least > 0.0 { rows.len() } else { case.count };
    if features.len() != expected_count {
        faults.push(format!("{} features, not {expected_count}", features.len()));
    }
    check_totals(case, &features, &mut faults);

    let mut groups: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(Value::Object(row.key.clone()).to_string()).or_default().push(row);
    }
    let mut is_used = vec![false; features.len()];
    for (key, rows) in groups {
        let mut candidates: Vec<usize> = (0..features.len())
            .filter(|index| !is_used[*index] && has_key(output, features[*index], rows[0]))
            .collect();
        if candidates.len() != rows.len() && !rows[0].key.is_empty() {
            faults.push(format!("{key}: {} features, not {}", candidates.len(), rows.len()));
        }
        for row in rows {
            let judged = candidates
                .iter()
                .enumerate()
                .map(|(place, index)| (place, judge(case, row, features[*index])));
            let best = judged.min_by_key(|(_, faults)| faults.len());
            let Some((place, differences)) = best else { continue };
            is_used[candidates.swap_remove(place)] = true;
            faults.extend(differences.into_iter().map(|difference| format!("{key}: {difference}")));
        }
    }
    let unexpected = is_used.iter().filter(|is_used| !**is_used).count();
    if unexpected > 0 {
        faults.push(format!("{unexpected} features that no row expects"));
    }
    faults
}

fn feature_area(case: &Case, feature: &Feature) -> f64 {
    feature.geometry.as_ref().map_or(0.0, |geometry| area(geometry, case.measure))
}

fn check_totals(case: &Case, features: &[&Feature], faults: &mut Vec<String>) {
    let geometries = || features.iter().filter_map(|feature| feature.geometry.as_ref());
    let total_area: f64 = geometries().map(|geometry| area(geometry, case.measure)).sum();
    let total_length: f64 = geometries().map(|geometry| length(geometry, case.measure)).sum();
    faults.extend(ratio("total area", total_area, case.total_area, case.tolerance.area_ratio));
    faults.extend(ratio("total length", total_length, case.total_length, case.tolerance.length_ratio));
}

fn has_key(output: &FeatureSet, feature: &Feature, row: &Row) -> bool {
    row.key.iter().all(|(name, expected)| {
        let value = output.field_index(name).and_then(|column| feature.attributes.get(column));
        match (value, expected) {
            (Some(Attribute::Null), Value::Null) => true,
            (Some(Attribute::Text(text)), Value::String(expected)) => **text == **expected,
            (Some(Attribute::Integer(number)), Value::Number(expected)) => {
                same_number(*number as f64, expected.as_f64())
            }
            (Some(Attribute::Double(number)), Value::Number(expected)) => {
                same_number(*number, expected.as_f64())
            }
            _ => false,
        }
    })
}

fn same_number(number: f64, expected: Option<f64>) -> bool {
    expected.is_some_and(|expected| (number - expected).abs() <= ATTRIBUTE_RATIO * expected.abs())
}

/// What is wrong with a feature as this row.
fn judge(case: &Case, row: &Row, feature: &Feature) -> Vec<String> {
    let Some(geometry) = &feature.geometry else {
        let wants_some =
            row.area.is_some() || row.length.is_some() || row.points.is_some() || row.paths.is_some();
        return if wants_some { vec!["there is no geometry".to_owned()] } else { Vec::new() };
    };
    if row.is_null {
        return vec!["the geometry is not null".to_owned()];
    }
    let tolerance = &case.tolerance;
    let mut faults = Vec::new();
    faults.extend(ratio("area", area(geometry, case.measure), row.area, tolerance.area_ratio));
    faults.extend(ratio("length", length(geometry, case.measure), row.length, tolerance.length_ratio));
    if let Some(distance) = tolerance.distance {
        faults.extend(row.bbox.and_then(|expected| box_fault(geometry, expected, distance)));
        faults.extend(row.points.as_ref().and_then(|expected| points_fault(geometry, expected, distance)));
        faults.extend(row.paths.as_ref().and_then(|expected| paths_fault(geometry, expected, distance)));
    }
    faults
}

/// Not within the ratio of the expected value; of 0, the ratio is the greatest value.
fn ratio(what: &str, value: f64, expected: Option<f64>, ratio: Option<f64>) -> Option<String> {
    let (expected, ratio) = (expected?, ratio?);
    let scale = if expected.abs() > 0.0 { expected.abs() } else { 1.0 };
    // Written so that NaN is a fault.
    let is_within = (value - expected).abs() <= ratio * scale;
    (!is_within).then(|| format!("{what} {value}, not {expected} ({:+.2e})", (value - expected) / scale))
}

fn box_fault(geometry: &Geometry, expected: [f64; 4], distance: f64) -> Option<String> {
    let envelope = geometry.envelope();
    let sides = [envelope.xmin, envelope.ymin, envelope.xmax, envelope.ymax];
    let is_within = sides.iter().zip(expected).all(|(side, expected)| (side - expected).abs() <= distance);
    (!is_within).then(|| format!("box {sides:?}, not {expected:?}"))
}

fn paths_fault(geometry: &Geometry, expected: &[Vec<Xy>], distance: f64) -> Option<String> {
    let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = geometry else {
        return Some("neither a line nor a polygon".to_owned());
    };
    let found: Vec<&[Xy]> = paths.iter().map(|path| path.xy.as_slice()).collect();
    let expected: Vec<&[Xy]> = expected.iter().map(Vec::as_slice).collect();
    let apart = hausdorff(&found, &expected).max(hausdorff(&expected, &found));
    // Written so that NaN is a fault.
    let is_within = apart <= distance;
    (!is_within).then(|| format!("the Hausdorff distance is {apart}"))
}

/// Every expected position needs one of its own.
fn points_fault(geometry: &Geometry, expected: &[Xy], distance: f64) -> Option<String> {
    let mut left = points(geometry);
    if left.len() != expected.len() {
        return Some(format!("{} points, not {}", left.len(), expected.len()));
    }
    for [x, y] in expected {
        let found = left.iter().position(|[left_x, left_y]| (left_x - x).hypot(left_y - y) <= distance);
        let Some(found) = found else { return Some(format!("no point at [{x}, {y}]; left are {left:?}")) };
        left.swap_remove(found);
    }
    None
}
