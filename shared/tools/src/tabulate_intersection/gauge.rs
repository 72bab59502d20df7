//! How Tabulate Intersection measures: what, and in which unit.

use super::units::OutUnits;
use crate::each::each;
use crate::measures::Measures;
use crate::reference::crs_of;
use gp_core::{RunContext, ToolError};
use gp_esri::{FeatureSet, FieldType, Geometry, GeometryType};

/// What is measured; of rising dimension.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Count,
    Length,
    Area,
}

/// How the pieces are measured.
pub(super) struct Gauge {
    pub(super) kind: Kind,
    /// Whether percentages are those of the zone.
    pub(super) is_of_zone: bool,
    measures: Measures,
    /// Metres, or square metres, in the unit of the output.
    unit: f64,
}

impl Gauge {
    /// For these zones and classes.
    ///
    /// # Errors
    /// Classes of a higher dimension than the zones, or a unit that does not measure them.
    pub(super) fn new(
        zones: &FeatureSet,
        classes: &FeatureSet,
        units: OutUnits,
        context: &RunContext,
    ) -> Result<Gauge, ToolError> {
        let (zone_kind, kind) = (kind_of(zones), kind_of(classes));
        if kind as u8 > zone_kind as u8 {
            let reason = "the classes are of a higher dimension than the zones; use zones of polygons";
            return Err(ToolError::invalid("Class_Features", reason));
        }
        let crs = crs_of(zones, "Zone_Features")?;
        let unit_m = match &crs {
            Some(crs) if !crs.is_geographic() => crs.meters_per_unit().unwrap_or(1.0),
            _ => 1.0,
        };
        let unit = match kind {
            Kind::Length => {
                Some(units.meters().unwrap_or(unit_m)).filter(|_| units.square_meters().is_none())
            }
            Kind::Area => {
                Some(units.square_meters().unwrap_or(unit_m * unit_m)).filter(|_| units.meters().is_none())
            }
            Kind::Count => (units == OutUnits::Unknown).then_some(1.0),
        };
        let unit = unit.ok_or_else(|| {
            let reason = match kind {
                Kind::Length => "the classes are lines; use a unit of length, such as METERS",
                Kind::Area => "the classes are polygons; use a unit of area, such as SQUARE_METERS",
                Kind::Count => "the classes are points, which are counted; leave it out",
            };
            ToolError::invalid("Out_Units", reason)
        })?;
        let is_unknown = zones.spatial_reference.is_none();
        if is_unknown && units != OutUnits::Unknown {
            context.warning(
                "Out_Units: the zones have no spatial reference, so measures are in the units of their coordinates",
            );
        }
        let measures = Measures::natural(crs.as_ref())?;
        Ok(Gauge { kind, is_of_zone: kind == zone_kind, measures, unit: if is_unknown { 1.0 } else { unit } })
    }

    /// The name of the column of measures.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Area => "AREA",
            Kind::Length => "LENGTH",
            Kind::Count => "PNT_COUNT",
        }
    }

    /// The type of the column of measures.
    pub(super) fn field_type(&self) -> FieldType {
        if self.kind == Kind::Count { FieldType::Integer } else { FieldType::Double }
    }

    /// The measure of a piece in the unit of the output.
    pub(super) fn measure(&self, geometry: &Geometry) -> f64 {
        match self.kind {
            Kind::Area => self.measures.area_m2(geometry) / self.unit,
            Kind::Length => self.measures.length_m(geometry) / self.unit,
            Kind::Count => geometry.vertex_count() as f64,
        }
    }

    /// The measures of all features; 0 of those without geometry.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn measures_of(&self, set: &FeatureSet, context: &RunContext) -> Result<Vec<f64>, ToolError> {
        each(context, set.features.len(), "Measuring", |row| {
            Ok(set.features[row].geometry.as_ref().map_or(0.0, |geometry| self.measure(geometry)))
        })
    }
}

fn kind_of(set: &FeatureSet) -> Kind {
    match set.geometry_type {
        Some(GeometryType::Polygon) => Kind::Area,
        Some(GeometryType::Polyline) => Kind::Length,
        Some(GeometryType::Point | GeometryType::Multipoint) | None => Kind::Count,
    }
}
