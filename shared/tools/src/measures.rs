//! Lengths and areas of features in metres, whatever their spatial reference: on the ellipsoid, or in their plane.

use crate::reference::Globe;
use gp_core::ToolError;
use gp_esri::Geometry;
use gp_geometry::{Crs, Geodesy, area, length};

/// How features of one spatial reference are measured.
pub(crate) enum Measures {
    /// In the plane of the coordinates; of features without spatial reference, in their units.
    Planar {
        /// Metres in a unit of the coordinates.
        meters_per_unit: f64,
    },
    /// On the ellipsoid, along geodesics between vertices.
    Geodesic {
        /// The way to degrees.
        globe: Globe,
        /// The ellipsoid that the degrees are on.
        geodesy: Box<Geodesy>,
    },
}

impl Measures {
    /// As ArcGIS measures linear and areal units: features in degrees on the ellipsoid, others in their plane.
    ///
    /// # Errors
    /// Positions cannot be brought to degrees.
    pub(crate) fn natural(crs: Option<&Crs>) -> Result<Measures, ToolError> {
        match crs {
            Some(crs) if crs.is_geographic() => Measures::geodesic(crs),
            crs => Ok(Measures::planar(crs)),
        }
    }

    /// In the plane of the coordinates.
    pub(crate) fn planar(crs: Option<&Crs>) -> Measures {
        Measures::Planar { meters_per_unit: crs.and_then(Crs::meters_per_unit).unwrap_or(1.0) }
    }

    /// On the ellipsoid.
    ///
    /// # Errors
    /// Positions cannot be brought to degrees.
    pub(crate) fn geodesic(crs: &Crs) -> Result<Measures, ToolError> {
        let globe = Globe::new(crs)?;
        let geodesy = Box::new(Geodesy::new(globe.ellipsoid()));
        Ok(Measures::Geodesic { globe, geodesy })
    }

    /// The area in square metres; 0 of points and lines. NaN of what has no place on the ellipsoid.
    pub(crate) fn area_m2(&self, geometry: &Geometry) -> f64 {
        let Geometry::Polygon(rings) = geometry else { return 0.0 };
        match self {
            Measures::Planar { meters_per_unit } => area(rings) * meters_per_unit * meters_per_unit,
            Measures::Geodesic { globe, geodesy } => match globe.to_degrees(geometry).as_ref() {
                Geometry::Polygon(rings) => geodesy.polygon_area_m2(rings),
                _ => f64::NAN,
            },
        }
    }

    /// The length of a line, or of the outline of a polygon, in metres; 0 of points. NaN of what has no place on the
    /// ellipsoid.
    pub(crate) fn length_m(&self, geometry: &Geometry) -> f64 {
        let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = geometry else { return 0.0 };
        match self {
            Measures::Planar { meters_per_unit } => length(paths) * meters_per_unit,
            Measures::Geodesic { globe, geodesy } => match globe.to_degrees(geometry).as_ref() {
                Geometry::Polyline(paths) | Geometry::Polygon(paths) => geodesy.total_length_m(paths),
                _ => f64::NAN,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::Path;

    fn square(side: f64) -> Geometry {
        let xy = vec![[0.0, 0.0], [0.0, side], [side, side], [side, 0.0], [0.0, 0.0]];
        Geometry::Polygon(vec![Path::from_xy(xy)])
    }

    #[test]
    fn degrees_are_measured_on_the_ellipsoid_and_feet_become_metres() {
        let degrees = Measures::natural(Some(&Crs::from_code(4326).unwrap())).unwrap();
        // GeographicLib, Planimeter.
        assert!((degrees.area_m2(&square(1.0)) - 12_308_778_361.469).abs() < 1.0);
        let feet = Measures::natural(Some(&Crs::from_code(2263).unwrap())).unwrap();
        let foot_m = 1200.0 / 3937.0;
        assert!((feet.area_m2(&square(10.0)) - 100.0 * foot_m * foot_m).abs() < 1e-9);
        assert!((feet.length_m(&square(10.0)) - 40.0 * foot_m).abs() < 1e-9);
        assert!((Measures::planar(None).area_m2(&square(2.0)) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn projected_features_can_be_measured_on_the_ellipsoid() {
        let mercator = Measures::geodesic(&Crs::from_code(3857).unwrap()).unwrap();
        let near_60_north =
            Geometry::Polyline(vec![Path::from_xy(vec![[0.0, 8_399_737.89], [1000.0, 8_399_737.89]])]);
        let length_m = mercator.length_m(&near_60_north);
        assert!((length_m - 501.3).abs() < 0.5, "{length_m}");
    }
}
