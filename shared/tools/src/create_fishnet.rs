//! Create Fishnet: a net of rectangular cells, as lines or polygons, with points in the middle of the cells.
//!
//! **Method.** The net stands on its origin; the line from there to `Y_Axis_Coordinate` is the direction of its columns, so
//! the net may be turned. Corners are computed from their column and row, so that neighbours share them to the last
//! digit.
//!
//! **Inputs.** Origin and opposite corner, given as `x y` or as the corners of the template. Cell sizes and counts that
//! are 0 are computed: a count is how many cells cover the way to the opposite corner, along the axes of the net; a size is
//! that way divided by the count. Where size and count are both given, the opposite corner plays no part.
//!
//! **Spatial reference and units.** The output is in `Spatial_Reference`, or else in the reference of the template, or has
//! none. All numbers are in the units of its coordinates, degrees included, and the net is planar in them.
//!
//! **Output.** POLYGON: the cells row by row from the origin on. POLYLINE: the lines along the rows, from the origin up,
//! then those along the columns, from one end of the net to the other. LABELS gives the middle of each cell besides, in the
//! order of the cells. No fields but `OBJECTID`.
//!
//! **Errors.** No origin; a cell size and a count that are both 0; an opposite corner that is missing where it is needed, or
//! does not lie beyond the origin along both axes; more than 10 million cells.

use crate::each::each;
use crate::extent::{Area, read_area, read_position};
use crate::limits::refuse_too_many;
use crate::table::Table;
use gp_core::{Choices, CoordinateSystem, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, Path, Point, SpatialReference, Xy};

/// A cell that would cover a smaller share of its size, by rounding alone, is none.
const ROUNDING: f64 = 1e-9;

/// Makes a net of cells.
pub(crate) struct CreateFishnet;

/// What Create Fishnet takes.
#[derive(Inputs)]
pub(crate) struct CreateFishnetInputs {
    /// Where the net starts, as x y; the lower left corner of the template when not given.
    origin_coordinate: Option<String>,
    /// A point on the axis of the columns, as x y; it turns the net. Straight up when not given.
    #[parameter(name = "Y_Axis_Coordinate")]
    y_axis_coordinate: Option<String>,
    /// The width of a cell; 0: computed from Number_of_Columns and the opposite corner.
    #[parameter(default = 0.0)]
    cell_size_width: f64,
    /// The height of a cell; 0: computed from Number_of_Rows and the opposite corner.
    #[parameter(default = 0.0)]
    cell_size_height: f64,
    /// The number of rows; 0: as many as cover the way to the opposite corner.
    #[parameter(name = "Number_of_Rows", default = 0, filter = Filter::Range { minimum: 0.0, maximum: 1e7 })]
    number_of_rows: i64,
    /// The number of columns; 0: as many as cover the way to the opposite corner.
    #[parameter(name = "Number_of_Columns", default = 0, filter = Filter::Range { minimum: 0.0, maximum: 1e7 })]
    number_of_columns: i64,
    /// Where the net ends, as x y; the upper right corner of the template when not given.
    opposite_corner: Option<String>,
    /// LABELS: a point in the middle of each cell besides. NO_LABELS: none.
    #[parameter(default = Labels::Labels)]
    labels: Labels,
    /// Features whose extent is the template. Give these or Template_Extent.
    template_features: Option<FeatureSet>,
    /// The template: xmin ymin xmax ymax, or an envelope as JSON.
    template_extent: Option<String>,
    /// POLYLINE: the lines of the net. POLYGON: its cells.
    #[parameter(default = NetType::Polyline)]
    geometry_type: NetType,
    /// The coordinate system of the output; that of the template when not given.
    spatial_reference: Option<CoordinateSystem>,
}

/// What Create Fishnet gives.
#[derive(Outputs)]
pub(crate) struct CreateFishnetOutputs {
    /// The net.
    output_features: FeatureSet,
    /// The middles of the cells; nothing for NO_LABELS.
    output_labels: Option<FeatureSet>,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Labels {
    Labels,
    NoLabels,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum NetType {
    Polyline,
    Polygon,
}

/// A net in its place.
struct Net {
    origin: Xy,
    /// From a column to the next.
    column_step: Xy,
    /// From a row to the next.
    row_step: Xy,
    columns: usize,
    rows: usize,
}

impl Tool for CreateFishnet {
    const NAME: &'static str = "CreateFishnet";
    const DESCRIPTION: &'static str =
        "Makes a net of rectangular cells, as lines or polygons, with points in the middle of the cells.";
    const TOOLSET: &'static str = "Sampling";
    type Inputs = CreateFishnetInputs;
    type Outputs = CreateFishnetOutputs;

    fn run(inputs: CreateFishnetInputs, context: &RunContext) -> Result<CreateFishnetOutputs, ToolError> {
        let (features, text) = (inputs.template_features.as_ref(), inputs.template_extent.as_deref());
        let template = read_area(features, text, ["Template_Features", "Template_Extent"])?;
        let asked = inputs.spatial_reference.as_ref().map(|CoordinateSystem(reference)| reference.clone());
        let parameter = if features.is_some() { "Template_Features" } else { "Template_Extent" };
        let (template, reference) = match (template, asked) {
            (Some(area), Some(to)) if area.spatial_reference.is_some() => {
                let envelope = area.in_reference(&to, parameter, context)?;
                (Some(Area { envelope, spatial_reference: None }), Some(to))
            }
            (Some(area), asked) => {
                let reference = asked.or(area.spatial_reference.clone());
                (Some(area), reference)
            }
            (None, asked) => (None, asked),
        };
        let net = net(&inputs, template.as_ref())?;
        let output_features = match inputs.geometry_type {
            NetType::Polygon => net.polygons(reference.clone(), context)?,
            NetType::Polyline => net.lines(reference.clone(), context)?,
        };
        let output_labels = match inputs.labels {
            Labels::Labels => Some(net.labels(reference, context)?),
            Labels::NoLabels => None,
        };
        Ok(CreateFishnetOutputs { output_features, output_labels })
    }
}

fn net(inputs: &CreateFishnetInputs, template: Option<&Area>) -> Result<Net, ToolError> {
    let corners = template
        .map(|Area { envelope, .. }| [[envelope.xmin, envelope.ymin], [envelope.xmax, envelope.ymax]]);
    let origin = read_position(inputs.origin_coordinate.as_deref(), "Origin_Coordinate")?;
    let Some(origin) = origin.or(corners.map(|[lower, _]| lower)) else {
        return Err(ToolError::invalid("Origin_Coordinate", "give the origin of the net, or a template"));
    };
    let opposite = read_position(inputs.opposite_corner.as_deref(), "Opposite_Corner")?;
    let opposite = opposite.or(corners.map(|[_, upper]| upper));
    let up = match read_position(inputs.y_axis_coordinate.as_deref(), "Y_Axis_Coordinate")? {
        None => [0.0, 1.0],
        Some([x, y]) => {
            let (dx, dy) = (x - origin[0], y - origin[1]);
            let length = dx.hypot(dy);
            if length <= 0.0 {
                return Err(ToolError::invalid(
                    "Y_Axis_Coordinate",
                    "it is the origin itself; give a point above it",
                ));
            }
            [dx / length, dy / length]
        }
    };
    let right = [up[1], -up[0]];
    let reach = |axis: Xy| opposite.map(|[x, y]| (x - origin[0]) * axis[0] + (y - origin[1]) * axis[1]);
    let columns = (inputs.cell_size_width, inputs.number_of_columns);
    let (width, columns) = divide(columns, reach(right), ["Cell_Size_Width", "Number_of_Columns"])?;
    let rows = (inputs.cell_size_height, inputs.number_of_rows);
    let (height, rows) = divide(rows, reach(up), ["Cell_Size_Height", "Number_of_Rows"])?;
    let parameter = if inputs.number_of_columns > 0 { "Number_of_Columns" } else { "Cell_Size_Width" };
    refuse_too_many(columns * rows, "cells", parameter, "make them fewer and larger")?;
    let net = Net {
        origin,
        column_step: [right[0] * width, right[1] * width],
        row_step: [up[0] * height, up[1] * height],
        columns: columns as usize,
        rows: rows as usize,
    };
    let corners = [("Cell_Size_Width", [columns, 0.0]), ("Cell_Size_Height", [columns, rows])];
    for (parameter, [column, row]) in corners {
        if !gp_geometry::is_usable(net.place(column, row)) {
            return Err(ToolError::invalid(parameter, "the net reaches too far; use smaller cells"));
        }
    }
    Ok(net)
}

/// The size and the number of cells along an axis, of which one may be 0: then it follows from how far the net reaches.
fn divide((size, count): (f64, i64), reach: Option<f64>, names: [&str; 2]) -> Result<(f64, f64), ToolError> {
    let count = count as f64;
    if size < 0.0 {
        return Err(ToolError::invalid(names[0], format!("{size} is below 0")));
    }
    if size > 0.0 && count > 0.0 {
        return Ok((size, count));
    }
    if size <= 0.0 && count <= 0.0 {
        return Err(ToolError::invalid(
            names[0],
            format!("it and {} are both 0; give one of them", names[1]),
        ));
    }
    let Some(reach) = reach else {
        let missing = if size > 0.0 { names[1] } else { names[0] };
        return Err(ToolError::invalid(
            "Opposite_Corner",
            format!("{missing} is 0, so give this corner, or a template"),
        ));
    };
    if reach <= 0.0 {
        return Err(ToolError::invalid(
            "Opposite_Corner",
            "it must lie to the upper right of the origin, seen along the axes of the net",
        ));
    }
    if size > 0.0 {
        Ok((size, (reach / size - ROUNDING).ceil().max(1.0)))
    } else {
        Ok((reach / count, count))
    }
}

impl Net {
    /// The position so many columns and rows from the origin.
    fn place(&self, column: f64, row: f64) -> Xy {
        [
            self.origin[0] + column * self.column_step[0] + row * self.row_step[0],
            self.origin[1] + column * self.column_step[1] + row * self.row_step[1],
        ]
    }

    fn polygons(
        &self,
        reference: Option<SpatialReference>,
        context: &RunContext,
    ) -> Result<FeatureSet, ToolError> {
        let cells = each(context, self.columns * self.rows, "Making cells", |index| {
            let (column, row) = ((index % self.columns) as f64, (index / self.columns) as f64);
            let corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]];
            let ring = corners.map(|[right, up]| self.place(column + right, row + up));
            Ok(Some(Geometry::Polygon(vec![Path::from_xy(ring.to_vec())])))
        })?;
        Ok(table_of(GeometryType::Polygon, reference, cells.into_iter().flatten()))
    }

    fn lines(
        &self,
        reference: Option<SpatialReference>,
        context: &RunContext,
    ) -> Result<FeatureSet, ToolError> {
        let (columns, rows) = (self.columns as f64, self.rows as f64);
        let lines = each(context, self.rows + self.columns + 2, "Making lines", |index| {
            let ends = if index <= self.rows {
                [self.place(0.0, index as f64), self.place(columns, index as f64)]
            } else {
                let column = (index - self.rows - 1) as f64;
                [self.place(column, 0.0), self.place(column, rows)]
            };
            Ok(Some(Geometry::Polyline(vec![Path::from_xy(ends.to_vec())])))
        })?;
        Ok(table_of(GeometryType::Polyline, reference, lines.into_iter().flatten()))
    }

    fn labels(
        &self,
        reference: Option<SpatialReference>,
        context: &RunContext,
    ) -> Result<FeatureSet, ToolError> {
        let points = each(context, self.columns * self.rows, "Making labels", |index| {
            let (column, row) = ((index % self.columns) as f64, (index / self.columns) as f64);
            Ok(Some(Geometry::Point(Point::from_xy(self.place(column + 0.5, row + 0.5)))))
        })?;
        Ok(table_of(GeometryType::Point, reference, points.into_iter().flatten()))
    }
}

fn table_of(
    geometry_type: GeometryType,
    reference: Option<SpatialReference>,
    shapes: impl Iterator<Item = Geometry>,
) -> FeatureSet {
    let mut table = Table::new(Some(geometry_type), reference);
    for shape in shapes {
        table.push([], Some(shape));
    }
    table.finish()
}

#[cfg(test)]
mod tests;
