use super::*;
use crate::Format;
use crate::testing::{self, extent, layer_names, options};
use bytes::Bytes;
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Point, SpatialReference,
};
use proptest::prelude::*;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Written {
    folder: TempDir,
    warnings: Vec<String>,
}

impl Written {
    fn new(layers: &[(&str, &FeatureSet)]) -> Written {
        let folder = tempfile::tempdir().unwrap();
        let layers: Vec<_> = layers.iter().map(|(name, features)| WriteLayer { name, features }).collect();
        let warnings = write(&folder.path().join("a b?.gpkg"), &layers, &|| false).unwrap();
        Written { folder, warnings }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("a b?.gpkg")
    }

    fn input(&self) -> Input {
        Input::open(&self.path()).unwrap()
    }

    fn change(&self, sql: &str) -> &Written {
        let connection = Connection::open(self.path()).unwrap();
        connection.execute_batch(sql).unwrap();
        self
    }

    fn read(&self) -> Result<ReadLayer, FormatError> {
        let start = Instant::now();
        let mut options = options();
        options.limits.max_features = 1000;
        let layer = read(&self.input(), &options);
        assert!(start.elapsed() < Duration::from_secs(20));
        layer
    }
}

fn points(count: i64) -> FeatureSet {
    let row = |n: i64| Feature {
        attributes: vec![Attribute::Integer(n * 10), Attribute::Text(format!("Nº {n}").into())],
        geometry: Some(Geometry::Point(Point::from_xy([n as f64, 1.0]))),
    };
    FeatureSet {
        geometry_type: Some(GeometryType::Point),
        spatial_reference: Some(SpatialReference::from_wkid(3857)),
        fields: vec![Field::new("OBJECTID", FieldType::Oid), Field::new("Name", FieldType::String)],
        features: (1..=count).map(row).collect(),
        ..FeatureSet::default()
    }
}

fn ids(layer: &ReadLayer) -> Vec<i64> {
    (0..layer.features.features.len()).map(|row| layer.features.oid_of(row)).collect()
}

/// Object ids in ascending order, as a table gives its rows.
fn with_unique_ids(mut set: FeatureSet) -> FeatureSet {
    for (row, feature) in set.features.iter_mut().enumerate() {
        feature.attributes[0] = Attribute::Integer(row as i64 * 3_000_000_000);
    }
    set
}

proptest! {
    #[test]
    fn every_set_comes_back(set in testing::feature_set().prop_map(with_unique_ids)) {
        let written = Written::new(&[("größe \"x\"", &set)]);
        let layer = written.read().unwrap();
        prop_assert_eq!(&layer.name, "größe \"x\"");
        testing::assert_close(&layer.features, &set, 0.0);
        prop_assert_eq!(&layer.warnings, &written.warnings);
    }

    #[test]
    fn a_geopackage_with_flipped_bytes_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        length in any::<prop::sample::Index>(),
        is_cut in prop::bool::weighted(0.2),
    ) {
        let written = Written::new(&[("roads", &points(3))]);
        let mut bytes = std::fs::read(written.path()).unwrap();
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        std::fs::write(written.path(), bytes).unwrap();
        let _ = written.read();
    }
}

#[test]
fn a_file_that_is_not_on_disk_is_copied_and_the_copy_goes() {
    let written = Written::new(&[("roads", &points(2))]);
    let bytes = std::fs::read(written.path()).unwrap();
    let input = Input::new("a.gpkg", Arc::new(Bytes::from(bytes)));
    let scratch = tempfile::tempdir().unwrap();
    let options = ReadOptions { scratch: scratch.path(), ..options() };
    assert_eq!(ids(&read(&input, &options).unwrap()), [10, 20]);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn layers_are_listed_and_chosen_and_names_of_the_standard_are_not_taken() {
    let (one, mut two) = (points(1), points(2));
    two.geometry_type = None;
    two.features.iter_mut().for_each(|feature| feature.geometry = None);
    let written = Written::new(&[("gpkg_contents", &one), ("Roads", &one), ("roads", &two), ("", &one)]);
    let input = written.input();
    assert_eq!(layer_names(&input, Format::GeoPackage), ["layer_gpkg_contents", "Roads", "roads_1", "layer"]);
    assert_eq!(written.warnings.len(), 3);
    assert!(matches!(read(&input, &options()), Err(FormatError::SeveralLayers { .. })));
    let layer = read(&input, &ReadOptions { layer: Some("ROADS_1".to_owned()), ..options() }).unwrap();
    assert_eq!((layer.features.geometry_type, ids(&layer)), (None, vec![10, 20]));
}

#[test]
fn lengths_of_texts_come_back() {
    let mut set = points(1);
    for (name, length) in [("short", Some(20)), ("none", Some(0))] {
        set.fields.push(Field { length, ..Field::new(name, FieldType::String) });
        set.features[0].attributes.push(Attribute::Null);
    }
    let fields = Written::new(&[("a", &set)]).read().unwrap().features.fields;
    let lengths: Vec<_> = fields.iter().map(|field| field.length).collect();
    assert_eq!(lengths, [None, None, Some(20), None]);
}

#[test]
fn ids_that_are_no_key_are_kept_beside_new_numbers() {
    let mut set = points(2);
    set.features[1].attributes[0] = Attribute::Integer(10);
    let written = Written::new(&[("a", &set)]);
    assert!(written.warnings[0].contains("not unique"));
    let layer = written.read().unwrap();
    assert_eq!(ids(&layer), [1, 2]);
    assert_eq!(layer.features.features[1].attributes[1], Attribute::Integer(10));
}

#[test]
fn a_box_is_looked_up_in_the_index_and_without_one_row_by_row() {
    let mut set = points(5);
    set.features[4].geometry = None;
    let written = Written::new(&[("a", &set)]);
    let options = || ReadOptions { extent: extent([1.5, 0.0, 3.5, 2.0], None), ..options() };
    let in_box = || ids(&read(&written.input(), &options()).unwrap());
    assert_eq!(in_box(), [20, 30]);
    // What the index does not have is not there.
    written.change("DELETE FROM rtree_a_geom WHERE id = 20");
    assert_eq!(in_box(), [30]);
    written.change("DROP TABLE rtree_a_geom");
    assert_eq!(in_box(), [20, 30]);
}

#[test]
fn references_come_back_by_code_or_text() {
    let reference = |wkid| SpatialReference::from_wkid(wkid);
    let own = SpatialReference {
        wkt: Some(r#"PROJCS["Mine",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["Central_Meridian",7.25],UNIT["Meter",1.0]]"#.into()),
        ..SpatialReference::default()
    };
    for expected in [Some(reference(4326)), Some(reference(3857)), Some(reference(102_008)), Some(own), None]
    {
        let mut set = points(1);
        set.spatial_reference = expected.clone();
        let written = Written::new(&[("a", &set)]);
        assert_eq!(written.read().unwrap().features.spatial_reference, expected);
        assert_eq!(written.warnings.is_empty(), expected.is_some());
    }
}

#[test]
fn views_are_read_and_endless_ones_are_stopped() {
    let written = Written::new(&[("a", &points(3))]);
    let as_view = |select: &str| {
        written.change(&format!("DROP VIEW IF EXISTS v; CREATE VIEW v AS {select};"));
        written.read()
    };
    written.change(
        "DELETE FROM gpkg_geometry_columns; UPDATE gpkg_contents SET table_name = 'v', data_type = 'attributes';",
    );
    let layer = as_view("SELECT Name, OBJECTID * 2 AS twice, 1.5 AS x FROM a").unwrap();
    assert_eq!(layer.features.features.len(), 3);
    assert_eq!(layer.features.fields[1].name, "twice");
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT";
    assert!(matches!(as_view(&format!("{endless} max(i) AS m FROM n")), Err(FormatError::Unsupported(_))));
    assert!(matches!(as_view(&format!("{endless} i FROM n")), Err(FormatError::TooLarge(_))));
    let blob = "SELECT zeroblob(900000000) AS z";
    assert!(matches!(as_view(blob), Err(FormatError::TooLarge(_))));
    assert!(as_view("SELECT load_extension('x') AS e").is_err());
}

#[test]
fn contents_that_name_what_is_no_table_are_refused() {
    for sql in [
        "UPDATE gpkg_contents SET table_name = 'rtree_a_geom'; UPDATE gpkg_geometry_columns SET table_name = 'rtree_a_geom';",
        "UPDATE gpkg_contents SET table_name = 'none'; UPDATE gpkg_geometry_columns SET table_name = 'none';",
        "UPDATE gpkg_geometry_columns SET column_name = 'none';",
        "DELETE FROM gpkg_geometry_columns;",
        "DROP TABLE gpkg_geometry_columns; DROP TABLE gpkg_contents;",
        "PRAGMA foreign_keys = OFF; DROP TRIGGER rtree_a_geom_update1; UPDATE a SET geom = x'475000010000000001';",
        "PRAGMA foreign_keys = OFF; DROP TRIGGER rtree_a_geom_update1; UPDATE a SET geom = 'text';",
    ] {
        let sql = format!(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER rtree_a_geom_update2; DROP TRIGGER rtree_a_geom_update3; \
             DROP TRIGGER rtree_a_geom_update4; {sql}"
        );
        let written = Written::new(&[("a", &points(1))]);
        let error = written.change(&sql).read().unwrap_err();
        assert!(matches!(error, FormatError::Malformed { .. }), "{sql} {error}");
    }
}

#[test]
fn a_layer_without_its_entry_does_not_keep_others_from_being_read() {
    let written = Written::new(&[("good", &points(1)), ("bad", &points(1))]);
    written.change("DELETE FROM gpkg_geometry_columns WHERE table_name = 'bad'");
    let of = |name: &str| read(&written.input(), &ReadOptions { layer: Some(name.to_owned()), ..options() });
    assert_eq!(ids(&of("good").unwrap()), [10]);
    assert!(of("bad").unwrap_err().to_string().contains("bad has no entry in gpkg_geometry_columns"));
}

#[test]
fn what_is_left_out_is_said() {
    let written = Written::new(&[("a", &points(2))]);
    written.change(
        "ALTER TABLE a ADD COLUMN photo BLOB; ALTER TABLE a ADD COLUMN n MEDIUMINT; ALTER TABLE a ADD COLUMN d DATETIME;
         DROP TRIGGER rtree_a_geom_update3; DROP TRIGGER rtree_a_geom_update4;
         UPDATE a SET n = 'many', d = 5;",
    );
    let layer = written.read().unwrap();
    assert_eq!(layer.warnings.len(), 3, "{:?}", layer.warnings);
    assert!(layer.warnings[0].contains("photo"));
    let mut set = points(1);
    set.fields.push(Field::new("geom", FieldType::Date));
    set.fields.push(Field::new("photo", FieldType::Blob));
    set.features[0].attributes.extend([Attribute::Integer(i64::MAX), Attribute::Text("AA==".into())]);
    let written = Written::new(&[("a", &set)]);
    assert_eq!(written.warnings.len(), 3, "{:?}", written.warnings);
    assert!(written.warnings[0].contains("geom → geom_1"));
}

#[test]
fn limits_and_stops_are_heeded() {
    let written = Written::new(&[("a", &points(3))]);
    let mut options = options();
    options.limits.max_features = 2;
    assert!(matches!(read(&written.input(), &options), Err(FormatError::TooLarge(_))));
    options.limits.max_features = 3;
    options.limits.max_vertices = 2;
    assert!(matches!(read(&written.input(), &options), Err(FormatError::TooLarge(_))));
    let options = ReadOptions { stop: &|| true, ..options };
    assert!(matches!(read(&written.input(), &options), Err(FormatError::Stopped)));
    let layer = WriteLayer { name: "a", features: &points(1) };
    assert!(matches!(write(&written.path(), &[layer], &|| true), Err(FormatError::Stopped)));
}

#[test]
fn a_file_is_not_changed_by_reading_it_and_equal_layers_make_equal_files() {
    let (one, two) = (Written::new(&[("a", &points(3))]), Written::new(&[("a", &points(3))]));
    let before = std::fs::read(one.path()).unwrap();
    assert!(before == std::fs::read(two.path()).unwrap());
    one.read().unwrap();
    assert!(before == std::fs::read(one.path()).unwrap());
    assert_eq!(std::fs::read_dir(one.folder.path()).unwrap().count(), 1);
}

#[test]
fn empty_layers_come_back() {
    let set = points(0);
    let layer = Written::new(&[("a", &set)]).read().unwrap();
    testing::assert_close(&layer.features, &set, 0.0);
}

#[test]
fn a_geometry_that_is_wrong_is_named_by_the_key_of_its_row() {
    let set = points(3);
    let error = |value: &str| {
        let file = Written::new(&[("a", &set)]);
        // They call functions that only other software has.
        let triggers = "SELECT group_concat('DROP TRIGGER \"' || name || '\"', ';') FROM sqlite_master WHERE type = 'trigger'";
        let connection = Connection::open(file.path()).unwrap();
        let drops: Option<String> = connection.query_row(triggers, [], |row| row.get(0)).unwrap();
        connection.execute_batch(&drops.unwrap_or_default()).unwrap();
        file.change(&format!("UPDATE a SET geom = {value} WHERE rowid = 20"));
        file.read().unwrap_err().to_string()
    };
    for (value, reason) in [
        ("x'00'", "it does not begin with the header of GeoPackage"),
        ("'x'", "it is no blob"),
        ("substr(geom, 1, length(geom) - 1)", "its well-known binary: "),
    ] {
        let error = error(value);
        assert!(error.contains(&format!("the geometry of the row with OBJECTID 20: {reason}")), "{error}");
    }
}
