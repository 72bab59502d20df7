//! How Update dissolves the outer edge of the update features.
//!
//! Everything is cut out of the original polygons at once: a rest and an update feature that were cut apart before would
//! not fit together again to the last digit, and a crack would stay.

use crate::each::each;
use crate::overlay_pieces::Layers;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Path};
use gp_geometry::{Operand, common_box, envelope_of, length, region, union_outside, without_slivers};

/// The layers of the input and of the update features.
const INPUT: usize = 0;
const UPDATE: usize = 1;

/// A border shorter than this share of the outlines is rounding of their lengths.
const SHORTEST_BORDER: f64 = 1e-9;

/// How far around a rest and an update feature their surroundings are looked at, as a share of their size: any distance
/// will do that keeps the frame off their borders.
const MARGIN: f64 = 0.1;

/// Gives each rest to the update feature along which it lies, and returns the update features with their rests. What is
/// left in `rests` touches none.
///
/// # Errors
/// The run was stopped.
pub(super) fn dissolve(
    layers: &Layers<'_>,
    rests: &mut [Vec<Path>],
    context: &RunContext,
) -> Result<Vec<Vec<Path>>, ToolError> {
    let owners = each(context, rests.len(), "Comparing borders", |row| {
        let mut best: Option<(usize, f64)> = None;
        for update in layers.near(UPDATE, &envelope_of(&rests[row])) {
            context.check()?;
            let border = border(layers, row, &rests[row], update);
            if border > best.map_or(0.0, |(_, longest)| longest) {
                best = Some((update, border));
            }
        }
        Ok(best.map(|(update, _)| update))
    })?;
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); layers.count(UPDATE)];
    for (row, owner) in owners.into_iter().enumerate() {
        if let Some(owner) = owner {
            members[owner].push(row);
            rests[row].clear();
        }
    }
    each(context, members.len(), "Dissolving borders", |update| {
        let own = layers.rings(UPDATE, update);
        if members[update].is_empty() {
            return Ok(own.to_vec());
        }
        let mut joined: Vec<&[Path]> = members[update].iter().map(|row| layers.rings(INPUT, *row)).collect();
        let boxes: Vec<Envelope> = joined.iter().map(|rings| envelope_of(rings)).collect();
        joined.push(own);
        Ok(without_slivers(union_outside(&joined, &slices(&others(layers, update, &boxes)))))
    })
}

/// How long the border of an update feature is with what the update features leave of an input feature.
///
/// All is cut to where both are near each other, so that a large update feature costs no more along many small rests. The
/// edges of the frame count nothing: they are edges of both, or of neither, before and after both become one.
fn border(layers: &Layers<'_>, row: usize, rest: &[Path], update: usize) -> f64 {
    let (Some(original), Some(own)) = (layers.operand(INPUT, row), layers.operand(UPDATE, update)) else {
        return 0.0;
    };
    let own_box = envelope_of(layers.rings(UPDATE, update));
    let window = common_box(with_margin(envelope_of(rest)), with_margin(own_box));
    let frame = [Path::from_xy(window.ring().to_vec())];
    let near = region(&[original, Operand::Plain(&frame)], &[]);
    let own = region(&[own, Operand::Plain(&frame)], &[]);
    let near_updates = layers.near(UPDATE, &window).filter(|other| *other != update);
    let others: Vec<Vec<Path>> = near_updates
        .filter_map(|other| {
            Some(region(&[layers.operand(UPDATE, other)?, Operand::Plain(&frame)], &[Operand::Plain(&own)]))
        })
        .collect();
    let mut taken: Vec<Operand<'_>> = others.iter().map(|rings| Operand::Plain(rings)).collect();
    taken.push(Operand::Plain(&own));
    let rest = region(&[Operand::Plain(&near)], &taken);
    let joined = union_outside(&[&near, &own], &slices(&others));
    // What the outlines lose when both become one, they had twice.
    let apart = length(&rest) + length(&own);
    let border = (apart - length(&joined)) / 2.0;
    if border > SHORTEST_BORDER * apart { border } else { 0.0 }
}

/// The other update features that touch the boxes. Where they overlap this one, both keep their area.
fn others(layers: &Layers<'_>, update: usize, boxes: &[Envelope]) -> Vec<Vec<Path>> {
    let mut rows: Vec<usize> = boxes.iter().flat_map(|window| layers.near(UPDATE, window)).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.retain(|row| *row != update);
    let own: Vec<Operand<'_>> = layers.operand(UPDATE, update).into_iter().collect();
    rows.into_iter().filter_map(|row| Some(region(&[layers.operand(UPDATE, row)?], &own))).collect()
}

fn with_margin(window: Envelope) -> Envelope {
    let margin = MARGIN * (window.xmax - window.xmin).max(window.ymax - window.ymin);
    Envelope {
        xmin: window.xmin - margin,
        ymin: window.ymin - margin,
        xmax: window.xmax + margin,
        ymax: window.ymax + margin,
    }
}

fn slices(polygons: &[Vec<Path>]) -> Vec<&[Path]> {
    polygons.iter().map(Vec::as_slice).collect()
}
