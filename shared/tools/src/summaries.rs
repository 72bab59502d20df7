//! Areas with counts, sums and statistics of what lies within them: what Summarize Within and Aggregate Points share.
//!
//! Sums take the share of each value that lies within the area; means and standard deviations are weighted by the length
//! or area inside, and least and greatest values are whole, as ArcGIS documents its summary statistics. Points count
//! one each.

use crate::groups::{columns_of, groups_by};
use crate::moments::{Moments, Sum};
use crate::statistics::{no_field, number, pairs};
use crate::table::{Carried, Table, carried_field};
use crate::within::Piece;
use gp_core::{Choices, RecordSet, RunContext, ToolError};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, GeometryType};
use std::collections::BTreeMap;

/// Whether areas name their rarest and most frequent group.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum MinorityMajority {
    AddMinMaj,
    NoMinMaj,
}

/// Whether groups tell their share.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum GroupPercents {
    AddPercent,
    NoPercent,
}

/// Whether areas with nothing in them stay.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum EmptyAreas {
    Keep,
    Drop,
}

/// What a caller asked for.
pub(crate) struct Wishes<'a> {
    /// The parameter of the statistics and its `FIELD STATISTIC` entries.
    pub(crate) statistics: (&'static str, &'a [String]),
    pub(crate) group_field: Option<&'a Field>,
    pub(crate) minority_majority: MinorityMajority,
    pub(crate) percents: GroupPercents,
    pub(crate) empty_areas: EmptyAreas,
    /// The column of the summed lengths or areas, and its unit in metres or square metres.
    pub(crate) amount: Option<(String, f64)>,
}

/// What is to be computed of the features of one set, checked against its fields.
pub(crate) struct Plan<'a> {
    features: &'a FeatureSet,
    /// The columns of numbers that are read, each once.
    columns: Vec<usize>,
    /// The statistics: the place in `columns`, what of it, and the name of the output column.
    statistics: Vec<(usize, Kind, String)>,
    amount: Option<(String, f64)>,
    empty_areas: EmptyAreas,
    group: Option<Group>,
}

struct Group {
    field: Field,
    /// The value of each group, in their order.
    values: Vec<Attribute>,
    /// The group of each row.
    of_row: Vec<usize>,
    minority_majority: MinorityMajority,
    percents: GroupPercents,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sum,
    Mean,
    Min,
    Max,
    Stddev,
}

/// The names of statistics, in entries and before the names of columns.
const KINDS: &[(&str, &str, Kind)] = &[
    ("SUM", "sum", Kind::Sum),
    ("MEAN", "mean", Kind::Mean),
    ("MIN", "min", Kind::Min),
    ("MAX", "max", Kind::Max),
    ("STDDEV", "stddev", Kind::Stddev),
    ("STD", "stddev", Kind::Stddev),
];

/// What is known of the pieces in an area, or of one group of them.
#[derive(Clone, Default)]
struct Tally {
    pieces: usize,
    amount: Sum,
    moments: Vec<Moments>,
}

impl<'a> Plan<'a> {
    /// Checks the wishes.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] for a field that is not there or has no numbers, or an unknown statistic.
    pub(crate) fn new(features: &'a FeatureSet, wishes: Wishes<'_>) -> Result<Plan<'a>, ToolError> {
        let (parameter, entries) = wishes.statistics;
        let invalid = |reason: String| ToolError::invalid(parameter, reason);
        let (mut columns, mut statistics) = (Vec::new(), Vec::new());
        for (field, kind) in pairs(entries, "POP SUM").map_err(invalid)? {
            let column = features.field_index(&field).ok_or_else(|| invalid(no_field(&field, features)))?;
            let field = &features.fields[column];
            let known = KINDS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(&kind));
            let Some((name, prefix, kind)) = known else {
                return Err(invalid(format!(
                    "\"{kind}\" is no statistic; use one of SUM, MEAN, MIN, MAX, STDDEV"
                )));
            };
            if !field.field_type.is_numeric() {
                return Err(invalid(format!("{name} needs a field of numbers, and {} has none", field.name)));
            }
            let place = columns.iter().position(|known| *known == column).unwrap_or(columns.len());
            if place == columns.len() {
                columns.push(column);
            }
            statistics.push((place, *kind, format!("{prefix}_{}", field.name)));
        }
        let group = wishes.group_field.map(|field| Group::new(features, field, &wishes)).transpose()?;
        let Wishes { amount, empty_areas, .. } = wishes;
        Ok(Plan { features, columns, statistics, amount, empty_areas, group })
    }

    /// The areas with their attributes and the figures of the pieces within each, and the table of the groups, which has
    /// no rows where there is no group field.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn write(
        &self,
        areas: FeatureSet,
        pieces: &[Vec<Piece>],
        context: &RunContext,
    ) -> Result<(FeatureSet, RecordSet), ToolError> {
        let carried = Carried::all(&areas);
        let mut table = Table::new(areas.geometry_type, areas.spatial_reference.clone());
        table.keep_zm_of(&areas);
        table.add_carried(&carried);
        self.add_figures(&mut table);
        let mut groups = Table::new(None, None);
        groups.add_integer("Join_ID");
        if let Some(group) = &self.group {
            table.add_integer("Join_ID");
            group.add_fields_of_areas(&mut table);
            groups.add_field(carried_field(&group.field));
            self.add_figures(&mut groups);
            if group.percents == GroupPercents::AddPercent {
                groups.add_field(Field::new(self.percent_name(), FieldType::Double));
            }
        }
        let mut join_id = 0;
        for (mut area, pieces) in areas.features.into_iter().zip(pieces) {
            context.check()?;
            if pieces.is_empty() && self.empty_areas == EmptyAreas::Drop {
                continue;
            }
            join_id += 1;
            let geometry = area.geometry.take();
            let mut values: Vec<Attribute> = carried.values(&area).collect();
            let all = self.tally(pieces.iter());
            values.extend(self.figures(&all));
            if let Some(group) = &self.group {
                let tallies = self.tallies(group, pieces);
                values.push(Attribute::Integer(join_id));
                values.extend(group.values_of_area(&tallies, all.amount.total()));
                for (number, tally) in &tallies {
                    let mut row = vec![Attribute::Integer(join_id), group.values[*number].clone()];
                    row.extend(self.figures(tally));
                    if group.percents == GroupPercents::AddPercent {
                        row.push(percent(tally, all.amount.total()));
                    }
                    groups.push(row, None);
                }
            }
            table.push(values, geometry);
        }
        Ok((table.finish(), RecordSet(groups.finish())))
    }

    fn add_figures(&self, table: &mut Table) {
        for (.., name) in &self.statistics {
            table.add_field(Field::new(name, FieldType::Double));
        }
        if let Some((name, _)) = &self.amount {
            table.add_field(Field::new(name, FieldType::Double));
        }
        table.add_integer(match self.features.geometry_type {
            Some(GeometryType::Polyline) => "Polyline_Count",
            Some(GeometryType::Polygon) => "Polygon_Count",
            _ => "Point_Count",
        });
    }

    fn percent_name(&self) -> &'static str {
        match self.features.geometry_type {
            Some(GeometryType::Polyline) => "PercentLength",
            Some(GeometryType::Polygon) => "PercentArea",
            _ => "PercentCount",
        }
    }

    fn tally<'p>(&self, pieces: impl Iterator<Item = &'p Piece>) -> Tally {
        let mut tally = Tally::default();
        for piece in pieces {
            self.add(&mut tally, piece);
        }
        tally
    }

    /// The groups that are there, in the order of their values.
    fn tallies(&self, group: &Group, pieces: &[Piece]) -> BTreeMap<usize, Tally> {
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        for piece in pieces {
            self.add(tallies.entry(group.of_row[piece.row]).or_default(), piece);
        }
        tallies
    }

    fn add(&self, tally: &mut Tally, piece: &Piece) {
        tally.pieces += 1;
        tally.amount.add(piece.amount);
        tally.moments.resize(self.columns.len(), Moments::default());
        let Feature { attributes, .. } = &self.features.features[piece.row];
        for (moments, column) in tally.moments.iter_mut().zip(&self.columns) {
            if let Some(number) = attributes.get(*column).and_then(number) {
                moments.add_part(number, piece.share, piece.amount);
            }
        }
    }

    fn figures(&self, tally: &Tally) -> Vec<Attribute> {
        let mut figures = Vec::with_capacity(self.statistics.len() + 2);
        for (place, kind, _) in &self.statistics {
            let value = tally.moments.get(*place).and_then(|moments| match kind {
                Kind::Sum => moments.sum(),
                Kind::Mean => moments.mean(),
                Kind::Min => moments.least(),
                Kind::Max => moments.greatest(),
                Kind::Stddev => moments.variance().map(f64::sqrt),
            });
            figures.push(value.map_or(Attribute::Null, Attribute::Double));
        }
        let amount = tally.amount.total();
        if let Some((_, unit)) = &self.amount {
            figures.push(Attribute::Double(amount / unit));
        }
        let has_length_or_area =
            matches!(self.features.geometry_type, Some(GeometryType::Polyline | GeometryType::Polygon));
        // The amount of points is their number, and a multipoint may have several in an area.
        let count = if has_length_or_area { tally.pieces as i64 } else { amount.round() as i64 };
        figures.push(Attribute::Integer(count));
        figures
    }
}

impl Group {
    fn new(features: &FeatureSet, field: &Field, wishes: &Wishes<'_>) -> Result<Group, ToolError> {
        let columns = columns_of(features, std::slice::from_ref(field), "Group_Field")?;
        let groups = groups_by(features, &columns);
        let mut of_row = vec![0; features.features.len()];
        let mut values = Vec::with_capacity(groups.len());
        for (number, rows) in groups.iter().enumerate() {
            let value = features.features[rows[0]].attributes.get(columns[0]);
            values.push(value.cloned().unwrap_or(Attribute::Null));
            for row in rows {
                of_row[*row] = number;
            }
        }
        Ok(Group {
            field: features.fields[columns[0]].clone(),
            values,
            of_row,
            minority_majority: wishes.minority_majority,
            percents: wishes.percents,
        })
    }

    fn add_fields_of_areas(&self, table: &mut Table) {
        if self.minority_majority == MinorityMajority::NoMinMaj {
            return;
        }
        for prefix in ["Minority", "Majority"] {
            let name = format!("{prefix}_{}", self.field.name);
            table.add_field(Field { alias: name.clone(), name, ..carried_field(&self.field) });
        }
        if self.percents == GroupPercents::AddPercent {
            for prefix in ["Minority", "Majority"] {
                table.add_field(Field::new(
                    format!("{prefix}_{}_Percent", self.field.name),
                    FieldType::Double,
                ));
            }
        }
    }

    /// The groups with the least and the most in the area, and their shares; of several the first.
    fn values_of_area(&self, tallies: &BTreeMap<usize, Tally>, whole: f64) -> Vec<Attribute> {
        if self.minority_majority == MinorityMajority::NoMinMaj {
            return Vec::new();
        }
        let mut groups = tallies.iter();
        let first = groups.next();
        let (mut least, mut most) = (first, first);
        for group in groups {
            let amount = group.1.amount.total();
            if least.is_none_or(|(_, least)| amount < least.amount.total()) {
                least = Some(group);
            }
            if most.is_none_or(|(_, most)| amount > most.amount.total()) {
                most = Some(group);
            }
        }
        let both = [least, most];
        let mut values: Vec<Attribute> = both
            .iter()
            .map(|found| found.map_or(Attribute::Null, |(number, _)| self.values[*number].clone()))
            .collect();
        if self.percents == GroupPercents::AddPercent {
            let of = |found: &Option<(&usize, &Tally)>| {
                found.map_or(Attribute::Null, |(_, tally)| percent(tally, whole))
            };
            values.extend(both.iter().map(of));
        }
        values
    }
}

fn percent(tally: &Tally, whole: f64) -> Attribute {
    Attribute::Double(100.0 * tally.amount.total() / whole)
}
