//! Claims about reading feature sets: forms, order of members, types, and the texts of errors and warnings.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use gp_esri::{
    Attribute, FeatureSet, FieldType, Geometry, GeometryType, ReadError, ReadFeatureSet, ReadLimits,
};

#[track_caller]
fn read(text: &str) -> ReadFeatureSet {
    FeatureSet::from_json(text, &ReadLimits::default()).unwrap()
}

#[track_caller]
fn error(text: &str) -> String {
    FeatureSet::from_json(text, &ReadLimits::default()).unwrap_err().to_string()
}

fn only_geometry(text: &str) -> Geometry {
    read(text).feature_set.features[0].geometry.clone().unwrap()
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.into())
}

#[test]
fn members_may_come_in_any_order() {
    let one = read(
        r#"{"geometryType":"esriGeometryPolyline","hasM":true,"spatialReference":{"wkid":102100},
        "fields":[{"name":"POP","type":"esriFieldTypeDouble"},{"name":"DAY","type":"esriFieldTypeDate"}],
        "features":[{"attributes":{"pop":"5","Day":"1970-01-02","other":1},"geometry":{"paths":[[[0,1,2],[3,4,null],[5,6]]]}}]}"#,
    );
    let other = read(
        r#"{"features":[{"geometry":{"paths":[[[0,1,2],[3,4,null],[5,6]]]},"attributes":{"other":1,"Day":"1970-01-02","pop":"5"}}],
        "fields":[{"name":"POP","type":"esriFieldTypeDouble"},{"name":"DAY","type":"esriFieldTypeDate"}],
        "spatialReference":{"latestWkid":3857},"hasM":true,"geometryType":"esriGeometryPolyline"}"#,
    );
    for set in [&one.feature_set, &other.feature_set] {
        assert_eq!(set.features[0].attributes, [Attribute::Double(5.0), Attribute::Integer(86_400_000)]);
        let Some(Geometry::Polyline(paths)) = &set.features[0].geometry else { panic!() };
        assert_eq!(paths[0].xy, [[0.0, 1.0], [3.0, 4.0], [5.0, 6.0]]);
        assert!(
            paths[0].z.is_empty() && paths[0].m[0] > 1.9 && paths[0].m[1].is_nan() && paths[0].m[2].is_nan()
        );
        assert!(set.has_m && !set.has_z);
        assert_eq!(set.spatial_reference.as_ref().unwrap().code(), Some(3857));
    }
}

#[test]
fn a_set_without_schema_is_inferred_as_javascript_sends_it() {
    let set = read(
        r#"{"features":[{"aggregateGeometries":null,"geometry":{"spatialReference":{"wkid":4326},"x":1,"y":2},"symbol":null,
        "attributes":{"a":1,"b":1,"c":1,"OBJECTID":7,"n":null},"popupTemplate":null},
        {"geometry":{"spatialReference":{"wkid":4326},"x":"NaN","y":"NaN"},"attributes":{"A":2.5,"b":"x","c":5000000000,"OBJECTID":8,"d":true}}],
        "geometryType":"undefined"}"#,
    );
    let types: Vec<_> =
        set.feature_set.fields.iter().map(|field| (field.name.as_str(), field.field_type)).collect();
    assert_eq!(
        types,
        [
            ("a", FieldType::Double),
            ("b", FieldType::String),
            ("c", FieldType::BigInteger),
            ("OBJECTID", FieldType::Oid),
            ("n", FieldType::String),
            ("d", FieldType::Integer)
        ]
    );
    assert_eq!(set.feature_set.features[0].attributes[1], text("1"));
    assert_eq!(set.feature_set.features[1].geometry, None);
    assert_eq!(set.feature_set.geometry_type, Some(GeometryType::Point));
    assert_eq!(set.feature_set.spatial_reference.unwrap().code(), Some(4326));
    assert_eq!(
        set.warnings,
        [
            "geometryType \"undefined\" is unknown: told from the geometries instead",
            "features[1]: no position, because a coordinate is NaN: read without geometry"
        ]
    );
}

#[test]
fn layers_bare_geometries_and_single_features_are_sets() {
    let layer = read(
        r#"{"featureSet":{"features":[{"attributes":{"A":"1"},"geometry":null}]},"filter":"A > 0",
        "layerDefinition":{"name":"L","type":"Feature Layer","geometryType":"esriGeometryPolygon","fields":[{"name":"A","type":"esriFieldTypeInteger"}]}}"#,
    );
    assert_eq!(layer.feature_set.features[0].attributes, [Attribute::Integer(1)]);
    assert_eq!(layer.feature_set.geometry_type, Some(GeometryType::Polygon));
    assert_eq!(layer.filter.as_deref(), Some("A > 0"));
    let point = read(r#"{"x":1,"y":2,"z":3,"spatialReference":4326}"#).feature_set;
    assert!(point.has_z && point.spatial_reference.unwrap().code() == Some(4326));
    let Geometry::Polygon(rings) = only_geometry(r#"{"xmin":0,"ymin":0,"xmax":2,"ymax":1}"#) else {
        panic!()
    };
    assert_eq!(rings[0].xy, [[0.0, 0.0], [0.0, 1.0], [2.0, 1.0], [2.0, 0.0], [0.0, 0.0]]);
    let feature = read(r#"{"attributes":{"a":1},"geometry":{"points":[[1,2,3,4]],"hasZ":true,"hasM":true}}"#)
        .feature_set;
    assert!(feature.has_z && feature.has_m && feature.fields.len() == 1);
    let lenient = read("{'features': [{'attributes': {'name': \"it's\", 'x': None}}]}").feature_set;
    assert_eq!(lenient.features[0].attributes, [text("it's"), Attribute::Null]);
    assert_eq!(lenient.geometry_type, None, "a table");
    assert_eq!(read(r#"{"features":[]}"#).feature_set.geometry_type, Some(GeometryType::Point));
}

#[test]
fn geojson_is_wgs84_with_its_rings_turned() {
    let set = read(
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"properties":{"a":{"b":[1]}},"geometry":{"coordinates":
        [[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]],[[[9,9],[9,10],[10,10],[9,9]]]],"type":"MultiPolygon"}}]}"#,
    )
    .feature_set;
    assert_eq!(set.spatial_reference.unwrap().code(), Some(4326));
    assert_eq!(set.features[0].attributes, [Attribute::Integer(1), text("{\"b\":[1]}")]);
    let Some(Geometry::Polygon(rings)) = &set.features[0].geometry else { panic!() };
    let area = |xy: &[[f64; 2]]| xy.windows(2).map(|e| e[0][0] * e[1][1] - e[1][0] * e[0][1]).sum::<f64>();
    assert!(area(&rings[0].xy) < 0.0 && area(&rings[1].xy) > 0.0 && area(&rings[2].xy) < 0.0);
    for (geojson, vertices) in [
        (r#"{"type":"Point","coordinates":[1,2,3]}"#, 1),
        (r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#, 2),
        (r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#, 2),
        (r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}"#, 4),
        (
            r#"{"type":"Feature","properties":null,"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}}"#,
            4,
        ),
    ] {
        assert_eq!(only_geometry(geojson).vertex_count(), vertices, "{geojson}");
    }
    assert!(
        error(r#"{"type":"GeometryCollection","geometries":[]}"#)
            .contains("GeometryCollection has no counterpart")
    );
    assert!(
        error(r#"{"type":"Polygon","coordinates":[[1,2],[3,4]]}"#)
            .contains("nested 3 deep, these are 2 deep")
    );
    let mercator = read(
        r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}"#,
    );
    assert_eq!(mercator.feature_set.spatial_reference.unwrap().code(), Some(3857));
}

#[test]
fn a_set_that_was_cut_short_says_so_at_the_top_or_in_the_properties_of_its_collection() {
    for (members, is_cut) in [
        (r#""exceededTransferLimit":true,"features":[]"#, true),
        (r#""properties":{"a":[1],"exceededTransferLimit":true},"features":[]"#, true),
        (r#""features":[],"properties":{"exceededTransferLimit":true}"#, true),
        (r#""exceededTransferLimit":true,"properties":{"exceededTransferLimit":false},"features":[]"#, true),
        (r#""properties":{"exceededTransferLimit":false},"features":[]"#, false),
        (
            r#""properties":null,"features":[{"type":"Feature","properties":{"exceededTransferLimit":true}}]"#,
            false,
        ),
    ] {
        let set = read(&format!("{{\"type\":\"FeatureCollection\",{members}}}")).feature_set;
        assert_eq!(set.exceeded_transfer_limit, is_cut, "{members}");
    }
    let feature = r#"{"type":"Feature","properties":{"exceededTransferLimit":true},"geometry":null}"#;
    assert!(!read(feature).feature_set.exceeded_transfer_limit);
}

#[test]
fn nothing_given_and_references_elsewhere_are_told_apart() {
    let result = |text| FeatureSet::from_json(text, &ReadLimits::default()).unwrap_err();
    for nothing in ["", "  ", "{}", "null", "\"\"", r#"{"url":""}"#, r#"{"url":"","filter":""}"#] {
        assert_eq!(result(nothing), ReadError::NotGiven, "{nothing}");
    }
    let url = result(r#"{"url":"https://h/FeatureServer/0?token=secret","filter":"a=1"}"#);
    assert!(matches!(&url, ReadError::Url { url } if url.ends_with("secret")));
    assert!(!url.to_string().contains("secret"));
    assert!(matches!(result(r#"{"itemID":"i1"}"#), ReadError::ItemId { .. }));
}

#[test]
fn errors_name_the_place_and_the_value() {
    let fields = r#""fields":[{"name":"POP","type":"esriFieldTypeInteger"}]"#;
    assert_eq!(
        error(&format!(
            r#"{{{fields},"features":[{{"attributes":{{"POP":1}}}},{{"attributes":{{"POP":"many"}}}}]}}"#
        )),
        "features[1].attributes.POP: value \"many\" does not fit esriFieldTypeInteger: expected a whole number from -2147483648 to 2147483647"
    );
    assert_eq!(
        error(&format!(r#"{{"features":[{{"attributes":{{"POP":"many"}}}}],{fields}}}"#)),
        "features[0].attributes.POP: value \"many\" does not fit esriFieldTypeInteger: expected a whole number from -2147483648 to 2147483647"
    );
    assert_eq!(
        error(r#"{"features":[{"geometry":{"rings":[[[0,0],[1,1],[2]]]}}]}"#),
        "features[0].geometry.rings[0][2]: a position needs x and y"
    );
    assert_eq!(
        error(r#"{"features":[{"geometry":{"rings":[[[0,0],[1,"east"]]]}}]}"#),
        "features[0].geometry.rings[0][1]: expected a coordinate, found a text (byte 45)"
    );
    assert_eq!(
        error(
            r#"{"geometryType":"esriGeometryPoint","features":[{"geometry":{"rings":[[[0,0],[1,1],[2,0]]]}}]}"#
        ),
        "features[0].geometry: is esriGeometryPolygon, but the set declares esriGeometryPoint"
    );
    assert_eq!(
        error(
            r#"{"features":[{"geometry":null},{"geometry":{"x":1,"y":1}}],"geometryType":"esriGeometryPolygon"}"#
        ),
        "features[1].geometry: is esriGeometryPoint, but the set declares esriGeometryPolygon"
    );
    assert_eq!(
        error(r#"{"features":[{"geometry":{"x":1,"y":1}},{"geometry":{"paths":[[[0,0],[1,1]]]}}]}"#),
        "features[1].geometry: is esriGeometryPolyline, but features[0] has esriGeometryPoint"
    );
    assert_eq!(
        error(
            r#"{"features":[{"geometry":{"x":1,"y":1,"spatialReference":{"wkid":4326}}},{"geometry":{"x":1,"y":1,"spatialReference":{"wkid":3857}}}]}"#
        ),
        "features[1].geometry.spatialReference: is wkid 3857, but that of features[0] is wkid 4326: all features of a set need one"
    );
    assert_eq!(
        error(r#"{"features":[{"geometry":{"ring":[]}}]}"#),
        "features[0].geometry: a geometry with \"ring\" but none of x and y, points, paths, rings, curvePaths, curveRings, or xmin to ymax"
    );
    assert_eq!(
        error(r#"{"features":[{"geometry":{"x":1}}]}"#),
        "features[0].geometry: a point needs both x and y"
    );
    assert!(
        error(r#"{"features":[{"attributes":{"a":}}]}"#)
            .starts_with("features[0].attributes.a: not valid JSON at byte 32: expected a value")
    );
    assert!(error("[1,2]").starts_with("\"[1,2]\" is no feature set"));
    assert!(error("Parcels").contains("not valid JSON at byte 0"));
    assert!(error(r#"{"foo":1}"#).starts_with("expected a feature set such as"));
    assert!(error(&format!(r#"{{"other":{}"#, "[".repeat(1 << 20))).contains("nested deeper than 64"));
}

#[test]
fn limits_are_errors_that_say_the_limit() {
    let limits = ReadLimits { max_features: 2, max_vertices: 5, max_values: 4, ..ReadLimits::default() };
    let error = |text: &str| FeatureSet::from_json(text, &limits).unwrap_err();
    assert_eq!(error(r#"{"features":[{},{},{}]}"#), ReadError::TooManyFeatures { max_features: 2 });
    let ring = r#"{"geometry":{"rings":[[[0,0],[1,1],[2,0]]]}}"#;
    assert_eq!(
        error(&format!(r#"{{"features":[{ring},{ring}]}}"#)),
        ReadError::TooManyVertices { max_vertices: 5 }
    );
    let row = r#"{"attributes":{"a":1,"b":2,"c":3}}"#;
    assert_eq!(
        error(&format!(r#"{{"features":[{row},{row}]}}"#)),
        ReadError::TooManyValues { max_values: 4 }
    );
}

#[test]
fn a_text_of_nothing_but_names_of_attributes_is_refused_before_it_fills_memory() {
    let names = |count: usize| (0..count).map(|name| format!("\"{name}\":1")).collect::<Vec<_>>().join(",");
    let text = |count: usize| format!("{{\"features\":[{{\"attributes\":{{{}}}}}]}}", names(count));
    assert_eq!(read(&text(20_000)).feature_set.fields.len(), 20_000);
    assert!(error(&text(20_001)).contains("attributes of more than 20000 names"));
}

#[test]
fn flags_of_a_geometry_and_of_the_set_settle_z_and_m() {
    let set = read(
        r#"{"features":[{"geometry":{"paths":[[[0,0,1,2],[1,1,3,4]]],"hasZ":true,"hasM":true}},{"geometry":{"hasM":true,"hasZ":false,"paths":[[[0,0,7]]]}},
        {"geometry":{"paths":[[[5,5,9]]]}}],"hasZ":true}"#,
    )
    .feature_set;
    let paths = |index: usize| match &set.features[index].geometry {
        Some(Geometry::Polyline(paths)) => paths[0].clone(),
        other => panic!("{other:?}"),
    };
    assert!(set.has_z && set.has_m);
    assert_eq!((paths(0).z, paths(0).m), (vec![1.0, 3.0], vec![2.0, 4.0]));
    assert_eq!((paths(1).m, paths(1).z[0].is_nan()), (vec![7.0], true));
    assert_eq!((paths(2).z, paths(2).m[0].is_nan()), (vec![9.0], true));
}

#[test]
fn open_rings_are_closed_and_empty_geometries_are_none() {
    let Geometry::Polygon(rings) = only_geometry(r#"{"rings":[[[0,0],[0,1],[1,1]],[]]}"#) else { panic!() };
    assert_eq!((rings.len(), rings[0].xy.len()), (1, 4));
    for empty in [
        r#"{"rings":[]}"#,
        r#"{"points":[]}"#,
        r#"{"x":null,"y":null}"#,
        r#"{"paths":[[]]}"#,
        r#"{"xmin":"NaN"}"#,
    ] {
        let set = read(&format!(r#"{{"features":[{{"geometry":{empty}}}]}}"#)).feature_set;
        assert_eq!(set.features[0].geometry, None, "{empty}");
    }
}
