//! Smooth lines: local polynomials with an exponential kernel.
//!
//! After the idea of PAEK (Bodansky, Gribov and Pilouk 2002, "Smoothing and Compression of Lines Obtained by
//! Raster-to-Vector Conversion"): around each place of a line, x and y as functions of the length along it are
//! approximated by polynomials of second degree, by least squares with weights that fall exponentially with that length;
//! the place moves to their value. With weights that are the same on both sides this is a moving weighted mean. The
//! published description leaves the kernel open; here the weight is `exp(-3 |u| / h)` for lengths `u` up to half the
//! window, `h`.

use crate::rings::close;
use crate::simplify::{Ends, Metric, Simplification, kept_vertices};
use gp_esri::{Path, Xy};
use std::convert::Infallible;

/// How to smooth.
#[derive(Clone, Copy, Debug)]
pub struct Smoothing {
    /// The length of the window that moves along the line. Of a shorter line, half its length.
    pub window: f64,
    /// How lengths are measured.
    pub metric: Metric,
}

/// Places that are computed in a window: more than the eye sees, and the error of the sums below a thousandth of it.
const STEPS: f64 = 32.0;
/// How fast the weights fall to the ends of the window, where they are 5 %.
const DECAY: f64 = 3.0;
/// Vertices not farther than this share of the window from the line without them are left out.
const THINNING: f64 = 5e-4;
/// Places that are thinned at once: 32 windows.
const STRETCH: usize = 1024;

/// A smooth line. Where ends are fixed it begins and ends where the line does; a free ring is smooth all around. Vertices
/// on the frame of the plane of degrees stay.
pub fn smoothed(line: &[Xy], ends: Ends, smoothing: &Smoothing) -> Vec<Xy> {
    let metric = &smoothing.metric;
    let pinned: Vec<usize> = (0..line.len()).filter(|index| metric.is_pinned(line[*index])).collect();
    let Some(first) = pinned.first().copied() else { return smooth_stretch(line, ends, smoothing) };
    // A free ring is turned so that it starts with a vertex that stays.
    let mut turned = line.to_vec();
    if ends == Ends::Free {
        turned.pop();
        turned.rotate_left(first);
        turned.push(turned[0]);
    }
    let mut smooth: Vec<Xy> = Vec::new();
    let mut start = 0;
    for index in 1..turned.len() {
        if index + 1 == turned.len() || metric.is_pinned(turned[index]) {
            let stretch = smooth_stretch(&turned[start..=index], Ends::Fixed, smoothing);
            smooth.extend_from_slice(&stretch[usize::from(start > 0)..]);
            start = index;
        }
    }
    // A line that keeps within the frame still does.
    let widest = line.iter().map(|xy| xy[0].abs()).fold(180.0, f64::max);
    for xy in &mut smooth {
        *xy = [xy[0].clamp(-widest, widest), xy[1].clamp(-90.0, 90.0)];
    }
    smooth
}

/// How many places [`smoothed`] computes, for a bound before it does.
pub fn smoothed_count(line: &[Xy], smoothing: &Smoothing) -> f64 {
    let length: f64 = line.windows(2).map(|pair| smoothing.metric.length(pair[0], pair[1])).sum();
    length / window_on(length, smoothing) * STEPS
}

fn window_on(length: f64, smoothing: &Smoothing) -> f64 {
    smoothing.window.min(length / 2.0)
}

fn smooth_stretch(line: &[Xy], ends: Ends, smoothing: &Smoothing) -> Vec<Xy> {
    let metric = &smoothing.metric;
    let length: f64 = line.windows(2).map(|pair| metric.length(pair[0], pair[1])).sum();
    let window = window_on(length, smoothing);
    let count = (length / window * STEPS).ceil();
    if line.len() < 3 || !count.is_finite() || count < 1.0 {
        return line.to_vec();
    }
    let count = count as usize;
    let places = places(line, length / count as f64, count, metric);
    let half = (window / 2.0 / (length / count as f64)).round().max(1.0) as usize;
    let kernel = kernel(half);
    let at = |index: isize| -> Xy {
        let last = count as isize;
        match ends {
            Ends::Free => places[index.rem_euclid(last) as usize],
            // Beyond its ends the line goes on as its mirror image through the end, which therefore does not move.
            Ends::Fixed if index < 0 => mirrored(places[0], places[(-index).min(last) as usize]),
            Ends::Fixed if index > last => {
                mirrored(places[count], places[(2 * last - index).max(0) as usize])
            }
            Ends::Fixed => places[index as usize],
        }
    };
    let mut smooth: Vec<Xy> = Vec::with_capacity(count + 1);
    for index in 0..=count as isize {
        let centre = at(index);
        let mut moved = [0.0, 0.0];
        // Differences from the centre: sums of large coordinates would lose digits.
        for (offset, weight) in kernel.iter().enumerate().skip(1) {
            for neighbour in [at(index + offset as isize), at(index - offset as isize)] {
                moved[0] += weight * (neighbour[0] - centre[0]);
                moved[1] += weight * (neighbour[1] - centre[1]);
            }
        }
        smooth.push([centre[0] + moved[0], centre[1] + moved[1]]);
    }
    match ends {
        Ends::Fixed => (smooth[0], smooth[count]) = (line[0], line[line.len() - 1]),
        Ends::Free => smooth[count] = smooth[0],
    }
    thinned(&smooth, ends, window * THINNING, metric)
}

/// Positions along a line, `count` pieces of one length.
fn places(line: &[Xy], step: f64, count: usize, metric: &Metric) -> Vec<Xy> {
    let mut places = Vec::with_capacity(count + 1);
    let mut before = 0.0;
    for pair in line.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let length = metric.length(a, b);
        while places.len() < count && places.len() as f64 * step <= before + length {
            let t = if length > 0.0 { (places.len() as f64 * step - before) / length } else { 0.0 };
            places.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
        }
        before += length;
    }
    // Rounding may leave the last places to the end.
    places.resize(count + 1, line[line.len() - 1]);
    places
}

/// The weights of the places 0, 1, … steps away with which a mean is the value of the local polynomial.
fn kernel(half: usize) -> Vec<f64> {
    let weight = |step: usize| {
        let at_end = if step == half { 0.5 } else { 1.0 };
        at_end * (-DECAY * step as f64 / half as f64).exp()
    };
    let u = |step: usize| step as f64 / half as f64;
    let moment = |power: i32| {
        let one_side: f64 = (1..=half).map(|step| weight(step) * u(step).powi(power)).sum();
        2.0 * one_side + if power == 0 { weight(0) } else { 0.0 }
    };
    let (m0, m2, m4) = (moment(0), moment(2), moment(4));
    let denominator = m0 * m4 - m2 * m2;
    (0..=half).map(|step| weight(step) * (m4 - m2 * u(step) * u(step)) / denominator).collect()
}

fn mirrored(through: Xy, xy: Xy) -> Xy {
    [2.0 * through[0] - xy[0], 2.0 * through[1] - xy[1]]
}

/// The line without vertices that nobody would miss. A long line is thinned stretch by stretch, because the simplification
/// of a comb takes time with the square of its vertices; so it keeps some vertices where it is straight.
fn thinned(line: &[Xy], ends: Ends, tolerance: f64, metric: &Metric) -> Vec<Xy> {
    // Nobody need ask for a stop within a stretch.
    let go_on = || Ok::<(), Infallible>(());
    let last = line.len() - 1;
    let ends = if last > STRETCH { Ends::Fixed } else { ends };
    let mut path = Path::default();
    for start in (0..last).step_by(STRETCH) {
        let stretch = &line[start..=last.min(start + STRETCH)];
        let Ok(keep) = kept_vertices(stretch, ends, Simplification::Offset(tolerance), metric, go_on);
        path.xy.pop_if(|_| start > 0);
        path.xy.extend(stretch.iter().zip(keep).filter(|(_, keep)| *keep).map(|(xy, _)| *xy));
    }
    if ends == Ends::Free {
        close(&mut path);
    }
    path.xy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::WGS84_ELLIPSOID;
    use crate::rings::signed_area;

    fn planar(window: f64) -> Smoothing {
        Smoothing { window, metric: Metric::Planar }
    }

    #[test]
    fn a_straight_line_stays_and_a_parabola_nearly_does() {
        let straight = smoothed(&[[0.0, 0.0], [5.0, 5.0], [10.0, 10.0]], Ends::Fixed, &planar(4.0));
        assert_eq!(straight, [[0.0, 0.0], [10.0, 10.0]]);
        let parabola: Vec<Xy> = (0..=100).map(|x| [f64::from(x), f64::from(x * x) / 1000.0]).collect();
        for [x, y] in smoothed(&parabola, Ends::Fixed, &planar(10.0)) {
            assert!((y - x * x / 1000.0).abs() < 0.03, "{x} {y}");
        }
    }

    #[test]
    fn a_corner_gets_round_and_the_ends_stay() {
        let corner = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]];
        let smooth = smoothed(&corner, Ends::Fixed, &planar(8.0));
        assert_eq!((smooth.first(), smooth.last()), (corner.first(), corner.last()));
        let turns = smooth.windows(3).map(|three| {
            let direction = |a: Xy, b: Xy| (b[1] - a[1]).atan2(b[0] - a[0]);
            (direction(three[1], three[2]) - direction(three[0], three[1])).abs()
        });
        assert!(turns.fold(0.0, f64::max) < 0.6);
        assert!(smooth.iter().all(|[x, y]| (x - 10.0).hypot(*y) > 0.2));
    }

    #[test]
    fn a_long_comb_is_thinned_as_its_pieces_are() {
        let comb: Vec<Xy> = (0..4_000).map(|x| [f64::from(x), if x % 4 < 2 { 0.0 } else { 90.0 }]).collect();
        let smooth = smoothed(&comb, Ends::Fixed, &planar(4.0));
        assert_eq!((smooth.first(), smooth.last()), (comb.first(), comb.last()));
        // Two corners a tooth side, each with a few vertices, where a million places were computed.
        assert!(smooth.len() > comb.len() && smooth.len() < 20 * comb.len(), "{}", smooth.len());
        let farthest = smooth.iter().map(|[_, y]| *y).fold(0.0, f64::max);
        assert!(farthest > 89.0 && farthest < 91.0);
    }

    #[test]
    fn a_ring_is_smooth_all_around_unless_its_start_is_fixed() {
        let square = [[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]];
        let free = smoothed(&square, Ends::Free, &planar(8.0));
        assert_eq!(free.first(), free.last());
        assert!(free.iter().all(|[x, y]| x.hypot(*y) > 0.2));
        assert!((signed_area(&free) + 100.0).abs() < 8.0);
        let fixed = smoothed(&square, Ends::Fixed, &planar(8.0));
        assert_eq!((fixed[0], fixed[fixed.len() - 1]), ([0.0, 0.0], [0.0, 0.0]));
    }

    #[test]
    fn the_frame_of_the_world_stays_and_short_lines_have_short_windows() {
        let metric = Metric::Degrees { ellipsoid: WGS84_ELLIPSOID };
        let ring = [[170.0, 0.0], [170.0, 10.0], [180.0, 10.0], [180.0, 0.0], [170.0, 0.0]];
        let smooth = smoothed(&ring, Ends::Free, &Smoothing { window: 500_000.0, metric });
        assert!(smooth.contains(&[180.0, 10.0]) && smooth.contains(&[180.0, 0.0]));
        assert!(!smooth.contains(&[170.0, 0.0]));
        let short = smoothed(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], Ends::Fixed, &planar(1e9));
        assert!(short.len() > 3 && short.len() < 100);
        assert_eq!(smoothed(&[[0.0, 0.0], [0.0, 0.0]], Ends::Fixed, &planar(1.0)).len(), 2);
    }
}
