//! The header: names, declared types, and which columns hold the geometry.

use super::Surveyed;
use super::record::{Cell, Cells};
use crate::column_types::Kind;
use crate::text::shortened;
use gp_esri::FieldType;

/// More columns than any table has; a header of nothing but commas would otherwise ask for much memory.
pub(super) const MAX_COLUMNS: usize = 10_000;

/// A column as the header names it.
pub(super) struct HeaderColumn {
    pub(super) name: String,
    plain: String,
    /// The type behind a colon in the name.
    pub(super) declared: Option<FieldType>,
}

/// Where the geometry is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// Nowhere: the file is a table.
    None,
    /// In the columns of these numbers.
    Xy { x: usize, y: usize, z: Option<usize>, is_degrees: bool, has_decimal_commas: bool },
    /// In a column of well-known text.
    Wkt(usize),
}

/// Names of columns of coordinates: x, y, z, and whether they are longitude and latitude.
pub(super) type Pair = (&'static str, &'static str, &'static str, bool);

/// The names that are read, as [`plain`] gives them. Of pairs with the same x the first counts that is there.
const PAIRS: &[Pair] = &[
    ("x", "y", "z", false),
    ("pointx", "pointy", "pointz", false),
    ("lon", "lat", "z", true),
    ("longitude", "latitude", "z", true),
    ("long", "lat", "z", true),
    ("lng", "lat", "z", true),
    ("easting", "northing", "z", false),
    ("eastings", "northings", "z", false),
    ("xcoord", "ycoord", "zcoord", false),
    ("coordx", "coordy", "coordz", false),
    ("xcoordinate", "ycoordinate", "zcoordinate", false),
    ("xcenter", "ycenter", "z", false),
    ("lon", "latitude", "z", true),
    ("long", "latitude", "z", true),
    ("lng", "latitude", "z", true),
    ("longitude", "lat", "z", true),
    ("londd", "latdd", "z", true),
    ("longdd", "latdd", "z", true),
    ("longdecdeg", "latdecdeg", "z", true),
    // Of biological records (Darwin Core).
    ("decimallongitude", "decimallatitude", "z", true),
    // Of the North American datum, which is a few metres from WGS 84: of no reference that the name alone would say.
    ("longitude83", "latitude83", "z", false),
];
/// The names that are written, the first free pair of its kind. A reader finds it before any other that begins with its x.
pub(super) const WRITTEN_PAIRS: &[Pair] = &[
    ("x", "y", "z", false),
    ("POINT_X", "POINT_Y", "POINT_Z", false),
    ("lon", "lat", "z", true),
    ("longitude", "latitude", "z", true),
    ("easting", "northing", "z", false),
];
/// Names of columns of well-known text. The first one is written.
pub(super) const WKT_NAMES: &[&str] = &["WKT", "geom", "geometry", "the_geom", "shape"];
/// The plain form of the first, which tells that there are geometries where there are none.
const EMPTY_WKT_NAME: &str = "wkt";

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
        HeaderColumn { name: name.to_owned(), plain: plain(name), declared }
    };
    cells.iter().map(column).collect()
}

/// The word to write behind the name of a field that would be read as a declaration; `None` for other names.
pub(super) fn needed_declaration(name: &str, field_type: FieldType) -> Option<&'static str> {
    declared_type(name.rsplit_once(':')?.1.trim())?;
    Some(match field_type {
        FieldType::SmallInteger | FieldType::Integer => "integer",
        FieldType::BigInteger | FieldType::Oid => "biginteger",
        FieldType::Single | FieldType::Double => "double",
        FieldType::Date => "date",
        _ => "string",
    })
}

fn declared_type(word: &str) -> Option<FieldType> {
    TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, field_type)| *field_type)
}

impl HeaderColumn {
    /// Whether columns of coordinates have such names.
    pub(super) fn is_coordinate(&self) -> bool {
        PAIRS.iter().any(|(x, y, z, _)| [x, y, z].contains(&&self.plain.as_str()))
    }

    fn is_wkt(&self) -> bool {
        is_wkt_name(&self.plain)
    }
}

/// Whether columns of well-known text have such names, in plain form.
pub(super) fn is_wkt_name(name: &str) -> bool {
    WKT_NAMES.iter().any(|known| plain(known) == name)
}

/// A name without case, spaces, signs and a unit: `Longitude (deg)` is `longitude`. Empty for a name of other letters than
/// those of ASCII. What stands in brackets and is no unit that fits, such as `(W)`, `(rad)` or `(min)`, is part of the name.
pub(super) fn plain(name: &str) -> String {
    let letters = |text: &str| -> String {
        let kept = text.chars().filter(char::is_ascii_alphanumeric);
        kept.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    if let Some((base, unit)) =
        name.trim_end().strip_suffix([')', ']']).and_then(|name| name.split_once(['(', '[']))
        && base.is_ascii()
    {
        let (base, unit) = (letters(base), if unit.trim() == "°" { "deg".to_owned() } else { letters(unit) });
        let is_degrees = PAIRS.iter().any(|(x, y, _, is_degrees)| *is_degrees && (base == *x || base == *y));
        let fitting = if is_degrees { DEGREES } else { LENGTHS };
        if fitting.contains(&unit.as_str()) {
            return base;
        }
    }
    if name.is_ascii() { letters(name) } else { String::new() }
}

/// What may stand in brackets behind longitude and latitude.
const DEGREES: &[&str] =
    &["deg", "degs", "degree", "degrees", "decimaldegree", "decimaldegrees", "dd", "wgs84", "epsg4326"];
/// What may stand in brackets behind x and y.
const LENGTHS: &[&str] =
    &["m", "meter", "meters", "metre", "metres", "km", "ft", "foot", "feet", "usft", "deg", "degrees"];

/// Where the geometry is: in the leftmost column of well-known text, else in the pair of coordinates that begins leftmost. Names
/// alone are not enough: a column named `shape` must hold well-known text, and one named `x` at least one number, unless the
/// column is empty.
pub(super) fn place(columns: &[HeaderColumn], survey: &[Surveyed]) -> Place {
    let named = |number: usize, name: &str| columns.get(number).is_some_and(|column| column.plain == name);
    let of = |number: usize| survey.get(number).copied().unwrap_or_default();
    let has_numbers = |number: usize| of(number).column.has_numbers || of(number).column.is_untouched();
    let numeric = |number: usize| has_numbers(number) || of(number).commas.may_be_decimal();
    // Of columns of one name the first to the right of the x counts.
    let find = |from: usize, name: &str| {
        let free = |number: &usize| named(*number, name) && numeric(*number);
        (from..columns.len()).find(free).or_else(|| (0..from).find(free))
    };
    let mut wkt_columns = (0..columns.len()).filter(|number| columns[*number].is_wkt());
    if let Some(number) = wkt_columns.find(|number| of(*number).is_wkt) {
        return Place::Wkt(number);
    }
    // What a layer without geometries leaves: in front, or in a table that says nothing else.
    let is_empty = |number: &usize| of(*number).column.is_untouched();
    if columns.first().is_some_and(HeaderColumn::is_wkt) && is_empty(&0) {
        return Place::Wkt(0);
    }
    for number in 0..columns.len() {
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
                let has_decimal_commas = of(x).commas.of_pair(of(y).commas).are_decimal();
                let are_numbers = has_decimal_commas || (has_numbers(x) && has_numbers(y));
                if !are_numbers {
                    continue;
                }
                let only_numbers = |z: &usize| {
                    of(*z).column.kind < Kind::Date || (has_decimal_commas && of(*z).commas.may_be_decimal())
                };
                let z = find(number, z_name).filter(only_numbers);
                return Place::Xy { x, y, z, is_degrees: *is_degrees, has_decimal_commas };
            }
        }
    }
    let empty = (0..columns.len()).find(|number| named(*number, EMPTY_WKT_NAME) && is_empty(number));
    empty.map_or(Place::None, Place::Wkt)
}

/// The first columns that are named as x and y of a pair, both of which are `fit`.
fn pair(columns: &[HeaderColumn], fit: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let find =
        |name: &str| columns.iter().position(|column| column.plain == name).filter(|number| fit(*number));
    PAIRS.iter().find_map(|(x, y, ..)| Some((find(x)?, find(y)?)))
}

/// A sentence about columns of coordinates that are fields because another column holds well-known text; `bare_count` rows have
/// no geometry.
pub(super) fn pair_beside(
    columns: &[HeaderColumn],
    survey: &[Surveyed],
    wkt: usize,
    bare_count: usize,
) -> Option<String> {
    let (x, y) = pair(columns, |number| survey.get(number).is_some_and(|of| of.column.has_numbers))?;
    let name = |number: usize| shortened(columns.get(number).map_or("", |column| column.name.as_str()));
    Some(format!(
        "the geometry is that of column {}; columns {} and {} are fields, and rows without well-known text have none: {bare_count}",
        name(wkt),
        name(x),
        name(y)
    ))
}

/// A sentence about columns that are named as coordinates and were not read as such.
pub(super) fn unread_pair(columns: &[HeaderColumn], survey: &[Surveyed]) -> Option<String> {
    let (x, y) = pair(columns, |_| true)?;
    let commas = survey.get(x)?.commas.of_pair(survey.get(y)?.commas);
    let names = format!("{} and {}", shortened(&columns.get(x)?.name), shortened(&columns.get(y)?.name));
    Some(if commas.may_be_decimal() {
        format!(
            "the commas in columns {names} may part thousands or decimals: the file was read as a table without geometry; write \
             coordinates with a decimal point"
        )
    } else {
        format!(
            "the columns {names} do not both hold numbers: the file was read as a table without geometry; write coordinates such \
             as 8.5"
        )
    })
}
