//! Areas around features, for the tools that make them: in the plane of the coordinates, or on the ellipsoid and back.

use crate::distance::{Method, Reach, reach};
use crate::each::{each, warn_of_rows};
use crate::reference::Globe;
use crate::table::{Carried, Table};
use gp_core::{Choices, RunContext, ToolError};
use gp_esri::{
    Attribute, FeatureSet, Field, FieldType, Geometry, GeometryType, LinearUnit, LinearUnitName, Path,
};
use gp_geometry::{
    BufferOptions, Crs, buffer_geodesic, buffer_planar, dissolve_buffers, dissolve_point_buffers,
};
use std::sync::{Mutex, PoisonError};

/// What a warning says of rows without an area.
pub(crate) const NO_PLACE: &str =
    "lie outside of where their spatial reference is defined, or their areas would, so they are left out";

/// What a warning says of rows that lack an area at some of several distances.
const LACK_AREAS: &str = "lack areas, because they have no geometry, nothing is left of them at some distance, \
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

/// Areas around groups of rows.
pub(crate) struct United {
    /// One for each group; no rings where nothing is left.
    pub(crate) areas: Vec<Vec<Path>>,
    /// Rows without an area, in order: there is none in degrees, or it cannot be brought back.
    pub(crate) lost: Vec<usize>,
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

    /// The areas around the rows of each group as one, and the rows that have none because they cannot be brought to degrees
    /// and back.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn united(
        &self,
        set: &FeatureSet,
        groups: &[Vec<(usize, Reach)>],
        context: &RunContext,
    ) -> Result<United, ToolError> {
        let discs: Vec<_> = groups.iter().map(|rows| equal_discs(set, rows)).collect();
        let others = groups.iter().zip(&discs).filter(|(_, discs)| discs.is_none());
        let rows: Vec<(usize, Reach)> = others.flat_map(|(rows, _)| rows).copied().collect();
        let made = each(context, rows.len(), "Buffering", |index| {
            let (row, reach) = rows[index];
            Ok(match &set.features[row].geometry {
                Some(geometry) => self.around(geometry, reach),
                None => Some(Vec::new()),
            })
        })?;
        let mut lost: Vec<usize> =
            rows.iter().zip(&made).filter(|(_, area)| area.is_none()).map(|(row, _)| row.0).collect();
        lost.sort_unstable();
        let mut made = made.into_iter();
        // The areas of each group, which whoever dissolves it takes.
        let own = |(rows, discs): (&Vec<_>, &Option<_>)| {
            let count = if discs.is_none() { rows.len() } else { 0 };
            Mutex::new(made.by_ref().take(count).flatten().collect::<Vec<_>>())
        };
        let own: Vec<Mutex<Vec<Vec<Path>>>> = groups.iter().zip(&discs).map(own).collect();
        let areas = each(context, groups.len(), "Dissolving", |group| {
            Ok(match &discs[group] {
                Some((centres, radius)) => dissolve_point_buffers(centres, *radius),
                None => dissolve_buffers(std::mem::take(
                    &mut *own[group].lock().unwrap_or_else(PoisonError::into_inner),
                )),
            })
        })?;
        Ok(United { areas, lost })
    }

    /// An area for each feature and distance, those around a feature in the order of the distances: the fields of the
    /// feature, the distance, and `ORIG_FID`. Areas that are empty are left out with a warning.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn discs(
        &self,
        set: &FeatureSet,
        distances: &[(f64, Reach)],
        distance_field: &str,
        context: &RunContext,
    ) -> Result<FeatureSet, ToolError> {
        let areas = each(context, set.features.len() * distances.len(), "Buffering", |number| {
            let geometry = set.features[number / distances.len()].geometry.as_ref();
            let (_, reach) = distances[number % distances.len()];
            Ok(geometry.and_then(|geometry| self.around(geometry, reach)).unwrap_or_default())
        })?;
        let carried = Carried::all(set);
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&carried);
        table.add_field(Field::new(distance_field, FieldType::Double));
        table.add_integer("ORIG_FID");
        let mut bare = Vec::new();
        for (number, rings) in areas.into_iter().enumerate() {
            let (row, (distance, _)) = (number / distances.len(), distances[number % distances.len()]);
            if rings.is_empty() {
                bare.push(row);
                continue;
            }
            let own = [Attribute::Double(distance), Attribute::Integer(set.oid_of(row))];
            table.push(carried.values(&set.features[row]).chain(own), Some(Geometry::Polygon(rings)));
        }
        bare.dedup();
        warn_of_rows(&bare, set, LACK_AREAS, context);
        Ok(table.finish())
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
