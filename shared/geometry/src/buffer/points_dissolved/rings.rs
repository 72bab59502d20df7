//! Linking free arcs to rings: where an arc enters another disc, that disc's arc begins.

use gp_esri::{Path, Xy};

use super::super::disc::{self, SIDES};
use super::arcs::{Arc, Outline};
use super::centers::Centers;

/// The arc after each arc. Centers whose arcs do not pair up one to one are added to those in doubt.
pub(super) fn link(outline: &mut Outline) -> Vec<u32> {
    let mut next = vec![u32::MAX; outline.arcs.len()];
    let mut is_taken = vec![false; outline.arcs.len()];
    for (i, arc) in outline.arcs.iter().enumerate() {
        let candidates = outline.first[arc.to as usize]..outline.first[arc.to as usize + 1];
        let successor = candidates.into_iter().find(|k| outline.arcs[*k as usize].from == arc.center);
        match successor {
            Some(k) if !is_taken[k as usize] => {
                is_taken[k as usize] = true;
                next[i] = k;
            }
            _ => outline.in_doubt.push(arc.center),
        }
    }
    let untaken = outline.arcs.iter().zip(&is_taken).filter(|(_, taken)| !**taken).map(|(arc, _)| arc.center);
    outline.in_doubt.extend(untaken);
    next
}

/// The rings of all clusters that are not in doubt, clockwise around the union.
pub(super) fn rings(
    centers: &Centers,
    outline: &Outline,
    next: &[u32],
    is_in_doubt: &[bool],
    radius: f64,
) -> Vec<Path> {
    let unit = &*disc::UNIT;
    let mut touches = outline.touches.clone();
    touches.sort_unstable();
    let vertex = |center: u32, k: usize| -> Xy {
        // Vertex k of this disc is the opposite vertex of the one it touches.
        let at = touches.partition_point(|touch| (touch.0, touch.1) < (center, k));
        match touches.get(at) {
            Some(&(c, v, other)) if (c, v) == (center, k) => {
                disc::vertex(unit, centers.xy[other as usize], radius, k + SIDES / 2)
            }
            _ => disc::vertex(unit, centers.xy[center as usize], radius, k),
        }
    };
    let mut rings = Vec::new();
    let mut is_done = vec![false; outline.arcs.len()];
    for first in 0..outline.arcs.len() {
        if is_done[first] || is_in_doubt[outline.arcs[first].center as usize] {
            continue;
        }
        let mut xy = Vec::new();
        let mut at = first;
        while !is_done[at] {
            is_done[at] = true;
            let arc = &outline.arcs[at];
            if arc.from == arc.center {
                xy.extend((0..SIDES).map(|k| vertex(arc.center, k)));
            } else {
                add_arc(&mut xy, arc, outline.tolerance, &vertex, centers.xy[arc.center as usize], radius);
            }
            at = next[at] as usize;
        }
        xy.push(xy[0]);
        xy.reverse();
        rings.push(Path::from_xy(xy));
    }
    rings
}

/// The vertices inside an arc and the crossing at its end; the crossing at its start belongs to the arc before.
fn add_arc(
    xy: &mut Vec<Xy>,
    arc: &Arc,
    tolerance: f64,
    vertex: &impl Fn(u32, usize) -> Xy,
    center: Xy,
    radius: f64,
) {
    let first = (arc.start + tolerance).ceil() as i32;
    let last = (arc.end - tolerance).floor() as i32;
    for k in first..=last {
        xy.push(vertex(arc.center, k.rem_euclid(SIDES as i32) as usize));
    }
    let side = arc.end.floor();
    let along = arc.end - side;
    let k = (side as i32).rem_euclid(SIDES as i32) as usize;
    let (a, b) = (disc::UNIT[k], disc::UNIT[(k + 1) % SIDES]);
    xy.push([
        center[0] + radius * (a[0] + along * (b[0] - a[0])),
        center[1] + radius * (a[1] + along * (b[1] - a[1])),
    ]);
}
