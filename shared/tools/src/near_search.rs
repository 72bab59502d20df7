//! What Near, Generate Near Table and Point Distance have in common: the near layers as one index, the search radius,
//! and what a near feature is called and how far it is in the units of the output.

use crate::distance::{Method, Reach, reach, warn_without_reference};
use crate::each::warn_of_rows;
use crate::reference::{Globe, crs_of, is_in_degrees, match_reference};
use gp_core::{Choices, MessageLevel, RunContext, ToolError};
use gp_esri::{FeatureSet, Geometry, LinearUnit, Xy};
use gp_geometry::{Crs, Geodesy, Near, NearQuery, NearestIndex};
use std::borrow::Cow;

/// Whether positions are columns.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum LocationFields {
    NoLocation,
    Location,
}

/// Whether the direction is a column.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(crate) enum AngleField {
    NoAngle,
    Angle,
}

/// The near layers, ready to be searched from the input's features.
pub(crate) struct NearSearch<'a> {
    input: &'a FeatureSet,
    /// The object ids of all near features, layer after layer.
    oids: Vec<i64>,
    /// The number of the first feature of each layer.
    firsts: Vec<usize>,
    /// The first features of the layers that are the input itself.
    selves: Vec<usize>,
    index: NearestIndex,
    /// `None` in a plane.
    globe: Option<(Globe, Geodesy)>,
    limit: f64,
    /// What a unit of the output is in units of the search.
    unit: f64,
}

/// A near feature as the outputs have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NearFeature {
    /// The number of its layer.
    pub(crate) layer: usize,
    /// Its object id.
    pub(crate) oid: i64,
    /// In units of the input's coordinates; metres, where these are angles.
    pub(crate) distance: f64,
    /// The nearest position on the input feature.
    pub(crate) from: Xy,
    /// The nearest position on the near feature.
    pub(crate) to: Xy,
    /// From the x axis counter-clockwise, or on the ellipsoid from north clockwise; degrees.
    pub(crate) angle: f64,
}

impl<'a> NearSearch<'a> {
    /// Makes the layers ready. Parameters are called `Near_Features` and `Search_Radius`.
    ///
    /// # Errors
    /// A layer cannot be projected to the input, or the radius has no meaning there.
    pub(crate) fn new(
        input: &'a FeatureSet,
        mut layers: Vec<FeatureSet>,
        radius: Option<LinearUnit>,
        method: Method,
        context: &RunContext,
    ) -> Result<NearSearch<'a>, ToolError> {
        let (mut oids, mut firsts, mut selves) = (Vec::new(), Vec::new(), Vec::new());
        for layer in &mut layers {
            firsts.push(oids.len());
            if layer.spatial_reference == input.spatial_reference && layer.features == input.features {
                selves.push(oids.len());
            }
            match_reference(input, layer, "Near_Features", context)?;
            oids.extend((0..layer.features.len()).map(|row| layer.oid_of(row)));
        }
        let crs = crs_of(input, "Input_Features")?;
        let globe = globe(crs.as_ref(), method, context)?;
        let limit = limit(radius, crs.as_ref(), globe.is_some(), context)?;
        let index = match &globe {
            None => NearestIndex::planar(geometries(&layers)),
            Some((globe, _)) => {
                if !crs.as_ref().is_some_and(is_in_degrees) {
                    warn_of_lost(
                        globe,
                        input,
                        "have no place on the ellipsoid, so nothing is near them",
                        context,
                    );
                    for layer in &layers {
                        warn_of_lost(
                            globe,
                            layer,
                            "have no place on the ellipsoid, so they are near nothing",
                            context,
                        );
                    }
                }
                let placed = geometries(&layers).map(|geometry| {
                    geometry.map(|geometry| match geometry {
                        Cow::Borrowed(geometry) => globe.to_degrees(geometry),
                        owned => owned,
                    })
                });
                NearestIndex::geodesic(placed, globe.ellipsoid())
            }
        };
        let unit = match &globe {
            Some(_) => crs.as_ref().and_then(Crs::meters_per_unit).unwrap_or(1.0),
            None => 1.0,
        };
        Ok(NearSearch { input, oids, firsts, selves, index, globe, limit, unit })
    }

    /// How many near features there are in all layers.
    pub(crate) fn near_count(&self) -> usize {
        self.oids.len()
    }

    /// Whether every near feature is near enough.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.limit.is_infinite()
    }

    /// The nearest features to one of the input, nearest first, at most `count`. The feature itself is none of them,
    /// where the input is among the near layers.
    pub(crate) fn nearest(&self, row: usize, count: usize) -> Vec<NearFeature> {
        let Some(geometry) = &self.input.features[row].geometry else { return Vec::new() };
        let except = self.selves.iter().map(|first| first + row).collect();
        let query = NearQuery { count, limit: self.limit, except };
        let found = match &self.globe {
            None => self.index.nearest(geometry, &query),
            Some((globe, _)) => self.index.nearest(&globe.to_degrees(geometry), &query),
        };
        found.into_iter().map(|near| self.as_feature(near)).collect()
    }

    fn as_feature(&self, near: Near) -> NearFeature {
        let layer = self.firsts.partition_point(|first| *first <= near.feature) - 1;
        NearFeature {
            layer,
            oid: self.oids[near.feature],
            distance: near.distance / self.unit,
            from: near.from,
            to: near.to,
            angle: self.angle(&near),
        }
    }

    fn angle(&self, near: &Near) -> f64 {
        if near.distance <= 0.0 {
            return 0.0;
        }
        match &self.globe {
            Some((_, geodesy)) => geodesy.inverse(near.from, near.to).azimuth_start_deg,
            None => (near.to[1] - near.from[1]).atan2(near.to[0] - near.from[0]).to_degrees(),
        }
    }
}

/// The name of a near layer: that of the parameter, numbered from the second on.
pub(crate) fn layer_name(layer: usize) -> String {
    if layer == 0 { "Near_Features".to_owned() } else { format!("Near_Features_{layer}") }
}

fn geometries(layers: &[FeatureSet]) -> impl Iterator<Item = Option<Cow<'_, Geometry>>> {
    let features = layers.iter().flat_map(|layer| &layer.features);
    features.map(|feature| feature.geometry.as_ref().map(Cow::Borrowed))
}

/// The ellipsoid to measure on, for features in degrees or where it is asked for.
fn globe(
    crs: Option<&Crs>,
    method: Method,
    context: &RunContext,
) -> Result<Option<(Globe, Geodesy)>, ToolError> {
    let Some(crs) = crs else {
        return match method {
            Method::Planar => Ok(None),
            Method::Geodesic => Err(ToolError::invalid(
                "Method",
                "GEODESIC needs features with a spatial reference; use PLANAR",
            )),
        };
    };
    if method == Method::Planar && !crs.is_geographic() {
        return Ok(None);
    }
    if method == Method::Planar {
        let text = "The features are in degrees, so distances are measured in metres on the ellipsoid.";
        context.message(MessageLevel::Info, text);
    }
    let globe = Globe::new(crs)?;
    let geodesy = Geodesy::new(globe.ellipsoid());
    Ok(Some((globe, geodesy)))
}

/// The search radius in units of the search.
fn limit(
    radius: Option<LinearUnit>,
    crs: Option<&Crs>,
    is_geodesic: bool,
    context: &RunContext,
) -> Result<f64, ToolError> {
    const NAME: &str = "Search_Radius";
    let Some(radius) = radius else { return Ok(f64::INFINITY) };
    // Written so that NaN is refused.
    let is_length = radius.distance >= 0.0;
    if !is_length {
        return Err(ToolError::invalid(
            NAME,
            format!("{} is below 0; leave it out to search everywhere", radius.distance),
        ));
    }
    warn_without_reference(crs, &[radius], NAME, context);
    match (reach(radius, crs, NAME)?, crs) {
        (found, Some(crs)) if is_geodesic => match found.on_ellipsoid(crs) {
            Reach::Geodesic(meters) => Ok(meters),
            Reach::Planar(_) => Err(ToolError::invalid(
                NAME,
                format!(
                    "{} is no length on the ellipsoid; use a unit of length such as esriMeters",
                    radius.unit.name()
                ),
            )),
        },
        (Reach::Planar(limit) | Reach::Geodesic(limit), _) => Ok(limit),
    }
}

fn warn_of_lost(globe: &Globe, set: &FeatureSet, what: &str, context: &RunContext) {
    let is_lost = |row: &usize| {
        set.features[*row].geometry.as_ref().is_some_and(|geometry| {
            let mut is_lost = false;
            globe.to_degrees(geometry).for_each_xy(|[longitude, _]| is_lost |= longitude.is_nan());
            is_lost
        })
    };
    let lost: Vec<usize> = (0..set.features.len()).filter(is_lost).collect();
    warn_of_rows(&lost, set, what, context);
}
