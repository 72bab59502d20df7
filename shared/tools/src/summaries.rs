//! Areas with counts, sums and statistics of what lies within them: what Summarize Within, Summarize Nearby and Aggregate
//! Points share.
//!
//! Sums take the share of each value that lies within the area; means and standard deviations are weighted by the length
//! or area inside, and least and greatest values are whole, as ArcGIS documents its summary statistics. Points count
//! one each.

mod choices;
mod group;
mod tally;

pub(crate) use choices::{EmptyAreas, GroupPercents, MinorityMajority, ShapeUnit, SumShape, shape_sum};
pub(crate) use tally::Summed;

use crate::limits::refuse_too_many;
use crate::measures::Measures;
use crate::statistics::{no_field, number, pairs};
use crate::table::{Carried, Table, carried_field};
use crate::within::{Piece, pieces_within};
use gp_core::{RecordSet, RunContext, ToolError};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, GeometryType};
use group::{Group, percent};
use tally::Tally;

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

    /// Sums up what of the features lies within each of the areas, which have one spatial reference with them.
    ///
    /// # Errors
    /// As [`pieces_within`].
    pub(crate) fn sum_within(
        &self,
        areas: &FeatureSet,
        measures: &Measures,
        parameter: &'static str,
        context: &RunContext,
    ) -> Result<Vec<Summed>, ToolError> {
        let mut summed = vec![Summed::default(); areas.features.len()];
        pieces_within(areas, self.features, measures, parameter, context, |area, piece| {
            self.add(&mut summed[area], piece);
        })?;
        Ok(summed)
    }

    /// Adds a piece to what lies within an area.
    pub(crate) fn add(&self, summed: &mut Summed, piece: Piece) {
        let Feature { attributes, .. } = &self.features.features[piece.row];
        let numbers = self.columns.iter().map(|column| attributes.get(*column).and_then(number));
        summed.all.add(piece.amount, piece.share, numbers.clone());
        if let Some(group) = &self.group {
            let tally = summed.groups.entry(group.of_row[piece.row]).or_default();
            tally.add(piece.amount, piece.share, numbers);
        }
    }

    /// The areas with their attributes and the figures of what lies within each, and the table of the groups, which has
    /// no rows where there is no group field.
    ///
    /// # Errors
    /// The run was stopped, or the table of the groups would have more than [`MOST_ROWS`](crate::limits::MOST_ROWS) rows.
    pub(crate) fn write(
        &self,
        areas: FeatureSet,
        summed: &[Summed],
        context: &RunContext,
    ) -> Result<(FeatureSet, RecordSet), ToolError> {
        let group_rows = summed.iter().map(|area| area.groups.len()).sum::<usize>();
        refuse_too_many(group_rows as f64, "rows", "Group_Field", "choose a field with fewer values")?;
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
        for (mut area, Summed { all, groups: tallies }) in areas.features.into_iter().zip(summed) {
            context.check()?;
            if all.pieces == 0 && self.empty_areas == EmptyAreas::Drop {
                continue;
            }
            join_id += 1;
            let geometry = area.geometry.take();
            let mut values: Vec<Attribute> = carried.values(&area).collect();
            values.extend(self.figures(all));
            if let Some(group) = &self.group {
                values.push(Attribute::Integer(join_id));
                values.extend(group.values_of_area(tallies, all.amount.total()));
                for (number, tally) in tallies {
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
