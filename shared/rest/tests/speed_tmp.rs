//! Temporary.
#[path = "rest/common/mod.rs"]
mod common;
use common::*;
use std::time::Instant;
#[tokio::test]
async fn speed() {
    let server = Server::new();
    let feature = r#"{"attributes":{"OBJECTID":1,"NAME":"x"},"geometry":{"rings":[[[-83.123456,35.654321],[-83.2,35.1],[-84.1,36.2]]]}},"#;
    let raw = feature.repeat(5_000_000 / feature.len());
    let enc: String = raw.bytes().map(|b| if b.is_ascii_alphanumeric() || b"-._".contains(&b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect();
    for (name, body) in [("raw", format!("X={raw}")), ("enc", format!("X={enc}"))] {
        let bytes = bytes::Bytes::from(body);
        for _ in 0..3 {
            let t = Instant::now();
            for _ in 0..10 { server.post("info", bytes.clone()).await; }
            let s = t.elapsed().as_secs_f64();
            println!("{name}: {:.0} MB/s of body ({} bytes)", bytes.len() as f64 * 10.0 / s / 1e6, bytes.len());
        }
    }
    for path in ["info", "services/Echo/GPServer/Echo", "services/Echo/GPServer/Echo/execute?Text=hi&f=json&returnZ=true", "nothing"] {
        for _ in 0..3 {
            let t = Instant::now();
            for _ in 0..20000 { server.get(path).await; }
            println!("{path}: {:.2} us", t.elapsed().as_secs_f64() / 20000.0 * 1e6);
        }
    }
    let path = server.run("Echo", "Text=hi").await;
    let t = Instant::now();
    for _ in 0..20000 { server.get(&path).await; }
    println!("poll: {:.2} us", t.elapsed().as_secs_f64() / 20000.0 * 1e6);
    let text = "word 12.34567,".repeat(80_000);
    let json = raw.clone(); let _ = text;
    for enc in ["gzip", "zstd"] {
        let body = bytes::Bytes::from(format!("Text={json}"));
        let t = Instant::now();
        let mut size = 0;
        for _ in 0..5 {
            let r = http::Request::post(url("services/Echo/GPServer/Echo/execute")).header("content-type","application/x-www-form-urlencoded").header("accept-encoding", enc).body(axum::body::Body::from(body.clone())).unwrap();
            size = server.send(r).await.body.len();
        }
        println!("{enc}: {:.1} ms for 5 MB -> {size}", t.elapsed().as_secs_f64() / 5.0 * 1e3);
    }
}
