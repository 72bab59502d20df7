//! Writes small layers of every geometry type into a folder, in every format, with the same as Esri JSON beside them: what
//! `tests/independent.py` compares. Each file is named by its layer and its format, `points.CSV.csv`.
//!
//! Usage: `cargo run -p gp-formats --example write_samples FOLDER`

#![expect(clippy::print_stdout, reason = "the warnings of the writers are for the eye")]

use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, SpatialReference,
    Xy,
};
use gp_formats::{Format, WriteLayer, write};
use std::error::Error;

/// Noon of 31 May 2024 and a quarter of a second, in milliseconds since 1970.
const NOON_MS: i64 = 1_717_156_800_250;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("say into which folder")?;
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for (name, set) in layers() {
        let layer = WriteLayer { name, features: &set };
        write(&folder.join(format!("{name}.json")), Format::EsriJson, &[layer], &|| false)?;
        for format in Format::all() {
            let needed = format.required_reference();
            if needed.is_some() && set.spatial_reference.is_some() && needed != set.spatial_reference {
                continue;
            }
            let path = folder.join(format!("{name}.{}.{}", format.name(), format.extension()));
            for warning in write(&path, format, &[layer], &|| false)? {
                println!("{name} as {}: {warning}", format.name());
            }
        }
    }
    Ok(())
}

fn layers() -> Vec<(&'static str, FeatureSet)> {
    let point = |xy: Xy| Some(Geometry::Point(Point::from_xy(xy)));
    let high = |xy: Xy, z: f64| Some(Geometry::Point(Point { z: Some(z), ..Point::from_xy(xy) }));
    let multi = Geometry::Multipoint(Path::from_xy(vec![[1.0, 2.0], [3.5, -4.25]]));
    let lines = Geometry::Polyline(vec![
        Path::from_xy(vec![[0.0, 0.0], [1.5, 1.0], [3.0, 0.1]]),
        Path::from_xy(vec![[10.0, 10.0], [11.0, 12.0]]),
    ]);
    // A hole, an island in it, and another part.
    let rings = vec![
        square(0.0, 0.0, 9.0, Turn::Clockwise),
        square(1.0, 1.0, 6.0, Turn::Counterclockwise),
        square(2.0, 2.0, 3.0, Turn::Clockwise),
        square(20.0, 0.0, 2.0, Turn::Clockwise),
    ];
    let one = square(-120.5, 38.0, 0.25, Turn::Clockwise);
    let polygons = vec![Some(Geometry::Polygon(rings)), Some(Geometry::Polygon(vec![one])), None];
    let far = vec![point([500_000.25, 4_649_776.5]), point([500_010.0, 4_649_770.125]), None];
    vec![
        ("points", set(GeometryType::Point, 4326, vec![point([8.54, 47.37]), point([-180.0, 90.0]), None])),
        (
            "heights",
            set(GeometryType::Point, 4326, vec![high([1.0, 2.0], 408.5), high([2.0, 3.0], -3.25), None]),
        ),
        ("multipoints", set(GeometryType::Multipoint, 4326, vec![Some(multi.clone()), Some(multi), None])),
        ("lines", set(GeometryType::Polyline, 4326, vec![Some(lines.clone()), Some(lines), None])),
        ("polygons", set(GeometryType::Polygon, 4326, polygons)),
        ("utm", set(GeometryType::Point, 32633, far)),
        (
            "rows",
            FeatureSet {
                geometry_type: None,
                spatial_reference: None,
                ..set(GeometryType::Point, 4326, vec![None, None, None])
            },
        ),
    ]
}

enum Turn {
    Clockwise,
    Counterclockwise,
}

fn square(x: f64, y: f64, size: f64, turn: Turn) -> Path {
    let mut xy = vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]];
    if matches!(turn, Turn::Counterclockwise) {
        xy.reverse();
    }
    Path::from_xy(xy)
}

/// Three rows of every type of value that a table has: the usual, the extreme, and nothing.
fn set(geometry_type: GeometryType, code: u32, geometries: Vec<Option<Geometry>>) -> FeatureSet {
    let text = |text: &str| Attribute::Text(text.into());
    let rows = vec![
        vec![
            Attribute::Integer(11),
            Attribute::Integer(-7),
            Attribute::Integer(70_000),
            Attribute::Integer(9_007_199_254_740_993),
            Attribute::Double(0.5),
            Attribute::Double(0.1),
            text("Zürich, \"<&>\" 名前"),
            Attribute::Integer(NOON_MS),
            text("2024-05-31"),
        ],
        vec![
            Attribute::Integer(22),
            Attribute::Integer(32_767),
            Attribute::Integer(-2_147_483_648),
            Attribute::Integer(-9_007_199_254_740_995),
            Attribute::Double(-3.25),
            Attribute::Double(-1.0e-7),
            text("x"),
            Attribute::Integer(-86_400_000),
            text("1899-12-30"),
        ],
        std::iter::once(Attribute::Integer(33)).chain(std::iter::repeat_n(Attribute::Null, 8)).collect(),
    ];
    let fields = [
        ("OBJECTID", FieldType::Oid),
        ("small", FieldType::SmallInteger),
        ("whole", FieldType::Integer),
        ("big", FieldType::BigInteger),
        ("single", FieldType::Single),
        ("double", FieldType::Double),
        ("inscription", FieldType::String),
        ("moment", FieldType::Date),
        ("day", FieldType::DateOnly),
    ];
    let has_z = matches!(&geometries[..], [Some(Geometry::Point(Point { z: Some(_), .. })), ..]);
    let feature = |(attributes, geometry)| Feature { attributes, geometry };
    FeatureSet {
        geometry_type: Some(geometry_type),
        spatial_reference: Some(SpatialReference::from_wkid(code)),
        has_z,
        fields: fields.map(|(name, field_type)| Field::new(name, field_type)).to_vec(),
        features: rows.into_iter().zip(geometries).map(feature).collect(),
        ..FeatureSet::default()
    }
}
