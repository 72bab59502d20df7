use super::read::WkbError;
use super::{Dimensions, read_wkb, write_wkb};
use crate::budget::Budget;
use crate::testing::options;
use crate::{FormatError, ReadOptions};
use gp_esri::{Geometry, Path, Point, ReadLimits};
use proptest::prelude::*;

fn read_within(bytes: &[u8], max_vertices: usize) -> Result<Option<Geometry>, WkbError> {
    let options = ReadOptions { limits: ReadLimits { max_vertices, ..ReadLimits::default() }, ..options() };
    read_wkb(bytes, &mut Budget::new(&options))
}

fn read(bytes: &[u8]) -> Result<Option<Geometry>, WkbError> {
    read_within(bytes, 1_000_000)
}

fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.split_whitespace().collect();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn square(x: f64, y: f64, size: f64, dimensions: Dimensions) -> Path {
    let xy = vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]];
    let values = |wanted: bool, offset: f64| {
        if wanted { vec![offset, 1.5, 2.5, 3.5, offset] } else { Vec::new() }
    };
    Path { z: values(dimensions.z, 0.5), m: values(dimensions.m, 0.25), xy }
}

fn samples(dimensions: Dimensions) -> Vec<Geometry> {
    let mut hole = square(2.0, 2.0, 1.0, dimensions);
    gp_geometry::reverse(&mut hole);
    vec![
        Geometry::Point(Point {
            xy: [7.5, -46.25],
            z: dimensions.z.then_some(3.0),
            m: dimensions.m.then_some(4.0),
        }),
        Geometry::Multipoint(square(0.0, 0.0, 1.0, dimensions)),
        Geometry::Polyline(vec![square(0.0, 0.0, 1.0, dimensions), square(3.0, 0.0, 1.0, dimensions)]),
        Geometry::Polygon(vec![square(0.0, 0.0, 10.0, dimensions), hole, square(20.0, 0.0, 1.0, dimensions)]),
    ]
}

#[test]
fn every_type_comes_back_in_every_dimension() {
    for dimensions in Dimensions::ALL {
        for geometry in samples(dimensions) {
            let mut out = Vec::new();
            write_wkb(&mut out, &geometry, dimensions);
            assert_eq!(read(&out).unwrap(), Some(geometry));
        }
    }
}

#[test]
fn both_byte_orders_and_the_flags_of_postgis_are_read() {
    let expected = |z, m| Some(Geometry::Point(Point { xy: [1.0, 2.0], z, m }));
    let one_two = "000000000000f03f 0000000000000040";
    let plain = bytes(&format!("01 01000000 {one_two}"));
    assert_eq!(read(&plain).unwrap(), expected(None, None));
    let big = bytes("00 00000001 3ff0000000000000 4000000000000000");
    assert_eq!(read(&big).unwrap(), expected(None, None));
    let with_srid_and_m = bytes(&format!("01 01000060 e6100000 {one_two} 0000000000000840"));
    assert_eq!(read(&with_srid_and_m).unwrap(), expected(None, Some(3.0)));
    let with_z = bytes(&format!("01 01000080 {one_two} 0000000000000840"));
    assert_eq!(read(&with_z).unwrap(), expected(Some(3.0), None));
    let iso_zm = bytes(&format!("01 b90b0000 {one_two} 0000000000000840 0000000000001040"));
    assert_eq!(read(&iso_zm).unwrap(), expected(Some(3.0), Some(4.0)));
}

#[test]
fn empty_geometries_are_none() {
    let nan = "000000000000f87f";
    for hex in [
        format!("01 01000000 {nan} {nan}"),
        "01 02000000 00000000".into(),
        "01 03000000 00000000".into(),
        "01 03000000 01000000 00000000".into(),
        "01 04000000 00000000".into(),
        format!("01 04000000 01000000 01 01000000 {nan} {nan}"),
        "01 05000000 01000000 01 02000000 00000000".into(),
        "01 06000000 00000000".into(),
    ] {
        assert_eq!(read(&bytes(&hex)).unwrap(), None, "{hex}");
    }
}

#[test]
fn rings_are_closed_and_turned_by_their_role() {
    let ring = |points: &[[f64; 2]]| {
        let mut out = (points.len() as u32).to_le_bytes().to_vec();
        points.iter().flatten().for_each(|value| out.extend(value.to_le_bytes()));
        out
    };
    let counter_clockwise = ring(&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]);
    let also = ring(&[[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]]);
    let polygon = [bytes("01 03000000 02000000"), counter_clockwise, also].concat();
    let Some(Geometry::Polygon(rings)) = read(&polygon).unwrap() else { panic!("no polygon") };
    assert_eq!(rings[0].xy, [[0.0, 0.0], [0.0, 4.0], [4.0, 4.0], [4.0, 0.0], [0.0, 0.0]]);
    assert_eq!(rings[1].xy, [[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0], [1.0, 1.0]]);
}

#[test]
fn a_part_without_z_beside_one_with_z_has_nan() {
    let mut out = bytes("01 ec030000 02000000");
    for (code, values) in [("01 01000000", vec![1.0_f64, 2.0]), ("01 e9030000", vec![3.0, 4.0, 5.0])] {
        out.extend(bytes(code));
        values.iter().for_each(|value| out.extend(value.to_le_bytes()));
    }
    let Some(Geometry::Multipoint(points)) = read(&out).unwrap() else { panic!("no multipoint") };
    assert!(points.z[0].is_nan());
    assert_eq!((points.z[1], points.xy.len()), (5.0, 2));
}

#[test]
fn a_hole_without_exterior_is_written_as_a_polygon_of_its_own() {
    let plain = Dimensions::default();
    // Two rings that cross, so that only their direction says what they are.
    let mut hole = square(20.0, 0.0, 5.0, plain);
    gp_geometry::reverse(&mut hole);
    let rings = vec![square(0.0, 0.0, 5.0, plain), square(4.0, 4.0, 5.0, plain), hole];
    let mut out = Vec::new();
    write_wkb(&mut out, &Geometry::Polygon(rings), plain);
    let Some(Geometry::Polygon(rings)) = read(&out).unwrap() else { panic!("no polygon") };
    assert_eq!(rings.len(), 3);
}

#[test]
fn other_types_are_refused_by_name() {
    for (code, name) in [("07", "GeometryCollection"), ("0a", "CurvePolygon"), ("10", "TIN")] {
        let error = read(&bytes(&format!("01 {code}000000 00000000"))).unwrap_err();
        assert!(matches!(error, WkbError::Refused(FormatError::Unsupported(_))));
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(matches!(read(&bytes("01 63000000 00000000")), Err(WkbError::Malformed(_))));
    assert!(matches!(read(&bytes("01 a10f0000 00000000")), Err(WkbError::Malformed(_))));
}

#[test]
fn counts_are_checked_before_anything_is_made() {
    for hex in
        ["01 02000000 ffffffff", "01 06000000 ffffffff 01 03000000 ffffffff", "01 03000000 ffffffff 00"]
    {
        let error = read(&bytes(hex)).unwrap_err();
        assert!(error.to_string().contains("promises"), "{error}");
    }
    let mut out = Vec::new();
    write_wkb(&mut out, &samples(Dimensions::default())[1], Dimensions::default());
    assert!(matches!(read_within(&out, 4), Err(WkbError::Refused(FormatError::TooLarge(_)))));
    assert!(matches!(
        read(&bytes("01 02000000 01000000 000000000000f07f 0000000000000000")),
        Err(WkbError::Malformed(_))
    ));
}

proptest! {
    #[test]
    fn cut_or_changed_bytes_never_panic(
        kind in 0..4_usize, dimensions in 0..4_usize, at in any::<prop::sample::Index>(), bits in 1..=255_u8,
    ) {
        let dimensions = Dimensions::ALL[dimensions];
        let mut out = Vec::new();
        write_wkb(&mut out, &samples(dimensions)[kind], dimensions);
        let at = at.index(out.len());
        prop_assert!(read(&out[..at]).is_err());
        out[at] ^= bits;
        let _ = read(&out);
    }
}
