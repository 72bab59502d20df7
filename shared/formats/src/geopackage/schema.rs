//! The tables that make a database a GeoPackage (annexes C and F.3 of the standard).

use super::quoted;

/// "GPKG" as the file's application, and version 1.3.0. One user writes a new file: no journal can be of use.
pub(super) const SETTINGS: &str = "
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA application_id = 0x47504B47;
PRAGMA user_version = 10300;
";

pub(super) const TABLES: &str = r#"
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
"#;

/// WGS 84 as the standard demands it in every file.
pub(super) const WGS84: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#;

pub(super) const INDEX_EXTENSION: &str = "gpkg_rtree_index";
pub(super) const INDEX_DEFINITION: &str = "http://www.geopackage.org/spec130/#extension_rtree";

/// The name of the spatial index of a layer.
pub(super) fn index_name(table: &str, geometry: &str) -> String {
    format!("rtree_{table}_{geometry}")
}

/// The empty spatial index of a layer.
pub(super) fn index_table(table: &str, geometry: &str) -> String {
    let index = quoted(&index_name(table, geometry));
    format!("CREATE VIRTUAL TABLE {index} USING rtree(id, minx, maxx, miny, maxy)")
}

/// Triggers that keep the index right when software that knows the functions `ST_…` changes the layer: the six of F.3,
/// requirement 75.
pub(super) fn index_triggers(table: &str, geometry: &str, key: &str) -> String {
    let name = |kind: &str| quoted(&format!("{}_{kind}", index_name(table, geometry)));
    let (table_name, index) = (quoted(table), quoted(&index_name(table, geometry)));
    let (g, k) = (quoted(geometry), quoted(key));
    let is_there = format!("(NEW.{g} NOTNULL AND NOT ST_IsEmpty(NEW.{g}))");
    let is_gone = format!("(NEW.{g} ISNULL OR ST_IsEmpty(NEW.{g}))");
    let put = format!(
        "INSERT OR REPLACE INTO {index} VALUES (NEW.{k}, ST_MinX(NEW.{g}), ST_MaxX(NEW.{g}), ST_MinY(NEW.{g}), ST_MaxY(NEW.{g}));"
    );
    let take_old = format!("DELETE FROM {index} WHERE id = OLD.{k};");
    let take_both = format!("DELETE FROM {index} WHERE id IN (OLD.{k}, NEW.{k});");
    let triggers = [
        ("insert", "AFTER INSERT", is_there.clone(), put.clone()),
        (
            "update1",
            &format!("AFTER UPDATE OF {g}"),
            format!("OLD.{k} = NEW.{k} AND {is_there}"),
            put.clone(),
        ),
        (
            "update2",
            &format!("AFTER UPDATE OF {g}"),
            format!("OLD.{k} = NEW.{k} AND {is_gone}"),
            take_old.clone(),
        ),
        (
            "update3",
            "AFTER UPDATE",
            format!("OLD.{k} != NEW.{k} AND {is_there}"),
            format!("{take_old} {put}"),
        ),
        ("update4", "AFTER UPDATE", format!("OLD.{k} != NEW.{k} AND {is_gone}"), take_both),
        ("delete", "AFTER DELETE", format!("OLD.{g} NOT NULL"), take_old),
    ];
    let sql = triggers.map(|(kind, event, condition, action)| {
        format!(
            "CREATE TRIGGER {} {event} ON {table_name} WHEN {condition} BEGIN {action} END;\n",
            name(kind)
        )
    });
    sql.concat()
}
