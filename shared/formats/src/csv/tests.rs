use crate::testing::{self, assert_same_set, read_bytes, sample, written};
use crate::{Format, ReadLayer};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, GeometryType, Point};
use proptest::prelude::*;

fn read(text: &str) -> ReadLayer {
    read_bytes(Format::Csv, text).unwrap()
}

fn error(text: &str) -> String {
    read_bytes(Format::Csv, text).unwrap_err().to_string()
}

fn types(layer: &ReadLayer) -> Vec<(&str, FieldType)> {
    layer.features.fields.iter().map(|field| (field.name.as_str(), field.field_type)).collect()
}

fn values(layer: &ReadLayer, row: usize) -> &[Attribute] {
    &layer.features.features[row].attributes
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.into())
}

#[test]
fn types_are_told_from_all_rows_and_codes_stay_text() {
    let layer = read(
        "a;b;c;d;e;f;g\n1;1;1;01234;2020-01-01;x;\n2;9000000000;1,5;99;1970-01-01T00:00:01Z;\"\";\n;;2;;;;\n",
    );
    use FieldType::{BigInteger, Date, Integer, String};
    let wanted = [
        ("a", Integer),
        ("b", BigInteger),
        ("c", String),
        ("d", String),
        ("e", Date),
        ("f", String),
        ("g", String),
    ];
    assert_eq!(types(&layer), wanted);
    assert_eq!(values(&layer, 0)[3..6], [text("01234"), Attribute::Integer(1_577_836_800_000), text("x")]);
    assert_eq!(values(&layer, 1)[3..6], [text("99"), Attribute::Integer(1000), text("")]);
    assert!(values(&layer, 2)[3..].iter().all(|value| *value == Attribute::Null));
    assert_eq!((layer.features.geometry_type, layer.warnings.len()), (None, 0));
}

#[test]
fn a_declared_type_holds_and_what_does_not_fit_it_is_an_error_with_row_and_column() {
    let layer = read("POP:integer,CODE : String,osm:key,N:Double\n007,5,6,1\n");
    use FieldType::{Double, Integer, String};
    assert_eq!(types(&layer), [("POP", Integer), ("CODE", String), ("osm:key", Integer), ("N", Double)]);
    assert_eq!(values(&layer, 0)[..2], [Attribute::Integer(7), text("5")]);
    assert!(error("POP:integer\n1\nmany\n").ends_with(
        "row 3, column POP: \"many\" does not fit esriFieldTypeInteger, which the header declares"
    ));
}

#[test]
fn longitude_and_latitude_are_wgs84_and_x_and_y_are_of_unknown_reference() {
    for header in [
        "lon,lat",
        "Longitude,LATITUDE",
        "lng,lat",
        "long,lat",
        "Longitude (deg),Latitude (deg)",
        "LONG_DD,LAT_DD",
        "decimalLongitude,decimalLatitude",
        "lon,Latitude [°]",
    ] {
        let layer = read(&format!("name,{header}\na,8.5,47\n"));
        let set = &layer.features;
        assert_eq!(
            set.spatial_reference.as_ref().and_then(|reference| reference.code()),
            Some(4326),
            "{header}"
        );
        assert_eq!(set.features[0].geometry, Some(Geometry::Point(Point::from_xy([8.5, 47.0]))));
        assert_eq!((types(&layer), layer.warnings.len()), (vec![("name", FieldType::String)], 0));
    }
    for (text, word) in [
        ("y,x,z\n47,8.5,3\n", "could be degrees"),
        ("POINT_X,POINT_Y\n500,47\n", "it is unknown"),
        ("Easting,Northing\n500,47\n", "it is unknown"),
        ("X_COORD,Y_COORD\n500,47\n", "it is unknown"),
        ("Point-X (m),Point-Y (m)\n500,47\n", "it is unknown"),
        ("lat,lon\n500,47\n", "hold values beyond ±180 or ±90"),
    ] {
        let layer = read(text);
        assert_eq!(layer.features.spatial_reference, None, "{text}");
        assert_eq!(layer.features.geometry_type, Some(GeometryType::Point));
        assert!(layer.warnings[0].contains(word), "{:?}", layer.warnings);
    }
    let with_z = read("y,x,z\n47,8.5,3\n1,2,\n").features;
    assert_eq!(
        with_z.features[0].geometry,
        Some(Geometry::Point(Point { xy: [8.5, 47.0], z: Some(3.0), m: None }))
    );
    assert!(with_z.has_z);
}

#[test]
fn well_known_text_is_the_geometry_wherever_coordinates_stand_beside_it() {
    for text in [
        "lon,lat,WKT\n8.5,47,\"SRID=4326;LINESTRING (0 0, 1 1)\"\n",
        "x,geom,y\n8,\"LINESTRING (0 0, 1 1)\",4\n",
    ] {
        let layer = read(text);
        assert_eq!(layer.features.geometry_type, Some(GeometryType::Polyline), "{text}");
        assert_eq!(layer.features.fields.len(), 2);
    }
    let layer = read("lon,lat,WKT\n1,2,POINT (5 6)\n3,4,\n");
    let told = "the geometry is that of column WKT; columns lon and lat are fields, and rows without well-known text have none: 1";
    assert!(layer.warnings.iter().any(|text| text == told), "{:?}", layer.warnings);
    // A name that is no well-known text hides no coordinates, and a text beside points stays one.
    assert_eq!(read("shape,x,y\nround,8,47\n").features.geometry_type, Some(GeometryType::Point));
    assert_eq!(read("lon,lat,WKT\n8.5,47,\n").features.geometry_type, Some(GeometryType::Point));
    let mut set = read("lon,lat,n\n8.5,47,a\n").features;
    set.fields[0] = Field::new("Geom", FieldType::String);
    let again = |set: &FeatureSet| read(std::str::from_utf8(&written(Format::Csv, set).0).unwrap()).features;
    assert_same_set(&set, &again(&set));
    set.features[0].attributes[0] = Attribute::Text("LINESTRING (0 0, 1 1)".into());
    // Well-known text names no reference.
    set.spatial_reference = None;
    assert_same_set(&set, &again(&set));
}

#[test]
fn what_stands_in_brackets_and_is_no_fitting_unit_is_part_of_the_name() {
    for what in ["W", "rad", "min", "NAD27", "old", "m", "EPSG:4267", "\u{5206}"] {
        let layer = read(&format!("Longitude ({what}),Latitude ({what})\n100,40\n"));
        assert_eq!((layer.features.geometry_type, layer.features.fields.len()), (None, 2), "{what}");
    }
}

#[test]
fn object_ids_that_come_more_than_once_are_an_ordinary_field_and_that_is_said() {
    for (ids, wanted) in
        [(["5", "6"], FieldType::Oid), (["6", "5"], FieldType::Oid), (["5", "5"], FieldType::Integer)]
    {
        let layer = read(&format!("OBJECTID,n\n{},a\n{},b\n", ids[0], ids[1]));
        assert_eq!(types(&layer)[0], ("OBJECTID", wanted));
        let is_said = layer.warnings.iter().any(|text| text.contains("OBJECTID come more than once"));
        assert_eq!(is_said, wanted == FieldType::Integer, "{:?}", layer.warnings);
    }
}

#[test]
fn names_alone_make_no_geometry() {
    assert_eq!(read("shape,x,y\nround,yes,no\n").features.geometry_type, None);
    assert_eq!(read("x\n1\n").features.geometry_type, None);
}

#[test]
fn decimal_commas_are_coordinates_where_they_can_be_nothing_else_and_are_told_where_they_are_not_read() {
    for text in
        ["lon;lat;z\n8,5;47;1,5\n-0,125;47,25;\n", "lon,lat,z\n\"8,5\",47,\"1,5\"\n\"-0,125\",\"47,25\",\n"]
    {
        let layer = read(text);
        let found = |row: usize| layer.features.features[row].geometry.clone();
        let point = |x, y, z| Some(Geometry::Point(Point { xy: [x, y], z, m: None }));
        assert_eq!((found(0), found(1)), (point(8.5, 47.0, Some(1.5)), point(-0.125, 47.25, None)), "{text}");
        assert_eq!(layer.warnings, ["the commas in columns lon and lat were read as decimal commas"]);
        assert_eq!(layer.features.fields.len(), 0);
    }
    for (text, words) in [
        ("lon;lat\n8,500;47,250\n", "the commas in columns lon and lat may part thousands or decimals"),
        ("a;x;y\n1;1,234,567;5\n", "the columns x and y do not both hold numbers"),
        ("a;x;y\n1;8.5;47,5\n", "the columns x and y do not both hold numbers"),
    ] {
        let layer = read(text);
        assert_eq!((layer.features.geometry_type, layer.features.features.len()), (None, 1), "{text}");
        assert!(layer.warnings[0].starts_with(words), "{:?}", layer.warnings);
    }
}

#[test]
fn rows_without_usable_coordinates_are_counted_in_one_warning() {
    let layer = read("lon,lat,n\n1,2,a\nx,2,b\n,,c\n3,,d\n1,,e\n1,1e400,f\n");
    assert_eq!(layer.features.features.iter().filter(|feature| feature.geometry.is_some()).count(), 1);
    assert_eq!(
        layer.warnings,
        ["rows 3, 5, 6 and 1 more were read without geometry: not both coordinates are numbers"]
    );
    let layer = read("id,wkt\n1,SRID=3857;POINT (1 2)\n2,\"POINT (1\"\n3,\n");
    assert_eq!(layer.features.features.iter().filter(|feature| feature.geometry.is_some()).count(), 1);
    assert_eq!(layer.warnings.len(), 1);
    assert_eq!(layer.features.spatial_reference.and_then(|reference| reference.code()), Some(3857));
}

#[test]
fn well_known_text_of_two_types_or_references_and_collections_are_errors_with_the_row() {
    let two = error("geom\nPOINT (1 2)\n\"LINESTRING (1 2, 3 4)\"\n");
    assert!(
        two.ends_with(
            "row 3 is esriGeometryPolyline, but row 2 is esriGeometryPoint: one geometry type a file"
        ),
        "{two}"
    );
    let two = error("geom\nPOINT (1 2)\nSRID=4326;POINT (1 2)\n");
    assert!(two.ends_with("rows 2 and 3 name different spatial references"), "{two}");
    let collection = error("geom\nGEOMETRYCOLLECTION EMPTY\n");
    assert!(collection.starts_with("row 2: a GEOMETRYCOLLECTION has no counterpart"), "{collection}");
}

#[test]
fn rows_of_another_length_are_errors_and_blank_lines_are_none() {
    assert!(error("a,b\n1,2\n3\n").ends_with("row 3 has 1 cells and the header has 2"));
    assert!(error("a,b\n1,2,3\n").ends_with("row 2 has more than 2 cells"));
    assert!(error("").ends_with("it has no header"));
    assert_eq!(read("a,b\n\n1,2\r\n\r\n").features.features.len(), 1);
    assert_eq!(read("a\nx\n\ny\n").features.features.len(), 3);
}

#[test]
fn names_are_made_unique_and_windows_letters_are_read() {
    let layer = read_bytes(Format::Csv, b"\xEF\xBB\xBFa,A,,\n1,2,3,4\n").unwrap();
    assert_eq!(
        types(&layer).iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["a", "A_1", "field_3", "field_4"]
    );
    let layer = read_bytes(Format::Csv, b"a,b\nZ\xFCrich,2\n").unwrap();
    assert_eq!(values(&layer, 0)[0], text("Zürich"));
    assert!(layer.warnings[0].contains("Windows-1252"));
}

#[test]
fn the_sample_is_written_as_expected() {
    let (bytes, warnings) = written(Format::Csv, &sample());
    let expected = "lon,lat,OBJECTID,\"Größe, \"\"x\"\"\",when,value\n\
        1.5,-2.25,1,\"a,b;c\td\n\"\"e\"\" <&> é\",2020-01-01T00:00:00Z,5.0\n\
        ,,9007199254740993,,,\n\
        -180,90,3,\"\",1969-12-31T23:59:59.999Z,-1e-7\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn coordinate_columns_keep_out_of_the_way_of_fields() {
    let mut set = sample();
    set.fields[3].name = "LAT".to_owned();
    let (bytes, _) = written(Format::Csv, &set);
    assert!(bytes.starts_with(b"longitude,latitude,"));
    assert_eq!(read_bytes(Format::Csv, bytes).unwrap().features.features, set.features);
    set.fields[3].name = "X".to_owned();
    set.spatial_reference = None;
    let (bytes, _) = written(Format::Csv, &set);
    assert!(bytes.starts_with(b"POINT_X,POINT_Y,"));
    let read = read_bytes(Format::Csv, bytes).unwrap().features;
    assert_eq!(read.features, set.features);
    let names: Vec<&str> = read.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["OBJECTID", "Größe, \"x\"", "when", "X"]);
}

#[test]
fn points_in_wgs_84_come_back_in_it_with_z_and_others_in_none() {
    let reread = |set: &gp_esri::FeatureSet| {
        let (bytes, warnings) = written(Format::Csv, set);
        (read_bytes(Format::Csv, bytes).unwrap().features, warnings.len())
    };
    let mut set = sample();
    set.has_z = true;
    for feature in &mut set.features {
        if let Some(Geometry::Point(point)) = &mut feature.geometry {
            point.z = Some(7.5);
        }
    }
    let (read, warnings) = reread(&set);
    assert_same_set(&read, &set);
    assert_eq!(warnings, 0);
    // Beyond a turn of the earth, which no longitude is.
    set.features[0].geometry = Some(Geometry::Point(Point { z: Some(1.0), ..Point::from_xy([200.0, 0.0]) }));
    let (read, warnings) = reread(&set);
    assert_eq!((read.spatial_reference, warnings), (None, 1));
    assert_eq!(read.features, set.features);
}

#[test]
fn what_is_lost_is_said() {
    let mut set = sample();
    set.spatial_reference = Some(gp_esri::SpatialReference::from_wkid(2056));
    set.has_m = true;
    set.fields[1].alias = "size".to_owned();
    let (_, warnings) = written(Format::Csv, &set);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
}

#[test]
fn an_empty_set_keeps_its_columns() {
    let mut set = sample();
    set.features.clear();
    let read = read_bytes(Format::Csv, written(Format::Csv, &set).0).unwrap().features;
    assert_eq!(
        (read.geometry_type, read.fields.len(), read.features.len()),
        (Some(GeometryType::Point), 4, 0)
    );
    set.geometry_type = None;
    set.fields.truncate(1);
    let read = read_bytes(Format::Csv, written(Format::Csv, &set).0).unwrap().features;
    assert_eq!((read.geometry_type, read.fields.len()), (None, 1));
}

/// Names that geometry has somewhere.
const NAMES: &[&str] = &[
    "x",
    "y",
    "z",
    "lon",
    "lat",
    "Longitude (deg)",
    "latitude",
    "long",
    "POINT_X",
    "point-y",
    "WKT",
    "geom",
    "easting",
    "northing",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_written_set_is_read_back_the_same_but_for_the_reference_of_well_known_text(set in testing::telling_set()) {
        let mut read = read_bytes(Format::Csv, written(Format::Csv, &set).0).unwrap().features;
        if set.geometry_type != Some(GeometryType::Point) {
            prop_assert_eq!(&read.spatial_reference, &None);
            read.spatial_reference = set.spatial_reference.clone();
        }
        assert_same_set(&read, &set);
    }

    #[test]
    fn fields_that_are_named_as_coordinates_are_not_taken_for_the_geometry_that_is_written_beside_them(
        names in prop::sample::subsequence(NAMES, 0..NAMES.len()),
        geometry_type in prop::sample::select(vec![GeometryType::Point, GeometryType::Polyline]),
        places in prop::collection::vec(prop::option::of((-120_i8..120, -80_i8..80)), 0..3),
        is_wgs84: bool,
    ) {
        let geometry = |(x, y): (i8, i8)| {
            let xy = [f64::from(x) + 0.5, f64::from(y) + 0.25];
            match geometry_type {
                GeometryType::Point => Geometry::Point(Point::from_xy(xy)),
                _ => Geometry::Polyline(vec![gp_esri::Path::from_xy(vec![xy, [0.0, 0.5]])]),
            }
        };
        let features = places.iter().enumerate().map(|(row, place)| gp_esri::Feature {
            attributes: names.iter().map(|_| Attribute::Double(row as f64 + 0.75)).collect(),
            geometry: place.map(geometry),
        });
        let set = FeatureSet {
            geometry_type: Some(geometry_type),
            spatial_reference: is_wgs84.then(|| gp_esri::SpatialReference::from_wkid(4326)),
            features: features.collect(),
            fields: names.iter().map(|name| Field::new(*name, FieldType::Double)).collect(),
            ..FeatureSet::default()
        };
        let mut read = read_bytes(Format::Csv, written(Format::Csv, &set).0).unwrap().features;
        // Other names than lon and lat tell no reference, and an empty file no types.
        read.spatial_reference = set.spatial_reference.clone();
        if places.is_empty() {
            read.fields = set.fields.clone();
            prop_assert!(read.geometry_type.is_some());
            read.geometry_type = set.geometry_type;
        }
        if places.iter().all(Option::is_none) {
            read.geometry_type = set.geometry_type;
        }
        assert_same_set(&read, &set);
    }

    #[test]
    fn names_of_fields_are_kept_whatever_they_look_like(name in "[a-c:]{1,3}(:(integer|Double|date|string|x))?", number: bool) {
        let mut set = sample();
        let (field_type, value) = match number {
            true => (FieldType::Integer, Attribute::Integer(7)),
            false => (FieldType::String, Attribute::Text("t".into())),
        };
        set.fields = vec![Field::new(name, field_type)];
        set.features.iter_mut().for_each(|feature| feature.attributes = vec![value.clone()]);
        let read = read_bytes(Format::Csv, written(Format::Csv, &set).0).unwrap().features;
        prop_assert_eq!(read.fields, set.fields);
    }

    #[test]
    fn reading_any_text_never_panics(text in "(x,y|wkt|a;b|lon\tlat)\n[x0-9,;\"\n.\tPOINT() -]{0,60}") {
        let _ = read_bytes(Format::Csv, text);
    }
}

#[test]
fn reading_a_damaged_file_never_panics() {
    testing::read_damaged(Format::Csv, &written(Format::Csv, &sample()).0);
    testing::read_damaged(Format::Csv, b"id,wkt\n1,\"POLYGON Z ((0 0 1, 0 1 1, 1 1 1, 0 0 1))\"\n2,\n");
}

#[test]
fn what_begins_as_json_or_a_web_page_is_no_table() {
    for text in [
        "<!DOCTYPE html>\n<p>",
        "{\"error\":{\"code\":499}}",
        "\u{feff} [1,2]\n3,4",
        "<?xml version=\"1.0\"?>\n<kml>",
    ] {
        let error = crate::read(
            &crate::testing::input("a.csv", text),
            crate::Format::Csv,
            &crate::testing::options(),
        );
        assert!(error.unwrap_err().to_string().contains("begins as JSON"), "{text}");
    }
}
