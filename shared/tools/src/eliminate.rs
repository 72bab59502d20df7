//! Eliminate: slivers and other unwanted polygons, made part of a neighbour.
//!
//! **Method.** Borders are cut into arcs at the vertices where they meet, so that lengths of shared borders are sums over
//! arcs. Each chosen polygon goes to one neighbour that was not chosen: the one with the longest shared border (LENGTH), or
//! the largest one (AREA); of equals the first. The neighbour and all that it gets are united by the overlay engine.
//!
//! **Inputs.** Polygons. Borders are shared where edges lie exactly upon each other; a vertex of a neighbour in the middle of
//! an edge does not matter. Z and m are dropped with a warning. Rows without geometry stay.
//!
//! **Spatial reference and units.** In degrees, lengths and areas are those on the ellipsoid.
//!
//! **Output.** The input's rows, fields and object ids in its order, without the eliminated ones. A chosen polygon that
//! shares a border with none that was not chosen, or with excluded ones only, stays; a message counts them. Run again, it
//! may find a neighbour.
//!
//! **Errors.** Neither a where clause nor an area; a clause that cannot be read, or that cannot be computed for any row. A
//! row with a value that a clause cannot be computed with does not meet it, with a warning.

use crate::clause::rows_that_meet;
use crate::coverage::{Coverage, Side};
use crate::each::each;
use crate::generalize::LeastArea;
use crate::measures::Measures;
use crate::reference::{crs_of, drop_zm};
use crate::table::ensure_object_ids;
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RunContext, SqlExpression, Tool, ToolError};
use gp_esri::{ArealUnit, FeatureSet, Geometry, GeometryType, Path};
use gp_geometry::union_all;
use std::collections::BTreeMap;

/// Makes unwanted polygons part of a neighbour.
pub(crate) struct Eliminate;

/// What Eliminate takes.
#[derive(Inputs)]
pub(crate) struct EliminateInputs {
    /// The polygons, wanted and unwanted.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// Chooses the polygons to be eliminated, such as CLASS = 'sliver'. With Maximum_Area both must hold.
    #[parameter(depends_on = "Input_Features")]
    where_clause: Option<SqlExpression>,
    /// Chooses the polygons that are smaller than this.
    maximum_area: Option<ArealUnit>,
    /// LENGTH: to the neighbour with the longest shared border. AREA: to the largest neighbour.
    #[parameter(default = Selection::Length)]
    selection: Selection,
    /// Polygons for which this holds are neither eliminated nor made larger.
    #[parameter(depends_on = "Input_Features")]
    exclusion_expression: Option<SqlExpression>,
}

/// What Eliminate gives.
#[derive(Outputs)]
pub(crate) struct EliminateOutputs {
    /// The polygons that are left.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Selection {
    Length,
    Area,
}

/// What becomes of a polygon.
#[derive(Clone, Copy, Default, PartialEq)]
enum Role {
    #[default]
    Stays,
    Chosen,
    Excluded,
}

impl Tool for Eliminate {
    const NAME: &'static str = "Eliminate";
    const DESCRIPTION: &'static str =
        "Makes chosen polygons part of the neighbour with the longest shared border or the largest area.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = EliminateInputs;
    type Outputs = EliminateOutputs;

    fn run(inputs: EliminateInputs, context: &RunContext) -> Result<EliminateOutputs, ToolError> {
        let mut set = inputs.input_features;
        if inputs.where_clause.is_none() && inputs.maximum_area.is_none() {
            let text = "say which polygons to eliminate: give Where_Clause, Maximum_Area, or both";
            return Err(ToolError::invalid("Where_Clause", text));
        }
        if inputs.maximum_area.is_some_and(|area| area.area <= 0.0) {
            return Err(ToolError::invalid(
                "Maximum_Area",
                "no polygon is smaller; give an area above 0, or leave it out",
            ));
        }
        let crs = crs_of(&set, "Input_Features")?;
        let measures = Measures::natural(crs.as_ref())?;
        let least = LeastArea::read("Maximum_Area", inputs.maximum_area, crs.as_ref(), context)?;
        let meet = |clause: &Option<SqlExpression>, parameter: &str| {
            clause.as_ref().map(|clause| rows_that_meet(clause, &set, parameter, context)).transpose()
        };
        let is_meant = meet(&inputs.where_clause, "Where_Clause")?;
        let is_excluded = meet(&inputs.exclusion_expression, "Exclusion_Expression")?;
        let is_above = |row: usize| match (&least, &set.features[row].geometry) {
            (Some(least), Some(geometry)) => least.is_above(geometry),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let roles = each(context, set.features.len(), "Choosing", |row| {
            Ok(if is_excluded.as_ref().is_some_and(|is_excluded| is_excluded[row]) {
                Role::Excluded
            } else if is_meant.as_ref().is_none_or(|is_meant| is_meant[row]) && is_above(row) {
                Role::Chosen
            } else {
                Role::Stays
            })
        })?;
        ensure_object_ids(&mut set);
        drop_zm(&mut set, "Input Features", context);
        context.check()?;
        let coverage = Coverage::of(&set);
        context.check()?;
        let members = members(&set, &coverage, &roles, inputs.selection, &measures, context)?;
        let moved: usize = members.values().map(Vec::len).sum();
        let chosen = roles.iter().zip(&set.features);
        let chosen = chosen.filter(|(role, row)| **role == Role::Chosen && row.geometry.is_some()).count();
        let text = format!("{moved} of {chosen} chosen polygons became part of a neighbour");
        context.message(MessageLevel::Info, text);
        unite(&mut set, &members, context)?;
        Ok(EliminateOutputs { output_features: set })
    }
}

/// The chosen rows that each row gets.
fn members(
    set: &FeatureSet,
    coverage: &Coverage,
    roles: &[Role],
    selection: Selection,
    measures: &Measures,
    context: &RunContext,
) -> Result<BTreeMap<usize, Vec<usize>>, ToolError> {
    let is_between = |sides: &[Side], role: Role| sides.iter().any(|side| roles[side.row] == role);
    let lengths_m = each(context, coverage.sides.len(), "Measuring borders", |arc| {
        let sides = &coverage.sides[arc];
        if !is_between(sides, Role::Chosen) || !is_between(sides, Role::Stays) {
            return Ok(None);
        }
        let line = Geometry::Polyline(vec![Path::from_xy(coverage.topology.arc(arc))]);
        Ok(Some(measures.length_m(&line)))
    })?;
    let mut shared: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (sides, length_m) in coverage.sides.iter().zip(lengths_m) {
        let Some(length_m) = length_m else { continue };
        context.check()?;
        for chosen in sides.iter().filter(|side| roles[side.row] == Role::Chosen) {
            for other in sides.iter().filter(|side| roles[side.row] == Role::Stays) {
                *shared.entry((chosen.row, other.row)).or_default() += length_m;
            }
        }
    }
    // Each once: a large polygon may have a great many neighbours.
    let areas_m2 = match selection {
        Selection::Length => Vec::new(),
        Selection::Area => each(context, set.features.len(), "Measuring areas", |row| {
            let geometry = set.features[row].geometry.as_ref().filter(|_| roles[row] == Role::Stays);
            Ok(geometry.map_or(0.0, |geometry| measures.area_m2(geometry)))
        })?,
    };
    let mut best: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
    for ((chosen, other), length_m) in shared {
        let score = areas_m2.get(other).copied().unwrap_or(length_m);
        let entry = best.entry(chosen).or_insert((other, score));
        if score > entry.1 {
            *entry = (other, score);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (chosen, (other, _)) in best {
        members.entry(other).or_default().push(chosen);
    }
    Ok(members)
}

/// Makes the members part of their rows, and takes them out.
fn unite(
    set: &mut FeatureSet,
    members: &BTreeMap<usize, Vec<usize>>,
    context: &RunContext,
) -> Result<(), ToolError> {
    let groups: Vec<(usize, &Vec<usize>)> = members.iter().map(|(row, members)| (*row, members)).collect();
    let united = each(context, groups.len(), "Uniting", |group| {
        let (row, members) = groups[group];
        let rings = |row: &usize| match &set.features[*row].geometry {
            Some(Geometry::Polygon(rings)) => rings.as_slice(),
            _ => &[],
        };
        Ok(union_all([row].iter().chain(members).map(rings)))
    })?;
    let mut is_gone = vec![false; set.features.len()];
    for ((row, members), rings) in groups.into_iter().zip(united) {
        // A union that failed, which is reported, must not cost the polygons.
        if !rings.is_empty() {
            set.features[row].geometry = Some(Geometry::Polygon(rings));
            members.iter().for_each(|member| is_gone[*member] = true);
        }
    }
    let mut is_gone = is_gone.into_iter();
    set.features.retain(|_| !is_gone.next().unwrap_or(false));
    Ok(())
}

#[cfg(test)]
mod tests;
