//! Coordinate reference systems: what the code or the well-known text of a spatial reference means.
//!
//! Separate from `gp-esri`, which only carries references around. Positions are always x = longitude or easting and
//! y = latitude or northing, whatever axis order the EPSG register states, because Esri JSON has no other order.
//! The datum step is decided here and not in proj4rs: a missing shift must be an error that names the datum, never a
//! silent one of a hundred metres.

mod catalog;
mod datum;
mod definition;
mod listed;
mod names;
mod other_projection;
mod projection;
mod text;
mod transform;
mod transverse_mercator;
mod wkt;
mod wkt_projection;
mod wkt_writer;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gp_esri::SpatialReference;

use definition::Definition;
pub use transform::Transform;

/// A resolved coordinate reference system. Cheap to clone.
#[derive(Clone)]
pub struct Crs {
    definition: Arc<Definition>,
    reference: Arc<SpatialReference>,
}

/// The ellipsoid of a reference system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipsoid {
    /// Semi-major axis in metres.
    pub a_m: f64,
    /// Flattening; 0 for a sphere.
    pub f: f64,
}

/// Why a reference system or a transformation cannot be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CrsError {
    /// The code is in no list.
    #[error(
        "spatial reference {code} is not known; give a current EPSG or Esri code, or its definition as wkt"
    )]
    UnknownCode {
        /// The code as the client wrote it.
        code: u32,
    },
    /// Neither code nor text.
    #[error("the spatial reference is unknown, so coordinates cannot be projected; give a wkid or a wkt")]
    Unspecified,
    /// Text that is no coordinate system.
    #[error("the well-known text of the spatial reference cannot be read: {reason}")]
    BadText {
        /// What is wrong and where.
        reason: String,
    },
    /// A projection or parameter that this server does not compute.
    #[error(
        "spatial reference {name} uses {what}, which is not supported; project the data to another reference first"
    )]
    Unsupported {
        /// Code or name of the reference.
        name: String,
        /// The projection or parameter.
        what: String,
    },
    /// No datum shift between the two is known.
    #[error(
        "no datum shift from {from} to {to} is known: the datum of {unshifted} has no parameters to WGS 84; \
         give the reference as wkt with TOWGS84, or use one on a datum that has them"
    )]
    NoDatumShift {
        /// The reference of the input.
        from: String,
        /// The reference of the output.
        to: String,
        /// The one of the two without parameters.
        unshifted: String,
    },
}

/// More codes than any one process meets; when it is full the cache starts again.
const MAX_CACHED_CODES: usize = 512;

/// The WGS 84 ellipsoid, on which lengths and areas are measured when nothing else is known.
pub const WGS84_ELLIPSOID: Ellipsoid = Ellipsoid { a_m: 6_378_137.0, f: 1.0 / 298.257_223_563 };

impl Crs {
    /// Resolves a reference: by `latestWkid`, else `wkid`, else `wkt`, else the code inside `wkt2`.
    pub fn new(reference: &SpatialReference) -> Result<Crs, CrsError> {
        let definition = resolve(reference)?;
        Ok(Crs { definition, reference: Arc::new(reference.clone()) })
    }

    /// Resolves an EPSG or Esri code.
    pub fn from_code(code: u32) -> Result<Crs, CrsError> {
        Crs::new(&SpatialReference {
            wkid: Some(code),
            latest_wkid: Some(catalog::current_code(code)),
            ..Default::default()
        })
    }

    /// The code of a reference by its name, as EPSG (`WGS 84 / UTM zone 33N`) or Esri (`WGS_1984_UTM_Zone_33N`) write it.
    pub fn code_of_name(name: &str) -> Option<u32> {
        catalog::code_of_name(name)
    }

    /// Whether coordinates are longitude and latitude.
    pub fn is_geographic(&self) -> bool {
        self.definition.is_geographic()
    }

    /// The length of one unit of a projected system in metres; `None` for a geographic one.
    pub fn meters_per_unit(&self) -> Option<f64> {
        (!self.is_geographic()).then_some(self.definition.unit_m)
    }

    /// The size of one unit of a geographic system in degrees; `None` for a projected one.
    pub fn degrees_per_unit(&self) -> Option<f64> {
        self.is_geographic().then(|| self.definition.angular_unit_rad.to_degrees())
    }

    /// The ellipsoid of the datum.
    pub fn ellipsoid(&self) -> Ellipsoid {
        self.definition.ellipsoid
    }

    /// Whether both mean the same coordinates, however they are written: by alias, code or text.
    pub fn same_as(&self, other: &Crs) -> bool {
        Arc::ptr_eq(&self.definition, &other.definition) || self.definition.same_as(&other.definition)
    }

    /// The EPSG or Esri code, where one is known.
    pub fn code(&self) -> Option<u32> {
        self.definition.code
    }

    /// Code or name, for messages.
    pub fn name(&self) -> String {
        self.definition.label()
    }

    /// What is known to be inexact about the datum of this reference, to be passed on as a warning.
    pub fn datum_note(&self) -> Option<&'static str> {
        self.definition.datum.note()
    }

    /// The reference that this was resolved from.
    pub fn spatial_reference(&self) -> &SpatialReference {
        &self.reference
    }

    fn definition(&self) -> &Definition {
        &self.definition
    }
}

impl fmt::Debug for Crs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Crs").field(&self.name()).finish()
    }
}

fn resolve(reference: &SpatialReference) -> Result<Arc<Definition>, CrsError> {
    let mut unknown = None;
    for code in [reference.latest_wkid, reference.wkid].into_iter().flatten().filter(|code| *code != 0) {
        match definition_of_code(code) {
            Err(CrsError::UnknownCode { .. }) => unknown = Some(CrsError::UnknownCode { code }),
            found => return found,
        }
    }
    if let Some(text) = &reference.wkt {
        return definition_of_text(text);
    }
    if let Some(text) = &reference.wkt2 {
        return definition_of_text(text);
    }
    Err(unknown.unwrap_or(CrsError::Unspecified))
}

fn definition_of_code(code: u32) -> Result<Arc<Definition>, CrsError> {
    static CACHE: OnceLock<Mutex<HashMap<u32, Arc<Definition>>>> = OnceLock::new();
    let cache = CACHE.get_or_init(Mutex::default);
    let code = catalog::current_code(code);
    if let Some(found) = cache.lock().unwrap_or_else(PoisonError::into_inner).get(&code) {
        return Ok(Arc::clone(found));
    }
    let entry = catalog::find(code).ok_or(CrsError::UnknownCode { code })?;
    let definition = Arc::new(Definition::parse(&entry.parameters, &entry.name, Some(code))?);
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.len() >= MAX_CACHED_CODES {
        cache.clear();
    }
    cache.insert(code, Arc::clone(&definition));
    Ok(definition)
}

fn definition_of_text(text: &str) -> Result<Arc<Definition>, CrsError> {
    let root = wkt::parse(text).map_err(|reason| CrsError::BadText { reason })?;
    let authority_code = wkt_projection::authority_code(&root);
    if let Some(code) = authority_code {
        match definition_of_code(code) {
            Err(CrsError::UnknownCode { .. }) => {}
            found => return found,
        }
    }
    if wkt_projection::is_version_2(&root) {
        let what = match authority_code {
            Some(code) => format!("the code {code}, which is not known"),
            None => "version 2 of well-known text without the ID of an EPSG code".to_owned(),
        };
        return Err(CrsError::Unsupported { name: wkt_projection::name(&root), what });
    }
    let entry = wkt_projection::to_parameters(&root)?;
    Ok(Arc::new(Definition::parse(&entry.parameters, &entry.name, None)?))
}
