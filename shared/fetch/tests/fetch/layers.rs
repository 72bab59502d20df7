//! Layers of a feature service: filters, pages, tokens.

use crate::stand_in::feature_server::Layer;
use crate::stand_in::{Reply, Server, fetcher, never, ok, reply, settings};
use gp_esri::{Attribute, DataReference, Envelope, FeatureSet, GeometryType, ReadLimits, SpatialReference};
use gp_fetch::{FetchError, Fetcher, Geometries, LayerQuery, OwnServer, ReadFeatures, Url};

pub const LAYER: &str = "/arcgis/rest/services/Places/FeatureServer/0";

fn serve(layer: Layer) -> Server {
    Server::start(move |asked| layer.answer(asked))
}

pub fn read(reference: &DataReference) -> Result<ReadFeatures, FetchError> {
    fetcher().layer(reference, &LayerQuery::default(), &never)
}

pub fn oids(set: &FeatureSet) -> Vec<i64> {
    (0..set.features.len()).map(|row| set.oid_of(row)).collect()
}

#[test]
fn a_layer_is_read_to_its_last_page() {
    for has_pages in [true, false] {
        for count in [0, 1, 9, 10, 11, 35] {
            let server = serve(Layer { has_pages, ..Layer::of(count) });
            let found = read(&server.reference(LAYER)).unwrap();
            assert_eq!(oids(&found.features), (1..=count).collect::<Vec<_>>());
            assert!(found.warnings.is_empty(), "{:?}", found.warnings);
            assert_eq!(found.features.geometry_type, Some(GeometryType::Point));
            assert_eq!(found.features.spatial_reference.unwrap().code(), Some(3857));
            assert_eq!(found.features.fields.len(), 2);
            assert!(!found.features.exceeded_transfer_limit);
            // The connection is kept from one request to the next: all were heard, none was asked twice.
            let pages = server.asked().iter().filter(|asked| asked.parameter("outFields").is_some()).count();
            assert_eq!(pages as i64, (count.max(1) + 9) / 10, "{count} features, pages: {has_pages}");
        }
    }
}

#[test]
fn filter_time_and_box_are_the_servers_work() {
    for has_pages in [true, false] {
        let server = serve(Layer { has_pages, ..Layer::of(35) });
        let reference = DataReference {
            filter: Some("POP>7".to_owned()),
            time: Some("1,null".to_owned()),
            ..server.reference(LAYER)
        };
        let query = LayerQuery {
            envelope: Some((
                Envelope { xmin: 0.0, ymin: -1.5, xmax: 100.0, ymax: 1.0 },
                SpatialReference::from_wkid(4326),
            )),
            ..LayerQuery::default()
        };
        let found = fetcher().layer(&reference, &query, &never).unwrap();
        assert_eq!(oids(&found.features), [8, 9, 18, 19, 28, 29]);
        assert_eq!(found.warnings.len(), 1);
        assert!(found.warnings[0].contains("knows no time"), "{:?}", found.warnings);
        let asked = server.asked();
        let choosing = asked.iter().find(|asked| asked.parameter("returnCountOnly").is_some()).unwrap();
        assert_eq!(choosing.parameter("time"), Some("1,null"));
        assert_eq!(choosing.parameter("inSR"), Some("4326"));
        assert_eq!(choosing.parameter("spatialRel"), Some("esriSpatialRelIntersects"));
        assert!(choosing.parameter("geometry").unwrap().contains("\"ymin\":-1.5"));
    }
}

#[test]
fn pages_in_protocol_buffers_are_the_same_as_in_json() {
    const PBF: &str = r#""type":"Feature Layer","supportedQueryFormats":"JSON, geoJSON, PBF""#;
    for has_pages in [true, false] {
        for is_honest in [true, false] {
            let layer = Layer { has_pages, description: PBF, ..Layer::of(35) };
            let server = Server::start(move |asked| {
                let answer = layer.answer(asked);
                match answer {
                    Reply::Bytes(bytes) if asked.parameter("f") == Some("pbf") => {
                        let text = String::from_utf8(bytes).unwrap();
                        let json = text.split_once("\r\n\r\n").unwrap().1;
                        let set = FeatureSet::from_json(json, &ReadLimits::default()).unwrap().feature_set;
                        let mut out = Vec::new();
                        gp_formats::write_pbf(&mut out, &set, &never).unwrap();
                        out.truncate(if is_honest { out.len() } else { out.len() / 2 });
                        Reply::Bytes(reply(200, &[("Content-Type", "application/x-protobuf")], &out))
                    }
                    other => other,
                }
            });
            let plain = serve(Layer { has_pages, ..Layer::of(35) });
            let found = read(&server.reference(LAYER)).unwrap();
            assert_eq!(found, read(&plain.reference(LAYER)).unwrap());
            let in_pbf = server.asked().iter().filter(|asked| asked.parameter("f") == Some("pbf")).count();
            assert_eq!(in_pbf, if is_honest { 4 } else { 1 });
        }
    }
}

#[test]
fn geometries_are_left_out_where_nobody_needs_them() {
    let server = serve(Layer::of(3));
    let query = LayerQuery { geometries: Geometries::NotNeeded, ..LayerQuery::default() };
    let found = fetcher().layer(&server.reference(LAYER), &query, &never).unwrap();
    assert!(found.features.features.iter().all(|feature| feature.geometry.is_none()));
    assert_eq!(found.features.features[2].attributes[1], Attribute::Integer(3));
}

#[test]
fn a_query_url_is_followed_to_the_end_unless_it_asks_for_one_page() {
    let server = serve(Layer::of(35));
    let all = server.reference(&format!("{LAYER}/query?where=POP%3E3&f=html"));
    let found = read(&DataReference { filter: Some("OBJECTID<=20".to_owned()), ..all }).unwrap();
    assert_eq!(oids(&found.features).len(), 12);
    let projected = server.reference(&format!("{LAYER}/query?outSR=4326"));
    assert_eq!(read(&projected).unwrap().features.spatial_reference.unwrap().code(), Some(4326));
    let page =
        server.reference(&format!("{LAYER}/query?where=1%3D1&resultRecordCount=4&resultOffset=2&f=json"));
    let found = read(&page).unwrap();
    assert_eq!(oids(&found.features), [3, 4, 5, 6]);
    assert!(found.warnings[0].contains("more features than the url asks for"), "{:?}", found.warnings);
    let error = read(&server.reference(&format!("{LAYER}/query?returnIdsOnly=true"))).unwrap_err();
    assert!(error.to_string().contains("take returnIdsOnly out of the url"), "{error}");
}

#[test]
fn a_token_goes_into_the_form_and_nowhere_else() {
    let server = serve(Layer { token: Some("s3cr+t/"), ..Layer::of(12) });
    let with_token = DataReference { token: Some("s3cr+t/".to_owned()), ..server.reference(LAYER) };
    let in_url = server.reference(&format!("{LAYER}?token=s3cr%2Bt%2F"));
    let in_query = server.reference(&format!("{LAYER}/query?where=1%3D1&serviceToken=s3cr%2Bt%2F"));
    for reference in [with_token, in_url, in_query] {
        assert_eq!(oids(&read(&reference).unwrap().features).len(), 12);
    }
    for asked in server.asked() {
        assert_eq!((asked.method.as_str(), asked.query.len()), ("POST", 0));
        assert!(!asked.headers.values().any(|value| value.contains("s3cr")));
    }
}

#[test]
fn a_missing_or_wrong_token_is_said_without_repeating_it() {
    let server = serve(Layer { token: Some("right"), ..Layer::of(12) });
    let error = read(&server.reference(LAYER)).unwrap_err();
    assert!(error.to_string().ends_with("needs a token: add \"token\" to the input"), "{error}");
    let wrong = DataReference { token: Some("wr0ng".to_owned()), ..server.reference(LAYER) };
    let wrong_in_url = server.reference(&format!("{LAYER}?token=wr0ng&x=1"));
    for reference in [wrong, wrong_in_url] {
        let error = read(&reference).unwrap_err();
        assert!(matches!(error, FetchError::TokenNeeded { .. }));
        assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error:?}");
    }
}

#[test]
fn what_a_server_says_of_a_bad_filter_is_passed_on_without_secrets() {
    let server = Server::start(|asked| {
        let layer = Layer::of(3);
        match asked.parameter("token") {
            Some(token) if asked.path.ends_with("/query") => ok(&format!(
                r#"{{"error":{{"code":400,"message":"Cannot perform query.","details":["no field NAMEE, see http://x/y?token={token}&a=b","token={token}","{token}"]}}}}"#
            )),
            _ => layer.answer(asked),
        }
    });
    let reference = DataReference {
        token: Some("s3cret".to_owned()),
        filter: Some("NAMEE>1".to_owned()),
        ..server.reference(LAYER)
    };
    let error = read(&reference).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("error 400: Cannot perform query. no field NAMEE"), "{text}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn the_callers_token_is_used_on_the_own_server_only() {
    let server = serve(Layer { token: Some("caller"), ..Layer::of(2) });
    let stranger = serve(Layer { token: Some("caller"), ..Layer::of(2) });
    let own = OwnServer {
        base_url: Url::parse(&server.url("/arcgis")).unwrap(),
        caller_token: "caller".to_owned(),
    };
    let fetcher = Fetcher::new(gp_fetch::FetchSettings { own_server: Some(own), ..settings() });
    let query = LayerQuery::default();
    assert_eq!(oids(&fetcher.layer(&server.reference(LAYER), &query, &never).unwrap().features), [1, 2]);
    let elsewhere = "/other/rest/services/Places/FeatureServer/0";
    for reference in [server.reference(elsewhere), stranger.reference(LAYER)] {
        let error = fetcher.layer(&reference, &query, &never).unwrap_err();
        assert!(matches!(error, FetchError::TokenNeeded { .. }), "{error}");
    }
    let other = DataReference { token: Some("theirs".to_owned()), ..server.reference(LAYER) };
    assert!(fetcher.layer(&other, &query, &never).is_err());
    assert!(stranger.asked().iter().all(|asked| !asked.text.contains("caller")));
}

#[test]
fn a_layer_that_is_too_large_is_refused_before_it_is_read() {
    for has_pages in [true, false] {
        let server = serve(Layer { has_pages, ..Layer::of(35) });
        let limits = ReadLimits { max_features: 30, ..ReadLimits::default() };
        let error = fetcher()
            .layer(&server.reference(LAYER), &LayerQuery { limits, ..LayerQuery::default() }, &never)
            .unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains("more than 30 features"), "{error}");
        assert_eq!(server.asked().len(), 2);
    }
    let server = serve(Layer::of(35));
    for limits in [
        ReadLimits { max_vertices: 25, ..ReadLimits::default() },
        ReadLimits { max_values: 50, ..ReadLimits::default() },
    ] {
        let error = fetcher()
            .layer(&server.reference(LAYER), &LayerQuery { limits, ..LayerQuery::default() }, &never)
            .unwrap_err();
        assert!(error.to_string().contains("has more than"), "{error}");
    }
}

#[test]
fn what_is_no_layer_is_said_to_be_none() {
    for (description, said) in [
        (r#""type":"Group Layer""#, "is a group layer"),
        (r#""type":"Raster Layer""#, "is a raster layer"),
        (r#""type":"Feature Layer","capabilities":"Map,Data""#, "allow Query"),
    ] {
        let server = serve(Layer { description, ..Layer::of(1) });
        let error = read(&server.reference(LAYER)).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    let server = Server::start(|_| ok("<html>"));
    assert!(matches!(read(&server.reference(LAYER)), Err(FetchError::Malformed { .. })));
    let error = read(&server.reference("/A/FeatureServer")).unwrap_err();
    assert!(error.to_string().contains("add the number of a layer"), "{error}");
}
