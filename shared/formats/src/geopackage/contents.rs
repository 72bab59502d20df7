//! What a GeoPackage says that it holds: layers, their geometry columns and references.

use super::database::{Database, error_of};
use super::malformed;
use crate::{FormatError, authority};
use gp_esri::{GeometryType, SpatialReference};
use gp_geometry::Crs;
use rusqlite::{OptionalExtension, Row, params};

/// More layers than anybody has.
const MAX_LAYERS: usize = 2_000;

/// A table with or without geometry.
pub(super) struct Layer {
    pub(super) table: String,
    /// Whether it must have geometry.
    pub(super) is_features: bool,
    pub(super) geometry: Option<GeometryColumn>,
}

/// The geometry column of a layer.
pub(super) struct GeometryColumn {
    pub(super) name: String,
    /// `None` where any type may be.
    pub(super) geometry_type: Option<GeometryType>,
    pub(super) srs_id: i64,
    /// Whether z, and m, must be there.
    pub(super) has_z: bool,
    pub(super) has_m: bool,
}

/// Every layer, in the order of the contents.
pub(super) fn layers(database: &Database) -> Result<Vec<Layer>, FormatError> {
    if !exists(database, "gpkg_contents")? {
        return Err(malformed("it is a SQLite database without the table gpkg_contents"));
    }
    let geometries = geometry_columns(database)?;
    let sql = "SELECT table_name, data_type FROM gpkg_contents WHERE data_type IN ('features', 'attributes')";
    let mut layers = Vec::new();
    for (table, data_type) in
        rows(database, sql, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
    {
        let same = |(of, _): &&(String, GeometryColumn)| of.eq_ignore_ascii_case(&table);
        let is_features = data_type == "features";
        let geometry = geometries.iter().filter(|_| is_features).find(same).map(|(_, column)| column.clone());
        layers.push(Layer { table, is_features, geometry });
    }
    Ok(layers)
}

impl Clone for GeometryColumn {
    fn clone(&self) -> GeometryColumn {
        GeometryColumn { name: self.name.clone(), ..*self }
    }
}

fn geometry_columns(database: &Database) -> Result<Vec<(String, GeometryColumn)>, FormatError> {
    if !exists(database, "gpkg_geometry_columns")? {
        return Ok(Vec::new());
    }
    let sql = "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns";
    rows(database, sql, |row| {
        let mandatory =
            |index: usize| -> rusqlite::Result<bool> { Ok(row.get::<_, Option<i64>>(index)? == Some(1)) };
        let type_name: Option<String> = row.get(2)?;
        let column = GeometryColumn {
            name: row.get(1)?,
            geometry_type: type_name.as_deref().and_then(geometry_type),
            srs_id: row.get::<_, Option<i64>>(3)?.unwrap_or_default(),
            has_z: mandatory(4)?,
            has_m: mandatory(5)?,
        };
        Ok((row.get(0)?, column))
    })
}

fn geometry_type(name: &str) -> Option<GeometryType> {
    match name.to_ascii_uppercase().as_str() {
        "POINT" => Some(GeometryType::Point),
        "MULTIPOINT" => Some(GeometryType::Multipoint),
        "LINESTRING" | "MULTILINESTRING" => Some(GeometryType::Polyline),
        "POLYGON" | "MULTIPOLYGON" => Some(GeometryType::Polygon),
        _ => None,
    }
}

/// The reference of a number; `None` where it is undefined, with a sentence about it.
pub(super) fn reference(
    database: &Database,
    srs_id: i64,
    warnings: &mut Vec<String>,
) -> Result<Option<SpatialReference>, FormatError> {
    // -1 and 0 are undefined by the standard.
    if srs_id < 1 {
        warnings.push("the spatial reference of the layer is undefined".to_owned());
        return Ok(None);
    }
    let sql = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let read = |row: &Row<'_>| {
        Ok((
            row.get::<_, Option<String>>(0)?,
            row.get::<_, Option<i64>>(1)?,
            row.get::<_, Option<String>>(2)?,
        ))
    };
    let found = database.connection.query_row(sql, params![srs_id], read).optional().map_err(error_of)?;
    database.row_came();
    let Some((organization, code, definition)) = found else {
        warnings
            .push(format!("the spatial reference {srs_id} of the layer is not in the file and so unknown"));
        return Ok(None);
    };
    let code = code.and_then(|code| u32::try_from(code).ok());
    let of_code = organization.zip(code).and_then(|(name, code)| authority::reference(&name, code));
    // So GDAL writes what it knows nothing about.
    let definition =
        definition.as_deref().map(str::trim).filter(|text| !text.starts_with("LOCAL_CS[\"Undefined"));
    let definition = definition.unwrap_or_default();
    let of_text = SpatialReference::from_text(definition).ok().flatten();
    match (of_code, of_text) {
        (Some(known), _) if Crs::new(&known).is_ok() => Ok(Some(known)),
        (Some(unknown), Some(text)) => {
            Ok(Some(SpatialReference { wkt: text.wkt, wkt2: text.wkt2, ..unknown }))
        }
        (Some(unknown), None) => Ok(Some(unknown)),
        (None, Some(text)) => {
            let code = Crs::new(&text).ok().and_then(|crs| crs.find_code());
            Ok(Some(match code {
                Some(code) => {
                    SpatialReference { wkt: text.wkt, wkt2: text.wkt2, ..SpatialReference::from_wkid(code) }
                }
                None => text,
            }))
        }
        (None, None) => {
            warnings.push(format!(
                "the spatial reference {srs_id} of the layer has no definition and so is unknown"
            ));
            Ok(None)
        }
    }
}

/// Whether there is a table or view of that name.
pub(super) fn exists(database: &Database, table: &str) -> Result<bool, FormatError> {
    Ok(kind_of(database, table)?.is_some())
}

/// What SQLite says that something is: `table`, `view`, `virtual` or `shadow`; `None` where there is nothing.
pub(super) fn kind_of(database: &Database, table: &str) -> Result<Option<String>, FormatError> {
    let sql = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?1 COLLATE NOCASE";
    let found =
        database.connection.query_row(sql, params![table], |row| row.get(0)).optional().map_err(error_of)?;
    database.row_came();
    Ok(found)
}

fn rows<T>(
    database: &Database,
    sql: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, FormatError> {
    let mut statement = database.connection.prepare(sql).map_err(error_of)?;
    let mut found = Vec::new();
    let mut rows = statement.query([]).map_err(error_of)?;
    while let Some(row) = rows.next().map_err(error_of)? {
        database.row_came();
        if found.len() == MAX_LAYERS {
            return Err(FormatError::TooLarge(format!("the GeoPackage has more than {MAX_LAYERS} layers")));
        }
        found.push(read(row).map_err(error_of)?);
    }
    Ok(found)
}
