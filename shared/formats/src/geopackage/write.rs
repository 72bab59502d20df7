//! Writing layers into a new database: one transaction, one table a layer, each with a spatial index.

use super::blob::write_blob;
use super::names::{GEOMETRY, MAX_NAME_BYTES, Table};
use super::{quoted, schema, types};
use crate::budget::StopCheck;
use crate::field_names::{UniqueNames, lost_descriptions};
use crate::layers::within_layer;
use crate::left_out::{LeftOut, taken};
use crate::wkb::Dimensions;
use crate::{FormatError, WriteLayer, authority};
use gp_esri::{Attribute, Envelope, FeatureSet, Field, FieldType, GeometryType, SpatialReference, date};
use gp_geometry::Crs;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::fs::File;
use std::io;
use std::path::Path;

/// The clock is not read here; equal layers make equal files.
const LAST_CHANGE: &str = "1970-01-01T00:00:00.000Z";
/// Numbers of references that have no code.
const FIRST_OWN_SRS: i64 = 200_000;
/// "Undefined, plane" in the standard.
const UNDEFINED_SRS: i64 = -1;
/// The years 0 to 9999, in milliseconds since 1970.
const DATES_MS: std::ops::Range<i64> = -62_167_219_200_000..253_402_300_800_000;

pub(super) fn write(
    path: &Path,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    // An older file of that name is gone.
    File::create(path)?;
    let connection = Connection::open(path).map_err(error_of)?;
    connection.execute_batch(schema::SETTINGS).map_err(error_of)?;
    connection.execute_batch("BEGIN").map_err(error_of)?;
    connection.execute_batch(schema::TABLES).map_err(error_of)?;
    let mut writer =
        Writer { connection, tables: UniqueNames::within(MAX_NAME_BYTES), references: Vec::new(), stop };
    writer.add_reference(UNDEFINED_SRS, "Undefined Cartesian SRS", "NONE", -1, "undefined")?;
    writer.add_reference(0, "Undefined geographic SRS", "NONE", 0, "undefined")?;
    writer.add_reference(4326, "WGS 84 geodetic", "EPSG", 4326, schema::WGS84)?;
    let mut warnings = Vec::new();
    for layer in layers {
        let mut of_layer = Vec::new();
        writer.write_layer(layer, &mut of_layer)?;
        warnings.extend(within_layer(layers, layer.name, of_layer));
    }
    writer.connection.execute_batch("COMMIT").map_err(error_of)?;
    writer.connection.close().map_err(|(_, error)| error_of(error))?;
    Ok(warnings)
}

struct Writer<'a> {
    connection: Connection,
    tables: UniqueNames,
    /// References that are in the file, with their numbers.
    references: Vec<(SpatialReference, i64)>,
    stop: &'a (dyn Fn() -> bool + Sync),
}

impl Writer<'_> {
    fn write_layer(&mut self, layer: &WriteLayer<'_>, warnings: &mut Vec<String>) -> Result<(), FormatError> {
        let set = layer.features;
        let table = Table::new(layer.name, set, &mut self.tables, warnings)?;
        warnings.extend(lost_descriptions(&set.fields, "a GeoPackage"));
        let srs_id = match (set.geometry_type, &set.spatial_reference) {
            (None, _) => None,
            (Some(_), None) => {
                warnings.push("the spatial reference is unknown and was written as undefined".to_owned());
                Some(UNDEFINED_SRS)
            }
            (Some(_), Some(reference)) => Some(self.reference(reference, warnings)?),
        };
        self.create(&table, set, srs_id)?;
        self.fill(&table, set, srs_id, warnings)
    }

    fn create(&self, table: &Table, set: &FeatureSet, srs_id: Option<i64>) -> Result<(), FormatError> {
        let mut columns = vec![format!("{} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", quoted(&table.key))];
        if let Some(geometry_type) = set.geometry_type {
            columns.push(format!("{GEOMETRY} {}", type_name(geometry_type)));
        }
        for (index, name) in &table.columns {
            // Fields that have no declaration are not among the columns.
            let declared = types::declaration(&set.fields[*index]).unwrap_or_default();
            columns.push(format!("{} {declared}", quoted(name)));
        }
        let sql = format!("CREATE TABLE {} ({})", quoted(&table.name), columns.join(", "));
        self.connection.execute_batch(&sql).map_err(error_of)?;
        let data_type = if set.geometry_type.is_some() { "features" } else { "attributes" };
        let envelope = set.envelope();
        let side = |value: f64| if envelope.is_empty() { Value::Null } else { Value::Real(value) };
        self.connection
            .execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change, min_x, min_y, max_x, max_y, srs_id) \
                 VALUES (?1, ?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    table.name,
                    data_type,
                    LAST_CHANGE,
                    side(envelope.xmin),
                    side(envelope.ymin),
                    side(envelope.xmax),
                    side(envelope.ymax),
                    srs_id
                ],
            )
            .map_err(error_of)?;
        let Some(geometry_type) = set.geometry_type else { return Ok(()) };
        self.connection
            .execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![table.name, GEOMETRY, type_name(geometry_type), srs_id, set.has_z, set.has_m],
            )
            .map_err(error_of)?;
        self.connection.execute_batch(&schema::index_table(&table.name, GEOMETRY)).map_err(error_of)?;
        self.connection
            .execute(
                "INSERT INTO gpkg_extensions VALUES (?1, ?2, ?3, ?4, 'write-only')",
                params![table.name, GEOMETRY, schema::INDEX_EXTENSION, schema::INDEX_DEFINITION],
            )
            .map_err(error_of)?;
        Ok(())
    }

    fn fill(
        &self,
        table: &Table,
        set: &FeatureSet,
        srs_id: Option<i64>,
        warnings: &mut Vec<String>,
    ) -> Result<(), FormatError> {
        let mut names = vec![quoted(&table.key)];
        names.extend(set.geometry_type.map(|_| GEOMETRY.to_owned()));
        names.extend(table.columns.iter().map(|(_, name)| quoted(name)));
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", quoted(&table.name), names.join(", "));
        let mut insert = self.connection.prepare(&sql).map_err(error_of)?;
        let index = quoted(&schema::index_name(&table.name, GEOMETRY));
        let index_sql = format!("INSERT INTO {index} VALUES (?1, ?2, ?3, ?4, ?5)");
        let mut insert_box = match set.geometry_type {
            Some(_) => Some(self.connection.prepare(&index_sql).map_err(error_of)?),
            None => None,
        };
        let dimensions = Dimensions { z: set.has_z, m: set.has_m };
        let (mut left_out, mut bad_dates) = (LeftOut::default(), 0_usize);
        let mut stop_check = StopCheck::new(self.stop);
        for (row, feature) in set.features.iter().enumerate() {
            stop_check.step()?;
            let key = match table.key_field {
                Some(_) => set.oid_of(row),
                None => row as i64 + 1,
            };
            let mut values = vec![Value::Integer(key)];
            if let Some(geometry_type) = set.geometry_type {
                let geometry = taken(feature.geometry.as_ref(), geometry_type);
                left_out.count(feature.geometry.as_ref(), geometry_type);
                values.push(match geometry {
                    Some(geometry) => {
                        let mut blob = Vec::new();
                        write_blob(&mut blob, geometry, dimensions, srs_id.unwrap_or_default() as i32);
                        Value::Blob(blob)
                    }
                    None => Value::Null,
                });
                if let (Some(insert_box), Some(geometry)) = (&mut insert_box, geometry) {
                    let Envelope { xmin, ymin, xmax, ymax } = geometry.envelope();
                    insert_box.execute(params![key, xmin, xmax, ymin, ymax]).map_err(error_of)?;
                }
            }
            for (index, _) in &table.columns {
                let attribute = feature.attributes.get(*index).unwrap_or(&Attribute::Null);
                let value = value(&set.fields[*index], attribute);
                bad_dates += usize::from(value == Value::Null && *attribute != Attribute::Null);
                values.push(value);
            }
            insert.execute(params_from_iter(values)).map_err(error_of)?;
        }
        if set.geometry_type.is_some() {
            let triggers = schema::index_triggers(&table.name, GEOMETRY, &table.key);
            self.connection.execute_batch(&triggers).map_err(error_of)?;
        }
        warnings.extend(left_out.sentences());
        if bad_dates > 0 {
            warnings.push(format!(
                "{bad_dates} dates lie before the year 0 or after 9999 and were written as null"
            ));
        }
        Ok(())
    }

    /// The number of a reference, which is put into the file when it comes first.
    fn reference(
        &mut self,
        reference: &SpatialReference,
        warnings: &mut Vec<String>,
    ) -> Result<i64, FormatError> {
        if let Some((_, srs_id)) = self.references.iter().find(|(known, _)| known == reference) {
            return Ok(*srs_id);
        }
        let crs = Crs::new(reference).ok();
        let code = crs.as_ref().and_then(Crs::find_code).or(reference.latest_wkid).or(reference.wkid);
        let text =
            crs.as_ref().and_then(Crs::well_known_text).or(reference.wkt.as_deref().map(str::to_owned));
        let srs_id = match (code, text) {
            (Some(4326), _) => 4326,
            (Some(code), text) => {
                let organization = authority::of_code(code);
                let name = crs.map_or_else(|| code.to_string(), |crs| crs.name());
                let text = text.unwrap_or_else(|| "undefined".to_owned());
                self.add_reference(code.into(), &name, organization, code.into(), &text)?;
                code.into()
            }
            (None, Some(text)) => {
                let srs_id = FIRST_OWN_SRS + self.references.len() as i64;
                let name = crs.map_or_else(|| "own".to_owned(), |crs| crs.name());
                self.add_reference(srs_id, &name, "NONE", srs_id, &text)?;
                srs_id
            }
            (None, None) => {
                warnings.push(
                    "the spatial reference has neither code nor text and was written as undefined".to_owned(),
                );
                UNDEFINED_SRS
            }
        };
        self.references.push((reference.clone(), srs_id));
        Ok(srs_id)
    }

    fn add_reference(
        &self,
        srs_id: i64,
        name: &str,
        organization: &str,
        code: i64,
        text: &str,
    ) -> Result<(), FormatError> {
        // Two ways of writing one reference have one number.
        let sql = "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?2, ?1, ?3, ?4, ?5, NULL)";
        self.connection.execute(sql, params![srs_id, name, organization, code, text]).map_err(error_of)?;
        Ok(())
    }
}

fn error_of(error: rusqlite::Error) -> FormatError {
    FormatError::Io(io::Error::other(error))
}

fn type_name(geometry_type: GeometryType) -> &'static str {
    match geometry_type {
        GeometryType::Point => "POINT",
        GeometryType::Multipoint => "MULTIPOINT",
        GeometryType::Polyline => "MULTILINESTRING",
        GeometryType::Polygon => "MULTIPOLYGON",
    }
}

fn value(field: &Field, attribute: &Attribute) -> Value {
    match attribute {
        Attribute::Null => Value::Null,
        Attribute::Integer(milliseconds) if field.field_type == FieldType::Date => {
            if !DATES_MS.contains(milliseconds) {
                return Value::Null;
            }
            let text = date::date_to_text(*milliseconds);
            // Three digits of a second are what the standard has.
            Value::Text(if text.len() == 20 { text.replace('Z', ".000Z") } else { text })
        }
        Attribute::Integer(number) => Value::Integer(*number),
        Attribute::Double(number) => Value::Real(*number),
        Attribute::Text(text) => Value::Text(text.to_string()),
    }
}
