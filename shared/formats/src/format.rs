//! The formats: their names, extensions and media types, and how one is told from the others.

use crate::{FormatError, ReadLayer, ReadOptions, WriteLayer};
use crate::{
    Input, csv, esri_json, esri_pbf, flatgeobuf, geojson, geojson_seq, geopackage, geoparquet, kml, kmz,
    shapefile,
};
use gp_esri::SpatialReference;
use std::path::Path;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A feature set as Esri JSON, with its schema.
    EsriJson,
    /// A feature set as Esri's protocol buffers, `f=pbf`.
    EsriPbf,
    /// GeoJSON (RFC 7946), one collection.
    GeoJson,
    /// GeoJSON, one feature a line.
    GeoJsonSeq,
    /// Comma-separated values.
    Csv,
    /// A shapefile with all its parts, zipped.
    Shapefile,
    /// KML 2.2.
    Kml,
    /// KML, zipped.
    Kmz,
    /// FlatGeobuf 3.
    FlatGeobuf,
    /// GeoParquet 1.1.
    GeoParquet,
    /// OGC GeoPackage 1.3.
    GeoPackage,
}

/// What is known of a format without a file: name in choice lists, extensions (the first is written), media type.
struct Facts {
    format: Format,
    name: &'static str,
    extensions: &'static [&'static str],
    media_type: &'static str,
}

/// Every format.
#[rustfmt::skip]
const FORMATS: &[Facts] = &[
    Facts { format: Format::EsriJson, name: "ESRI_JSON", extensions: &["json", "txt"], media_type: "application/json" },
    Facts { format: Format::EsriPbf, name: "ESRI_PBF", extensions: &["pbf"], media_type: "application/x-protobuf" },
    Facts { format: Format::GeoJson, name: "GEOJSON", extensions: &["geojson"], media_type: "application/geo+json" },
    Facts { format: Format::GeoJsonSeq, name: "GEOJSON_LINES", extensions: &["geojsonl", "ndjson", "geojsons", "jsonl"], media_type: "application/x-ndjson" },
    Facts { format: Format::Csv, name: "CSV", extensions: &["csv"], media_type: "text/csv" },
    Facts { format: Format::Shapefile, name: "SHAPEFILE", extensions: &["zip"], media_type: "application/zip" },
    Facts { format: Format::Kml, name: "KML", extensions: &["kml"], media_type: "application/vnd.google-earth.kml+xml" },
    Facts { format: Format::Kmz, name: "KMZ", extensions: &["kmz"], media_type: "application/vnd.google-earth.kmz" },
    Facts { format: Format::FlatGeobuf, name: "FLATGEOBUF", extensions: &["fgb"], media_type: "application/flatgeobuf" },
    Facts { format: Format::GeoParquet, name: "GEOPARQUET", extensions: &["parquet", "geoparquet"], media_type: "application/vnd.apache.parquet" },
    Facts { format: Format::GeoPackage, name: "GEOPACKAGE", extensions: &["gpkg"], media_type: "application/geopackage+sqlite3" },
];

impl Format {
    /// Every format.
    pub fn all() -> impl Iterator<Item = Format> {
        FORMATS.iter().map(|facts| facts.format)
    }

    fn facts(self) -> &'static Facts {
        // The table holds every format: a test says so.
        FORMATS.iter().find(|facts| facts.format == self).unwrap_or(&FORMATS[0])
    }

    /// The name in choice lists, `SHAPEFILE` and so on.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The format of that name, without regard to case.
    pub fn from_name(name: &str) -> Option<Format> {
        FORMATS.iter().find(|facts| facts.name.eq_ignore_ascii_case(name)).map(|facts| facts.format)
    }

    /// The extension of files that are written.
    pub fn extension(self) -> &'static str {
        self.facts().extensions[0]
    }

    /// The media type of files that are written.
    pub fn media_type(self) -> &'static str {
        self.facts().media_type
    }

    /// The extensions of files that are read, lower case, of all formats.
    pub fn extensions() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().flat_map(|facts| facts.extensions.iter().copied())
    }

    /// The format of a file: what its first bytes say where they say something, else its extension.
    pub fn of(name: &str, head: &[u8]) -> Option<Format> {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let named = extension.and_then(|extension| {
            FORMATS
                .iter()
                .find(|facts| facts.extensions.contains(&extension.as_str()))
                .map(|facts| facts.format)
        });
        if head.starts_with(b"SQLite format 3\0") {
            return Some(Format::GeoPackage);
        }
        if head.starts_with(b"PAR1") {
            return Some(Format::GeoParquet);
        }
        if head.starts_with(b"fgb\x03fgb") {
            return Some(Format::FlatGeobuf);
        }
        if head.starts_with(crate::zipped::MARK) {
            return Some(if named == Some(Format::Kmz) { Format::Kmz } else { Format::Shapefile });
        }
        named
    }

    /// The only reference that the format knows, to which features must be projected before they are written: longitude and
    /// latitude on WGS 84.
    pub fn required_reference(self) -> Option<SpatialReference> {
        let is_wgs84 = matches!(self, Format::GeoJson | Format::GeoJsonSeq | Format::Kml | Format::Kmz);
        is_wgs84.then(|| SpatialReference::from_wkid(4326))
    }

    /// Whether one file of the format may hold several layers.
    pub fn holds_several_layers(self) -> bool {
        matches!(self, Format::Shapefile | Format::Kml | Format::Kmz | Format::GeoPackage)
    }

    pub(crate) fn read(self, input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
        match self {
            Format::EsriJson => esri_json::read(input, options),
            Format::EsriPbf => esri_pbf::read(input, options),
            Format::GeoJson => geojson::read(input, options),
            Format::GeoJsonSeq => geojson_seq::read(input, options),
            Format::Csv => csv::read(input, options),
            Format::Shapefile => shapefile::read(input, options),
            Format::Kml => kml::read(input, options),
            Format::Kmz => kmz::read(input, options),
            Format::FlatGeobuf => flatgeobuf::read(input, options),
            Format::GeoParquet => geoparquet::read(input, options),
            Format::GeoPackage => geopackage::read(input, options),
        }
    }

    pub(crate) fn write(
        self,
        path: &Path,
        layers: &[WriteLayer<'_>],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<String>, FormatError> {
        match self {
            Format::Shapefile => return shapefile::write(path, layers, stop),
            Format::Kml => return kml::write(path, layers, stop),
            Format::Kmz => return kmz::write(path, layers, stop),
            Format::GeoPackage => return geopackage::write(path, layers, stop),
            _ => {}
        }
        let [layer] = layers else {
            return Err(FormatError::Unsupported(format!(
                "{} holds one layer a file, not {}: write each into a file of its own",
                self.name(),
                layers.len()
            )));
        };
        match self {
            Format::EsriJson => esri_json::write(path, layer, stop),
            Format::EsriPbf => esri_pbf::write(path, layer, stop),
            Format::GeoJson => geojson::write(path, layer, stop),
            Format::GeoJsonSeq => geojson_seq::write(path, layer, stop),
            Format::Csv => csv::write(path, layer, stop),
            Format::FlatGeobuf => flatgeobuf::write(path, layer, stop),
            Format::GeoParquet => geoparquet::write(path, layer, stop),
            Format::Shapefile | Format::Kml | Format::Kmz | Format::GeoPackage => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_facts_and_no_extension_means_two_formats() {
        let mut extensions: Vec<_> = Format::extensions().collect();
        let count = extensions.len();
        extensions.sort_unstable();
        extensions.dedup();
        assert_eq!(extensions.len(), count);
        for format in Format::all() {
            assert_eq!(Format::from_name(&format.name().to_lowercase()), Some(format));
            assert_eq!(format.facts().format, format);
        }
    }

    #[test]
    fn first_bytes_count_more_than_a_name() {
        assert_eq!(Format::of("a.json", b"PAR1..."), Some(Format::GeoParquet));
        assert_eq!(Format::of("a.KMZ", b"PK\x03\x04"), Some(Format::Kmz));
        assert_eq!(Format::of("a", b"PK\x03\x04"), Some(Format::Shapefile));
        assert_eq!(Format::of("a.GeoJSON", b"{"), Some(Format::GeoJson));
        assert_eq!(Format::of("a.exe", b"MZ"), None);
    }
}
