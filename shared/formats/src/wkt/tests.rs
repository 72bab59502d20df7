use super::*;
use crate::testing::{self, options};
use proptest::prelude::*;

fn read(text: &str) -> Result<Wkt, String> {
    let options = options();
    read_wkt(text, &mut Budget::new(&options)).map_err(|error| match error {
        WktError::Syntax(reason) => reason,
        WktError::Refused(error) => error.to_string(),
    })
}

fn geometry(text: &str) -> Geometry {
    read(text).unwrap().geometry.unwrap()
}

#[test]
fn z_and_m_are_named_attached_or_told_from_the_count() {
    let point = |z, m| Geometry::Point(Point { xy: [1.0, -2.5], z, m });
    for (text, z, m) in [
        ("POINT (1 -2.5)", None, None),
        (" point(1 -2.5) ", None, None),
        ("POINT Z (1 -2.5 3)", Some(3.0), None),
        ("POINTZ(1 -2.5 3)", Some(3.0), None),
        ("POINT (1 -2.5 3)", Some(3.0), None),
        ("POINT M (1 -2.5 4)", None, Some(4.0)),
        ("POINT ZM (1 -2.5 3 4)", Some(3.0), Some(4.0)),
        ("PointZM (1 -2.5 nan 4e0)", None, Some(4.0)),
        ("POINT (1 -2.5 3 4)", Some(3.0), Some(4.0)),
    ] {
        assert_eq!(geometry(text), point(z, m), "{text}");
    }
    let read = read("srid=3857;POINT (1 2)").unwrap();
    assert_eq!((read.srid, read.has_z, read.has_m), (Some(3857), false, false));
}

#[test]
fn rings_are_closed_and_turned_and_both_forms_of_multipoints_are_one() {
    let polygon = geometry("POLYGON ((0 0, 9 0, 9 9, 0 9), (1 1, 1 2, 2 2, 1 1))");
    let Geometry::Polygon(rings) = polygon else { panic!("no polygon") };
    assert_eq!(rings[0].xy, [[0.0, 0.0], [0.0, 9.0], [9.0, 9.0], [9.0, 0.0], [0.0, 0.0]]);
    assert!(gp_geometry::is_clockwise(&rings[0].xy) && !gp_geometry::is_clockwise(&rings[1].xy));
    let points = Geometry::Multipoint(Path::from_xy(vec![[1.0, 2.0], [3.0, 4.0]]));
    for text in ["MULTIPOINT (1 2, 3 4)", "MULTIPOINT ((1 2), (3 4))", "MULTIPOINT (EMPTY, (1 2), 3 4)"] {
        assert_eq!(geometry(text), points, "{text}");
    }
    let lines = geometry("MULTILINESTRING ((0 0, 1 1), EMPTY, (2 2, 3 3))");
    assert!(matches!(lines, Geometry::Polyline(paths) if paths.len() == 2));
}

#[test]
fn empty_geometries_have_a_type_and_no_shape() {
    for (text, geometry_type) in [
        ("POINT EMPTY", GeometryType::Point),
        ("POINT (nan nan)", GeometryType::Point),
        ("MULTIPOLYGON Z EMPTY", GeometryType::Polygon),
        ("LINESTRING EMPTY", GeometryType::Polyline),
        ("MULTIPOINT (EMPTY)", GeometryType::Multipoint),
    ] {
        let read = read(text).unwrap();
        assert_eq!((read.geometry, read.geometry_type), (None, geometry_type), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, reason) in [
        ("", "\"\" is no geometry"),
        ("POINT", "expected '(', but the text ends at character 5"),
        ("POINT (1)", "a position needs two numbers at character 8, found \")\""),
        ("POINT (1 2", "expected ')', but the text ends at character 10"),
        ("POINT (1 2) x", "expected the end at character 12, found \"x\""),
        ("POINT (1 b)", "expected a number at character 9, found \"b)\""),
        ("POINT (1 inf)", "expected a number at character 9, found \"inf)\""),
        ("POINT Z (1 2)", "the positions have different numbers of ordinates at character 12, found \")\""),
        ("POINT (1 2 3 4 5)", "a position has four numbers at most at character 16, found \")\""),
        (
            "SRID=x;POINT (1 2)",
            "SRID= needs a code and a semicolon at character 0, found \"SRID=x;POINT (1 2)\"",
        ),
        ("POINT QQ (1 2)", "\"QQ\" was not expected"),
    ] {
        assert_eq!(read(text), Err(reason.to_owned()), "{text}");
    }
    let refused = read("GEOMETRYCOLLECTION (POINT (1 2))").unwrap_err();
    assert!(refused.starts_with("a GEOMETRYCOLLECTION has no counterpart here"), "{refused}");
    assert!(read(&format!("POLYGON {}", "(".repeat(100_000))).is_err());
}

proptest! {
    #[test]
    fn a_written_geometry_is_read_back_the_same(geometry in testing::any_geometry()) {
        let mut out = Vec::new();
        write_wkt(&mut out, &geometry);
        let text = String::from_utf8(out).unwrap();
        testing::assert_same_geometry(read(&text).unwrap().geometry.as_ref(), Some(&geometry));
    }

    #[test]
    fn well_known_text_never_panics(text in "(SRID=4;)?(POINT|MULTIPOLYGON|MULTIPOINT|LINESTRING)( ?[ZM]{0,2}) ?[(), .0-9eEMPTYna-]{0,40}") {
        let _ = read(&text);
    }

    #[test]
    fn any_text_as_well_known_text_never_panics(text in ".{0,60}") {
        let _ = (read(&text), is_wkt_like(&text));
    }
}
