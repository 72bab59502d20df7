//! Statistics of fields over groups of rows: `POP SUM` makes a column `SUM_POP`.

use crate::statistic::{Kind, Seen};
use crate::table::Table;
use gp_core::ToolError;
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType};
use std::cmp::Ordering;

/// The statistics that a caller asked for.
#[derive(Default)]
pub(crate) struct Statistics {
    /// The columns that are read, each once.
    columns: Vec<Column>,
    wanted: Vec<Wanted>,
    /// What stands between concatenated values.
    separator: String,
}

struct Column {
    column: usize,
    /// Whether a statistic needs all values at once.
    keeps_values: bool,
}

struct Wanted {
    /// The place in `Statistics::columns`.
    column: usize,
    kind: Kind,
    field: Field,
}

/// The entries of a value table of two columns, such as `POP SUM` or `["POP","SUM"]`; a text may hold several, separated
/// by semicolons.
///
/// # Errors
/// A sentence for an entry that is no pair; `example` is one.
pub(crate) fn pairs(entries: &[String], example: &str) -> Result<Vec<(String, String)>, String> {
    let is_mark = |letter: char| matches!(letter, '[' | ']' | '"' | ',');
    let entries = entries.iter().flat_map(|entry| entry.split(';')).map(|entry| match entry.trim() {
        // Rows of a value table come as JSON arrays.
        row if row.starts_with('[') => row.replace(is_mark, " ").trim().to_owned(),
        text => text.to_owned(),
    });
    let pair = |entry: String| match entry.rsplit_once(char::is_whitespace) {
        Some((first, second)) => Ok((first.trim().to_owned(), second.to_owned())),
        None => Err(format!("\"{entry}\" is no pair such as \"{example}\"")),
    };
    entries.filter(|entry| !entry.is_empty()).map(pair).collect()
}

impl Statistics {
    /// Reads `FIELD STATISTIC` entries, each text with one or several of them separated by semicolons.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] naming the entry: an unknown field or statistic, or one that needs numbers.
    pub(crate) fn read(
        entries: &[String],
        set: &FeatureSet,
        parameter: &str,
    ) -> Result<Statistics, ToolError> {
        let invalid = |reason: String| ToolError::invalid(parameter, reason);
        let mut statistics = Statistics::default();
        for (field, kind) in pairs(entries, "POP SUM").map_err(invalid)? {
            let column = set.field_index(&field).ok_or_else(|| invalid(no_field(&field, set)))?;
            let kind = Kind::from_name(&kind).ok_or_else(|| {
                invalid(format!("\"{kind}\" is no statistic; use one of {}", Kind::names()))
            })?;
            let name = format!("{}_{}", kind.name(), set.fields[column].name);
            statistics.want(column, kind, name, set).map_err(invalid)?;
        }
        Ok(statistics)
    }

    /// The sums of these fields, under their own names.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] for a field that is not there or has no numbers.
    pub(crate) fn sums(fields: &[Field], set: &FeatureSet, parameter: &str) -> Result<Statistics, ToolError> {
        let invalid = |reason: String| ToolError::invalid(parameter, reason);
        let mut statistics = Statistics::default();
        for field in fields {
            let column = set.field_index(&field.name).ok_or_else(|| invalid(no_field(&field.name, set)))?;
            statistics.want(column, Kind::Sum, set.fields[column].name.clone(), set).map_err(invalid)?;
        }
        Ok(statistics)
    }

    /// The same with this text between concatenated values.
    pub(crate) fn with_separator(self, separator: String) -> Statistics {
        Statistics { separator, ..self }
    }

    /// Whether none is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Adds the columns of the statistics.
    pub(crate) fn add_fields(&self, table: &mut Table) {
        for wanted in &self.wanted {
            table.add_field(wanted.field.clone());
        }
    }

    /// The statistics of these rows, each column read once.
    pub(crate) fn values(&self, rows: &[&Feature]) -> Vec<Attribute> {
        let read = |column: &Column| Seen::of(rows, column.column, column.keeps_values);
        let seen: Vec<Seen<'_>> = self.columns.iter().map(read).collect();
        let value = |wanted: &Wanted| seen[wanted.column].value(wanted.kind, &self.separator);
        self.wanted.iter().map(value).collect()
    }

    fn want(&mut self, column: usize, kind: Kind, name: String, set: &FeatureSet) -> Result<(), String> {
        let source = &set.fields[column];
        if kind.needs_numbers() && !source.field_type.is_numeric() {
            return Err(format!("{} needs a field of numbers, and {} has none", kind.name(), source.name));
        }
        let field_type = kind.field_type(source.field_type);
        let mut field = Field::new(name, field_type);
        let keeps_length = field_type == FieldType::String && kind != Kind::Concatenate;
        field.length = source.length.filter(|_| keeps_length);
        let known = self.columns.iter().position(|known| known.column == column);
        let place = known.unwrap_or_else(|| {
            self.columns.push(Column { column, keeps_values: false });
            self.columns.len() - 1
        });
        self.columns[place].keeps_values |= kind.needs_all_values();
        self.wanted.push(Wanted { column: place, kind, field });
        Ok(())
    }
}

/// The sentence for a field that is not there.
pub(crate) fn no_field(name: &str, set: &FeatureSet) -> String {
    let names: Vec<&str> = set.fields.iter().map(|field| field.name.as_str()).collect();
    format!("there is no field \"{name}\"; the fields are {}", names.join(", "))
}

/// The value as a number, when it is one.
pub(crate) fn number(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Integer(number) => Some(*number as f64),
        Attribute::Double(number) => Some(*number),
        Attribute::Null | Attribute::Text(_) => None,
    }
}

/// The value as text, numbers in the fewest digits that say them exactly; none for null.
pub(crate) fn text_of(value: &Attribute) -> String {
    match value {
        Attribute::Null => String::new(),
        Attribute::Integer(number) => number.to_string(),
        Attribute::Double(number) => number.to_string(),
        Attribute::Text(text) => text.to_string(),
    }
}

/// Nulls before numbers, numbers before texts; whole numbers exactly.
pub(crate) fn compare(a: &Attribute, b: &Attribute) -> Ordering {
    match (a, b) {
        (Attribute::Null, Attribute::Null) => Ordering::Equal,
        (Attribute::Null, _) => Ordering::Less,
        (_, Attribute::Null) => Ordering::Greater,
        (Attribute::Integer(a), Attribute::Integer(b)) => a.cmp(b),
        (Attribute::Text(a), Attribute::Text(b)) => a.cmp(b),
        (Attribute::Text(_), _) => Ordering::Greater,
        (_, Attribute::Text(_)) => Ordering::Less,
        (a, b) => number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> FeatureSet {
        let fields = vec![Field::new("POP", FieldType::Integer), Field::new("NAME", FieldType::String)];
        let row = |pop: Option<i64>, name: &str| Feature {
            attributes: vec![pop.map_or(Attribute::Null, Attribute::Integer), Attribute::Text(name.into())],
            geometry: None,
        };
        let features = vec![row(Some(1), "b"), row(None, "a"), row(Some(4), "c"), row(Some(4), "a")];
        FeatureSet { fields, features, ..FeatureSet::default() }
    }

    fn statistic(entry: &str) -> Attribute {
        let set = set();
        let statistics = Statistics::read(&[entry.to_owned()], &set, "Statistics_Fields").unwrap();
        statistics.values(&set.features.iter().collect::<Vec<_>>()).remove(0)
    }

    #[test]
    fn null_values_take_no_part() {
        assert_eq!(statistic("POP COUNT"), Attribute::Integer(3));
        assert_eq!(statistic("POP SUM"), Attribute::Double(9.0));
        assert_eq!(statistic("pop mean"), Attribute::Double(3.0));
        assert_eq!(statistic("POP MIN"), Attribute::Integer(1));
        assert_eq!(statistic("POP MEDIAN"), Attribute::Double(4.0));
        assert_eq!(statistic("POP VARIANCE"), Attribute::Double(3.0));
        assert_eq!(statistic("POP UNIQUE"), Attribute::Integer(2));
        assert_eq!(statistic("POP RANGE"), Attribute::Double(3.0));
    }

    #[test]
    fn the_mode_is_the_least_of_the_most_frequent_values_and_texts_are_joined() {
        assert_eq!(statistic("POP MODE"), Attribute::Integer(4));
        assert_eq!(statistic("NAME MODE"), Attribute::Text("a".into()));
        let set = set();
        let statistics = Statistics::read(&["NAME CONCATENATE;POP CONCATENATE".into()], &set, "S").unwrap();
        let rows: Vec<&Feature> = set.features.iter().collect();
        let joined = statistics.with_separator("; ".into()).values(&rows);
        assert_eq!(joined, [Attribute::Text("b; a; c; a".into()), Attribute::Text("1; 4; 4".into())]);
    }

    #[test]
    fn rows_of_a_value_table_come_as_arrays_too() {
        let read = pairs(&["[\"POP\",\"SUM\"]".into(), "A MAX; B MIN".into()], "POP SUM").unwrap();
        let read: Vec<(&str, &str)> = read.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(read, [("POP", "SUM"), ("A", "MAX"), ("B", "MIN")]);
    }

    #[test]
    fn texts_have_a_least_and_a_greatest_but_no_sum() {
        assert_eq!(statistic("NAME MAX"), Attribute::Text("c".into()));
        assert_eq!(statistic("NAME FIRST"), Attribute::Text("b".into()));
        assert!(Statistics::read(&["NAME SUM".into()], &set(), "Statistics_Fields").is_err());
    }

    #[test]
    fn a_wrong_entry_is_named_with_what_is_possible() {
        let error = |entry: &str| Statistics::read(&[entry.into()], &set(), "S").err().unwrap().to_string();
        assert_eq!(error("X SUM"), "S: there is no field \"X\"; the fields are POP, NAME");
        assert!(error("POP FOO").contains("\"FOO\" is no statistic; use one of SUM, MEAN"));
        assert!(error("POP").contains("no pair such as \"POP SUM\""));
        assert_eq!(error("NAME SUM"), "S: SUM needs a field of numbers, and NAME has none");
    }

    #[test]
    fn the_texts_of_parameters_name_every_statistic() {
        let texts = crate::TOOLS.iter().flat_map(|tool| tool.inputs()).map(|input| &input.description);
        let listing: Vec<_> = texts.filter(|text| text.contains("VARIANCE")).collect();
        assert!(
            !listing.is_empty() && listing.iter().all(|text| text.contains(&Kind::names())),
            "{listing:?}"
        );
    }

    #[test]
    fn no_rows_have_a_count_of_zero_and_nothing_else() {
        let set = set();
        let statistics = Statistics::read(&["POP COUNT;POP SUM".into()], &set, "S").unwrap();
        assert_eq!(statistics.values(&[]), [Attribute::Integer(0), Attribute::Null]);
    }
}
