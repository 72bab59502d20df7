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
//! coordinates. `Out_Units` are international units; without them, and with UNKNOWN, measures are in the units of the
//! coordinates. Features in degrees are measured on the ellipsoid, by default in metres and square metres.
//!
//! **Output.** A row for each zone and each class that meet, ordered by the values of the zone fields, then of the class
//! fields, nulls first: the zone fields, the class fields, the sum fields, AREA, LENGTH or PNT_COUNT as the classes are
//! polygons, lines or points, and PERCENTAGE: of the measure of the zone, where zones and classes are of one dimension,
//! else of the measure of all features of the class. Sum fields are divided as the class features are: a tenth of a class
//! feature has a tenth of its values. Names that clash are numbered.
//!
//! **Errors.** A field that is not there, a sum field without numbers, classes of a higher dimension than the zones, a
//! unit that does not measure what the classes are, a reference that cannot be projected.

mod gauge;
mod units;

use crate::each::{each, warn_of_rows};
use crate::groups::{columns_of, groups_by};
use crate::pairs::{LinesMeet, Pairs};
use crate::reference::match_reference;
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
    let met = each(context, zones.features.len(), "Intersecting", |row| {
        let common = pairs.of_row(row, context)?.into_iter();
        Ok(common.map(|(class, piece)| (class, gauge.measure(&piece))).collect::<Vec<_>>())
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
                if let Some(value) = number(classes.features[*other].attributes.get(*column)) {
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

fn group_of_row(groups: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut of_row = vec![0; count];
    for (group, rows) in groups.iter().enumerate() {
        for row in rows {
            of_row[*row] = group;
        }
    }
    of_row
}

fn number(value: Option<&Attribute>) -> Option<f64> {
    match value {
        Some(Attribute::Integer(number)) => Some(*number as f64),
        Some(Attribute::Double(number)) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn zones() -> Value {
        let rows = [
            (json!({ "ZONE": "b" }), square(0.0, 0.0, 10.0)),
            (json!({ "ZONE": "a" }), square(10.0, 0.0, 10.0)),
            (json!({ "ZONE": "b" }), square(20.0, 0.0, 10.0)),
        ];
        set("Polygon", 5070, &rows)
    }

    fn tabulate(zones: Value, classes: Value, more: Value) -> Result<Run, String> {
        let mut parameters =
            json!({ "Zone_Features": zones, "Zone_Fields": "ZONE", "Class_Features": classes });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("TabulateIntersection", &parameters)
    }

    fn near(made: &Run, column: &str, expected: &[f64]) {
        let found: Vec<f64> = made.column(column).iter().map(|text| text.parse().unwrap()).collect();
        assert!(
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9 * b.max(1.0)),
            "{column} {found:?}"
        );
    }

    #[test]
    fn areas_and_percentages_of_zones_are_ordered_by_zone_and_class() {
        let classes = [
            (json!({ "LAND": "wood", "POP": 100 }), square(5.0, 0.0, 10.0)),
            (json!({ "LAND": "field", "POP": 8 }), square(20.0, 0.0, 4.0)),
        ];
        let classes = set("Polygon", 5070, &classes);
        let more = json!({ "Class_Fields": "LAND", "Sum_Fields": "POP" });
        let made = tabulate(zones(), classes.clone(), more).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "ZONE", "LAND", "POP", "AREA", "PERCENTAGE"]);
        assert!(made.features.geometry_type.is_none());
        assert_eq!(made.column("ZONE"), ["a", "b", "b"]);
        assert_eq!(made.column("LAND"), ["wood", "field", "wood"]);
        near(&made, "AREA", &[50.0, 16.0, 50.0]);
        near(&made, "POP", &[50.0, 8.0, 50.0]);
        near(&made, "PERCENTAGE", &[50.0, 8.0, 25.0]);
        let one = tabulate(zones(), classes, json!({ "Out_Units": "ARES" })).unwrap();
        near(&one, "AREA", &[0.5, 0.66]);
    }

    #[test]
    fn lines_and_points_are_percentages_of_their_class() {
        let ways = [(json!({ "KIND": 1 }), line(&[[5.0, 5.0], [45.0, 5.0]]))];
        let made =
            tabulate(zones(), set("Polyline", 5070, &ways), json!({ "Class_Fields": "KIND" })).unwrap();
        near(&made, "LENGTH", &[10.0, 15.0]);
        near(&made, "PERCENTAGE", &[25.0, 37.5]);
        let points: Vec<_> =
            [1.0, 2.0, 15.0, 99.0].iter().map(|x| (json!({}), json!({ "x": x, "y": 1 }))).collect();
        let made = tabulate(zones(), set("Point", 5070, &points), json!({})).unwrap();
        assert_eq!(made.column("PNT_COUNT"), ["1", "2"]);
        near(&made, "PERCENTAGE", &[25.0, 50.0]);
    }

    #[test]
    fn object_ids_as_zones_are_plain_numbers() {
        let class = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 1.0))]);
        let parameters =
            json!({ "Zone_Features": zones(), "Zone_Fields": ["OBJECTID", "ZONE"], "Class_Features": class });
        let made = run("TabulateIntersection", &parameters).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "OBJECTID_1", "ZONE", "AREA", "PERCENTAGE"]);
        assert_eq!(made.column("OBJECTID_1"), ["10"]);
        assert_eq!(made.features.fields[1].field_type, gp_esri::FieldType::BigInteger);
    }

    #[test]
    fn degrees_are_measured_on_the_ellipsoid() {
        let zones = set("Polygon", 4326, &[(json!({ "ZONE": "z" }), square(0.0, 0.0, 2.0))]);
        let class = set("Polygon", 4326, &[(json!({}), square(0.0, 0.0, 1.0))]);
        let made = tabulate(zones, class, json!({ "Out_Units": "SQUARE_KILOMETERS" })).unwrap();
        // GeographicLib, Planimeter.
        let area: f64 = made.column("AREA")[0].parse().unwrap();
        assert!((area - 12_308.778_361_469).abs() < 1e-6, "{area}");
    }

    #[test]
    fn what_cannot_be_measured_is_refused_by_name() {
        let ways = set("Polyline", 5070, &[(json!({}), line(&[[5.0, 5.0], [45.0, 5.0]]))]);
        let error = tabulate(zones(), ways.clone(), json!({ "Out_Units": "HECTARES" })).err().unwrap();
        assert!(error.contains("Out_Units") && error.contains("METERS"), "{error}");
        let named = set("Polyline", 5070, &[(json!({ "ZONE": "w" }), line(&[[5.0, 5.0], [45.0, 5.0]]))]);
        let error = tabulate(named, zones(), json!({})).err().unwrap();
        assert!(error.contains("Class_Features"), "{error}");
        let error = tabulate(zones(), zones(), json!({ "Sum_Fields": "ZONE" })).err().unwrap();
        assert!(error.contains("Sum_Fields"), "{error}");
        let error = tabulate(zones(), ways, json!({ "Class_Fields": "NO" })).err().unwrap();
        assert!(error.contains("Class_Fields"), "{error}");
    }

    #[test]
    fn null_values_and_empty_layers_give_nulls_and_no_rows() {
        let classes = set("Polygon", 5070, &[(json!({ "POP": Value::Null }), square(0.0, 0.0, 1.0))]);
        let made = tabulate(zones(), classes, json!({ "Sum_Fields": "POP" })).unwrap();
        assert_eq!(
            (made.column("ZONE"), made.column("POP")),
            (vec!["b".to_owned()], vec!["null".to_owned()])
        );
        let made = tabulate(zones(), set("Polygon", 5070, &[]), json!({})).unwrap();
        assert!(made.features.features.is_empty());
    }
}
