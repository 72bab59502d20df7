//! Simplify Shared Edges: polygons or lines with fewer vertices that stay neighbours.
//!
//! **Method.** Borders are cut into arcs at the vertices where more than two ways meet; an arc that features share is
//! simplified once, so that no gap and no overlap appears. POINT_REMOVE is after Douglas and Peucker (1973),
//! EFFECTIVE_AREA after Visvalingam and Whyatt (1993). Then vertices come back, the farthest first, wherever two arcs
//! would cross, touch or jump over each other, until none do; beside one that came back, and where the start of a ring
//! goes, vertices may be farther off than the tolerance.
//!
//! **Inputs.** Polygons or lines. Borders are shared where vertices are at the same positions; elsewhere, as in data
//! with gaps or overlaps, each feature has a border of its own, and a crossing that was there stays. Kept vertices keep
//! z and m. A feature without geometry stays a row without geometry.
//!
//! **Spatial reference and units.** In degrees a tolerance in units of length is measured with the lengths that a
//! degree has at each vertex, vertices on the antimeridian and the poles stay, and areas are those on the ellipsoid. A
//! tolerance in decimal degrees is planar.
//!
//! **Output.** The input's rows, fields and object ids in its order. Parts of polygons smaller than Minimum_Area are
//! gone, and rows of which no part is left: where they were is a gap. A row that cannot be simplified to anything valid
//! stays as it is, with a warning.
//!
//! **Errors.** A tolerance of zero or less, or in a unit that has no length; a negative area.

use crate::each::{each, warn_of_rows};
use crate::generalize::{Algorithm, Amount, LeastArea};
use crate::reference::crs_of;
use crate::table::ensure_object_ids;
use gp_core::{Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{ArealUnit, FeatureSet, Geometry, GeometryType, LinearUnit, Path};
use gp_geometry::{Chain, Resolver, Topology, is_valid_polygon, orient, repair_polygon};

/// Takes vertices out of borders, once for both sides.
pub(crate) struct SimplifySharedEdges;

/// What SimplifySharedEdges takes.
#[derive(Inputs)]
pub(crate) struct SimplifySharedEdgesInputs {
    /// The polygons or lines to be simplified.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon, GeometryType::Polyline]))]
    input_features: FeatureSet,
    /// POINT_REMOVE: keeps the points that give a border its shape. EFFECTIVE_AREA: removes the points that span the smallest triangles.
    #[parameter(default = Algorithm::PointRemove)]
    algorithm: Algorithm,
    /// POINT_REMOVE: how far the result may be from a vertex. EFFECTIVE_AREA: the square of it is the area of the smallest triangle that stays.
    tolerance: LinearUnit,
    /// Parts of polygons that are smaller than this after simplification are left out. Without it all stay.
    minimum_area: Option<ArealUnit>,
}

/// What SimplifySharedEdges gives.
#[derive(Outputs)]
pub(crate) struct SimplifySharedEdgesOutputs {
    /// The simplified features.
    output_features: FeatureSet,
}

impl Tool for SimplifySharedEdges {
    const NAME: &'static str = "SimplifySharedEdges";
    const DESCRIPTION: &'static str =
        "Takes vertices out of polygons or lines so that those that share a border still share it.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = SimplifySharedEdgesInputs;
    type Outputs = SimplifySharedEdgesOutputs;

    fn run(
        inputs: SimplifySharedEdgesInputs,
        context: &RunContext,
    ) -> Result<SimplifySharedEdgesOutputs, ToolError> {
        let mut set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let amount = Amount::read(inputs.algorithm, inputs.tolerance, crs.as_ref(), context)?;
        let least = LeastArea::read("Minimum_Area", inputs.minimum_area, crs.as_ref(), context)?;
        ensure_object_ids(&mut set);
        let (topology, first_chains) = topology_of(&set);
        context.check()?;
        let check = || context.check();
        let keep = each(context, topology.arc_count(), "Simplifying borders", |arc| {
            topology.simplify_arc(arc, amount.simplification, &amount.metric, check)
        })?;
        let mut resolver = Resolver::new(&topology, keep, amount.metric);
        while resolver.step(check)? > 0 {}
        let made = each(context, set.features.len(), "Putting together", |row| {
            let simple = |paths: &[Path]| -> Vec<Path> {
                let paths = paths.iter().zip(first_chains[row]..);
                let paths = paths.map(|(path, chain)| topology.simplified(chain, path, resolver.kept()));
                paths.filter(|path| path.xy.len() > 1).collect()
            };
            Ok(match &set.features[row].geometry {
                Some(Geometry::Polygon(rings)) => polygon(simple(rings), least.as_ref()),
                Some(Geometry::Polyline(paths)) => Made::Simplified(Geometry::Polyline(simple(paths))),
                _ => Made::Unchanged,
            })
        })?;
        put_in_place(&mut set, made, context);
        Ok(SimplifySharedEdgesOutputs { output_features: set })
    }
}

/// The topology of all features, and the number of the first chain of each.
fn topology_of(set: &FeatureSet) -> (Topology, Vec<usize>) {
    let (mut chains, mut first_chains) = (Vec::new(), Vec::with_capacity(set.features.len()));
    for feature in &set.features {
        first_chains.push(chains.len());
        match &feature.geometry {
            Some(Geometry::Polygon(rings)) => {
                chains.extend(rings.iter().map(|ring| (ring.xy.as_slice(), Chain::Ring)));
            }
            Some(Geometry::Polyline(paths)) => {
                chains.extend(paths.iter().map(|path| (path.xy.as_slice(), Chain::Line)));
            }
            _ => {}
        }
    }
    (Topology::new(chains), first_chains)
}

/// What became of a row. That of a row whose work panicked is the default.
#[derive(Debug, Default, PartialEq)]
enum Made {
    /// It is as it was: it has no geometry, or nothing valid could be made of it.
    #[default]
    Unchanged,
    Simplified(Geometry),
    /// Simplified, and then made valid.
    Repaired(Geometry),
    /// All its parts are smaller than Minimum_Area.
    Small,
}

fn polygon(mut rings: Vec<Path>, least: Option<&LeastArea>) -> Made {
    let mut was_repaired = false;
    if !is_valid_polygon(&rings) {
        // A crescent may turn the other way round when its inner bend goes.
        orient(&mut rings);
        if !is_valid_polygon(&rings) {
            rings = repair_polygon(&rings).unwrap_or_default();
            was_repaired = true;
        }
    }
    if rings.is_empty() {
        return Made::Unchanged;
    }
    if let Some(least) = least {
        rings = least.large_parts(rings);
    }
    match (rings.is_empty(), was_repaired) {
        (true, _) => Made::Small,
        (false, true) => Made::Repaired(Geometry::Polygon(rings)),
        (false, false) => Made::Simplified(Geometry::Polygon(rings)),
    }
}

/// Replaces the geometries; rows of which only small parts are left go.
fn put_in_place(set: &mut FeatureSet, made: Vec<Made>, context: &RunContext) {
    let (mut repaired, mut unchanged, mut is_small) = (Vec::new(), Vec::new(), vec![false; made.len()]);
    for (row, made) in made.into_iter().enumerate() {
        match made {
            Made::Unchanged if set.features[row].geometry.is_none() => {}
            Made::Unchanged => unchanged.push(row),
            Made::Simplified(geometry) => set.features[row].geometry = Some(geometry),
            Made::Repaired(geometry) => {
                set.features[row].geometry = Some(geometry);
                repaired.push(row);
            }
            Made::Small => is_small[row] = true,
        }
    }
    warn_of_rows(&repaired, set, "had to be repaired after simplification", context);
    let text = "could not be simplified to anything valid, so they stay as they are";
    warn_of_rows(&unchanged, set, text, context);
    let small = is_small.iter().filter(|is_small| **is_small).count();
    let mut is_small = is_small.into_iter();
    set.features.retain(|_| !is_small.next().unwrap_or(false));
    if small > 0 {
        let text = format!("{small} polygons are smaller than Minimum_Area and left out");
        context.message(MessageLevel::Info, text);
    }
}

#[cfg(test)]
mod tests;
