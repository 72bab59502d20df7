//! Summarize Nearby: what lies within distances of features, counted and measured, with statistics of its fields.
//!
//! **Method.** Areas around the input features are made as the tool Buffer makes them. What lies within each is found,
//! cut, measured and summed up as Summarize Within does: SUM takes of each value the share of its line or polygon that
//! lies inside; MEAN and STDDEV are weighted by the length or area inside (STDDEV: the root of Σ w (x − mean)² over
//! Σ w (n − 1) / n); MIN and MAX are whole values. All are unweighted for points.
//!
//! **Inputs.** Features of any geometry type, and features of any geometry type to be summarised. What lies on the
//! border of an area is within; lines and polygons that only touch it do not count. Each point of a multipoint counts.
//! Features without geometry have no area, with a warning, and lie nowhere. Z and m are dropped with a warning. Nulls
//! take no part in a statistic.
//!
//! **Spatial reference and units.** Summary features are projected to the reference of the input, vertex by vertex, and
//! cut there. Features in degrees with a unit of length are buffered on the ellipsoid, others in their plane. Default is
//! the unit of the coordinates. Lengths and areas are in the shape unit: geodesic where coordinates are angles,
//! otherwise planar.
//!
//! **Output.** `Output_Features`: a polygon for each input feature and distance, in the order of the input, then of the
//! distances, with the input's fields, `BUFF_DIST` (in the unit given) and `ORIG_FID`, then as Summarize Within has them
//! the statistics (`sum_POP`), the length or area inside (`sum_Length_KILOMETERS`, `sum_Area_SQUAREKILOMETERS`) and the
//! number of features (`Point_Count`, `Polyline_Count`, `Polygon_Count`). With a group field also `Join_ID` and, where
//! asked for, the value with the least and the most inside (`Minority_TYPE`, `Majority_TYPE`, with `_Percent`).
//! `Output_Grouped_Table`: with a group field a row for each of its values in each area, with the same figures and,
//! where asked for, `PercentCount`, `PercentLength` or `PercentArea`; `Join_ID` is that of the area. Without one it has
//! no rows.
//!
//! **Errors.** No distance or one that is not above 0, a unit without a length, a shape unit that does not fit, a field
//! that is not there or has no numbers, an unknown statistic, more than 10 million areas or rows of the table,
//! areas that overlap so much that features lie in them more than 100 million times.

use crate::distance::{Method, Reach, warn_without_reference};
use crate::limits::refuse_too_many;
use crate::measures::Measures;
use crate::reference::{crs_of, drop_zm, is_in_degrees, match_reference};
use crate::summaries::{
    EmptyAreas, GroupPercents, MinorityMajority, Plan, ShapeUnit, SumShape, Wishes, shape_sum,
};
use crate::surroundings::{DistanceUnit, Surroundings};
use gp_core::{Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Field, LinearUnit};
use gp_geometry::{BufferOptions, split_at_antimeridian};

/// Summarises what is near.
pub(crate) struct SummarizeNearby;

/// What Summarize Nearby takes.
#[derive(Inputs)]
pub(crate) struct SummarizeNearbyInputs {
    /// The features around which is looked.
    input_features: FeatureSet,
    /// The points, lines or polygons that are summarised.
    input_summary_features: FeatureSet,
    /// The distances within which is looked. Each makes an area around each input feature.
    distances: Vec<f64>,
    /// The unit of the distances. Default is the unit of the coordinates.
    #[parameter(default = DistanceUnit::Default)]
    distance_units: DistanceUnit,
    /// KEEP_ALL: all areas are in the output. ONLY_INTERSECTING: only those with something inside.
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
    /// ADD_MIN_MAJ: each area tells the value of the group field with the least and the most inside. NO_MIN_MAJ: it does not.
    #[parameter(name = "Add_Minority_and_Majority", default = MinorityMajority::NoMinMaj)]
    add_minority_and_majority: MinorityMajority,
    /// ADD_PERCENT: each value of the group field tells its share of what is inside. NO_PERCENT: it does not.
    #[parameter(default = GroupPercents::NoPercent)]
    add_group_percents: GroupPercents,
}

/// What Summarize Nearby gives.
#[derive(Outputs)]
pub(crate) struct SummarizeNearbyOutputs {
    /// The areas with the figures of what lies within them.
    output_features: FeatureSet,
    /// The figures of each value of the group field in each area.
    output_grouped_table: RecordSet,
}

impl Tool for SummarizeNearby {
    const NAME: &'static str = "SummarizeNearby";
    const DESCRIPTION: &'static str = "Counts and measures what lies within distances of features, with statistics weighted by how much of it is near.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = SummarizeNearbyInputs;
    type Outputs = SummarizeNearbyOutputs;

    fn run(
        mut inputs: SummarizeNearbyInputs,
        context: &RunContext,
    ) -> Result<SummarizeNearbyOutputs, ToolError> {
        drop_zm(&mut inputs.input_features, "Input Features", context);
        check(&inputs)?;
        let set = &inputs.input_features;
        match_reference(set, &mut inputs.input_summary_features, "Input_Summary_Features", context)?;
        let crs = crs_of(set, "Input_Features")?;
        let lengths: Vec<LinearUnit> =
            inputs.distances.iter().map(|distance| inputs.distance_units.of(*distance)).collect();
        warn_without_reference(crs.as_ref(), &lengths, "Distances", context);
        let surroundings = Surroundings::new(crs.as_ref(), BufferOptions::default())?;
        let reach = |length: &LinearUnit| surroundings.reach(*length, Method::Planar, "Distance_Units");
        let reaches = lengths.iter().map(reach).collect::<Result<Vec<Reach>, ToolError>>()?;
        if crs.as_ref().is_some_and(is_in_degrees) && matches!(reaches[0], Reach::Geodesic(_)) {
            // As the areas are.
            for feature in &mut inputs.input_summary_features.features {
                feature.geometry = feature.geometry.take().and_then(split_at_antimeridian);
            }
        }
        let wishes = Wishes {
            statistics: ("Summary_Fields", inputs.summary_fields.as_deref().unwrap_or_default()),
            group_field: inputs.group_field.as_ref(),
            minority_majority: inputs.add_minority_and_majority,
            percents: inputs.add_group_percents,
            empty_areas: inputs.keep_all_polygons,
            amount: shape_sum(inputs.sum_shape, inputs.shape_unit, &inputs.input_summary_features)?,
        };
        let plan = Plan::new(&inputs.input_summary_features, wishes)?;
        let distances: Vec<(f64, Reach)> = inputs.distances.iter().copied().zip(reaches).collect();
        let areas = surroundings.discs(set, &distances, "BUFF_DIST", context)?;
        let summed =
            plan.sum_within(&areas, &Measures::natural(crs.as_ref())?, "Input_Summary_Features", context)?;
        let (output_features, output_grouped_table) = plan.write(areas, &summed, context)?;
        Ok(SummarizeNearbyOutputs { output_features, output_grouped_table })
    }
}

fn check(inputs: &SummarizeNearbyInputs) -> Result<(), ToolError> {
    if inputs.distances.is_empty() {
        return Err(ToolError::invalid("Distances", "give at least one distance"));
    }
    let wrong = inputs.distances.iter().find(|distance| !(**distance > 0.0 && distance.is_finite()));
    if let Some(distance) = wrong {
        return Err(ToolError::invalid("Distances", format!("{distance} is no distance above 0")));
    }
    let count = inputs.distances.len() as f64 * inputs.input_features.features.len() as f64;
    refuse_too_many(count, "areas", "Distances", "give fewer distances or features")
}

#[cfg(test)]
mod tests;
