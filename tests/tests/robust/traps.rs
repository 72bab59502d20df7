//! Inputs that are known to break geometry code, one claim each.

#![expect(clippy::float_cmp, reason = "areas of whole numbers are exact")]

use crate::judge::faults;
use crate::layers::{Layer, layer};
use crate::never_panics::is_thorough;
use crate::requests::{Request, accepts, layer_inputs, plain, with};
use crate::run::{LIMIT, run, watched};
use anyhow::{Context, Result};
use gp_core::Task;
use gp_esri::{FeatureSet, Geometry, ReadLimits, Xy};
use serde_json::{Value, json};
use std::f64::consts::TAU;
use std::time::Duration;

/// Nothing here may need longer; more than [`LIMIT`] of processor time is a fault anyhow.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn tool(name: &str) -> Result<&'static dyn Task> {
    let found = gp_tools::TOOLS.iter().find(|tool| tool.name() == name);
    found.copied().with_context(|| format!("there is no tool {name}"))
}

/// What a tool makes of a layer, and what is wrong with it.
fn made(name: &str, layer: &Layer, more: &[(&str, &str)]) -> Result<FeatureSet> {
    let tool = tool(name)?;
    let mut request = plain(tool, None, layer);
    for (parameter, text) in more {
        request = with(&request, parameter, text);
    }
    result(tool, &request)
}

fn result(tool: &'static dyn Task, request: &Request) -> Result<FeatureSet> {
    let outcome = run(tool, request, TIME_LIMIT);
    let found = faults(tool, request, &outcome);
    anyhow::ensure!(found.is_empty(), "{found:?}");
    let results = outcome.results?;
    let text = std::str::from_utf8(&results.first().context("no result")?.json)?;
    Ok(FeatureSet::from_json(text, &ReadLimits::default())?.feature_set)
}

fn area(set: &FeatureSet) -> f64 {
    let rings = |geometry: &Option<Geometry>| match geometry {
        Some(Geometry::Polygon(rings)) => gp_geometry::area(rings),
        _ => 0.0,
    };
    set.features.iter().map(|feature| rings(&feature.geometry)).sum()
}

fn polygons(name: &str, rings: Vec<Vec<Xy>>) -> Layer {
    layer(name, "Polygon", 5070, rings.into_iter().map(|ring| json!({ "rings": [ring] })).collect())
}

/// A square of 10 m, clockwise as Esri wants it, or not.
fn square(x: f64, clockwise: bool) -> Vec<Xy> {
    let mut ring = vec![[x, 0.0], [x, 10.0], [x + 10.0, 10.0], [x + 10.0, 0.0], [x, 0.0]];
    if !clockwise {
        ring.reverse();
    }
    ring
}

#[test]
fn squares_of_mixed_winding_are_dissolved_without_losing_any() -> Result<()> {
    for first in [true, false] {
        let rings =
            (0..10).map(|number| square(f64::from(number) * 5.0, (number % 2 == 0) == first)).collect();
        assert_eq!(area(&made("Dissolve", &polygons("mixed winding", rings), &[])?), 55.0 * 10.0);
    }
    Ok(())
}

#[test]
fn a_ring_wound_the_wrong_way_has_the_same_area_and_not_the_rest_of_the_earth() -> Result<()> {
    let mut areas = Vec::new();
    for clockwise in [true, false] {
        let layer = layer("winding", "Polygon", 4326, vec![json!({ "rings": [square(0.0, clockwise)] })]);
        let property = [("Geometry_Property", "[\"A AREA_GEODESIC\"]"), ("Area_Unit", "SQUARE_KILOMETERS")];
        let set = made("CalculateGeometryAttributes", &layer, &property)?;
        let column = set.field_index("A").context("no field A")?;
        areas.push(format!("{:?}", set.features[0].attributes[column]));
    }
    assert_eq!(areas[0], areas[1]);
    assert!(areas[0].contains("(12"), "1.2 million square kilometres: {areas:?}");
    Ok(())
}

#[test]
fn hulls_of_points_on_a_line_and_of_one_point_are_valid_or_nothing() -> Result<()> {
    let shapes =
        [json!([[0, 0], [5, 5], [10, 10], [2, 2]]), json!([[7, 7]]), json!([[3, 3], [3, 3], [3, 3]])];
    let shapes = shapes.into_iter().map(|points| json!({ "points": points })).collect();
    let layer = layer("collinear", "Multipoint", 5070, shapes);
    for kind in ["RECTANGLE_BY_AREA", "RECTANGLE_BY_WIDTH", "CONVEX_HULL", "CIRCLE", "ENVELOPE"] {
        assert_eq!(made("MinimumBoundingGeometry", &layer, &[("Geometry_Type", kind)])?.features.len(), 3);
    }
    made("ConcaveHull", &layer, &[])?;
    Ok(())
}

#[test]
fn parts_that_overlap_or_are_nested_count_once() -> Result<()> {
    let parts = json!({ "rings": [square(0.0, true), square(5.0, true)] });
    let layer = layer("overlapping parts", "Polygon", 5070, vec![parts]);
    assert_eq!(area(&made("RepairGeometry", &layer, &[])?), 150.0);
    assert_eq!(area(&made("Dissolve", &layer, &[])?), 150.0);
    Ok(())
}

#[test]
fn both_halves_of_a_bow_tie_are_kept() -> Result<()> {
    let bow_tie =
        polygons("bow-tie", vec![vec![[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0], [0.0, 0.0]]]);
    assert_eq!(area(&made("Dissolve", &bow_tie, &[])?), 50.0);
    assert!(area(&made("Buffer", &bow_tie, &[("Distance", "1 Meters")])?) > 50.0 + 30.0);
    Ok(())
}

#[test]
fn a_feature_that_is_not_finite_leaves_the_others_as_they_are() -> Result<()> {
    for bad in ["NaN", "Infinity", "-Infinity"] {
        let shapes = vec![json!({ "x": 1, "y": 2 }), json!({ "x": bad, "y": 0 }), json!({ "x": 3, "y": 4 })];
        let set = made("FeatureToPoint", &layer("not finite", "Point", 5070, shapes), &[])?;
        let places: Vec<Option<Geometry>> =
            set.features.into_iter().map(|feature| feature.geometry).collect();
        let xy = |at: usize| match places.get(at) {
            Some(Some(Geometry::Point(point))) => point.xy,
            other => panic!("{other:?}"),
        };
        assert_eq!((xy(0), xy(places.len() - 1)), ([1.0, 2.0], [3.0, 4.0]), "{bad}");
    }
    Ok(())
}

#[test]
fn slivers_a_millimetre_wide_ten_thousand_kilometres_apart_keep_their_area() -> Result<()> {
    let sliver = |x: f64| vec![[x, 0.0], [x, 100.0], [x + 0.001, 100.0], [x + 0.001, 0.0], [x, 0.0]];
    let layer = polygons("slivers far apart", vec![sliver(0.0), sliver(1e7)]);
    for name in ["Dissolve", "RepairGeometry", "MultipartToSinglepart"] {
        let found = area(&made(name, &layer, &[])?);
        assert!((found - 0.2).abs() < 1e-6, "{name}: {found}");
    }
    Ok(())
}

/// Every tool on one polygon, alone and as each input.
fn all_tools_withstand(layer: &Layer) -> Result<()> {
    let layer = layer.clone();
    let report = watched(move |watch| {
        let mut report = Vec::new();
        for tool in gp_tools::TOOLS {
            let inputs = layer_inputs(*tool);
            let Some(input) = inputs.iter().find(|input| accepts(input, &layer.kind)) else { continue };
            let what = format!("{} on {}", tool.name(), layer.name);
            watch.doing(what.clone());
            let request = plain(*tool, Some(input), &layer);
            let outcome = run(*tool, &request, Duration::from_secs(1));
            let spent = watch.spent();
            report.extend(
                faults(*tool, &request, &outcome).into_iter().map(|fault| format!("{what}: {fault}")),
            );
            if spent > LIMIT {
                report.push(format!("{what}: took {spent:?}"));
            }
        }
        report
    });
    anyhow::ensure!(report.is_empty(), "{}", report.join("\n"));
    Ok(())
}

#[test]
fn a_comb_of_many_teeth_never_panics_any_tool() -> Result<()> {
    let teeth: u32 = if is_thorough() { 10_000 } else { 500 };
    let mut ring = vec![[0.0, -50.0]];
    for tooth in 0..teeth {
        let x = f64::from(tooth);
        ring.extend([[x, 0.0], [x, 100.0], [x + 0.5, 100.0], [x + 0.5, 0.0]]);
    }
    ring.extend([[f64::from(teeth), -50.0], [0.0, -50.0]]);
    all_tools_withstand(&polygons("comb", vec![ring]))
}

#[test]
fn a_star_of_many_vertices_never_panics_any_tool() -> Result<()> {
    let vertices: u32 = if is_thorough() { 50_000 } else { 2_000 };
    let vertex = |number: u32| {
        let angle = -TAU * f64::from(number % vertices) / f64::from(vertices);
        let radius = if number.is_multiple_of(2) { 5_000.0 } else { 4_900.0 };
        [radius * angle.cos(), radius * angle.sin()]
    };
    all_tools_withstand(&polygons("star", vec![(0..=vertices).map(vertex).collect()]))
}

/// A ring through random positions, which crosses itself about a sixth of its vertices squared times.
fn tangle(vertices: usize) -> Vec<Xy> {
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1 << 30)
    };
    let mut ring: Vec<Xy> = (0..vertices).map(|_| [random() * 1000.0, random() * 1000.0]).collect();
    ring.push(ring[0]);
    ring
}

#[test]
fn a_tangle_never_panics_any_tool() -> Result<()> {
    let vertices = if is_thorough() { 1_000 } else { 150 };
    all_tools_withstand(&polygons("tangle", vec![tangle(vertices)]))
}

#[test]
fn a_tangle_of_two_thousand_vertices_is_repaired() -> Result<()> {
    let layer = polygons("tangle", vec![tangle(2000)]);
    let set = watched(move |watch| {
        watch.doing("RepairGeometry on a tangle".to_owned());
        made("RepairGeometry", &layer, &[])
    })?;
    assert!(area(&set) > 0.0);
    Ok(())
}

#[test]
fn text_that_is_no_layer_is_refused_by_the_name_of_its_parameter() -> Result<()> {
    for tool in gp_tools::TOOLS {
        for input in layer_inputs(*tool) {
            for text in ["{", "[]", "7", "{\"features\":7}", "{\"url\":\"http://127.0.0.1/\"}", "null\u{0}"] {
                let partner = crate::layers::partner("Polygon", 5070);
                let request = with(&plain(*tool, None, &partner), &input.name, text);
                let outcome = run(*tool, &request, TIME_LIMIT);
                let found = faults(*tool, &request, &outcome);
                assert!(found.is_empty(), "{} with {} = {text}: {found:?}", tool.name(), input.name);
            }
        }
    }
    Ok(())
}

#[test]
fn values_of_every_wrong_json_type_are_refused_by_name() -> Result<()> {
    let texts: [Value; 6] =
        [json!(null), json!(true), json!(-1), json!("x"), json!([[]]), json!({ "a": {} })];
    for tool in gp_tools::TOOLS {
        for input in tool.inputs() {
            for text in &texts {
                let partner = crate::layers::partner("Polygon", 5070);
                let request = with(&plain(*tool, None, &partner), &input.name, &text.to_string());
                let outcome = run(*tool, &request, TIME_LIMIT);
                let found = faults(*tool, &request, &outcome);
                assert!(found.is_empty(), "{} with {} = {text}: {found:?}", tool.name(), input.name);
            }
        }
    }
    Ok(())
}
