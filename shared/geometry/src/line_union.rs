//! The union of lines: every stretch once, in the direction of the line that came first. Lines are not cut where they
//! only cross.

use crate::index::BoxIndex;
use crate::lines::{flush, segments_of};
use crate::relate::segment::{Meeting, meet, parameter, same, segment_box};
use gp_esri::{Path, Xy};
use std::collections::HashMap;

/// All stretches of all lines, those that several lines share only once, in order.
pub fn union_lines<'a>(lines: impl IntoIterator<Item = &'a [Path]>) -> Vec<Path> {
    let paths: Vec<&Path> = lines.into_iter().flatten().collect();
    // A segment that comes again is covered; each is looked at once, or a million lines of one street would meet.
    let mut numbers: HashMap<[u64; 4], usize> = HashMap::new();
    let mut segments: Vec<[Xy; 2]> = Vec::new();
    for segment in segments_of(paths.iter().copied()) {
        numbers.entry(key(segment)).or_insert_with(|| {
            segments.push(segment);
            segments.len() - 1
        });
    }
    let index = BoxIndex::of_segments(&segments);
    let mut union = Vec::new();
    let mut next = 0;
    for path in paths {
        let mut current: Vec<Xy> = Vec::new();
        for segment in segments_of([path]) {
            if numbers.get(&key(segment)) != Some(&next) {
                continue;
            }
            for (from, to) in uncovered(segment, next, &segments, &index) {
                if current.last() != Some(&from) {
                    flush(&mut current, &mut union);
                    current.push(from);
                }
                current.push(to);
            }
            next += 1;
        }
        flush(&mut current, &mut union);
    }
    union
}

/// The bits of a segment, whichever way it runs; minus zero equals zero.
fn key([a, b]: [Xy; 2]) -> [u64; 4] {
    let ([ax, ay], [bx, by]) = if a <= b { (a, b) } else { (b, a) };
    [ax, ay, bx, by].map(|value| (value + 0.0).to_bits())
}

/// The stretches of a segment that no earlier segment covers, in its direction.
fn uncovered(segment: [Xy; 2], number: usize, segments: &[[Xy; 2]], index: &BoxIndex) -> Vec<(Xy, Xy)> {
    let mut covered: Vec<(f64, f64, Xy, Xy)> = Vec::new();
    for earlier in index.query(&segment_box(segment[0], segment[1])).take_while(|other| *other < number) {
        if let Meeting::Overlap(a, b) = meet(segment, segments[earlier]) {
            let (start, end) = (parameter(segment, a), parameter(segment, b));
            covered.push(if start <= end { (start, end, a, b) } else { (end, start, b, a) });
        }
    }
    covered.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = Vec::new();
    let (mut reach, mut from) = (0.0, segment[0]);
    for (start, end, a, b) in covered {
        if start > reach {
            free.push((from, a));
        }
        if end > reach {
            (reach, from) = (end, b);
        }
    }
    if !same(from, segment[1]) && reach < 1.0 {
        free.push((from, segment[1]));
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::length;

    fn line(xy: &[Xy]) -> Vec<Path> {
        vec![Path::from_xy(xy.to_vec())]
    }

    #[test]
    fn a_shared_stretch_comes_once() {
        let (a, b) = (line(&[[0.0, 0.0], [10.0, 0.0]]), line(&[[15.0, 0.0], [5.0, 0.0], [5.0, 5.0]]));
        let union = union_lines([a.as_slice(), b.as_slice()]);
        assert!((length(&union) - 20.0).abs() < 1e-12, "{union:?}");
        assert_eq!(union[1].xy, [[15.0, 0.0], [10.0, 0.0]]);
    }

    #[test]
    fn crossing_lines_stay_whole() {
        let (a, b) = (line(&[[0.0, 0.0], [10.0, 10.0]]), line(&[[0.0, 10.0], [10.0, 0.0]]));
        assert_eq!(union_lines([a.as_slice(), b.as_slice()]), [a, b].concat());
    }

    #[test]
    fn a_line_that_comes_many_times_is_not_compared_with_all_of_them() {
        let lines: Vec<Vec<Path>> = (0..50_000)
            .map(|number| {
                let mut xy = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]];
                if number % 2 == 1 {
                    xy.reverse();
                }
                line(&xy)
            })
            .collect();
        assert_eq!(union_lines(lines.iter().map(Vec::as_slice)), lines[0]);
    }

    #[test]
    fn the_same_line_back_and_forth_comes_once() {
        let a = line(&[[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]]);
        assert_eq!(union_lines([a.as_slice()]), line(&[[0.0, 0.0], [10.0, 0.0]]));
    }
}
