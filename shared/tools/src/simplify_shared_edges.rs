//! Simplify Shared Edges: polygons or lines with fewer vertices that stay neighbours.
//!
//! **Method.** Borders are cut into arcs at the vertices where more than two ways meet; an arc that features share is
//! simplified once, so that no gap and no overlap appears. POINT_REMOVE is after Douglas and Peucker (1973),
//! EFFECTIVE_AREA after Visvalingam and Whyatt (1993). Then vertices come back, the farthest first, wherever two arcs
//! would cross, touch or jump over each other, until none do.
//!
//! **Inputs.** Polygons or lines. Borders are shared where vertices are at the same positions; elsewhere, as in data with
//! gaps or overlaps, each feature has a border of its own, and a crossing that was there stays. Kept vertices keep z and m.
//! A feature without geometry stays a row without geometry.
//!
//! **Spatial reference and units.** In degrees a tolerance in units of length is measured with the lengths that a degree
//! has at each vertex, vertices on the antimeridian and the poles stay, and areas are those on the ellipsoid. A tolerance
//! in decimal degrees is planar.
//!
//! **Output.** The input's rows, fields and object ids in its order. Parts of polygons smaller than Minimum_Area are gone,
//! and rows of which no part is left: where they were is a gap. A row that cannot be simplified to anything valid stays as
//! it is, with a warning.
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
        let least = LeastArea::read("Minimum_Area", inputs.minimum_area, crs.as_ref())?;
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
mod tests {
    use super::{Made, polygon, put_in_place};
    use crate::testing::{Run, run, set, square};
    use gp_core::RunContext;
    use gp_esri::{Feature, FeatureSet, Geometry, Path};
    use gp_geometry::{area, is_valid_polygon, union_all};
    use serde_json::{Value, json};

    fn simplify(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features, "Tolerance": "1 Meters" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SimplifySharedEdges", &parameters)
    }

    fn rings(made: &Run) -> Vec<&[Path]> {
        (0..made.features.features.len())
            .map(|row| match made.geometry(row) {
                Geometry::Polygon(rings) => rings.as_slice(),
                _ => panic!("no polygon"),
            })
            .collect()
    }

    /// Two fields with a wavy border between them, and a third that nothing touches.
    fn fields() -> Value {
        let border: Vec<[f64; 2]> = (0..=20).map(|y| [10.0 + f64::from(y % 2) * 0.5, f64::from(y)]).collect();
        let mut left = vec![[0.0, 0.0], [0.0, 20.0]];
        left.extend(border.iter().rev());
        left.push([0.0, 0.0]);
        let mut right = border;
        right.extend([[20.0, 20.0], [20.0, 0.0], [10.0, 0.0]]);
        let of = |ring: Vec<[f64; 2]>| json!({ "rings": [ring] });
        let rows = [
            (json!({ "NAME": "left" }), of(left)),
            (json!({ "NAME": "right" }), of(right)),
            (json!({ "NAME": "alone" }), square(50.0, 0.0, 5.0)),
        ];
        set("Polygon", 5070, &rows)
    }

    #[test]
    fn neighbours_stay_neighbours_and_keep_their_rows() {
        for (algorithm, tolerance) in [("POINT_REMOVE", "1 Meters"), ("EFFECTIVE_AREA", "3 Meters")] {
            let more = json!({ "Algorithm": algorithm, "Tolerance": tolerance });
            let made = simplify(&fields(), more).unwrap();
            assert_eq!(made.names(), ["OBJECTID", "NAME"]);
            assert_eq!(made.column("OBJECTID"), ["10", "20", "30"]);
            let all = rings(&made);
            assert_eq!((all[0][0].xy.len(), all[1][0].xy.len()), (5, 5), "{algorithm}");
            let sum: f64 = all.iter().map(|rings| area(rings)).sum();
            assert!((sum - 425.0).abs() < 1e-9 && (area(&union_all(all)) - sum).abs() < 1e-9);
        }
    }

    #[test]
    fn a_small_part_goes_and_a_row_without_geometry_stays() {
        let rows = [
            (json!({}), square(0.0, 0.0, 10.0)),
            (json!({}), square(10.0, 0.0, 2.0)),
            (json!({}), Value::Null),
        ];
        let least = json!({ "Minimum_Area": { "area": 5, "units": "esriSquareMeters" } });
        let made = simplify(&set("Polygon", 5070, &rows), least).unwrap();
        assert_eq!(made.column("OBJECTID"), ["10", "30"]);
    }

    #[test]
    fn a_row_that_cannot_be_simplified_keeps_its_geometry_and_only_small_ones_go() {
        // A ring without an area: a repair leaves nothing of it.
        let flat = vec![Path::from_xy(vec![[0.0, 0.0], [5.0, 0.0], [0.0, 0.0]])];
        assert_eq!(polygon(flat.clone(), None), Made::Unchanged);
        let feature = |rings: &[Path]| Feature {
            geometry: Some(Geometry::Polygon(rings.to_vec())),
            ..Feature::default()
        };
        let features = vec![feature(&flat), feature(&flat), Feature::default()];
        let mut set = FeatureSet { features, ..FeatureSet::default() };
        let made = vec![Made::default(), Made::Small, Made::default()];
        put_in_place(&mut set, made, &RunContext::silent());
        assert_eq!(set.features, [feature(&flat), Feature::default()]);
    }

    #[test]
    fn lines_that_share_a_stretch_share_it_afterwards() {
        let path = |xy: Value| (json!({}), json!({ "paths": [xy] }));
        let rows = [
            path(json!([[0, 9], [0, 0], [5, 0.4], [10, 0], [10, 9]])),
            path(json!([[20, 0], [10, 0], [5, 0.4], [0, 0], [-9, 0]])),
        ];
        let made = simplify(&set("Polyline", 5070, &rows), json!({})).unwrap();
        let counts: Vec<usize> = (0..2).map(|row| made.geometry(row).vertex_count()).collect();
        assert_eq!(counts, [4, 4]);
    }

    #[test]
    fn counties_stay_a_coverage_of_valid_polygons_however_rough_they_get() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/counties_albers.json");
        let counties: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (algorithm, kilometres) in [
            ("POINT_REMOVE", 2.0),
            ("POINT_REMOVE", 30.0),
            ("EFFECTIVE_AREA", 10.0),
            ("EFFECTIVE_AREA", 300.0),
        ] {
            let tolerance = json!({ "distance": kilometres, "units": "esriKilometers" });
            let made =
                simplify(&counties, json!({ "Algorithm": algorithm, "Tolerance": tolerance })).unwrap();
            assert!(made.warnings.is_empty(), "{:?}", made.warnings);
            let all = rings(&made);
            assert_eq!(all.len(), counties["features"].as_array().unwrap().len());
            assert!(all.iter().all(|rings| is_valid_polygon(rings)), "{algorithm} {kilometres}");
            let sum: f64 = all.iter().map(|rings| area(rings)).sum();
            let union = area(&union_all(all));
            assert!((union / sum - 1.0).abs() < 1e-9, "{algorithm} {kilometres}: {union} {sum}");
        }
    }

    #[test]
    fn overlapping_polygons_and_no_features_are_no_fault() {
        let rows = [(json!({}), square(0.0, 0.0, 10.0)), (json!({}), square(5.0, 5.0, 10.0))];
        let made = simplify(&set("Polygon", 5070, &rows), json!({ "Tolerance": "0.1 Meters" })).unwrap();
        assert_eq!((made.area(0), made.area(1)), (100.0, 100.0));
        assert!(simplify(&set("Polygon", 0, &[]), json!({})).unwrap().features.features.is_empty());
        let error = simplify(&fields(), json!({ "Tolerance": "-1 Meters" })).err().unwrap();
        assert!(error.contains("not more than 0"), "{error}");
    }
}
