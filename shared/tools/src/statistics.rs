//! Statistics of fields over groups of rows: `POP SUM` makes a column `SUM_POP`.

use crate::table::Table;
use gp_core::ToolError;
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType};

/// What can be computed of the values of a field. Null values take no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sum,
    Mean,
    Min,
    Max,
    Range,
    Std,
    Variance,
    Median,
    Count,
    Unique,
    First,
    Last,
}

const KINDS: &[(&str, Kind)] = &[
    ("SUM", Kind::Sum),
    ("MEAN", Kind::Mean),
    ("MIN", Kind::Min),
    ("MAX", Kind::Max),
    ("RANGE", Kind::Range),
    ("STD", Kind::Std),
    ("VARIANCE", Kind::Variance),
    ("MEDIAN", Kind::Median),
    ("COUNT", Kind::Count),
    ("UNIQUE", Kind::Unique),
    ("FIRST", Kind::First),
    ("LAST", Kind::Last),
];

/// The statistics that a caller asked for.
pub(crate) struct Statistics {
    wanted: Vec<Wanted>,
}

struct Wanted {
    column: usize,
    kind: Kind,
    field: Field,
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
        // Rows of a value table come as JSON arrays: ["POP","SUM"].
        let is_mark = |letter: char| matches!(letter, '[' | ']' | '"' | ',');
        let entries = entries.iter().flat_map(|entry| entry.split(';')).map(|entry| match entry.trim() {
            row if row.starts_with('[') => row.replace(is_mark, " ").trim().to_owned(),
            text => text.to_owned(),
        });
        let wanted = entries
            .filter(|entry| !entry.is_empty())
            .map(|entry| Wanted::read(&entry, set).map_err(|reason| ToolError::invalid(parameter, reason)));
        Ok(Statistics { wanted: wanted.collect::<Result<_, _>>()? })
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

    /// The statistics of these rows.
    pub(crate) fn values<'a>(&self, rows: &[&'a Feature]) -> Vec<Attribute> {
        let value_of = |wanted: &Wanted| {
            let values: Vec<&'a Attribute> = rows
                .iter()
                .filter_map(|row| row.attributes.get(wanted.column))
                .filter(|value| **value != Attribute::Null)
                .collect();
            wanted.kind.of(&values)
        };
        self.wanted.iter().map(value_of).collect()
    }
}

impl Wanted {
    fn read(entry: &str, set: &FeatureSet) -> Result<Wanted, String> {
        let (field, kind) = entry.rsplit_once(char::is_whitespace).ok_or_else(|| {
            format!("\"{entry}\" is no pair of a field and a statistic, such as \"POP SUM\"")
        })?;
        let field = field.trim();
        let column = set.field_index(field).ok_or_else(|| no_field(field, set))?;
        let known = KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
        let Some((name, kind)) = known else {
            let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            return Err(format!("\"{kind}\" is no statistic; use one of {}", names.join(", ")));
        };
        let source = &set.fields[column];
        if kind.needs_numbers() && !is_numeric(source.field_type) {
            return Err(format!("{name} needs a field of numbers, and {} has none", source.name));
        }
        let field_type = kind.field_type(source.field_type);
        let mut field = Field::new(format!("{name}_{}", source.name), field_type);
        field.length = source.length.filter(|_| field_type == FieldType::String);
        Ok(Wanted { column, kind: *kind, field })
    }
}

impl Kind {
    fn needs_numbers(self) -> bool {
        matches!(self, Kind::Sum | Kind::Mean | Kind::Range | Kind::Std | Kind::Variance | Kind::Median)
    }

    fn field_type(self, source: FieldType) -> FieldType {
        match self {
            Kind::Count | Kind::Unique => FieldType::Integer,
            Kind::Min | Kind::Max | Kind::First | Kind::Last => match source {
                FieldType::Oid => FieldType::BigInteger,
                other => other,
            },
            _ => FieldType::Double,
        }
    }

    /// The statistic of values that are not null; null where there are none.
    fn of(self, values: &[&Attribute]) -> Attribute {
        match self {
            Kind::Count => return Attribute::Integer(values.len() as i64),
            Kind::Unique => return Attribute::Integer(unique(values)),
            _ if values.is_empty() => return Attribute::Null,
            Kind::First => return values[0].clone(),
            Kind::Last => return values[values.len() - 1].clone(),
            Kind::Min => return extreme(values, std::cmp::Ordering::Less),
            Kind::Max => return extreme(values, std::cmp::Ordering::Greater),
            _ => {}
        }
        let numbers: Vec<f64> = values.iter().filter_map(|value| number(value)).collect();
        let (count, sum) = (numbers.len() as f64, numbers.iter().sum::<f64>());
        let result = match self {
            Kind::Sum => Some(sum),
            Kind::Mean => Some(sum / count),
            Kind::Range => {
                let (min, max) = bounds(&numbers);
                Some(max - min)
            }
            Kind::Std => variance(&numbers).map(f64::sqrt),
            Kind::Variance => variance(&numbers),
            _ => Some(median(numbers)),
        };
        result.filter(|number| number.is_finite()).map_or(Attribute::Null, Attribute::Double)
    }
}

/// The sentence for a field that is not there.
pub(crate) fn no_field(name: &str, set: &FeatureSet) -> String {
    let names: Vec<&str> = set.fields.iter().map(|field| field.name.as_str()).collect();
    format!("there is no field \"{name}\"; the fields are {}", names.join(", "))
}

/// Whether the values of a field are numbers.
pub(crate) fn is_numeric(field_type: FieldType) -> bool {
    matches!(
        field_type,
        FieldType::SmallInteger
            | FieldType::Integer
            | FieldType::BigInteger
            | FieldType::Single
            | FieldType::Double
            | FieldType::Oid
    )
}

fn number(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Integer(number) => Some(*number as f64),
        Attribute::Double(number) => Some(*number),
        Attribute::Null | Attribute::Text(_) => None,
    }
}

fn bounds(numbers: &[f64]) -> (f64, f64) {
    numbers
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), number| (min.min(*number), max.max(*number)))
}

/// The variance of a sample (divided by n − 1, as ArcGIS does); null of a single value.
fn variance(numbers: &[f64]) -> Option<f64> {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let squares = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>();
    (numbers.len() > 1).then(|| squares / (count - 1.0))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len().is_multiple_of(2) {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    } else {
        numbers[middle]
    }
}

fn extreme(values: &[&Attribute], wanted: std::cmp::Ordering) -> Attribute {
    let better = |best: &&Attribute, value: &&Attribute| compare(value, best) == wanted;
    let best = values.iter().copied().reduce(|best, value| if better(&best, &value) { value } else { best });
    best.cloned().unwrap_or(Attribute::Null)
}

/// Numbers before texts; whole numbers exactly.
pub(crate) fn compare(a: &Attribute, b: &Attribute) -> std::cmp::Ordering {
    match (a, b) {
        (Attribute::Null, Attribute::Null) => std::cmp::Ordering::Equal,
        (Attribute::Null, _) => std::cmp::Ordering::Less,
        (_, Attribute::Null) => std::cmp::Ordering::Greater,
        (Attribute::Integer(a), Attribute::Integer(b)) => a.cmp(b),
        (Attribute::Text(a), Attribute::Text(b)) => a.cmp(b),
        (Attribute::Text(_), _) => std::cmp::Ordering::Greater,
        (_, Attribute::Text(_)) => std::cmp::Ordering::Less,
        (a, b) => number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)),
    }
}

fn unique(values: &[&Attribute]) -> i64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| compare(a, b));
    sorted.dedup_by(|a, b| compare(a, b).is_eq());
    sorted.len() as i64
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
        assert!(error("POP").contains("no pair"));
    }

    #[test]
    fn no_rows_have_a_count_of_zero_and_nothing_else() {
        let set = set();
        let statistics = Statistics::read(&["POP COUNT;POP SUM".into()], &set, "S").unwrap();
        assert_eq!(statistics.values(&[]), [Attribute::Integer(0), Attribute::Null]);
    }
}
