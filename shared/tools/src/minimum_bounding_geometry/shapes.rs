//! The shapes around a convex hull, and their measures.

use gp_core::Choices;
use gp_esri::{Path, Xy};
use gp_geometry::{
    Circle, Least, direction_deg, farthest_pair, is_valid_polygon, nearest_vertices_distance,
    smallest_circle, smallest_rectangle,
};

/// Which shape.
#[derive(Choices, Clone, Copy, PartialEq)]
pub(super) enum GeometryKind {
    RectangleByArea,
    RectangleByWidth,
    ConvexHull,
    Circle,
    Envelope,
}

/// A shape with its measures, in the order of [`field_names`].
pub(super) struct Shape {
    pub(super) ring: Path,
    pub(super) measures: Vec<f64>,
    /// Whether the true shape has no area.
    pub(super) is_placeholder: bool,
}

/// The vertices of a circle.
const CIRCLE_VERTICES: usize = 128;

/// The fields of the measures.
pub(super) fn field_names(kind: GeometryKind) -> &'static [&'static str] {
    match kind {
        GeometryKind::RectangleByArea | GeometryKind::RectangleByWidth => {
            &["MBG_Width", "MBG_Length", "MBG_Orientation"]
        }
        GeometryKind::ConvexHull => &[
            "MBG_Width",
            "MBG_Length",
            "MBG_APodX1",
            "MBG_APodY1",
            "MBG_APodX2",
            "MBG_APodY2",
            "MBG_Orientation",
        ],
        GeometryKind::Circle => &["MBG_Diameter"],
        GeometryKind::Envelope => &["MBG_Width", "MBG_Length"],
    }
}

/// Half the width of a placeholder is at least this share of the greatest coordinate, so that its corners differ.
const LEAST_SHARE: f64 = 1e-14;

/// The shape around a hull, `None` around nothing. Shapes without area reach `placeholder` to each side.
pub(super) fn shape(kind: GeometryKind, hull: &[Xy], placeholder: f64) -> Option<Shape> {
    let first = *hull.first()?;
    let greatest = hull.iter().flatten().fold(0.0_f64, |greatest, ordinate| greatest.max(ordinate.abs()));
    let placeholder = placeholder.max(greatest * LEAST_SHARE);
    let shape = exact_shape(kind, hull, first, placeholder)?;
    if is_valid_polygon(std::slice::from_ref(&shape.ring)) {
        return Some(shape);
    }
    // So small or so thin that rounding takes its area.
    let (a, b) = farthest_pair(hull).unwrap_or((first, first));
    Some(Shape { ring: closed(thin(a, b, placeholder)), is_placeholder: true, ..shape })
}

fn exact_shape(kind: GeometryKind, hull: &[Xy], first: Xy, placeholder: f64) -> Option<Shape> {
    match kind {
        GeometryKind::Circle => {
            let circle = smallest_circle(hull)?;
            let is_placeholder = circle.radius <= 0.0;
            let radius = if is_placeholder { placeholder } else { circle.radius };
            let ring = closed(circle_vertices(Circle { radius, ..circle }));
            Some(Shape { ring, measures: vec![2.0 * circle.radius], is_placeholder })
        }
        GeometryKind::Envelope => Some(envelope(hull, placeholder)),
        _ if hull.len() < 3 => {
            // A point, or the two ends of a line.
            let (a, b) = farthest_pair(hull).unwrap_or((first, first));
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            let orientation = direction_deg(a, b);
            let measures = match kind {
                GeometryKind::ConvexHull => vec![length, length, a[0], a[1], b[0], b[1], orientation],
                _ => vec![0.0, length, orientation],
            };
            Some(Shape { ring: closed(thin(a, b, placeholder)), measures, is_placeholder: true })
        }
        GeometryKind::ConvexHull => {
            let (a, b) = farthest_pair(hull)?;
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            let nearest = nearest_vertices_distance(hull)?;
            let measures = vec![nearest, length, a[0], a[1], b[0], b[1], direction_deg(a, b)];
            let ring = closed(hull.iter().rev().copied().collect());
            Some(Shape { ring, measures, is_placeholder: false })
        }
        GeometryKind::RectangleByArea | GeometryKind::RectangleByWidth => {
            let by_area = kind == GeometryKind::RectangleByArea;
            let found = smallest_rectangle(hull, if by_area { Least::Area } else { Least::Width })?;
            let measures = vec![found.width, found.length, found.orientation_deg];
            Some(Shape { ring: closed(found.corners.to_vec()), measures, is_placeholder: false })
        }
    }
}

fn envelope(hull: &[Xy], placeholder: f64) -> Shape {
    let range = |axis: usize| {
        let values = hull.iter().map(|xy| xy[axis]);
        values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (mut x, mut y) = (range(0), range(1));
    let (width, height) = (x.1 - x.0, y.1 - y.0);
    let measures = vec![width.min(height), width.max(height)];
    for (low, high) in [&mut x, &mut y].into_iter().map(|(low, high)| (low, high)) {
        if *high <= *low {
            (*low, *high) = (*low - placeholder, *high + placeholder);
        }
    }
    let ring = closed(vec![[x.0, y.0], [x.0, y.1], [x.1, y.1], [x.1, y.0]]);
    Shape { ring, measures, is_placeholder: width <= 0.0 || height <= 0.0 }
}

/// A rectangle around a line or point that reaches `half` to each side; beyond its ends only that of a point, or of a
/// line that is shorter than that.
fn thin(a: Xy, b: Xy, half: f64) -> Vec<Xy> {
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let (along, reach) = if length > half {
        ([(b[0] - a[0]) / length, (b[1] - a[1]) / length], 0.0)
    } else {
        ([1.0, 0.0], half)
    };
    let corner = |from: Xy, x: f64, y: f64| {
        [from[0] + along[0] * x - along[1] * y, from[1] + along[1] * x + along[0] * y]
    };
    vec![corner(a, -reach, -half), corner(a, -reach, half), corner(b, reach, half), corner(b, reach, -half)]
}

fn circle_vertices(circle: Circle) -> Vec<Xy> {
    let vertex = |step: usize| {
        let (sin, cos) = (step as f64 / CIRCLE_VERTICES as f64 * std::f64::consts::TAU).sin_cos();
        [circle.center[0] + circle.radius * sin, circle.center[1] + circle.radius * cos]
    };
    (0..CIRCLE_VERTICES).map(vertex).collect()
}

fn closed(mut corners: Vec<Xy>) -> Path {
    corners.extend(corners.first().copied());
    Path::from_xy(corners)
}
