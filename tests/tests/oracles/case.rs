//! A case as its file has it.

use anyhow::{Context, Result};
use gp_core::Parameters;
use serde_json::{Map, Value};
use std::path::Path;

/// What to run, and what independent software says of the result.
pub(crate) struct Case {
    /// The name of its file.
    pub(crate) name: String,
    /// The tool's name.
    pub(crate) tool: String,
    /// Why the case is there.
    pub(crate) note: String,
    /// The parameters as a client would send them.
    pub(crate) parameters: Parameters,
    /// The output that is compared; the first when none is named.
    pub(crate) output: Option<String>,
    /// How many features there must be.
    pub(crate) count: usize,
    /// How areas and lengths are measured.
    pub(crate) measure: Measure,
    /// What may differ.
    pub(crate) tolerance: Tolerance,
    /// The sum of all areas, square units or m2.
    pub(crate) total_area: Option<f64>,
    /// The sum of all lengths, units or m.
    pub(crate) total_length: Option<f64>,
    /// One for each feature.
    pub(crate) rows: Vec<Row>,
}

/// How areas and lengths are measured.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Measure {
    /// In the units of the output.
    Planar,
    /// On WGS84, in m and m2.
    Geodesic,
}

/// What may differ; a measure without a tolerance is not compared.
pub(crate) struct Tolerance {
    /// Relative to the expected area; absolute for 0.
    pub(crate) area_ratio: Option<f64>,
    /// Relative to the expected length; absolute for 0.
    pub(crate) length_ratio: Option<f64>,
    /// Of points, boxes and vertices, in units of the output.
    pub(crate) distance: Option<f64>,
    /// Smaller features may be there or not.
    pub(crate) ignore_area_below: f64,
}

/// One expected feature.
pub(crate) struct Row {
    /// The attributes that it is known by.
    pub(crate) key: Map<String, Value>,
    /// Whether its geometry must be null.
    pub(crate) is_null: bool,
    /// Of the whole feature.
    pub(crate) area: Option<f64>,
    /// Of all its rings or paths.
    pub(crate) length: Option<f64>,
    /// Of a point feature, in any order.
    pub(crate) points: Option<Vec<[f64; 2]>>,
    /// xmin, ymin, xmax, ymax.
    pub(crate) bbox: Option<[f64; 4]>,
    /// The paths of a line or the rings of a polygon, compared by their Hausdorff distance.
    pub(crate) paths: Option<Vec<Vec<[f64; 2]>>>,
}

impl Case {
    /// Every case of a tool, ordered by name.
    pub(crate) fn read_all(tool: &str) -> Result<Vec<Case>> {
        let folder = gp_tests::repository().join("tests/oracles/cases").join(tool);
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files.iter().map(|file| Case::read(file).with_context(|| file.display().to_string())).collect()
    }

    fn read(file: &Path) -> Result<Case> {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let expect = &json["expect"];
        let tolerance = &expect["tolerance"];
        Ok(Case {
            name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            tool: json["tool"].as_str().context("tool")?.to_owned(),
            note: json["note"].as_str().unwrap_or_default().to_owned(),
            parameters: parameters(json["parameters"].as_object().context("parameters")?)?,
            output: expect["output"].as_str().map(str::to_owned),
            count: expect["count"].as_u64().context("expect.count")? as usize,
            measure: match expect["measure"].as_str() {
                Some("planar") => Measure::Planar,
                Some("geodesic") => Measure::Geodesic,
                other => anyhow::bail!("expect.measure: {other:?}"),
            },
            tolerance: Tolerance {
                area_ratio: tolerance["area_ratio"].as_f64(),
                length_ratio: tolerance["length_ratio"].as_f64(),
                distance: tolerance["distance"].as_f64(),
                ignore_area_below: tolerance["ignore_area_below"].as_f64().unwrap_or(0.0),
            },
            total_area: expect["total_area"].as_f64(),
            total_length: expect["total_length"].as_f64(),
            rows: expect["rows"]
                .as_array()
                .context("expect.rows")?
                .iter()
                .map(Row::read)
                .collect::<Result<_>>()?,
        })
    }
}

impl Row {
    fn read(json: &Value) -> Result<Row> {
        let points = json.get("points").map(|points| serde_json::from_value(points.clone())).transpose();
        let paths = json.get("paths").map(|paths| serde_json::from_value(paths.clone())).transpose();
        let bbox = json.get("bbox").map(|bbox| serde_json::from_value(bbox.clone())).transpose();
        Ok(Row {
            key: json["key"].as_object().context("key")?.clone(),
            is_null: json.get("geometry").is_some_and(Value::is_null),
            area: json["area"].as_f64(),
            length: json["length"].as_f64(),
            points: points.context("points")?,
            bbox: bbox.context("bbox")?,
            paths: paths.context("paths")?,
        })
    }
}

/// The parameters as texts; an object whose only key is `file`, alone or in a list, stands for the content of that file, one
/// whose only key is `upload` for an upload of it.
fn parameters(json: &Map<String, Value>) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    for (name, value) in json {
        parameters.push(name.as_str(), text_of(value)?);
    }
    Ok(parameters)
}

fn text_of(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Object(members) if members.len() == 1 && members.contains_key("file") => {
            let path = gp_tests::repository().join(members["file"].as_str().context("file")?);
            std::fs::read_to_string(&path).with_context(|| path.display().to_string())
        }
        Value::Object(members) if members.len() == 1 && members.contains_key("upload") => {
            Ok(serde_json::json!({ "itemID": members["upload"] }).to_string())
        }
        Value::Array(members) if members.iter().any(Value::is_object) => {
            let texts = members.iter().map(text_of).collect::<Result<Vec<_>>>()?;
            Ok(format!("[{}]", texts.join(",")))
        }
        other => Ok(other.to_string()),
    }
}
