//! Generate Tessellation: covers an extent with equal shapes, or with the cells of H3.
//!
//! **Method.** All corners lie on one lattice of columns and rows that starts in the lower left corner of the extent and
//! are computed from their place in it, so that neighbours share them to the last digit. H3 cells are those of the
//! library h3o, found by going down from the 122 cells of resolution 0; see Uber's H3, <https://h3geo.org>.
//!
//! **Inputs.** The extent of features, or one given as `xmin ymin xmax ymax` or as an Esri envelope; one of both. Across
//! the antimeridian `xmax` is above 180.
//!
//! **Spatial reference and units.** The shapes are made in `Spatial_Reference`, or else in the reference of the extent; an
//! extent as plain numbers is in `Spatial_Reference`. `Size` is the area of one shape in that plane. In degrees the shapes
//! are regular in the coordinates, and `Size` is right in the middle of the extent only, which a message says; for equal
//! areas choose a projected reference. H3 cells are made in WGS84 (an extent without reference is taken to be in it) and
//! projected to `Spatial_Reference`.
//!
//! **Output.** Polygons with `GRID_ID`, column by column: every shape whose box overlaps the extent, so the shapes reach
//! beyond it. `GRID_ID` is the column in letters, from the left, and the row in numbers, from below, …, B-1.
//! Of H3 it is the index of the cell, and every cell that meets the extent is there, in the order of the indexes; its
//! edges are straight in degrees. In degrees, what leaves the world is cut off at the poles, and what crosses the
//! antimeridian is cut in two there.
//!
//! **Errors.** No extent, or one without an area; no `Size` where there must be one; more than 10 million shapes; an
//! `H3_Resolution` beyond 0 to 15.

mod h3;
mod shapes;

use crate::each::each;
use crate::extent::{Area, read_area};
use crate::limits::refuse_too_many;
use crate::reference::{WGS84_CODE, is_in_degrees};
use crate::table::Table;
use gp_core::{
    Choices, CoordinateSystem, Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError,
};
use gp_esri::{
    ArealUnit, Attribute, Envelope, FeatureSet, Field, FieldType, Geometry, GeometryType, Path,
    SpatialReference,
};
use gp_geometry::{Crs, Geodesy, intersection, project_features, split_at_antimeridian};
use shapes::{Lattice, Pattern};

/// Covers an extent with shapes.
pub(crate) struct GenerateTessellation;

/// What Generate Tessellation takes.
#[derive(Inputs)]
pub(crate) struct GenerateTessellationInputs {
    /// Features whose extent is covered. Give these or Extent.
    extent_features: Option<FeatureSet>,
    /// The extent that is covered: xmin ymin xmax ymax, or an envelope as JSON. Plain numbers are in Spatial_Reference.
    extent: Option<String>,
    /// HEXAGON: sides at top and bottom. TRANSVERSE_HEXAGON: sides at left and right. SQUARE. DIAMOND: squares that stand on a corner. TRIANGLE: equilateral. H3_HEXAGON: the cells of H3.
    #[parameter(default = ShapeType::Hexagon)]
    shape_type: ShapeType,
    /// The area of one shape; required but for H3_HEXAGON.
    size: Option<ArealUnit>,
    /// The coordinate system of the output; that of the extent when not given.
    spatial_reference: Option<CoordinateSystem>,
    /// The size of H3 cells: each step up makes them a seventh as large.
    #[parameter(name = "H3_Resolution", default = 7, filter = Filter::Range { minimum: 0.0, maximum: 15.0 })]
    h3_resolution: i64,
}

/// What Generate Tessellation gives.
#[derive(Outputs)]
pub(crate) struct GenerateTessellationOutputs {
    /// The shapes.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum ShapeType {
    Hexagon,
    TransverseHexagon,
    Square,
    Diamond,
    Triangle,
    #[choice("H3_HEXAGON")]
    H3Hexagon,
}

impl Tool for GenerateTessellation {
    const NAME: &'static str = "GenerateTessellation";
    const DESCRIPTION: &'static str = "Covers an extent with hexagons, squares, diamonds or triangles of one size, or with the cells of H3.";
    const TOOLSET: &'static str = "Sampling";
    type Inputs = GenerateTessellationInputs;
    type Outputs = GenerateTessellationOutputs;

    fn run(
        inputs: GenerateTessellationInputs,
        context: &RunContext,
    ) -> Result<GenerateTessellationOutputs, ToolError> {
        let (features, text) = (inputs.extent_features.as_ref(), inputs.extent.as_deref());
        let Some(area) = read_area(features, text, ["Extent_Features", "Extent"])? else {
            return Err(ToolError::invalid("Extent", "give an extent, or Extent_Features"));
        };
        let parameter = if features.is_some() { "Extent_Features" } else { "Extent" };
        let asked = inputs.spatial_reference.as_ref().map(|CoordinateSystem(reference)| reference);
        let pattern = match inputs.shape_type {
            ShapeType::Hexagon => Pattern::Hexagon,
            ShapeType::TransverseHexagon => Pattern::TransverseHexagon,
            ShapeType::Square => Pattern::Square,
            ShapeType::Diamond => Pattern::Diamond,
            ShapeType::Triangle => Pattern::Triangle,
            ShapeType::H3Hexagon => {
                let output_features = h3_cells(&area, parameter, asked, inputs.h3_resolution, context)?;
                return Ok(GenerateTessellationOutputs { output_features });
            }
        };
        let reference = asked.or(area.spatial_reference.as_ref()).cloned();
        let envelope = match &reference {
            Some(to) if area.spatial_reference.is_some() => area.in_reference(to, parameter, context)?,
            _ => area.envelope,
        };
        if envelope.xmax <= envelope.xmin || envelope.ymax <= envelope.ymin {
            return Err(ToolError::invalid(parameter, "the extent has no area"));
        }
        let crs = reference.as_ref().map(Crs::new).transpose();
        let crs = crs.map_err(|error| ToolError::invalid("Spatial_Reference", error.to_string()))?;
        let area_of_one = area_in_coordinates(inputs.size, crs.as_ref(), &envelope, context)?;
        let is_in_degrees = crs.as_ref().is_some_and(is_in_degrees);
        let output_features = regular_shapes(
            &Lattice::new(pattern, area_of_one, &envelope),
            reference,
            is_in_degrees,
            context,
        )?;
        Ok(GenerateTessellationOutputs { output_features })
    }
}

/// The area of one shape in squared units of the coordinates.
fn area_in_coordinates(
    size: Option<ArealUnit>,
    crs: Option<&Crs>,
    envelope: &Envelope,
    context: &RunContext,
) -> Result<f64, ToolError> {
    let Some(size) = size else {
        return Err(ToolError::invalid("Size", "give the area of one shape, as in 25 SquareKilometers"));
    };
    if !(size.area.is_finite() && size.area > 0.0) {
        return Err(ToolError::invalid("Size", format!("{} is no size; it must be above 0", size.area)));
    }
    let (Some(square_meters), Some(crs)) = (size.unit.square_meters(), crs) else {
        if size.unit.square_meters().is_some() {
            context.warning(
                "Size: the output has no spatial reference, so areas are in squared units of the coordinates",
            );
        }
        return Ok(size.area);
    };
    if let Some(meters) = crs.meters_per_unit() {
        return Ok(size.area * square_meters / (meters * meters));
    }
    let geodesy = Geodesy::new(crs.ellipsoid());
    let degrees = crs.degrees_per_unit().unwrap_or(1.0);
    let latitude = (f64::midpoint(envelope.ymin, envelope.ymax) * degrees).clamp(-89.0, 89.0);
    let height_m = geodesy.distance_m([0.0, latitude - 0.5], [0.0, latitude + 0.5]);
    let width_m = geodesy.distance_m([-0.5, latitude], [0.5, latitude]);
    context.message(
        MessageLevel::Info,
        format!(
            "Size: the shapes are equal in degrees, not on the ground; they have the asked size at latitude \
             {latitude:.1}. For equal areas choose a projected Spatial_Reference"
        ),
    );
    Ok(size.area * square_meters / (height_m * width_m * degrees * degrees))
}

fn regular_shapes(
    lattice: &Lattice,
    reference: Option<SpatialReference>,
    is_in_degrees: bool,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let count = lattice.estimated_count();
    refuse_too_many(count, "shapes", "Size", "use a larger size or a smaller extent")?;
    let cells = lattice.cells(context)?;
    let shapes = each(context, cells.len(), "Making shapes", |index| {
        let ring = lattice.ring(cells[index]);
        Ok(if is_in_degrees { within_world(ring) } else { Some(Geometry::Polygon(vec![ring])) })
    })?;
    let first_column = cells.iter().map(|[column, _]| *column).min().unwrap_or(0);
    let first_row = cells.iter().map(|[_, row]| *row).min().unwrap_or(0);
    let mut table = new_table(reference);
    for ([column, row], shape) in cells.into_iter().zip(shapes) {
        let id = format!("{}-{}", letters(column - first_column), row - first_row + 1);
        if shape.is_some() {
            table.push([Attribute::Text(id.into())], shape);
        }
    }
    Ok(table.finish())
}

fn new_table(reference: Option<SpatialReference>) -> Table {
    let mut table = Table::new(Some(GeometryType::Polygon), reference);
    table.add_field(Field::new("GRID_ID", FieldType::String));
    table
}

/// The part of a shape between the poles, with longitudes within ±180 degrees.
fn within_world(ring: Path) -> Option<Geometry> {
    let is_beyond_a_pole = ring.xy.iter().any(|[_, latitude]| latitude.abs() > 90.0);
    let shape = if is_beyond_a_pole {
        let band = Envelope { xmin: -1e4, ymin: -90.0, xmax: 1e4, ymax: 90.0 };
        intersection(&[ring], &[Path::from_xy(band.ring().to_vec())])
    } else {
        vec![ring]
    };
    if shape.is_empty() { None } else { split_at_antimeridian(Geometry::Polygon(shape)) }
}

/// The name of a column: A to Z, then AA, AB and so on.
fn letters(column: i64) -> String {
    let mut name = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        name.push(b'A' + ((left - 1) % 26) as u8);
        left = (left - 1) / 26;
    }
    name.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn h3_cells(
    area: &Area,
    parameter: &str,
    asked: Option<&SpatialReference>,
    resolution: i64,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let wgs84 = SpatialReference::from_wkid(WGS84_CODE);
    let envelope = area.in_reference(&wgs84, parameter, context)?;
    let count = h3::estimated_count(&envelope, resolution, parameter)?;
    refuse_too_many(count, "cells", "H3_Resolution", "use a lower resolution or a smaller extent")?;
    let cells = h3::candidates(&envelope, resolution, context)?;
    let shapes = each(context, cells.len(), "Making cells", |index| Ok(h3::shape(cells[index], &envelope)))?;
    let mut table = new_table(Some(wgs84));
    for (cell, shape) in cells.into_iter().zip(shapes) {
        if shape.is_some() {
            table.push([Attribute::Text(cell.to_string().into())], shape);
        }
    }
    let mut set = table.finish();
    if let Some(to) = asked {
        let report = project_features(&mut set, to)
            .map_err(|error| ToolError::invalid("Spatial_Reference", error.to_string()))?;
        for text in report.sentences() {
            context.warning(format!("Output_Features: {text}"));
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests;
