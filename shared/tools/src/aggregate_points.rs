//! Aggregate Points: points counted within polygons, or within squares or hexagons that are laid over them.
//!
//! **Method.** Within polygons points are located exactly, most of them by a look into a grid over all polygons. Bins lie
//! on a grid that begins at the origin of the coordinates, so that they are the same for any points: a point is in one
//! bin only, that to the right of or above a border. The size is the side of a square, or the distance of opposite sides
//! of a hexagon.
//!
//! **Inputs.** Points or multipoints, each point of which counts, with a share of its values in sums; polygons, or a size
//! for bins. A point on the border of two polygons counts in both. Points without geometry count nowhere. Nulls take no
//! part in a statistic.
//!
//! **Spatial reference and units.** Points are projected to the reference of the polygons. Bins are in the reference of
//! the points; where that has angles, and the size is a length, points are projected to the World Cylindrical Equal Area
//! projection (EPSG:6933) and the output is in it, as a message says: bins have the area that was asked for everywhere,
//! and grow narrow or wide with latitude. A size in decimal degrees makes bins of degrees. Without a spatial reference the size
//! is in the units of the coordinates, and a warning says that its unit is ignored.
//!
//! **Output.** `Output_Features`: the polygons in their order with their fields, or the bins from south to north and
//! west to east, then the statistics (`sum_POP`) and `Point_Count`; an area without points has nulls as statistics. Bins
//! without points are those over the extent of the points. With a group field also `Join_ID` and, where asked for,
//! `Minority_TYPE` and `Majority_TYPE`, with `_Percent`. `Output_Grouped_Table`: with a group field a row for each of
//! its values in each area, `PercentCount` where asked for; otherwise no rows.
//!
//! **Errors.** Neither polygons nor a size, or both; a size that is not positive, or makes too many bins; a field that is
//! not there or has no numbers; an unknown statistic.

mod bins;

use crate::distance::{Reach, reach, warn_without_reference};
use crate::limits::refuse_too_many;
use crate::measures::Measures;
use crate::reference::{crs_of, match_reference};
use crate::summaries::{EmptyAreas, GroupPercents, MinorityMajority, Plan, Wishes};
use bins::{Bins, Shape, fill};
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Field, GeometryType, LinearUnit, SpatialReference};

/// Counts points in areas.
pub(crate) struct AggregatePoints;

/// What Aggregate Points takes.
#[derive(Inputs)]
pub(crate) struct AggregatePointsInputs {
    /// The points to be counted.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Point, GeometryType::Multipoint]))]
    point_features: FeatureSet,
    /// The polygons within which they are counted. Without them bins are made.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    polygon_features: Option<FeatureSet>,
    /// The shape of bins: SQUARE, or HEXAGON with a flat top.
    #[parameter(default = BinType::Square)]
    bin_type: BinType,
    /// The side of a square, or the distance of opposite sides of a hexagon.
    bin_size: Option<LinearUnit>,
    /// Whether areas without points are in the output.
    #[parameter(name = "Keep_Boundaries_With_No_Points", default = true)]
    keep_boundaries_with_no_points: bool,
    /// What to compute of fields of numbers: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, STDDEV.
    #[parameter(depends_on = "Point_Features")]
    statistics_fields: Option<Vec<String>>,
    /// A field of the points: each of its values is counted by itself in a table.
    #[parameter(depends_on = "Point_Features")]
    group_field: Option<Field>,
    /// ADD_MIN_MAJ: each area tells its rarest and its most frequent value of the group field. NO_MIN_MAJ: it does not.
    #[parameter(name = "Add_Minority_and_Majority", default = MinorityMajority::NoMinMaj)]
    add_minority_and_majority: MinorityMajority,
    /// ADD_PERCENT: each value of the group field tells its share of the points. NO_PERCENT: it does not.
    #[parameter(default = GroupPercents::NoPercent)]
    add_group_percents: GroupPercents,
}

/// What Aggregate Points gives.
#[derive(Outputs)]
pub(crate) struct AggregatePointsOutputs {
    /// The polygons or bins with the number of points in each.
    output_features: FeatureSet,
    /// The figures of each value of the group field in each area.
    output_grouped_table: RecordSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum BinType {
    Square,
    Hexagon,
}

/// World Cylindrical Equal Area on WGS84 (EASE-Grid 2.0): one plane for all of the earth, with true areas.
const EQUAL_AREA_CODE: u32 = 6933;

impl Tool for AggregatePoints {
    const NAME: &'static str = "AggregatePoints";
    const DESCRIPTION: &'static str = "Counts points within polygons or within square or hexagonal bins.";
    const TOOLSET: &'static str = "Statistics";
    type Inputs = AggregatePointsInputs;
    type Outputs = AggregatePointsOutputs;

    fn run(
        mut inputs: AggregatePointsInputs,
        context: &RunContext,
    ) -> Result<AggregatePointsOutputs, ToolError> {
        let empty_areas =
            if inputs.keep_boundaries_with_no_points { EmptyAreas::Keep } else { EmptyAreas::Drop };
        let (polygons, bins) = match (inputs.polygon_features.take(), inputs.bin_size) {
            (Some(polygons), None) => {
                match_reference(&polygons, &mut inputs.point_features, "Point_Features", context)?;
                (Some(polygons), None)
            }
            (None, Some(size)) => (None, Some(bins_for(&mut inputs, size, context)?)),
            (Some(_), Some(_)) => {
                return Err(ToolError::invalid(
                    "Bin_Size",
                    "give either polygons or a size for bins, not both",
                ));
            }
            (None, None) => {
                return Err(ToolError::invalid(
                    "Polygon_Features",
                    "give polygons, or a Bin_Size to make bins of",
                ));
            }
        };
        let wishes = Wishes {
            statistics: ("Statistics_Fields", inputs.statistics_fields.as_deref().unwrap_or_default()),
            group_field: inputs.group_field.as_ref(),
            minority_majority: inputs.add_minority_and_majority,
            percents: inputs.add_group_percents,
            empty_areas,
            amount: None,
        };
        let points = &inputs.point_features;
        let plan = Plan::new(points, wishes)?;
        let (areas, summed) = match (polygons, bins) {
            (Some(polygons), _) => {
                // Points have no size that would be measured.
                let summed =
                    plan.sum_within(&polygons, &Measures::planar(None), "Point_Features", context)?;
                (polygons, summed)
            }
            (None, Some(bins)) => fill(&bins, points, &plan, empty_areas, context)?,
            (None, None) => (FeatureSet::default(), Vec::new()),
        };
        let (output_features, output_grouped_table) = plan.write(areas, &summed, context)?;
        Ok(AggregatePointsOutputs { output_features, output_grouped_table })
    }
}

/// The grid; points are brought to its plane.
fn bins_for(
    inputs: &mut AggregatePointsInputs,
    size: LinearUnit,
    context: &RunContext,
) -> Result<Bins, ToolError> {
    let points = &mut inputs.point_features;
    let crs = crs_of(points, "Point_Features")?;
    warn_without_reference(crs.as_ref(), &[size], "Bin_Size", context);
    let size = match reach(size, crs.as_ref(), "Bin_Size")? {
        Reach::Planar(size) => size,
        Reach::Geodesic(size_m) => {
            let report = gp_geometry::project_features(points, &SpatialReference::from_wkid(EQUAL_AREA_CODE))
                .map_err(|error| ToolError::invalid("Point_Features", error.to_string()))?;
            for text in report.sentences() {
                context.warning(format!("Point_Features: {text}"));
            }
            context.message(
                MessageLevel::Info,
                "the points are in degrees, so bins lie in the World Cylindrical Equal Area projection (EPSG:6933), \
                 as do the output features; for bins that keep their shape, project the points first",
            );
            size_m
        }
    };
    if !(size > 0.0 && size.is_finite()) {
        return Err(ToolError::invalid("Bin_Size", "the size of bins must be greater than 0"));
    }
    if !gp_geometry::is_usable([4.0 * size, 4.0 * size]) {
        return Err(ToolError::invalid("Bin_Size", "bins of this size reach too far; choose a smaller size"));
    }
    let shape = match inputs.bin_type {
        BinType::Square => Shape::Square,
        BinType::Hexagon => Shape::Hexagon,
    };
    let bins = Bins::new(shape, size);
    let envelope = points.envelope();
    if !envelope.is_empty() && !bins.reach(&envelope) {
        let reason = "bins of this size are too small to be counted as far off as the points lie; choose a larger size";
        return Err(ToolError::invalid("Bin_Size", reason));
    }
    let keeps_all = inputs.keep_boundaries_with_no_points && !envelope.is_empty();
    let vertices = if keeps_all { bins.vertices_over(&envelope) } else { 0.0 };
    let advice = "choose a larger size, or Keep_Boundaries_With_No_Points false";
    refuse_too_many(vertices, "vertices of bins", "Bin_Size", advice)?;
    Ok(bins)
}

#[cfg(test)]
mod tests;
