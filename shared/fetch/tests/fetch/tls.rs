//! Encrypted connections. The certificates were made with openssl for `server.example` and 127.0.0.1, good for a hundred years; the
//! authority's key was thrown away.

use crate::stand_in::feature_server::Layer;
use crate::stand_in::{Asked, Reply, Server, never, ok, redirect, reference, settings};
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, LayerQuery, Resolve};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");

struct Here;

impl Resolve for Here {
    fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec!["127.0.0.1".parse().unwrap()])
    }
}

fn trusting(pem: Option<&[u8]>) -> Fetcher {
    let settings = FetchSettings {
        read_timeout: Duration::from_secs(1),
        extra_roots_pem: pem.map(<[u8]>::to_vec),
        ..settings()
    };
    Fetcher::with_resolver(settings, Arc::new(Here))
}

fn encrypted(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
    let certificates = CertificateDer::pem_slice_iter(include_bytes!("certificates/server.pem"));
    let certificates = certificates.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/server.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let config = Arc::new(config);
    Server::start_on(answer, move |socket| {
        Box::new(StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket))
    })
}

#[test]
fn a_layer_is_read_over_an_encrypted_connection() {
    let server = encrypted(|asked| Layer::of(35).answer(asked));
    for host in ["server.example", "SERVER.example.", "127.0.0.1"] {
        let url = format!("https://{host}:{}/FeatureServer/0", server.port);
        let found =
            trusting(Some(AUTHORITY)).layer(&reference(&url), &LayerQuery::default(), &never).unwrap();
        assert_eq!(found.features.features.len(), 35);
    }
}

#[test]
fn a_certificate_of_a_stranger_or_for_another_name_is_not_trusted() {
    let server = encrypted(|_| ok("{}"));
    for (host, pem) in [("server.example", None), ("other.example", Some(AUTHORITY))] {
        let url = format!("https://{host}:{}/FeatureServer/0", server.port);
        let error = trusting(pem).layer(&reference(&url), &LayerQuery::default(), &never).unwrap_err();
        let is_told = matches!(error, FetchError::Malformed { .. })
            || error.to_string().contains("trusts no certificate");
        assert!(is_told, "{error}");
    }
    assert!(server.asked().is_empty());
}

#[test]
fn a_token_is_not_sent_on_in_the_clear() {
    let plain = Server::start(|_| ok("{}"));
    let to = format!("http://server.example:{}/FeatureServer/0", plain.port);
    let server = encrypted(move |_| redirect(302, &to));
    let url = format!("https://server.example:{}/FeatureServer/0", server.port);
    let with_token = DataReference { token: Some("s3cret".to_owned()), ..reference(&url) };
    for reference in [with_token, reference(&format!("{url}?token=s3cret"))] {
        let error = trusting(Some(AUTHORITY)).layer(&reference, &LayerQuery::default(), &never).unwrap_err();
        assert!(error.to_string().contains("from https to http"), "{error}");
    }
    assert!(plain.asked().is_empty());
}

#[test]
fn a_silent_server_is_given_up_and_a_stop_is_heard_on_encrypted_connections_too() {
    let server = encrypted(|_| Reply::Silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123".to_vec()));
    let deaf = Server::start_on(
        |_| ok("{}"),
        |socket| {
            // Never agrees on encryption.
            std::mem::forget(socket);
            Box::new(std::io::Cursor::new(Vec::new()))
        },
    );
    let url = |port: u16| reference(&format!("https://server.example:{port}/FeatureServer/0"));
    let fetcher = trusting(Some(AUTHORITY));
    let begin = Instant::now();
    let error = fetcher.layer(&url(server.port), &LayerQuery::default(), &never).unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5));
    let begin = Instant::now();
    let stop = || begin.elapsed() > Duration::from_millis(200);
    let error = fetcher.layer(&url(deaf.port), &LayerQuery::default(), &stop).unwrap_err();
    assert!(matches!(error, FetchError::Stopped), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(8));
}
