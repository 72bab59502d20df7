use crate::testing::{self, assert_same_set, input, layer_names, options, read_bytes, sample, written};
use crate::{Format, ReadLayer, WriteLayer, read, write};
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry, GeometryType};
use proptest::prelude::*;

fn error(text: &str) -> String {
    read_bytes(Format::Kml, text).unwrap_err().to_string()
}

fn names(text: &str) -> Vec<String> {
    layer_names(&input("trip.kml", text), Format::Kml)
}

fn layer(text: &str, name: &str) -> ReadLayer {
    let options = crate::ReadOptions { layer: Some(name.to_owned()), ..options() };
    read(&input("trip.kml", text), Format::Kml, &options).unwrap()
}

fn types(layer: &ReadLayer) -> Vec<(&str, FieldType)> {
    layer.features.fields.iter().map(|field| (field.name.as_str(), field.field_type)).collect()
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.into())
}

/// The set as it is after KML: columns with whole numbers beyond 32 bits are text.
fn without_wide_numbers(set: &FeatureSet) -> FeatureSet {
    let mut set = set.clone();
    for column in 0..set.fields.len() {
        let is_big = matches!(set.fields[column].field_type, FieldType::Oid | FieldType::BigInteger);
        if !is_big {
            continue;
        }
        set.fields[column].field_type = FieldType::String;
        set.fields[column].length = None;
        for feature in &mut set.features {
            if let Attribute::Integer(value) = feature.attributes[column] {
                feature.attributes[column] = text(&value.to_string());
            }
        }
    }
    set
}

const POINT: &str = "<Placemark><name>p</name><Point><coordinates>1,2,0</coordinates></Point></Placemark>";
const LINE: &str =
    "<Placemark><LineString><coordinates> 1,2 \n 3, 4 , 5\t6,7, </coordinates></LineString></Placemark>";

#[test]
fn outermost_folders_are_layers_and_mixed_ones_are_split_by_geometry_type() {
    let mixed = "<Placemark><name>m</name><MultiGeometry><Point><coordinates>1,2</coordinates></Point>\
        <LineString><coordinates>1,2 3,4</coordinates></LineString></MultiGeometry></Placemark>";
    let kml = format!(
        "<kml><Document><name>Trip</name><Style/>{POINT}<Folder><name>A</name>{POINT}<Folder><name>deep</name>{POINT}\
        </Folder></Folder><Folder><name>B</name>{LINE}{POINT}{mixed}<Placemark/></Folder><Folder><name>none</name></Folder>\
        <Folder><name>a</name>{LINE}</Folder><NetworkLink><Link/></NetworkLink><GroundOverlay/></Document></kml>"
    );
    assert_eq!(names(&kml), ["Trip", "A", "B (points)", "B (lines)", "a 1"]);
    assert!(error(&kml).contains("several layers"));
    let a = layer(&kml, "A");
    assert_eq!((a.features.features.len(), a.features.geometry_type), (2, Some(GeometryType::Point)));
    let wanted = [
        "links to other files that were not followed: 1",
        "overlays that were not read: 1",
        "folders within folders that were read as part of the outer one, without their names: 1",
    ];
    assert_eq!(a.warnings, wanted);
    let points = layer(&kml, "b (POINTS)").features;
    assert_eq!((points.geometry_type, points.features.len()), (Some(GeometryType::Multipoint), 3));
    let lines = layer(&kml, "B (lines)").features;
    assert_eq!((lines.features.len(), lines.has_z), (2, true));
    assert_eq!(lines.features[1].attributes, [text("m")]);
    let Some(Geometry::Polyline(paths)) = &lines.features[0].geometry else { panic!("no line") };
    assert_eq!(paths[0].xy, [[1.0, 2.0], [3.0, 4.0], [6.0, 7.0]]);
}

#[test]
fn altitudes_are_z_when_one_is_not_zero() {
    let read = |z: &str| {
        let kml = format!(
            "<Placemark><LineString><coordinates>1,2,0 3,4,{z}</coordinates></LineString></Placemark>"
        );
        read_bytes(Format::Kml, kml).unwrap().features
    };
    assert!(!read("0").has_z);
    let high = read("5.5");
    let Some(Geometry::Polyline(paths)) = &high.features[0].geometry else { panic!("no line") };
    assert_eq!((high.has_z, &paths[0].z[..]), (true, &[0.0, 5.5][..]));
}

#[test]
fn extended_data_times_cdata_and_entities_are_fields() {
    let kml = r##"<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;&x;">]>
        <kml xmlns:gx="g"><Document><Schema name="s" id="s1"><SimpleField type="int" name="N"><displayName>Count</displayName>
        </SimpleField><SimpleField type="double" name="D"/><SimpleField type="string" name="S"/><SimpleField type="string" name="never"/>
        </Schema><Placemark><name>a &amp; b &x; &#233;</name><description><![CDATA[<b>bold & "x"</b>]]></description>
        <TimeSpan><begin>2020</begin><end>2020-05-01T00:00:00Z</end></TimeSpan><TimeStamp><when>soon</when></TimeStamp>
        <ExtendedData><Data name="code"><value>01</value></Data><Data name="num"><value>5</value></Data><Data name="Name"><value>z</value></Data>
        <SchemaData schemaUrl="#s1"><SimpleData name="N">7</SimpleData><SimpleData name="D">1e3</SimpleData>
        <SimpleData name="S">9</SimpleData></SchemaData><c:camp xmlns:c="c">5</c:camp></ExtendedData></Placemark></Document></kml>"##;
    let layer = read_bytes(Format::Kml, kml).unwrap();
    use FieldType::{Date, Double, Integer, String};
    let wanted = [
        ("name", String),
        ("description", String),
        ("timestamp", Date),
        ("begin", Date),
        ("end", Date),
        ("code", String),
        ("num", Integer),
        ("Name_1", String),
        ("N", Integer),
        ("D", Double),
        ("S", String),
        ("never", String),
    ];
    assert_eq!(types(&layer), wanted);
    let values = &layer.features.features[0].attributes;
    assert_eq!(values[..2], [text("a & b &x; é"), text("<b>bold & \"x\"</b>")]);
    assert_eq!(
        values[2..5],
        [Attribute::Null, Attribute::Integer(1_577_836_800_000), Attribute::Integer(1_588_291_200_000)]
    );
    assert_eq!(values[8..11], [Attribute::Integer(7), Attribute::Double(1000.0), text("9")]);
    assert_eq!(layer.features.fields[8].alias, "Count");
    let wanted = [
        "elements of extended data of other kinds that were not read: 1",
        "times that are no dates and were read as null: 1",
        "fields of one name were numbered: Name → Name_1",
    ];
    assert_eq!(layer.warnings, wanted);
    assert_eq!(layer.features.geometry_type, None);
}

#[test]
fn polygons_have_holes_and_are_turned_and_tracks_have_measures() {
    let kml = "<Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 9,0 9,9 0,9</coordinates></LinearRing>\
        </outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>1,1 2,1 2,2 1,1</coordinates></LinearRing></innerBoundaryIs>\
        </Polygon></Placemark>";
    let set = read_bytes(Format::Kml, kml).unwrap().features;
    let Some(Geometry::Polygon(rings)) = &set.features[0].geometry else { panic!("no polygon") };
    assert_eq!(rings[0].xy.len(), 5);
    assert!(gp_geometry::is_clockwise(&rings[0].xy));
    assert!(!gp_geometry::is_clockwise(&rings[1].xy));
    let kml = "<kml><Placemark><gx:Track><when>1970-01-01T00:00:10Z</when><when>1970-01-01T00:00:20Z</when>\
        <gx:coord>1 2 3</gx:coord><gx:coord>4 5 6</gx:coord></gx:Track></Placemark></kml>";
    let set = read_bytes(Format::Kml, kml).unwrap().features;
    let Some(Geometry::Polyline(paths)) = &set.features[0].geometry else { panic!("no line") };
    assert_eq!((set.has_m, &paths[0].m[..], &paths[0].z[..]), (true, &[10.0, 20.0][..], &[3.0, 6.0][..]));
}

#[test]
fn times_and_positions_of_a_track_are_paired_by_their_place() {
    let track = |inner: &str| {
        let kml = format!("<kml><Placemark><gx:Track>{inner}</gx:Track></Placemark></kml>");
        let layer = read_bytes(Format::Kml, kml).unwrap();
        let Some(Geometry::Polyline(paths)) = &layer.features.features[0].geometry else { panic!("no line") };
        (paths[0].xy.len(), format!("{:?}", paths[0].m), layer.warnings)
    };
    let when = |seconds: &str| format!("<when>1970-01-01T00:00:{seconds}Z</when>");
    let (one, two, three) = (when("01"), when("02"), when("03"));
    let coord = "<gx:coord>1 2 3</gx:coord>";
    let lost = |count: usize| vec![format!("times of tracks without a position that were not read: {count}")];
    let text = |text: &str| text.to_owned();
    let (empty, none) = ("<gx:coord/>", Vec::new());
    let gap = track(&format!("{one}{two}{three}{coord}{empty}{coord}"));
    assert_eq!(gap, (2, text("[1.0, 3.0]"), lost(1)));
    assert_eq!(track(&format!("{one}{two}{three}{coord}")), (1, text("[1.0]"), lost(2)));
    assert_eq!(track(&format!("{one}{coord}{coord}")), (2, text("[1.0, NaN]"), none.clone()));
    assert_eq!(track(&format!("<when/>{empty}{coord}{coord}")), (2, text("[]"), none.clone()));
    assert_eq!(track(&format!("<when>1970</when>{coord}")), (1, text("[0.0]"), none));
    let unread = vec![text("times of tracks that are no dates and were read as no measure: 1")];
    assert_eq!(track(&format!("{one}<when>noon</when>{coord}{coord}")), (2, text("[1.0, NaN]"), unread));
}

#[test]
fn what_is_wrong_is_said() {
    for (text, reason) in [
        ("", "it holds no element"),
        ("<html><body/></html>", "its outermost element is html and not kml"),
        ("<kml><Document>", "it ends within an element Document: it was cut"),
        ("<kml><Document></kml>", "byte 15"),
        (
            "<kml><Placemark/><Placemark><Point><coordinates>1,b</coordinates></Point></Placemark></kml>",
            "placemark 2 of roads.v2: \"b\" is no coordinate",
        ),
        ("<Placemark><Point><coordinates>1</coordinates></Point></Placemark>", "a position has 1 numbers"),
    ] {
        assert!(error(text).contains(reason), "{}", error(text));
    }
    let deep = format!("<kml>{}", "<Folder>".repeat(1000));
    assert!(error(&deep).contains("nested deeper than 64"));
    assert!(
        error(&format!("<Placemark>{}", "<MultiGeometry>".repeat(1000))).contains("nested deeper than 64")
    );
}

#[test]
fn names_and_schemas_without_end_are_read_at_once_or_refused() {
    let folder = "<Folder><name>a</name><Placemark/></Folder>";
    let many = format!("<kml><Document>{}</Document></kml>", folder.repeat(5_000));
    assert_eq!(names(&many)[4_999], "a 4999");
    let schemas: String = (0..5_000).map(|number| format!("<Schema id='s{number}'/>")).collect();
    let uses: String = (0..5_000)
        .map(|number| {
            format!(
                "<Placemark><ExtendedData><SchemaData schemaUrl='#s{number}'/></ExtendedData></Placemark>"
            )
        })
        .collect();
    assert_eq!(names(&format!("<kml><Document>{schemas}{uses}</Document></kml>")).len(), 1);
    let data: String = (0..10_001).map(|number| format!("<Data name='d{number}'/>")).collect();
    assert!(
        error(&format!("<Placemark><ExtendedData>{data}</ExtendedData></Placemark>"))
            .contains("more than 10000 fields")
    );
    let fields = "<SimpleField name='a'/>".repeat(100_001);
    assert!(
        error(&format!("<kml><Document><Schema>{fields}</Schema></Document></kml>"))
            .contains("more than 100000 fields")
    );
}

#[test]
fn a_document_in_another_encoding_is_read() {
    let kml = b"<?xml version='1.0' encoding='ISO-8859-1'?><kml><Placemark><name>Z\xFCrich</name></Placemark></kml>";
    let set = read_bytes(Format::Kml, &kml[..]).unwrap().features;
    assert_eq!(set.features[0].attributes, [text("Zürich")]);
}

#[test]
fn layers_are_written_as_folders_and_read_back() {
    let (set, mut other, mut empty) = (sample(), sample(), sample());
    other.fields[1].alias = "a \"size\"".to_owned();
    other.features.truncate(1);
    other.fields[0].length = None;
    empty.features.clear();
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Kml, Format::Kmz] {
        let path = folder.path().join("out");
        let layers = [("A & B", &set), ("none", &empty), ("other", &other)];
        let layers = layers.map(|(name, features)| WriteLayer { name, features });
        let warnings = write(&path, format, &layers, &|| false).unwrap();
        assert_eq!(
            warnings,
            ["A & B: KML has no whole numbers of 64 bits: those of OBJECTID were written as text"]
        );
        let file = crate::Input::open(&path).unwrap();
        assert_eq!(layer_names(&file, format), ["A & B", "none", "other"]);
        for (name, wanted) in [("a & b", &without_wide_numbers(&set)), ("other", &other)] {
            let options = crate::ReadOptions { layer: Some(name.to_owned()), ..options() };
            assert_same_set(&read(&file, format, &options).unwrap().features, wanted);
        }
    }
}

#[test]
fn an_empty_set_keeps_its_fields_and_what_is_lost_is_said() {
    let mut set = sample();
    set.fields[2].field_type = FieldType::String;
    set.fields[0].length = None;
    set.features.clear();
    let (bytes, _) = written(Format::Kml, &set);
    let layer = read_bytes(Format::Kml, bytes).unwrap();
    assert_eq!(layer.name, "roads");
    assert_same_set(&layer.features, &set);
    let mut set = sample();
    set.has_m = true;
    set.fields[0].domain = Some("{}".into());
    set.features[0].attributes[1] = text("a\u{1}b");
    assert_eq!(written(Format::Kml, &set).1.len(), 4);
}

#[test]
fn reading_a_damaged_file_never_panics() {
    testing::read_damaged(Format::Kml, &written(Format::Kml, &sample()).0);
    testing::read_damaged(Format::Kmz, &written(Format::Kmz, &sample()).0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_written_set_is_read_back_the_same(set in testing::telling_set()) {
        let (bytes, warnings) = written(Format::Kml, &set);
        prop_assert_eq!(warnings.len(), 1);
        let wanted = without_wide_numbers(&set);
        assert_same_set(&read_bytes(Format::Kml, bytes).unwrap().features, &wanted);
    }

    #[test]
    fn reading_any_markup_never_panics(parts in prop::collection::vec(prop_oneof![
        Just(POINT), Just(LINE), Just("<Folder>"), Just("</Folder>"), Just("<name>x"), Just("</name>"), Just("&lt;"), Just("&"),
        Just("<![CDATA["), Just("]]>"), Just("<MultiGeometry>"), Just("<Polygon>"), Just("<coordinates>1,"), Just("<a b='"), Just("<!--")
    ], 0..12)) {
        let _ = read_bytes(Format::Kml, format!("<kml>{}", parts.concat()));
    }
}
