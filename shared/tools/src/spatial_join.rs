//! Spatial Join: attributes from one layer to another by where features lie.
//!
//! **Method.** Points find polygons in a grid over all polygons, and each other in a k-d tree. For other geometries a
//! tree of boxes finds candidates and exact predicates decide. Distances between features in degrees are measured on
//! the ellipsoid, between the two nearest positions, across the antimeridian and the poles (`gp_geometry`).
//!
//! **Inputs.** Features of any geometry types. A target without geometry matches nothing. Z and m of the target stay.
//!
//! **Spatial reference and units.** Join features are projected to the reference of the target. A search radius in a
//! linear unit is measured on the ellipsoid for features in degrees; the geodesic relations bring projected features to
//! degrees first. A radius in decimal degrees is planar.
//!
//! **Output.** JOIN_ONE_TO_ONE: a row for each target with `Join_Count`, `TARGET_FID`, the target's fields, the fields
//! of the first match, and statistics of all matches. JOIN_ONE_TO_MANY: a row for each match, with `JOIN_FID` (−1 for
//! none). KEEP_COMMON leaves out targets without a match. Rows are in the order of the targets, then of the matches.
//!
//! **Errors.** WITHIN_A_DISTANCE without a radius, an unknown field in the statistics, more than 10 million matches
//! (JOIN_ONE_TO_ONE: 100 million), or 100 million vertices in the rows of JOIN_ONE_TO_MANY.

mod measure;
mod search;

use crate::each::Lists;
use crate::limits::{Counter, refuse_too_many_vertices};
use crate::matching::MatchOption;
use crate::reference::match_reference;
use crate::statistics::Statistics;
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Feature, FeatureSet, Geometry, LinearUnit};
use measure::Measure;
use search::Search;

/// Joins attributes by location.
pub(crate) struct SpatialJoin;

/// What Spatial Join takes.
#[derive(Inputs)]
pub(crate) struct SpatialJoinInputs {
    /// The features that get attributes.
    target_features: FeatureSet,
    /// The features whose attributes are joined.
    join_features: FeatureSet,
    /// JOIN_ONE_TO_ONE: a row for each target feature. JOIN_ONE_TO_MANY: a row for each match.
    #[parameter(default = JoinOperation::JoinOneToOne)]
    join_operation: JoinOperation,
    /// KEEP_ALL: target features without a match stay. KEEP_COMMON: they go.
    #[parameter(default = JoinType::KeepAll)]
    join_type: JoinType,
    /// The relation of a target feature to its matches, such as INTERSECT, CONTAINS, WITHIN, CLOSEST, WITHIN_A_DISTANCE.
    #[parameter(default = MatchOption::Intersect)]
    match_option: MatchOption,
    /// How far to look, for the relations of distance.
    search_radius: Option<LinearUnit>,
    /// What to compute of all matches of a target: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, RANGE, STD, VARIANCE, MEDIAN, COUNT, UNIQUE, FIRST, LAST, MODE, CONCATENATE. For JOIN_ONE_TO_ONE.
    #[parameter(depends_on = "Join_Features")]
    statistics_fields: Option<Vec<String>>,
}

/// What Spatial Join gives.
#[derive(Outputs)]
pub(crate) struct SpatialJoinOutputs {
    /// The target features with the attributes of their matches.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum JoinOperation {
    JoinOneToOne,
    JoinOneToMany,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum JoinType {
    KeepAll,
    KeepCommon,
}

impl Tool for SpatialJoin {
    const NAME: &'static str = "SpatialJoin";
    const DESCRIPTION: &'static str =
        "Joins attributes from one set of features to another by where they lie.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = SpatialJoinInputs;
    type Outputs = SpatialJoinOutputs;

    fn run(mut inputs: SpatialJoinInputs, context: &RunContext) -> Result<SpatialJoinOutputs, ToolError> {
        match_reference(&inputs.target_features, &mut inputs.join_features, "Join_Features", context)?;
        let entries = inputs.statistics_fields.as_deref().unwrap_or_default();
        let statistics = Statistics::read(entries, &inputs.join_features, "Statistics_Fields")?;
        if !entries.is_empty() && inputs.join_operation == JoinOperation::JoinOneToMany {
            return Err(ToolError::invalid("Statistics_Fields", "statistics are for JOIN_ONE_TO_ONE"));
        }
        let measure = Measure::new(&inputs, context)?;
        let matches = Search::new(&inputs, &measure, context).matches(&counter(&inputs))?;
        let output_features = match inputs.join_operation {
            JoinOperation::JoinOneToOne => one_to_one(inputs, &matches, &statistics, context)?,
            JoinOperation::JoinOneToMany => one_to_many(&inputs, &matches, context)?,
        };
        Ok(SpatialJoinOutputs { output_features })
    }
}

/// Counts the matches: each is a row, or no more than a number.
fn counter(inputs: &SpatialJoinInputs) -> Counter {
    let (parameter, advice) = if inputs.match_option.is_by_distance() {
        ("Search_Radius", "use a smaller radius")
    } else {
        ("Join_Features", "send fewer features, or such that overlap less")
    };
    match inputs.join_operation {
        JoinOperation::JoinOneToOne => Counter::of_pairs(parameter, advice),
        JoinOperation::JoinOneToMany => Counter::of_rows(parameter, advice),
    }
}

fn one_to_one(
    mut inputs: SpatialJoinInputs,
    matches: &Lists,
    statistics: &Statistics,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let targets = matches.iter().zip(&mut inputs.target_features.features).enumerate();
    let kept = targets.filter(|(_, (found, _))| keeps(inputs.join_type, found));
    let kept: Vec<_> = kept.map(|(row, (found, target))| (row, found, target.geometry.take())).collect();
    let (target, join) = (&inputs.target_features, &inputs.join_features);
    let (target_fields, join_fields) = (Carried::all(target), Carried::all(join));
    let mut table = Table::new(target.geometry_type, target.spatial_reference.clone());
    table.keep_zm_of(target);
    table.add_integer("Join_Count");
    table.add_integer("TARGET_FID");
    table.add_carried(&target_fields);
    table.add_carried(&join_fields);
    statistics.add_fields(&mut table);
    let row = |(row, found, geometry): (usize, &[u32], Option<Geometry>)| {
        let ids = [Attribute::Integer(found.len() as i64), Attribute::Integer(target.oid_of(row))];
        let first = found.first().map(|other| &join.features[*other as usize]);
        let own = target_fields.values(&target.features[row]);
        let values = ids.into_iter().chain(own).chain(join_fields.values_or_nulls(first));
        // A million rows without statistics should not pay for them.
        let read = if statistics.is_empty() { &[] } else { found };
        let members: Vec<&Feature> = read.iter().map(|other| &join.features[*other as usize]).collect();
        (values.chain(statistics.values(&members)), geometry)
    };
    table.push_all(kept, row, context)?;
    Ok(table.finish())
}

fn one_to_many(
    inputs: &SpatialJoinInputs,
    matches: &Lists,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let (target, join) = (&inputs.target_features, &inputs.join_features);
    let sizes =
        target.features.iter().map(|feature| feature.geometry.as_ref().map_or(0, Geometry::vertex_count));
    let vertices =
        sizes.zip(matches.iter()).map(|(vertices, found)| vertices as f64 * found.len() as f64).sum();
    let advice =
        "each match repeats its target feature: use JOIN_ONE_TO_ONE, or simplify the target features";
    refuse_too_many_vertices(vertices, "Target_Features", advice)?;
    let (target_fields, join_fields) = (Carried::all(target), Carried::all(join));
    let mut table = Table::new(target.geometry_type, target.spatial_reference.clone());
    table.keep_zm_of(target);
    for name in ["Join_Count", "TARGET_FID", "JOIN_FID"] {
        table.add_integer(name);
    }
    table.add_carried(&target_fields);
    table.add_carried(&join_fields);
    let mut pairs = Vec::new();
    for (row, found) in matches.iter().enumerate().filter(|(_, found)| keeps(inputs.join_type, found)) {
        let none = if found.is_empty() { Some(None) } else { None };
        pairs.extend(found.iter().copied().map(Some).chain(none).map(|other| (row, other)));
    }
    let row = |(row, other): (usize, Option<u32>)| {
        let (feature, other) = (&target.features[row], other.map(|other| other as usize));
        let ids = [
            Attribute::Integer(i64::from(other.is_some())),
            Attribute::Integer(target.oid_of(row)),
            Attribute::Integer(other.map_or(-1, |other| join.oid_of(other))),
        ];
        let joined = join_fields.values_or_nulls(other.map(|other| &join.features[other]));
        (ids.into_iter().chain(target_fields.values(feature)).chain(joined), feature.geometry.clone())
    };
    table.push_all(pairs, row, context)?;
    Ok(table.finish())
}

fn keeps(join_type: JoinType, found: &[u32]) -> bool {
    join_type == JoinType::KeepAll || !found.is_empty()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use serde_json::{Value, json};

    fn join(wkid: u32, more: Value) -> Result<Run, String> {
        let point = |name: &str, x: f64, y: f64| {
            (json!({ "NAME": name, "POP": x as i64 }), json!({ "x": x, "y": y }))
        };
        let fields = [
            (json!({ "NAME": "one" }), square(0.0, 0.0, 10.0)),
            (json!({ "NAME": "two" }), square(40.0, 0.0, 10.0)),
        ];
        let points = [point("a", 5.0, 5.0), point("b", 6.0, 6.0), point("c", 20.0, 5.0)];
        let mut parameters = json!({
            "Target_Features": set("Polygon", wkid, &fields), "Join_Features": set("Point", wkid, &points),
        });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SpatialJoin", &parameters)
    }

    #[test]
    fn one_to_one_counts_all_matches_and_shows_the_first() {
        let made = join(5070, json!({ "Statistics_Fields": "POP SUM" })).unwrap();
        let names = ["OBJECTID", "Join_Count", "TARGET_FID", "NAME", "NAME_1", "POP", "SUM_POP"];
        assert_eq!(made.names(), names);
        assert_eq!(made.column("Join_Count"), ["2", "0"]);
        assert_eq!(made.column("NAME_1"), ["a", "null"]);
        assert_eq!(made.column("SUM_POP"), ["11", "null"]);
    }

    #[test]
    fn one_to_many_has_a_row_for_each_match() {
        let made = join(5070, json!({ "Join_Operation": "JOIN_ONE_TO_MANY" })).unwrap();
        assert_eq!(made.column("TARGET_FID"), ["10", "10", "20"]);
        assert_eq!(made.column("JOIN_FID"), ["10", "20", "-1"]);
        let common = json!({ "Join_Operation": "JOIN_ONE_TO_MANY", "Join_Type": "KEEP_COMMON" });
        assert_eq!(join(5070, common).unwrap().column("JOIN_FID"), ["10", "20"]);
    }

    #[test]
    fn more_matches_than_an_output_can_have_are_refused_by_the_name_of_what_to_change() {
        let count = 3_200;
        let points = vec![(json!({}), json!({ "x": 5.0, "y": 5.0 })); count];
        let squares = vec![(json!({}), square(0.0, 0.0, 10.0)); count];
        let parameters = json!({
            "Target_Features": set("Point", 5070, &points), "Join_Features": set("Polygon", 5070, &squares),
            "Join_Operation": "JOIN_ONE_TO_MANY",
        });
        let error = run("SpatialJoin", &parameters).err().unwrap();
        assert!(error.starts_with("Join_Features: there would be more than 10 million rows"), "{error}");
    }

    #[test]
    fn the_closest_is_found_in_the_plane_and_on_the_ellipsoid() {
        for wkid in [5070, 4326] {
            assert_eq!(
                join(wkid, json!({ "Match_Option": "CLOSEST" })).unwrap().column("NAME_1"),
                ["a", "c"],
                "{wkid}"
            );
        }
        let near = json!({ "Match_Option": "CLOSEST", "Search_Radius": "5 Kilometers" });
        assert_eq!(join(4326, near).unwrap().column("Join_Count"), ["1", "0"]);
    }

    #[test]
    fn geodesic_distances_work_for_projected_features_too() {
        // At 60 degrees north 1,000 m in Web Mercator are about 500 m on the ground.
        let at =
            |x: f64| set("Point", 3857, &[(json!({ "NAME": "p" }), json!({ "x": x, "y": 8_399_737.89 }))]);
        let count = |option: &str| {
            let parameters = json!({
                "Target_Features": at(0.0), "Join_Features": at(1000.0), "Match_Option": option, "Search_Radius": "600 Meters",
            });
            run("SpatialJoin", &parameters).unwrap().column("Join_Count")[0].clone()
        };
        assert_eq!(
            (count("WITHIN_A_DISTANCE"), count("WITHIN_A_DISTANCE_GEODESIC")),
            ("0".to_owned(), "1".to_owned())
        );
    }

    #[test]
    fn a_relation_of_distance_needs_a_radius_and_many_rows_have_no_statistics() {
        assert!(
            join(5070, json!({ "Match_Option": "WITHIN_A_DISTANCE" }))
                .err()
                .unwrap()
                .contains("Search_Radius")
        );
        let many = json!({ "Join_Operation": "JOIN_ONE_TO_MANY", "Statistics_Fields": "POP SUM" });
        assert!(join(5070, many).err().unwrap().contains("Statistics_Fields"));
    }

    #[test]
    fn the_closest_of_points_in_degrees_is_found_however_near_it_is() {
        let at = |x: f64, y: f64| (json!({}), json!({ "x": x, "y": y }));
        let step = |number: i32| f64::from(number) * 0.37;
        let targets: Vec<_> = (0..200).map(|n| at(step(n), step(n) / 2.0)).collect();
        // From a tenth of a millimetre to a hundred metres away.
        let near = |n: i32| 1e-9 * 10_f64.powf(f64::from(n) / 33.0);
        let joins: Vec<_> = (0..200).map(|n| at(step(n) + near(n), step(n) / 2.0)).collect();
        let parameters = json!({
            "Target_Features": set("Point", 4326, &targets), "Join_Features": set("Point", 4326, &joins),
            "Match_Option": "CLOSEST", "Join_Operation": "JOIN_ONE_TO_MANY",
        });
        let made = run("SpatialJoin", &parameters).unwrap();
        assert_eq!(made.column("JOIN_FID"), made.column("TARGET_FID"));
    }
}
