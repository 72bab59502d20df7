//! The header: names, declared types, and which columns hold the geometry.

use super::Surveyed;
use super::records::{Cell, Cells};
use gp_esri::FieldType;

/// More columns than any table has; a header of nothing but commas would otherwise ask for much memory.
pub(super) const MAX_COLUMNS: usize = 10_000;

/// A column as the header names it.
pub(super) struct HeaderColumn {
    pub(super) name: String,
    /// The type behind a colon in the name.
    pub(super) declared: Option<FieldType>,
}

/// Where the geometry is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// Nowhere: the file is a table.
    None,
    /// In the columns of these numbers.
    Xy { x: usize, y: usize, z: Option<usize>, is_degrees: bool },
    /// In a column of well-known text.
    Wkt(usize),
}

/// Names of coordinate columns: x, y, z, and whether they are longitude and latitude. The first free pair of
/// its kind is written.
pub(super) const PAIRS: &[(&str, &str, &str, bool)] = &[
    ("x", "y", "z", false),
    ("POINT_X", "POINT_Y", "POINT_Z", false),
    ("lon", "lat", "z", true),
    ("longitude", "latitude", "z", true),
    ("long", "lat", "z", true),
    ("lng", "lat", "z", true),
    ("easting", "northing", "z", false),
];
/// Names of columns of well-known text. The first one is written.
pub(super) const WKT_NAMES: &[&str] = &["WKT", "geom", "geometry", "the_geom", "shape"];

const TYPES: &[(&str, FieldType)] = &[
    ("string", FieldType::String),
    ("integer", FieldType::Integer),
    ("biginteger", FieldType::BigInteger),
    ("double", FieldType::Double),
    ("date", FieldType::Date),
];

impl Place {
    /// Whether a column holds a part of the geometry.
    pub(super) fn holds(self, column: usize) -> bool {
        match self {
            Place::None => false,
            Place::Xy { x, y, z, .. } => column == x || column == y || Some(column) == z,
            Place::Wkt(wkt) => column == wkt,
        }
    }
}

/// The columns of a header.
pub(super) fn columns(cells: &Cells) -> Vec<HeaderColumn> {
    let column = |cell: Cell<'_>| {
        let text = cell.text.trim();
        let (name, declared) = match text.rsplit_once(':') {
            Some((name, word)) => match declared_type(word.trim()) {
                Some(declared) => (name.trim(), Some(declared)),
                None => (text, None),
            },
            None => (text, None),
        };
        HeaderColumn { name: name.to_owned(), declared }
    };
    cells.iter().map(column).collect()
}

fn declared_type(word: &str) -> Option<FieldType> {
    TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, field_type)| *field_type)
}

/// Where the geometry is: of all columns that could hold it, those that begin leftmost. Names alone are not enough: a column
/// named `shape` must hold well-known text, and one named `x` at least one number, unless the column is empty.
pub(super) fn place(columns: &[HeaderColumn], survey: &[Surveyed]) -> Place {
    let named = |number: usize, name: &str| {
        columns.get(number).is_some_and(|column| column.name.eq_ignore_ascii_case(name))
    };
    let numeric = |number: usize| {
        survey.get(number).is_some_and(|of| of.column.has_numbers || of.column.is_untouched())
    };
    // Of columns of one name the first to the right of the x counts.
    let find = |from: usize, name: &str| {
        let free = |number: &usize| named(*number, name) && numeric(*number);
        (from..columns.len()).find(free).or_else(|| (0..from).find(free))
    };
    for number in 0..columns.len() {
        let surveyed = survey.get(number).copied().unwrap_or_default();
        let is_wkt_name = WKT_NAMES.iter().any(|name| named(number, name));
        // An empty column named WKT is what an empty layer leaves.
        if is_wkt_name && (surveyed.is_wkt || surveyed.column.is_untouched() && named(number, WKT_NAMES[0])) {
            return Place::Wkt(number);
        }
        for (x_name, y_name, z_name, is_degrees) in PAIRS {
            let (x, y) = if named(number, x_name) {
                (Some(number), find(number, y_name))
            } else if named(number, y_name) {
                (find(number, x_name), Some(number))
            } else {
                continue;
            };
            if let (Some(x), Some(y)) = (x, y)
                && numeric(number)
            {
                let only_numbers = |z: &usize| {
                    survey.get(*z).is_some_and(|of| of.column.kind < crate::column_types::Kind::Date)
                };
                let z = find(number, z_name).filter(only_numbers);
                return Place::Xy { x, y, z, is_degrees: *is_degrees };
            }
        }
    }
    Place::None
}
