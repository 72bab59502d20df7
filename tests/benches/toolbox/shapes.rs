//! Rows that make one shape of another, or measure it: projection, areas, Voronoi cells, hulls, simplification, repair.

use crate::layers::{layer, positions, read, total_area};
use crate::rows::{Prepared, meters, text, tool};
use anyhow::Result;
use gp_core::Value;
use gp_esri::{Envelope, FeatureSet, Geometry};
use gp_geometry::{Crs, Geodesy, Transform, repair_features};
use std::path::Path;

/// Copies of the small layer of invalid countries, so that there is something to measure.
const COPIES: usize = 10;

pub(crate) fn project(folder: &Path, wkid: u32) -> Prepared {
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

pub(crate) fn geodesic_area(folder: &Path) -> Prepared {
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

pub(crate) fn voronoi(folder: &Path) -> Prepared {
    let values = vec![("Input_Features", Value::FeatureSet(layer(folder, "points_100k")?))];
    tool("CreateThiessenPolygons", values, |set| Ok(inner_area(set)))
}

/// The area of the cells within the extent of the points: those beyond are cut by frames, and the peers have other ones.
/// The extent is that of the cells without the tenth that the tool adds at each side.
fn inner_area(cells: &FeatureSet) -> f64 {
    let frame = cells.envelope();
    let (margin_x, margin_y) = ((frame.xmax - frame.xmin) / 12.0, (frame.ymax - frame.ymin) / 12.0);
    let is_inner = |cell: &Envelope| {
        cell.xmin > frame.xmin + margin_x
            && cell.xmax < frame.xmax - margin_x
            && cell.ymin > frame.ymin + margin_y
            && cell.ymax < frame.ymax - margin_y
    };
    let geometries = cells.features.iter().filter_map(|feature| feature.geometry.as_ref());
    let areas = geometries.map(|geometry| match geometry {
        Geometry::Polygon(rings) if is_inner(&geometry.envelope()) => gp_geometry::area(rings),
        _ => 0.0,
    });
    areas.sum()
}

pub(crate) fn concave_hull(folder: &Path) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "points_100k")?)),
        ("Length_Ratio", Value::Double(0.3)),
    ];
    tool("ConcaveHull", values, |set| Ok(total_area(set)))
}

pub(crate) fn simplify(folder: &Path, error_option: &str) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "counties")?)),
        ("Algorithm", text("POINT_REMOVE")),
        ("Tolerance", meters(1_000.0)),
        ("Error_Option", text(error_option)),
    ];
    tool("SimplifyPolygon", values, |set| Ok(set.vertex_count() as f64))
}

pub(crate) fn simplify_shared_edges(folder: &Path) -> Prepared {
    let values = vec![
        ("Input_Features", Value::FeatureSet(layer(folder, "counties")?)),
        ("Algorithm", text("EFFECTIVE_AREA")),
        ("Tolerance", meters(1_000.0)),
    ];
    tool("SimplifySharedEdges", values, |set| Ok(set.vertex_count() as f64))
}

pub(crate) fn repair_countries() -> Prepared {
    let mut countries = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/countries_invalid.json"))?;
    countries.features = vec![countries.features; COPIES].concat();
    Ok(Box::new(move || {
        let mut countries = countries.clone();
        Ok(Box::new(move || -> Result<f64> {
            repair_features(&mut countries);
            Ok(total_area(&countries))
        }))
    }))
}
