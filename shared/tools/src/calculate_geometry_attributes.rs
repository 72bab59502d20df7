//! Calculate Geometry Attributes: areas, lengths, positions and counts of features, as fields.
//!
//! **Method.** Planar areas, lengths and centroids are those of the coordinates. Geodesic areas and lengths are
//! Karney's (GeographicLib), with edges that are geodesics. INSIDE is, as in Feature To Point, the centroid where it lies
//! inside, otherwise the middle of the widest stretch of a polygon at some height; of a line it is the middle of its
//! longest part, of a multipoint the point that is nearest to the centroid. LINE_BEARING runs from the first vertex to the last: clockwise
//! from grid north in a plane, and for longitudes and latitudes the azimuth at which the geodesic starts.
//!
//! **Inputs.** Features of any geometry type; each property says for which types it is. A feature without geometry has
//! nulls. POINT_COUNT counts vertices, closing ones included.
//!
//! **Spatial reference and units.** Geometry is projected to the coordinate system first, where one is given, vertex by
//! vertex; the output keeps its own. Lengths and areas are in the unit that is chosen, otherwise in that of the
//! coordinate system, and in metres where its coordinates are angles. Positions are in the coordinate system.
//!
//! **Output.** The rows of the input with their geometry, fields and object ids, in its order. A field that is there
//! keeps its type and gets the values, rounded where it has whole numbers; others are appended, of whole numbers for
//! counts and doubles otherwise. A value that does not fit or does not exist is null.
//!
//! **Errors.** An entry that is no pair of a field and a property, a property that the geometry type does not have, a
//! planar area or length of angles, a geodesic one without a spatial reference.

mod property;
mod unit;

use crate::each::{each, warn_of_rows};
use crate::fields::{column_to_write, fit};
use crate::measures::Measures;
use crate::reference::crs_of;
use crate::statistics::pairs;
use crate::table::ensure_object_ids;
use gp_core::{CoordinateSystem, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry};
use gp_geometry::{Crs, Transform};
use property::{Measuring, Property};
use unit::{AreaUnit, LengthUnit};

/// Computes properties of geometries.
pub(crate) struct CalculateGeometryAttributes;

/// What Calculate Geometry Attributes takes.
#[derive(Inputs)]
pub(crate) struct CalculateGeometryAttributesInputs {
    /// The features that get the fields.
    input_features: FeatureSet,
    /// Pairs of a field and a property: KM2 AREA_GEODESIC, or several as X CENTROID_X;Y CENTROID_Y. AREA, AREA_GEODESIC, PERIMETER_LENGTH, PERIMETER_LENGTH_GEODESIC and HOLE_COUNT of polygons, LENGTH, LENGTH_GEODESIC, LINE_BEARING, LINE_START_X and LINE_END_X (also Y, Z, M) of lines, POINT_X (also Y, Z, M) of points, and of all CENTROID_X, INSIDE_X (also Y), EXTENT_MIN_X and EXTENT_MAX_X (also Y, Z), POINT_COUNT, PART_COUNT.
    #[parameter(depends_on = "Input_Features")]
    geometry_property: Vec<String>,
    /// The unit of lengths: the international mile, foot, yard and nautical mile, those of the US survey, metres or kilometres.
    length_unit: Option<LengthUnit>,
    /// The unit of areas.
    area_unit: Option<AreaUnit>,
    /// The coordinate system in which geometry is measured. Without it, that of the features.
    coordinate_system: Option<CoordinateSystem>,
}

/// What Calculate Geometry Attributes gives.
#[derive(Outputs)]
pub(crate) struct CalculateGeometryAttributesOutputs {
    /// The features with the fields.
    output_features: FeatureSet,
}

impl Tool for CalculateGeometryAttributes {
    const NAME: &'static str = "CalculateGeometryAttributes";
    const DESCRIPTION: &'static str =
        "Writes areas, lengths, positions and counts of geometries into fields.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = CalculateGeometryAttributesInputs;
    type Outputs = CalculateGeometryAttributesOutputs;

    fn run(
        mut inputs: CalculateGeometryAttributesInputs,
        context: &RunContext,
    ) -> Result<CalculateGeometryAttributesOutputs, ToolError> {
        ensure_object_ids(&mut inputs.input_features);
        let wanted = wanted(&inputs)?;
        let (measuring, transform) = ways(&inputs, &wanted, context)?;
        let mut features = inputs.input_features;
        let values = each(context, features.features.len(), "Measuring", |row| {
            let Some(geometry) = &features.features[row].geometry else { return Ok(None) };
            let geometry = projected(geometry, transform.as_ref());
            Ok(Some(
                wanted.iter().map(|(_, property)| measuring.value(*property, &geometry)).collect::<Vec<_>>(),
            ))
        })?;
        let mut columns = Vec::with_capacity(wanted.len());
        for (name, property) in &wanted {
            let new_type = if property.is_count() { FieldType::Integer } else { FieldType::Double };
            columns.push(column_to_write(&mut features, name, new_type, "Geometry_Property")?);
        }
        let mut incomplete = Vec::new();
        for (row, values) in values.into_iter().enumerate() {
            let mut is_complete = true;
            for (place, column) in columns.iter().enumerate() {
                let value = values.as_ref().map(|values| values[place].filter(|value| value.is_finite()));
                let fitted = match value {
                    Some(Some(value)) => {
                        fit(Attribute::Double(value), FieldType::Double, &features.fields[*column])
                    }
                    Some(None) => None,
                    None => Some(Attribute::Null),
                };
                is_complete &= fitted.is_some();
                features.features[row].attributes[*column] = fitted.unwrap_or(Attribute::Null);
            }
            if !is_complete {
                incomplete.push(row);
            }
        }
        let what = "have a property that does not exist or does not fit its field, which is null now";
        warn_of_rows(&incomplete, &features, what, context);
        Ok(CalculateGeometryAttributesOutputs { output_features: features })
    }
}

/// The fields with their properties, all of which the features can have.
fn wanted(inputs: &CalculateGeometryAttributesInputs) -> Result<Vec<(String, Property)>, ToolError> {
    let invalid = |reason: String| ToolError::invalid("Geometry_Property", reason);
    let features = &inputs.input_features;
    let has_any = features.features.iter().any(|feature| feature.geometry.is_some());
    let geometry_type = features.geometry_type.filter(|_| has_any);
    let mut wanted = Vec::new();
    for (field, name) in pairs(&inputs.geometry_property, "KM2 AREA_GEODESIC").map_err(invalid)? {
        let property = Property::from_name(&name).map_err(invalid)?;
        if let Some(geometry_type) = geometry_type
            && !property.is_of(geometry_type)
        {
            let name = geometry_type.name();
            return Err(invalid(format!("{} is no property of {name}; choose another", property.name())));
        }
        wanted.push((field, property));
    }
    Ok(wanted)
}

/// How to measure, and the way to the coordinate system when the features are not in it.
fn ways(
    inputs: &CalculateGeometryAttributesInputs,
    wanted: &[(String, Property)],
    context: &RunContext,
) -> Result<(Measuring, Option<Transform>), ToolError> {
    let own = crs_of(&inputs.input_features, "Input_Features")?;
    let chosen = inputs.coordinate_system.as_ref().map(|CoordinateSystem(reference)| Crs::new(reference));
    let invalid = |reason: String| ToolError::invalid("Coordinate_System", reason);
    let chosen = chosen.transpose().map_err(|error| invalid(error.to_string()))?;
    let transform = match (&own, &chosen) {
        (Some(own), Some(chosen)) => {
            Some(Transform::new(own, chosen).map_err(|error| invalid(error.to_string()))?)
        }
        (None, Some(_)) => {
            return Err(invalid(
                "the features have no spatial reference, so they cannot be projected".to_owned(),
            ));
        }
        _ => None,
    };
    let note = transform.as_ref().and_then(Transform::datum_note);
    if let Some(note) = note {
        context.warning(format!("Coordinate_System: {note}"));
    }
    let crs = chosen.or(own);
    let is_geographic = crs.as_ref().is_some_and(Crs::is_geographic);
    for (_, property) in wanted {
        let reason = match (property.is_planar_measure(), property.is_geodesic(), &crs) {
            (true, _, _) if is_geographic => {
                "needs a projected Coordinate_System; its geodesic form does not"
            }
            (_, true, None) => "needs features with a spatial reference",
            _ => continue,
        };
        return Err(ToolError::invalid("Geometry_Property", format!("{} {reason}", property.name())));
    }
    let natural_unit_m = crs.as_ref().and_then(Crs::meters_per_unit).unwrap_or(1.0);
    if crs.is_none() && (inputs.length_unit.is_some() || inputs.area_unit.is_some()) {
        context.warning(
            "the features have no spatial reference, so their coordinates are taken to be metres".to_owned(),
        );
    }
    let measuring = Measuring {
        planar: Measures::planar(crs.as_ref()),
        geodesic: crs.as_ref().map(Measures::geodesic).transpose()?,
        is_geographic,
        length_unit_m: inputs.length_unit.and_then(LengthUnit::meters).unwrap_or(natural_unit_m),
        area_unit_m2: inputs
            .area_unit
            .and_then(AreaUnit::square_meters)
            .unwrap_or(natural_unit_m * natural_unit_m),
    };
    Ok((measuring, transform.filter(|transform| !transform.is_identity())))
}

fn projected<'g>(geometry: &'g Geometry, transform: Option<&Transform>) -> std::borrow::Cow<'g, Geometry> {
    let Some(transform) = transform else { return std::borrow::Cow::Borrowed(geometry) };
    let mut geometry = geometry.clone();
    geometry.for_each_xy_mut(|positions| {
        transform.apply(positions);
    });
    std::borrow::Cow::Owned(geometry)
}

#[cfg(test)]
mod tests;
