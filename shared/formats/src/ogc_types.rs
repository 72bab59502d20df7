//! The geometry types of OGC that have no counterpart here, by the codes that well-known binary and FlatGeobuf share.

use crate::FormatError;

const TYPES: &[(u32, &str)] = &[
    (7, "GeometryCollection"),
    (8, "CircularString"),
    (9, "CompoundCurve"),
    (10, "CurvePolygon"),
    (11, "MultiCurve"),
    (12, "MultiSurface"),
    (13, "Curve"),
    (14, "Surface"),
    (15, "PolyhedralSurface"),
    (16, "TIN"),
    (17, "Triangle"),
];

/// The refusal of a geometry of that type, by its name; `None` for a code of no such type.
pub(crate) fn refusal(code: u32) -> Option<FormatError> {
    let (_, name) = TYPES.iter().find(|(known, _)| *known == code)?;
    Some(FormatError::Unsupported(format!(
        "a geometry is a {name}, which has no counterpart here: only points, lines and polygons of straight segments can \
         be read"
    )))
}
