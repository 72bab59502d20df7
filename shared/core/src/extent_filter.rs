//! Which features take part when a request names an extent (specification 3, `context`): those that share a point with it.
//!
//! Separate because the extent may be in another spatial reference than the features, where a box is no box any more: they are
//! compared in the reference of the extent. It must never leave out a feature that a smaller extent would take: where it is in
//! doubt a feature takes part.

mod turns;

pub(crate) use turns::all_turns;
pub use turns::within_one_turn;

use gp_esri::{Envelope, Extent, FeatureSet, Geometry, Path, SpatialReference, Xy};
use gp_geometry::{BoxImage, Crs, Shape, Transform, box_image};
use turns::{turns_among, turns_of};

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
    let beyond = turns_of(features);
    let boxes = turns_among(extent, features, beyond);
    let filters: Vec<ExtentFilter> = match (&extent.spatial_reference, &features.spatial_reference) {
        (Some(from), Some(to)) if !from.same_as(to) => boxes
            .iter()
            .map(|envelope| ExtentFilter::across(envelope, from, to, beyond.is_some()))
            .collect::<Result<_, _>>()?,
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
        is_beyond: bool,
    ) -> Result<ExtentFilter, String> {
        let crs = |sr| Crs::new(sr).map_err(|error| error.to_string());
        let (from, to) = (crs(from)?, crs(to)?);
        let way = |from, to| Transform::new(from, to).map_err(|error| error.to_string());
        let BoxImage { envelope: around, is_whole, positions } = box_image(envelope, &way(&from, &to)?);
        let positions = Shape::new(&Geometry::Multipoint(Path::from_xy(positions)));
        // Of features in other turns the image says nothing.
        let is_whole = is_whole && !is_beyond;
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
        projected.for_each_xy_mut(|positions| {
            back.apply(positions);
        });
        let mut is_in = false;
        projected.for_each_xy(|xy| is_in |= self.extent.contains(xy));
        if is_in || matches!(projected, Geometry::Point(_) | Geometry::Multipoint(_)) {
            return is_in;
        }
        // Between its vertices an edge is straight among the features, and bends on its way to the extent.
        match bent(geometry, back) {
            Bent::Whole(bent) => self.extent.meets(&bent),
            Bent::Torn { steps, image } => {
                // All around the extent, or across it.
                gp_geometry::intersects(positions, &Shape::new(geometry))
                    || steps.iter().any(|step| match step.image(&image) {
                        Some(line) => self.extent.meets(&line),
                        None => {
                            step.begins_near(&self.extent.envelope)
                                && frame.envelope.intersects(&step.envelope())
                        }
                    })
            }
        }
    }
}

/// The image of a line or polygon.
enum Bent {
    Whole(Geometry),
    /// A part of it has no place, or it is torn, as at the antimeridian: all steps of it, and the box around their images.
    Torn {
        steps: Vec<Step>,
        image: Envelope,
    },
}

/// A piece of an edge: among the features, and its image.
struct Step {
    own: [Xy; 2],
    image: [Xy; 2],
}

impl Step {
    /// The image, which is nearly straight; `None` where an end has no place or it was torn.
    fn image(&self, around: &Envelope) -> Option<Geometry> {
        let is_whole = self.image.iter().all(is_placed) && !jumps(self.image, around);
        is_whole.then(|| Geometry::Polyline(vec![Path::from_xy(self.image.to_vec())]))
    }

    /// Whether an end lies in the box or beside it, no farther than its size: of a step without a known image, part of it may lie
    /// in the box then. Elsewhere it is at an edge of the map that is far from the box.
    fn begins_near(&self, box_: &Envelope) -> bool {
        let (width, height) = (box_.xmax - box_.xmin, box_.ymax - box_.ymin);
        let is_near = |[x, y]: &Xy| {
            (box_.xmin - width..=box_.xmax + width).contains(x)
                && (box_.ymin - height..=box_.ymax + height).contains(y)
        };
        self.image.iter().any(is_near)
    }

    fn envelope(&self) -> Envelope {
        let mut envelope = Envelope::EMPTY;
        self.own.iter().for_each(|xy| envelope.include(*xy));
        envelope
    }
}

/// Pieces of an edge that is as long as the line or polygon.
const PIECES: f64 = 20.0;

/// The image of a line or polygon whose long edges are cut into pieces.
fn bent(geometry: &Geometry, back: &Transform) -> Bent {
    let Envelope { xmin, ymin, xmax, ymax } = geometry.envelope();
    let longest = [(xmax - xmin) / PIECES, (ymax - ymin) / PIECES];
    let mut bent = geometry.clone();
    let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = &mut bent else { return Bent::Whole(bent) };
    let mut around = Envelope::EMPTY;
    let mut steps = Vec::new();
    for path in paths.iter_mut() {
        let own = cut(&path.xy, longest);
        let mut images = own.clone();
        back.apply(&mut images);
        images.iter().filter(|xy| is_placed(xy)).for_each(|xy| around.include(*xy));
        let pairs = own.windows(2).zip(images.windows(2));
        steps.extend(pairs.map(|(own, image)| Step { own: [own[0], own[1]], image: [image[0], image[1]] }));
        *path = Path::from_xy(images);
    }
    let is_whole = steps.iter().all(|step| step.image.iter().all(is_placed) && !jumps(step.image, &around));
    if is_whole { Bent::Whole(bent) } else { Bent::Torn { steps, image: around } }
}

fn is_placed(xy: &Xy) -> bool {
    xy[0].is_finite()
}

/// Whether a piece goes across half of the image, of which it is a 20th: no smooth map does that to it.
fn jumps([from, to]: [Xy; 2], image: &Envelope) -> bool {
    let size = (image.xmax - image.xmin).max(image.ymax - image.ymin);
    (from[0] - to[0]).abs().max((from[1] - to[1]).abs()) > size / 2.0
}

/// The positions with more of them between, so that no step in x or y is longer than those.
fn cut(positions: &[Xy], longest: Xy) -> Vec<Xy> {
    let mut all: Vec<Xy> = positions.first().copied().into_iter().collect();
    for pair in positions.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let pieces_along = |axis: usize| match (to[axis] - from[axis]).abs() / longest[axis] {
            pieces if pieces.is_finite() => pieces.ceil().clamp(1.0, PIECES + 1.0),
            _ => 1.0,
        };
        let pieces = pieces_along(0).max(pieces_along(1));
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
