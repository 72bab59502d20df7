//! Geometries in degrees whose longitudes run past ±180°, brought back between them: what lies on both sides of the
//! antimeridian is cut there.

use crate::buffer::cut_polygon;
use gp_esri::{Geometry, Path, Point, Xy};

/// The same place with longitudes from -180 to 180; lines and polygons are cut at the antimeridian, and lose z and m
/// where they are. `None` when nothing is left. A geometry that keeps within ±180° comes back as it is.
pub fn split_at_antimeridian(geometry: Geometry) -> Option<Geometry> {
    let mut leaves = false;
    geometry.for_each_xy(|[longitude, _]| leaves |= longitude.abs() > 180.0);
    if !leaves {
        return Some(geometry);
    }
    match geometry {
        Geometry::Point(point) => Some(Geometry::Point(Point { xy: wrap(point.xy), ..point })),
        Geometry::Multipoint(mut points) => {
            points.xy.iter_mut().for_each(|xy| *xy = wrap(*xy));
            Some(Geometry::Multipoint(points))
        }
        Geometry::Polyline(paths) => {
            let paths: Vec<Path> = paths.iter().flat_map(|path| cut_line(&path.xy)).collect();
            (!paths.is_empty()).then_some(Geometry::Polyline(paths))
        }
        Geometry::Polygon(rings) => {
            let rings = cut_polygon(&rings);
            (!rings.is_empty()).then_some(Geometry::Polygon(rings))
        }
    }
}

fn wrap([longitude, latitude]: Xy) -> Xy {
    if longitude.abs() <= 180.0 { [longitude, latitude] } else { [longitude - turns(longitude), latitude] }
}

/// The whole turns, in degrees, that a longitude is away from -180 to 180.
fn turns(longitude: f64) -> f64 {
    360.0 * (longitude / 360.0).round()
}

/// Continuous positions, cut wherever they pass an odd multiple of 180°.
fn cut_line(line: &[Xy]) -> Vec<Path> {
    let (mut pieces, mut current): (Vec<Path>, Vec<Xy>) = (Vec::new(), Vec::new());
    for edge in line.windows(2) {
        let ([from, from_latitude], [to, to_latitude]) = (edge[0], edge[1]);
        let (low, high) = (from.min(to), from.max(to));
        let mut seams: Vec<f64> = Vec::new();
        let mut seam = 360.0 * ((low - 180.0) / 360.0).floor() + 180.0;
        while seam < high && seams.len() < MAX_SEAMS {
            if seam > low {
                seams.push(seam);
            }
            seam += 360.0;
        }
        if from > to {
            seams.reverse();
        }
        let stops = std::iter::once(from).chain(seams).chain([to]).collect::<Vec<f64>>();
        for stretch in stops.windows(2) {
            let shift = turns(f64::midpoint(stretch[0], stretch[1]));
            let at = |longitude: f64| {
                let share = if high > low { (longitude - from) / (to - from) } else { 0.0 };
                [longitude - shift, from_latitude + share * (to_latitude - from_latitude)]
            };
            let start = at(stretch[0]);
            let goes_on = current.last().is_some_and(|last| (last[0] - start[0]).abs() < 180.0);
            if !goes_on {
                flush(&mut current, &mut pieces);
                current.push(start);
            }
            let end =
                if stretch[1].total_cmp(&to).is_eq() { [to - shift, to_latitude] } else { at(stretch[1]) };
            current.push(end);
        }
    }
    flush(&mut current, &mut pieces);
    pieces
}

/// No edge goes round the earth more often.
const MAX_SEAMS: usize = 100;

fn flush(current: &mut Vec<Xy>, pieces: &mut Vec<Path>) {
    let xy = std::mem::take(current);
    if xy.len() > 1 {
        pieces.push(Path::from_xy(xy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_across_is_cut_and_what_keeps_within_stays() {
        let line = Geometry::Polyline(vec![Path::from_xy(vec![[170.0, 0.0], [190.0, 10.0], [200.0, 10.0]])]);
        let expected = vec![
            Path::from_xy(vec![[170.0, 0.0], [180.0, 5.0]]),
            Path::from_xy(vec![[-180.0, 5.0], [-170.0, 10.0], [-160.0, 10.0]]),
        ];
        assert_eq!(split_at_antimeridian(line), Some(Geometry::Polyline(expected)));
        let inside = Geometry::Point(Point::from_xy([-180.0, 3.0]));
        assert_eq!(split_at_antimeridian(inside.clone()), Some(inside));
        let beyond = Geometry::Point(Point::from_xy([190.0, 3.0]));
        assert_eq!(split_at_antimeridian(beyond), Some(Geometry::Point(Point::from_xy([-170.0, 3.0]))));
    }

    #[test]
    fn a_polygon_across_becomes_two_parts_of_the_same_area() {
        let ring = vec![[170.0, 0.0], [170.0, 10.0], [190.0, 10.0], [190.0, 0.0], [170.0, 0.0]];
        let split = split_at_antimeridian(Geometry::Polygon(vec![Path::from_xy(ring)]));
        let Some(Geometry::Polygon(rings)) = split else { panic!("no polygon") };
        assert_eq!(rings.len(), 2);
        assert!((crate::area(&rings) - 200.0).abs() < 1e-9);
    }
}
