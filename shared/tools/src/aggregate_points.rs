//! Aggregate Points: points counted within polygons, or within squares or hexagons that are laid over them.
//!
//! **Method.** Within polygons a tree of boxes finds candidates and points are located exactly. Bins lie on a grid that
//! begins at the origin of the coordinates, so that they are the same for any points: a point is in one bin only, that to
//! the right of or above a border. The size is the side of a square, or the distance of opposite sides of a hexagon.
//!
//! **Inputs.** Points or multipoints, each point of which counts, with a share of its values in sums; polygons, or a size
//! for bins. A point on the border of two polygons counts in both. Points without geometry count nowhere. Nulls take no
//! part in a statistic.
//!
//! **Spatial reference and units.** Points are projected to the reference of the polygons. Bins are in the reference of
//! the points; where that has angles, and the size is a length, points are projected to the World Cylindrical Equal Area
//! projection (EPSG:6933) and the output is in it, as a message says: bins have the area that was asked for everywhere,
//! and grow narrow or wide with latitude. A size in decimal degrees makes bins of degrees.
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

use crate::distance::{Reach, reach};
use crate::measures::Measures;
use crate::reference::{crs_of, match_reference};
use crate::summaries::{EmptyAreas, GroupPercents, MinorityMajority, Plan, Wishes};
use crate::within::pieces_within;
use bins::{Bins, Shape, fill};
use gp_core::{
    Choices, Filter, Inputs, MessageLevel, Outputs, RecordSet, RunContext, Tool, ToolError,
    projection_notices,
};
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
/// Memory for vertices is bounded before any bin is made.
const MOST_VERTICES: f64 = 1e7;

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
        let (areas, pieces) = match (polygons, bins) {
            (Some(polygons), _) => {
                // Points have no size that would be measured.
                let pieces = pieces_within(&polygons, points, &Measures::planar(None), context)?;
                (polygons, pieces)
            }
            (None, Some(bins)) => fill(&bins, points, empty_areas, context)?,
            (None, None) => (FeatureSet::default(), Vec::new()),
        };
        let (output_features, output_grouped_table) = plan.write(areas, &pieces, context)?;
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
    let size = match reach(size, crs.as_ref(), "Bin_Size")? {
        Reach::Planar(size) => size,
        Reach::Geodesic(size_m) => {
            let report = gp_geometry::project_features(points, &SpatialReference::from_wkid(EQUAL_AREA_CODE))
                .map_err(|error| ToolError::invalid("Point_Features", error.to_string()))?;
            for text in projection_notices(&report) {
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
    let shape = match inputs.bin_type {
        BinType::Square => Shape::Square,
        BinType::Hexagon => Shape::Hexagon,
    };
    let bins = Bins::new(shape, size);
    let envelope = points.envelope();
    let is_too_small = !envelope.is_empty()
        && (!bins.reach(&envelope)
            || (inputs.keep_boundaries_with_no_points && bins.vertices_over(&envelope) > MOST_VERTICES));
    if is_too_small {
        return Err(ToolError::invalid(
            "Bin_Size",
            "bins of this size over the extent of the points have more than 10 million vertices; choose a larger size, \
             or Keep_Boundaries_With_No_Points false",
        ));
    }
    Ok(bins)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use serde_json::{Value, json};

    fn points(wkid: u32, positions: &[[f64; 2]]) -> Value {
        let row = |(number, [x, y]): (usize, &[f64; 2])| {
            (
                json!({ "POP": number as i64 + 1, "KIND": if number == 0 { "a" } else { "b" } }),
                json!({ "x": x, "y": y }),
            )
        };
        set("Point", wkid, &positions.iter().enumerate().map(row).collect::<Vec<_>>())
    }

    fn aggregate(points: Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Point_Features": points });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("AggregatePoints", &parameters)
    }

    const POSITIONS: &[[f64; 2]] = &[[5.0, 5.0], [9.0, 1.0], [10.0, 5.0], [35.0, 5.0]];

    #[test]
    fn points_are_counted_in_polygons_with_statistics_and_groups() {
        let rows = [
            (json!({ "NAME": "one" }), square(0.0, 0.0, 10.0)),
            (json!({ "NAME": "two" }), square(50.0, 0.0, 1.0)),
        ];
        let more = json!({
            "Polygon_Features": set("Polygon", 5070, &rows), "Statistics_Fields": "POP SUM;POP MAX",
            "Group_Field": "KIND", "Add_Minority_and_Majority": "ADD_MIN_MAJ",
        });
        let made = aggregate(points(5070, POSITIONS), more.clone()).unwrap();
        let names = [
            "OBJECTID",
            "NAME",
            "sum_POP",
            "max_POP",
            "Point_Count",
            "Join_ID",
            "Minority_KIND",
            "Majority_KIND",
        ];
        assert_eq!(made.names(), names);
        assert_eq!(made.column("Point_Count"), ["3", "0"]);
        assert_eq!(made.column("sum_POP"), ["6", "null"]);
        assert_eq!(made.column("Majority_KIND"), ["b", "null"]);
        assert_eq!(made.more[0].features.len(), 2);
        let mut more = more;
        more["Keep_Boundaries_With_No_Points"] = json!(false);
        assert_eq!(aggregate(points(5070, POSITIONS), more).unwrap().column("NAME"), ["one"]);
    }

    #[test]
    fn bins_cover_the_extent_or_only_the_points_and_a_point_is_in_one_of_them() {
        let more = json!({ "Bin_Size": { "distance": 10, "units": "esriMeters" } });
        let made = aggregate(points(5070, POSITIONS), more).unwrap();
        assert_eq!(made.column("Point_Count"), ["2", "1", "0", "1"]);
        assert!((made.area(1) - 100.0).abs() < 1e-9);
        assert!((made.geometry(1).envelope().xmin - 10.0).abs() < 1e-9);
        let more = json!({ "Bin_Size": "10 Meters", "Keep_Boundaries_With_No_Points": "false" });
        assert_eq!(aggregate(points(5070, POSITIONS), more).unwrap().column("Point_Count"), ["2", "1", "1"]);
    }

    #[test]
    fn hexagons_are_as_high_as_their_size() {
        let more = json!({ "Bin_Size": "10 Meters", "Bin_Type": "HEXAGON", "Keep_Boundaries_With_No_Points": false });
        let made = aggregate(points(5070, &[[0.0, 0.0], [0.5, 4.9]]), more).unwrap();
        assert_eq!(made.column("Point_Count"), ["2"]);
        let envelope = made.geometry(0).envelope();
        assert!((envelope.ymax - envelope.ymin - 10.0).abs() < 1e-12);
        assert!((envelope.xmax - envelope.xmin - 20.0 / 3.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn points_in_degrees_are_binned_with_equal_areas_and_a_message_says_so() {
        let positions = [[0.001, 0.001], [0.001, 70.0], [-179.999, 70.0]];
        let more = json!({ "Bin_Size": "10 Kilometers", "Keep_Boundaries_With_No_Points": false });
        let made = aggregate(points(4326, &positions), more).unwrap();
        assert_eq!(made.features.spatial_reference.as_ref().and_then(|reference| reference.wkid), Some(6933));
        assert_eq!(made.features.features.len(), 3);
        assert!((0..3).all(|row| (made.area(row) - 1e8).abs() < 1e-3));
        assert!(made.warnings.iter().any(|text| text.contains("EPSG:6933")), "{:?}", made.warnings);
        let degrees = json!({ "Bin_Size": { "distance": 1, "units": "esriDecimalDegrees" }, "Keep_Boundaries_With_No_Points": false });
        let made = aggregate(points(4326, &positions), degrees).unwrap();
        assert!((made.area(0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_binned_is_refused_with_what_to_change() {
        let wrong = |more: Value| aggregate(points(5070, POSITIONS), more).err().unwrap();
        assert!(wrong(json!({})).starts_with("Polygon_Features: "));
        assert!(wrong(json!({ "Bin_Size": "0 Meters" })).starts_with("Bin_Size: "));
        assert!(wrong(json!({ "Bin_Size": "0.001 Meters" })).contains("more than 10 million vertices"));
        assert!(
            wrong(json!({ "Bin_Size": "1 Meters", "Statistics_Fields": "KIND SUM" }))
                .contains("KIND has none")
        );
        let both = json!({ "Bin_Size": "1 Meters", "Polygon_Features": set("Polygon", 5070, &[]) });
        assert!(wrong(both).contains("not both"));
    }

    #[test]
    fn no_points_make_no_bins_and_multipoints_count_each_point() {
        let none = aggregate(points(5070, &[]), json!({ "Bin_Size": "10 Meters" })).unwrap();
        assert!(none.features.features.is_empty());
        let rows = [
            (json!({ "POP": 9 }), json!({ "points": [[1, 1], [2, 2], [11, 1]] })),
            (json!({ "POP": 1 }), Value::Null),
        ];
        let more = json!({ "Bin_Size": "10 Meters", "Statistics_Fields": "POP SUM" });
        let made = aggregate(set("Multipoint", 5070, &rows), more).unwrap();
        assert_eq!(made.column("Point_Count"), ["2", "1"]);
        assert_eq!(made.column("sum_POP"), ["6", "3"]);
    }
}
