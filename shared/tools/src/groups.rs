//! Rows grouped by the values of fields, for tools that dissolve.

use crate::statistics::{compare, no_field};
use gp_core::ToolError;
use gp_esri::{Attribute, FeatureSet, Field};
use std::collections::BTreeMap;

/// The columns of these fields.
pub(crate) fn columns_of(
    set: &FeatureSet,
    fields: &[Field],
    parameter: &str,
) -> Result<Vec<usize>, ToolError> {
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
        let mut orders =
            pairs.map(|(a, b)| compare(a.unwrap_or(&Attribute::Null), b.unwrap_or(&Attribute::Null)));
        orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    }
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
        assert_eq!(columns_of(&set, &[Field::new("name", FieldType::String)], "P"), Ok(vec![0]));
    }
}
