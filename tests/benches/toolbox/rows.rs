//! The rows of the table: what is read, what is measured, and the figure that the peers must find too.

use crate::layers::{layer, positions, run, total, total_area};
use anyhow::Result;
use gp_core::Value;
use gp_esri::{Feature, FeatureSet, Field, FieldType, Geometry, LinearUnit, LinearUnitName};
use gp_geometry::{Crs, Geodesy, PointIndex, PolygonLayer, Transform};
use std::path::Path;
use std::rc::Rc;

/// What is measured, on values that it uses up; gives the figure that is checked.
type Measured = Box<dyn FnOnce() -> Result<f64>>;

/// Gives a run each time it is called.
type Prepared = Result<Box<dyn FnMut() -> Result<Measured>>>;

/// A row of the table.
pub(crate) struct Row {
    /// Its name, the same at the peers.
    pub(crate) name: &'static str,
    /// Reads its layers, and gives a run each time it is called.
    pub(crate) prepare: fn(&Path) -> Prepared,
}

/// All rows.
pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "buffer_points_10k",
        prepare: |folder| dissolved_discs(layer(folder, "points_10k")?, 20_000.0),
    },
    Row {
        name: "buffer_points_100k",
        prepare: |folder| dissolved_discs(layer(folder, "points_100k")?, 5_000.0),
    },
    Row { name: "buffer_counties_1km", prepare: |folder| buffers(layer(folder, "counties")?, 1_000.0) },
    Row {
        name: "buffer_counties_inwards_1km",
        prepare: |folder| buffers(layer(folder, "counties")?, -1_000.0),
    },
    Row { name: "buffer_counties_10km", prepare: |folder| buffers(layer(folder, "counties")?, 10_000.0) },
    Row { name: "dissolve_counties", prepare: dissolve_counties },
    Row { name: "intersect_counties_hexagons", prepare: intersect_counties_hexagons },
    Row { name: "points_in_counties", prepare: points_in_counties },
    Row { name: "points_in_counties_pairs", prepare: points_in_counties_pairs },
    Row { name: "nearest_cities", prepare: nearest_cities },
    Row { name: "nearest_cities_pairs", prepare: nearest_cities_pairs },
    Row { name: "project_web_mercator", prepare: |folder| project(folder, 3857) },
    Row { name: "project_utm", prepare: |folder| project(folder, 32633) },
    Row { name: "geodesic_area", prepare: geodesic_area },
];

/// Runs of a tool on copies of these values; `check` makes a figure of the output.
fn tool(
    name: &'static str,
    values: Vec<(&'static str, Value)>,
    check: fn(&FeatureSet) -> Result<f64>,
) -> Prepared {
    Ok(Box::new(move || {
        let values = values.clone();
        Ok(Box::new(move || check(&run(name, values)?)))
    }))
}

fn meters(distance: f64) -> Value {
    Value::LinearUnit(LinearUnit { distance, unit: LinearUnitName::Meters })
}

fn text(text: &str) -> Value {
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
        ("Overlay_Features", Value::FeatureSet(layer(folder, "hexagons")?)),
    ];
    tool("Intersect", values, |set| Ok(total_area(set)))
}

fn points_in_counties(folder: &Path) -> Prepared {
    let values = vec![
        ("Target_Features", Value::FeatureSet(layer(folder, "points_1m")?)),
        ("Join_Features", Value::FeatureSet(layer(folder, "counties")?)),
    ];
    tool("SpatialJoin", values, |set| total(set, "Join_Count"))
}

/// The pairs alone, as the peers' trees give them.
fn points_in_counties_pairs(folder: &Path) -> Prepared {
    let (points, counties) = (positions(&layer(folder, "points_1m")?), layer(folder, "counties")?);
    let shared = Rc::new((points, counties));
    Ok(Box::new(move || {
        let shared = shared.clone();
        Ok(Box::new(move || {
            let (points, counties) = &*shared;
            let layer = PolygonLayer::new(counties.features.iter().map(rings).collect());
            let pairs: usize = points.iter().map(|xy| layer.at(*xy).count()).sum();
            Ok(pairs as f64)
        }))
    }))
}

fn rings(feature: &Feature) -> &[gp_esri::Path] {
    match &feature.geometry {
        Some(Geometry::Polygon(rings)) => rings,
        _ => &[],
    }
}

/// The pairs alone, as the peers' trees give them.
fn nearest_cities_pairs(folder: &Path) -> Prepared {
    let shared =
        Rc::new((positions(&layer(folder, "points_world_1m")?), positions(&layer(folder, "cities")?)));
    Ok(Box::new(move || {
        let shared = shared.clone();
        Ok(Box::new(move || {
            let (points, cities) = &*shared;
            let index = PointIndex::new(cities);
            let nearest = points.iter().filter_map(|xy| index.nearest(*xy, f64::INFINITY));
            Ok(nearest.map(|(city, _)| city as f64 + 1.0).sum())
        }))
    }))
}

/// Both layers in degrees, taken for a plane, as the peers take them.
fn nearest_cities(folder: &Path) -> Prepared {
    let (mut points, mut cities) = (layer(folder, "points_world_1m")?, layer(folder, "cities")?);
    (points.spatial_reference, cities.spatial_reference) = (None, None);
    let values = vec![
        ("Target_Features", Value::FeatureSet(points)),
        ("Join_Features", Value::FeatureSet(cities)),
        ("Match_Option", text("CLOSEST")),
        ("Join_Operation", text("JOIN_ONE_TO_MANY")),
    ];
    tool("SpatialJoin", values, |set| total(set, "JOIN_FID"))
}

fn project(folder: &Path, wkid: u32) -> Prepared {
    let all = positions(&layer(folder, "points_world_1m")?);
    // UTM is for its zone: the same million points, brought near to its meridian.
    let positions = if wkid == 3857 { all } else { all.iter().map(|[x, y]| [15.0 + x / 60.0, *y]).collect() };
    Ok(Box::new(move || {
        let mut positions = positions.clone();
        Ok(Box::new(move || {
            let transform = Transform::new(&Crs::from_code(4326)?, &Crs::from_code(wkid)?)?;
            transform.apply(&mut positions);
            Ok(positions.iter().map(|[x, y]| x + y).sum())
        }))
    }))
}

fn geodesic_area(folder: &Path) -> Prepared {
    let counties = layer(folder, "counties_degrees")?;
    Ok(Box::new(move || {
        let counties = counties.clone();
        Ok(Box::new(move || {
            let geodesy = Geodesy::new(Crs::from_code(4269)?.ellipsoid());
            let geometries = counties.features.iter().filter_map(|feature| feature.geometry.as_ref());
            let areas = geometries.map(|geometry| match geometry {
                Geometry::Polygon(rings) => geodesy.polygon_area_m2(rings),
                _ => 0.0,
            });
            Ok(areas.sum())
        }))
    }))
}
