//! The groups of Summarize Within and its kin: which rows are of which, and the rarest and the most frequent of an area.

use super::{GroupPercents, MinorityMajority, Tally, Wishes};
use crate::groups::{columns_of, group_of_row, groups_by};
use crate::table::{Table, carried_field};
use gp_core::ToolError;
use gp_esri::{Attribute, FeatureSet, Field, FieldType};
use std::collections::BTreeMap;

/// The rows by the values of the group field.
pub(super) struct Group {
    pub(super) field: Field,
    /// The value of each group, in their order.
    pub(super) values: Vec<Attribute>,
    /// The group of each row.
    pub(super) of_row: Vec<usize>,
    minority_majority: MinorityMajority,
    pub(super) percents: GroupPercents,
}

impl Group {
    /// # Errors
    /// There is no such field.
    pub(super) fn new(features: &FeatureSet, field: &Field, wishes: &Wishes<'_>) -> Result<Group, ToolError> {
        let columns = columns_of(features, std::slice::from_ref(field), "Group_Field")?;
        let groups = groups_by(features, &columns);
        let value = |rows: &Vec<usize>| features.features[rows[0]].attributes.get(columns[0]).cloned();
        Ok(Group {
            field: features.fields[columns[0]].clone(),
            values: groups.iter().map(|rows| value(rows).unwrap_or(Attribute::Null)).collect(),
            of_row: group_of_row(&groups, features.features.len()),
            minority_majority: wishes.minority_majority,
            percents: wishes.percents,
        })
    }

    /// Adds the columns of areas.
    pub(super) fn add_fields_of_areas(&self, table: &mut Table) {
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
    pub(super) fn values_of_area(&self, tallies: &BTreeMap<usize, Tally>, whole: f64) -> Vec<Attribute> {
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

/// How many percent of what is in an area are of a group.
pub(super) fn percent(tally: &Tally, whole: f64) -> Attribute {
    Attribute::Double(100.0 * tally.amount.total() / whole)
}
