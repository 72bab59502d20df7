//! Results that are stored as JSON texts, rendered again as a request wants them.

use super::{RenderOptions, write_features, write_list};
use crate::parse::array_texts;
use crate::{ParameterInfo, RequestError, ResultInfo};
use gp_esri::json::write_string;
use gp_esri::{FeatureSet, ReadLimits, SpatialReference};

/// The stored JSON text of a result as this request wants it: the text itself wherever it can be sent as it is. `columns`
/// are the output's, where it is a value table.
///
/// # Errors
/// Code 400 when the result cannot be projected to `out_sr`; code 500 when the stored text is corrupt.
pub fn render_result(
    info: &ResultInfo,
    columns: &[ParameterInfo],
    json: &[u8],
    options: &RenderOptions,
    out_sr: Option<&SpatialReference>,
    maximum_records: u64,
) -> Result<Vec<u8>, RequestError> {
    if is_as_stored(info, options, out_sr, maximum_records) {
        return Ok(json.to_vec());
    }
    let exceeded = is_exceeded(info, maximum_records);
    let text = std::str::from_utf8(json).map_err(|_| RequestError::internal())?;
    if is_table(info) {
        return with_column_names(text, columns).map_err(|_| RequestError::internal());
    }
    let render = |text: &str| render_set(info, text, options, out_sr, exceeded);
    if !is_list(info) {
        return render(text);
    }
    let members = array_texts(text).map_err(|_| RequestError::internal())?;
    let members = members.iter().map(|member| render(member)).collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::with_capacity(json.len());
    write_list(&mut out, &members, |out, member| out.extend_from_slice(member));
    Ok(out)
}

/// One stored set of features as this request wants it.
fn render_set(
    info: &ResultInfo,
    text: &str,
    options: &RenderOptions,
    out_sr: Option<&SpatialReference>,
    exceeded: bool,
) -> Result<Vec<u8>, RequestError> {
    let mut features = read_stored_features(info, text.as_bytes())?;
    if let Some(sr) = out_sr {
        gp_geometry::project_features(&mut features, sr)
            .map_err(|error| RequestError::bad(format!("outSR: {error}")))?;
    }
    let mut out = Vec::with_capacity(text.len());
    write_features(&mut out, &info.name, &features, options, exceeded);
    Ok(out)
}

/// The features of a result, from the JSON text that was written of them.
///
/// # Errors
/// Code 500 when the text is corrupt.
pub(crate) fn read_stored_features(info: &ResultInfo, json: &[u8]) -> Result<FeatureSet, RequestError> {
    let text = std::str::from_utf8(json).map_err(|_| RequestError::internal())?;
    let unlimited = ReadLimits {
        max_features: usize::MAX,
        max_vertices: usize::MAX,
        max_values: usize::MAX,
        max_text_bytes: usize::MAX,
        ..ReadLimits::default()
    };
    let read = FeatureSet::from_json(text, &unlimited).map_err(|error| {
        tracing::error!(result = %info.name, %error, "a stored result cannot be read");
        RequestError::internal()
    })?;
    Ok(read.feature_set)
}

/// Whether this request wants the result as it is stored.
pub fn is_as_stored(
    info: &ResultInfo,
    options: &RenderOptions,
    out_sr: Option<&SpatialReference>,
    maximum_records: u64,
) -> bool {
    let keeps_all = !info.has_z_or_m || (options.z && options.m);
    let is_unchanged =
        out_sr.is_none() && !options.feature_collection && keeps_all && !is_exceeded(info, maximum_records);
    let has_features = info.feature_count.is_some() || is_list(info);
    if is_table(info) { !options.column_names } else { !has_features || is_unchanged }
}

/// Whether the result is a list of layers, whose features are not counted.
fn is_list(info: &ResultInfo) -> bool {
    ["GPMultiValue:GPFeatureRecordSetLayer", "GPMultiValue:GPRecordSet"].contains(&info.data_type.as_str())
}

fn is_table(info: &ResultInfo) -> bool {
    info.data_type == "GPValueTable"
}

pub(crate) fn is_exceeded(info: &ResultInfo, maximum_records: u64) -> bool {
    info.feature_count.is_some_and(|count| count > maximum_records)
}

/// The rows of a stored value table as objects (specification 2.11).
fn with_column_names(rows: &str, columns: &[ParameterInfo]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(rows.len() * 2);
    let rows = array_texts(rows)?.iter().map(|row| array_texts(row)).collect::<Result<Vec<_>, _>>()?;
    write_list(&mut out, &rows, |out, cells| {
        let mut separator = b'{';
        for (column, cell) in columns.iter().zip(cells) {
            out.push(separator);
            separator = b',';
            write_string(out, &column.name);
            out.push(b':');
            out.extend_from_slice(cell.as_bytes());
        }
        out.push(b'}');
    });
    Ok(out)
}
