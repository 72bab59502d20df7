//! How time and memory of a tool grow with the number of features: layers of one density, made up with a fixed seed.
//!
//! One tool and one count a process, so that memory that was freed before is not taken for memory that was never needed.

use crate::layers::run;
use crate::process::{cpu_s, forget_peak, peak_mb, resident_mb};
use crate::rows::{meters, text};
use anyhow::Result;
use gp_core::Value;
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Point, SpatialReference, Xy,
};
use std::time::Instant;

/// There is a point or a parcel for each square of this side.
const CELL_M: f64 = 1_000.0;
/// Parcels do not overlap: they are moved by no more than what their cell leaves them.
const PARCEL_M: f64 = 600.0;
const FEATURES_PER_HEXAGON: f64 = 10.0;
/// Discs that cover half of the plane, many of them in clusters.
const BUFFER_M: f64 = 500.0;
const ALBERS: u32 = 5070;

/// Values of a tool by name.
type Values = Vec<(&'static str, Value)>;

/// Runs one tool; gives the line of JSON.
pub(crate) fn measure(name: &str, count: usize) -> Result<serde_json::Value> {
    let before_mb = resident_mb()?;
    let (tool, values) = inputs(name, count)?;
    let start_mb = resident_mb()?;
    forget_peak()?;
    let (before_s, wall) = (cpu_s(), Instant::now());
    let output = run(tool, values)?;
    let (cpu_s, wall_s) = (cpu_s() - before_s, wall.elapsed().as_secs_f64());
    let (peak_mb, input_mb, output_mb) = (peak_mb()? - start_mb, start_mb - before_mb, heap_mb(&output));
    Ok(serde_json::json!({
        "row": name, "count": count, "cpu_ms": cpu_s * 1000.0, "wall_ms": wall_s * 1000.0, "features": output.features.len(),
        "input_mb": input_mb, "output_mb": output_mb, "peak_mb": peak_mb, "left_mb": resident_mb()? - before_mb,
        "ratio": peak_mb / (3.0 * input_mb + output_mb),
    }))
}

fn inputs(name: &str, count: usize) -> Result<(&'static str, Values)> {
    let hexagons = || Value::FeatureSet(hexagons(count));
    Ok(match name {
        "Buffer" => {
            let dissolved = ("Dissolve_Type", text("ALL"));
            ("Buffer", vec![("Input_Features", points(count)), ("Distance", meters(BUFFER_M)), dissolved])
        }
        "Intersect" => (
            "Intersect",
            vec![("Input_Features", parcels(count)), ("Overlay_Features", Value::Multi(vec![hexagons()]))],
        ),
        "SpatialJoin" => {
            ("SpatialJoin", vec![("Target_Features", points(count)), ("Join_Features", hexagons())])
        }
        "SummarizeWithin" => (
            "SummarizeWithin",
            vec![
                ("Input_Polygons", hexagons()),
                ("Input_Summary_Features", parcels(count)),
                ("Summary_Fields", Value::Multi(vec![text("VALUE SUM")])),
            ],
        ),
        _ => anyhow::bail!("no scale is called {name}: Buffer, Intersect, SpatialJoin, SummarizeWithin"),
    })
}

fn points(count: usize) -> Value {
    let side_m = (count as f64).sqrt() * CELL_M;
    let mut random = Random(7);
    let geometries =
        (0..count).map(|_| Geometry::Point(Point::from_xy([random.below(side_m), random.below(side_m)])));
    Value::FeatureSet(layer(GeometryType::Point, geometries))
}

fn parcels(count: usize) -> Value {
    let columns = (count as f64).sqrt().ceil() as usize;
    let mut random = Random(7);
    let geometries = (0..count).map(|number| {
        let x = (number % columns) as f64 * CELL_M + random.below(CELL_M - PARCEL_M);
        let y = (number / columns) as f64 * CELL_M + random.below(CELL_M - PARCEL_M);
        let (right, top) = (x + PARCEL_M, y + PARCEL_M);
        polygon(vec![[x, y], [x, top], [right, top], [right, y], [x, y]])
    });
    Value::FeatureSet(layer(GeometryType::Polygon, geometries))
}

/// A honeycomb over the square in which `count` points or parcels lie.
fn hexagons(count: usize) -> FeatureSet {
    let side_m = (count as f64).sqrt() * CELL_M;
    let edge_m = (FEATURES_PER_HEXAGON * CELL_M * CELL_M / (1.5 * 3f64.sqrt())).sqrt();
    let height_m = edge_m * 3f64.sqrt();
    let columns = (side_m / (1.5 * edge_m)).ceil() as usize + 1;
    let rows = (side_m / height_m).ceil() as usize + 1;
    let geometries = (0..columns * rows).map(|number| {
        let (column, row) = (number / rows, number % rows);
        let x = 1.5 * edge_m * column as f64;
        let half = if column % 2 == 1 { 0.5 } else { 0.0 };
        let y = height_m * (row as f64 + half);
        // Neighbours compute a shared corner from different centres: rounded, it is the same.
        let corner = |dx: f64, dy: f64| [round(x + edge_m * dx), round(y + height_m * dy)];
        let mut ring = vec![corner(1.0, 0.0), corner(0.5, -0.5), corner(-0.5, -0.5)];
        ring.extend([corner(-1.0, 0.0), corner(-0.5, 0.5), corner(0.5, 0.5), ring[0]]);
        polygon(ring)
    });
    layer(GeometryType::Polygon, geometries)
}

/// To the millimetre.
fn round(meters: f64) -> f64 {
    (meters * 1_000.0).round() / 1_000.0
}

fn polygon(ring: Vec<Xy>) -> Geometry {
    Geometry::Polygon(vec![gp_esri::Path::from_xy(ring)])
}

fn layer(geometry_type: GeometryType, geometries: impl ExactSizeIterator<Item = Geometry>) -> FeatureSet {
    let mut features = Vec::with_capacity(geometries.len());
    for (geometry, oid) in geometries.zip(1..) {
        let attributes = vec![Attribute::Integer(oid), Attribute::Integer(oid % 1_000)];
        features.push(Feature { attributes, geometry: Some(geometry) });
    }
    FeatureSet {
        geometry_type: Some(geometry_type),
        spatial_reference: Some(SpatialReference::from_wkid(ALBERS)),
        has_z: false,
        has_m: false,
        fields: vec![Field::new("OBJECTID", FieldType::Oid), Field::new("VALUE", FieldType::Integer)],
        features,
        exceeded_transfer_limit: false,
    }
}

/// What a set takes of the heap. Counted, because what the process has grown by still holds memory that was freed.
fn heap_mb(set: &FeatureSet) -> f64 {
    let mut bytes = allocated(set.features.capacity() * size_of::<Feature>());
    for feature in &set.features {
        bytes += allocated(feature.attributes.capacity() * size_of::<Attribute>());
        for attribute in &feature.attributes {
            if let Attribute::Text(text) = attribute {
                bytes += allocated(text.len());
            }
        }
        if let Some(Geometry::Polygon(paths) | Geometry::Polyline(paths)) = &feature.geometry {
            bytes += allocated(paths.capacity() * size_of::<gp_esri::Path>());
            bytes += paths.iter().map(|path| allocated(path.xy.capacity() * size_of::<Xy>())).sum::<usize>();
        }
    }
    bytes as f64 / 1e6
}

/// What glibc takes for an allocation: its size and a header of eight bytes, in steps of 16, 32 at least.
fn allocated(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + 8).next_multiple_of(16).max(32) }
}

/// Numbers that look random and are the same every time: SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    /// At least 0 and less than `end`.
    fn below(&mut self, end: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1u64 << 53) as f64 * end
    }
}
