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

use crate::buffer::{columns_of, groups_by};
use crate::each::each;
use crate::reference::drop_zm;
use crate::statistics::Statistics;
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Feature, FeatureSet, Field, Geometry, GeometryType, Path, Point};
use gp_geometry::{parts, union_all, union_lines};

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
    /// What to compute of the rows of each group: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, RANGE, STD, VARIANCE, MEDIAN, COUNT, UNIQUE, FIRST, LAST.
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
#[expect(clippy::enum_variant_names, reason = "the names of ArcGIS")]
enum MultiPart {
    MultiPart,
    SinglePart,
}

impl Tool for Dissolve {
    const NAME: &'static str = "Dissolve";
    const DESCRIPTION: &'static str = "Makes one feature of all features with equal values, with statistics of the others.";
    type Inputs = DissolveInputs;
    type Outputs = DissolveOutputs;

    fn run(inputs: DissolveInputs, context: &RunContext) -> Result<DissolveOutputs, ToolError> {
        let mut set = inputs.input_features;
        let is_points = matches!(set.geometry_type, Some(GeometryType::Point | GeometryType::Multipoint));
        if !is_points {
            drop_zm(&mut set, "Input Features", context);
        }
        let columns = columns_of(&set, inputs.dissolve_fields.as_deref().unwrap_or_default(), "Dissolve_Fields")?;
        let entries = inputs.statistics_fields.as_deref().unwrap_or_default();
        let statistics = Statistics::read(entries, &set, "Statistics_Fields")?;
        let groups = groups_by(&set, &columns);
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
    points.xy.push(point.xy);
    points.z.extend(point.z);
    points.m.extend(point.m);
}

fn append(points: &mut Path, more: &Path) {
    points.xy.extend_from_slice(&more.xy);
    points.z.extend_from_slice(&more.z);
    points.m.extend_from_slice(&more.m);
}

fn single_parts(geometry: &Geometry) -> Vec<Geometry> {
    match geometry {
        Geometry::Polygon(rings) => parts(rings).into_iter().map(Geometry::Polygon).collect(),
        Geometry::Polyline(paths) => paths.iter().map(|path| Geometry::Polyline(vec![path.clone()])).collect(),
        Geometry::Multipoint(points) => (0..points.xy.len())
            .map(|index| {
                let of = |values: &[f64]| values.get(index).copied();
                Geometry::Point(Point { xy: points.xy[index], z: of(&points.z), m: of(&points.m) })
            })
            .collect(),
        Geometry::Point(point) => vec![Geometry::Point(*point)],
    }
}
