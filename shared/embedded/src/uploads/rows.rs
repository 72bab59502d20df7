//! Uploads as rows of `upload` and `upload_part`, and back.

use gp_core::{ServiceName, StoredBytes, UploadChange, UploadId, UploadItem, UploadPart};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(super) fn create(connection: &Connection, item: &UploadItem) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO upload (id, service, name, description, created_at_ms, expires_at_ms, committed, direct_name,
                                 direct_bytes, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            item.id.as_str(),
            item.service.as_str(),
            item.name,
            item.description,
            item.created_at_ms,
            item.expires_at_ms,
            item.committed,
            item.direct.as_ref().map(|bytes| &bytes.name),
            item.direct.as_ref().map(|bytes| bytes.byte_len as i64),
            item.version as i64,
        ])?;
    for (part, place) in item.parts.iter().zip(0..) {
        put_part(connection, &item.id, place, part)?;
    }
    Ok(())
}

pub(super) fn get(connection: &Connection, id: &UploadId) -> rusqlite::Result<Option<UploadItem>> {
    let mut statement = connection.prepare_cached(
        "SELECT service, name, description, created_at_ms, expires_at_ms, committed, direct_name, direct_bytes, version
         FROM upload WHERE id = ?1",
    )?;
    let Some(mut item) = statement.query_row([id.as_str()], |row| read_item(id, row)).optional()? else {
        return Ok(None);
    };
    let mut statement = connection
        .prepare_cached("SELECT number, name, bytes FROM upload_part WHERE upload = ?1 ORDER BY place")?;
    let parts = statement.query_map([id.as_str()], |row| {
        let bytes = StoredBytes { name: row.get(1)?, byte_len: row.get::<_, i64>(2)? as u64 };
        Ok(UploadPart { number: row.get(0)?, bytes })
    })?;
    item.parts = parts.collect::<rusqlite::Result<_>>()?;
    Ok(Some(item))
}

/// Adds a part unless the item is committed; also the bytes that it replaces.
pub(super) fn add_part(
    connection: &Connection,
    id: &UploadId,
    part: &UploadPart,
) -> rusqlite::Result<(UploadChange, Option<StoredBytes>)> {
    let changed = connection
        .prepare_cached("UPDATE upload SET version = version + 1 WHERE id = ?1 AND NOT committed")?
        .execute([id.as_str()])?;
    if changed == 0 {
        return Ok((refused(connection, id)?, None));
    }
    let mut statement =
        connection.prepare_cached("SELECT name, bytes FROM upload_part WHERE upload = ?1 AND number = ?2")?;
    let replaced = statement.query_row(params![id.as_str(), part.number], |row| {
        Ok(StoredBytes { name: row.get(0)?, byte_len: row.get::<_, i64>(1)? as u64 })
    });
    let replaced = replaced.optional()?;
    put_part(connection, id, i64::from(part.number), part)?;
    Ok((UploadChange::Written, replaced))
}

pub(super) fn commit(
    connection: &Connection,
    id: &UploadId,
    version: u64,
    parts: &[UploadPart],
) -> rusqlite::Result<UploadChange> {
    let changed = connection
        .prepare_cached(
            "UPDATE upload SET committed = TRUE, version = version + 1
             WHERE id = ?1 AND NOT committed AND version = ?2",
        )?
        .execute(params![id.as_str(), version as i64])?;
    if changed == 0 {
        return refused(connection, id);
    }
    connection.prepare_cached("DELETE FROM upload_part WHERE upload = ?1")?.execute([id.as_str()])?;
    for (part, place) in parts.iter().zip(0..) {
        put_part(connection, id, place, part)?;
    }
    Ok(UploadChange::Written)
}

pub(super) fn delete(connection: &Connection, id: &UploadId) -> rusqlite::Result<UploadChange> {
    connection.prepare_cached("DELETE FROM upload_part WHERE upload = ?1")?.execute([id.as_str()])?;
    let deleted = connection.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(if deleted == 0 { UploadChange::Gone } else { UploadChange::Written })
}

/// The first items, up to `limit`, that expired before that time, milliseconds since 1970.
pub(super) fn expired(
    connection: &Connection,
    before_ms: i64,
    limit: usize,
) -> rusqlite::Result<Vec<UploadId>> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM upload WHERE expires_at_ms <= ?1 ORDER BY expires_at_ms LIMIT ?2")?;
    let rows = statement.query_map(params![before_ms, limit as i64], |row| row.get::<_, String>(0))?;
    // What is no id cannot have been stored by `create`.
    rows.filter_map(|id| id.map(|id| UploadId::parse(&id)).transpose()).collect()
}

fn put_part(connection: &Connection, id: &UploadId, place: i64, part: &UploadPart) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO upload_part (upload, number, place, name, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            id.as_str(),
            part.number,
            place,
            part.bytes.name,
            part.bytes.byte_len as i64
        ])
        .map(|_| ())
}

/// Why nothing was changed.
fn refused(connection: &Connection, id: &UploadId) -> rusqlite::Result<UploadChange> {
    let is_there = connection.prepare_cached("SELECT 1 FROM upload WHERE id = ?1")?.exists([id.as_str()])?;
    Ok(if is_there { UploadChange::Refused } else { UploadChange::Gone })
}

fn read_item(id: &UploadId, row: &Row) -> rusqlite::Result<UploadItem> {
    let service: String = row.get(0)?;
    let direct_bytes: Option<i64> = row.get(7)?;
    let unsigned = |column: usize, number: i64| {
        u64::try_from(number).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error))
        })
    };
    let direct = match (row.get(6)?, direct_bytes) {
        (Some(name), Some(byte_len)) => Some(StoredBytes { name, byte_len: unsigned(7, byte_len)? }),
        _ => None,
    };
    Ok(UploadItem {
        id: id.clone(),
        service: ServiceName::parse(&service),
        name: row.get(1)?,
        description: row.get(2)?,
        created_at_ms: row.get(3)?,
        expires_at_ms: row.get(4)?,
        committed: row.get(5)?,
        parts: Vec::new(),
        direct,
        version: unsigned(8, row.get(8)?)?,
    })
}
