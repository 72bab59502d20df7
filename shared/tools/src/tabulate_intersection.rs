//! Tabulate Intersection: how much of each zone each class covers, as a table.
//!
//! **Method.** A tree of boxes finds the features that meet; what each zone feature has in common with each class feature
//! is cut and measured as Intersect does, and added up by the values of the zone fields and the class fields.
//!
//! **Inputs.** Zones and classes of any geometry type, classes of no higher dimension than zones. What lies on the border
//! of several zones counts in each. Class features that overlap count each for itself, so percentages may add up to more
//! than 100. Features without geometry are left out.
//!
//! **Spatial reference and units.** Class features are projected to the reference of the zones; edges are straight in its
//! coordinates. Inches, feet, yards, miles and nautical miles of `Out_Units` are those of the US survey, acres and squares
//! international, as ArcGIS's keywords have it; without them, and with UNKNOWN, measures are in the units of the
//! coordinates. Features in degrees are measured on the ellipsoid, by default in metres and square metres.
//!
//! **Output.** A row for each zone and each class that meet, ordered by the values of the zone fields, then of the class
//! fields, nulls first: the zone fields, the class fields, the sum fields, AREA, LENGTH or PNT_COUNT as the classes are
//! polygons, lines or points, and PERCENTAGE: of the measure of the zone, where zones and classes are of one dimension,
//! else of the measure of all features of the class. Sum fields are divided as the class features are: a tenth of a class
//! feature has a tenth of its values. Names that clash are numbered.
//!
//! **Errors.** A field that is not there, a sum field without numbers, classes of a higher dimension than the zones, a
//! unit that does not measure what the classes are, a reference that cannot be projected, more than 100 million pieces.

mod gauge;
mod units;

use crate::each::{each, warn_of_rows};
use crate::groups::{columns_of, group_of_row, groups_by};
use crate::limits::Counter;
use crate::pairs::{LinesMeet, Pairs};
use crate::reference::match_reference;
use crate::statistics::number;
use crate::table::{Carried, Table};
use gauge::{Gauge, Kind};
use gp_core::{Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType};
use std::collections::BTreeMap;
use units::OutUnits;

/// Tabulates how much of zones classes cover.
pub(crate) struct TabulateIntersection;

/// What Tabulate Intersection takes.
#[derive(Inputs)]
pub(crate) struct TabulateIntersectionInputs {
    /// The features that make up the zones.
    zone_features: FeatureSet,
    /// The fields of the zones: features of equal values are one zone.
    #[parameter(depends_on = "Zone_Features")]
    zone_fields: Vec<Field>,
    /// The features that make up the classes.
    class_features: FeatureSet,
    /// The fields of the classes: features of equal values are one class. Without any, all are one.
    #[parameter(depends_on = "Class_Features")]
    class_fields: Option<Vec<Field>>,
    /// Fields of numbers of the class features that are summed, divided as the features are.
    #[parameter(depends_on = "Class_Features")]
    sum_fields: Option<Vec<Field>>,
    /// The unit of the lengths or areas, such as KILOMETERS, SQUARE_KILOMETERS, HECTARES, ACRES. UNKNOWN: that of the coordinates, or metres for features in degrees.
    #[parameter(default = OutUnits::Unknown)]
    out_units: OutUnits,
}

/// What Tabulate Intersection gives.
#[derive(Outputs)]
pub(crate) struct TabulateIntersectionOutputs {
    /// A row for each zone and each class that meet.
    output_table: RecordSet,
}

impl Tool for TabulateIntersection {
    const NAME: &'static str = "TabulateIntersection";
    const DESCRIPTION: &'static str =
        "Tabulates the area, length or number of class features within zones, and their percentage.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = TabulateIntersectionInputs;
    type Outputs = TabulateIntersectionOutputs;

    fn run(
        inputs: TabulateIntersectionInputs,
        context: &RunContext,
    ) -> Result<TabulateIntersectionOutputs, ToolError> {
        let (zones, mut classes) = (inputs.zone_features, inputs.class_features);
        let zone_columns = columns_of(&zones, &inputs.zone_fields, "Zone_Fields")?;
        let class_fields = inputs.class_fields.unwrap_or_default();
        let class_columns = columns_of(&classes, &class_fields, "Class_Fields")?;
        let sum_columns = columns_of(&classes, &inputs.sum_fields.unwrap_or_default(), "Sum_Fields")?;
        let text = sum_columns.iter().find(|column| !classes.fields[**column].field_type.is_numeric());
        if let Some(column) = text {
            let name = &classes.fields[*column].name;
            return Err(ToolError::invalid("Sum_Fields", format!("{name} is no field of numbers")));
        }
        match_reference(&zones, &mut classes, "Class_Features", context)?;
        let gauge = Gauge::new(&zones, &classes, inputs.out_units, context)?;
        let tabulated =
            tabulate(&zones, &classes, [&zone_columns, &class_columns], &sum_columns, &gauge, context)?;
        let (zone_fields, class_fields) =
            (Carried::of(&zones, zone_columns), Carried::of(&classes, class_columns));
        let mut table = Table::new(None, None);
        table.add_carried(&zone_fields);
        table.add_carried(&class_fields);
        for column in &sum_columns {
            table.add_field(Field { field_type: FieldType::Double, ..classes.fields[*column].clone() });
        }
        table.add_field(Field::new(gauge.name(), gauge.field_type()));
        table.add_field(Field::new("PERCENTAGE", FieldType::Double));
        for row in tabulated {
            let mut values: Vec<Attribute> = zone_fields.values(&zones.features[row.zone]).collect();
            values.extend(class_fields.values(&classes.features[row.class]));
            values.extend(row.sums.into_iter().map(|sum| sum.map_or(Attribute::Null, double)));
            values.push(match gauge.kind {
                Kind::Count => Attribute::Integer(row.measure as i64),
                Kind::Area | Kind::Length => double(row.measure),
            });
            values.push(double(row.measure / row.whole * 100.0));
            table.push(values, None);
        }
        Ok(TabulateIntersectionOutputs { output_table: RecordSet(table.finish()) })
    }
}

/// A number, or null for what is none, such as the percentage of a zone without area.
fn double(number: f64) -> Attribute {
    if number.is_finite() { Attribute::Double(number) } else { Attribute::Null }
}

/// A zone and a class that meet.
struct Tabulated {
    /// The first row of the zone, and of the class.
    zone: usize,
    class: usize,
    measure: f64,
    /// What 100 percent are.
    whole: f64,
    /// One a sum field; `None` where all values are null.
    sums: Vec<Option<f64>>,
}

fn tabulate(
    zones: &FeatureSet,
    classes: &FeatureSet,
    [zone_columns, class_columns]: [&[usize]; 2],
    sum_columns: &[usize],
    gauge: &Gauge,
    context: &RunContext,
) -> Result<Vec<Tabulated>, ToolError> {
    let geometries = zones.features.iter().map(|feature| feature.geometry.as_ref()).collect();
    let pairs = Pairs::new(geometries, classes, LinesMeet::InStretches);
    let counter = Counter::of_pairs("Class_Features", "send fewer features, or such that overlap less");
    let met = each(context, zones.features.len(), "Intersecting", |row| {
        let common = pairs.of_row(row, context)?;
        counter.add(common.len())?;
        Ok(common.into_iter().map(|(class, piece)| (class, gauge.measure(&piece))).collect::<Vec<_>>())
    })?;
    let class_measures = gauge.measures_of(classes, context)?;
    let (zone_groups, class_groups) = (groups_by(zones, zone_columns), groups_by(classes, class_columns));
    let wholes = if gauge.is_of_zone {
        sums_of(&zone_groups, &gauge.measures_of(zones, context)?)
    } else {
        sums_of(&class_groups, &class_measures)
    };
    let class_of = group_of_row(&class_groups, classes.features.len());
    let mut tabulated = Vec::new();
    let mut unmeasured = Vec::new();
    for (zone, zone_rows) in zone_groups.iter().enumerate() {
        context.check()?;
        let mut of_zone: BTreeMap<usize, Tabulated> = BTreeMap::new();
        for (row, (other, measure)) in
            zone_rows.iter().flat_map(|row| met[*row].iter().map(move |met| (*row, met)))
        {
            if !measure.is_finite() {
                unmeasured.push(row);
                continue;
            }
            let class = class_of[*other];
            let entry = of_zone.entry(class).or_insert_with(|| Tabulated {
                zone: zone_rows[0],
                class: class_groups[class][0],
                measure: 0.0,
                whole: wholes[if gauge.is_of_zone { zone } else { class }],
                sums: vec![None; sum_columns.len()],
            });
            entry.measure += measure;
            for (sum, column) in entry.sums.iter_mut().zip(sum_columns) {
                if let Some(value) = classes.features[*other].attributes.get(*column).and_then(number) {
                    *sum = Some(sum.unwrap_or(0.0) + value * measure / class_measures[*other]);
                }
            }
        }
        tabulated.extend(of_zone.into_values());
    }
    unmeasured.dedup();
    warn_of_rows(
        &unmeasured,
        zones,
        "have parts that have no place on the ellipsoid, which are left out",
        context,
    );
    Ok(tabulated)
}

fn sums_of(groups: &[Vec<usize>], measures: &[f64]) -> Vec<f64> {
    groups.iter().map(|rows| rows.iter().map(|row| measures[*row]).sum()).collect()
}

#[cfg(test)]
mod tests;
