//! Multiple Ring Buffer: areas around features at several distances, as rings or as discs.
//!
//! **Method.** Buffers as the tool Buffer makes them: planar ones are offset curves united by the overlay engine,
//! geodesic ones are made on the ellipsoid and cut at the antimeridian; a full circle has 64 sides. With ALL the
//! buffers of each distance are united, and each ring is what its buffer has more than the next smaller one.
//!
//! **Inputs.** Features of any geometry type; one without geometry has no area. Distances below 0 shrink polygons and
//! give nothing for points and lines. Z and m are dropped with a warning.
//!
//! **Spatial reference and units.** Features in degrees with a unit of length are always buffered on the ellipsoid;
//! projected features are buffered in their plane unless `Method` is GEODESIC. Default is the unit of the coordinates;
//! DecimalDegrees is for features in degrees and planar. Feet, yards and miles are those of the US survey, as
//! elsewhere.
//!
//! **Output.** Polygons in the reference of the input. ALL: one feature a distance, from the smallest to the greatest,
//! with the distance. NONE: one feature an input feature and distance, in the order of the input and of a feature from
//! the smallest to the greatest, with the input's fields, the distance and `ORIG_FID`. What is empty is left out. The
//! distance is in the unit that was given.
//!
//! **Errors.** No distance, a field name that is none, a unit without a length, OUTSIDE_ONLY with a distance below 0,
//! more than 10 million areas.

use crate::distance::{Method, Reach, warn_without_reference};
use crate::each::warn_of_rows;
use crate::limits::refuse_too_many;
use crate::reference::{crs_of, drop_zm};
use crate::surroundings::{DistanceUnit, NO_PLACE, Surroundings, United};
use crate::table::Table;
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, GeometryType, LinearUnit};
use gp_geometry::{BufferOptions, Side, difference};
use std::collections::BTreeSet;

/// Makes rings around features.
pub(crate) struct MultipleRingBuffer;

/// What Multiple Ring Buffer takes.
#[derive(Inputs)]
pub(crate) struct MultipleRingBufferInputs {
    /// The points, lines or polygons around which areas are made.
    input_features: FeatureSet,
    /// The distances, in any order. Distances below 0 shrink polygons.
    distances: Vec<f64>,
    /// The unit of the distances. Default is the unit of the coordinates.
    #[parameter(default = DistanceUnit::Default)]
    buffer_unit: DistanceUnit,
    /// The name of the field that holds the distance.
    #[parameter(default = "distance".to_owned())]
    field_name: String,
    /// ALL: rings that do not overlap, the areas of all features as one. NONE: for each feature discs that hold the smaller ones.
    #[parameter(default = DissolveOption::All)]
    dissolve_option: DissolveOption,
    /// FULL: polygons are part of the areas around them. OUTSIDE_ONLY: they are not. Of no effect for points and lines.
    #[parameter(default = OutsidePolygons::Full)]
    outside_polygons_only: OutsidePolygons,
    /// PLANAR: distances in the plane of projected features; features in degrees are buffered on the ellipsoid all the same. GEODESIC: always on the ellipsoid.
    #[parameter(default = Method::Planar)]
    method: Method,
}

/// What Multiple Ring Buffer gives.
#[derive(Outputs)]
pub(crate) struct MultipleRingBufferOutputs {
    /// The areas.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum DissolveOption {
    All,
    None,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum OutsidePolygons {
    Full,
    OutsideOnly,
}

impl Tool for MultipleRingBuffer {
    const NAME: &'static str = "MultipleRingBuffer";
    const DESCRIPTION: &'static str =
        "Makes areas around features at several distances, as rings or as discs.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = MultipleRingBufferInputs;
    type Outputs = MultipleRingBufferOutputs;

    fn run(
        mut inputs: MultipleRingBufferInputs,
        context: &RunContext,
    ) -> Result<MultipleRingBufferOutputs, ToolError> {
        drop_zm(&mut inputs.input_features, "Input Features", context);
        let set = &inputs.input_features;
        check(&inputs)?;
        let crs = crs_of(set, "Input_Features")?;
        let is_outside = inputs.outside_polygons_only == OutsidePolygons::OutsideOnly;
        // United buffers lose their polygons only when all are one.
        let is_outside_each = is_outside && inputs.dissolve_option == DissolveOption::None;
        let side = if is_outside_each { Side::Outside } else { Side::Full };
        let surroundings =
            Surroundings::new(crs.as_ref(), BufferOptions { side, ..BufferOptions::default() })?;
        let rings = Rings { set, surroundings, is_outside, context };
        let mut distances = inputs.distances.clone();
        distances.sort_by(f64::total_cmp);
        distances.dedup();
        let lengths: Vec<LinearUnit> =
            distances.iter().map(|distance| inputs.buffer_unit.of(*distance)).collect();
        warn_without_reference(crs.as_ref(), &lengths, "Distances", context);
        let reach = |length: &LinearUnit| rings.surroundings.reach(*length, inputs.method, "Buffer_Unit");
        let reaches = lengths.iter().map(reach).collect::<Result<Vec<Reach>, ToolError>>()?;
        let distances: Vec<(f64, Reach)> = distances.into_iter().zip(reaches).collect();
        let output_features = match inputs.dissolve_option {
            DissolveOption::All => rings.rings(&distances, &inputs.field_name)?,
            DissolveOption::None => rings.surroundings.discs(set, &distances, &inputs.field_name, context)?,
        };
        Ok(MultipleRingBufferOutputs { output_features })
    }
}

fn check(inputs: &MultipleRingBufferInputs) -> Result<(), ToolError> {
    let distances = &inputs.distances;
    if distances.is_empty() {
        return Err(ToolError::invalid("Distances", "give at least one distance"));
    }
    let count = distances.len() as f64 * inputs.input_features.features.len() as f64;
    refuse_too_many(count, "areas", "Distances", "give fewer distances or features")?;
    let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
    if inputs.outside_polygons_only == OutsidePolygons::OutsideOnly && least < 0.0 {
        let reason = format!("{least} lies inside of polygons; leave it out, or use FULL");
        return Err(ToolError::invalid("Distances", reason));
    }
    let name = &inputs.field_name;
    let is_name = name.starts_with(char::is_alphabetic)
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if is_name {
        return Ok(());
    }
    let reason = format!("\"{name}\" is no name of a field; use letters, digits and underscores");
    Err(ToolError::invalid("Field_Name", reason))
}

struct Rings<'a> {
    set: &'a FeatureSet,
    surroundings: Surroundings<'a>,
    is_outside: bool,
    context: &'a RunContext,
}

impl Rings<'_> {
    /// A ring for each distance, around all features.
    fn rings(&self, distances: &[(f64, Reach)], field_name: &str) -> Result<FeatureSet, ToolError> {
        let set = self.set;
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_field(Field::new(field_name, FieldType::Double));
        let mut all_lost = BTreeSet::new();
        let mut united = |reach: Reach| {
            let rows = (0..set.features.len()).map(|row| (row, reach)).collect();
            let United { mut areas, lost } = self.surroundings.united(set, &[rows], self.context)?;
            all_lost.extend(lost);
            Ok::<_, ToolError>(areas.pop().unwrap_or_default())
        };
        let mut smaller = match distances.first() {
            // A distance of 0 makes the polygons themselves, cut as their buffers are.
            Some((_, Reach::Planar(_))) if self.is_outside => united(Reach::Planar(0.0))?,
            Some((_, Reach::Geodesic(_))) if self.is_outside => united(Reach::Geodesic(0.0))?,
            _ => Vec::new(),
        };
        for (distance, reach) in distances {
            let area = united(*reach)?;
            let ring = if smaller.is_empty() { area.clone() } else { difference(&area, &smaller) };
            if !ring.is_empty() {
                table.push([Attribute::Double(*distance)], Some(Geometry::Polygon(ring)));
            }
            smaller = area;
        }
        let lost: Vec<usize> = all_lost.into_iter().collect();
        warn_of_rows(&lost, set, NO_PLACE, self.context);
        let bare: Vec<usize> =
            (0..set.features.len()).filter(|row| set.features[*row].geometry.is_none()).collect();
        warn_of_rows(&bare, set, "have no geometry, so they have no area", self.context);
        Ok(table.finish())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::Geometry;
    use gp_geometry::{Geodesy, WGS84_ELLIPSOID, is_valid_polygon};
    use serde_json::{Value, json};

    fn rings(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features, "Distances": [20, 10] });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("MultipleRingBuffer", &parameters)
    }

    fn points() -> Value {
        let row = |name: &str, x: f64| (json!({ "NAME": name }), json!({ "x": x, "y": 0 }));
        set("Point", 5070, &[row("a", 0.0), row("b", 15.0), row("c", 500.0)])
    }

    /// The area of a polygon of 64 sides in a circle.
    fn disc(radius: f64) -> f64 {
        32.0 * radius * radius * (std::f64::consts::TAU / 64.0).sin()
    }

    #[test]
    fn rings_do_not_overlap_and_hold_all_features() {
        let one = set("Point", 5070, &[(json!({ "NAME": "a" }), json!({ "x": 0, "y": 0 }))]);
        let made = rings(&one, json!({})).unwrap();
        assert_eq!(
            (made.names(), made.column("distance")),
            (vec!["OBJECTID", "distance"], vec!["10".into(), "20".into()])
        );
        assert!((made.area(0) - disc(10.0)).abs() < 1e-6);
        assert!((made.area(1) - (disc(20.0) - disc(10.0))).abs() < 1e-6);
        assert_eq!(rings(&points(), json!({ "Field_Name": "REACH" })).unwrap().column("REACH"), ["10", "20"]);
    }

    #[test]
    fn discs_are_of_each_feature_and_hold_the_smaller_ones() {
        let made = rings(&points(), json!({ "Dissolve_Option": "NONE" })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "distance", "ORIG_FID"]);
        assert_eq!(made.column("NAME"), ["a", "a", "b", "b", "c", "c"]);
        assert_eq!(made.column("distance"), ["10", "20", "10", "20", "10", "20"]);
        assert!((made.area(5) - disc(20.0)).abs() < 1e-6);
    }

    #[test]
    fn areas_that_reach_around_the_earth_are_valid_in_a_projection() {
        let field = set("Polygon", 5070, &[(json!({}), square(10_000_000.0, 0.0, 0.001))]);
        for distance in [5e6, 1.5e7, 1e300] {
            let more = json!({ "Distances": [distance], "Method": "GEODESIC", "Outside_Polygons_Only": "OUTSIDE_ONLY" });
            let made = rings(&field, more).unwrap();
            for feature in &made.features.features {
                let Some(Geometry::Polygon(rings)) = &feature.geometry else { panic!("{distance}") };
                assert!(is_valid_polygon(rings), "{distance}");
            }
        }
    }

    #[test]
    fn polygons_can_be_left_out_of_what_is_around_them() {
        let field = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 100.0))]);
        let around = 4.0 * 100.0 * 10.0 + disc(10.0);
        for option in ["ALL", "NONE"] {
            let made =
                rings(&field, json!({ "Outside_Polygons_Only": "OUTSIDE_ONLY", "Dissolve_Option": option }));
            assert!((made.unwrap().area(0) - around).abs() < 1e-6, "{option}");
        }
        let made = rings(&field, json!({ "Distances": [-10, 10] })).unwrap();
        assert!((made.area(0) - 6_400.0).abs() < 1e-6);
        assert!((made.area(1) - (10_000.0 + around - 6_400.0)).abs() < 1e-6);
        let refused = rings(&field, json!({ "Distances": [-10], "Outside_Polygons_Only": "OUTSIDE_ONLY" }));
        assert!(refused.err().unwrap().starts_with("Distances: -10 lies inside of polygons"));
    }

    #[test]
    fn degrees_are_buffered_on_the_ellipsoid_across_the_antimeridian() {
        let point = set("Point", 4326, &[(json!({}), json!({ "x": 179.9, "y": 10 }))]);
        let made = rings(&point, json!({ "Distances": [50, 100], "Buffer_Unit": "Kilometers" })).unwrap();
        let geodesy = Geodesy::new(WGS84_ELLIPSOID);
        for (row, expected) in [(0, disc(50_000.0)), (1, disc(100_000.0) - disc(50_000.0))] {
            let gp_esri::Geometry::Polygon(rings) = made.geometry(row) else { panic!("no polygon") };
            let area_m2 = geodesy.polygon_area_m2(rings);
            assert!((area_m2 / expected - 1.0).abs() < 1e-3, "{area_m2}");
            let envelope = gp_geometry::envelope_of(rings);
            assert!(envelope.xmin < -179.0 && envelope.xmax > 179.0);
        }
    }

    #[test]
    fn a_feature_without_a_place_is_named_once_however_many_distances() {
        let row = |x: f64| (json!({}), json!({ "x": x, "y": 0 }));
        let features = set("Point", 32633, &[row(5e5), row(1e15)]);
        let made = rings(&features, json!({ "Method": "GEODESIC" })).unwrap();
        assert_eq!(made.column("distance"), ["10", "20"]);
        let named = made.warnings.iter().filter(|text| text.contains("so they are left out (object ids 20)"));
        assert_eq!(named.count(), 1, "{:?}", made.warnings);
    }

    #[test]
    fn wrong_parameters_are_named_and_what_is_empty_is_left_out() {
        assert!(rings(&points(), json!({ "Field_Name": "a b" })).err().unwrap().starts_with("Field_Name: "));
        assert!(rings(&points(), json!({ "Distances": [] })).is_err());
        let made = rings(&points(), json!({ "Distances": [-5, 5], "Dissolve_Option": "NONE" })).unwrap();
        assert_eq!(made.column("distance"), ["5", "5", "5"]);
        assert!(made.warnings.iter().any(|text| text.contains("lack areas")));
        let bare = set("Point", 5070, &[(json!({}), Value::Null)]);
        assert!(rings(&bare, json!({})).unwrap().features.features.is_empty());
    }
}
