//! Areas around features, for the tools that make them: in the plane of the coordinates, or on the ellipsoid and back.

use crate::distance::{Method, Reach, reach};
use crate::each::{each, warn_of_rows};
use crate::reference::Globe;
use gp_core::{Choices, RunContext, ToolError};
use gp_esri::{FeatureSet, Geometry, LinearUnit, LinearUnitName, Path};
use gp_geometry::{
    BufferOptions, Crs, buffer_geodesic, buffer_planar, dissolve_buffers, dissolve_point_buffers,
};

/// What a warning says of rows without an area.
pub(crate) const NO_PLACE: &str =
    "lie outside of where their spatial reference is defined, or their areas would, so they are left out";

/// What a warning says of rows that lack an area at some of several distances.
pub(crate) const LACK_AREAS: &str = "lack areas, because they have no geometry, nothing is left of them at some distance, \
                                     or they lie outside of where their spatial reference is defined";

/// The unit of a list of distances, by ArcGIS's keywords.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum DistanceUnit {
    #[choice("Default")]
    Default,
    #[choice("Inches")]
    Inches,
    #[choice("Feet")]
    Feet,
    #[choice("Yards")]
    Yards,
    #[choice("Miles")]
    Miles,
    #[choice("NauticalMiles")]
    NauticalMiles,
    #[choice("Millimeters")]
    Millimeters,
    #[choice("Centimeters")]
    Centimeters,
    #[choice("Decimeters")]
    Decimeters,
    #[choice("Meters")]
    Meters,
    #[choice("Kilometers")]
    Kilometers,
    #[choice("DecimalDegrees")]
    DecimalDegrees,
    #[choice("Points")]
    Points,
}

impl DistanceUnit {
    /// A distance in this unit.
    pub(crate) fn of(self, distance: f64) -> LinearUnit {
        let unit = match self {
            DistanceUnit::Default => LinearUnitName::Unknown,
            DistanceUnit::Inches => LinearUnitName::Inches,
            DistanceUnit::Feet => LinearUnitName::Feet,
            DistanceUnit::Yards => LinearUnitName::Yards,
            DistanceUnit::Miles => LinearUnitName::Miles,
            DistanceUnit::NauticalMiles => LinearUnitName::NauticalMiles,
            DistanceUnit::Millimeters => LinearUnitName::Millimeters,
            DistanceUnit::Centimeters => LinearUnitName::Centimeters,
            DistanceUnit::Decimeters => LinearUnitName::Decimeters,
            DistanceUnit::Meters => LinearUnitName::Meters,
            DistanceUnit::Kilometers => LinearUnitName::Kilometers,
            DistanceUnit::DecimalDegrees => LinearUnitName::DecimalDegrees,
            DistanceUnit::Points => LinearUnitName::Points,
        };
        LinearUnit { distance, unit }
    }
}

/// How areas around the features of one spatial reference are made.
pub(crate) struct Surroundings<'a> {
    crs: Option<&'a Crs>,
    globe: Option<Globe>,
    options: BufferOptions,
}

impl<'a> Surroundings<'a> {
    /// # Errors
    /// Positions of `crs` cannot be brought to degrees.
    pub(crate) fn new(crs: Option<&'a Crs>, options: BufferOptions) -> Result<Surroundings<'a>, ToolError> {
        let globe = crs.map(Globe::new).transpose()?;
        Ok(Surroundings { crs, globe, options })
    }

    /// The spatial reference of the features.
    pub(crate) fn crs(&self) -> Option<&'a Crs> {
        self.crs
    }

    /// What a distance means here.
    ///
    /// # Errors
    /// Its unit has no length here.
    pub(crate) fn reach(
        &self,
        distance: LinearUnit,
        method: Method,
        parameter: &str,
    ) -> Result<Reach, ToolError> {
        let reach = reach(distance, self.crs, parameter)?;
        Ok(match self.crs {
            Some(crs) if method == Method::Geodesic => reach.on_ellipsoid(crs),
            _ => reach,
        })
    }

    /// The area around a geometry; `None` when it cannot be brought to degrees, or the area back.
    pub(crate) fn around(&self, geometry: &Geometry, reach: Reach) -> Option<Vec<Path>> {
        match (reach, &self.globe) {
            (Reach::Planar(distance), _) => Some(buffer_planar(geometry, distance, &self.options)),
            (Reach::Geodesic(_), None) => Some(Vec::new()),
            (Reach::Geodesic(distance_m), Some(globe)) => globe.work(geometry, |geometry| {
                buffer_geodesic(geometry, distance_m, globe.ellipsoid(), &self.options)
            }),
        }
    }

    /// The areas around several rows as one. Rows that have none, because they cannot be brought to degrees and back, are
    /// left out with a warning.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn around_all(
        &self,
        set: &FeatureSet,
        rows: &[(usize, Reach)],
        context: &RunContext,
    ) -> Result<Vec<Path>, ToolError> {
        if let Some((centres, radius)) = equal_discs(set, rows) {
            return Ok(dissolve_point_buffers(&centres, radius));
        }
        let areas = each(context, rows.len(), "Buffering", |index| {
            let (row, reach) = rows[index];
            Ok(match &set.features[row].geometry {
                Some(geometry) => self.around(geometry, reach),
                None => Some(Vec::new()),
            })
        })?;
        context.check()?;
        let lost: Vec<usize> =
            rows.iter().zip(&areas).filter(|(_, area)| area.is_none()).map(|(row, _)| row.0).collect();
        warn_of_rows(&lost, set, NO_PLACE, context);
        Ok(dissolve_buffers(areas.into_iter().flatten().collect()))
    }
}

/// The centres and the radius, when all rows are points of one planar distance.
fn equal_discs(set: &FeatureSet, rows: &[(usize, Reach)]) -> Option<(Vec<[f64; 2]>, f64)> {
    let Reach::Planar(radius) = rows.first()?.1 else { return None };
    let mut centres = Vec::with_capacity(rows.len());
    for (row, reach) in rows {
        if *reach != Reach::Planar(radius) {
            return None;
        }
        match &set.features[*row].geometry {
            Some(Geometry::Point(point)) => centres.push(point.xy),
            Some(Geometry::Multipoint(points)) => centres.extend(&points.xy),
            Some(_) => return None,
            None => {}
        }
    }
    (radius > 0.0).then_some((centres, radius))
}
