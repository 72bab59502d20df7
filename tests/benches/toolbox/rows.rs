//! The rows of the table: what is read, what is measured, and the figure that the peers must find too.

use crate::layers::{layer, run, total_area};
use crate::{joins, shapes};
use anyhow::Result;
use gp_core::Value;
use gp_esri::{FeatureSet, Field, FieldType, LinearUnit, LinearUnitName};
use std::path::Path;

/// What is measured, on values that it uses up; gives the figure that is checked.
pub(crate) type Measured = Box<dyn FnOnce() -> Result<f64>>;

/// Gives a run each time it is called.
pub(crate) type Prepared = Result<Box<dyn FnMut() -> Result<Measured>>>;

/// A row of the table.
pub(crate) struct Row {
    /// Its name, the same at the peers.
    pub(crate) name: &'static str,
    /// Reads its layers, and gives a run each time it is called.
    pub(crate) prepare: fn(&Path) -> Prepared,
}

const fn row(name: &'static str, prepare: fn(&Path) -> Prepared) -> Row {
    Row { name, prepare }
}

/// All rows.
pub(crate) const ROWS: &[Row] = &[
    row("buffer_points_10k", |folder| dissolved_discs(layer(folder, "points_10k")?, 20_000.0)),
    row("buffer_points_100k", |folder| dissolved_discs(layer(folder, "points_100k")?, 5_000.0)),
    row("buffer_counties_1km", |folder| buffers(layer(folder, "counties")?, 1_000.0)),
    row("buffer_counties_inwards_1km", |folder| buffers(layer(folder, "counties")?, -1_000.0)),
    row("buffer_counties_10km", |folder| buffers(layer(folder, "counties")?, 10_000.0)),
    row("geodesic_buffer", geodesic_buffer),
    row("dissolve_counties", dissolve_counties),
    row("intersect_counties_hexagons", intersect_counties_hexagons),
    row("union_counties_hexagons", union_counties_hexagons),
    row("points_in_counties", joins::points_in_counties),
    row("points_in_counties_pairs", joins::points_in_counties_pairs),
    row("summarize_points_within_counties", joins::summarize_points_within_counties),
    row("nearest_cities", joins::nearest_cities),
    row("nearest_cities_pairs", joins::nearest_cities_pairs),
    row("nearest_line", joins::nearest_line),
    row("project_web_mercator", |folder| shapes::project(folder, 3857)),
    row("project_utm", |folder| shapes::project(folder, 32633)),
    row("geodesic_area", shapes::geodesic_area),
    row("voronoi_100k", shapes::voronoi),
    row("concave_hull_100k", shapes::concave_hull),
    row("simplify_counties", |folder| shapes::simplify(folder, "NO_CHECK")),
    row("simplify_counties_checked", |folder| shapes::simplify(folder, "RESOLVE_ERRORS")),
    row("simplify_shared_edges", shapes::simplify_shared_edges),
    row("repair_countries", |_| shapes::repair_countries()),
];

/// Runs of a tool on copies of these values; `check` makes a figure of the output.
pub(crate) fn tool(
    name: &'static str,
    values: Vec<(&'static str, Value)>,
    check: fn(&FeatureSet) -> Result<f64>,
) -> Prepared {
    Ok(Box::new(move || {
        let values = values.clone();
        Ok(Box::new(move || check(&run(name, values)?)))
    }))
}

/// A length in metres, as tools take it.
pub(crate) fn meters(distance: f64) -> Value {
    Value::LinearUnit(LinearUnit { distance, unit: LinearUnitName::Meters })
}

/// A text or a choice, as tools take it.
pub(crate) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn dissolved_discs(points: FeatureSet, distance_m: f64) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(points)),
        ("Distance", meters(distance_m)),
        ("Dissolve_Type", text("ALL")),
    ];
    tool("Buffer", values, |set| Ok(total_area(set)))
}

fn buffers(features: FeatureSet, distance_m: f64) -> Prepared {
    let values = vec![("Input_Features", Value::FeatureSet(features)), ("Distance", meters(distance_m))];
    tool("Buffer", values, |set| Ok(total_area(set)))
}

/// The check is the sum of areas in square degrees, in which a circle cut at the antimeridian is as large as a whole one.
fn geodesic_buffer(folder: &Path) -> Prepared {
    let mut cities = layer(folder, "cities")?;
    cities.features.truncate(10_000);
    let values = vec![
        ("Input_Features", Value::FeatureSet(cities)),
        ("Distance", meters(50_000.0)),
        ("Method", text("GEODESIC")),
    ];
    tool("Buffer", values, |set| Ok(total_area(set)))
}

fn dissolve_counties(folder: &Path) -> Prepared {
    let state = Value::Field(Field::new("STATEFP", FieldType::String));
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "counties")?)),
        ("Dissolve_Fields", Value::Multi(vec![state])),
    ];
    tool("Dissolve", values, |set| Ok(total_area(set)))
}

fn intersect_counties_hexagons(folder: &Path) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "counties")?)),
        ("Overlay_Features", Value::Multi(vec![Value::FeatureSet(layer(folder, "hexagons")?)])),
    ];
    tool("Intersect", values, |set| Ok(total_area(set)))
}

fn union_counties_hexagons(folder: &Path) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "counties")?)),
        ("Overlay_Features", Value::Multi(vec![Value::FeatureSet(layer(folder, "hexagons")?)])),
    ];
    tool("Union", values, |set| Ok(total_area(set)))
}
