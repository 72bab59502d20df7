//! Esri JSON files: feature sets as the protocol has them (specification 6), with their schema. Nothing is lost in them.
//!
//! Separate from `gp_esri`, which reads and writes the text, because files have limits and names. A text in GeoJSON is read
//! too: such files often end in `.json`.

use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, json_features, text};
use gp_esri::{WriteOptions, write_feature_set_in_pieces};
use std::io::Write;
use std::path::Path;

const FORMAT: &str = "Esri JSON";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    json_features::read(input, options, FORMAT)
}

pub(crate) fn write(
    path: &Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut file = text::create(path)?;
    write_feature_set_in_pieces(layer.features, &WriteOptions::default(), |piece| {
        if stop() {
            return Err(FormatError::Stopped);
        }
        Ok(file.write_all(piece)?)
    })?;
    file.flush()?;
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use crate::testing::{self, assert_same_set, input, read_bytes, sample, written};
    use gp_esri::Field;
    use proptest::prelude::*;

    #[test]
    fn nothing_of_a_set_is_lost() {
        let mut set = sample();
        set.fields[1] = Field { alias: "size".to_owned(), length: Some(20), ..set.fields[1].clone() };
        let (bytes, warnings) = written(Format::EsriJson, &set);
        let layer = read_bytes(Format::EsriJson, bytes).unwrap();
        assert_eq!((layer.name.as_str(), warnings.len(), layer.warnings.len()), ("roads.v2", 0, 0));
        assert_same_set(&layer.features, &set);
        set.features.clear();
        assert_same_set(
            &read_bytes(Format::EsriJson, written(Format::EsriJson, &set).0).unwrap().features,
            &set,
        );
    }

    #[test]
    fn a_byte_order_mark_and_geojson_are_taken_and_other_bytes_are_named() {
        let text = b"\xEF\xBB\xBF{\"type\":\"FeatureCollection\",\"features\":[]}";
        assert_eq!(read_bytes(Format::EsriJson, text).unwrap().features.features.len(), 0);
        for (bytes, reason) in [
            (&b"{\"features\":[\xFF]}"[..], "byte 13 is no UTF-8"),
            (b"{\"features\":[", "not valid JSON at byte 13"),
            (b"", "it holds no features"),
        ] {
            let error = read_bytes(Format::EsriJson, bytes).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn limits_are_errors_that_name_them_and_a_stop_ends_both_ways() {
        let bytes = written(Format::EsriJson, &sample()).0;
        let mut options = testing::options();
        options.max_decompressed_bytes = 100;
        let input = input("a.json", bytes);
        assert!(matches!(read(&input, &options), Err(FormatError::TooLarge(_))));
        options.max_decompressed_bytes = 10_000;
        options.limits.max_features = 2;
        assert!(matches!(read(&input, &options), Err(FormatError::TooLarge(_))));
        options.stop = &|| true;
        assert!(matches!(read(&input, &options), Err(FormatError::Stopped)));
        let folder = tempfile::tempdir().unwrap();
        let set = sample();
        let layer = WriteLayer { name: "a", features: &set };
        assert!(matches!(write(&folder.path().join("a"), &layer, &|| true), Err(FormatError::Stopped)));
    }

    #[test]
    fn reading_a_damaged_file_never_panics() {
        testing::read_damaged(Format::EsriJson, &written(Format::EsriJson, &sample()).0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_written_set_is_read_back_the_same(set in testing::telling_set()) {
            let bytes = written(Format::EsriJson, &set).0;
            assert_same_set(&read_bytes(Format::EsriJson, bytes).unwrap().features, &set);
        }
    }
}
