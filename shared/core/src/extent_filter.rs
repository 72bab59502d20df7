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
    let filter = match (&extent.spatial_reference, &features.spatial_reference) {
        (Some(from), Some(to)) if !from.same_as(to) => {
            ExtentFilter::across(&boxes, from, to, beyond.is_some())?
        }
        (own, of_features) => {
            if own.is_some() && of_features.is_none() && !features.features.is_empty() {
                notice = Some(UNKNOWN_REFERENCE);
            }
            ExtentFilter { frames: boxes.into_iter().map(Frame::new).collect(), across: None }
        }
    };
    let takes =
        |geometry: &Option<Geometry>| geometry.as_ref().is_some_and(|geometry| filter.takes(geometry));
    features.features.retain(|feature| !stop() && takes(&feature.geometry));
    if features.features.is_empty() && filter.has_no_place() {
        return Err("it has no place in the spatial reference of the features".to_owned());
    }
    Ok(notice)
}

/// What is said of features whose place on the earth is not known.
const UNKNOWN_REFERENCE: &str =
    "the features name no spatial reference, so the extent was compared with their coordinates as they are";

/// The boxes of the extent in its own reference, and their images in that of the features if that is another one.
struct ExtentFilter {
    frames: Vec<Frame>,
    across: Option<Across>,
}

/// The way from the features to the reference of the extent.
struct Across {
    /// Of each box, among the features.
    images: Vec<Image>,
    back: Transform,
}

/// A box of the extent among the features.
struct Image {
    /// What lies in it, and more.
    envelope: Envelope,
    is_whole: bool,
    /// Positions within the box.
    positions: Shape,
}

impl ExtentFilter {
    fn across(
        boxes: &[Envelope],
        from: &SpatialReference,
        to: &SpatialReference,
        is_beyond: bool,
    ) -> Result<ExtentFilter, String> {
        let crs = |sr| Crs::new(sr).map_err(|error| error.to_string());
        let (from, to) = (crs(from)?, crs(to)?);
        let way = |from, to| Transform::new(from, to).map_err(|error| error.to_string());
        let (forth, back) = (way(&from, &to)?, way(&to, &from)?);
        let image = |own: &Envelope| {
            let BoxImage { envelope, is_whole, positions } = box_image(own, &forth);
            let positions = Shape::new(&Geometry::Multipoint(Path::from_xy(positions)));
            // Of features in other turns the image says nothing.
            Image { envelope, is_whole: is_whole && !is_beyond, positions }
        };
        let across = Across { images: boxes.iter().map(image).collect(), back };
        Ok(ExtentFilter { frames: boxes.iter().copied().map(Frame::new).collect(), across: Some(across) })
    }

    /// Whether no part of the extent has a place among the features.
    fn has_no_place(&self) -> bool {
        let is_empty = |across: &Across| across.images.iter().all(|image| image.envelope.is_empty());
        self.across.as_ref().is_some_and(is_empty)
    }

    fn takes(&self, geometry: &Geometry) -> bool {
        let Some(Across { images, back }) = &self.across else {
            return self.frames.iter().any(|frame| frame.meets(geometry));
        };
        let own = geometry.envelope();
        let boxes = self.frames.iter().zip(images);
        let near: Vec<_> =
            boxes.filter(|(_, image)| !image.is_whole || own.intersects(&image.envelope)).collect();
        if near.is_empty() {
            return false;
        }
        let mut projected = geometry.clone();
        projected.for_each_xy_mut(|positions| {
            back.apply(positions);
        });
        let mut is_in = false;
        projected.for_each_xy(|xy| is_in |= near.iter().any(|(frame, _)| frame.envelope.contains(xy)));
        if is_in || matches!(projected, Geometry::Point(_) | Geometry::Multipoint(_)) {
            return is_in;
        }
        // Between its vertices an edge is straight among the features, and bends on its way to the extent.
        match bent(geometry, back) {
            Bent::Whole(bent) => near.iter().any(|(frame, _)| frame.meets(&bent)),
            Bent::Torn { paths, around } => {
                let shape = Shape::new(geometry);
                near.iter().any(|(frame, image)| {
                    // All around the extent, or across it.
                    gp_geometry::intersects(&image.positions, &shape)
                        || paths.iter().flat_map(Pieces::steps).any(|step| step.meets(frame, image, &around))
                })
            }
        }
    }
}

/// The image of a line or polygon.
enum Bent {
    Whole(Geometry),
    /// A part of it has no place, or it is torn, as at the antimeridian: its paths, and the box around their images.
    Torn {
        paths: Vec<Pieces>,
        around: Envelope,
    },
}

/// A path whose long edges are cut into pieces: its positions among the features, and their images.
struct Pieces {
    own: Vec<Xy>,
    images: Vec<Xy>,
}

impl Pieces {
    fn steps(&self) -> impl Iterator<Item = Step> {
        let pairs = self.own.windows(2).zip(self.images.windows(2));
        pairs.map(|(own, image)| Step { own: [own[0], own[1]], image: [image[0], image[1]] })
    }
}

/// A piece of an edge: among the features, and its image.
struct Step {
    own: [Xy; 2],
    image: [Xy; 2],
}

impl Step {
    /// Whether its image is known, and then nearly straight: both ends have a place, and it was not torn.
    fn is_whole(&self, around: &Envelope) -> bool {
        self.image.iter().all(is_placed) && !jumps(self.image, around)
    }

    /// Whether it meets a box of the extent, or may meet it where its image is not known.
    fn meets(&self, frame: &Frame, image: &Image, around: &Envelope) -> bool {
        if self.is_whole(around) {
            return frame.meets(&Geometry::Polyline(vec![Path::from_xy(self.image.to_vec())]));
        }
        let mut own = Envelope::EMPTY;
        self.own.iter().for_each(|xy| own.include(*xy));
        self.begins_near(&frame.envelope) && image.envelope.intersects(&own)
    }

    /// Whether an end lies in the box or beside it, no farther than its size: of a step without a known image, part of it may lie
    /// in the box then. Elsewhere it is at an edge of the map that is far from the box.
    fn begins_near(&self, own: &Envelope) -> bool {
        let (width, height) = (own.xmax - own.xmin, own.ymax - own.ymin);
        let around = Envelope {
            xmin: own.xmin - width,
            ymin: own.ymin - height,
            xmax: own.xmax + width,
            ymax: own.ymax + height,
        };
        self.image.iter().any(|xy| around.contains(*xy))
    }
}

/// Pieces of an edge that is as long as the line or polygon.
const PIECES: f64 = 20.0;

/// The image of a line or polygon whose long edges are cut into pieces.
fn bent(geometry: &Geometry, back: &Transform) -> Bent {
    let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = geometry else {
        return Bent::Whole(geometry.clone());
    };
    let Envelope { xmin, ymin, xmax, ymax } = geometry.envelope();
    let longest = [(xmax - xmin) / PIECES, (ymax - ymin) / PIECES];
    let pieces = |path: &Path| {
        let own = cut(&path.xy, longest);
        let mut images = own.clone();
        back.apply(&mut images);
        Pieces { own, images }
    };
    let paths: Vec<Pieces> = paths.iter().map(pieces).collect();
    let mut around = Envelope::EMPTY;
    let images = paths.iter().flat_map(|path| &path.images);
    images.filter(|xy| is_placed(xy)).for_each(|xy| around.include(*xy));
    if !paths.iter().flat_map(Pieces::steps).all(|step| step.is_whole(&around)) {
        return Bent::Torn { paths, around };
    }
    let paths = paths.into_iter().map(|path| Path::from_xy(path.images)).collect();
    Bent::Whole(match geometry {
        Geometry::Polygon(_) => Geometry::Polygon(paths),
        _ => Geometry::Polyline(paths),
    })
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

    /// Whether a geometry and the box share a point; boxes decide wherever they can.
    fn meets(&self, geometry: &Geometry) -> bool {
        let own = geometry.envelope();
        let is_inside =
            self.envelope.contains([own.xmin, own.ymin]) && self.envelope.contains([own.xmax, own.ymax]);
        is_inside
            || (own.intersects(&self.envelope) && gp_geometry::intersects(&self.shape, &Shape::new(geometry)))
    }
}

#[cfg(test)]
mod tests;
