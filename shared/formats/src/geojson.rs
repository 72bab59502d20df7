//! GeoJSON files (RFC 7946): one collection in longitude and latitude on WGS 84.
//!
//! Reading takes the other reference that a `crs` member of 2008 names, and turns rings Esri's way (specification 6.2).
//! Writing gives dates as text in UTC, the object id also as `id`, and cuts what crosses the antimeridian; measures, and the
//! types, aliases and domains of fields have no place in the format. Columns in which every text is an instant in UTC are read
//! as dates, so that those that were written come back.

mod feature;

pub(crate) use feature::FeatureWriter;

use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, column_types, json_features, text};
use std::path::Path;

pub(crate) const FORMAT: &str = "GeoJSON";
/// How feature services say in GeoJSON that they did not send all features: a foreign member (RFC 7946, section 6.1).
const EXCEEDED: &[u8] = b"\"properties\":{\"exceededTransferLimit\":true},";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let mut layer = json_features::read(input, options, FORMAT)?;
    column_types::settle_dates(&mut layer.features);
    Ok(layer)
}

pub(crate) fn write(
    path: &Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut file = text::create(path)?;
    let mut out = text::Output::new(&mut file, stop);
    let mut writer = FeatureWriter::new(layer.features);
    out.bytes.extend_from_slice(b"{\"type\":\"FeatureCollection\",");
    if layer.features.exceeded_transfer_limit {
        out.bytes.extend_from_slice(EXCEEDED);
    }
    out.bytes.extend_from_slice(b"\"features\":[");
    for row in 0..layer.features.features.len() {
        out.bytes.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
        writer.write(&mut out.bytes, row);
        out.feature_done()?;
    }
    out.bytes.extend_from_slice(b"\n]}\n");
    out.finish()?;
    Ok(writer.into_warnings())
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::testing::{self, assert_same_set, read_bytes, sample, written};
    use gp_esri::{FeatureSet, Field, FieldType, Geometry, GeometryType, Path};
    use proptest::prelude::*;

    #[test]
    fn the_sample_is_written_as_the_standard_says() {
        let (bytes, warnings) = written(Format::GeoJson, &sample());
        let expected = concat!(
            r#"{"type":"FeatureCollection","features":["#,
            "\n",
            r#"{"type":"Feature","id":1,"properties":{"OBJECTID":1,"Größe, \"x\"":"a,b;c\td\n\"e\" <&> é","when":"2020-01-01T00:00:00Z","value":5.0},"geometry":{"type":"Point","coordinates":[1.5,-2.25]}},"#,
            "\n",
            r#"{"type":"Feature","id":9007199254740993,"properties":{"OBJECTID":9007199254740993,"Größe, \"x\"":null,"when":null,"value":null},"geometry":null},"#,
            "\n",
            r#"{"type":"Feature","id":3,"properties":{"OBJECTID":3,"Größe, \"x\"":"","when":"1969-12-31T23:59:59.999Z","value":-1e-7},"geometry":{"type":"Point","coordinates":[-180,90]}}"#,
            "\n]}\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn object_ids_come_back_whatever_their_field_is_named() {
        let mut set = sample();
        set.fields[0] = Field { length: Some(8), ..Field::new("fid", FieldType::Oid) };
        for format in [Format::GeoJson, Format::GeoJsonSeq] {
            let layer = read_bytes(format, written(format, &set).0).unwrap();
            assert_same_set(&layer.features, &set);
            assert_eq!(layer.warnings, Vec::<String>::new());
        }
    }

    #[test]
    fn rings_are_written_the_other_way_round_and_holes_with_their_exterior() {
        let ring = |xy: &[[f64; 2]]| Path::from_xy(xy.to_vec());
        let hole = ring(&[[1.0, 1.0], [2.0, 1.0], [1.0, 2.0], [1.0, 1.0]]);
        let outer = ring(&[[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [0.0, 0.0]]);
        let other = ring(&[[20.0, 0.0], [20.0, 1.0], [21.0, 0.0], [20.0, 0.0]]);
        let mut set = sample();
        set.geometry_type = Some(GeometryType::Polygon);
        set.features.truncate(1);
        set.features[0].geometry = Some(Geometry::Polygon(vec![hole, outer, other]));
        let text = String::from_utf8(written(Format::GeoJson, &set).0).unwrap();
        let expected = r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[0,9],[0,0]],[[1,1],[1,2],[2,1],[1,1]]],[[[20,0],[21,0],[20,1],[20,0]]]]}"#;
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn what_crosses_the_antimeridian_is_cut_and_what_is_lost_is_said() {
        let mut set = sample();
        set.geometry_type = Some(GeometryType::Polyline);
        (set.has_z, set.has_m) = (true, true);
        set.features.truncate(1);
        let path = Path { z: vec![1.0, 2.0], ..Path::from_xy(vec![[170.0, 0.0], [190.0, 10.0]]) };
        set.features[0].geometry = Some(Geometry::Polyline(vec![path]));
        let (bytes, warnings) = written(Format::GeoJson, &set);
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.contains(r#""MultiLineString","coordinates":[[[170,0],[180,5]],[[-180,5],[-170,10]]]"#),
            "{text}"
        );
        let wanted = [
            "GeoJSON has no measures: m was not written",
            "geometries that were cut at the antimeridian and lost their z: 1",
        ];
        assert_eq!(warnings, wanted);
    }

    #[test]
    fn an_older_reference_is_taken_and_an_empty_collection_is_read() {
        let text = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}"#;
        let read = |text: &str| read_bytes(Format::GeoJson, text).unwrap().features;
        assert_eq!(read(text).spatial_reference.and_then(|reference| reference.code()), Some(3857));
        let empty = FeatureSet { features: Vec::new(), ..sample() };
        let bytes = written(Format::GeoJson, &empty).0;
        assert_eq!(read(&String::from_utf8(bytes).unwrap()).features.len(), 0);
    }

    #[test]
    fn a_set_of_which_not_all_was_sent_says_so() {
        let set = FeatureSet { features: Vec::new(), exceeded_transfer_limit: true, ..sample() };
        let text = String::from_utf8(written(Format::GeoJson, &set).0).unwrap();
        assert!(
            text.starts_with(
                r#"{"type":"FeatureCollection","properties":{"exceededTransferLimit":true},"features":["#
            ),
            "{text}"
        );
        // Whatever of it was left.
        for text in [
            text.clone(),
            text.replace("\"properties\":{\"exceededTransferLimit\":true}", "\"exceededTransferLimit\":true"),
        ] {
            let layer = read_bytes(Format::GeoJson, text).unwrap();
            assert_eq!(layer.warnings, ["the file says that the server did not send all features"]);
        }
    }

    #[test]
    fn reading_a_damaged_file_never_panics() {
        testing::read_damaged(Format::GeoJson, &written(Format::GeoJson, &sample()).0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_written_set_is_read_back_the_same_as_collection_and_as_lines(set in testing::telling_set()) {
            for format in [Format::GeoJson, Format::GeoJsonSeq] {
                let (bytes, warnings) = written(format, &set);
                prop_assert_eq!(warnings.len(), 0);
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok() || format == Format::GeoJsonSeq);
                assert_same_set(&read_bytes(format, bytes).unwrap().features, &set);
            }
        }
    }
}
