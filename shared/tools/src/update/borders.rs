//! How Update dissolves the outer edge of the update features.
//!
//! Everything is cut out of the original polygons at once: a rest and an update feature that were cut apart before would
//! not fit together again to the last digit, and a crack would stay.

use crate::each::each;
use gp_core::{RunContext, ToolError};
use gp_esri::Path;
use gp_geometry::{
    BoxIndex, Operand, envelope_of, length, region, sliver_width, union_outside, without_slivers,
};

/// A border shorter than this share of the outlines is rounding of their lengths.
const SHORTEST_BORDER: f64 = 1e-9;

/// Gives each rest to the update feature along which it lies, and returns the update features with their rests. What is
/// left in `rests` touches none.
///
/// # Errors
/// The run was stopped.
pub(super) fn dissolve(
    originals: &[Vec<Path>],
    rests: &mut [Vec<Path>],
    updates: Vec<Vec<Path>>,
    context: &RunContext,
) -> Result<Vec<Vec<Path>>, ToolError> {
    let index = BoxIndex::new(updates.iter().map(|rings| envelope_of(rings)).collect());
    let near = |polygons: &[&[Path]], but: usize| -> Vec<usize> {
        let mut near: Vec<usize> =
            polygons.iter().flat_map(|rings| index.query(&envelope_of(rings))).collect();
        near.sort_unstable();
        near.dedup();
        near.retain(|row| *row != but);
        near
    };
    let others = |polygons: &[&[Path]], update: usize| -> Vec<Vec<Path>> {
        // Where update features overlap, both keep their area.
        let own = [Operand::Plain(&updates[update])];
        let near = near(polygons, update).into_iter();
        near.map(|row| region(&[Operand::Plain(&updates[row])], &own)).collect()
    };
    let owners = each(context, rests.len(), "Comparing borders", |row| {
        let (original, rest) = (&originals[row], &rests[row]);
        let mut best: Option<(usize, f64)> = None;
        for update in index.query(&envelope_of(rest)) {
            context.check()?;
            let joined = [original.as_slice(), updates[update].as_slice()];
            let others = others(&joined, update);
            let joined = union_outside(&joined, &slices(&others));
            // What the outlines lose when both become one, they had twice.
            let apart = length(rest) + length(&updates[update]);
            let border = (apart - length(&joined)) / 2.0;
            let shortest = SHORTEST_BORDER * apart + sliver_width(rest);
            if border > best.map_or(shortest, |(_, longest)| longest) {
                best = Some((update, border));
            }
        }
        Ok(best.map(|(update, _)| update))
    })?;
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); updates.len()];
    for (row, owner) in owners.into_iter().enumerate() {
        if let Some(owner) = owner {
            members[owner].push(row);
            rests[row].clear();
        }
    }
    each(context, updates.len(), "Dissolving borders", |update| {
        if members[update].is_empty() {
            return Ok(updates[update].clone());
        }
        let mut joined: Vec<&[Path]> = members[update].iter().map(|row| originals[*row].as_slice()).collect();
        let others = others(&joined, update);
        joined.push(&updates[update]);
        Ok(without_slivers(union_outside(&joined, &slices(&others))))
    })
}

fn slices(polygons: &[Vec<Path>]) -> Vec<&[Path]> {
    polygons.iter().map(Vec::as_slice).collect()
}
