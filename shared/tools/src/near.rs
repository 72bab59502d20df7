//! Near: for each feature the nearest one of other layers, and how far it is.
//!
//! **Method.** All segments and points of the near layers stand in one tree of boxes; those that may be nearest are
//! measured exactly. In a plane that is the distance between segments. On the ellipsoid it is the length of the
//! geodesic (Karney 2013, GeographicLib) between the nearest positions, which are found by stepping along each edge to
//! where the geodesic meets it at a right angle; edges are straight in degrees, as buffers have them. There is no
//! antimeridian and no pole: boxes are earth-centred.
//!
//! **Inputs.** Features of any geometry type, and one or more layers of any geometry type. Features that share a point
//! have the distance 0; a polygon holds its inside. Where a near layer equals the input, a feature is not near itself.
//! A feature without geometry has no near feature and is none. Z and m of the input stay; distances do not use them.
//!
//! **Spatial reference and units.** Near features are projected to the reference of the input. PLANAR measures in the
//! units of projected coordinates. Features in degrees are always measured on the ellipsoid, in metres; a search radius
//! in degrees is refused. GEODESIC on projected features measures on the ellipsoid and gives the distance in the units
//! of the coordinates, the positions in degrees (of WGS84).
//!
//! **Output.** The input's rows, fields and object ids in its order, and: `NEAR_FID`, the object id of the nearest
//! feature; `NEAR_DIST`; with several near layers `NEAR_FC`, `Near_Features` for the first, then `Near_Features_1`;
//! with LOCATION `NEAR_X` and `NEAR_Y`, the nearest position on the near feature; with ANGLE `NEAR_ANGLE`, −180 to 180:
//! PLANAR counter-clockwise from east, GEODESIC clockwise from north. Of equally near features the first counts. Where
//! nothing is near enough the values are −1, `NEAR_FC` is null and the angle 0; the angle is 0 also at a distance of 0.
//! Fields of these names that the input has already are replaced.
//!
//! **Errors.** A layer that cannot be projected, a radius below 0 or in a unit without a length, GEODESIC without a
//! spatial reference.

use crate::distance::Method;
use crate::each::each;
use crate::near_search::{AngleField, LocationFields, NearFeature, NearSearch, layer_name};
use crate::table::ensure_object_ids;
use gp_core::{Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, LinearUnit};

/// Finds the nearest feature.
pub(crate) struct Near;

/// What Near takes.
#[derive(Inputs)]
pub(crate) struct NearInputs {
    /// The features for which the nearest one is looked for.
    input_features: FeatureSet,
    /// One or more layers in which it is looked for. May be the input itself.
    near_features: Vec<FeatureSet>,
    /// How far to look. Without it the nearest feature is found however far it is.
    search_radius: Option<LinearUnit>,
    /// LOCATION: the nearest position on the near feature is written to NEAR_X and NEAR_Y. NO_LOCATION: it is not.
    #[parameter(default = LocationFields::NoLocation)]
    location: LocationFields,
    /// ANGLE: the direction to the nearest position is written to NEAR_ANGLE. NO_ANGLE: it is not.
    #[parameter(default = AngleField::NoAngle)]
    angle: AngleField,
    /// PLANAR: distances in the plane of projected features; features in degrees are measured on the ellipsoid all the same. GEODESIC: always on the ellipsoid.
    #[parameter(default = Method::Planar)]
    method: Method,
}

/// What Near gives.
#[derive(Outputs)]
pub(crate) struct NearOutputs {
    /// The input features with their distance to the nearest feature.
    output_features: FeatureSet,
}

impl Tool for Near {
    const NAME: &'static str = "Near";
    const DESCRIPTION: &'static str =
        "Finds for each feature the nearest one of other layers and how far it is.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = NearInputs;
    type Outputs = NearOutputs;

    fn run(inputs: NearInputs, context: &RunContext) -> Result<NearOutputs, ToolError> {
        let mut set = inputs.input_features;
        let layers = inputs.near_features;
        let columns = columns(layers.len() > 1, inputs.location, inputs.angle);
        let search = NearSearch::new(&set, layers, inputs.search_radius, inputs.method, context)?;
        let found = each(context, set.features.len(), "Searching", |row| Ok(search.nearest(row, 1).pop()))?;
        drop(search);
        ensure_object_ids(&mut set);
        for (field, _) in &columns {
            remove_column(&mut set, &field.name);
        }
        for (field, value_of) in columns {
            let column = set.fields.len();
            set.fields.push(field);
            for (feature, near) in set.features.iter_mut().zip(&found) {
                feature.attributes.resize(column, Attribute::Null);
                let value = value_of(near.as_ref());
                if matches!(value, Attribute::Integer(oid) if i32::try_from(oid).is_err()) {
                    set.fields[column].field_type = FieldType::BigInteger;
                }
                feature.attributes.push(value);
            }
        }
        Ok(NearOutputs { output_features: set })
    }
}

type Column = (Field, fn(Option<&NearFeature>) -> Attribute);

fn columns(has_layers: bool, location: LocationFields, angle: AngleField) -> Vec<Column> {
    let double = |name| Field::new(name, FieldType::Double);
    let mut columns: Vec<Column> = vec![
        (Field::new("NEAR_FID", FieldType::Integer), |near| {
            Attribute::Integer(near.map_or(-1, |near| near.oid))
        }),
        (double("NEAR_DIST"), |near| Attribute::Double(near.map_or(-1.0, |near| near.distance))),
    ];
    if has_layers {
        let mut field = Field::new("NEAR_FC", FieldType::String);
        field.length = Some(255);
        columns.push((field, |near| {
            near.map_or(Attribute::Null, |near| Attribute::Text(layer_name(near.layer).into()))
        }));
    }
    if location == LocationFields::Location {
        columns.push((double("NEAR_X"), |near| Attribute::Double(near.map_or(-1.0, |near| near.to[0]))));
        columns.push((double("NEAR_Y"), |near| Attribute::Double(near.map_or(-1.0, |near| near.to[1]))));
    }
    if angle == AngleField::Angle {
        columns.push((double("NEAR_ANGLE"), |near| Attribute::Double(near.map_or(0.0, |near| near.angle))));
    }
    columns
}

fn remove_column(set: &mut FeatureSet, name: &str) {
    let Some(column) = set.field_index(name) else { return };
    set.fields.remove(column);
    for feature in &mut set.features {
        if column < feature.attributes.len() {
            feature.attributes.remove(column);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn near(wkid: u32, points: &[[f64; 2]], layers: Value, more: Value) -> Result<Run, String> {
        let rows: Vec<_> =
            points.iter().map(|[x, y]| (json!({ "NAME": "p" }), json!({ "x": x, "y": y }))).collect();
        let mut parameters = json!({ "Input_Features": set("Point", wkid, &rows), "Near_Features": layers });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Near", &parameters)
    }

    fn roads(wkid: u32) -> Value {
        set(
            "Polyline",
            wkid,
            &[(json!({}), line(&[[0.0, 0.0], [10.0, 0.0]])), (json!({}), line(&[[0.0, 8.0], [10.0, 8.0]]))],
        )
    }

    fn numbers(run: &Run, name: &str) -> Vec<f64> {
        run.column(name).iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_nearest_feature_its_position_and_direction_become_columns() {
        let more = json!({ "Location": "LOCATION", "Angle": "ANGLE" });
        let found = near(5070, &[[3.0, 1.0], [12.0, 8.0], [5.0, 8.0]], json!([roads(5070)]), more).unwrap();
        assert_eq!(
            found.names(),
            ["OBJECTID", "NAME", "NEAR_FID", "NEAR_DIST", "NEAR_X", "NEAR_Y", "NEAR_ANGLE"]
        );
        assert_eq!(found.column("OBJECTID"), ["10", "20", "30"]);
        assert_eq!(found.column("NEAR_FID"), ["10", "20", "20"]);
        assert_eq!(numbers(&found, "NEAR_DIST"), [1.0, 2.0, 0.0]);
        assert_eq!(numbers(&found, "NEAR_X"), [3.0, 10.0, 5.0]);
        assert_eq!(numbers(&found, "NEAR_ANGLE"), [-90.0, 180.0, 0.0]);
    }

    #[test]
    fn out_of_reach_everything_is_minus_one() {
        let more = json!({ "Search_Radius": "1 Meters", "Location": "LOCATION", "Angle": "ANGLE" });
        let layers = json!([roads(5070), set("Polygon", 5070, &[(json!({}), square(50.0, 50.0, 9.0))])]);
        let found = near(5070, &[[3.0, 3.0], [3.0, 1.0], [55.0, 55.0]], layers, more).unwrap();
        assert_eq!(found.column("NEAR_FID"), ["-1", "10", "10"]);
        assert_eq!(numbers(&found, "NEAR_DIST"), [-1.0, 1.0, 0.0]);
        assert_eq!(found.column("NEAR_FC"), ["null", "Near_Features", "Near_Features_1"]);
        assert_eq!(numbers(&found, "NEAR_Y"), [-1.0, 0.0, 55.0]);
        assert_eq!(numbers(&found, "NEAR_ANGLE"), [0.0, -90.0, 0.0]);
    }

    #[test]
    fn a_feature_is_not_near_itself_but_near_its_twin() {
        let rows = [[0.0, 0.0], [0.0, 0.0], [7.0, 0.0]].map(|[x, y]| (json!({}), json!({ "x": x, "y": y })));
        let points = set("Point", 5070, &rows);
        let found = run("Near", &json!({ "Input_Features": points, "Near_Features": [points] })).unwrap();
        assert_eq!(found.column("NEAR_FID"), ["20", "10", "10"]);
        assert_eq!(numbers(&found, "NEAR_DIST"), [0.0, 0.0, 7.0]);
    }

    #[test]
    fn columns_of_an_earlier_run_are_replaced() {
        let rows = [(json!({ "NEAR_DIST": "far", "NAME": "p", "NEAR_FID": 7 }), json!({ "x": 1, "y": 2 }))];
        let parameters =
            json!({ "Input_Features": set("Point", 5070, &rows), "Near_Features": [roads(5070)] });
        let found = run("Near", &parameters).unwrap();
        assert_eq!(found.names(), ["OBJECTID", "NAME", "NEAR_FID", "NEAR_DIST"]);
        assert_eq!(
            (found.column("NAME"), found.column("NEAR_DIST")),
            (vec!["p".into()], vec!["2".to_owned()])
        );
    }

    #[test]
    fn degrees_are_measured_on_the_ellipsoid_across_the_antimeridian() {
        let islands = set("Point", 4326, &[(json!({}), json!({ "x": -179.0, "y": 0.0 }))]);
        let more = json!({ "Angle": "ANGLE", "Location": "LOCATION" });
        let found = near(4326, &[[179.0, 0.0], [-179.0, 1.0]], json!([islands]), more).unwrap();
        let distances = numbers(&found, "NEAR_DIST");
        assert!((distances[0] - 2.0 * 111_319.490_793_273_57).abs() < 1e-6, "{distances:?}");
        assert!((distances[1] - 110_574.388_557_799).abs() < 1e-6, "{distances:?}");
        let angles = numbers(&found, "NEAR_ANGLE");
        assert!((angles[0] - 90.0).abs() < 1e-9 && (angles[1].abs() - 180.0).abs() < 1e-9, "{angles:?}");
        assert!(found.warnings.iter().any(|text| text.contains("metres on the ellipsoid")));
        let refused =
            near(4326, &[[0.0, 0.0]], json!([roads(4326)]), json!({ "Search_Radius": "1 DecimalDegrees" }));
        assert!(refused.err().unwrap().starts_with("Search_Radius: esriDecimalDegrees is no length"));
    }

    #[test]
    fn projected_features_can_be_measured_on_the_ellipsoid_in_their_units() {
        // A thousand feet in Web Mercator at the equator are almost true.
        let there = set("Point", 3857, &[(json!({}), json!({ "x": 1000.0, "y": 0.0 }))]);
        let more = json!({ "Method": "GEODESIC", "Location": "LOCATION" });
        let found = near(3857, &[[0.0, 0.0]], json!([there]), more).unwrap();
        assert!((numbers(&found, "NEAR_DIST")[0] - 1000.0).abs() < 1e-6);
        assert!((numbers(&found, "NEAR_X")[0] - 0.008_983_152_8).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_near_where_there_is_nothing() {
        let rows = [(json!({ "A": 1 }), Value::Null), (json!({ "A": 2 }), json!({ "x": 1, "y": 1 }))];
        let empty = set("Polygon", 5070, &[]);
        let parameters = json!({ "Input_Features": set("Point", 5070, &rows), "Near_Features": [empty] });
        let found = run("Near", &parameters).unwrap();
        assert_eq!(
            (found.column("NEAR_FID"), found.column("A")),
            (vec!["-1".into(); 2], vec!["1".into(), "2".into()])
        );
        let refused = near(0, &[[0.0, 0.0]], json!([roads(0)]), json!({ "Method": "GEODESIC" }));
        assert!(refused.err().unwrap().starts_with("Method: GEODESIC needs"));
        let refused =
            near(5070, &[[0.0, 0.0]], json!([roads(5070)]), json!({ "Search_Radius": "-1 Meters" }));
        assert!(refused.err().unwrap().contains("Search_Radius"));
    }
}
