//! Summarize Within: how much of other features lies within each polygon, and statistics of their fields.
//!
//! **Method.** Points are located exactly, most of them by a look into a grid over all polygons. For lines and polygons a
//! tree of boxes finds candidates, with which they are cut by the overlay engine, and what is inside is measured. SUM
//! takes of each value the share of its line or polygon that lies inside; MEAN and STDDEV are weighted by the length or
//! area inside (STDDEV: the root of Σ w (x − mean)² over Σ w (n − 1) / n); MIN and MAX are whole values. All are
//! unweighted for points. This is how ArcGIS documents its summary statistics.
//!
//! **Inputs.** Polygons, and features of any geometry type. What lies on a border is within, so that a point on the
//! border of two polygons counts in both; lines and polygons that only touch do not count. Each point of a multipoint
//! counts. Rows without geometry count nowhere. Nulls take no part in a statistic. Z and m of the polygons stay.
//!
//! **Spatial reference and units.** The features are projected to the reference of the polygons, vertex by vertex, and
//! cut there. Lengths and areas are in the shape unit: geodesic where coordinates are angles, otherwise planar.
//!
//! **Output.** `Output_Features`: the polygons in their order with their fields, then the statistics (`sum_POP`), the
//! length or area inside (`sum_Length_KILOMETERS`, `sum_Area_SQUAREKILOMETERS`) and the number of features
//! (`Point_Count`, `Polyline_Count`, `Polygon_Count`). A polygon with nothing inside has a count and a sum of shapes of
//! 0 and nulls as statistics. With a group field also `Join_ID` and, where asked for, the value with the least and the
//! most inside (`Minority_TYPE`, `Majority_TYPE`, with `_Percent`). `Output_Grouped_Table`: with a group field a row for
//! each of its values in each polygon, with the same figures and, where asked for, `PercentCount`, `PercentLength` or
//! `PercentArea`; `Join_ID` is that of the polygon. Without one it has no rows.
//!
//! **Errors.** A field that is not there or has no numbers, an unknown statistic, a unit of length for polygons or of
//! area for lines, polygons that overlap so much that features lie in them more than 100 million times.

use crate::measures::Measures;
use crate::reference::{crs_of, match_reference};
use crate::summaries::{
    EmptyAreas, GroupPercents, MinorityMajority, Plan, ShapeUnit, SumShape, Wishes, shape_sum,
};
use gp_core::{Filter, Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Field, GeometryType};

/// Summarises features within polygons.
pub(crate) struct SummarizeWithin;

/// What Summarize Within takes.
#[derive(Inputs)]
pub(crate) struct SummarizeWithinInputs {
    /// The polygons within which features are summarised.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_polygons: FeatureSet,
    /// The points, lines or polygons that are summarised.
    input_summary_features: FeatureSet,
    /// KEEP_ALL: all polygons are in the output. ONLY_INTERSECTING: only those with something inside.
    #[parameter(default = EmptyAreas::Keep)]
    keep_all_polygons: EmptyAreas,
    /// What to compute of fields of numbers: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, STDDEV.
    #[parameter(depends_on = "Input_Summary_Features")]
    summary_fields: Option<Vec<String>>,
    /// ADD_SHAPE_SUM: the length of lines or the area of polygons inside is added. NO_SHAPE_SUM: only their number.
    #[parameter(default = SumShape::AddShapeSum)]
    sum_shape: SumShape,
    /// The unit of the summed lengths (METERS, KILOMETERS, FEET, YARDS, MILES) or areas (ACRES, HECTARES, SQUAREMETERS, SQUAREKILOMETERS, SQUAREFEET, SQUAREYARDS, SQUAREMILES); feet, yards and miles are those of the US survey, acres and squares international. Without it, kilometres or square kilometres.
    shape_unit: Option<ShapeUnit>,
    /// A field of the summary features: each of its values is summarised by itself in a table.
    #[parameter(depends_on = "Input_Summary_Features")]
    group_field: Option<Field>,
    /// ADD_MIN_MAJ: each polygon tells the value of the group field with the least and the most inside. NO_MIN_MAJ: it does not.
    #[parameter(name = "Add_Minority_and_Majority", default = MinorityMajority::NoMinMaj)]
    add_minority_and_majority: MinorityMajority,
    /// ADD_PERCENT: each value of the group field tells its share of what is inside. NO_PERCENT: it does not.
    #[parameter(default = GroupPercents::NoPercent)]
    add_group_percents: GroupPercents,
}

/// What Summarize Within gives.
#[derive(Outputs)]
pub(crate) struct SummarizeWithinOutputs {
    /// The polygons with the figures of what lies within them.
    output_features: FeatureSet,
    /// The figures of each value of the group field in each polygon.
    output_grouped_table: RecordSet,
}

impl Tool for SummarizeWithin {
    const NAME: &'static str = "SummarizeWithin";
    const DESCRIPTION: &'static str = "Counts and measures what lies within polygons, with statistics weighted by how much of it is inside.";
    const TOOLSET: &'static str = "Statistics";
    type Inputs = SummarizeWithinInputs;
    type Outputs = SummarizeWithinOutputs;

    fn run(
        mut inputs: SummarizeWithinInputs,
        context: &RunContext,
    ) -> Result<SummarizeWithinOutputs, ToolError> {
        let polygons = inputs.input_polygons;
        let crs = crs_of(&polygons, "Input_Polygons")?;
        match_reference(&polygons, &mut inputs.input_summary_features, "Input_Summary_Features", context)?;
        let features = &inputs.input_summary_features;
        let amount = shape_sum(inputs.sum_shape, inputs.shape_unit, features)?;
        if crs.is_none() && amount.is_some() {
            context.warning(
                "Input_Polygons have no spatial reference, so their coordinates are taken to be metres",
            );
        }
        let wishes = Wishes {
            statistics: ("Summary_Fields", inputs.summary_fields.as_deref().unwrap_or_default()),
            group_field: inputs.group_field.as_ref(),
            minority_majority: inputs.add_minority_and_majority,
            percents: inputs.add_group_percents,
            empty_areas: inputs.keep_all_polygons,
            amount,
        };
        let plan = Plan::new(features, wishes)?;
        let measures = Measures::natural(crs.as_ref())?;
        let summed = plan.sum_within(&polygons, &measures, "Input_Summary_Features", context)?;
        let (output_features, output_grouped_table) = plan.write(polygons, &summed, context)?;
        Ok(SummarizeWithinOutputs { output_features, output_grouped_table })
    }
}

#[cfg(test)]
mod tests;
