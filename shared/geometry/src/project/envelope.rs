//! The image of a box, from a grid of positions on it.
//!
//! Separate because a box has no image of its own: its edges bend, it may be torn at the edge of a map, and parts of it may
//! have no place at all. Who must not lose what lies within asks [`box_image`], which says how sure it is.

use crate::crs::Transform;
use gp_esri::{Envelope, Xy};

/// Pieces of an edge of an envelope: at 20 the bulge of a meridian between two of them is a 400th of that of the edge.
const PIECES_PER_EDGE: usize = 20;

/// Positions of the grid in a row of it.
const ROW: usize = PIECES_PER_EDGE + 1;

/// Where the image of a box lies.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxImage {
    /// A box around the positions that have an image, and, where it is whole, a little wider; empty when there is none.
    pub envelope: Envelope,
    /// Whether all of the image is in it. `false` when part of the box has no image, or when the image is torn, as at the
    /// antimeridian or around a pole.
    pub is_whole: bool,
    /// The images of positions on the box, those that have one.
    pub positions: Vec<Xy>,
}

/// The box around the image of a box. Edges are densified, and so is the inside, for a pole within it.
///
/// Points without image are left out; `None` when there is no point with one.
pub fn project_envelope(envelope: &Envelope, transform: &Transform) -> Option<Envelope> {
    if transform.is_identity() {
        return Some(*envelope);
    }
    let image = around(&grid(envelope, transform));
    (!image.is_empty()).then_some(image)
}

/// A box that everything within the given one lies in, and whether that is sure.
///
/// Between the positions of the grid the image bulges by an eighth of their second differences; twice that is allowed for.
pub fn box_image(envelope: &Envelope, transform: &Transform) -> BoxImage {
    if transform.is_identity() {
        return BoxImage { envelope: *envelope, is_whole: true, positions: envelope.ring().to_vec() };
    }
    let positions = grid(envelope, transform);
    let image = around(&positions);
    let is_whole = positions.iter().all(|xy| xy[0].is_finite()) && !is_torn(&positions, &image);
    // What has parts elsewhere is not made wider.
    let [x, y] = if is_whole { bends(&positions).map(|bend| bend / 4.0) } else { [0.0, 0.0] };
    let wider =
        Envelope { xmin: image.xmin - x, ymin: image.ymin - y, xmax: image.xmax + x, ymax: image.ymax + y };
    let positions = positions.into_iter().filter(|xy| xy[0].is_finite()).collect();
    BoxImage { envelope: wider, is_whole, positions }
}

/// Images of the positions of a grid over the box, row after row; NaN where there is none.
fn grid(envelope: &Envelope, transform: &Transform) -> Vec<Xy> {
    let steps = PIECES_PER_EDGE;
    let between = |from: f64, to: f64, step: usize| {
        if step == steps { to } else { from + (to - from) * step as f64 / steps as f64 }
    };
    let mut positions: Vec<Xy> = Vec::with_capacity(ROW * ROW);
    for row in 0..=steps {
        for column in 0..=steps {
            positions.push([
                between(envelope.xmin, envelope.xmax, column),
                between(envelope.ymin, envelope.ymax, row),
            ]);
        }
    }
    transform.apply(&mut positions);
    positions
}

/// The box around the positions that are some.
fn around(positions: &[Xy]) -> Envelope {
    let mut image = Envelope::EMPTY;
    positions.iter().filter(|xy| xy[0].is_finite()).for_each(|xy| image.include(*xy));
    image
}

/// Whether two neighbours of the grid were torn apart.
fn is_torn(positions: &[Xy], image: &Envelope) -> bool {
    let along_rows = positions.chunks(ROW).flat_map(|row| row.iter().zip(row.iter().skip(1)));
    let along_columns = positions.iter().zip(positions.iter().skip(ROW));
    along_rows.chain(along_columns).any(|(a, b)| is_torn_apart(*a, *b, image))
}

/// Whether two neighbours, of which there are 20 along what was projected, lie further apart than half of the image: no smooth
/// map does that to them. Positions without image are not.
fn is_torn_apart(a: Xy, b: Xy, image: &Envelope) -> bool {
    let (width, height) = (image.xmax - image.xmin, image.ymax - image.ymin);
    (a[0] - b[0]).abs() > width / 2.0 || (a[1] - b[1]).abs() > height / 2.0
}

/// The largest second differences of x and of y, along rows and columns.
fn bends(positions: &[Xy]) -> Xy {
    let mut largest = [0.0_f64; 2];
    let along_rows =
        positions.chunks(ROW).flat_map(|row| row.windows(3).map(|three| [three[0], three[1], three[2]]));
    let columns = positions.iter().zip(positions.iter().skip(ROW)).zip(positions.iter().skip(2 * ROW));
    for [a, b, c] in along_rows.chain(columns.map(|((a, b), c)| [*a, *b, *c])) {
        for axis in 0..2 {
            largest[axis] = largest[axis].max((a[axis] - 2.0 * b[axis] + c[axis]).abs());
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::Crs;

    fn transform(from: u32, to: u32) -> Transform {
        Transform::new(&Crs::from_code(from).unwrap(), &Crs::from_code(to).unwrap()).unwrap()
    }

    fn envelope([xmin, ymin, xmax, ymax]: [f64; 4]) -> Envelope {
        Envelope { xmin, ymin, xmax, ymax }
    }

    #[test]
    fn an_envelope_keeps_the_bulge_of_its_edges() {
        let to_albers = transform(4326, 5070);
        let wide = envelope([-120.0, 30.0, -70.0, 48.0]);
        let image = project_envelope(&wide, &to_albers).unwrap();
        let mut corner = [[-120.0, 30.0], [-96.0, 30.0]];
        to_albers.apply(&mut corner);
        assert!((image.ymin - corner[1][1]).abs() < 5e3 && image.ymin < corner[0][1], "{image:?} {corner:?}");
        let covering = box_image(&wide, &to_albers);
        assert!(covering.is_whole && covering.envelope.ymin < corner[1][1], "{covering:?} {corner:?}");
    }

    #[test]
    fn a_box_with_a_part_outside_of_the_map_is_not_wholly_in_its_image() {
        assert!(!box_image(&envelope([-180.0, -91.0, 180.0, 85.0]), &transform(4326, 3857)).is_whole);
        assert!(box_image(&envelope([-180.0, -85.0, 180.0, 85.0]), &transform(4326, 3857)).is_whole);
        assert!(!box_image(&envelope([-9e6, -9e6, 9e6, 9e6]), &transform(3035, 4326)).is_whole);
    }

    #[test]
    fn a_box_that_is_torn_at_the_antimeridian_or_around_a_pole_says_so() {
        assert!(!box_image(&envelope([3e6, 0.0, 3.8e6, 1e6]), &transform(3832, 4326)).is_whole);
        assert!(!box_image(&envelope([-4e6, -3e6, 3e6, 2e6]), &transform(3995, 4326)).is_whole);
        assert!(!box_image(&envelope([-40.0, 0.0, -20.0, 10.0]), &transform(4326, 3832)).is_whole);
    }

    #[test]
    fn a_box_without_image_is_empty_and_a_box_of_no_size_is_a_box() {
        let nothing = box_image(&envelope([0.0, 91.0, 1.0, 92.0]), &transform(4326, 3857));
        assert!(nothing.envelope.is_empty() && !nothing.is_whole, "{nothing:?}");
        let point = box_image(&envelope([8.0, 50.0, 8.0, 50.0]), &transform(4326, 3857));
        assert!(point.is_whole && (point.envelope.xmin - 890_555.9).abs() < 0.1, "{point:?}");
    }
}
