//! Buffer: the area within a distance of each feature.
//!
//! **Method.** Planar buffers are offset curves united by the overlay engine; the buffers of points of one distance
//! that are dissolved are united by tracing their outline (`gp_geometry`). Geodesic buffers are made on the ellipsoid
//! and cut at the antimeridian. A full circle has 64 sides.
//!
//! **Inputs.** Features of any geometry type; a feature without geometry, or with a distance of null or 0 (or below 0
//! for points and lines), gives no buffer. A negative distance shrinks polygons. Z and m are dropped with a warning.
//!
//! **Spatial reference and units.** Features in degrees with a linear unit are always buffered on the ellipsoid;
//! projected features are buffered in their plane unless `Method` is GEODESIC. Decimal degrees are for features in
//! degrees and are planar. A number in the distance field is in the unit of `Distance`, or of the coordinates.
//!
//! **Output.** Polygons in the reference of the input, in its order. `NONE`: the input's fields, `BUFF_DIST` (in the
//! units of the coordinates, or metres on the ellipsoid) and `ORIG_FID`. `LIST`: the dissolve fields. `ALL`: one
//! feature.
//!
//! **Errors.** No distance at all, a distance field without a single distance (one bad value is only left out, with a
//! warning), a dissolve field that is not there, a unit without a length.

mod make;

use crate::distance::Method;
use crate::groups::{columns_of, groups_by};
use crate::reference::{crs_of, drop_zm};
use crate::table::Carried;
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError, Value};
use gp_esri::{FeatureSet, Field, GeometryType, LinearUnit};
use gp_geometry::{BufferOptions, End, Side};
use make::{Buffers, Groups};

/// Points whose buffers take a few microseconds each.
const MOST_QUICK_POINTS: usize = 16;

/// Makes areas around features.
pub(crate) struct Buffer;

/// What Buffer takes.
#[derive(Inputs)]
pub(crate) struct BufferInputs {
    /// The points, lines or polygons around which areas are made.
    input_features: FeatureSet,
    /// How far the areas reach. Negative distances shrink polygons. Give this or Distance_Field.
    distance: Option<LinearUnit>,
    /// A field with a distance for each feature: a number in the unit of Distance (else of the coordinates), or text with a unit.
    #[parameter(depends_on = "Input_Features")]
    distance_field: Option<Field>,
    /// PLANAR: distances in the plane of projected features; features in degrees are buffered on the ellipsoid all the same. GEODESIC: always on the ellipsoid.
    #[parameter(default = Method::Planar)]
    method: Method,
    /// FULL: on all sides. LEFT, RIGHT: on one side of lines. OUTSIDE_ONLY: polygons without their own inside.
    #[parameter(default = BufferSide::Full)]
    side: BufferSide,
    /// The ends of the buffers of lines: ROUND or FLAT.
    #[parameter(default = EndType::Round)]
    end_type: EndType,
    /// NONE: a buffer for each feature. ALL: all buffers as one. LIST: one for each combination of values of Dissolve_Fields.
    #[parameter(default = DissolveType::None)]
    dissolve_type: DissolveType,
    /// The fields for LIST.
    #[parameter(depends_on = "Input_Features")]
    dissolve_fields: Option<Vec<Field>>,
}

/// What Buffer gives.
#[derive(Outputs)]
pub(crate) struct BufferOutputs {
    /// The areas.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum BufferSide {
    Full,
    Left,
    Right,
    OutsideOnly,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum EndType {
    Round,
    Flat,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum DissolveType {
    None,
    All,
    List,
}

impl Tool for Buffer {
    const NAME: &'static str = "Buffer";
    const DESCRIPTION: &'static str =
        "Makes areas around points, lines or polygons, as far as a distance reaches.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = BufferInputs;
    type Outputs = BufferOutputs;

    fn is_quick(values: &[Value]) -> bool {
        // A disc a point; lines, polygons and dissolving need an overlay.
        values.iter().all(|value| match value {
            Value::FeatureSet(set) => {
                set.geometry_type == Some(GeometryType::Point) && set.features.len() <= MOST_QUICK_POINTS
            }
            Value::String(text) => text != "ALL" && text != "LIST",
            _ => true,
        })
    }

    fn run(mut inputs: BufferInputs, context: &RunContext) -> Result<BufferOutputs, ToolError> {
        drop_zm(&mut inputs.input_features, "Input Features", context);
        let set = &inputs.input_features;
        let crs = crs_of(set, "Input_Features")?;
        let is_line = set.geometry_type == Some(GeometryType::Polyline);
        if matches!(inputs.side, BufferSide::Left | BufferSide::Right) && !is_line {
            context.warning(
                "Side: only lines have a left and a right; these features are buffered on all sides",
            );
        }
        let buffers = Buffers::new(crs.as_ref(), options(&inputs), context)?;
        let reaches = buffers.reaches(&inputs)?;
        let groups = dissolve_groups(&inputs)?;
        let output_features = match groups {
            Some(groups) => buffers.dissolved(set, &reaches, &groups)?,
            None => buffers.one_each(set, &reaches)?,
        };
        Ok(BufferOutputs { output_features })
    }
}

fn options(inputs: &BufferInputs) -> BufferOptions {
    BufferOptions {
        side: match inputs.side {
            BufferSide::Full => Side::Full,
            BufferSide::Left => Side::Left,
            BufferSide::Right => Side::Right,
            BufferSide::OutsideOnly => Side::Outside,
        },
        end: match inputs.end_type {
            EndType::Round => End::Round,
            EndType::Flat => End::Flat,
        },
    }
}

fn dissolve_groups(inputs: &BufferInputs) -> Result<Option<Groups>, ToolError> {
    let set = &inputs.input_features;
    match inputs.dissolve_type {
        DissolveType::None => Ok(None),
        DissolveType::All => {
            let rows =
                if set.features.is_empty() { Vec::new() } else { vec![(0..set.features.len()).collect()] };
            Ok(Some(Groups { carried: Carried::none(), rows }))
        }
        DissolveType::List => {
            let fields = inputs.dissolve_fields.as_deref().unwrap_or_default();
            if fields.is_empty() {
                return Err(ToolError::invalid("Dissolve_Fields", "name at least one field, or use ALL"));
            }
            let columns = columns_of(set, fields, "Dissolve_Fields")?;
            Ok(Some(Groups { rows: groups_by(set, &columns), carried: Carried::of(set, columns) }))
        }
    }
}

#[cfg(test)]
mod tests;
