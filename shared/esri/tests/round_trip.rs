//! What is written is read back the same; and nothing that is read can make the readers panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use gp_esri::json::{Number, Reader, write_f64};
use gp_esri::{
    ArealUnit, Attribute, Extent, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, LinearUnit,
    Path, Point, ReadLimits, SpatialReference, WriteForm, WriteOptions, date, lenient, write_feature_set,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![
        -1e7..1e7_f64,
        (-20_000_000_i32..20_000_000).prop_map(f64::from),
        any::<f64>().prop_filter("sane", |value| value.abs() <= 1e300),
        Just(-0.0),
    ]
}

fn path(least: usize, has_z: bool, has_m: bool) -> impl Strategy<Value = Path> {
    let ordinate = || prop_oneof![4 => coordinate(), 1 => Just(f64::NAN)];
    vec((coordinate(), coordinate(), ordinate(), ordinate()), least..8).prop_map(move |vertices| Path {
        xy: vertices.iter().map(|vertex| [vertex.0, vertex.1]).collect(),
        z: vertices.iter().filter(|_| has_z).map(|vertex| vertex.2).collect(),
        m: vertices.iter().filter(|_| has_m).map(|vertex| vertex.3).collect(),
    })
}

fn ring(has_z: bool, has_m: bool) -> impl Strategy<Value = Path> {
    path(3, has_z, has_m).prop_map(|mut ring| {
        ring.xy.push(ring.xy[0]);
        for values in [&mut ring.z, &mut ring.m] {
            values.extend(values.first().copied());
        }
        ring
    })
}

fn geometry(geometry_type: GeometryType, has_z: bool, has_m: bool) -> BoxedStrategy<Geometry> {
    match geometry_type {
        GeometryType::Point => (coordinate(), coordinate(), coordinate(), coordinate())
            .prop_map(move |(x, y, z, m)| {
                Geometry::Point(Point { xy: [x, y], z: has_z.then_some(z), m: has_m.then_some(m) })
            })
            .boxed(),
        GeometryType::Multipoint => path(1, has_z, has_m).prop_map(Geometry::Multipoint).boxed(),
        GeometryType::Polyline => vec(path(1, has_z, has_m), 1..4).prop_map(Geometry::Polyline).boxed(),
        GeometryType::Polygon => vec(ring(has_z, has_m), 1..4).prop_map(Geometry::Polygon).boxed(),
    }
}

fn value(field_type: FieldType) -> BoxedStrategy<Attribute> {
    let text =
        |strategy: BoxedStrategy<String>| strategy.prop_map(|text| Attribute::Text(text.into())).boxed();
    let some = match field_type {
        FieldType::SmallInteger => any::<i16>().prop_map(|value| Attribute::Integer(value.into())).boxed(),
        FieldType::Integer => any::<i32>().prop_map(|value| Attribute::Integer(value.into())).boxed(),
        FieldType::BigInteger | FieldType::Oid | FieldType::Date => {
            any::<i64>().prop_map(Attribute::Integer).boxed()
        }
        FieldType::Single | FieldType::Double => coordinate().prop_map(Attribute::Double).boxed(),
        FieldType::DateOnly => text("20[0-9]{2}-0[1-9]-[01][1-9]".boxed()),
        FieldType::TimeOnly => text("[01][0-9]:[0-5][0-9]:[0-5][0-9]".boxed()),
        FieldType::TimestampOffset => {
            text("20[0-9]{2}-0[1-9]-1[1-9]T[01][0-9]:[0-5][0-9]:00[+-]0[1-9]:30".boxed())
        }
        FieldType::Geometry => Just(Attribute::Null).boxed(),
        _ => text(any::<String>().boxed()),
    };
    prop_oneof![4 => some, 1 => Just(Attribute::Null)].boxed()
}

fn field(index: usize) -> impl Strategy<Value = Field> {
    let types: Vec<_> = FieldType::all().collect();
    (proptest::sample::select(types), "[a-zA-Zé_\"]{0,6}", any::<Option<u32>>(), any::<Option<bool>>())
        .prop_map(move |(field_type, name, length, nullable)| {
            let mut field = Field::new(format!("{name}{index}"), field_type);
            (field.length, field.nullable) = (length, nullable);
            field
        })
}

fn feature_set() -> impl Strategy<Value = FeatureSet> {
    let types = [
        None,
        Some(GeometryType::Point),
        Some(GeometryType::Multipoint),
        Some(GeometryType::Polyline),
        Some(GeometryType::Polygon),
    ];
    let fields = (0..5_usize).prop_flat_map(|count| (0..count).map(field).collect::<Vec<_>>());
    (proptest::sample::select(types.to_vec()), any::<(bool, bool, bool)>(), fields).prop_flat_map(
        |(geometry_type, (has_z, has_m, exceeded), fields)| {
            let (has_z, has_m) = (has_z && geometry_type.is_some(), has_m && geometry_type.is_some());
            let row = fields.iter().map(|field| value(field.field_type)).collect::<Vec<_>>();
            let shape = match geometry_type {
                Some(geometry_type) => proptest::option::of(geometry(geometry_type, has_z, has_m)).boxed(),
                None => Just(None).boxed(),
            };
            let feature = (row, shape).prop_map(|(attributes, geometry)| Feature { attributes, geometry });
            vec(feature, 0..5).prop_map(move |features| FeatureSet {
                geometry_type,
                spatial_reference: geometry_type.map(|_| SpatialReference::from_wkid(3857)),
                has_z,
                has_m,
                fields: fields.clone(),
                features,
                exceeded_transfer_limit: exceeded,
            })
        },
    )
}

fn written(set: &FeatureSet, options: &WriteOptions) -> String {
    let mut out = Vec::new();
    write_feature_set(&mut out, set, options);
    String::from_utf8(out).unwrap()
}

/// `Debug` instead of equality: NaN stands for a missing z or m.
fn shown(set: &FeatureSet) -> String {
    format!("{set:?}")
}

fn run_every_reader(text: &str) {
    let limits = ReadLimits { max_features: 1000, max_vertices: 100_000, ..ReadLimits::default() };
    let _ = FeatureSet::from_json(text, &limits);
    let _ = Reader::new(text, 32).skip_value();
    let _ = lenient::to_json(text);
    let _ = SpatialReference::from_text(text);
    let _ = LinearUnit::from_text(text);
    let _ = ArealUnit::from_text(text);
    let _ = Extent::from_text(text);
    let _ = Field::from_text(text);
    let _ = date::parse_date(text);
    let _ = date::normalise_timestamp_offset(text);
}

proptest! {
    #[test]
    fn a_written_set_is_read_back_the_same(set in feature_set()) {
        for form in [WriteForm::FeatureSet, WriteForm::FeatureCollection { name: "L\"1".into() }] {
            let text = written(&set, &WriteOptions { form, ..WriteOptions::default() });
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            // A set whose schema is empty cannot say that it is a table.
            if set.fields.is_empty() && set.geometry_type.is_none() {
                continue;
            }
            let read = FeatureSet::from_json(&text, &ReadLimits::default()).unwrap();
            prop_assert_eq!(shown(&read.feature_set), shown(&set), "{}", text);
            prop_assert!(read.warnings.is_empty(), "{:?}", read.warnings);
        }
    }

    #[test]
    fn members_before_or_after_the_features_make_the_same_set(set in feature_set()) {
        let text = written(&set, &WriteOptions::default());
        // serde_json sorts keys: "features" then comes before "fields", "geometryType", "hasZ" and "spatialReference".
        let sorted = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
        let limits = ReadLimits::default();
        prop_assert_eq!(
            shown(&FeatureSet::from_json(&sorted, &limits).unwrap().feature_set),
            shown(&FeatureSet::from_json(&text, &limits).unwrap().feature_set)
        );
    }

    #[test]
    fn floats_survive_to_the_bit(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        let mut out = Vec::new();
        write_f64(&mut out, value);
        let text = std::str::from_utf8(&out).unwrap();
        match Number::parse(text) {
            Some(number) => prop_assert_eq!(number.as_f64().to_bits(), value.to_bits()),
            None => prop_assert!(!value.is_finite()),
        }
    }

    #[test]
    fn numbers_agree_with_another_parser(text in "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,22})?([eE][+-]?[0-9]{1,2})?") {
        let theirs: f64 = text.parse().unwrap();
        prop_assert_eq!(Number::parse(&text).unwrap().as_f64().to_bits(), theirs.to_bits());
    }

    #[test]
    fn skipping_agrees_with_another_parser(text in "[\\[\\]{}:,\" a1.\\-e\\\\ntrue]{0,24}") {
        let mine = { let mut reader = Reader::new(&text, 64); reader.skip_value().and_then(|()| reader.end()).is_ok() };
        prop_assert_eq!(mine, serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn a_reader_never_panics_on_any_text(text in any::<String>(), jsonish in "[\\[\\]{}:,\"' a-zA-Z0-9.\\-\\\\]{0,60}") {
        run_every_reader(&text);
        run_every_reader(&jsonish);
    }

    #[test]
    fn a_reader_never_panics_on_a_mutated_set(
        set in feature_set(), cuts in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut bytes = written(&set, &WriteOptions::default()).into_bytes();
        for (from, to, byte) in cuts {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            match byte % 3 {
                0 => bytes[from] = byte,
                1 => bytes.swap(from, to),
                _ => drop(bytes.drain(from.min(to)..(from.min(to) + usize::from(byte % 16)).min(bytes.len() - 1))),
            }
        }
        run_every_reader(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_set_is_written_with_the_keys_in_the_servers_order() {
    let mut oid = Field::new("OBJECTID", FieldType::Oid);
    oid.length = Some(8);
    let set = FeatureSet {
        geometry_type: Some(GeometryType::Polyline),
        spatial_reference: Some(SpatialReference::from_wkid(3857)),
        has_z: true,
        fields: vec![oid, Field::new("name", FieldType::String)],
        features: vec![Feature {
            attributes: vec![Attribute::Integer(1), Attribute::Text("a\"b".into())],
            geometry: Some(Geometry::Polyline(vec![Path {
                xy: vec![[0.123456789, 1.0], [2.0, 3.5]],
                z: vec![f64::NAN, 7.0],
                m: vec![],
            }])),
        }],
        ..FeatureSet::default()
    };
    let head =
        r#""geometryType":"esriGeometryPolyline","spatialReference":{"wkid":102100,"latestWkid":3857}"#;
    let fields = r#""fields":[{"name":"OBJECTID","type":"esriFieldTypeOID","alias":"OBJECTID","length":8},{"name":"name","type":"esriFieldTypeString","alias":"name"}]"#;
    assert_eq!(
        written(&set, &WriteOptions { decimals: Some(4), ..WriteOptions::default() }),
        format!(
            r#"{{"displayFieldName":"","objectIdFieldName":"OBJECTID","hasZ":true,{head},{fields},"features":[{{"attributes":{{"OBJECTID":1,"name":"a\"b"}},"geometry":{{"paths":[[[0.1235,1,null],[2,3.5,7]]]}}}}],"exceededTransferLimit":false}}"#
        )
    );
    assert_eq!(
        written(&set, &WriteOptions { z: false, omit_features: true, ..WriteOptions::default() }),
        format!(
            r#"{{"displayFieldName":"","objectIdFieldName":"OBJECTID",{head},{fields},"features":[],"exceededTransferLimit":true}}"#
        )
    );
    let form = WriteForm::FeatureCollection { name: "Out".into() };
    assert_eq!(
        written(&set, &WriteOptions { z: false, omit_features: true, form, ..WriteOptions::default() }),
        format!(
            r#"{{"layerDefinition":{{"name":"Out","type":"Feature Layer","geometryType":"esriGeometryPolyline","objectIdField":"OBJECTID",{fields},"templates":[]}},"featureSet":{{"displayFieldName":"",{head},"features":[],"exceededTransferLimit":true}}}}"#
        )
    );
    let table = FeatureSet {
        fields: vec![Field::new("a", FieldType::Double)],
        features: vec![Feature { attributes: vec![Attribute::Double(1.5)], geometry: None }],
        ..FeatureSet::default()
    };
    assert_eq!(
        written(&table, &WriteOptions::default()),
        r#"{"displayFieldName":"","fields":[{"name":"a","type":"esriFieldTypeDouble","alias":"a"}],"features":[{"attributes":{"a":1.5}}],"exceededTransferLimit":false}"#
    );
}
