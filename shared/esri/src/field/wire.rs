//! Reading and writing of field descriptions (specification 2.6, 6.1).

use crate::json::{JsonError, Kind, Reader, write_i64, write_string};
use crate::{Field, FieldType};

/// A text that is no field description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The text is broken JSON, or a member has the wrong kind.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The name is missing.
    #[error(
        "a field needs a name: expected {{\"name\":\"POP\",\"type\":\"esriFieldTypeInteger\"}} or the bare name"
    )]
    NoName,
    /// The type does not exist.
    #[error("unknown type {value:?} of field {name:?}: expected one of {}", type_names())]
    Type {
        /// The field.
        name: String,
        /// What was given, cut short.
        value: String,
    },
}

impl Field {
    /// Reads a field parameter: the object form, or a bare name, whose type is then not known and said to be text.
    pub fn from_text(text: &str) -> Result<Field, FieldError> {
        let text = text.trim();
        // What begins like JSON must be JSON (specification 2.4, rule 2).
        if !text.starts_with(['{', '[', '"']) {
            return if text.is_empty() {
                Err(FieldError::NoName)
            } else {
                Ok(Field::new(text, FieldType::String))
            };
        }
        let mut reader = Reader::new(text, 32);
        let field = Field::read(&mut reader)?;
        reader.end()?;
        Ok(field)
    }

    /// Reads the field that `reader` stands on: the object form, or a bare name as in [`from_text`](Field::from_text).
    pub fn read(reader: &mut Reader<'_>) -> Result<Field, FieldError> {
        if reader.peek()? == Kind::String {
            let name = reader.string()?;
            return if name.trim().is_empty() {
                Err(FieldError::NoName)
            } else {
                Ok(Field::new(name, FieldType::String))
            };
        }
        let mut field = Field::new("", FieldType::String);
        let mut alias = None;
        let mut type_name = None;
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match (key.as_ref(), reader.peek()?) {
                ("name", Kind::String) => field.name = reader.string()?.into_owned(),
                ("type", Kind::String) => type_name = Some(reader.string()?),
                ("alias", Kind::String) => alias = Some(reader.string()?.into_owned()),
                // Python writes lengths as floats, and -1 for "no limit".
                ("length", Kind::Number) => field.length = length(reader.f64()?),
                ("nullable", Kind::Bool) => field.nullable = Some(reader.bool()?),
                ("editable", Kind::Bool) => field.editable = Some(reader.bool()?),
                ("domain", Kind::Object) => field.domain = Some(reader.raw_value()?.into()),
                _ => reader.skip_value()?,
            }
        }
        if field.name.trim().is_empty() {
            return Err(FieldError::NoName);
        }
        field.alias = alias.filter(|alias| !alias.is_empty()).unwrap_or_else(|| field.name.clone());
        if let Some(name) = type_name {
            field.field_type = FieldType::from_name(&name).ok_or_else(|| FieldError::Type {
                name: field.name.clone(),
                value: crate::text::shortened(&name),
            })?;
        }
        Ok(field)
    }

    /// Appends the object form of a column: with an alias always, because clients of feature sets need it.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_name_and_type(out);
        self.write_alias(out);
        self.write_rest(out);
    }

    /// Appends the object form of a parameter's value: an alias that says nothing is left out, so that a field comes
    /// back as it was given.
    pub fn write_value(&self, out: &mut Vec<u8>) {
        self.write_name_and_type(out);
        if self.alias != self.name {
            self.write_alias(out);
        }
        self.write_rest(out);
    }

    fn write_name_and_type(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"name\":");
        write_string(out, &self.name);
        out.extend_from_slice(b",\"type\":");
        write_string(out, self.field_type.name());
    }

    fn write_alias(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"alias\":");
        write_string(out, &self.alias);
    }

    fn write_rest(&self, out: &mut Vec<u8>) {
        if let Some(length) = self.length {
            out.extend_from_slice(b",\"length\":");
            write_i64(out, i64::from(length));
        }
        for (key, flag) in [(&b",\"nullable\":"[..], self.nullable), (b",\"editable\":", self.editable)] {
            if let Some(flag) = flag {
                out.extend_from_slice(key);
                out.extend_from_slice(if flag { b"true" } else { b"false" });
            }
        }
        if let Some(domain) = &self.domain {
            out.extend_from_slice(b",\"domain\":");
            out.extend_from_slice(domain.as_bytes());
        }
        out.push(b'}');
    }
}

fn length(value: f64) -> Option<u32> {
    (value >= 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
}

fn type_names() -> String {
    FieldType::all().map(FieldType::name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_no_field() {
        assert!(Field::from_text("[[[[").is_err());
        assert!(Field::from_text("[\"POP\"]").is_err());
    }

    #[test]
    fn a_field_is_read_and_written_whole() {
        let text = r#"{"name":"POP","type":"esriFieldTypeInteger","alias":"Population","length":4,"nullable":true,"editable":false,"domain":{"type":"range","range":[0,9]}}"#;
        let mut out = Vec::new();
        Field::from_text(text).unwrap().write(&mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), text);
        assert_eq!(Field::from_text("POP").unwrap(), Field::new("POP", FieldType::String));
        assert_eq!(Field::from_text("\"POP\"").unwrap(), Field::new("POP", FieldType::String));
    }

    #[test]
    fn type_names_go_both_ways_and_case_does_not_count() {
        for field_type in FieldType::all() {
            assert_eq!(FieldType::from_name(field_type.name()), Some(field_type));
            assert_eq!(FieldType::from_name(&field_type.name().to_ascii_uppercase()), Some(field_type));
        }
        assert_eq!(FieldType::all().count(), 17);
        assert_eq!(FieldType::from_name("oid"), Some(FieldType::Oid));
        assert_eq!(FieldType::from_name("esriFieldType"), None);
    }

    #[test]
    fn a_field_without_name_or_with_an_unknown_type_is_refused() {
        assert_eq!(Field::from_text("{\"type\":\"esriFieldTypeInteger\"}"), Err(FieldError::NoName));
        assert_eq!(Field::from_text(""), Err(FieldError::NoName));
        let error = Field::from_text("{\"name\":\"A\",\"type\":\"int\"}").unwrap_err().to_string();
        assert!(
            error.starts_with(
                "unknown type \"int\" of field \"A\": expected one of esriFieldTypeSmallInteger"
            ),
            "{error}"
        );
    }
}
