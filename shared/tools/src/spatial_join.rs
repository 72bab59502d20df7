//! Spatial Join: attributes from one layer to another by where features lie.
//!
//! **Method.** A tree of boxes finds candidates; exact predicates (`gp_geometry`) decide. Distances of features in
//! degrees are measured in the azimuthal equidistant plane around the middle of the target feature, on the ellipsoid:
//! exact between points, and as exact as the target is small otherwise.
//!
//! **Inputs.** Features of any geometry types. A target without geometry matches nothing. Z and m of the target stay.
//!
//! **Spatial reference and units.** Join features are projected to the reference of the target. A search radius in a
//! linear unit is measured on the ellipsoid for features in degrees.
//!
//! **Output.** JOIN_ONE_TO_ONE: a row for each target with `Join_Count`, `TARGET_FID`, the target's fields, the fields
//! of the first match, and statistics of all matches. JOIN_ONE_TO_MANY: a row for each match, with `JOIN_FID` (−1 for
//! none). KEEP_COMMON leaves out targets without a match. Rows are in the order of the targets, then of the matches.
//!
//! **Errors.** WITHIN_A_DISTANCE without a radius, an unknown field in the statistics.

use crate::distance::{Reach, reach};
use crate::each::each;
use crate::matching::{LocalPlane, MatchOption, center};
use crate::reference::{crs_of, match_reference};
use crate::statistics::Statistics;
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Envelope, Feature, FeatureSet, Geometry, LinearUnit};
use gp_geometry::{BoxIndex, Geodesy, Shape, distance};
use std::sync::OnceLock;

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
    /// What to compute of all matches of a target: POP SUM, or several as POP SUM;POP MEAN. For JOIN_ONE_TO_ONE.
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
#[expect(clippy::enum_variant_names, reason = "the names of ArcGIS")]
enum JoinOperation {
    JoinOneToOne,
    JoinOneToMany,
}

#[derive(Choices, Clone, Copy, PartialEq)]
#[expect(clippy::enum_variant_names, reason = "the names of ArcGIS")]
enum JoinType {
    KeepAll,
    KeepCommon,
}

impl Tool for SpatialJoin {
    const NAME: &'static str = "SpatialJoin";
    const DESCRIPTION: &'static str = "Joins attributes from one set of features to another by where they lie.";
    type Inputs = SpatialJoinInputs;
    type Outputs = SpatialJoinOutputs;

    fn run(mut inputs: SpatialJoinInputs, context: &RunContext) -> Result<SpatialJoinOutputs, ToolError> {
        match_reference(&inputs.target_features, &mut inputs.join_features, "Join_Features", context)?;
        let entries = inputs.statistics_fields.as_deref().unwrap_or_default();
        let statistics = Statistics::read(entries, &inputs.join_features, "Statistics_Fields")?;
        if !entries.is_empty() && inputs.join_operation == JoinOperation::JoinOneToMany {
            return Err(ToolError::invalid("Statistics_Fields", "statistics are for JOIN_ONE_TO_ONE"));
        }
        let search = Search::new(&inputs, context)?;
        let matches = each(context, inputs.target_features.features.len(), "Joining", |row| search.matches_of(row))?;
        let output_features = match inputs.join_operation {
            JoinOperation::JoinOneToOne => one_to_one(&inputs, &matches, &statistics),
            JoinOperation::JoinOneToMany => one_to_many(&inputs, &matches),
        };
        Ok(SpatialJoinOutputs { output_features })
    }
}

fn one_to_one(inputs: &SpatialJoinInputs, matches: &[Vec<usize>], statistics: &Statistics) -> FeatureSet {
    let (target, join) = (&inputs.target_features, &inputs.join_features);
    let (target_fields, join_fields) = (Carried::all(target), Carried::all(join));
    let mut table = Table::new(target.geometry_type, target.spatial_reference.clone());
    table.keep_zm_of(target);
    table.add_integer("Join_Count");
    table.add_integer("TARGET_FID");
    table.add_carried(&target_fields);
    table.add_carried(&join_fields);
    statistics.add_fields(&mut table);
    for (row, found) in matches.iter().enumerate().filter(|(_, found)| keeps(inputs, found)) {
        let feature = &target.features[row];
        let members: Vec<&Feature> = found.iter().map(|other| &join.features[*other]).collect();
        let mut values = vec![Attribute::Integer(found.len() as i64), Attribute::Integer(target.oid_of(row))];
        values.extend(target_fields.values(feature));
        values.extend(joined(&join_fields, members.first().copied()));
        values.extend(statistics.values(&members));
        table.push(values, feature.geometry.clone());
    }
    table.finish()
}

fn one_to_many(inputs: &SpatialJoinInputs, matches: &[Vec<usize>]) -> FeatureSet {
    let (target, join) = (&inputs.target_features, &inputs.join_features);
    let (target_fields, join_fields) = (Carried::all(target), Carried::all(join));
    let mut table = Table::new(target.geometry_type, target.spatial_reference.clone());
    table.keep_zm_of(target);
    for name in ["Join_Count", "TARGET_FID", "JOIN_FID"] {
        table.add_integer(name);
    }
    table.add_carried(&target_fields);
    table.add_carried(&join_fields);
    for (row, found) in matches.iter().enumerate().filter(|(_, found)| keeps(inputs, found)) {
        let feature = &target.features[row];
        let others: Vec<Option<usize>> =
            if found.is_empty() { vec![None] } else { found.iter().copied().map(Some).collect() };
        for other in others {
            let mut values = vec![
                Attribute::Integer(i64::from(other.is_some())),
                Attribute::Integer(target.oid_of(row)),
                Attribute::Integer(other.map_or(-1, |other| join.oid_of(other))),
            ];
            values.extend(target_fields.values(feature));
            values.extend(joined(&join_fields, other.map(|other| &join.features[other])));
            table.push(values, feature.geometry.clone());
        }
    }
    table.finish()
}

fn keeps(inputs: &SpatialJoinInputs, found: &[usize]) -> bool {
    inputs.join_type == JoinType::KeepAll || !found.is_empty()
}

/// The values of a match, or nulls.
fn joined(fields: &Carried, feature: Option<&Feature>) -> Vec<Attribute> {
    match feature {
        Some(feature) => fields.values(feature).collect(),
        None => vec![Attribute::Null; fields.len()],
    }
}

/// The join features, ready to be searched.
struct Search<'a> {
    target: &'a FeatureSet,
    join: &'a FeatureSet,
    option: MatchOption,
    index: BoxIndex,
    shapes: Vec<OnceLock<Shape>>,
    measure: Measure,
    context: &'a RunContext,
}

/// How distances are measured, and how far to look.
enum Measure {
    Planar { reach: f64 },
    Geodesic { reach_m: f64, geodesy: Geodesy },
}

/// Half the way around the earth: nothing is further.
const FURTHEST_M: f64 = 20_040_000.0;
/// Where the search for the closest feature on the ellipsoid begins; it doubles until something is found.
const FIRST_RADIUS_M: f64 = 1_000.0;
/// Metres a degree of latitude, at the least: boxes made with it are large enough everywhere.
const LEAST_METERS_PER_DEGREE: f64 = 110_000.0;

impl<'a> Search<'a> {
    fn new(inputs: &'a SpatialJoinInputs, context: &'a RunContext) -> Result<Search<'a>, ToolError> {
        let join = &inputs.join_features;
        let of = |feature: &Feature| feature.geometry.as_ref().map_or(Envelope::EMPTY, Geometry::envelope);
        Ok(Search {
            target: &inputs.target_features,
            join,
            option: inputs.match_option,
            index: BoxIndex::new(join.features.iter().map(of).collect()),
            shapes: join.features.iter().map(|_| OnceLock::new()).collect(),
            measure: Measure::new(inputs, context)?,
            context,
        })
    }

    /// The join features that match a target, in order.
    fn matches_of(&self, row: usize) -> Result<Vec<usize>, ToolError> {
        let Some(geometry) = &self.target.features[row].geometry else { return Ok(Vec::new()) };
        match &self.measure {
            Measure::Geodesic { reach_m, geodesy } => self.geodesic_matches(geometry, *reach_m, geodesy),
            Measure::Planar { reach } if self.option.is_closest() => self.closest(geometry, *reach),
            Measure::Planar { reach } => {
                let target = Shape::new(geometry);
                let around = if self.option.is_by_distance() { *reach } else { 0.0 };
                let mut found = Vec::new();
                for other in self.index.query(&padded(&geometry.envelope(), around, around)) {
                    self.context.check()?;
                    let Some(shape) = self.shape(other) else { continue };
                    if self.option.matches(&target, shape, geometry, *reach) {
                        found.push(other);
                    }
                }
                Ok(found)
            }
        }
    }

    fn shape(&self, other: usize) -> Option<&Shape> {
        let geometry = self.join.features[other].geometry.as_ref()?;
        Some(self.shapes[other].get_or_init(|| Shape::new(geometry)))
    }

    /// The nearest join feature in the plane; the first of several equally near.
    fn closest(&self, geometry: &Geometry, reach: f64) -> Result<Vec<usize>, ToolError> {
        let target = Shape::new(geometry);
        let of = |other: usize| self.shape(other).map_or(f64::INFINITY, |shape| distance(&target, shape));
        let nearest = self.index.nearest(&geometry.envelope(), reach, of);
        Ok(nearest.filter(|(_, distance)| distance.is_finite()).map(|(other, _)| other).into_iter().collect())
    }

    fn geodesic_matches(
        &self,
        geometry: &Geometry,
        reach_m: f64,
        geodesy: &Geodesy,
    ) -> Result<Vec<usize>, ToolError> {
        let Some(middle) = center(geometry) else { return Ok(Vec::new()) };
        let plane = LocalPlane::new(geodesy, middle);
        let target = Shape::new(&plane.flatten(geometry));
        let mut radius_m = if self.option.is_closest() { FIRST_RADIUS_M.min(reach_m) } else { reach_m };
        loop {
            let mut found: Vec<(f64, usize)> = Vec::new();
            for other in self.candidates(&geometry.envelope(), radius_m) {
                self.context.check()?;
                let Some(join) = &self.join.features[other].geometry else { continue };
                let distance_m = distance(&target, &Shape::new(&plane.flatten(join)));
                if distance_m <= radius_m {
                    found.push((distance_m, other));
                }
            }
            if !self.option.is_closest() {
                return Ok(found.into_iter().map(|(_, other)| other).collect());
            }
            let nearest = found.into_iter().min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            if nearest.is_some() || radius_m >= reach_m {
                return Ok(nearest.map(|(_, other)| other).into_iter().collect());
            }
            radius_m = (radius_m * 2.0).min(reach_m);
        }
    }

    /// Join features whose boxes in degrees may lie within the radius, across the antimeridian too, in order.
    fn candidates(&self, envelope: &Envelope, radius_m: f64) -> Vec<usize> {
        let degrees = radius_m / LEAST_METERS_PER_DEGREE;
        let highest = (envelope.ymin.abs().max(envelope.ymax.abs()) + degrees).min(90.0);
        let shrink = highest.to_radians().cos();
        let sideways = if shrink * 180.0 <= degrees { 360.0 } else { degrees / shrink };
        let around = padded(envelope, sideways, degrees);
        let mut found: Vec<usize> = [-360.0, 0.0, 360.0]
            .into_iter()
            .flat_map(|turn| {
                self.index.query(&Envelope { xmin: around.xmin + turn, xmax: around.xmax + turn, ..around })
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Measure {
    fn new(inputs: &SpatialJoinInputs, context: &RunContext) -> Result<Measure, ToolError> {
        let option = inputs.match_option;
        if !option.is_by_distance() {
            return Ok(Measure::Planar { reach: 0.0 });
        }
        let crs = crs_of(&inputs.target_features, "Target_Features")?;
        let geographic = crs.as_ref().is_some_and(gp_geometry::Crs::is_geographic);
        if option.is_geodesic() && !geographic {
            return Err(ToolError::invalid(
                "Match_Option",
                "the geodesic relations are for features in degrees; project the features, or use the planar relation",
            ));
        }
        let reach = match inputs.search_radius {
            Some(radius) => Some(reach(radius, crs.as_ref(), "Search_Radius", context)?),
            None if option.is_closest() => None,
            None => return Err(ToolError::invalid("Search_Radius", "a distance is required for this relation")),
        };
        match (reach, crs) {
            (Some(Reach::Geodesic(reach_m)), Some(crs)) => {
                Ok(Measure::Geodesic { reach_m, geodesy: Geodesy::new(crs.ellipsoid()) })
            }
            (None, Some(crs)) if geographic => {
                Ok(Measure::Geodesic { reach_m: FURTHEST_M, geodesy: Geodesy::new(crs.ellipsoid()) })
            }
            (Some(Reach::Planar(reach) | Reach::Geodesic(reach)), _) => Ok(Measure::Planar { reach }),
            (None, _) => Ok(Measure::Planar { reach: f64::INFINITY }),
        }
    }
}

fn padded(envelope: &Envelope, x: f64, y: f64) -> Envelope {
    Envelope { xmin: envelope.xmin - x, ymin: envelope.ymin - y, xmax: envelope.xmax + x, ymax: envelope.ymax + y }
}
