//! Features as path data of SVG, in whole units of the picture: clipped to a frame, with no more vertices than one sees.

use crate::window::with_margin;
use gp_esri::{Envelope, Feature, Geometry, Path, Xy};
use gp_geometry::{Keep, PreparedPolygon, clip_line, envelope_of, intersection};
use std::fmt::Write as _;

/// A place on the picture, in its units.
type Place = [i32; 2];

/// A map on the picture.
pub(crate) struct Frame {
    /// Its left upper corner, in units of the picture.
    pub(crate) corner: Place,
    /// Its width and height, in units of the picture.
    pub(crate) size: Place,
    /// What it shows.
    pub(crate) window: Envelope,
}

/// How much is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Detail {
    /// Vertices that move a line by less, in units of the picture, are left out, as are rings smaller than that.
    pub(crate) tolerance: f64,
    /// Features beyond this number are left out.
    pub(crate) most_features: usize,
}

impl Frame {
    /// A frame that shows at least `window`, widened to the shape of the frame. `stretch` is how much wider a unit of y
    /// is than one of x.
    pub(crate) fn around(window: &Envelope, stretch: f64, corner: Place, size: Place) -> Frame {
        let (width, height) = ((window.xmax - window.xmin) * stretch, window.ymax - window.ymin);
        let unit = (width / f64::from(size[0])).max(height / f64::from(size[1]));
        let (half_x, half_y) = (unit * f64::from(size[0]) / stretch / 2.0, unit * f64::from(size[1]) / 2.0);
        let (x, y) = (f64::midpoint(window.xmin, window.xmax), f64::midpoint(window.ymin, window.ymax));
        let window = Envelope { xmin: x - half_x, ymin: y - half_y, xmax: x + half_x, ymax: y + half_y };
        Frame { corner, size, window }
    }

    fn place(&self, [x, y]: Xy) -> Xy {
        let Envelope { xmin, ymin, xmax, ymax } = self.window;
        [
            f64::from(self.corner[0]) + (x - xmin) / (xmax - xmin) * f64::from(self.size[0]),
            f64::from(self.corner[1]) + (ymax - y) / (ymax - ymin) * f64::from(self.size[1]),
        ]
    }

    /// The path data of features.
    pub(crate) fn path<'a>(&self, features: impl Iterator<Item = &'a Feature>, detail: Detail) -> String {
        let view = with_margin(&self.window);
        let border = PreparedPolygon::new(&[Path::from_xy(view.ring().to_vec())]);
        let mut data = String::new();
        let shapes = features.filter_map(|feature| feature.geometry.as_ref());
        for geometry in shapes.filter(|shape| shape.envelope().intersects(&view)).take(detail.most_features) {
            match geometry {
                Geometry::Point(point) => self.dots(&mut data, &view, &[point.xy]),
                Geometry::Multipoint(points) => self.dots(&mut data, &view, &points.xy),
                Geometry::Polyline(paths) => {
                    for path in clip_line(paths, &border, Keep::Inside) {
                        self.line(&mut data, &path.xy, detail, 2);
                    }
                }
                Geometry::Polygon(rings) => {
                    let is_within = holds(&view, &envelope_of(rings));
                    let cut = if is_within { rings.clone() } else { intersection(rings, &border.rings()) };
                    for ring in cut {
                        self.line(&mut data, &ring.xy, detail, 4);
                    }
                }
            }
        }
        data
    }

    /// Dots are lines without length, with round ends.
    fn dots(&self, data: &mut String, view: &Envelope, points: &[Xy]) {
        for point in
            points.iter().filter(|[x, y]| holds(view, &Envelope { xmin: *x, ymin: *y, xmax: *x, ymax: *y }))
        {
            let [x, y] = whole(self.place(*point));
            let _ = write!(data, "M{x} {y}h0");
        }
    }

    /// A line or, from four vertices on where the last is the first, a ring.
    fn line(&self, data: &mut String, positions: &[Xy], detail: Detail, fewest: usize) {
        let placed: Vec<Xy> = positions.iter().map(|position| self.place(*position)).collect();
        let mut places: Vec<Place> = simplified(&placed, detail.tolerance).into_iter().map(whole).collect();
        places.dedup();
        if places.len() < fewest {
            return;
        }
        let is_ring = fewest > 2;
        if is_ring {
            places.pop();
        }
        let mut at = places[0];
        let _ = write!(data, "M{} {}l", at[0], at[1]);
        for (index, [x, y]) in places.into_iter().skip(1).enumerate() {
            let separator = if index > 0 && x >= at[0] { " " } else { "" };
            let between = if y >= at[1] { " " } else { "" };
            let _ = write!(data, "{separator}{}{between}{}", x - at[0], y - at[1]);
            at = [x, y];
        }
        data.push_str(if is_ring { "z" } else { "" });
    }
}

fn whole([x, y]: Xy) -> Place {
    [x.round() as i32, y.round() as i32]
}

fn holds(outer: &Envelope, inner: &Envelope) -> bool {
    outer.xmin <= inner.xmin
        && inner.xmax <= outer.xmax
        && outer.ymin <= inner.ymin
        && inner.ymax <= outer.ymax
}

/// Douglas and Peucker, 1973: the vertices without which the line would move by more than the tolerance.
fn simplified(line: &[Xy], tolerance: f64) -> Vec<Xy> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    (keep[0], keep[line.len() - 1]) = (true, true);
    let mut open = vec![(0, line.len() - 1)];
    while let Some((from, to)) = open.pop() {
        let off = |index: &usize| distance(line[*index], line[from], line[to]);
        let farthest = (from + 1..to).max_by(|a, b| off(a).total_cmp(&off(b)));
        if let Some(middle) = farthest.filter(|middle| off(middle) > tolerance) {
            keep[middle] = true;
            open.extend([(from, middle), (middle, to)]);
        }
    }
    line.iter().zip(keep).filter(|(_, keep)| *keep).map(|(position, _)| *position).collect()
}

/// From a position to a segment.
fn distance([x, y]: Xy, [x0, y0]: Xy, [x1, y1]: Xy) -> f64 {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
    let along = if along.is_finite() { along.clamp(0.0, 1.0) } else { 0.0 };
    (x - x0 - along * dx).hypot(y - y0 - along * dy)
}
