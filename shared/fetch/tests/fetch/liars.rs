//! Layers whose servers claim what is not so, or cannot do what others can.

use crate::layers::{LAYER, oids, read};
use crate::stand_in::feature_server::{Layer, Place, page_of};
use crate::stand_in::{Reply, Server, fetcher, never, ok, reply};
use gp_esri::{Attribute, ReadLimits};
use gp_fetch::{FetchError, LayerQuery};

/// A layer that describes itself well and answers queries for features as told.
fn liar(has_pages: bool, pages: impl Fn(usize) -> String + Send + Sync + 'static) -> Server {
    let layer = Layer { has_pages, ..Layer::of(35) };
    let count = std::sync::atomic::AtomicUsize::new(0);
    Server::start(move |asked| {
        if asked.parameter("outFields").is_none() {
            return layer.answer(asked);
        }
        ok(&pages(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)))
    })
}

fn places(oids: std::ops::Range<i64>) -> Vec<Place> {
    oids.map(|oid| Place { oid, population: 0 }).collect()
}

#[test]
fn a_server_that_never_ends_is_an_error_and_no_loop() {
    type Pages = fn(usize) -> String;
    let same: Pages = |_| page_of(&places(1..11), "102100", true, true);
    let empty: Pages = |_| page_of(&[], "102100", true, true);
    let others: Pages =
        |page| page_of(&places(100 * page as i64..100 * page as i64 + 10), "102100", true, true);
    let no_features: Pages = |_| r#"{"exceededTransferLimit":true}"#.to_owned();
    let changing: Pages = |page| {
        let text = page_of(&places(10 * page as i64..10 * page as i64 + 10), "102100", true, true);
        if page == 0 { text } else { text.replace("POP", "POPULATION") }
    };
    for has_pages in [true, false] {
        for pages in [same, empty, others, no_features, changing] {
            let server = liar(has_pages, pages);
            let limits = ReadLimits { max_features: 200, ..ReadLimits::default() };
            let query = LayerQuery { limits, ..LayerQuery::default() };
            let error = fetcher().layer(&server.reference(LAYER), &query, &never).unwrap_err();
            let is_told = matches!(
                error,
                FetchError::Malformed { .. }
                    | FetchError::TooLarge { .. }
                    | FetchError::Changed { .. }
                    | FetchError::Features { .. }
            );
            assert!(is_told, "{error}");
            assert!(server.asked().len() < 30);
        }
    }
}

#[test]
fn texts_count_over_all_pages() {
    let of_texts = |page: usize| {
        let first = 10 * page as i64;
        let numbers = page_of(&places(first..first + 10), "102100", true, page < 2);
        let texts = numbers.replace("esriFieldTypeInteger", "esriFieldTypeString");
        texts.replace("\"POP\":0", "\"POP\":\"ten bytes!\"")
    };
    // Less than a page has, and less than two have.
    for max_text_bytes in [50, 150] {
        let server = liar(true, of_texts);
        let query = LayerQuery {
            limits: ReadLimits { max_text_bytes, ..ReadLimits::default() },
            ..LayerQuery::default()
        };
        let error = fetcher().layer(&server.reference(LAYER), &query, &never).unwrap_err().to_string();
        assert!(error.contains("texts"), "{error}");
        let pages = server.asked().iter().filter(|asked| asked.parameter("outFields").is_some()).count();
        assert_eq!(pages, max_text_bytes / 100 + 1);
    }
}

#[test]
fn a_web_page_instead_of_a_layer_or_its_features_is_told_as_one() {
    const PAGE: &str = "\u{feff}\n<!-- sign in --><html><form>";
    const PBF: &str = r#""type":"Feature Layer","supportedQueryFormats":"JSON, PBF""#;
    for asked_for in ["description", "count", "pages"] {
        for (content_type, body) in [("text/html; charset=utf-8", PAGE), ("", PAGE), ("Text/HTML", "sign in")]
        {
            let layer = Layer { description: PBF, ..Layer::of(35) };
            let server = Server::start(move |asked| {
                let is_page = match asked_for {
                    "description" => !asked.path.ends_with("/query"),
                    "count" => asked.parameter("returnCountOnly").is_some(),
                    _ => asked.parameter("outFields").is_some(),
                };
                match is_page {
                    true => Reply::Bytes(reply(200, &[("Content-Type", content_type)], body.as_bytes())),
                    false => layer.answer(asked),
                }
            });
            let error = read(&server.reference(LAYER)).unwrap_err().to_string();
            assert!(error.contains("with a web page, probably one to sign in"), "{asked_for}: {error}");
            assert!(error.contains("add \"token\" to the input"), "{error}");
        }
    }
}

#[test]
fn a_layer_that_changes_while_it_is_read_is_warned_of() {
    let server = liar(true, |page| match page {
        0 => page_of(&places(1..11), "102100", true, true),
        1 => page_of(&places(10..20), "102100", true, true),
        2 => page_of(&places(20..22), "102100", false, true),
        _ => page_of(&[], "102100", false, true),
    });
    let found = read(&server.reference(LAYER)).unwrap();
    assert_eq!(oids(&found.features), (1..22).collect::<Vec<_>>());
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
    assert!(found.warnings[0].contains("said that it has 35 features and sent 21"), "{:?}", found.warnings);
    assert!(found.warnings[1].contains("1 features twice"), "{:?}", found.warnings);
}

#[test]
fn a_server_that_ends_and_counts_more_is_believed_with_a_warning() {
    let server = liar(true, |_| page_of(&places(1..5), "102100", false, true));
    let found = read(&server.reference(LAYER)).unwrap();
    assert_eq!(oids(&found.features), [1, 2, 3, 4]);
    assert!(found.warnings[0].contains("said that it has 35 features and sent 4"), "{:?}", found.warnings);
}

#[test]
fn features_that_were_listed_and_did_not_come_are_told_once() {
    let server = liar(false, |page| {
        let first = 10 * page as i64 + 1;
        page_of(&places(first..first + 5), "102100", false, true)
    });
    let found = read(&server.reference(LAYER)).unwrap();
    assert_eq!((found.features.features.len(), found.warnings.len()), (20, 1), "{:?}", found.warnings);
    assert!(found.warnings[0].contains("listed 15 more features than it sent"), "{:?}", found.warnings);
}

#[test]
fn a_server_without_pages_and_ids_is_read_when_one_answer_holds_all() {
    for count in [7, 12] {
        let layer = Layer { has_pages: false, ..Layer::of(count) };
        let server = Server::start(move |asked| {
            if asked.parameter("returnIdsOnly").is_some() || asked.parameter("returnCountOnly").is_some() {
                return ok(r#"{"error":{"code":400,"message":"Not supported"}}"#);
            }
            layer.answer(asked)
        });
        match read(&server.reference(LAYER)) {
            Ok(found) => assert_eq!((count, oids(&found.features).len()), (7, 7)),
            Err(error) => {
                assert!(count == 12 && error.to_string().contains("only the first 10 features"), "{error}")
            }
        }
    }
}

#[test]
fn a_server_that_fails_with_large_pages_is_asked_for_smaller_ones() {
    for has_pages in [true, false] {
        let layer = Layer { has_pages, maximum_records: 2000, ..Layer::of(700) };
        let server = Server::start(move |asked| {
            let ids = asked.parameter("objectIds").map_or(0, |ids| ids.split(',').count());
            let most = asked.parameter("resultRecordCount").map_or(ids, |text| text.parse().unwrap());
            match most > 200 {
                true => ok(r#"{"error":{"code":500,"message":"Error performing query operation"}}"#),
                false => layer.answer(asked),
            }
        });
        let found = read(&server.reference(LAYER)).unwrap();
        assert_eq!(oids(&found.features), (1..=700).collect::<Vec<_>>());
    }
}

#[test]
fn pages_whose_columns_are_in_another_order_are_put_in_order() {
    let server = liar(true, |page| {
        match page {
        0 => page_of(&places(1..11), "102100", true, true),
        1 => r#"{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":3857},
            "fields":[{"name":"pop","type":"esriFieldTypeInteger"},{"name":"OBJECTID","type":"esriFieldTypeOID"}],
            "features":[{"attributes":{"pop":7,"OBJECTID":11},"geometry":{"x":1,"y":2}}]}"#
            .to_owned(),
        _ => page_of(&[], "102100", false, true),
    }
    });
    let found = read(&server.reference(LAYER)).unwrap();
    assert_eq!(found.features.features[10].attributes, [Attribute::Integer(11), Attribute::Integer(7)]);
    assert!(found.warnings[0].contains("35 features and sent 11"), "{:?}", found.warnings);
}

#[test]
fn bytes_after_the_end_of_an_answer_are_not_taken_for_the_next() {
    let layer = Layer::of(12);
    let server = Server::start(move |asked| match layer.answer(asked) {
        Reply::Bytes(bytes) => {
            let next = reply(200, &[], br#"{"error":{"code":400,"message":"smuggled"}}"#);
            Reply::Bytes([bytes, next].concat())
        }
        other => other,
    });
    assert_eq!(oids(&read(&server.reference(LAYER)).unwrap().features).len(), 12);
}
