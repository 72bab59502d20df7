//! Well-known binary: the geometries of GeoPackage and GeoParquet.
//!
//! Separate because several formats hold it. Read is what software writes: ISO 13249 with its codes for Z and M, PostGIS's
//! flags with or without SRID, either byte order. Written is ISO, little-endian, lines and polygons always as Multi types,
//! because a layer has one type. It knows no file and no reference, and never trusts a count.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use read::read_wkb;
pub(crate) use write::write_wkb;

/// Which ordinates stand beside x and y.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dimensions {
    pub(crate) z: bool,
    pub(crate) m: bool,
}

impl Dimensions {
    /// Every combination.
    #[cfg(test)]
    pub(crate) const ALL: [Dimensions; 4] = [
        Dimensions { z: false, m: false },
        Dimensions { z: true, m: false },
        Dimensions { z: false, m: true },
        Dimensions { z: true, m: true },
    ];
}
