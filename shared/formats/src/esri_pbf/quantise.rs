//! The steps between whole numbers and coordinates.

use gp_esri::{FeatureSet, Geometry, Path};

/// Where steps are counted from and how long they are, for x, y, z and m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Transform {
    /// Whether y grows downwards from the origin.
    pub(super) is_upper_left: bool,
    pub(super) scale: [f64; 4],
    pub(super) translate: [f64; 4],
}

/// Steps in the greatest coordinate, 2⁴⁰: of the 180 degrees of a longitude each is 0.03 mm, of the easting of a map of the
/// world 0.03 mm too, and the differences between neighbours still take few bytes.
const STEPS_EXPONENT: i32 = 40;

impl Transform {
    pub(super) const IDENTITY: Transform =
        Transform { is_upper_left: false, scale: [1.0; 4], translate: [0.0; 4] };

    /// The coordinate of a whole number of steps.
    pub(super) fn coordinate(&self, axis: usize, steps: i64) -> f64 {
        let offset = steps as f64 * self.scale[axis];
        if axis == 1 && self.is_upper_left {
            self.translate[axis] - offset
        } else {
            self.translate[axis] + offset
        }
    }

    /// The nearest whole number of steps of a coordinate.
    pub(super) fn steps(&self, axis: usize, coordinate: f64) -> i64 {
        let offset = (coordinate - self.translate[axis]) / self.scale[axis];
        let offset = if axis == 1 && self.is_upper_left { -offset } else { offset };
        offset.round() as i64
    }

    /// Steps fine enough for all coordinates of a set. Their length is a power of two and the origin is a whole number of
    /// steps, so that coordinates which were steps once come back as they were.
    pub(super) fn of(features: &FeatureSet) -> Transform {
        let mut ranges = [(f64::INFINITY, f64::NEG_INFINITY); 4];
        let mut include = |axis: usize, value: f64| {
            if value.is_finite() {
                let (least, most) = ranges[axis];
                ranges[axis] = (least.min(value), most.max(value));
            }
        };
        for geometry in features.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
            if let Geometry::Point(point) = geometry {
                let [x, y] = point.xy;
                let values = [Some(x), Some(y), point.z, point.m];
                (0..4).for_each(|axis| values[axis].into_iter().for_each(|value| include(axis, value)));
                continue;
            }
            for path in paths_of(geometry) {
                for [x, y] in &path.xy {
                    include(0, *x);
                    include(1, *y);
                }
                path.z.iter().for_each(|z| include(2, *z));
                path.m.iter().for_each(|m| include(3, *m));
            }
        }
        let mut transform = Transform { is_upper_left: true, ..Transform::IDENTITY };
        // x and y have one step, as in every answer of a service.
        let planar = greatest(ranges[0]).max(greatest(ranges[1]));
        for (axis, most) in [planar, planar, greatest(ranges[2]), greatest(ranges[3])].into_iter().enumerate()
        {
            let (least, greatest) = ranges[axis];
            if most == 0.0 || least > greatest {
                continue;
            }
            let exponent = most.log2().ceil() as i32 - STEPS_EXPONENT;
            let scale = f64::from(exponent.clamp(-1000, 980)).exp2();
            transform.scale[axis] = scale;
            let origin = if axis == 1 { greatest } else { least };
            transform.translate[axis] = (origin / scale).round() * scale;
        }
        transform
    }
}

/// The paths of everything but a point.
pub(super) fn paths_of(geometry: &Geometry) -> &[Path] {
    match geometry {
        Geometry::Point(_) => &[],
        Geometry::Multipoint(points) => std::slice::from_ref(points),
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths,
    }
}

/// The greatest absolute value; 0 of an empty range.
fn greatest((least, most): (f64, f64)) -> f64 {
    if least > most { 0.0 } else { least.abs().max(most.abs()) }
}
