//! Rows into features.

use super::header::{HeaderColumn, Place};
use super::record::{Cell, Cells};
use super::records::Records;
use super::{FORMAT, Found, WGS84};
use crate::budget::Budget;
use crate::column_types::value_of;
use crate::ordinates::coordinate;
use crate::text::shortened;
use crate::wkt::{WktError, read_wkt};
use crate::{FormatError, ReadOptions};
use gp_esri::{Attribute, Feature, Field, FieldType, Geometry, GeometryType, Point, SpatialReference};

/// Rows that a warning names before it only counts.
const MAX_NAMED: usize = 3;
/// Reads rows and remembers what they say together.
pub(super) struct RowReader<'a> {
    columns: &'a [HeaderColumn],
    fields: &'a [(usize, Field)],
    place: Place,
    budget: Budget<'a>,
    /// The type of the geometries, and the row of the first.
    geometry_type: Option<(GeometryType, usize)>,
    /// The code before the well-known text, and the row of the first.
    srid: Option<(Option<u32>, usize)>,
    has_z: bool,
    has_m: bool,
    /// The first rows whose coordinates could not be read, and the reason of the first.
    bad_rows: Vec<usize>,
    bad_count: usize,
    bad_reason: String,
    within_degrees: bool,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(
        columns: &'a [HeaderColumn],
        fields: &'a [(usize, Field)],
        place: Place,
        options: &'a ReadOptions<'a>,
    ) -> RowReader<'a> {
        RowReader {
            columns,
            fields,
            place,
            budget: Budget::new(options),
            geometry_type: None,
            srid: None,
            has_z: false,
            has_m: false,
            bad_rows: Vec::new(),
            bad_count: 0,
            bad_reason: String::new(),
            within_degrees: true,
        }
    }

    pub(super) fn read_all(&mut self, mut rows: Records<'_>) -> Result<Vec<Feature>, FormatError> {
        let mut features = Vec::new();
        let mut cells = Cells::default();
        while rows.next_row(&mut cells, self.columns.len())? {
            self.budget.feature(self.fields.len(), None)?;
            let row = rows.row();
            let mut attributes = Vec::with_capacity(self.fields.len());
            for (column, field) in self.fields {
                let value = cells.get(*column).map_or(Ok(Attribute::Null), |cell| attribute(cell, field));
                attributes.push(value.map_err(|reason| {
                    FormatError::malformed(FORMAT, format_args!("row {row}, column {}: {reason}", field.name))
                })?);
            }
            self.budget.texts(&attributes)?;
            let geometry = self.geometry(&cells, row)?;
            features.push(Feature { attributes, geometry });
        }
        Ok(features)
    }

    fn geometry(&mut self, cells: &Cells, row: usize) -> Result<Option<Geometry>, FormatError> {
        match self.place {
            Place::None => Ok(None),
            Place::Xy { x, y, z, has_decimal_commas, .. } => {
                let text = |column: usize| cells.get(column).map_or("", |cell| cell.text.trim());
                if text(x).is_empty() && text(y).is_empty() {
                    return Ok(None);
                }
                self.budget.vertices(1)?;
                let number = |text: &str| match has_decimal_commas {
                    true => coordinate(&text.replace(',', ".")),
                    false => coordinate(text),
                };
                let (Some(x), Some(y)) = (number(text(x)), number(text(y))) else {
                    self.note_bad(row, "not both coordinates are numbers");
                    return Ok(None);
                };
                self.within_degrees &= x.abs() <= 180.0 && y.abs() <= 90.0;
                let z = z.and_then(|z| number(text(z)));
                self.has_z |= z.is_some();
                Ok(Some(Geometry::Point(Point { xy: [x, y], z, m: None })))
            }
            Place::Wkt(column) => {
                let Some(text) = cells.get(column).map(|cell| cell.text) else { return Ok(None) };
                if text.trim().is_empty() { Ok(None) } else { self.wkt(text, row) }
            }
        }
    }

    fn wkt(&mut self, text: &str, row: usize) -> Result<Option<Geometry>, FormatError> {
        let read = match read_wkt(text, &mut self.budget) {
            Ok(read) => read,
            Err(WktError::Refused(FormatError::Unsupported(reason))) => {
                return Err(FormatError::Unsupported(format!("row {row}: {reason}")));
            }
            Err(WktError::Refused(error)) => return Err(error),
            Err(WktError::Syntax(reason)) => {
                self.note_bad(row, &reason);
                return Ok(None);
            }
        };
        let (wanted, first) = *self.geometry_type.get_or_insert((read.geometry_type, row));
        if wanted != read.geometry_type {
            return Err(FormatError::malformed(
                FORMAT,
                format_args!(
                    "row {row} is {}, but row {first} is {}: one geometry type a file",
                    read.geometry_type.name(),
                    wanted.name()
                ),
            ));
        }
        let (srid, first) = *self.srid.get_or_insert((read.srid, row));
        if srid != read.srid {
            return Err(FormatError::malformed(
                FORMAT,
                format_args!("rows {first} and {row} name different spatial references"),
            ));
        }
        self.has_z |= read.has_z;
        self.has_m |= read.has_m;
        Ok(read.geometry)
    }

    fn note_bad(&mut self, row: usize, reason: &str) {
        if self.bad_count == 0 {
            reason.clone_into(&mut self.bad_reason);
        }
        self.bad_count += 1;
        if self.bad_rows.len() < MAX_NAMED {
            self.bad_rows.push(row);
        }
    }

    /// What the rows say together, with sentences about what was assumed.
    pub(super) fn finish(self, warnings: &mut Vec<String>) -> Result<Found, FormatError> {
        if self.bad_count > 0 {
            let rows: Vec<String> = self.bad_rows.iter().map(usize::to_string).collect();
            let more = match self.bad_count - rows.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            warnings.push(format!(
                "rows {}{more} were read without geometry: {}",
                rows.join(", "),
                self.bad_reason
            ));
        }
        let mut found = Found { geometry_type: None, reference: None, has_z: self.has_z, has_m: self.has_m };
        match self.place {
            Place::None => {}
            Place::Xy { x, y, is_degrees, has_decimal_commas, .. } => {
                if has_decimal_commas {
                    let name =
                        |column: usize| self.columns.get(column).map_or("", |column| column.name.as_str());
                    warnings.push(format!(
                        "the commas in columns {} and {} were read as decimal commas",
                        name(x),
                        name(y)
                    ));
                }
                found.geometry_type = Some(GeometryType::Point);
                let degrees = is_degrees && self.within_degrees;
                found.reference = degrees.then(|| SpatialReference::from_wkid(WGS84));
                warnings.extend(match (is_degrees, self.within_degrees) {
                    (true, true) => None,
                    (true, false) => Some("the columns of longitude and latitude hold values beyond ±180 or ±90: the spatial reference is unknown"),
                    (false, true) => Some("the columns of x and y name no spatial reference: it is unknown, though the values could be degrees; columns named lon and lat mean WGS 84"),
                    (false, false) => Some("the columns of x and y name no spatial reference: it is unknown"),
                }.map(str::to_owned));
            }
            Place::Wkt(_) => {
                // A column without any value: what an empty layer leaves.
                found.geometry_type =
                    Some(self.geometry_type.map_or(GeometryType::Point, |(first, _)| first));
                found.reference = self.srid.and_then(|(srid, _)| srid).map(SpatialReference::from_wkid);
                if found.reference.is_none() {
                    warnings.push(
                        "the well-known text names no spatial reference: it is unknown; write SRID=4326; before each geometry for WGS 84"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(found)
    }
}

/// The value of a cell: null where there is nothing, but a text where there are quotes around nothing.
fn attribute(cell: Cell<'_>, field: &Field) -> Result<Attribute, String> {
    if cell.text.is_empty() && !(cell.quoted && field.field_type == FieldType::String) {
        return Ok(Attribute::Null);
    }
    value_of(cell.text, field.field_type).ok_or_else(|| {
        format!(
            "{:?} does not fit {}, which the header declares",
            shortened(cell.text),
            field.field_type.name()
        )
    })
}
