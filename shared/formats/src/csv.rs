//! Comma-separated values (RFC 4180), a table with a header that may hold points or well-known text.
//!
//! Separate because nothing in such a file says what it is: the delimiter, the encoding, the types and the place of the
//! coordinates are told from the text. Types are told from all rows, or from a declaration in the header, `POP:integer`
//! (`string`, `integer`, `biginteger`, `double`, `date`). What is written has a plain header, so that types are told again when
//! it is read: a column of texts that all look like numbers comes back as numbers, and aliases, lengths and domains are not
//! kept. The columns that hold the geometry are no attributes.
//!
//! Records are split here and not by a crate because only so an empty text (`""`) differs from no value. The text is never in
//! memory as a whole: it is read once for its encoding, once for what the columns hold, and once for the rows.

mod commas;
mod decode;
mod header;
mod record;
mod records;
mod rows;
mod write;

pub(crate) use write::write;

use crate::budget::Budget;
use crate::column_types::Column;
use crate::ordinates::settle_ordinates;
use crate::{FormatError, Input, ReadLayer, ReadOptions, field_names, text, wkt};
use commas::Commas;
use decode::Coding;
use gp_esri::{FeatureSet, Field, GeometryType, SpatialReference};
use header::{HeaderColumn, Place};
use record::Cells;
use records::Records;
use rows::RowReader;

pub(crate) const FORMAT: &str = "CSV";
/// The code of longitude and latitude on WGS 84.
const WGS84: u32 = 4326;

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    if input.bytes().byte_len() > options.max_decompressed_bytes {
        return Err(text::too_long(options.max_decompressed_bytes));
    }
    let mut warnings = Vec::new();
    let coding = Coding::of(input, options, &mut warnings)?;
    let (columns, rows) = open(input, coding, options)?;
    if columns.first().is_some_and(|column| column.name.starts_with(['<', '{', '['])) {
        return Err(FormatError::malformed(
            FORMAT,
            "it begins as JSON, XML or a web page does; say its format",
        ));
    }
    let survey = survey(rows, &columns, &mut Budget::new(options))?;
    if columns.iter().all(|column| column.name.is_empty()) && survey.iter().all(|of| of.column.is_untouched())
    {
        return Err(no_header());
    }
    let (_, rows) = open(input, coding, options)?;
    let place = header::place(&columns, &survey);
    if place == Place::None {
        warnings.extend(header::unread_pair(&columns, &survey));
    }
    let fields = fields(&columns, &survey, place);
    let mut reader = RowReader::new(&columns, &fields, place, options);
    let features = reader.read_all(rows)?;
    let found = reader.finish(&mut warnings)?;
    if let Place::Wkt(wkt) = place {
        let bare_count = features.iter().filter(|feature| feature.geometry.is_none()).count();
        warnings.extend(header::pair_beside(&columns, &survey, wkt, bare_count));
    }
    let mut set = FeatureSet {
        geometry_type: found.geometry_type,
        spatial_reference: found.reference,
        has_z: found.has_z,
        has_m: found.has_m,
        fields: fields.into_iter().map(|(_, field)| field).collect(),
        features,
        ..FeatureSet::default()
    };
    // Some positions may have z and others none.
    settle_ordinates(&mut set);
    warnings.extend(field_names::make_unique(&mut set.fields));
    Ok(ReadLayer { name: input.stem().to_owned(), features: set, warnings })
}

/// What the rows say about a column.
#[derive(Clone, Copy, Default)]
struct Surveyed {
    column: Column,
    /// Whether its first value is well-known text.
    is_wkt: bool,
    /// The commas in it, where it is named as a column of coordinates.
    commas: Commas,
}

/// What a file without a declared geometry turned out to hold.
struct Found {
    geometry_type: Option<GeometryType>,
    reference: Option<SpatialReference>,
    has_z: bool,
    has_m: bool,
}

/// The columns, and the rows behind them.
fn open<'a>(
    input: &Input,
    coding: Coding,
    options: &ReadOptions<'a>,
) -> Result<(Vec<HeaderColumn>, Records<'a>), FormatError> {
    let mut records = Records::open(input, coding, options)?;
    let mut cells = Cells::default();
    if !records.next_into(&mut cells, header::MAX_COLUMNS)? {
        return Err(no_header());
    }
    Ok((header::columns(&cells), records))
}

fn no_header() -> FormatError {
    FormatError::malformed(FORMAT, "it has no header")
}

/// Reads all rows once to tell what the columns hold.
fn survey(
    mut rows: Records<'_>,
    columns: &[HeaderColumn],
    budget: &mut Budget<'_>,
) -> Result<Vec<Surveyed>, FormatError> {
    let mut survey = vec![Surveyed::default(); columns.len()];
    let are_coordinates: Vec<bool> = columns.iter().map(HeaderColumn::is_coordinate).collect();
    let mut cells = Cells::default();
    while rows.next_row(&mut cells, columns.len())? {
        budget.feature(columns.len(), None)?;
        for ((surveyed, cell), is_coordinate) in survey.iter_mut().zip(cells.iter()).zip(&are_coordinates) {
            if cell.text.trim().is_empty() {
                surveyed.column.add_null();
                continue;
            }
            if surveyed.column.is_untouched() {
                surveyed.is_wkt = wkt::is_wkt_like(cell.text);
            }
            surveyed.column.add(cell.text);
            if *is_coordinate {
                surveyed.commas.add(cell.text);
            }
        }
    }
    Ok(survey)
}

/// The attributes: the number of the column, and its field.
fn fields(columns: &[HeaderColumn], survey: &[Surveyed], place: Place) -> Vec<(usize, Field)> {
    let mut fields = Vec::new();
    for (number, (column, surveyed)) in columns.iter().zip(survey).enumerate() {
        if place.holds(number) {
            continue;
        }
        let inferred = surveyed.column.kind.field_type();
        let mut field = Field::new(column.name.as_str(), column.declared.unwrap_or(inferred));
        field_names::adopt_object_id(&mut field, surveyed.column.has_nulls);
        fields.push((number, field));
    }
    fields
}

#[cfg(test)]
mod tests;
