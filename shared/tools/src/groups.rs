//! Rows grouped by the values of fields: those with equal values are one group.

use crate::each::Meter;
use crate::keys::Key;
use crate::statistics::{compare, no_field};
use gp_core::{RunContext, ToolError};
use gp_esri::{Attribute, FeatureSet, Field};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::convert::Infallible;

/// The column of this field.
///
/// # Errors
/// [`ToolError::InvalidParameter`] when it is not there.
pub(crate) fn column_of(set: &FeatureSet, field: &Field, parameter: &str) -> Result<usize, ToolError> {
    set.field_index(&field.name).ok_or_else(|| ToolError::invalid(parameter, no_field(&field.name, set)))
}

/// The columns of these fields.
pub(crate) fn columns_of(
    set: &FeatureSet,
    fields: &[Field],
    parameter: &str,
) -> Result<Vec<usize>, ToolError> {
    fields.iter().map(|field| column_of(set, field, parameter)).collect()
}

/// Row numbers by the values of these columns, ordered by value.
pub(crate) fn groups_by(set: &FeatureSet, columns: &[usize]) -> Vec<Vec<usize>> {
    match group_rows(set, columns, || Ok::<(), Infallible>(())) {
        Ok(groups) => groups,
        Err(never) => match never {},
    }
}

/// [`groups_by`], telling how far it is.
///
/// # Errors
/// The run was stopped.
pub(crate) fn groups_with_progress(
    set: &FeatureSet,
    columns: &[usize],
    context: &RunContext,
) -> Result<Vec<Vec<usize>>, ToolError> {
    let meter = Meter::new(context, set.features.len(), "Grouping");
    group_rows(set, columns, || meter.step())
}

fn group_rows<E>(
    set: &FeatureSet,
    columns: &[usize],
    before_row: impl Fn() -> Result<(), E>,
) -> Result<Vec<Vec<usize>>, E> {
    let mut numbers: HashMap<Vec<Key<'_>>, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut key: Vec<Key<'_>> = Vec::with_capacity(columns.len());
    for (row, feature) in set.features.iter().enumerate() {
        before_row()?;
        key.clear();
        key.extend(columns.iter().map(|column| Key::of(feature.attributes.get(*column))));
        let number = match numbers.get(key.as_slice()) {
            Some(number) => *number,
            None => {
                numbers.insert(key.clone(), groups.len());
                groups.push(Vec::new());
                groups.len() - 1
            }
        };
        groups[number].push(row);
    }
    groups.sort_by(|a, b| compare_rows(set, columns, a[0], b[0]));
    Ok(groups)
}

/// The group of each of `count` rows.
pub(crate) fn group_of_row(groups: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut of_row = vec![0; count];
    for (group, rows) in groups.iter().enumerate() {
        for row in rows {
            of_row[*row] = group;
        }
    }
    of_row
}

fn compare_rows(set: &FeatureSet, columns: &[usize], a: usize, b: usize) -> Ordering {
    let value =
        |row: usize, column: usize| set.features[row].attributes.get(column).unwrap_or(&Attribute::Null);
    let mut orders = columns.iter().map(|column| compare(value(a, *column), value(b, *column)));
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::{Feature, FieldType};

    #[test]
    fn groups_are_ordered_by_value_and_rows_by_number() {
        let row = |value: Attribute| Feature { attributes: vec![value], geometry: None };
        let text = |text: &str| Attribute::Text(text.into());
        let features = vec![row(text("b")), row(Attribute::Null), row(text("a")), row(text("b"))];
        let fields = vec![Field::new("NAME", FieldType::String)];
        let set = FeatureSet { fields, features, ..FeatureSet::default() };
        assert_eq!(groups_by(&set, &[0]), [vec![1], vec![2], vec![0, 3]]);
        assert_eq!(groups_by(&set, &[]), [vec![0, 1, 2, 3]]);
        assert_eq!(group_of_row(&groups_by(&set, &[0]), 4), [2, 0, 1, 2]);
        assert_eq!(columns_of(&set, &[Field::new("name", FieldType::String)], "P"), Ok(vec![0]));
    }
}
