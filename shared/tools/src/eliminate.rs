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
//! **Errors.** Neither a where clause nor an area; a clause that cannot be read.

use crate::coverage::Coverage;
use crate::each::each;
use crate::generalize::LeastArea;
use crate::measures::Measures;
use crate::reference::{crs_of, drop_zm};
use crate::table::ensure_object_ids;
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RunContext, SqlExpression, Tool, ToolError};
use gp_esri::{ArealUnit, FeatureSet, Geometry, GeometryType, Path};
use gp_geometry::union_all;
use gp_sql::Expression;
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
#[derive(Clone, Copy, PartialEq)]
enum Role {
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
        let least = LeastArea::read("Maximum_Area", inputs.maximum_area, crs.as_ref())?;
        let mut roles = vec![Role::Stays; set.features.len()];
        choose(&set, "Where_Clause", inputs.where_clause, Role::Chosen, &mut roles, context)?;
        if let Some(most) = &least {
            for (row, feature) in set.features.iter().enumerate() {
                let is_small = feature.geometry.as_ref().is_some_and(|geometry| most.is_above(geometry));
                roles[row] = if is_small && roles[row] == Role::Chosen { Role::Chosen } else { Role::Stays };
            }
        }
        if let Some(exclusion) = inputs.exclusion_expression {
            choose(&set, "Exclusion_Expression", Some(exclusion), Role::Excluded, &mut roles, context)?;
        }
        ensure_object_ids(&mut set);
        drop_zm(&mut set, "Input Features", context);
        context.check()?;
        let coverage = Coverage::of(&set);
        context.check()?;
        let members = members(&set, &coverage, &roles, inputs.selection, &measures);
        let moved: usize = members.values().map(Vec::len).sum();
        let chosen = roles.iter().zip(&set.features);
        let chosen = chosen.filter(|(role, row)| **role == Role::Chosen && row.geometry.is_some()).count();
        let text = format!("{moved} of {chosen} chosen polygons became part of a neighbour");
        context.message(MessageLevel::Info, text);
        unite(&mut set, &members, context)?;
        Ok(EliminateOutputs { output_features: set })
    }
}

/// Gives `role` to the rows for which an expression holds; without one, to all.
fn choose(
    set: &FeatureSet,
    parameter: &str,
    expression: Option<SqlExpression>,
    role: Role,
    roles: &mut [Role],
    context: &RunContext,
) -> Result<(), ToolError> {
    let Some(SqlExpression(text)) = expression else {
        roles.fill(role);
        return Ok(());
    };
    let wrong = |error: gp_sql::SqlError| ToolError::invalid(parameter, error.to_string());
    let clause = Expression::parse(&text).map_err(wrong)?;
    let clause = clause.bind_at(&set.fields, context.environment().now_ms).map_err(wrong)?;
    for (row, feature) in set.features.iter().enumerate() {
        if clause.matches(&feature.attributes).map_err(wrong)? {
            roles[row] = role;
        }
    }
    Ok(())
}

/// The chosen rows that each row gets.
fn members(
    set: &FeatureSet,
    coverage: &Coverage,
    roles: &[Role],
    selection: Selection,
    measures: &Measures,
) -> BTreeMap<usize, Vec<usize>> {
    let mut shared: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (arc, sides) in coverage.sides.iter().enumerate() {
        let is_between = |role: Role| sides.iter().any(|side| roles[side.row] == role);
        if !is_between(Role::Chosen) || !is_between(Role::Stays) {
            continue;
        }
        let line = Geometry::Polyline(vec![Path::from_xy(coverage.topology.arc(arc))]);
        let length_m = measures.length_m(&line);
        for chosen in sides.iter().filter(|side| roles[side.row] == Role::Chosen) {
            for other in sides.iter().filter(|side| roles[side.row] == Role::Stays) {
                *shared.entry((chosen.row, other.row)).or_default() += length_m;
            }
        }
    }
    let mut best: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
    for ((chosen, other), length_m) in shared {
        let score = match (selection, &set.features[other].geometry) {
            (Selection::Area, Some(geometry)) => measures.area_m2(geometry),
            _ => length_m,
        };
        let entry = best.entry(chosen).or_insert((other, score));
        if score > entry.1 {
            *entry = (other, score);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (chosen, (other, _)) in best {
        members.entry(other).or_default().push(chosen);
    }
    members
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
#[expect(clippy::float_cmp, reason = "whole numbers and copied positions are exact")]
mod tests {
    use crate::testing::{Run, run, set, square};
    use serde_json::{Value, json};

    fn eliminate(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Eliminate", &parameters)
    }

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Value {
        json!({ "rings": [[[x, y], [x, y + height], [x + width, y + height], [x + width, y], [x, y]]] })
    }

    /// A sliver between a large field on the left and two on the right, the upper of which has more of the border.
    fn fields() -> Value {
        let rows = [
            ("left", rectangle(-90.0, 0.0, 90.0, 4.0)),
            ("sliver", rectangle(0.0, 0.0, 1.0, 10.0)),
            ("upper", rectangle(1.0, 4.0, 10.0, 6.0)),
            ("lower", rectangle(1.0, 0.0, 10.0, 4.0)),
        ];
        set("Polygon", 5070, &rows.map(|(name, ring)| (json!({ "NAME": name }), ring)))
    }

    const SLIVER: &str = "NAME = 'sliver'";

    #[test]
    fn a_sliver_goes_to_the_longest_border_or_to_the_largest_neighbour() {
        let made = eliminate(&fields(), json!({ "Where_Clause": SLIVER })).unwrap();
        assert_eq!(made.column("NAME"), ["left", "upper", "lower"]);
        assert_eq!(made.column("OBJECTID"), ["10", "30", "40"]);
        assert_eq!((made.area(0), made.area(1), made.area(2)), (360.0, 70.0, 40.0));
        assert!(made.warnings[0].starts_with("1 of 1"), "{:?}", made.warnings);
        let made = eliminate(&fields(), json!({ "Where_Clause": SLIVER, "Selection": "AREA" })).unwrap();
        assert_eq!((made.area(0), made.area(1), made.area(2)), (370.0, 60.0, 40.0));
    }

    #[test]
    fn what_is_excluded_gets_nothing_and_stays() {
        let more =
            json!({ "Where_Clause": SLIVER, "Exclusion_Expression": "NAME = 'upper' OR NAME = 'lower'" });
        assert_eq!(eliminate(&fields(), more).unwrap().area(0), 370.0);
        let more = json!({ "Where_Clause": SLIVER, "Exclusion_Expression": SLIVER });
        assert_eq!(eliminate(&fields(), more).unwrap().features.features.len(), 4);
    }

    #[test]
    fn an_area_chooses_and_with_a_clause_both_must_hold() {
        let area = json!({ "area": 50, "units": "esriSquareMeters" });
        // Sliver and lower field are small; the latter has its longest border with the upper one.
        let made = eliminate(&fields(), json!({ "Maximum_Area": area })).unwrap();
        assert_eq!(made.column("NAME"), ["left", "upper"]);
        assert_eq!((made.area(0), made.area(1)), (360.0, 110.0));
        let made = eliminate(&fields(), json!({ "Maximum_Area": area, "Where_Clause": "NAME <> 'sliver'" }));
        assert_eq!(made.unwrap().column("NAME"), ["left", "sliver", "upper"]);
    }

    #[test]
    fn an_island_in_a_hole_fills_it_and_one_without_neighbours_stays() {
        let mut lake = square(0.0, 0.0, 10.0);
        lake["rings"].as_array_mut().unwrap().push(json!([[4, 4], [5, 4], [5, 5], [4, 5], [4, 4]]));
        let rows = [
            (json!({ "A": 1 }), lake),
            (json!({ "A": 2 }), square(4.0, 4.0, 1.0)),
            (json!({ "A": 2 }), square(50.0, 0.0, 1.0)),
            (json!({ "A": 2 }), Value::Null),
        ];
        let made = eliminate(&set("Polygon", 5070, &rows), json!({ "Where_Clause": "A = 2" })).unwrap();
        assert_eq!(made.column("OBJECTID"), ["10", "30", "40"]);
        assert_eq!(made.area(0), 100.0);
        assert!(made.warnings[0].starts_with("1 of 2"), "{:?}", made.warnings);
    }

    #[test]
    fn lengths_in_degrees_are_those_on_the_ellipsoid() {
        // 2.5 degrees of longitude at 70° north are 96 km, a degree of latitude is 111 km.
        let rows = [
            ("north", rectangle(0.0, 70.0, 2.5, 1.0)),
            ("sliver", rectangle(0.0, 69.0, 2.5, 1.0)),
            ("east", rectangle(2.5, 69.0, 1.0, 1.0)),
        ];
        let features = set("Polygon", 4326, &rows.map(|(name, ring)| (json!({ "NAME": name }), ring)));
        let made = eliminate(&features, json!({ "Where_Clause": SLIVER })).unwrap();
        assert_eq!((made.area(0), made.area(1)), (2.5, 3.5));
    }

    #[test]
    fn nothing_to_choose_by_and_a_wrong_clause_are_said() {
        assert!(eliminate(&fields(), json!({})).err().unwrap().contains("which polygons to eliminate"));
        assert!(eliminate(&fields(), json!({ "Where_Clause": "NO = 1" })).err().unwrap().contains("NO"));
        let made = eliminate(&set("Polygon", 0, &[]), json!({ "Where_Clause": "OBJECTID = 1" })).unwrap();
        assert!(made.features.features.is_empty());
    }
}
