//! Where servers send a request on to.

use crate::stand_in::feature_server::Layer;
use crate::stand_in::{Reply, Server, fetcher, never, ok, redirect, reply, settings};
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, LayerQuery, PrivateAddresses};

fn download(fetcher: &Fetcher, reference: &DataReference) -> Result<String, FetchError> {
    let scratch = tempfile::tempdir().unwrap();
    fetcher.download(reference, scratch.path(), &never).map(|input| input.name)
}

#[test]
fn redirects_are_followed_five_times_and_no_more() {
    let server = Server::start(|asked| {
        match asked.path.strip_prefix("/hop").map(|text| text.parse::<u32>().unwrap()) {
            Some(0) | None => ok("{}"),
            Some(left) => redirect(302, &format!("/hop{}", left - 1)),
        }
    });
    assert_eq!(download(&fetcher(), &server.reference("/hop5")).unwrap(), "hop0.json");
    let error = download(&fetcher(), &server.reference("/hop6")).unwrap_err();
    assert!(error.to_string().contains("redirects more than 5 times"), "{error}");
    let looping = Server::start(|_| redirect(307, "/again"));
    assert!(matches!(download(&fetcher(), &looping.reference("/a")), Err(FetchError::Malformed { .. })));
    assert_eq!(looping.asked().len(), 6);
}

#[test]
fn every_target_of_a_redirect_is_judged_anew() {
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "file:///etc/passwd",
        "gopher://h/",
        "http://u:p@h/",
        "http://0.0.0.0/",
        "http://",
        "http://127.0.0.1:25/",
        "//169.254.169.254/",
    ] {
        let server = Server::start(move |_| redirect(302, to));
        let error = download(&fetcher(), &server.reference("/a")).unwrap_err();
        assert!(matches!(error, FetchError::Refused { .. }), "{to}: {error}");
    }
    let inner = Server::start(|_| ok("{}"));
    let to = inner.url("/inner");
    let outer = Server::start(move |_| redirect(301, &to));
    let deny = format!("127.0.0.{}", 1).parse().unwrap();
    let denying = Fetcher::new(FetchSettings { deny_hosts: vec![deny], ..settings() });
    assert!(matches!(download(&denying, &outer.reference("/a")), Err(FetchError::Refused { .. })));
    let refusing = Fetcher::new(FetchSettings { private_addresses: PrivateAddresses::Refused, ..settings() });
    assert!(matches!(download(&refusing, &outer.reference("/a")), Err(FetchError::Refused { .. })));
    assert!(inner.asked().is_empty());
}

#[test]
fn a_token_does_not_follow_to_another_server() {
    let other = Server::start(|_| ok("{}"));
    let to = other.url("/data.json");
    let server = Server::start(move |_| redirect(302, &to));
    let reference = DataReference { token: Some("s3cret".to_owned()), ..server.reference("/a") };
    assert_eq!(download(&fetcher(), &reference).unwrap(), "data.json");
    assert!(server.asked()[0].text.contains("s3cret"));
    assert!(!other.asked()[0].text.contains("s3cret"));

    let to = other.url("/data.json?t=s3cret");
    let leaking = Server::start(move |_| redirect(302, &to));
    for reference in [
        DataReference { token: Some("s3cret".to_owned()), ..leaking.reference("/a") },
        leaking.reference("/a?token=s3cret"),
        leaking.reference("/a?token=other&serviceToken=s3cret"),
    ] {
        let error = download(&fetcher(), &reference).unwrap_err();
        assert!(error.to_string().contains("takes the token along"), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"));
    }
    assert_eq!(other.asked().len(), 1);
}

#[test]
fn what_else_a_query_says_may_stand_in_the_next_url_too() {
    let other = Server::start(|_| {
        Reply::Bytes(reply(200, &[("Content-Disposition", "attachment; filename=roads.zip")], b"PK"))
    });
    let base = other.url("");
    let server = Server::start(move |asked| {
        let (_, target) = asked.text.split_once(' ').unwrap();
        redirect(301, &format!("{base}{}", target.split(' ').next().unwrap()))
    });
    for path in ["/get?file=roads.zip", "/get?file=roads.zip&sig=s3cret%2F"] {
        assert_eq!(download(&fetcher(), &server.reference(path)).unwrap(), "roads.zip");
    }
    assert_eq!(other.asked()[0].query["file"], "roads.zip");
    assert_eq!(other.asked()[1].query["sig"], "s3cret/");
}

#[test]
fn a_layer_that_moved_is_read_where_it_is_with_its_token_only_on_the_same_server() {
    let layer = Layer { token: Some("s3cret"), ..Layer::of(25) };
    let server = Server::start(move |asked| match asked.path.strip_prefix("/old") {
        Some(rest) => redirect(302, &format!("/new{rest}")),
        None => layer.answer(asked),
    });
    let reference =
        DataReference { token: Some("s3cret".to_owned()), ..server.reference("/old/FeatureServer/0") };
    let found = fetcher().layer(&reference, &LayerQuery::default(), &never).unwrap();
    assert_eq!(found.features.features.len(), 25);
    let other = Server::start(|asked| Layer { token: Some("s3cret"), ..Layer::of(25) }.answer(asked));
    let to = other.url("/FeatureServer/0");
    let away = Server::start(move |_| redirect(307, &to));
    let reference = DataReference { token: Some("s3cret".to_owned()), ..away.reference("/FeatureServer/0") };
    let error = fetcher().layer(&reference, &LayerQuery::default(), &never).unwrap_err();
    assert!(matches!(error, FetchError::TokenNeeded { .. }), "{error}");
    assert!(other.asked().iter().all(|asked| !asked.text.contains("s3cret")));
}

#[test]
fn no_cookie_is_kept_and_no_credential_is_sent() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/a" => Reply::Bytes(reply(302, &[("Location", "/b"), ("Set-Cookie", "a=b")], b"")),
        _ => ok("{}"),
    });
    download(&fetcher(), &server.reference("/a")).unwrap();
    for asked in server.asked() {
        for name in ["cookie", "authorization", "referer", "x-esri-authorization"] {
            assert!(!asked.headers.contains_key(name));
        }
    }
}
