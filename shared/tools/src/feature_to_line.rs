//! Feature To Line: lines and outlines of polygons, cut wherever they meet or cross.
//!
//! **Method.** Lines and outlines of all inputs are cut where vertices and ends lie on them, exactly, and then where
//! they cross; crossings are rounded to the nearest coordinate. There is no cluster tolerance: what nearly touches
//! stays apart. A line stays whole between such places; where an outline begins is none of them.
//!
//! **Inputs.** Any number of layers of lines and polygons; features without geometry are left out with a warning. Z
//! and m are dropped with a warning.
//!
//! **Spatial reference and units.** All inputs are brought to the reference of the first; edges are straight in its
//! coordinates.
//!
//! **Output.** Lines of one part each, in the order of the inputs and along them. ATTRIBUTES: for each input
//! `FID_Input_Features` and its fields, numbered where names clash. A stretch that features of several inputs share
//! comes once and has the attributes of all; where features of one input share it, as two neighbours do their border,
//! it comes once for each of them, as in ArcGIS. Where no feature of an input has it, its id is −1 and its fields are
//! null. NO_ATTRIBUTES: every stretch once, without fields.
//!
//! **Errors.** More than 10 million lines, or as many cuts where lines meet.

use crate::derived::warn_of_missing;
use crate::each::Meter;
use crate::joined::{JoinAttributes, Joined, Piece};
use crate::limits::refuse_too_many;
use crate::reference::{drop_zm, match_reference};
use crate::table::Table;
use gp_core::{Choices, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, Path, Xy};
use gp_geometry::{NodedLine, node_lines};

/// Makes lines of lines and outlines.
pub(crate) struct FeatureToLine;

/// What Feature To Line takes.
#[derive(Inputs)]
pub(crate) struct FeatureToLineInputs {
    /// The layers of lines and polygons.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline, GeometryType::Polygon]))]
    input_features: Vec<FeatureSet>,
    /// ATTRIBUTES: the lines have the ids and fields of the features that they come from. NO_ATTRIBUTES: they have none, and each comes once.
    #[parameter(default = Attributes::Attributes)]
    attributes: Attributes,
}

/// What Feature To Line gives.
#[derive(Outputs)]
pub(crate) struct FeatureToLineOutputs {
    /// The lines.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Attributes {
    Attributes,
    NoAttributes,
}

impl Tool for FeatureToLine {
    const NAME: &'static str = "FeatureToLine";
    const DESCRIPTION: &'static str =
        "Makes lines of lines and outlines of polygons, cut wherever they meet or cross.";
    const TOOLSET: &'static str = "Features";
    type Inputs = FeatureToLineInputs;
    type Outputs = FeatureToLineOutputs;

    fn run(inputs: FeatureToLineInputs, context: &RunContext) -> Result<FeatureToLineOutputs, ToolError> {
        let mut layers = inputs.input_features;
        if let Some((first, others)) = layers.split_first_mut() {
            for other in others {
                match_reference(first, other, "Input_Features", context)?;
            }
        }
        for layer in &mut layers {
            drop_zm(layer, "Input Features", context);
            warn_of_missing(layer, context);
        }
        context.check()?;
        let geometries: Vec<Option<&Geometry>> = layers
            .iter()
            .flat_map(|layer| &layer.features)
            .map(|feature| feature.geometry.as_ref())
            .collect();
        let vertices: usize = layers.iter().map(FeatureSet::vertex_count).sum();
        // Every edge is cut twice: at vertices, then where edges cross.
        let (meter, mut cuts) = (Meter::new(context, 2 * vertices, "Cutting"), 0);
        let lines = node_lines(&geometries, |more| {
            cuts += more;
            meter.step()?;
            refuse_too_many(
                cuts as f64,
                "cuts",
                "Input_Features",
                "send fewer features, or such that meet less",
            )
        })?;
        let output_features = match inputs.attributes {
            Attributes::NoAttributes => without_attributes(&layers, lines, context)?,
            Attributes::Attributes => with_attributes(&layers, lines, context)?,
        };
        Ok(FeatureToLineOutputs { output_features })
    }
}

fn without_attributes(
    layers: &[FeatureSet],
    lines: Vec<NodedLine>,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let spatial_reference = layers.first().and_then(|layer| layer.spatial_reference.clone());
    let mut table = Table::new(Some(GeometryType::Polyline), spatial_reference);
    table.push_all(lines, |line| ([], Some(geometry(line.xy))), context)?;
    Ok(table.finish())
}

/// Each line once for every choice of one of its sources a layer.
fn with_attributes(
    layers: &[FeatureSet],
    lines: Vec<NodedLine>,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let count = lines.iter().map(|line| count_combinations(layers, &line.sources)).sum();
    refuse_too_many(count, "lines", "Input_Features", "send fewer features, or ask for NO_ATTRIBUTES")?;
    let mut pieces = Vec::with_capacity(lines.len());
    for line in lines {
        context.check()?;
        let rows = combinations(layers, &line.sources).into_iter();
        pieces.extend(rows.map(|rows| Piece { rows, geometry: geometry(line.xy.clone()) }));
    }
    let sides: Vec<_> = layers.iter().map(|layer| (layer, "FID_Input_Features")).collect();
    let mut joined = Joined::new(&sides, JoinAttributes::All, Some(GeometryType::Polyline));
    joined.add(pieces, context)?;
    Ok(joined.finish())
}

fn geometry(xy: Vec<Xy>) -> Geometry {
    Geometry::Polyline(vec![Path::from_xy(xy)])
}

/// The rows of each layer among the sources, which count on through all layers; `None` of a layer without any.
fn choices<'a>(
    layers: &'a [FeatureSet],
    sources: &'a [usize],
) -> impl Iterator<Item = Vec<Option<usize>>> + 'a {
    let mut first = 0;
    layers.iter().map(move |layer| {
        let rows = first..first + layer.features.len();
        let own = sources.iter().filter(|source| rows.contains(source));
        let choices: Vec<Option<usize>> = own.map(|source| Some(source - rows.start)).collect();
        first = rows.end;
        if choices.is_empty() { vec![None] } else { choices }
    })
}

/// The number of [`combinations`].
fn count_combinations(layers: &[FeatureSet], sources: &[usize]) -> f64 {
    choices(layers, sources).map(|choices| choices.len() as f64).product()
}

/// Every way to choose one of the sources of each layer.
fn combinations(layers: &[FeatureSet], sources: &[usize]) -> Vec<Vec<Option<usize>>> {
    let mut combinations: Vec<Vec<Option<usize>>> = vec![Vec::new()];
    for choices in choices(layers, sources) {
        let extended = |before: &Vec<Option<usize>>| -> Vec<Vec<Option<usize>>> {
            choices.iter().map(|choice| before.iter().copied().chain([*choice]).collect()).collect()
        };
        combinations = combinations.iter().flat_map(extended).collect();
    }
    combinations
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, Xy};
    use serde_json::{Value, json};

    fn lines(layers: &[Value], attributes: &str) -> Run {
        run("FeatureToLine", &json!({ "Input_Features": layers, "Attributes": attributes })).unwrap()
    }

    fn path(made: &Run, row: usize) -> Vec<Xy> {
        let Geometry::Polyline(paths) = made.geometry(row) else { panic!("no line") };
        assert_eq!(paths.len(), 1);
        paths[0].xy.clone()
    }

    fn squares() -> Value {
        let rows = [
            (json!({ "A": "left" }), square(0.0, 0.0, 10.0)),
            (json!({ "A": "right" }), square(10.0, 0.0, 10.0)),
        ];
        set("Polygon", 5070, &rows)
    }

    #[test]
    fn a_border_within_one_layer_comes_once_for_each_neighbour_and_without_attributes_once() {
        let made = lines(&[squares()], "ATTRIBUTES");
        assert_eq!(made.names(), ["OBJECTID", "FID_Input_Features", "A"]);
        assert_eq!(made.column("FID_Input_Features"), ["10", "20", "10", "20"]);
        assert_eq!(path(&made, 0), path(&made, 1));
        let made = lines(&[squares()], "NO_ATTRIBUTES");
        assert_eq!((made.names(), made.features.features.len()), (vec!["OBJECTID"], 3));
    }

    #[test]
    fn what_two_layers_share_comes_once_with_the_attributes_of_both() {
        let road = set("Polyline", 5070, &[(json!({ "A": "road" }), line(&[[10.0, 0.0], [10.0, 10.0]]))]);
        let one = set("Polygon", 5070, &[(json!({ "A": "left" }), square(0.0, 0.0, 10.0))]);
        let made = lines(&[one, road], "ATTRIBUTES");
        assert_eq!(made.names(), ["OBJECTID", "FID_Input_Features", "A", "FID_Input_Features_1", "A_1"]);
        assert_eq!(made.column("FID_Input_Features_1"), ["10", "-1"]);
        assert_eq!(made.column("A_1"), ["road", "null"]);
    }

    #[test]
    fn lines_are_cut_where_they_cross_and_become_single_parts() {
        let two = json!({ "paths": [[[0, 0], [10, 0]], [[0, 5], [10, 5]]] });
        let rows = [(json!({ "A": 1 }), two), (json!({ "A": 2 }), line(&[[5.0, -5.0], [5.0, 3.0]]))];
        let made = lines(&[set("Polyline", 5070, &rows)], "ATTRIBUTES");
        assert_eq!(made.column("A"), ["1", "1", "1", "2", "2"]);
        assert_eq!(path(&made, 0), [[0.0, 0.0], [5.0, 0.0]]);
        assert_eq!(path(&made, 2), [[0.0, 5.0], [10.0, 5.0]]);
    }

    #[test]
    fn layers_are_brought_to_the_reference_of_the_first() {
        let first = set("Polyline", 3857, &[(json!({}), line(&[[-1000.0, 0.0], [1000.0, 0.0]]))]);
        let other = set("Polyline", 4326, &[(json!({}), line(&[[0.0, -0.001], [0.0, 0.001]]))]);
        let made = lines(&[first, other], "NO_ATTRIBUTES");
        assert_eq!((made.features.features.len(), path(&made, 0)[1]), (4, [0.0, 0.0]));
    }

    #[test]
    fn what_has_no_geometry_is_left_out_and_empty_layers_give_nothing() {
        let rows = [(json!({}), Value::Null), (json!({}), line(&[[0.0, 0.0], [1.0, 0.0]]))];
        let made = lines(&[set("Polyline", 5070, &rows)], "ATTRIBUTES");
        assert_eq!(made.column("FID_Input_Features"), ["20"]);
        assert!(made.warnings[0].contains("object ids 10"), "{:?}", made.warnings);
        assert!(lines(&[set("Polygon", 0, &[])], "ATTRIBUTES").features.features.is_empty());
        let points = json!([set("Point", 5070, &[(json!({}), json!({ "x": 0, "y": 0 }))])]);
        assert!(
            run("FeatureToLine", &json!({ "Input_Features": points }))
                .err()
                .unwrap()
                .contains("Input_Features")
        );
    }
}
