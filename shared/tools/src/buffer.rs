//! Buffer: the area within a distance of each feature.
//!
//! **Method.** Planar buffers are offset curves united by the overlay engine; the buffers of points of one distance
//! that are dissolved are united by tracing their outline (`gp_geometry`). Geodesic buffers are made on the ellipsoid
//! and cut at the antimeridian. A full circle has 64 sides.
//!
//! **Inputs.** Features of any geometry type; a feature without geometry, or with a distance of null or 0 (or below 0
//! for points and lines), gives no buffer. A negative distance shrinks polygons. Z and m are dropped with a warning.
//!
//! **Spatial reference and units.** Features in degrees with a linear unit are always buffered on the ellipsoid;
//! projected features are buffered in their plane unless `Method` is GEODESIC. Decimal degrees are for features in
//! degrees and are planar. A number in the distance field is in the unit of `Distance`, or of the coordinates.
//!
//! **Output.** Polygons in the reference of the input, in its order. `NONE`: the input's fields, `BUFF_DIST` (in the
//! units of the coordinates, or metres on the ellipsoid) and `ORIG_FID`. `LIST`: the dissolve fields. `ALL`: one
//! feature.
//!
//! **Errors.** No distance at all, a dissolve field that is not there, a unit without a length.

use crate::distance::{Reach, distance_of, reach};
use crate::each::each;
use crate::reference::{crs_of, drop_zm};
use crate::statistics::{compare, no_field};
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError, Value};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, LinearUnit, LinearUnitName, Path};
use gp_geometry::{
    BufferOptions, Crs, End, Side, buffer_geodesic, buffer_planar, dissolve_buffers, dissolve_point_buffers,
};
use std::collections::BTreeMap;

/// Points whose buffers take a few microseconds each.
const MOST_QUICK_POINTS: usize = 16;

/// Makes areas around features.
pub(crate) struct Buffer;

/// What Buffer takes.
#[derive(Inputs)]
pub(crate) struct BufferInputs {
    /// The points, lines or polygons around which areas are made.
    input_features: FeatureSet,
    /// How far the areas reach. Negative distances shrink polygons. Give this or Distance_Field.
    distance: Option<LinearUnit>,
    /// A field with a distance for each feature: a number in the unit of Distance (else of the coordinates), or text with a unit.
    #[parameter(depends_on = "Input_Features")]
    distance_field: Option<Field>,
    /// PLANAR: distances in the plane of projected features; features in degrees are buffered on the ellipsoid all the same. GEODESIC: always on the ellipsoid.
    #[parameter(default = Method::Planar)]
    method: Method,
    /// FULL: on all sides. LEFT, RIGHT: on one side of lines. OUTSIDE_ONLY: polygons without their own inside.
    #[parameter(default = BufferSide::Full)]
    side: BufferSide,
    /// The ends of the buffers of lines: ROUND or FLAT.
    #[parameter(default = EndType::Round)]
    end_type: EndType,
    /// NONE: a buffer for each feature. ALL: all buffers as one. LIST: one for each combination of values of Dissolve_Fields.
    #[parameter(default = DissolveType::None)]
    dissolve_type: DissolveType,
    /// The fields for LIST.
    #[parameter(depends_on = "Input_Features")]
    dissolve_fields: Option<Vec<Field>>,
}

/// What Buffer gives.
#[derive(Outputs)]
pub(crate) struct BufferOutputs {
    /// The areas.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Method {
    Planar,
    Geodesic,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum BufferSide {
    Full,
    Left,
    Right,
    OutsideOnly,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum EndType {
    Round,
    Flat,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum DissolveType {
    None,
    All,
    List,
}

impl Tool for Buffer {
    const NAME: &'static str = "Buffer";
    const DESCRIPTION: &'static str = "Makes areas around points, lines or polygons, as far as a distance reaches.";
    type Inputs = BufferInputs;
    type Outputs = BufferOutputs;

    fn is_quick(values: &[Value]) -> bool {
        // A disc a point; anything else may need an overlay.
        values.iter().all(|value| match value {
            Value::FeatureSet(set) => {
                set.geometry_type == Some(GeometryType::Point) && set.features.len() <= MOST_QUICK_POINTS
            }
            _ => true,
        })
    }

    fn run(mut inputs: BufferInputs, context: &RunContext) -> Result<BufferOutputs, ToolError> {
        drop_zm(&mut inputs.input_features, "Input Features", context);
        let set = &inputs.input_features;
        let crs = crs_of(set, "Input_Features")?;
        let buffers = Buffers { crs: &crs, method: inputs.method, options: options(&inputs), context };
        let reaches = buffers.reaches(&inputs)?;
        let groups = dissolve_groups(&inputs)?;
        let output_features = match groups {
            Some(groups) => buffers.dissolved(set, &reaches, &groups)?,
            None => buffers.one_each(set, &reaches)?,
        };
        Ok(BufferOutputs { output_features })
    }
}

fn options(inputs: &BufferInputs) -> BufferOptions {
    BufferOptions {
        side: match inputs.side {
            BufferSide::Full => Side::Full,
            BufferSide::Left => Side::Left,
            BufferSide::Right => Side::Right,
            BufferSide::OutsideOnly => Side::Outside,
        },
        end: match inputs.end_type {
            EndType::Round => End::Round,
            EndType::Flat => End::Flat,
        },
        ..BufferOptions::default()
    }
}

/// Rows that become one feature, and the fields that they have in common.
struct Groups {
    carried: Carried,
    rows: Vec<Vec<usize>>,
}

fn dissolve_groups(inputs: &BufferInputs) -> Result<Option<Groups>, ToolError> {
    let set = &inputs.input_features;
    match inputs.dissolve_type {
        DissolveType::None => Ok(None),
        DissolveType::All => {
            let rows = if set.features.is_empty() { Vec::new() } else { vec![(0..set.features.len()).collect()] };
            Ok(Some(Groups { carried: Carried::none(), rows }))
        }
        DissolveType::List => {
            let fields = inputs.dissolve_fields.as_deref().unwrap_or_default();
            if fields.is_empty() {
                return Err(ToolError::invalid("Dissolve_Fields", "name at least one field, or use ALL"));
            }
            let columns = columns_of(set, fields, "Dissolve_Fields")?;
            Ok(Some(Groups { rows: groups_by(set, &columns), carried: Carried::of(set, columns) }))
        }
    }
}

/// The columns of these fields.
pub(crate) fn columns_of(set: &FeatureSet, fields: &[Field], parameter: &str) -> Result<Vec<usize>, ToolError> {
    let column = |field: &Field| {
        set.field_index(&field.name).ok_or_else(|| ToolError::invalid(parameter, no_field(&field.name, set)))
    };
    fields.iter().map(column).collect()
}

/// Row numbers by the values of these columns, ordered by value.
pub(crate) fn groups_by(set: &FeatureSet, columns: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<GroupKey<'_>, Vec<usize>> = BTreeMap::new();
    for (row, feature) in set.features.iter().enumerate() {
        let key = GroupKey(columns.iter().map(|column| feature.attributes.get(*column)).collect());
        groups.entry(key).or_default().push(row);
    }
    groups.into_values().collect()
}

#[derive(PartialEq)]
struct GroupKey<'a>(Vec<Option<&'a Attribute>>);

impl Eq for GroupKey<'_> {}

impl PartialOrd for GroupKey<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GroupKey<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let pairs = self.0.iter().zip(&other.0);
        let value = |value: &Option<&Attribute>| value.cloned().unwrap_or(Attribute::Null);
        let mut orders = pairs.map(|(a, b)| compare(&value(a), &value(b)));
        orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    }
}

/// How the buffers of one run are made.
struct Buffers<'a> {
    crs: &'a Option<Crs>,
    method: Method,
    options: BufferOptions,
    context: &'a RunContext,
}

impl Buffers<'_> {
    /// How far each row reaches; `None` for rows without distance.
    fn reaches(&self, inputs: &BufferInputs) -> Result<Vec<Option<Reach>>, ToolError> {
        let rows = &inputs.input_features.features;
        match (&inputs.distance_field, inputs.distance) {
            (Some(field), distance) => {
                let column = columns_of(&inputs.input_features, std::slice::from_ref(field), "Distance_Field")?[0];
                let unit = distance.map_or(LinearUnitName::Unknown, |distance| distance.unit);
                let of_row = |(row, feature): (usize, &Feature)| {
                    let wrong = |reason| {
                        let oid = inputs.input_features.oid_of(row);
                        ToolError::invalid("Distance_Field", format!("feature {oid}: {reason}"))
                    };
                    let value = feature.attributes.get(column).unwrap_or(&Attribute::Null);
                    let distance = distance_of(value, unit).map_err(wrong)?;
                    distance.map(|distance| self.reach(distance, "Distance_Field")).transpose()
                };
                rows.iter().enumerate().map(of_row).collect()
            }
            (None, Some(distance)) => Ok(vec![Some(self.reach(distance, "Distance")?); rows.len()]),
            (None, None) => Err(ToolError::invalid("Distance", "give a distance, or a field of distances")),
        }
    }

    fn reach(&self, distance: LinearUnit, parameter: &str) -> Result<Reach, ToolError> {
        let reach = reach(distance, self.crs.as_ref(), parameter, self.context)?;
        match (reach, self.crs, self.method) {
            (Reach::Planar(units), Some(crs), Method::Geodesic) if !crs.is_geographic() => {
                Ok(Reach::Geodesic(units * crs.meters_per_unit().unwrap_or(1.0)))
            }
            _ => Ok(reach),
        }
    }

    fn of(&self, geometry: &Geometry, reach: Reach) -> Result<Vec<Path>, ToolError> {
        match (reach, self.crs) {
            (Reach::Planar(distance), _) => Ok(buffer_planar(geometry, distance, &self.options)),
            (Reach::Geodesic(_), None) => Ok(Vec::new()),
            (Reach::Geodesic(distance_m), Some(crs)) => {
                crate::reference::on_ellipsoid(crs, geometry, |geometry| {
                    buffer_geodesic(geometry, distance_m, crs.ellipsoid(), &self.options)
                })
            }
        }
    }

    /// A buffer for each row, with the row's attributes.
    fn one_each(&self, set: &FeatureSet, reaches: &[Option<Reach>]) -> Result<FeatureSet, ToolError> {
        let rings = each(self.context, set.features.len(), "Buffering", |row| {
            match (&set.features[row].geometry, reaches[row]) {
                (Some(geometry), Some(reach)) => self.of(geometry, reach),
                _ => Ok(Vec::new()),
            }
        })?;
        let carried = Carried::all(set);
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&carried);
        table.add_field(Field::new("BUFF_DIST", FieldType::Double));
        table.add_integer("ORIG_FID");
        for (row, rings) in rings.into_iter().enumerate().filter(|(_, rings)| !rings.is_empty()) {
            let (Some(Reach::Planar(distance)) | Some(Reach::Geodesic(distance))) = reaches[row] else { continue };
            let own = [Attribute::Double(distance), Attribute::Integer(set.oid_of(row))];
            table.push(carried.values(&set.features[row]).chain(own), Some(Geometry::Polygon(rings)));
        }
        Ok(table.finish())
    }

    /// A buffer for each group of rows.
    fn dissolved(
        &self,
        set: &FeatureSet,
        reaches: &[Option<Reach>],
        groups: &Groups,
    ) -> Result<FeatureSet, ToolError> {
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&groups.carried);
        for rows in &groups.rows {
            self.context.check()?;
            let rings = match self.equal_discs(set, reaches, rows) {
                Some((points, radius)) => dissolve_point_buffers(&points, radius),
                None => self.united(set, reaches, rows)?,
            };
            if !rings.is_empty() {
                let values = groups.carried.values(&set.features[rows[0]]);
                table.push(values, Some(Geometry::Polygon(rings)));
            }
        }
        Ok(table.finish())
    }

    fn united(&self, set: &FeatureSet, reaches: &[Option<Reach>], rows: &[usize]) -> Result<Vec<Path>, ToolError> {
        let buffers = each(self.context, rows.len(), "Buffering", |index| {
            let row = rows[index];
            match (&set.features[row].geometry, reaches[row]) {
                (Some(geometry), Some(reach)) => self.of(geometry, reach),
                _ => Ok(Vec::new()),
            }
        })?;
        self.context.check()?;
        Ok(dissolve_buffers(buffers))
    }

    /// The centres and the radius, when all rows are points of one planar distance.
    fn equal_discs(
        &self,
        set: &FeatureSet,
        reaches: &[Option<Reach>],
        rows: &[usize],
    ) -> Option<(Vec<[f64; 2]>, f64)> {
        let Some(Reach::Planar(radius)) = reaches[*rows.first()?] else { return None };
        let mut centres = Vec::with_capacity(rows.len());
        for row in rows {
            if reaches[*row] != Some(Reach::Planar(radius)) {
                return None;
            }
            match &set.features[*row].geometry {
                Some(Geometry::Point(point)) => centres.push(point.xy),
                Some(Geometry::Multipoint(points)) => centres.extend(&points.xy),
                Some(_) => return None,
                None => {}
            }
        }
        (radius > 0.0).then_some((centres, radius))
    }
}
