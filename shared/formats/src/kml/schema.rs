//! Descriptions of extended data: the fields of a layer, with their types.
//!
//! Separate from the placemarks, which name a schema and are read by themselves.

use super::element::Element;
use crate::FormatError;
use gp_esri::FieldType;
use std::collections::HashMap;

/// The schemas of a document, by their names.
#[derive(Default)]
pub(super) struct Schemas {
    all: Vec<Schema>,
    numbers: HashMap<String, usize>,
    field_count: usize,
}

/// A description of extended data.
pub(super) struct Schema {
    pub(super) fields: Vec<SchemaField>,
}

/// A field of a schema.
pub(super) struct SchemaField {
    pub(super) name: String,
    pub(super) alias: Option<String>,
    pub(super) field_type: FieldType,
}

/// Most fields of all schemas together.
const MAX_SCHEMA_FIELDS: usize = 100_000;

/// Types of schemas, KML 2.2, section 9.9.
const TYPES: &[(&str, FieldType)] = &[
    ("short", FieldType::SmallInteger),
    ("ushort", FieldType::Integer),
    ("int", FieldType::Integer),
    ("uint", FieldType::BigInteger),
    ("float", FieldType::Single),
    ("double", FieldType::Double),
    ("bool", FieldType::SmallInteger),
];

impl Schemas {
    pub(super) fn numbered(&self, number: usize) -> Option<&Schema> {
        self.all.get(number)
    }

    /// The schema of that name, and its number.
    pub(super) fn named(&self, id: &str) -> Option<(usize, &Schema)> {
        let number = *self.numbers.get(id)?;
        Some((number, self.all.get(number)?))
    }

    /// Reads a schema; returns its number.
    pub(super) fn add(&mut self, element: &Element) -> Result<usize, FormatError> {
        let id = element.attribute("id").or(element.attribute("name")).unwrap_or_default();
        let mut fields = Vec::new();
        for field in element.children.iter().filter(|child| child.name == "SimpleField") {
            self.field_count += 1;
            if self.field_count > MAX_SCHEMA_FIELDS {
                return Err(FormatError::TooLarge(format!(
                    "the schemas of the file have more than {MAX_SCHEMA_FIELDS} fields, the most that are read"
                )));
            }
            let type_name = field.attribute("type").unwrap_or_default().trim_start_matches("xsd:");
            let known = TYPES.iter().find(|(name, _)| *name == type_name);
            let alias = field.child_text("displayName").filter(|alias| !alias.is_empty());
            fields.push(SchemaField {
                name: field.attribute("name").unwrap_or_default().to_owned(),
                alias: alias.map(str::to_owned),
                field_type: known.map_or(FieldType::String, |(_, field_type)| *field_type),
            });
        }
        let number = self.all.len();
        self.all.push(Schema { fields });
        if !id.is_empty() {
            self.numbers.entry(id.to_owned()).or_insert(number);
        }
        Ok(number)
    }
}
