//! Dissolve: features of equal values as one.
//!
//! **Method.** Rows are grouped by the values of the dissolve fields. Polygons of a group are united by the overlay
//! engine, lines are cut where they meet and shared stretches kept once, points are put together.
//!
//! **Inputs.** Features of any geometry type; rows without geometry count in the statistics. Points keep z and m;
//! lines and polygons lose them with a warning.
//!
//! **Spatial reference and units.** Those of the input; edges are straight in its coordinates.
//!
//! **Output.** A row for each group, ordered by the values of the fields, nulls first: the dissolve fields, then the
//! statistics (`SUM_POP`). With SINGLE_PART a row for each part. Points become multipoints.
//!
//! **Errors.** A field or statistic that is not there, a statistic that needs numbers.

use crate::each::each;
use crate::groups::{columns_of, groups_with_progress};
use crate::parts::single_parts;
use crate::reference::drop_zm;
use crate::statistics::Statistics;
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Feature, FeatureSet, Field, Geometry, GeometryType, Path, Point};
use gp_geometry::{union_all, union_lines};

/// Makes features of equal values one.
pub(crate) struct Dissolve;

/// What Dissolve takes.
#[derive(Inputs)]
pub(crate) struct DissolveInputs {
    /// The features to be dissolved.
    input_features: FeatureSet,
    /// The fields whose values must be equal. Without any, all features become one.
    #[parameter(depends_on = "Input_Features")]
    dissolve_fields: Option<Vec<Field>>,
    /// What to compute of the rows of each group: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, RANGE, STD, VARIANCE, MEDIAN, COUNT, UNIQUE, FIRST, LAST, MODE, CONCATENATE.
    #[parameter(depends_on = "Input_Features")]
    statistics_fields: Option<Vec<String>>,
    /// MULTI_PART: one feature for each group. SINGLE_PART: one for each of its parts.
    #[parameter(default = MultiPart::MultiPart)]
    multi_part: MultiPart,
}

/// What Dissolve gives.
#[derive(Outputs)]
pub(crate) struct DissolveOutputs {
    /// The dissolved features.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum MultiPart {
    MultiPart,
    SinglePart,
}

impl Tool for Dissolve {
    const NAME: &'static str = "Dissolve";
    const DESCRIPTION: &'static str =
        "Makes one feature of all features with equal values, with statistics of the others.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = DissolveInputs;
    type Outputs = DissolveOutputs;

    fn run(inputs: DissolveInputs, context: &RunContext) -> Result<DissolveOutputs, ToolError> {
        let mut set = inputs.input_features;
        let is_points = matches!(set.geometry_type, Some(GeometryType::Point | GeometryType::Multipoint));
        if !is_points {
            drop_zm(&mut set, "Input Features", context);
        }
        let columns =
            columns_of(&set, inputs.dissolve_fields.as_deref().unwrap_or_default(), "Dissolve_Fields")?;
        let entries = inputs.statistics_fields.as_deref().unwrap_or_default();
        let statistics = Statistics::read(entries, &set, "Statistics_Fields")?;
        let groups = groups_with_progress(&set, &columns, context)?;
        let united = each(context, groups.len(), "Dissolving", |group| {
            Ok(unite(groups[group].iter().filter_map(|row| set.features[*row].geometry.as_ref())))
        })?;
        let single = inputs.multi_part == MultiPart::SinglePart;
        let geometry_type = match set.geometry_type {
            Some(GeometryType::Point | GeometryType::Multipoint) if single => Some(GeometryType::Point),
            Some(GeometryType::Point) => Some(GeometryType::Multipoint),
            other => other,
        };
        let carried = Carried::of(&set, columns);
        let mut table = Table::new(geometry_type, set.spatial_reference.clone());
        table.add_carried(&carried);
        statistics.add_fields(&mut table);
        table.keep_zm_of(&set);
        for (rows, geometry) in groups.iter().zip(united) {
            let members: Vec<&Feature> = rows.iter().map(|row| &set.features[*row]).collect();
            let statistics = statistics.values(&members);
            let geometries = match geometry {
                Some(geometry) if single => single_parts(&geometry).into_iter().map(Some).collect(),
                geometry => vec![geometry],
            };
            for geometry in geometries {
                table.push(carried.values(members[0]).chain(statistics.clone()), geometry);
            }
        }
        Ok(DissolveOutputs { output_features: table.finish() })
    }
}

/// All geometries as one, or `None` when there is none.
fn unite<'a>(geometries: impl Iterator<Item = &'a Geometry>) -> Option<Geometry> {
    let (mut polygons, mut lines, mut points) = (Vec::new(), Vec::new(), Path::default());
    for geometry in geometries {
        match geometry {
            Geometry::Polygon(rings) => polygons.push(rings.as_slice()),
            Geometry::Polyline(paths) => lines.push(paths.as_slice()),
            Geometry::Point(point) => push_point(&mut points, point),
            Geometry::Multipoint(more) => append(&mut points, more),
        }
    }
    if !polygons.is_empty() {
        Some(union_all(polygons)).filter(|rings| !rings.is_empty()).map(Geometry::Polygon)
    } else if !lines.is_empty() {
        Some(union_lines(lines)).filter(|paths| !paths.is_empty()).map(Geometry::Polyline)
    } else {
        (!points.xy.is_empty()).then_some(Geometry::Multipoint(points))
    }
}

fn push_point(points: &mut Path, point: &Point) {
    append(
        points,
        &Path { xy: vec![point.xy], z: point.z.into_iter().collect(), m: point.m.into_iter().collect() },
    );
}

fn append(points: &mut Path, more: &Path) {
    let before = points.xy.len();
    points.xy.extend_from_slice(&more.xy);
    let after = points.xy.len();
    for (all, more) in [(&mut points.z, &more.z), (&mut points.m, &more.m)] {
        // Where only some have an ordinate, the others have none there: NaN.
        if !more.is_empty() || !all.is_empty() {
            all.resize(before, f64::NAN);
            all.extend_from_slice(more);
            all.resize(after, f64::NAN);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn dissolve(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Dissolve", &parameters)
    }

    fn fields() -> Value {
        let row = |name: Value, pop: i64, x: f64| (json!({ "NAME": name, "POP": pop }), square(x, 0.0, 10.0));
        set(
            "Polygon",
            5070,
            &[
                row(json!("b"), 1, 0.0),
                row(json!("a"), 2, 50.0),
                row(json!("b"), 4, 5.0),
                row(Value::Null, 8, 100.0),
                row(json!("b"), 16, 200.0),
            ],
        )
    }

    #[test]
    fn groups_come_in_the_order_of_their_values_with_nulls_first() {
        let more = json!({ "Dissolve_Fields": ["NAME"], "Statistics_Fields": ["POP SUM", "POP MEAN"] });
        let made = dissolve(&fields(), more).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "SUM_POP", "MEAN_POP"]);
        assert_eq!(made.column("NAME"), ["null", "a", "b"]);
        assert_eq!(made.column("SUM_POP"), ["8", "2", "21"]);
        assert!((made.area(2) - 250.0).abs() < 1e-9);
    }

    #[test]
    fn a_single_part_is_a_row_of_its_own() {
        let more = json!({ "Dissolve_Fields": ["NAME"], "Multi_Part": "SINGLE_PART" });
        assert_eq!(dissolve(&fields(), more).unwrap().column("NAME"), ["null", "a", "b", "b"]);
    }

    #[test]
    fn points_become_multipoints_and_rows_without_geometry_count() {
        let points = set(
            "Point",
            5070,
            &[(json!({ "POP": 1 }), json!({ "x": 1, "y": 2 })), (json!({ "POP": 2 }), Value::Null)],
        );
        let made = dissolve(&points, json!({ "Statistics_Fields": "POP COUNT" })).unwrap();
        assert_eq!(made.column("COUNT_POP"), ["2"]);
        assert!(
            matches!(made.geometry(0), gp_esri::Geometry::Multipoint(points) if points.xy == [[1.0, 2.0]])
        );
    }

    #[test]
    fn stretches_that_lines_share_are_kept_once() {
        let streets =
            [[[0.0, 0.0], [10.0, 0.0]], [[5.0, 0.0], [20.0, 0.0]]].map(|way| (json!({}), line(&way)));
        let made = dissolve(&set("Polyline", 5070, &streets), json!({})).unwrap();
        let gp_esri::Geometry::Polyline(paths) = made.geometry(0) else { panic!("no line") };
        assert!((gp_geometry::length(paths) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn an_unknown_field_is_named_and_no_features_give_none() {
        assert!(
            dissolve(&fields(), json!({ "Dissolve_Fields": ["NO"] }))
                .err()
                .unwrap()
                .contains("no field \"NO\"")
        );
        assert!(dissolve(&set("Polygon", 5070, &[]), json!({})).unwrap().features.features.is_empty());
    }
}
