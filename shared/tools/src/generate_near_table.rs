//! Generate Near Table: a row for each pair of a feature and a near one, ranked by distance.
//!
//! **Method.** As Near: one tree over the segments and points of all near layers, exact distances between segments in a
//! plane, or geodesics (GeographicLib) between the nearest positions on the ellipsoid, with edges straight in degrees.
//!
//! **Inputs.** Features of any geometry type, and one or more layers of any geometry type. Features that share a point
//! have the distance 0; a polygon holds its inside. Where a near layer equals the input, a feature is not near itself.
//! A feature without geometry has no row. Z and m are not used.
//!
//! **Spatial reference and units.** Near features are projected to the reference of the input. PLANAR measures in the
//! units of projected coordinates. Features in degrees are always measured on the ellipsoid, in metres; a search radius
//! in degrees is refused. GEODESIC on projected features measures on the ellipsoid and gives the distance in the units
//! of the coordinates, the positions in degrees (of WGS84).
//!
//! **Output.** A table ordered by input feature, then by rank: `IN_FID` and `NEAR_FID`, object ids; `NEAR_DIST`; with
//! several near layers `NEAR_FC`, `Near_Features` for the first, then `Near_Features_1`; `NEAR_RANK`, 1 for the nearest
//! feature; with LOCATION `FROM_X`, `FROM_Y`, `NEAR_X`, `NEAR_Y`, the nearest positions on both; with ANGLE
//! `NEAR_ANGLE`, −180 to 180, PLANAR counter-clockwise from east, GEODESIC clockwise from north, 0 at a distance of 0.
//! Of equally near features the one that comes first has the better rank.
//!
//! **Errors.** A layer that cannot be projected, a radius below 0 or in a unit without a length, a count below 0,
//! GEODESIC without a spatial reference, more than 10 million rows.

use crate::distance::Method;
use crate::each::each;
use crate::limits::{Counter, refuse_too_many};
use crate::near_search::{AngleField, LocationFields, NearFeature, NearSearch, layer_name};
use crate::table::Table;
use gp_core::{Choices, Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, LinearUnit};

/// Finds near features and ranks them.
pub(crate) struct GenerateNearTable;

/// What Generate Near Table takes.
#[derive(Inputs)]
pub(crate) struct GenerateNearTableInputs {
    /// The features for which near ones are looked for.
    input_features: FeatureSet,
    /// One or more layers in which they are looked for. May be the input itself.
    near_features: Vec<FeatureSet>,
    /// How far to look. Without it features are found however far they are.
    search_radius: Option<LinearUnit>,
    /// LOCATION: the nearest positions are written to FROM_X, FROM_Y, NEAR_X and NEAR_Y. NO_LOCATION: they are not.
    #[parameter(default = LocationFields::NoLocation)]
    location: LocationFields,
    /// ANGLE: the direction to the nearest position is written to NEAR_ANGLE. NO_ANGLE: it is not.
    #[parameter(default = AngleField::NoAngle)]
    angle: AngleField,
    /// CLOSEST: only the nearest feature of each. ALL: all within the search radius, or as many as Closest_Count says.
    #[parameter(default = Closest::Closest)]
    closest: Closest,
    /// With ALL, how many near features of each at most. 0 for any number.
    #[parameter(default = 0)]
    closest_count: i64,
    /// PLANAR: distances in the plane of projected features; features in degrees are measured on the ellipsoid all the same. GEODESIC: always on the ellipsoid.
    #[parameter(default = Method::Planar)]
    method: Method,
}

/// What Generate Near Table gives.
#[derive(Outputs)]
pub(crate) struct GenerateNearTableOutputs {
    /// The pairs of near features.
    output_table: RecordSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Closest {
    Closest,
    All,
}

impl Tool for GenerateNearTable {
    const NAME: &'static str = "GenerateNearTable";
    const DESCRIPTION: &'static str = "Makes a table of the features near each feature, ranked by distance.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = GenerateNearTableInputs;
    type Outputs = GenerateNearTableOutputs;

    fn run(
        inputs: GenerateNearTableInputs,
        context: &RunContext,
    ) -> Result<GenerateNearTableOutputs, ToolError> {
        let count = match (inputs.closest, usize::try_from(inputs.closest_count)) {
            (Closest::Closest, _) => 1,
            (Closest::All, Ok(0)) => usize::MAX,
            (Closest::All, Ok(count)) => count,
            (Closest::All, Err(_)) => {
                let reason = format!("{} is below 0; use 0 for any number", inputs.closest_count);
                return Err(ToolError::invalid("Closest_Count", reason));
            }
        };
        let (set, layers) = (&inputs.input_features, inputs.near_features);
        let has_layers = layers.len() > 1;
        let search = NearSearch::new(set, layers, inputs.search_radius, inputs.method, context)?;
        let found = all_nearest(&search, set.features.len(), count, context)?;
        let has_location = inputs.location == LocationFields::Location;
        let has_angle = inputs.angle == AngleField::Angle;
        let mut table = Table::new(None, None);
        table.add_integer("IN_FID");
        table.add_integer("NEAR_FID");
        table.add_field(Field::new("NEAR_DIST", FieldType::Double));
        if has_layers {
            let mut field = Field::new("NEAR_FC", FieldType::String);
            field.length = Some(255);
            table.add_field(field);
        }
        table.add_integer("NEAR_RANK");
        let locations: &[&str] = if has_location { &["FROM_X", "FROM_Y", "NEAR_X", "NEAR_Y"] } else { &[] };
        for name in locations.iter().chain(if has_angle { &["NEAR_ANGLE"][..] } else { &[] }) {
            table.add_field(Field::new(*name, FieldType::Double));
        }
        for (row, found) in found.iter().enumerate() {
            for (rank, near) in (1_i64..).zip(found) {
                let mut values = vec![
                    Attribute::Integer(set.oid_of(row)),
                    Attribute::Integer(near.oid),
                    Attribute::Double(near.distance),
                ];
                if has_layers {
                    values.push(Attribute::Text(layer_name(near.layer).into()));
                }
                values.push(Attribute::Integer(rank));
                if has_location {
                    values
                        .extend([near.from, near.to].iter().flatten().map(|value| Attribute::Double(*value)));
                }
                if has_angle {
                    values.push(Attribute::Double(near.angle));
                }
                table.push(values, None);
            }
        }
        Ok(GenerateNearTableOutputs { output_table: RecordSet(table.finish()) })
    }
}

/// The near features of every row, at most `count` each.
///
/// # Errors
/// There are more than [`MOST_ROWS`](crate::limits::MOST_ROWS) in all, or the run was stopped.
pub(crate) fn all_nearest(
    search: &NearSearch<'_>,
    rows: usize,
    count: usize,
    context: &RunContext,
) -> Result<Vec<Vec<NearFeature>>, ToolError> {
    let (parameter, advice) = ("Search_Radius", "use a smaller radius");
    if search.is_unlimited() {
        let pairs = rows as f64 * count.min(search.near_count()) as f64;
        refuse_too_many(pairs, "rows", parameter, advice)?;
    }
    let counter = Counter::of_rows(parameter, advice);
    each(context, rows, "Searching", |row| {
        let found = search.nearest(row, count);
        counter.add(found.len())?;
        Ok(found)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn table(more: Value) -> Result<Run, String> {
        let points = [[0.0, 0.0], [100.0, 0.0]].map(|[x, y]| (json!({}), json!({ "x": x, "y": y })));
        let near = [3.0, 1.0, 2.0].map(|x| (json!({}), line(&[[x, -5.0], [x, 5.0]])));
        let mut parameters = json!({
            "Input_Features": set("Point", 5070, &points), "Near_Features": [set("Polyline", 5070, &near)],
        });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("GenerateNearTable", &parameters)
    }

    #[test]
    fn the_closest_of_each_has_rank_one() {
        let made = table(json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "IN_FID", "NEAR_FID", "NEAR_DIST", "NEAR_RANK"]);
        assert_eq!(
            (made.column("IN_FID"), made.column("NEAR_FID")),
            (texts(&["10", "20"]), texts(&["20", "10"]))
        );
        assert_eq!(
            (made.column("NEAR_DIST"), made.column("NEAR_RANK")),
            (texts(&["1", "97"]), texts(&["1", "1"]))
        );
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn all_within_the_radius_come_by_rank_and_no_more_than_the_count() {
        let all = table(json!({ "Closest": "ALL", "Search_Radius": "2.5 Meters" })).unwrap();
        assert_eq!(
            (all.column("IN_FID"), all.column("NEAR_FID")),
            (texts(&["10", "10"]), texts(&["20", "30"]))
        );
        let two =
            table(json!({ "Closest": "ALL", "Closest_Count": 2, "Location": "LOCATION", "Angle": "ANGLE" }));
        let two = two.unwrap();
        assert_eq!(two.column("NEAR_RANK"), ["1", "2", "1", "2"]);
        assert_eq!(two.column("NEAR_X"), ["1", "2", "3", "2"]);
        assert_eq!(two.column("FROM_X"), ["0", "0", "100", "100"]);
        assert_eq!(two.column("NEAR_ANGLE"), ["0", "0", "180", "180"]);
    }

    #[test]
    fn a_layer_is_named_when_there_are_several() {
        let squares = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 1.0))]);
        let parameters =
            json!({ "Input_Features": squares, "Near_Features": [squares, squares], "Closest": "ALL" });
        // Each layer is the input itself, and a feature is not near itself.
        assert!(run("GenerateNearTable", &parameters).unwrap().features.features.is_empty());
        let other = set("Polygon", 5070, &[(json!({}), square(4.0, 0.0, 1.0))]);
        let parameters =
            json!({ "Input_Features": squares, "Near_Features": [squares, other], "Closest": "ALL" });
        let made = run("GenerateNearTable", &parameters).unwrap();
        assert_eq!(
            (made.column("NEAR_FC"), made.column("NEAR_DIST")),
            (texts(&["Near_Features_1"]), texts(&["3"]))
        );
    }

    #[test]
    fn too_many_pairs_and_wrong_counts_are_refused_by_name() {
        let rows: Vec<_> = (0..4_000).map(|x| (json!({}), json!({ "x": x, "y": 0 }))).collect();
        let points = set("Point", 5070, &rows);
        let parameters = json!({ "Input_Features": points, "Near_Features": [points], "Closest": "ALL" });
        let error = run("GenerateNearTable", &parameters).err().unwrap();
        assert!(error.starts_with("Search_Radius: there would be more than 10 million rows"), "{error}");
        assert!(
            table(json!({ "Closest": "ALL", "Closest_Count": -1 }))
                .err()
                .unwrap()
                .starts_with("Closest_Count")
        );
    }

    #[test]
    fn features_without_geometry_have_no_row() {
        let points = set("Point", 4326, &[(json!({}), Value::Null), (json!({}), json!({ "x": 0, "y": 0 }))]);
        let parameters = json!({ "Input_Features": points, "Near_Features": [points], "Closest": "ALL" });
        assert!(run("GenerateNearTable", &parameters).unwrap().features.features.is_empty());
    }
}
