//! Rows that find for each feature what contains it or what is nearest to it.

use crate::layers::{layer, positions, total};
use crate::rows::{Prepared, text, tool};
use gp_core::Value;
use gp_esri::{Feature, Geometry};
use gp_geometry::{PointIndex, PolygonLayer};
use std::path::Path;
use std::rc::Rc;

pub(crate) fn points_in_counties(folder: &Path) -> Prepared {
    let values = vec![
        ("Target_Features", Value::FeatureSet(layer(folder, "points_1m")?)),
        ("Join_Features", Value::FeatureSet(layer(folder, "counties")?)),
    ];
    tool("SpatialJoin", values, |set| total(set, "Join_Count"))
}

/// The pairs alone, as the peers' trees give them.
pub(crate) fn points_in_counties_pairs(folder: &Path) -> Prepared {
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

pub(crate) fn summarize_points_within_counties(folder: &Path) -> Prepared {
    let values = vec![
        ("Input_Polygons", Value::FeatureSet(layer(folder, "counties")?)),
        ("Input_Summary_Features", Value::FeatureSet(layer(folder, "points_1m")?)),
        ("Summary_Fields", Value::Multi(vec![text("VALUE SUM")])),
    ];
    tool("SummarizeWithin", values, |set| total(set, "sum_VALUE"))
}

/// Both layers in degrees, taken for a plane, as the peers take them.
pub(crate) fn nearest_cities(folder: &Path) -> Prepared {
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

/// The pairs alone, as the peers' trees give them.
pub(crate) fn nearest_cities_pairs(folder: &Path) -> Prepared {
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

pub(crate) fn nearest_line(folder: &Path) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "points_100k")?)),
        ("Near_Features", Value::Multi(vec![Value::FeatureSet(layer(folder, "borders")?)])),
    ];
    tool("Near", values, |set| total(set, "NEAR_DIST"))
}
