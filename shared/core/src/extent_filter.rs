//! Which features take part when a request names an extent (specification 3, `context`): those that share a point with it.
//!
//! Separate because the extent may be in another spatial reference than the features, where a box is no box any more: they are
//! compared in the reference of the extent. It must never leave out a feature that a smaller extent would take: where it is in
//! doubt a feature takes part.

mod turns;

pub(crate) use turns::all_turns;
pub use turns::within_one_turn;

use gp_esri::{Envelope, Extent, FeatureSet, Geometry, Path, SpatialReference, Xy};
use gp_geometry::{BoxImage, Crs, Shape, Transform, box_image, is_torn_apart};
use turns::turns;

/// Leaves the features that share a point with the extent, which is a box in its own reference; of no use once `stop` says so.
/// Says what a reader of the request should know.
///
/// # Errors
/// There is no way between the references, or no part of the extent has a place in that of the features: a reason that
/// a reader of the request understands.
pub(crate) fn keep_within(
    features: &mut FeatureSet,
    extent: &Extent,
    stop: &dyn Fn() -> bool,
) -> Result<Option<&'static str>, String> {
    let mut notice = None;
    let boxes = turns(extent);
    let filters: Vec<ExtentFilter> = match (&extent.spatial_reference, &features.spatial_reference) {
        (Some(from), Some(to)) if !from.same_as(to) => {
            boxes.iter().map(|envelope| ExtentFilter::across(envelope, from, to)).collect::<Result<_, _>>()?
        }
        (own, of_features) => {
            if own.is_some() && of_features.is_none() && !features.features.is_empty() {
                notice = Some(UNKNOWN_REFERENCE);
            }
            boxes.iter().map(|envelope| ExtentFilter { extent: Frame::new(*envelope), image: None }).collect()
        }
    };
    let takes = |geometry: &Option<Geometry>| {
        geometry.as_ref().is_some_and(|geometry| filters.iter().any(|filter| filter.takes(geometry)))
    };
    features.features.retain(|feature| !stop() && takes(&feature.geometry));
    let has_no_place =
        |filter: &ExtentFilter| filter.image.as_ref().is_some_and(|image| image.frame.envelope.is_empty());
    if features.features.is_empty() && filters.iter().all(has_no_place) {
        return Err("it has no place in the spatial reference of the features".to_owned());
    }
    Ok(notice)
}

/// What is said of features whose place on the earth is not known.
const UNKNOWN_REFERENCE: &str =
    "the features name no spatial reference, so the extent was compared with their coordinates as they are";

/// The extent in its own reference, and its image in that of the features if that is another one.
struct ExtentFilter {
    extent: Frame,
    image: Option<Image>,
}

/// The extent among the features, and the way from there to its own reference.
struct Image {
    /// What lies in it, and more.
    frame: Frame,
    is_whole: bool,
    /// Positions within the extent.
    positions: Shape,
    back: Transform,
}

impl ExtentFilter {
    fn across(
        envelope: &Envelope,
        from: &SpatialReference,
        to: &SpatialReference,
    ) -> Result<ExtentFilter, String> {
        let crs = |sr| Crs::new(sr).map_err(|error| error.to_string());
        let (from, to) = (crs(from)?, crs(to)?);
        let way = |from, to| Transform::new(from, to).map_err(|error| error.to_string());
        let BoxImage { envelope: around, is_whole, positions } = box_image(envelope, &way(&from, &to)?);
        let positions = Shape::new(&Geometry::Multipoint(Path::from_xy(positions)));
        let image = Image { frame: Frame::new(around), is_whole, positions, back: way(&to, &from)? };
        Ok(ExtentFilter { extent: Frame::new(*envelope), image: Some(image) })
    }

    fn takes(&self, geometry: &Geometry) -> bool {
        let Some(Image { frame, is_whole, positions, back }) = &self.image else {
            return self.extent.meets(geometry);
        };
        if *is_whole && !geometry.envelope().intersects(&frame.envelope) {
            return false;
        }
        let mut projected = geometry.clone();
        let mut without_place = 0;
        projected.for_each_xy_mut(|positions| without_place += back.apply(positions));
        if matches!(projected, Geometry::Point(_) | Geometry::Multipoint(_)) {
            let mut is_in = false;
            projected.for_each_xy(|xy| is_in |= self.extent.contains(xy));
            return is_in;
        }
        if without_place == 0 && self.extent.meets(&projected) {
            return true;
        }
        // Between its vertices an edge is straight among the features, and bends on its way to the extent.
        match bent(geometry, back) {
            Bent::Whole(bent) => self.extent.meets(&bent),
            _ if *is_whole => frame.meets(geometry),
            // All around the extent, or far from it.
            Bent::Nowhere => gp_geometry::intersects(positions, &Shape::new(geometry)),
            Bent::Torn => true,
        }
    }
}

/// The image of a line or polygon.
enum Bent {
    Whole(Geometry),
    /// A part of it has no place, or it is torn, as at the antimeridian.
    Torn,
    /// No part of it has a place.
    Nowhere,
}

/// Pieces of the longest edge that a line or polygon may have.
const PIECES: f64 = 20.0;

/// The image of a line or polygon whose long edges are cut into pieces.
fn bent(geometry: &Geometry, back: &Transform) -> Bent {
    let Envelope { xmin, ymin, xmax, ymax } = geometry.envelope();
    let longest = (xmax - xmin).max(ymax - ymin) / PIECES;
    let mut bent = geometry.clone();
    let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = &mut bent else { return Bent::Whole(bent) };
    let mut image = Envelope::EMPTY;
    let mut without_place = 0;
    for path in paths.iter_mut() {
        let mut positions = cut(&path.xy, longest);
        without_place += back.apply(&mut positions);
        positions.iter().filter(|xy| xy[0].is_finite()).for_each(|xy| image.include(*xy));
        *path = Path::from_xy(positions);
    }
    if image.is_empty() {
        return Bent::Nowhere;
    }
    let mut steps = paths.iter().flat_map(|path| path.xy.windows(2));
    let is_torn = without_place > 0 || steps.any(|step| is_torn_apart(step[0], step[1], &image));
    if is_torn { Bent::Torn } else { Bent::Whole(bent) }
}

/// The positions with more of them between, so that no step in x or y is longer than that.
fn cut(positions: &[Xy], longest: f64) -> Vec<Xy> {
    let mut all: Vec<Xy> = positions.first().copied().into_iter().collect();
    for pair in positions.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let step = (to[0] - from[0]).abs().max((to[1] - from[1]).abs());
        let pieces = if longest > 0.0 { (step / longest).ceil().clamp(1.0, PIECES + 1.0) } else { 1.0 };
        for piece in 1..pieces as usize {
            let share = piece as f64 / pieces;
            all.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
        }
        all.push(to);
    }
    all
}

/// A box, ready to be compared with geometries.
struct Frame {
    envelope: Envelope,
    shape: Shape,
}

impl Frame {
    fn new(envelope: Envelope) -> Frame {
        let shape = Shape::new(&Geometry::Polygon(vec![Path::from_xy(envelope.ring().to_vec())]));
        Frame { envelope, shape }
    }

    fn contains(&self, [x, y]: Xy) -> bool {
        let Envelope { xmin, ymin, xmax, ymax } = self.envelope;
        xmin <= x && x <= xmax && ymin <= y && y <= ymax
    }

    /// Whether a geometry and the box share a point; boxes decide wherever they can.
    fn meets(&self, geometry: &Geometry) -> bool {
        let own = geometry.envelope();
        let is_inside = self.contains([own.xmin, own.ymin]) && self.contains([own.xmax, own.ymax]);
        is_inside
            || (own.intersects(&self.envelope) && gp_geometry::intersects(&self.shape, &Shape::new(geometry)))
    }
}

#[cfg(test)]
mod tests;
