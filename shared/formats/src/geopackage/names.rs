//! Names of tables and columns that are written.

use super::types;
use crate::FormatError;
use crate::field_names::UniqueNames;
use crate::text::some_of;
use gp_esri::{Attribute, FeatureSet, FieldType};
use std::collections::HashSet;

/// SQLite's own limit, less key and geometry.
const MAX_FIELDS: usize = 1998;
pub(super) const MAX_NAME_BYTES: usize = 100;
pub(super) const GEOMETRY: &str = "geom";
const KEY: &str = "fid";

/// The table of a layer.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) key: String,
    /// Fields and the names of their columns; not the key.
    pub(super) columns: Vec<(usize, String)>,
    /// The field whose values are the key.
    pub(super) key_field: Option<usize>,
}

impl Table {
    /// Names table and columns so that they differ from each other and from what the standard and SQLite have.
    pub(super) fn new(
        name: &str,
        set: &FeatureSet,
        tables: &mut UniqueNames,
        warnings: &mut Vec<String>,
    ) -> Result<Table, FormatError> {
        let table = table_name(name, tables);
        if table != name {
            warnings.push(format!("the layer is named {table}"));
        }
        let oid = set.oid_index();
        let key_field = oid.filter(|index| is_key(set, *index));
        if let (Some(index), None) = (oid, key_field) {
            warnings.push(format!(
                "the object ids of {} are not unique, or some are negative or null: features were numbered anew",
                set.fields[index].name
            ));
        }
        let mut names = UniqueNames::within(MAX_NAME_BYTES);
        if set.geometry_type.is_some() {
            names.named(GEOMETRY.to_owned(), "_");
        }
        let key_name = key_field.map_or(KEY, |index| set.fields[index].name.as_str());
        let key = names.named(clean_name(key_name, KEY), "_");
        let (mut columns, mut renamed, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        for (index, field) in set.fields.iter().enumerate() {
            if Some(index) == key_field || field.field_type == FieldType::Geometry {
                continue;
            }
            if types::declaration(field).is_none() {
                dropped.push(field.name.as_str());
                continue;
            }
            let name = names.named(clean_name(&field.name, "field"), "_");
            if name != field.name {
                renamed.push(format!("{} → {name}", field.name));
            }
            columns.push((index, name));
        }
        if columns.len() > MAX_FIELDS {
            return Err(FormatError::Unsupported(format!(
                "a GeoPackage has at most {MAX_FIELDS} fields a layer, not {}",
                columns.len()
            )));
        }
        for (names, what) in [
            (some_of(&renamed), "fields have another name in a GeoPackage"),
            (some_of(&dropped), "fields of bytes were left out"),
        ] {
            if !names.is_empty() {
                warnings.push(format!("{what}: {names}"));
            }
        }
        Ok(Table { name: table, key, columns, key_field })
    }
}

/// Whether the values of a field can be the key of a table. Readers take -1 for none.
fn is_key(set: &FeatureSet, index: usize) -> bool {
    let mut seen = HashSet::with_capacity(set.features.len());
    set.features.iter().all(|feature| match feature.attributes.get(index) {
        Some(Attribute::Integer(id)) => *id >= 0 && seen.insert(*id),
        _ => false,
    })
}

fn table_name(name: &str, tables: &mut UniqueNames) -> String {
    let clean = clean_name(name, "layer");
    let lower = clean.to_lowercase();
    let is_reserved = ["gpkg_", "rtree_", "sqlite_"].iter().any(|prefix| lower.starts_with(prefix));
    tables.named(if is_reserved { format!("layer_{clean}") } else { clean }, "_")
}

fn clean_name(name: &str, otherwise: &str) -> String {
    let clean: String = name.trim().chars().map(|char| if char.is_control() { '_' } else { char }).collect();
    if clean.is_empty() { otherwise.to_owned() } else { clean }
}
