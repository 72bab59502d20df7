//! Reading a layer.

use super::blob::Blob;
use super::contents::{self, GeometryColumn, Layer};
use super::database::{Database, error_of};
use super::types::{self, ColumnType};
use super::{FORMAT, malformed, quoted, schema};
use crate::gather::{Gathering, MAX_FIELDS};
use crate::text::some_of;
use crate::wkb::read_wkb;
use crate::{FormatError, ReadLayer, ReadOptions};
use gp_esri::{Attribute, Envelope, FeatureSet, Field, FieldType, Geometry};
use rusqlite::types::ValueRef;
use rusqlite::{Row, params, params_from_iter};

/// What is selected: the fields, then the geometry.
struct Selection {
    fields: Vec<Field>,
    columns: Vec<String>,
    /// The whole number by which SQLite knows a row, if the table says so.
    row_id: Option<String>,
    blobs: Vec<String>,
}

pub(super) fn read_layer(
    database: &Database,
    layer: &Layer,
    options: &ReadOptions<'_>,
) -> Result<ReadLayer, FormatError> {
    if layer.is_features && layer.geometry.is_none() {
        return Err(malformed(format!("the layer {} has no entry in gpkg_geometry_columns", layer.table)));
    }
    let kind = contents::kind_of(database, &layer.table)?;
    let is_view = kind.as_deref() == Some("view");
    if !is_view && kind.as_deref() != Some("table") {
        return Err(malformed(format!("its contents name {}, which is no table of it", layer.table)));
    }
    let selection = selection(database, layer)?;
    let mut warnings = Vec::new();
    let mut schema = FeatureSet { fields: selection.fields.clone(), ..FeatureSet::default() };
    if let Some(geometry) = &layer.geometry {
        schema.geometry_type = geometry.geometry_type;
        schema.has_z = geometry.has_z;
        schema.has_m = geometry.has_m;
        schema.spatial_reference = contents::reference(database, geometry.srs_id, &mut warnings)?;
    }
    let mut gathering = Gathering::new(options, schema);
    warnings.into_iter().for_each(|warning| gathering.warn(warning));
    if !selection.blobs.is_empty() {
        gathering.warn(format!("fields of bytes were left out: {}", some_of(&selection.blobs)));
    }

    let envelope = layer.geometry.as_ref().and(gathering.envelope());
    let (sql, values) = statement(database, layer, &selection, envelope)?;
    let mut statement = database.connection.prepare(&sql).map_err(error_of)?;
    let mut rows = statement.query(params_from_iter(values)).map_err(error_of)?;
    let mut misfits = vec![0_usize; selection.fields.len()];
    let mut row_count = 0_usize;
    while let Some(row) = rows.next().map_err(error_of)? {
        database.row_came();
        gathering.budget().step()?;
        row_count += 1;
        // Rows of a table are in the file; those of a view may be without end.
        if is_view && row_count > options.limits.max_features {
            return Err(FormatError::TooLarge(format!(
                "the view {} has more than {} rows; store a part of it in a table",
                layer.table, options.limits.max_features
            )));
        }
        let geometry = match &layer.geometry {
            Some(_) => {
                let found = read_geometry(row, selection.fields.len(), envelope, &mut gathering);
                match found.map_err(|error| error.within(place_of(row, &selection, row_count)))? {
                    Found::Outside => continue,
                    Found::Geometry(geometry) => geometry,
                }
            }
            None => None,
        };
        let mut attributes = gathering.row()?;
        for (index, (attribute, field)) in attributes.iter_mut().zip(&selection.fields).enumerate() {
            let raw = row.get_ref(index).map_err(error_of)?;
            if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = raw {
                gathering.budget().text(bytes.len())?;
            }
            let value = types::value(field.field_type, raw);
            misfits[index] += usize::from(value.is_none());
            *attribute = value.unwrap_or(Attribute::Null);
        }
        gathering.push(attributes, geometry);
    }
    for (field, count) in selection.fields.iter().zip(misfits) {
        if count > 0 {
            gathering.warn(format!(
                "{count} values of the field {} are not of its type and came as null",
                field.name
            ));
        }
    }
    let mut read = gathering.finish(&layer.table);
    widen_object_ids(&mut read.features);
    Ok(read)
}

fn selection(database: &Database, layer: &Layer) -> Result<Selection, FormatError> {
    let sql = "SELECT name, type, pk FROM pragma_table_info(?1)";
    let mut statement = database.connection.prepare(sql).map_err(error_of)?;
    let mut rows = statement.query(params![layer.table]).map_err(error_of)?;
    let mut selection =
        Selection { fields: Vec::new(), columns: Vec::new(), row_id: None, blobs: Vec::new() };
    let mut key_count = 0;
    let mut has_geometry = false;
    while let Some(row) = rows.next().map_err(error_of)? {
        database.row_came();
        let name: String = row.get(0).map_err(error_of)?;
        let declared: String = row.get::<_, Option<String>>(1).map_err(error_of)?.unwrap_or_default();
        let is_key = row.get::<_, i64>(2).map_err(error_of)? > 0;
        key_count += usize::from(is_key);
        if layer.geometry.as_ref().is_some_and(|geometry| geometry.name.eq_ignore_ascii_case(&name)) {
            has_geometry = true;
            continue;
        }
        let ColumnType::Field(mut field_type) = types::column_type(&declared) else {
            selection.blobs.push(name);
            continue;
        };
        if is_key && declared.trim().eq_ignore_ascii_case("INTEGER") {
            selection.row_id = Some(name.clone());
            field_type = FieldType::Oid;
        }
        let mut field = Field::new(name.clone(), field_type);
        if field_type == FieldType::String {
            field.length = types::text_length(&declared);
        }
        selection.fields.push(field);
        selection.columns.push(name);
        if selection.fields.len() > MAX_FIELDS {
            return Err(FormatError::TooLarge(format!(
                "the layer {} has more than {MAX_FIELDS} fields",
                layer.table
            )));
        }
    }
    if key_count > 1 {
        // A key of several columns is no object id.
        selection.row_id = None;
        for field in selection.fields.iter_mut().filter(|field| field.field_type == FieldType::Oid) {
            field.field_type = FieldType::BigInteger;
        }
    }
    if let Some(geometry) = layer.geometry.as_ref().filter(|_| !has_geometry) {
        return Err(malformed(format!("the layer {} has no column {}", layer.table, geometry.name)));
    }
    Ok(selection)
}

/// The statement and the values that are bound to it.
fn statement(
    database: &Database,
    layer: &Layer,
    selection: &Selection,
    envelope: Option<Envelope>,
) -> Result<(String, Vec<f64>), FormatError> {
    let mut columns: Vec<String> = selection.columns.iter().map(|name| quoted(name)).collect();
    columns.extend(layer.geometry.as_ref().map(|geometry| quoted(&geometry.name)));
    if columns.is_empty() {
        columns.push("NULL".to_owned());
    }
    let mut sql = format!("SELECT {} FROM {}", columns.join(", "), quoted(&layer.table));
    let mut values = Vec::new();
    if let Some(row_id) = &selection.row_id {
        if let (Some(geometry), Some(envelope)) = (&layer.geometry, envelope)
            && let Some(index) = spatial_index(database, layer, geometry)?
        {
            sql.push_str(&format!(
                " WHERE {} IN (SELECT id FROM {} WHERE minx <= ?1 AND maxx >= ?2 AND miny <= ?3 AND maxy >= ?4)",
                quoted(row_id),
                quoted(&index)
            ));
            values = vec![envelope.xmax, envelope.xmin, envelope.ymax, envelope.ymin];
        }
        sql.push_str(&format!(" ORDER BY {}", quoted(row_id)));
    }
    Ok((sql, values))
}

/// The name of the spatial index of a layer, if it has one.
fn spatial_index(
    database: &Database,
    layer: &Layer,
    geometry: &GeometryColumn,
) -> Result<Option<String>, FormatError> {
    let name = schema::index_name(&layer.table, &geometry.name);
    let kind = contents::kind_of(database, &name)?;
    Ok((kind.as_deref() == Some("virtual")).then_some(name))
}

/// A geometry of a row.
enum Found {
    /// Not in the box that was asked for.
    Outside,
    Geometry(Option<Geometry>),
}

fn read_geometry(
    row: &Row<'_>,
    index: usize,
    envelope: Option<Envelope>,
    gathering: &mut Gathering<'_>,
) -> Result<Found, FormatError> {
    let bytes = match row.get_ref(index).map_err(error_of)? {
        ValueRef::Null => None,
        ValueRef::Blob(bytes) => Some(bytes),
        _ => return Err(malformed("it is no blob")),
    };
    let blob = bytes.map(Blob::new).transpose()?;
    if let (Some(envelope), Some(own)) = (&envelope, blob.as_ref().and_then(|blob| blob.envelope))
        && !own.intersects(envelope)
    {
        return Ok(Found::Outside);
    }
    let geometry = match blob.and_then(|blob| blob.wkb) {
        Some(wkb) => read_wkb(wkb, gathering.budget())
            .map_err(|error| error.within(FORMAT, "its well-known binary"))?,
        None => None,
    };
    let is_needed = gathering.is_needed(geometry.as_ref());
    Ok(if is_needed { Found::Geometry(geometry) } else { Found::Outside })
}

/// Which row a geometry is of: by its key, which stays what it is whatever is read of the table.
fn place_of(row: &Row<'_>, selection: &Selection, number: usize) -> String {
    let key = selection.fields.iter().position(|field| field.field_type == FieldType::Oid);
    match key.and_then(|index| Some((selection.fields.get(index)?, row.get::<_, i64>(index).ok()?))) {
        Some((field, id)) => format!("the geometry of the row with {} {id}", field.name),
        None => format!("the geometry of row {number}"),
    }
}

/// Object ids beyond 32 bits must say so (specification 6.1).
fn widen_object_ids(set: &mut FeatureSet) {
    let Some(index) = set.oid_index() else { return };
    let is_wide = |value: &Attribute| matches!(value, Attribute::Integer(id) if i32::try_from(*id).is_err());
    if set.features.iter().filter_map(|feature| feature.attributes.get(index)).any(is_wide) {
        set.fields[index].length = Some(8);
    }
}
