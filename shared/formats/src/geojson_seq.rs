//! GeoJSON features one after the other: one a line, or each behind a record separator (RFC 8142).
//!
//! Separate from `geojson.rs` because nothing holds them together: a line is read and gone, so that memory holds the longest
//! line and the result. The fields are those of all lines. One feature a line is written, without separators.

use crate::budget::{StopCheck, max_text_bytes};
use crate::{
    FormatError, Input, ReadLayer, ReadOptions, WriteLayer, column_types, geojson, json_features, text,
};
use gp_esri::FeatureLines;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

const FORMAT: &str = "GeoJSON lines";
/// RFC 8142: begins each text of a sequence, which may then have several lines.
const RECORD_SEPARATOR: u8 = 0x1E;

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    if input.bytes().byte_len() > options.max_decompressed_bytes {
        return Err(text::too_long(options.max_decompressed_bytes));
    }
    let mut reader = BufReader::new(input.reader().take(options.max_decompressed_bytes));
    if reader.fill_buf()?.starts_with(text::BYTE_ORDER_MARK) {
        reader.consume(text::BYTE_ORDER_MARK.len());
    }
    let is_separated = reader.fill_buf()?.trim_ascii_start().first() == Some(&RECORD_SEPARATOR);
    let end = if is_separated { RECORD_SEPARATOR } else { b'\n' };
    let mut lines = FeatureLines::new(&options.limits);
    let mut record = Vec::new();
    let most_bytes = max_text_bytes(options);
    let mut stop_check = StopCheck::new(options.stop);
    let mut line = 1;
    loop {
        stop_check.step()?;
        record.clear();
        if reader.by_ref().take(most_bytes + 1).read_until(end, &mut record)? == 0 {
            break;
        }
        let first_line = line + leading_lines(&record);
        if record.len() as u64 > most_bytes {
            return Err(FormatError::TooLarge(format!(
                "line {first_line} is longer than {most_bytes} bytes, the most that a feature may have; send a part of it"
            )));
        }
        line += record.iter().filter(|byte| **byte == b'\n').count();
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == RECORD_SEPARATOR;
        if record.iter().all(blank) {
            continue;
        }
        let wrong =
            |reason: String| FormatError::malformed(FORMAT, format_args!("line {first_line}: {reason}"));
        let feature = std::str::from_utf8(&record)
            .map_err(|error| wrong(format!("byte {} of it is no UTF-8", error.valid_up_to())))?;
        let feature = feature.trim_matches(|letter: char| letter == '\u{1E}' || letter.is_ascii_whitespace());
        lines.push(feature, first_line).map_err(|error| match json_features::error_of(error, FORMAT) {
            FormatError::Malformed { reason, .. } => wrong(reason),
            other => other,
        })?;
    }
    let read = lines.finish().map_err(|error| json_features::error_of(error, FORMAT))?;
    let mut layer = json_features::layer(input, read);
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
    let mut writer = geojson::FeatureWriter::new(layer.features);
    for row in 0..layer.features.features.len() {
        writer.write(&mut out.bytes, row);
        out.bytes.push(b'\n');
        out.feature_done()?;
    }
    out.finish()?;
    Ok(writer.into_warnings())
}

/// The ends of lines before the text of a record.
fn leading_lines(record: &[u8]) -> usize {
    let before = |byte: &&u8| byte.is_ascii_whitespace() || **byte == RECORD_SEPARATOR;
    record.iter().take_while(before).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::testing::{self, read_bytes, sample, written};
    use gp_esri::FieldType;

    const POINT: &str =
        r#"{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}"#;
    const OTHER: &str = r#"{"type":"Feature","properties":{"b":"x","a":1.5},"geometry":null}"#;

    #[test]
    fn lines_may_be_blank_and_records_may_be_separated_and_have_several_lines() {
        let pretty = POINT.replace(",\"geometry\"", ",\n\"geometry\"");
        for text in [
            format!("{POINT}\n{OTHER}\n"),
            format!("\u{FEFF}\r\n  \n{POINT}\r\n\r\n{OTHER}"),
            format!("\u{1E}{POINT}\n\u{1E}{OTHER}\n"),
            format!("\u{1E}{pretty}\n\u{1E}\u{1E}\n{OTHER}"),
        ] {
            let set = read_bytes(Format::GeoJsonSeq, text.clone()).unwrap().features;
            let types: Vec<_> =
                set.fields.iter().map(|field| (field.name.as_str(), field.field_type)).collect();
            assert_eq!(types, [("a", FieldType::Double), ("b", FieldType::String)], "{text}");
            assert_eq!((set.features.len(), set.features[1].geometry.is_none()), (2, true));
        }
    }

    #[test]
    fn a_wrong_line_is_named_by_its_number() {
        let polygon = POINT.replace("Point", "Polygon").replace("[1,2]", "[[[0,0],[1,0],[0,1],[0,0]]]");
        for (text, reason) in [
            (format!("{POINT}\n\n{{\"type\":\n"), "line 3: not valid JSON at byte 8"),
            (format!("\u{1E}{POINT}\n\u{1E}\n{{}}"), "line 3: expected a feature"),
            (format!("{POINT}\nnull\n"), "line 2: expected a feature"),
            (
                format!("{{\"type\":\"FeatureCollection\",\"features\":[{POINT}]}}"),
                "line 1: found a whole FeatureCollection",
            ),
            (
                format!("\n{POINT}\n\n{polygon}\n"),
                "line 4: geometry: is esriGeometryPolygon, but line 2 has esriGeometryPoint",
            ),
        ] {
            let error = read_bytes(Format::GeoJsonSeq, text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        let nowhere = POINT.replace("[1,2]", "[null,2]");
        let warnings = read_bytes(Format::GeoJsonSeq, format!("{POINT}\n\n{nowhere}\n")).unwrap().warnings;
        assert_eq!(warnings, ["line 3: no position, because a coordinate is NaN: read without geometry"]);
        let error = read_bytes(Format::GeoJsonSeq, b"\n{\"\xFF".to_vec()).unwrap_err().to_string();
        assert!(error.contains("line 2: byte 2 of it is no UTF-8"), "{error}");
    }

    #[test]
    fn a_line_that_is_longer_than_all_texts_may_be_is_refused_before_it_is_whole() {
        let mut options = testing::options();
        options.limits.max_text_bytes = 200;
        let long = format!("{POINT}\n{{\"x\":\"{}", "x".repeat(1000));
        let error =
            crate::read(&testing::input("a.geojsonl", long), Format::GeoJsonSeq, &options).unwrap_err();
        assert!(error.to_string().starts_with("line 2 is longer than 200 bytes"), "{error}");
    }

    #[test]
    fn reading_a_damaged_file_never_panics() {
        testing::read_damaged(Format::GeoJsonSeq, &written(Format::GeoJsonSeq, &sample()).0);
    }
}
