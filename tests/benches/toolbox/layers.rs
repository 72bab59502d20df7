//! Layers from files, and runs of tools on them.

use anyhow::{Context, Result};
use gp_core::{RunContext, Value};
use gp_esri::{FeatureSet, Geometry, ReadLimits, Xy};
use std::path::Path;

/// A layer of the folder.
pub(crate) fn layer(folder: &Path, name: &str) -> Result<FeatureSet> {
    read(&folder.join(format!("{name}.json")))
}

/// A feature set from a file, however large.
pub(crate) fn read(path: &Path) -> Result<FeatureSet> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let limits = ReadLimits {
        max_features: usize::MAX,
        max_vertices: usize::MAX,
        max_values: usize::MAX,
        max_text_bytes: usize::MAX,
        ..ReadLimits::default()
    };
    Ok(FeatureSet::from_json(&text, &limits)?.feature_set)
}

/// Runs a tool on values by name; the others have their defaults. Gives the first output.
pub(crate) fn run(tool: &str, given: Vec<(&str, Value)>) -> Result<FeatureSet> {
    let task = gp_tools::TOOLS.iter().find(|task| task.name() == tool).with_context(|| tool.to_owned())?;
    let mut given: Vec<(&str, Option<Value>)> =
        given.into_iter().map(|(name, value)| (name, Some(value))).collect();
    let values = task.inputs().iter().map(|input| {
        let value =
            given.iter_mut().find(|(name, _)| *name == input.name).and_then(|(_, value)| value.take());
        value.unwrap_or(Value::Null)
    });
    let values = values.collect();
    anyhow::ensure!(given.iter().all(|(_, value)| value.is_none()), "{tool} has no such parameter");
    let outputs = task.run(values, &RunContext::silent())?;
    match outputs.into_iter().next() {
        Some(Value::FeatureSet(set) | Value::RecordSet(gp_core::RecordSet(set))) => Ok(set),
        _ => anyhow::bail!("{tool} has no features to give"),
    }
}

/// The sum of all areas.
pub(crate) fn total_area(set: &FeatureSet) -> f64 {
    let geometries = set.features.iter().filter_map(|feature| feature.geometry.as_ref());
    let areas = geometries.map(|geometry| match geometry {
        Geometry::Polygon(rings) => gp_geometry::area(rings),
        _ => 0.0,
    });
    areas.sum()
}

/// The sum of a column of numbers; nulls count nothing.
pub(crate) fn total(set: &FeatureSet, column: &str) -> Result<f64> {
    let column = set.field_index(column).with_context(|| column.to_owned())?;
    let values = set.features.iter().map(|feature| match feature.attributes[column] {
        gp_esri::Attribute::Integer(number) => number as f64,
        gp_esri::Attribute::Double(number) => number,
        _ => 0.0,
    });
    Ok(values.sum())
}

/// The positions of a point layer.
pub(crate) fn positions(set: &FeatureSet) -> Vec<Xy> {
    let mut positions = Vec::with_capacity(set.features.len());
    for geometry in set.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
        geometry.for_each_xy(|xy| positions.push(xy));
    }
    positions
}
