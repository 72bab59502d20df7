//! Formats of files as choices of a parameter: the names are those of `gp_formats`, so that a format that is added there is a
//! choice here.

use gp_core::{DataType, ParameterType, Value};
use gp_formats::Format;
use std::sync::LazyLock;

/// The format of files that are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WrittenFormat(pub(crate) Format);

/// The format of a file that is read; `None` for what the file itself says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReadFormat(pub(crate) Option<Format>);

/// What stands for no particular format.
const AUTO: &str = "AUTO";

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| Format::all().map(Format::name).collect());
static NAMES_WITH_AUTO: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| std::iter::once(AUTO).chain(Format::all().map(Format::name)).collect());

impl ParameterType for WrittenFormat {
    fn data_type() -> DataType {
        DataType::String
    }

    fn choices() -> &'static [&'static str] {
        &NAMES
    }

    fn from_value(value: Value) -> Option<WrittenFormat> {
        let Value::String(name) = value else { return None };
        Format::from_name(&name).map(WrittenFormat)
    }

    fn into_value(self) -> Value {
        Value::String(self.0.name().to_owned())
    }
}

impl ParameterType for ReadFormat {
    fn data_type() -> DataType {
        DataType::String
    }

    fn choices() -> &'static [&'static str] {
        &NAMES_WITH_AUTO
    }

    fn from_value(value: Value) -> Option<ReadFormat> {
        match value {
            Value::String(name) if name.eq_ignore_ascii_case(AUTO) => Some(ReadFormat(None)),
            Value::String(name) => Format::from_name(&name).map(|format| ReadFormat(Some(format))),
            _ => None,
        }
    }

    fn into_value(self) -> Value {
        Value::String(self.0.map_or(AUTO, Format::name).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_as_what_it_is_written_from() {
        for name in WrittenFormat::choices() {
            let format = WrittenFormat::from_value(Value::String((*name).to_owned())).unwrap();
            assert_eq!(format.into_value(), Value::String((*name).to_owned()));
        }
        for name in ReadFormat::choices() {
            let format = ReadFormat::from_value(Value::String((*name).to_owned())).unwrap();
            assert_eq!(format.into_value(), Value::String((*name).to_owned()));
        }
        assert_eq!(ReadFormat::choices().len(), Format::all().count() + 1);
    }
}
