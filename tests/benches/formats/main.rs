//! Files of every format, written and read: one line of JSON each, with processor time and bytes. Run by
//! `cargo xtask bench-formats`, which has GDAL and its like do the same with the same files.
//!
//! `formats FOLDER RUNS`: where the files are left, and how often each is written and read (the median counts).
#![expect(clippy::print_stdout, reason = "a command-line program talks on standard output")]

#[path = "../toolbox/process.rs"]
#[expect(dead_code, reason = "the memory is the toolbox's")]
mod process;

use anyhow::{Context, Result, ensure};
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path as Line, Point,
    ReadLimits, SpatialReference, Xy,
};
use gp_formats::{Format, Input, ReadOptions, WriteLayer};
use process::cpu_s;
use std::path::Path;

/// The points: as many as a gazetteer has.
const POINTS: usize = 200_000;
/// The polygons: parcels with a bent side.
const POLYGONS: usize = 50_000;
const VERTICES: usize = 32;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [folder, runs] = &args[..] else {
        println!("usage: formats FOLDER RUNS; see tests/benches/README.md");
        return Ok(());
    };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    for (name, layer) in [("points", points()), ("polygons", polygons())] {
        for format in Format::all() {
            measure(folder, name, format, &layer, runs.parse()?).with_context(|| format.name())?;
        }
    }
    Ok(())
}

fn measure(folder: &Path, name: &str, format: Format, layer: &FeatureSet, runs: usize) -> Result<()> {
    let path = folder.join(format!("{name}.{}.{}", format.name(), format.extension()));
    let options = ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 2 << 30,
        layer: None,
        extent: None,
        scratch: folder,
        stop: &|| false,
    };
    let (mut written_ms, mut read_ms) = (Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        let start_s = cpu_s();
        gp_formats::write(&path, format, &[WriteLayer { name, features: layer }], &|| false)?;
        written_ms.push((cpu_s() - start_s) * 1000.0);
        let start_s = cpu_s();
        let read = gp_formats::read(&Input::open(&path)?, format, &options)?;
        read_ms.push((cpu_s() - start_s) * 1000.0);
        ensure!(read.features.features.len() == layer.features.len(), "features were lost");
    }
    let line = serde_json::json!({
        "layer": name, "format": format.name(), "file": path.file_name().map(|name| name.to_string_lossy()),
        "count": layer.features.len(), "bytes": std::fs::metadata(&path)?.len(),
        "write_ms": median(written_ms), "read_ms": median(read_ms),
    });
    println!("{line}");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn points() -> FeatureSet {
    let features = (0..POINTS).map(|id| feature(id, Geometry::Point(Point::from_xy(place(id)))));
    layer(GeometryType::Point, features.collect())
}

fn polygons() -> FeatureSet {
    let features = (0..POLYGONS).map(|id| {
        let [x, y] = place(id);
        // Clockwise, and closed.
        let corner = |n: usize| {
            let angle = -((n % VERTICES) as f64) / VERTICES as f64 * std::f64::consts::TAU;
            let radius = 0.001 + (n % VERTICES % 3) as f64 * 0.0001;
            [x + radius * angle.cos(), y + radius * angle.sin()]
        };
        feature(id, Geometry::Polygon(vec![Line::from_xy((0..=VERTICES).map(corner).collect())]))
    });
    layer(GeometryType::Polygon, features.collect())
}

/// Spread evenly, and the same in each run.
fn place(id: usize) -> Xy {
    let (x, y) = (id as f64 * std::f64::consts::SQRT_2 % 1.0, id as f64 * std::f64::consts::E % 1.0);
    [x * 350.0 - 175.0, y * 160.0 - 80.0]
}

fn feature(id: usize, geometry: Geometry) -> Feature {
    let attributes = vec![
        Attribute::Integer(id as i64 + 1),
        Attribute::Text(format!("Place No. {}", id * 7919 % 100_003).into()),
        Attribute::Integer((id * 31 % 1_000_000) as i64),
        Attribute::Double(id as f64 / 7.0),
        // Whole seconds, which every format keeps.
        Attribute::Integer(1_700_000_000_000 + id as i64 * 1000),
    ];
    Feature { attributes, geometry: Some(geometry) }
}

fn layer(geometry_type: GeometryType, features: Vec<Feature>) -> FeatureSet {
    let fields = [
        ("OBJECTID", FieldType::Oid),
        ("NAME", FieldType::String),
        ("POP", FieldType::Integer),
        ("AREA", FieldType::Double),
        ("FOUNDED", FieldType::Date),
    ];
    FeatureSet {
        geometry_type: Some(geometry_type),
        spatial_reference: Some(SpatialReference::from_wkid(4326)),
        fields: fields.into_iter().map(|(name, kind)| Field::new(name, kind)).collect(),
        features,
        ..FeatureSet::default()
    }
}
