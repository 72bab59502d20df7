//! Calculate Geometry Attributes: areas, lengths, positions and counts of features, as fields.
//!
//! **Method.** Planar areas, lengths and centroids are those of the coordinates. Geodesic areas and lengths are
//! Karney's (GeographicLib), with edges that are geodesics. INSIDE is the centroid where it lies inside, otherwise the
//! middle of the widest stretch of a polygon at some height; of a line it is the point half-way along it, of a
//! multipoint the point that is nearest to the centroid. LINE_BEARING runs from the first vertex to the last: clockwise
//! from grid north in a plane, and for longitudes and latitudes the azimuth at which the geodesic starts.
//!
//! **Inputs.** Features of any geometry type; each property says for which types it is. A feature without geometry has
//! nulls. POINT_COUNT counts vertices, closing ones included.
//!
//! **Spatial reference and units.** Geometry is projected to the coordinate system first, where one is given, vertex by
//! vertex; the output keeps its own. Lengths and areas are in the unit that is chosen, otherwise in that of the
//! coordinate system, and in metres where its coordinates are angles. Positions are in the coordinate system.
//!
//! **Output.** The rows of the input with their geometry, fields and object ids, in its order. A field that is there
//! keeps its type and gets the values, rounded where it has whole numbers; others are appended, of whole numbers for
//! counts and doubles otherwise. A value that does not fit or does not exist is null.
//!
//! **Errors.** An entry that is no pair of a field and a property, a property that the geometry type does not have, a
//! planar area or length of angles, a geodesic one without a spatial reference.

mod property;
mod unit;

use crate::each::{each, warn_of_rows};
use crate::fields::{column_to_write, fit};
use crate::measures::Measures;
use crate::reference::crs_of;
use crate::statistics::pairs;
use crate::table::ensure_object_ids;
use gp_core::{CoordinateSystem, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry};
use gp_geometry::{Crs, Transform};
use property::{Measuring, Property};
use unit::{AreaUnit, LengthUnit};

/// Computes properties of geometries.
pub(crate) struct CalculateGeometryAttributes;

/// What Calculate Geometry Attributes takes.
#[derive(Inputs)]
pub(crate) struct CalculateGeometryAttributesInputs {
    /// The features that get the fields.
    input_features: FeatureSet,
    /// Pairs of a field and a property: KM2 AREA_GEODESIC, or several as X CENTROID_X;Y CENTROID_Y. AREA, AREA_GEODESIC, PERIMETER_LENGTH, PERIMETER_LENGTH_GEODESIC and HOLE_COUNT of polygons, LENGTH, LENGTH_GEODESIC, LINE_BEARING, LINE_START_X and LINE_END_X (also Y, Z, M) of lines, POINT_X (also Y, Z, M) of points, and of all CENTROID_X, INSIDE_X (also Y), EXTENT_MIN_X and EXTENT_MAX_X (also Y, Z), POINT_COUNT, PART_COUNT.
    #[parameter(depends_on = "Input_Features")]
    geometry_property: Vec<String>,
    /// The unit of lengths: the international mile, foot, yard and nautical mile, those of the US survey, metres or kilometres.
    length_unit: Option<LengthUnit>,
    /// The unit of areas.
    area_unit: Option<AreaUnit>,
    /// The coordinate system in which geometry is measured. Without it, that of the features.
    coordinate_system: Option<CoordinateSystem>,
}

/// What Calculate Geometry Attributes gives.
#[derive(Outputs)]
pub(crate) struct CalculateGeometryAttributesOutputs {
    /// The features with the fields.
    output_features: FeatureSet,
}

impl Tool for CalculateGeometryAttributes {
    const NAME: &'static str = "CalculateGeometryAttributes";
    const DESCRIPTION: &'static str =
        "Writes areas, lengths, positions and counts of geometries into fields.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = CalculateGeometryAttributesInputs;
    type Outputs = CalculateGeometryAttributesOutputs;

    fn run(
        mut inputs: CalculateGeometryAttributesInputs,
        context: &RunContext,
    ) -> Result<CalculateGeometryAttributesOutputs, ToolError> {
        ensure_object_ids(&mut inputs.input_features);
        let wanted = wanted(&inputs)?;
        let (measuring, transform) = ways(&inputs, &wanted, context)?;
        let mut features = inputs.input_features;
        let values = each(context, features.features.len(), "Measuring", |row| {
            let Some(geometry) = &features.features[row].geometry else { return Ok(None) };
            let geometry = projected(geometry, transform.as_ref());
            Ok(Some(
                wanted.iter().map(|(_, property)| measuring.value(*property, &geometry)).collect::<Vec<_>>(),
            ))
        })?;
        let mut columns = Vec::with_capacity(wanted.len());
        for (name, property) in &wanted {
            let new_type = if property.is_count() { FieldType::Integer } else { FieldType::Double };
            columns.push(column_to_write(&mut features, name, new_type, "Geometry_Property")?);
        }
        let mut incomplete = Vec::new();
        for (row, values) in values.into_iter().enumerate() {
            let mut is_complete = true;
            for (place, column) in columns.iter().enumerate() {
                let value = values.as_ref().map(|values| values[place].filter(|value| value.is_finite()));
                let fitted = match value {
                    Some(Some(value)) => fit(Attribute::Double(value), &features.fields[*column]),
                    Some(None) => None,
                    None => Some(Attribute::Null),
                };
                is_complete &= fitted.is_some();
                features.features[row].attributes[*column] = fitted.unwrap_or(Attribute::Null);
            }
            if !is_complete {
                incomplete.push(row);
            }
        }
        let what = "have a property that does not exist or does not fit its field, which is null now";
        warn_of_rows(&incomplete, &features, what, context);
        Ok(CalculateGeometryAttributesOutputs { output_features: features })
    }
}

/// The fields with their properties, all of which the features can have.
fn wanted(inputs: &CalculateGeometryAttributesInputs) -> Result<Vec<(String, Property)>, ToolError> {
    let invalid = |reason: String| ToolError::invalid("Geometry_Property", reason);
    let features = &inputs.input_features;
    let has_any = features.features.iter().any(|feature| feature.geometry.is_some());
    let geometry_type = features.geometry_type.filter(|_| has_any);
    let mut wanted = Vec::new();
    for (field, name) in pairs(&inputs.geometry_property, "KM2 AREA_GEODESIC").map_err(invalid)? {
        let property = Property::from_name(&name).map_err(invalid)?;
        if let Some(geometry_type) = geometry_type
            && !property.is_of(geometry_type)
        {
            let name = geometry_type.name();
            return Err(invalid(format!("{} is no property of {name}; choose another", property.name())));
        }
        wanted.push((field, property));
    }
    Ok(wanted)
}

/// How to measure, and the way to the coordinate system when the features are not in it.
fn ways(
    inputs: &CalculateGeometryAttributesInputs,
    wanted: &[(String, Property)],
    context: &RunContext,
) -> Result<(Measuring, Option<Transform>), ToolError> {
    let own = crs_of(&inputs.input_features, "Input_Features")?;
    let chosen = inputs.coordinate_system.as_ref().map(|CoordinateSystem(reference)| Crs::new(reference));
    let invalid = |reason: String| ToolError::invalid("Coordinate_System", reason);
    let chosen = chosen.transpose().map_err(|error| invalid(error.to_string()))?;
    let transform = match (&own, &chosen) {
        (Some(own), Some(chosen)) => {
            Some(Transform::new(own, chosen).map_err(|error| invalid(error.to_string()))?)
        }
        (None, Some(_)) => {
            return Err(invalid(
                "the features have no spatial reference, so they cannot be projected".to_owned(),
            ));
        }
        _ => None,
    };
    let note = transform.as_ref().and_then(Transform::datum_note);
    if let Some(note) = note {
        context.warning(format!("Coordinate_System: {note}"));
    }
    let crs = chosen.or(own);
    let is_geographic = crs.as_ref().is_some_and(Crs::is_geographic);
    for (_, property) in wanted {
        let reason = match (property.is_planar_measure(), property.is_geodesic(), &crs) {
            (true, _, _) if is_geographic => {
                "needs a projected Coordinate_System; its geodesic form does not"
            }
            (_, true, None) => "needs features with a spatial reference",
            _ => continue,
        };
        return Err(ToolError::invalid("Geometry_Property", format!("{} {reason}", property.name())));
    }
    let natural_unit_m = crs.as_ref().and_then(Crs::meters_per_unit).unwrap_or(1.0);
    if crs.is_none() && (inputs.length_unit.is_some() || inputs.area_unit.is_some()) {
        context.warning(
            "the features have no spatial reference, so their coordinates are taken to be metres".to_owned(),
        );
    }
    let measuring = Measuring {
        planar: Measures::planar(crs.as_ref()),
        geodesic: crs.as_ref().map(Measures::geodesic).transpose()?,
        is_geographic,
        length_unit_m: inputs.length_unit.map_or(natural_unit_m, LengthUnit::meters),
        area_unit_m2: inputs.area_unit.map_or(natural_unit_m * natural_unit_m, AreaUnit::square_meters),
    };
    Ok((measuring, transform.filter(|transform| !transform.is_identity())))
}

fn projected<'g>(geometry: &'g Geometry, transform: Option<&Transform>) -> std::borrow::Cow<'g, Geometry> {
    let Some(transform) = transform else { return std::borrow::Cow::Borrowed(geometry) };
    let mut geometry = geometry.clone();
    geometry.for_each_xy_mut(|positions| {
        transform.apply(positions);
    });
    std::borrow::Cow::Owned(geometry)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn measure(features: Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("CalculateGeometryAttributes", &parameters)
    }

    fn number(made: &Run, name: &str, row: usize) -> f64 {
        made.column(name)[row].parse().unwrap()
    }

    fn near(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn planar_measures_are_in_the_unit_of_the_reference_or_the_chosen_one() {
        let features = set("Polygon", 2263, &[(json!({ "A": 0 }), square(1e6, 2e5, 100.0))]);
        let more = json!({ "Geometry_Property": "A AREA;P PERIMETER_LENGTH;N POINT_COUNT" });
        let made = measure(features.clone(), more).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "A", "P", "N"]);
        assert_eq!((made.column("A")[0].as_str(), made.column("N")[0].as_str()), ("10000", "5"));
        near(number(&made, "P", 0), 400.0, 1e-6);
        let more = json!({
            "Geometry_Property": "A2 AREA;P PERIMETER_LENGTH", "Length_Unit": "METERS", "Area_Unit": "ACRES_US",
        });
        let made = measure(features, more).unwrap();
        near(number(&made, "P", 0), 400.0 * 1200.0 / 3937.0, 1e-6);
        near(number(&made, "A2", 0), 10_000.0 / 43_560.0, 1e-9);
    }

    #[test]
    fn geodesic_measures_of_degrees_hold_across_the_antimeridian() {
        let at =
            |x: f64| json!({ "rings": [[[x, 0.0], [x, 1.0], [x + 1.0, 1.0], [x + 1.0, 0.0], [x, 0.0]]] });
        let features =
            set("Polygon", 4326, &[(json!({}), at(0.0)), (json!({}), at(179.5)), (json!({}), Value::Null)]);
        let more = json!({ "Geometry_Property": ["KM2 AREA_GEODESIC"], "Area_Unit": "SQUARE_KILOMETERS" });
        let made = measure(features, more).unwrap();
        near(number(&made, "KM2", 0), 12_308.778_361, 1e-5);
        near(number(&made, "KM2", 1), 12_308.778_361, 1e-5);
        assert_eq!(made.column("KM2")[2], "null");
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
    }

    #[test]
    fn lines_have_ends_a_bearing_and_a_middle() {
        let features = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [0.0, 10.0], [-10.0, 10.0]]))]);
        let more = json!({
            "Geometry_Property": "SX LINE_START_X;EX LINE_END_X;B LINE_BEARING;IX INSIDE_X;IY INSIDE_Y;L LENGTH;Z LINE_END_Z;PARTS PART_COUNT"
        });
        let made = measure(features, more).unwrap();
        let row: Vec<String> = ["SX", "EX", "B", "IX", "IY", "L", "Z", "PARTS"]
            .iter()
            .map(|name| made.column(name)[0].clone())
            .collect();
        assert_eq!(row, ["0", "-10", "315", "0", "10", "20", "null", "1"]);
        let east = set("Polyline", 4326, &[(json!({}), line(&[[0.0, 60.0], [90.0, 60.0]]))]);
        let made = measure(east, json!({ "Geometry_Property": "B LINE_BEARING" })).unwrap();
        assert!(number(&made, "B", 0) < 60.0, "the shortest way east along a parallel starts north of east");
        let across = set("Polyline", 4326, &[(json!({}), line(&[[179.0, 0.0], [-179.0, 0.0]]))]);
        let more =
            json!({ "Geometry_Property": "B LINE_BEARING;KM LENGTH_GEODESIC", "Length_Unit": "KILOMETERS" });
        let made = measure(across, more).unwrap();
        near(number(&made, "B", 0), 90.0, 1e-9);
        near(number(&made, "KM", 0), 222.638_981_6, 1e-6);
    }

    #[test]
    fn positions_are_in_the_coordinate_system_and_the_geometry_stays() {
        let features = set("Point", 4326, &[(json!({}), json!({ "x": 10.0, "y": 50.0 }))]);
        let more =
            json!({ "Geometry_Property": "X POINT_X;Y POINT_Y", "Coordinate_System": { "wkid": 32632 } });
        let made = measure(features, more).unwrap();
        near(number(&made, "X", 0), 571_666.447_5, 1e-3);
        near(number(&made, "Y", 0), 5_539_109.815_6, 1e-3);
        near(made.geometry(0).envelope().xmin, 10.0, 1e-12);
    }

    #[test]
    fn holes_parts_extents_and_a_point_inside_are_found() {
        let ring = json!([
            [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]],
            [[1, 1], [8, 1], [8, 8], [1, 8], [1, 1]],
            [[20, 0], [20, 1], [21, 1], [21, 0], [20, 0]]
        ]);
        let features = set("Polygon", 0, &[(json!({}), json!({ "rings": ring }))]);
        let more = json!({
            "Geometry_Property": "H HOLE_COUNT;P PART_COUNT;X EXTENT_MAX_X;IX INSIDE_X;IY INSIDE_Y;A AREA"
        });
        let made = measure(features, more).unwrap();
        let row: Vec<String> = ["H", "P", "X", "A"].iter().map(|name| made.column(name)[0].clone()).collect();
        assert_eq!(row, ["1", "2", "21", "33"]);
        let (x, y) = (number(&made, "IX", 0), number(&made, "IY", 0));
        let in_hole = x > 1.0 && x < 8.0 && y > 1.0 && y < 8.0;
        assert!((0.0..=21.0).contains(&x) && (0.0..=9.0).contains(&y) && !in_hole, "{x} {y}");
    }

    #[test]
    fn properties_that_make_no_sense_are_refused() {
        let degrees = set("Polygon", 4326, &[(json!({}), square(0.0, 0.0, 1.0))]);
        let wrong = |property: &str| {
            measure(degrees.clone(), json!({ "Geometry_Property": property })).err().unwrap()
        };
        assert!(wrong("A AREA").contains("AREA needs a projected Coordinate_System"));
        assert!(wrong("L LENGTH").contains("LENGTH is no property of esriGeometryPolygon"));
        assert!(wrong("A SIZE").contains("\"SIZE\" is no property; use one of AREA"));
        assert!(wrong("AREA").contains("no pair such as"));
        assert!(wrong("OBJECTID PART_COUNT").contains("OBJECTID cannot be calculated"));
        let unknown = set("Polygon", 0, &[(json!({}), square(0.0, 0.0, 1.0))]);
        let error = measure(unknown, json!({ "Geometry_Property": "A AREA_GEODESIC" })).err().unwrap();
        assert!(error.contains("needs features with a spatial reference"));
    }
}
