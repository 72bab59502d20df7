//! Feature sets that several tests send.

use std::fmt::Write as _;

/// One point at 8° E, 50° N.
pub const POINT: &str = r#"{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":4326},"fields":[{"name":"OBJECTID","type":"esriFieldTypeOID","alias":"OBJECTID"},{"name":"NAME","type":"esriFieldTypeString","alias":"NAME"}],"features":[{"attributes":{"OBJECTID":1,"NAME":"Mainz"},"geometry":{"x":8,"y":50}}]}"#;

/// Points on a grid in metres of Web Mercator.
pub fn points(count: usize) -> String {
    let mut text = set_head("esriGeometryPoint");
    for index in 0..count {
        let comma = if index > 0 { "," } else { "" };
        let (x_m, y_m) = (index % 100 * 1000, index / 100 * 1000);
        let _ = write!(
            text,
            "{comma}{{\"attributes\":{{\"OBJECTID\":{}}},\"geometry\":{{\"x\":{x_m},\"y\":{y_m}}}}}",
            index + 1
        );
    }
    text.push_str("]}");
    text
}

/// A polygon of that many vertices that no engine buffers quickly: thin rays from a common centre, in metres of Web
/// Mercator. It is valid, and its buffer's sides cross each other everywhere.
pub fn star(vertices: usize) -> String {
    let mut text = set_head("esriGeometryPolygon");
    text.push_str("{\"attributes\":{\"OBJECTID\":1},\"geometry\":{\"rings\":[[");
    for index in 0..vertices {
        let angle_rad = -std::f64::consts::TAU * index as f64 / vertices as f64;
        let radius_m = if index % 2 == 0 { 100_000.0 } else { 50_000.0 };
        let _ = write!(text, "[{:.6},{:.6}],", radius_m * angle_rad.cos(), radius_m * angle_rad.sin());
    }
    text.push_str("[100000.000000,0.000000]]]}}]}");
    text
}

fn set_head(geometry_type: &str) -> String {
    format!(
        "{{\"geometryType\":\"{geometry_type}\",\"spatialReference\":{{\"wkid\":3857}},\"fields\":[{{\"name\":\
         \"OBJECTID\",\"type\":\"esriFieldTypeOID\",\"alias\":\"OBJECTID\"}}],\"features\":["
    )
}
