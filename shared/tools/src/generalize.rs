//! What the tools that simplify or smooth share: tolerances, simplified features, small polygons left out, smooth lines
//! that are right.

use crate::distance::{Reach, reach, warn_without_reference, without_reference};
use crate::limits::{MOST_ROWS, refuse_too_many};
use crate::measures::Measures;
use crate::reference::is_in_degrees;
use gp_core::{Choices, RunContext, ToolError};
use gp_esri::{ArealUnit, FeatureSet, Geometry, LinearUnit, Path};
use gp_geometry::{
    Chain, Crs, Ends, Metric, Resolver, Simplification, Smoothing, Topology, part_indices, smoothed,
    smoothed_count,
};

/// Which vertices go.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum Algorithm {
    PointRemove,
    EffectiveArea,
}

/// What happens to lines that a simplification made cross.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum ErrorOption {
    ResolveErrors,
    NoCheck,
}

/// How much to simplify, and how it is measured.
#[derive(Clone, Copy)]
pub(crate) struct Amount {
    pub(crate) simplification: Simplification,
    pub(crate) metric: Metric,
}

impl Amount {
    /// Reads the parameters Algorithm and Tolerance.
    ///
    /// # Errors
    /// The tolerance is not positive or has no meaning for the features.
    pub(crate) fn read(
        algorithm: Algorithm,
        tolerance: LinearUnit,
        crs: Option<&Crs>,
        context: &RunContext,
    ) -> Result<Amount, ToolError> {
        let (metric, tolerance) = positive_reach(tolerance, crs, "Tolerance", context)?;
        let simplification = match algorithm {
            Algorithm::PointRemove => Simplification::Offset(tolerance),
            Algorithm::EffectiveArea => Simplification::Area(tolerance * tolerance),
        };
        Ok(Amount { simplification, metric })
    }
}

/// A length greater than zero, in the units of the coordinates, or in metres for degrees.
///
/// # Errors
/// It is not positive, or has no meaning for the features.
pub(crate) fn positive_reach(
    length: LinearUnit,
    crs: Option<&Crs>,
    parameter: &str,
    context: &RunContext,
) -> Result<(Metric, f64), ToolError> {
    if !(length.distance > 0.0 && length.distance.is_finite()) {
        let text = format!("{} is not more than 0; give a length such as 100 Meters", length.distance);
        return Err(ToolError::invalid(parameter, text));
    }
    warn_without_reference(crs, &[length], parameter, context);
    match (reach(length, crs, parameter)?, crs) {
        (Reach::Planar(units), _) => Ok((Metric::Planar, units)),
        (Reach::Geodesic(metres), Some(crs)) if is_in_degrees(crs) => {
            Ok((Metric::Degrees { ellipsoid: crs.ellipsoid() }, metres))
        }
        _ => Err(ToolError::invalid(
            parameter,
            "the coordinates are angles but not degrees; project the features first",
        )),
    }
}

/// Simplifies the rings or paths of one feature.
///
/// # Errors
/// The run was stopped.
pub(crate) fn simplify(
    paths: &[Path],
    chain: Chain,
    amount: Amount,
    errors: ErrorOption,
    context: &RunContext,
) -> Result<Vec<Path>, ToolError> {
    let topology = Topology::new(paths.iter().map(|path| (path.xy.as_slice(), chain)));
    let arcs = 0..topology.arc_count();
    let check = || context.check();
    let keep = arcs.map(|arc| topology.simplify_arc(arc, amount.simplification, &amount.metric, check));
    let keep = keep.collect::<Result<_, _>>()?;
    let mut resolver = Resolver::new(&topology, keep, amount.metric);
    if errors == ErrorOption::ResolveErrors {
        while resolver.step(check)? > 0 {}
    }
    let simplified = paths.iter().enumerate();
    let simplified = simplified.map(|(number, path)| topology.simplified(number, path, resolver.kept()));
    Ok(simplified.filter(|path| path.xy.len() > 1).collect())
}

/// The least area of a part of a polygon, ready to compare with.
pub(crate) struct LeastArea {
    measures: Measures,
    area_m2: f64,
}

impl LeastArea {
    /// Reads an area; `None` where there is none, or it is 0.
    ///
    /// # Errors
    /// The area is negative or has no meaning for the features.
    pub(crate) fn read(
        parameter: &str,
        area: Option<ArealUnit>,
        crs: Option<&Crs>,
        context: &RunContext,
    ) -> Result<Option<LeastArea>, ToolError> {
        let Some(ArealUnit { area, unit }) = area else { return Ok(None) };
        if !(area >= 0.0 && area.is_finite()) {
            let text = format!("{area} is less than 0; give an area such as 100 SquareMeters");
            return Err(ToolError::invalid(parameter, text));
        }
        if crs.is_none() && area > 0.0 && unit.square_meters().is_some() {
            context.warning(without_reference(parameter, "areas"));
        }
        let square_metres = match (unit.square_meters(), crs) {
            // Without a spatial reference, units are those of the coordinates.
            (_, None) => 1.0,
            (Some(square_metres), _) => square_metres,
            (None, Some(crs)) => match crs.meters_per_unit() {
                Some(metres) if !crs.is_geographic() => metres * metres,
                _ => {
                    let text = "features in degrees need a unit of area, such as esriSquareMeters";
                    return Err(ToolError::invalid(parameter, text));
                }
            },
        };
        let measures = Measures::natural(crs)?;
        Ok((area > 0.0).then_some(LeastArea { measures, area_m2: area * square_metres }))
    }

    /// Whether a polygon is smaller.
    pub(crate) fn is_above(&self, geometry: &Geometry) -> bool {
        self.measures.area_m2(geometry) < self.area_m2
    }

    /// The parts of a valid polygon that are not smaller; each with its holes.
    pub(crate) fn large_parts(&self, rings: Vec<Path>) -> Vec<Path> {
        let is_large = |part: &Vec<usize>| {
            let part: Vec<Path> = part.iter().map(|ring| rings[*ring].clone()).collect();
            !self.is_above(&Geometry::Polygon(part))
        };
        let kept: Vec<usize> = part_indices(&rings).into_iter().filter(is_large).flatten().collect();
        if kept.len() == rings.len() {
            return rings;
        }
        kept.into_iter().map(|ring| rings[ring].clone()).collect()
    }
}

/// What happens to the start of a closed line.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum EndpointOption {
    FixedClosedEndpoint,
    NoFixed,
}

/// How to smooth.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum SmoothingAlgorithm {
    Paek,
}

/// How often the window is halved where a smooth line would cross itself.
const HALVINGS: usize = 5;

/// Reads the tolerance of a smoothing, and sees to it that the result does not get too large.
///
/// # Errors
/// The tolerance is not positive, has no meaning for the features, or is too small for them.
pub(crate) fn smoothing(
    tolerance: LinearUnit,
    set: &FeatureSet,
    crs: Option<&Crs>,
    context: &RunContext,
) -> Result<Smoothing, ToolError> {
    let (metric, window) = positive_reach(tolerance, crs, "Tolerance", context)?;
    let smoothing = Smoothing { window, metric };
    let geometries = set.features.iter().filter_map(|feature| feature.geometry.as_ref());
    let paths = geometries.flat_map(|geometry| match geometry {
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.as_slice(),
        _ => &[],
    });
    let count: f64 =
        paths.map(|path| smoothed_count(&path.xy, &smoothing)).filter(|count| count.is_finite()).sum();
    refuse_too_many(count, "places along the lines", "Tolerance", "give a longer one")?;
    Ok(smoothing)
}

/// Smooth lines or rings, with a window that is halved until `is_right`; `None` when it never is, or when that would take
/// too many places. Says whether it was halved.
///
/// # Errors
/// The run was stopped.
pub(crate) fn smooth_rightly(
    paths: &[Path],
    endpoints: EndpointOption,
    smoothing: &Smoothing,
    is_right: impl Fn(&[Path]) -> bool,
    context: &RunContext,
) -> Result<Option<(Vec<Path>, bool)>, ToolError> {
    for halvings in 0..=HALVINGS {
        let smoothing = Smoothing { window: smoothing.window / f64::from(1 << halvings), ..*smoothing };
        let count: f64 = paths.iter().map(|path| smoothed_count(&path.xy, &smoothing)).sum();
        if count > MOST_ROWS as f64 {
            break;
        }
        let smooth = |path: &Path| {
            let is_free = endpoints == EndpointOption::NoFixed && path.xy.first() == path.xy.last();
            let ends = if is_free { Ends::Free } else { Ends::Fixed };
            Path::from_xy(smoothed(&path.xy, ends, &smoothing))
        };
        let mut made = Vec::with_capacity(paths.len());
        for path in paths {
            context.check()?;
            made.push(smooth(path));
        }
        if is_right(&made) {
            return Ok(Some((made, halvings > 0)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use crate::testing::{run, set, square};
    use serde_json::json;

    #[test]
    fn a_unit_of_area_that_means_nothing_without_a_spatial_reference_is_named() {
        let polygons = set("Polygon", 0, &[(json!({}), square(0.0, 0.0, 10.0))]);
        let parameters = json!({
            "Input_Features": polygons, "Tolerance": "1 Unknown", "Minimum_Area": "5 SquareKilometers",
        });
        let made = run("SimplifyPolygon", &parameters).unwrap();
        let text = "Minimum_Area: the features have no spatial reference, so areas are taken in the units of their coordinates";
        assert_eq!(made.warnings, [text]);
        assert_eq!(made.features.features.len(), 1);
    }
}
