//! Summarize Within: how much of other features lies within each polygon, and statistics of their fields.
//!
//! **Method.** A tree of boxes finds candidates. Points are located exactly, lines and polygons are cut by the overlay
//! engine, and what is inside is measured. SUM takes of each value the share of its line or polygon that lies inside;
//! MEAN and STDDEV are weighted by the length or area inside (STDDEV: the root of Σ w (x − mean)² over Σ w (n − 1) / n);
//! MIN and MAX are whole values. All are unweighted for points. This is how ArcGIS documents its summary statistics.
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
//! area for lines.

mod unit;

use crate::measures::Measures;
use crate::reference::{crs_of, match_reference};
use crate::summaries::{EmptyAreas, GroupPercents, MinorityMajority, Plan, Wishes};
use crate::within::pieces_within;
use gp_core::{Choices, Filter, Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Field, GeometryType};
use unit::ShapeUnit;

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
    #[parameter(default = KeepAllPolygons::KeepAll)]
    keep_all_polygons: KeepAllPolygons,
    /// What to compute of fields of numbers: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, STDDEV.
    #[parameter(depends_on = "Input_Summary_Features")]
    summary_fields: Option<Vec<String>>,
    /// ADD_SHAPE_SUM: the length of lines or the area of polygons inside is added. NO_SHAPE_SUM: only their number.
    #[parameter(default = SumShape::AddShapeSum)]
    sum_shape: SumShape,
    /// The unit of the summed lengths (METERS, KILOMETERS, FEET, YARDS, MILES) or areas (ACRES, HECTARES, SQUAREMETERS, SQUAREKILOMETERS, SQUAREFEET, SQUAREYARDS, SQUAREMILES); feet are international. Without it, kilometres or square kilometres.
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

#[derive(Choices, Clone, Copy, PartialEq)]
enum KeepAllPolygons {
    KeepAll,
    OnlyIntersecting,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum SumShape {
    AddShapeSum,
    NoShapeSum,
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
        let amount = match inputs.sum_shape {
            SumShape::AddShapeSum => amount(inputs.shape_unit, features.geometry_type)?,
            SumShape::NoShapeSum => None,
        };
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
            empty_areas: match inputs.keep_all_polygons {
                KeepAllPolygons::KeepAll => EmptyAreas::Keep,
                KeepAllPolygons::OnlyIntersecting => EmptyAreas::Drop,
            },
            amount,
        };
        let plan = Plan::new(features, wishes)?;
        let measures = Measures::natural(crs.as_ref())?;
        let pieces = pieces_within(&polygons, features, &measures, context)?;
        let (output_features, output_grouped_table) = plan.write(polygons, &pieces, context)?;
        Ok(SummarizeWithinOutputs { output_features, output_grouped_table })
    }
}

/// The column of the summed shapes and its unit; `None` for points.
fn amount(
    unit: Option<ShapeUnit>,
    geometry_type: Option<GeometryType>,
) -> Result<Option<(String, f64)>, ToolError> {
    let (what, natural) = match geometry_type {
        Some(GeometryType::Polyline) => ("Length", ShapeUnit::Kilometers),
        Some(GeometryType::Polygon) => ("Area", ShapeUnit::Squarekilometers),
        _ => return Ok(None),
    };
    let (name, of, size) = unit.unwrap_or(natural).about();
    if Some(of) != geometry_type {
        let reason = format!("{name} is no unit of {}; choose another", what.to_lowercase());
        return Err(ToolError::invalid("Shape_Unit", reason));
    }
    Ok(Some((format!("sum_{what}_{name}"), size)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::FeatureSet;
    use serde_json::{Value, json};

    fn fields(wkid: u32) -> Value {
        let rows = [
            (json!({ "NAME": "left" }), square(0.0, 0.0, 10.0)),
            (json!({ "NAME": "right" }), square(10.0, 0.0, 10.0)),
            (json!({ "NAME": "far" }), square(100.0, 0.0, 10.0)),
            (json!({ "NAME": "none" }), Value::Null),
        ];
        set("Polygon", wkid, &rows)
    }

    fn summarize(wkid: u32, features: Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Polygons": fields(wkid), "Input_Summary_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SummarizeWithin", &parameters)
    }

    fn points() -> Value {
        let point = |kind: &str, pop: Value, x: f64| {
            (json!({ "KIND": kind, "POP": pop }), json!({ "x": x, "y": 5.0 }))
        };
        let rows = [
            point("oak", json!(1), 2.0),
            point("elm", json!(2), 3.0),
            point("oak", json!(4), 10.0),
            point("elm", Value::Null, 12.0),
            point("ash", json!(16), 50.0),
        ];
        set("Point", 5070, &rows)
    }

    fn table(set: &FeatureSet) -> Vec<String> {
        let text = |value: &gp_esri::Attribute| match value {
            gp_esri::Attribute::Null => "null".to_owned(),
            other => crate::statistics::text_of(other),
        };
        set.features.iter().map(|row| row.attributes.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn points_are_counted_and_one_on_a_border_counts_on_both_sides() {
        let made =
            summarize(5070, points(), json!({ "Summary_Fields": "POP SUM;POP MEAN;POP STDDEV" })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "sum_POP", "mean_POP", "stddev_POP", "Point_Count"]);
        assert_eq!(made.column("Point_Count"), ["3", "2", "0", "0"]);
        assert_eq!(made.column("sum_POP"), ["7", "4", "null", "null"]);
        assert_eq!(made.column("mean_POP")[0], (7.0_f64 / 3.0).to_string());
        assert_eq!(made.column("stddev_POP")[1], "null");
        assert_eq!(made.more[0].features.len(), 0);
        let only = summarize(5070, points(), json!({ "Keep_All_Polygons": "ONLY_INTERSECTING" })).unwrap();
        assert_eq!(only.column("NAME"), ["left", "right"]);
    }

    #[test]
    fn groups_have_their_own_rows_and_areas_name_the_rarest_and_the_most_frequent() {
        let more = json!({
            "Group_Field": "KIND", "Add_Minority_and_Majority": "ADD_MIN_MAJ", "Add_Group_Percents": "ADD_PERCENT",
            "Summary_Fields": "POP MAX",
        });
        let made = summarize(5070, points(), more).unwrap();
        assert_eq!(made.column("Join_ID"), ["1", "2", "3", "4"]);
        assert_eq!(made.column("Minority_KIND"), ["elm", "elm", "null", "null"]);
        assert_eq!(made.column("Majority_KIND"), ["oak", "elm", "null", "null"]);
        assert_eq!(made.column("Majority_KIND_Percent")[1], "50");
        let names: Vec<&str> = made.more[0].fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["OBJECTID", "Join_ID", "KIND", "max_POP", "Point_Count", "PercentCount"]);
        let third = (100.0_f64 / 3.0).to_string();
        assert_eq!(
            table(&made.more[0]),
            [
                format!("1 1 elm 2 1 {third}"),
                format!("2 1 oak 4 2 {}", 200.0_f64 / 3.0),
                "3 2 elm null 1 50".to_owned(),
                "4 2 oak 4 1 50".to_owned()
            ]
        );
    }

    #[test]
    fn lines_give_the_share_of_their_values_and_weigh_by_the_length_inside() {
        let rows = [
            (json!({ "FLOW": 10.0 }), line(&[[5.0, 5.0], [15.0, 5.0]])),
            (json!({ "FLOW": 40.0 }), line(&[[5.0, 1.0], [5.0, 4.0]])),
            // Along the border, and touching at one end only.
            (json!({ "FLOW": 6.0 }), line(&[[10.0, 2.0], [10.0, 4.0]])),
            (json!({ "FLOW": 99.0 }), line(&[[20.0, 5.0], [30.0, 5.0]])),
        ];
        let more =
            json!({ "Summary_Fields": "FLOW SUM;FLOW MEAN;FLOW MIN;FLOW STD", "Shape_Unit": "METERS" });
        let made = summarize(5070, set("Polyline", 5070, &rows), more).unwrap();
        assert_eq!(made.column("Polyline_Count"), ["3", "2", "0", "0"]);
        assert_eq!(made.column("sum_Length_METERS"), ["10", "7", "0", "0"]);
        assert_eq!(made.column("sum_FLOW"), ["51", "11", "null", "null"]);
        assert_eq!(made.column("mean_FLOW")[0], ((5.0 * 10.0 + 3.0 * 40.0 + 2.0 * 6.0) / 10.0).to_string());
        assert_eq!(made.column("min_FLOW"), ["6", "6", "null", "null"]);
        let mean = 62.0_f64 / 7.0;
        let squares = 5.0 * (10.0 - mean).powi(2) + 2.0 * (6.0 - mean).powi(2);
        let found: f64 = made.column("stddev_FLOW")[1].parse().unwrap();
        assert!((found - (squares / (7.0 / 2.0)).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn polygons_are_cut_whichever_of_both_has_more_vertices() {
        let many: Vec<[f64; 2]> = (0..=100).map(|step| [5.0, 2.0 + f64::from(step) * 0.06]).collect();
        let ring: Vec<[f64; 2]> =
            many.iter().copied().chain([[15.0, 8.0], [15.0, 2.0], [5.0, 2.0]]).collect();
        let rows = [
            (json!({ "POP": 60 }), json!({ "rings": [ring] })),
            (json!({ "POP": 8 }), square(1.0, 1.0, 1.0)),
            (json!({ "POP": 5 }), square(0.0, 10.0, 10.0)),
        ];
        let more = json!({ "Summary_Fields": "POP SUM", "Shape_Unit": "SQUAREMETERS" });
        let made = summarize(5070, set("Polygon", 5070, &rows), more).unwrap();
        assert_eq!(made.column("Polygon_Count"), ["2", "1", "0", "0"]);
        let numbers = |name: &str| -> Vec<f64> {
            made.column(name)[..2].iter().map(|it| it.parse().unwrap()).collect()
        };
        for (found, expected) in numbers("sum_Area_SQUAREMETERS").iter().zip([31.0, 30.0]) {
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
        for (found, expected) in numbers("sum_POP").iter().zip([38.0, 30.0]) {
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
    }

    #[test]
    fn degrees_are_measured_on_the_ellipsoid() {
        let rows = [(json!({}), square(0.0, 0.0, 1.0))];
        let made = summarize(4326, set("Polygon", 4326, &rows), json!({})).unwrap();
        let found: f64 = made.column("sum_Area_SQUAREKILOMETERS")[0].parse().unwrap();
        assert!((found - 12_308.778_361).abs() < 1e-5, "{found}");
    }

    #[test]
    fn a_polygon_on_both_sides_of_the_antimeridian_counts_on_both() {
        let rings = json!([
            [[179, 0], [179, 1], [180, 1], [180, 0], [179, 0]],
            [[-180, 0], [-180, 1], [-179, 1], [-179, 0], [-180, 0]]
        ]);
        let fiji = set("Polygon", 4326, &[(json!({}), json!({ "rings": rings }))]);
        let points: Vec<(Value, Value)> =
            [179.5, -179.5, 180.0, 0.0].iter().map(|x| (json!({}), json!({ "x": x, "y": 0.5 }))).collect();
        let on_both =
            json!({ "Input_Polygons": fiji, "Input_Summary_Features": set("Point", 4326, &points) });
        assert_eq!(run("SummarizeWithin", &on_both).unwrap().column("Point_Count"), ["3"]);
        let itself = json!({ "Input_Polygons": fiji, "Input_Summary_Features": fiji });
        let found: f64 =
            run("SummarizeWithin", &itself).unwrap().column("sum_Area_SQUAREKILOMETERS")[0].parse().unwrap();
        assert!((found - 2.0 * 12_308.778_361).abs() < 1e-5, "{found}");
    }

    #[test]
    fn each_point_of_a_multipoint_counts() {
        let rows = [(json!({ "POP": 30 }), json!({ "points": [[1, 1], [2, 2], [15, 5]] }))];
        let made = summarize(0, set("Multipoint", 0, &rows), json!({ "Summary_Fields": "POP SUM" })).unwrap();
        assert_eq!(made.column("Point_Count"), ["2", "1", "0", "0"]);
        assert_eq!(made.column("sum_POP"), ["20", "10", "null", "null"]);
    }

    #[test]
    fn wrong_units_and_fields_are_refused_and_empty_inputs_are_not() {
        let lines = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [1.0, 1.0]]))]);
        assert!(
            summarize(5070, lines, json!({ "Shape_Unit": "ACRES" }))
                .err()
                .unwrap()
                .starts_with("Shape_Unit: ")
        );
        let wrong = |more: Value| summarize(5070, points(), more).err().unwrap();
        assert!(wrong(json!({ "Summary_Fields": "KIND SUM" })).contains("KIND has none"));
        assert!(wrong(json!({ "Summary_Fields": "POP MEDIAN" })).contains("use one of SUM"));
        assert!(wrong(json!({ "Group_Field": "X" })).starts_with("Group_Field: "));
        let none = summarize(5070, set("Point", 5070, &[]), json!({ "Group_Field": "OBJECTID" })).unwrap();
        assert_eq!(none.column("Point_Count"), ["0"; 4]);
    }
}
