//! What Clip, Erase, Split and ExtractData share: cutting features by the union of polygons.

use crate::each::each;
use crate::reference::{drop_zm, match_reference};
use crate::table::ensure_object_ids;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Feature, FeatureSet, Geometry, GeometryType, Path, Point};
use gp_geometry::{
    BoxLocation, Keep, PreparedPolygon, clip_line, difference_prepared, intersection_prepared, length,
    points_in_polygon, sliver_width, union_all, without_slivers,
};

/// Keeps of each feature what lies inside or outside the union of `masks`; features of which nothing is left go. Warnings call
/// the features by `name`.
///
/// Points keep z and m; lines and polygons lose them with a warning, because they get new vertices. What lies on the
/// border counts as inside; pieces narrower than the rounding of coordinates are left out.
///
/// # Errors
/// The masks cannot be projected to the reference of the features, or the run was stopped.
pub(crate) fn cut(
    mut features: FeatureSet,
    name: &str,
    mut masks: FeatureSet,
    mask_parameter: &str,
    keep: Keep,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    match_reference(&features, &mut masks, mask_parameter, context)?;
    ensure_object_ids(&mut features);
    if !matches!(features.geometry_type, Some(GeometryType::Point | GeometryType::Multipoint)) {
        drop_zm(&mut features, name, context);
    }
    context.check()?;
    let mask = Mask::new(&masks.features);
    context.check()?;
    let kept = each(context, features.features.len(), "Cutting", |row| {
        Ok(features.features[row].geometry.as_ref().and_then(|geometry| mask.cut(geometry, keep)))
    })?;
    let mut kept = kept.into_iter();
    features.features.retain_mut(|feature| {
        feature.geometry = kept.next().flatten();
        feature.geometry.is_some()
    });
    Ok(features)
}

/// The union of polygons, ready to cut with.
pub(crate) struct Mask(PreparedPolygon);

impl Mask {
    /// The union of the polygons among these features.
    pub(crate) fn new<'a>(masks: impl IntoIterator<Item = &'a Feature>) -> Mask {
        let polygons = masks.into_iter().filter_map(|feature| match &feature.geometry {
            Some(Geometry::Polygon(rings)) => Some(rings.as_slice()),
            _ => None,
        });
        Mask(PreparedPolygon::new(&union_all(polygons)))
    }

    /// The box around it.
    pub(crate) fn envelope(&self) -> Envelope {
        *self.0.envelope()
    }

    /// What is left of the geometry, or `None` for nothing.
    pub(crate) fn cut(&self, geometry: &Geometry, keep: Keep) -> Option<Geometry> {
        match self.0.locate_box(&geometry.envelope()) {
            BoxLocation::Inside => return (keep == Keep::Inside).then(|| geometry.clone()),
            BoxLocation::Outside => return (keep == Keep::Outside).then(|| geometry.clone()),
            BoxLocation::Crosses => {}
        }
        match geometry {
            Geometry::Point(point) => self.cut_point(*point, keep),
            Geometry::Multipoint(points) => {
                let kept = points_in_polygon(&points.xy, &self.0, keep);
                (!kept.is_empty()).then(|| Geometry::Multipoint(pick(points, &kept)))
            }
            Geometry::Polyline(paths) => cut_line(paths, &self.0, keep).map(Geometry::Polyline),
            Geometry::Polygon(rings) => {
                let rings = match keep {
                    Keep::Inside => intersection_prepared(&self.0, rings),
                    Keep::Outside => difference_prepared(rings, &self.0),
                };
                not_empty(without_slivers(rings)).map(Geometry::Polygon)
            }
        }
    }

    fn cut_point(&self, point: Point, keep: Keep) -> Option<Geometry> {
        let kept = points_in_polygon(&[point.xy], &self.0, keep);
        (!kept.is_empty()).then_some(Geometry::Point(point))
    }
}

/// The part of a line inside or outside a polygon, or `None`. A cut is rounded to one side of the border, so stretches that
/// are no longer than that are none.
pub(crate) fn cut_line(paths: &[Path], polygon: &PreparedPolygon, keep: Keep) -> Option<Vec<Path>> {
    let shortest = sliver_width(paths);
    let mut cut = clip_line(paths, polygon, keep);
    cut.retain(|path| length(std::slice::from_ref(path)) > shortest);
    not_empty(cut)
}

/// The vertices of these numbers, with their z and m.
pub(crate) fn pick(points: &Path, numbers: &[usize]) -> Path {
    let of = |values: &[f64]| numbers.iter().filter_map(|number| values.get(*number).copied()).collect();
    Path { xy: numbers.iter().map(|number| points.xy[*number]).collect(), z: of(&points.z), m: of(&points.m) }
}

/// The paths, unless there are none.
pub(crate) fn not_empty(paths: Vec<Path>) -> Option<Vec<Path>> {
    (!paths.is_empty()).then_some(paths)
}
