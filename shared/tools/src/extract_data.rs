//! ExtractData: layers as files, cut to an area, in one zip file.
//!
//! **Method.** Each layer is cut to the area of interest as Clip does, projected where Spatial_Reference or the format asks for
//! it, and written in Feature_Format. GeoPackage, KML and KMZ hold all layers in one file, `output`; of any other format there
//! is a file for each layer, named as the layer. The parts of shapefiles stand in the zip file itself.
//!
//! **Inputs.** Features of any geometry type, polygons as the area; without an area everything is taken. Z and m stay, but
//! lines and polygons that are cut lose them with a warning, as in Clip. Rows without geometry are written only
//! where there is no area. An empty layer makes a file without features.
//!
//! **Spatial reference and units.** Those of each layer, unless Spatial_Reference names another. GeoJSON and KML know only
//! longitude and latitude on WGS 84, to which layers are then projected.
//!
//! **Output.** `output.zip`. Layers are named by Layer_Names, else `layer_1`, `layer_2` and so on; letters that files cannot have
//! in their names become `_`, and a name that was there before gets a number. What a format cannot hold is a warning that names
//! the layer.
//!
//! **Errors.** No layer, more names than layers, an area without polygons, a reference that cannot be projected, and what the
//! format cannot hold at all.

use crate::file_format::WrittenFormat;
use crate::mask::cut;
use crate::reference::project_to;
use gp_core::{DataFile, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, SpatialReference};
use gp_formats::{Format, FormatError, Input, WriteLayer, zip_files};
use gp_geometry::{Crs, Keep};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Packs layers into a zip file.
pub(crate) struct ExtractData;

/// What ExtractData takes.
#[derive(Inputs)]
pub(crate) struct ExtractDataInputs {
    /// The layers to be written.
    #[parameter(name = "Layers_to_Clip", display_name = "Layers to Clip")]
    layers_to_clip: Vec<FeatureSet>,
    /// The polygons within which features are taken. Without them everything is.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]), name = "Area_of_Interest", display_name = "Area of Interest")]
    area_of_interest: Option<FeatureSet>,
    /// The format of the files.
    #[parameter(default = WrittenFormat(Format::Shapefile))]
    feature_format: WrittenFormat,
    /// The spatial reference of the files. Without one it is that of each layer. GeoJSON and KML are always in longitude and latitude on WGS 84.
    spatial_reference: Option<SpatialReference>,
    /// The names of the layers, in their order. Without them they are layer_1, layer_2 and so on.
    layer_names: Option<Vec<String>>,
}

/// What ExtractData gives.
#[derive(Outputs)]
pub(crate) struct ExtractDataOutputs {
    /// The zip file with the layers.
    output_zip_file: DataFile,
}

impl Tool for ExtractData {
    const NAME: &'static str = "ExtractData";
    const DESCRIPTION: &'static str =
        "Cuts layers to an area of interest and packs them into a zip file, in a format of choice.";
    const TOOLSET: &'static str = "Conversion";
    type Inputs = ExtractDataInputs;
    type Outputs = ExtractDataOutputs;

    fn run(inputs: ExtractDataInputs, context: &RunContext) -> Result<ExtractDataOutputs, ToolError> {
        let format = inputs.feature_format.0;
        let layers = inputs.layers_to_clip;
        if layers.is_empty() {
            return Err(ToolError::invalid(LAYERS, "there is no layer; give at least one"));
        }
        let names = layer_names(inputs.layer_names.unwrap_or_default(), layers.len(), context)?;
        check_area(inputs.area_of_interest.as_ref())?;
        let reference = reference_of(format, inputs.spatial_reference, context)?;
        let writer = Writer { format, folder: scratch(context)?, context };
        let (mut prepared, mut files) = (Vec::new(), Vec::new());
        let count = layers.len();
        for (number, (layer, name)) in layers.into_iter().zip(&names).enumerate() {
            context
                .progress((number * 100 / count) as u8, format!("layer {} of {count}: {name}", number + 1));
            let mut features = clipped(layer, inputs.area_of_interest.as_ref(), name, context)?;
            if let Some(reference) = &reference {
                project_to(&mut features, reference, LAYERS, name, context)?;
            }
            if format.holds_several_layers() {
                prepared.push(features);
            } else {
                files.extend(writer.single(name, &features)?);
            }
        }
        let path = context.new_file(OUTPUT)?;
        let layers: Vec<WriteLayer<'_>> =
            names.iter().zip(&prepared).map(|(name, features)| WriteLayer { name, features }).collect();
        if format == Format::Shapefile {
            // A zip file by itself, which would be no help within another.
            writer.write(&path, &layers)?;
        } else {
            if format.holds_several_layers() {
                files.push(writer.several(&layers)?);
            }
            zip_files(&path, &files, &|| context.check().is_err())
                .map_err(|error| failure("the zip file", error, context))?;
        }
        std::fs::remove_dir_all(&writer.folder).map_err(internal)?;
        Ok(ExtractDataOutputs { output_zip_file: DataFile(Input::open(&path).map_err(internal)?) })
    }
}

const LAYERS: &str = "Layers_to_Clip";
/// The name that ArcGIS gives it.
const OUTPUT: &str = "output.zip";
/// The stem of a file of several layers.
const ALL_LAYERS: &str = "output";
/// Longest name of a layer, in bytes: with an extension and a number every file system takes it.
const MAX_NAME_BYTES: usize = 80;

/// Writes layers in one format into a folder.
struct Writer<'a> {
    format: Format,
    folder: PathBuf,
    context: &'a RunContext,
}

impl Writer<'_> {
    /// A file of one layer, or `None` where the format cannot hold an empty one.
    fn single(&self, name: &str, features: &FeatureSet) -> Result<Option<(String, PathBuf)>, ToolError> {
        let (file, path) = self.place(name);
        let written = self.try_write(&path, &[WriteLayer { name, features }]);
        match written {
            Ok(()) => Ok(Some((file, path))),
            Err(FormatError::Unsupported(reason)) if features.features.is_empty() => {
                self.context.warning(format!("{name}: the layer is empty and has no file: {reason}"));
                Ok(None)
            }
            Err(error) => Err(failure(name, error, self.context)),
        }
    }

    /// A file of all layers.
    fn several(&self, layers: &[WriteLayer<'_>]) -> Result<(String, PathBuf), ToolError> {
        let (file, path) = self.place(ALL_LAYERS);
        self.write(&path, layers)?;
        Ok((file, path))
    }

    fn place(&self, stem: &str) -> (String, PathBuf) {
        let file = format!("{stem}.{}", self.format.extension());
        let path = self.folder.join(&file);
        (file, path)
    }

    fn write(&self, path: &Path, layers: &[WriteLayer<'_>]) -> Result<(), ToolError> {
        let names: Vec<&str> = layers.iter().map(|layer| layer.name).collect();
        self.try_write(path, layers).map_err(|error| failure(&names.join(", "), error, self.context))
    }

    fn try_write(&self, path: &Path, layers: &[WriteLayer<'_>]) -> Result<(), FormatError> {
        let warnings = gp_formats::write(path, self.format, layers, &|| self.context.check().is_err())?;
        for warning in warnings {
            // Of several layers, each warning begins with the name of its layer.
            self.context.warning(match layers {
                [layer] => format!("{}: {warning}", layer.name),
                _ => warning,
            });
        }
        Ok(())
    }
}

/// A folder for files that are packed later.
fn scratch(context: &RunContext) -> Result<PathBuf, ToolError> {
    let folder = context.scratch_folder()?.join("extract_data");
    std::fs::create_dir_all(&folder).map_err(internal)?;
    Ok(folder)
}

/// An area without polygons is more likely a mistake than the wish for nothing.
fn check_area(area: Option<&FeatureSet>) -> Result<(), ToolError> {
    let is_polygon = |geometry: &Geometry| matches!(geometry, Geometry::Polygon(_));
    let has_polygon =
        |area: &FeatureSet| area.features.iter().any(|row| row.geometry.as_ref().is_some_and(is_polygon));
    if area.is_none_or(has_polygon) {
        return Ok(());
    }
    Err(ToolError::invalid(
        "Area_of_Interest",
        "it holds no polygon; draw one, or leave it out for everything",
    ))
}

/// What layers are projected to: what the format demands, else what was asked for.
fn reference_of(
    format: Format,
    asked: Option<SpatialReference>,
    context: &RunContext,
) -> Result<Option<SpatialReference>, ToolError> {
    let Some(demanded) = format.required_reference() else {
        if let Some(asked) = &asked {
            Crs::new(asked).map_err(|error| ToolError::invalid("Spatial_Reference", error.to_string()))?;
        }
        return Ok(asked);
    };
    if asked.is_some_and(|asked| !asked.same_as(&demanded)) {
        context.warning(format!(
            "Spatial_Reference: {} files are always in longitude and latitude on WGS 84, so it is not used",
            format.name()
        ));
    }
    Ok(Some(demanded))
}

fn clipped(
    layer: FeatureSet,
    area: Option<&FeatureSet>,
    name: &str,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let Some(area) = area else { return Ok(layer) };
    cut(layer, name, area.clone(), "Area_of_Interest", Keep::Inside, context)
}

/// A name for each layer, unlike the others whatever their case, that files may have.
fn layer_names(asked: Vec<String>, count: usize, context: &RunContext) -> Result<Vec<String>, ToolError> {
    if asked.len() > count {
        let reason = format!("there are {} names for {count} layers; give one for each", asked.len());
        return Err(ToolError::invalid("Layer_Names", reason));
    }
    let mut taken = HashSet::new();
    let mut names = Vec::new();
    for number in 0..count {
        let asked = asked.get(number).map(|name| name.trim()).filter(|name| !name.is_empty());
        let wanted = asked.map_or_else(|| format!("layer_{}", number + 1), clean);
        let mut name = wanted.clone();
        for next in 1.. {
            if taken.insert(name.to_lowercase()) {
                break;
            }
            name = format!("{wanted}_{next}");
        }
        if let Some(asked) = asked.filter(|asked| *asked != name) {
            context.warning(format!("Layer_Names: {asked} is named {name}"));
        }
        names.push(name);
    }
    Ok(names)
}

/// The name with letters that every file system and every format takes.
fn clean(name: &str) -> String {
    let is_good = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    let clean: String = name.chars().map(|letter| if is_good(letter) { letter } else { '_' }).collect();
    clean[..clean.floor_char_boundary(MAX_NAME_BYTES)].to_owned()
}

/// The error of a run whose layer, or layers, could not be written.
fn failure(what: &str, error: FormatError, context: &RunContext) -> ToolError {
    match (context.check(), error) {
        (Err(stopped), _) => stopped,
        (Ok(()), error @ (FormatError::Io(_) | FormatError::Malformed { .. })) => {
            ToolError::Internal(format!("{what}: {error}"))
        }
        (Ok(()), error) => ToolError::invalid("Feature_Format", format!("{what}: {error}")),
    }
}

fn internal(error: std::io::Error) -> ToolError {
    ToolError::Internal(format!("the server could not write the zip file: {error}"))
}

#[cfg(test)]
pub(crate) mod tests;
