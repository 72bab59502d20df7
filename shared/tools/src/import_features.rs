//! ImportFeatures: the features or rows of a file.
//!
//! **Method.** The format is what the first bytes of the file say, else its extension, unless Format names one. A zip file is a
//! shapefile, or holds files of the other formats, of which the only one or the one that Layer names is taken out; zip files
//! within it are left alone. The values are those of the file: nothing is repaired, which the next tool does with its inputs.
//!
//! **Inputs.** A file of up to a million features (20,000 in `execute`), 20 million vertices and 20 million values, 2 GB unpacked. Z and m stay where
//! the format has them.
//!
//! **Spatial reference and units.** Those of the file; Input_Spatial_Reference where the file names none.
//!
//! **Output.** The features, or the rows of a file without geometry, in the order of the file with its fields; the other output
//! is empty. Without object ids in the file they are counted from 1. What could not be taken as it came is a warning.
//!
//! **Errors.** A file of no known format, one that is damaged or too large, several layers of which none is named, and a layer
//! that is not there; both say which there are.

use crate::file_format::ReadFormat;
use crate::table::ensure_object_ids;
use gp_core::{DataFile, Filter, Inputs, MessageLevel, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, SpatialReference};
use gp_formats::{Format, FormatError, ReadOptions};
use std::borrow::Cow;

/// Reads a file.
pub(crate) struct ImportFeatures;

/// What ImportFeatures takes.
#[derive(Inputs)]
pub(crate) struct ImportFeaturesInputs {
    /// The file: an upload or a URL.
    #[parameter(filter = Filter::File(Format::extensions().map(Cow::Borrowed).collect()))]
    input_file: DataFile,
    /// The layer, in a file that holds several, or the name of a file in a zip file; `file/layer` for both. Whatever the case.
    layer: Option<String>,
    /// The format of the file. AUTO: what the file itself says, else its extension.
    #[parameter(default = ReadFormat(None))]
    format: ReadFormat,
    /// The spatial reference of the coordinates, where the file names none.
    input_spatial_reference: Option<SpatialReference>,
}

/// What ImportFeatures gives.
#[derive(Outputs)]
pub(crate) struct ImportFeaturesOutputs {
    /// The features of the file, if it holds geometry.
    output_features: Option<FeatureSet>,
    /// The rows of the file, if it holds no geometry.
    output_rows: Option<RecordSet>,
}

impl Tool for ImportFeatures {
    const NAME: &'static str = "ImportFeatures";
    const DESCRIPTION: &'static str =
        "Reads the features or rows of a file, such as a zipped shapefile, a GeoPackage or a CSV table.";
    const TOOLSET: &'static str = "Conversion";
    type Inputs = ImportFeaturesInputs;
    type Outputs = ImportFeaturesOutputs;

    fn run(inputs: ImportFeaturesInputs, context: &RunContext) -> Result<ImportFeaturesOutputs, ToolError> {
        let stop = || context.check().is_err();
        let options = ReadOptions {
            limits: context.read_limits().clone(),
            max_decompressed_bytes: MAX_UNPACKED_BYTES,
            layer: inputs.layer,
            extent: None,
            scratch: context.scratch_folder()?,
            stop: &stop,
        };
        let file = inputs.input_file.0;
        let failed = |error: FormatError| failure(&file.name, error, context);
        context.progress(0, format!("reading {}", file.name));
        let (format, read) = gp_formats::read_any(&file, inputs.format.0, &options).map_err(failed)?;
        for warning in read.warnings {
            context.warning(format!("{}: {warning}", read.name));
        }
        let mut set = read.features;
        settle_reference(&mut set, inputs.input_spatial_reference, context);
        ensure_object_ids(&mut set);
        let what = if set.geometry_type.is_some() { "features" } else { "rows" };
        let (count, format) = (set.features.len(), format.name());
        let told = format!("{count} {what} of {} were read from {} as {format}", read.name, file.name);
        context.message(MessageLevel::Info, told);
        Ok(match set.geometry_type {
            Some(_) => ImportFeaturesOutputs { output_features: Some(set), output_rows: None },
            None => ImportFeaturesOutputs { output_features: None, output_rows: Some(RecordSet(set)) },
        })
    }
}

/// What a compressed file may become, as where features are read from a URL.
const MAX_UNPACKED_BYTES: u64 = 2 << 30;

/// The reference of the file, or the one that was given for a file without.
fn settle_reference(set: &mut FeatureSet, given: Option<SpatialReference>, context: &RunContext) {
    if set.geometry_type.is_none() {
        return;
    }
    match (&set.spatial_reference, given) {
        (None, Some(given)) => set.spatial_reference = Some(given),
        (None, None) => context.warning(
            "the file names no spatial reference, so that of the features is unknown; give it as Input_Spatial_Reference",
        ),
        (Some(own), Some(given)) if !own.same_as(&given) => {
            context.warning("Input_Spatial_Reference is not used, because the file names another");
        }
        (Some(_), _) => {}
    }
}

/// The error of a run whose file could not be read.
fn failure(name: &str, error: FormatError, context: &RunContext) -> ToolError {
    match (context.check(), error) {
        (Err(stopped), _) => stopped,
        (Ok(()), error @ (FormatError::SeveralLayers { .. } | FormatError::NoLayer { .. })) => {
            ToolError::invalid("Layer", error.to_string())
        }
        (Ok(()), error @ FormatError::Malformed { .. }) => ToolError::invalid(
            "Input_File",
            format!("{name}: {error}; send it again, or say in Format what it is"),
        ),
        (Ok(()), FormatError::TooLarge(reason)) => {
            ToolError::TooLarge(vec![format!("Input_File: {name}: {reason}")])
        }
        (Ok(()), error) => ToolError::invalid("Input_File", format!("{name}: {error}")),
    }
}

#[cfg(test)]
mod tests;
