//! One statistic: its name, what it needs, and its value after one pass over a column.

use crate::moments::Moments;
use crate::statistics::{compare, number, text_of};
use gp_esri::{Attribute, Feature, FieldType};

/// What can be computed of the values of a field. Null values take no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
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
    Mode,
    Concatenate,
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
    ("MODE", Kind::Mode),
    ("CONCATENATE", Kind::Concatenate),
];

/// What is known of the values of a column after one pass over the rows. Null values take no part.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    count: i64,
    moments: Moments,
    first: Option<&'a Attribute>,
    last: Option<&'a Attribute>,
    least: Option<&'a Attribute>,
    greatest: Option<&'a Attribute>,
    values: Vec<&'a Attribute>,
}

impl Kind {
    /// Every name, for messages.
    pub(crate) fn names() -> String {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// The statistic of that name, in any case.
    pub(crate) fn from_name(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }

    /// Its name, as in entries and in names of columns.
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether the field must have numbers.
    pub(crate) fn needs_numbers(self) -> bool {
        matches!(self, Kind::Sum | Kind::Mean | Kind::Range | Kind::Std | Kind::Variance | Kind::Median)
    }

    /// Whether all values must be known at once.
    pub(crate) fn needs_all_values(self) -> bool {
        matches!(self, Kind::Median | Kind::Unique | Kind::Mode | Kind::Concatenate)
    }

    /// The type of its column, for a field of type `source`.
    pub(crate) fn field_type(self, source: FieldType) -> FieldType {
        match self {
            Kind::Count | Kind::Unique => FieldType::Integer,
            Kind::Concatenate => FieldType::String,
            Kind::Min | Kind::Max | Kind::First | Kind::Last | Kind::Mode => match source {
                FieldType::Oid => FieldType::BigInteger,
                FieldType::GlobalId => FieldType::Guid,
                other => other,
            },
            _ => FieldType::Double,
        }
    }
}

impl<'a> Seen<'a> {
    /// Reads a column of rows. All values are kept where a statistic needs them at once.
    pub(crate) fn of(rows: &[&'a Feature], column: usize, keeps_values: bool) -> Seen<'a> {
        let mut seen = Seen::default();
        for row in rows {
            let Some(value) = row.attributes.get(column) else { continue };
            if *value == Attribute::Null {
                continue;
            }
            seen.count += 1;
            seen.first = seen.first.or(Some(value));
            seen.last = Some(value);
            if seen.least.is_none_or(|least| compare(value, least).is_lt()) {
                seen.least = Some(value);
            }
            if seen.greatest.is_none_or(|greatest| compare(value, greatest).is_gt()) {
                seen.greatest = Some(value);
            }
            if let Some(number) = number(value) {
                seen.moments.add(number);
            }
            if keeps_values {
                seen.values.push(value);
            }
        }
        seen
    }

    /// A statistic of the values; null where there are none. `separator` stands between concatenated values.
    pub(crate) fn value(&self, kind: Kind, separator: &str) -> Attribute {
        let value = |value: Option<&Attribute>| value.cloned().unwrap_or(Attribute::Null);
        let number = |number: Option<f64>| {
            number.filter(|number| number.is_finite()).map_or(Attribute::Null, Attribute::Double)
        };
        let moments = &self.moments;
        match kind {
            Kind::Count => Attribute::Integer(self.count),
            Kind::Unique => Attribute::Integer(runs(&self.values).len() as i64),
            Kind::First => value(self.first),
            Kind::Last => value(self.last),
            Kind::Min => value(self.least),
            Kind::Max => value(self.greatest),
            Kind::Sum => number(moments.sum()),
            Kind::Mean => number(moments.mean()),
            Kind::Range => number(moments.greatest().zip(moments.least()).map(|(max, min)| max - min)),
            Kind::Std => number(moments.variance().map(f64::sqrt)),
            Kind::Variance => number(moments.variance()),
            Kind::Median => number(median(&self.values)),
            Kind::Mode => value(mode(&self.values)),
            Kind::Concatenate => concatenated(&self.values, separator),
        }
    }
}

fn median(values: &[&Attribute]) -> Option<f64> {
    let mut numbers: Vec<f64> = values.iter().filter_map(|value| number(value)).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    Some(if numbers.len().is_multiple_of(2) { f64::midpoint(numbers[middle - 1], upper) } else { upper })
}

/// The value that is there most often; of several the least.
fn mode<'a>(values: &[&'a Attribute]) -> Option<&'a Attribute> {
    let mut best: Option<(usize, &Attribute)> = None;
    for (count, value) in runs(values) {
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, value));
        }
    }
    best.map(|(_, value)| value)
}

/// The different values, ascending, each with how often it is there.
fn runs<'a>(values: &[&'a Attribute]) -> Vec<(usize, &'a Attribute)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| compare(a, b));
    sorted.chunk_by(|a, b| compare(a, b).is_eq()).map(|run| (run.len(), run[0])).collect()
}

fn concatenated(values: &[&Attribute], separator: &str) -> Attribute {
    if values.is_empty() {
        return Attribute::Null;
    }
    let texts: Vec<String> = values.iter().map(|value| text_of(value)).collect();
    Attribute::Text(texts.join(separator).into())
}
