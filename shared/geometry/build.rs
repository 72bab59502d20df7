//! Writes the list of the `crs-definitions` crate as one text in the order of codes, and where each code stands in it.
//!
//! As one constant for each text the linker mixes them, and what is alike no longer stands side by side: 1 MB more in a
//! compressed program.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by the environment where to write")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let (mut texts, mut places) = (String::new(), String::from("&[\n"));
    let all: Vec<_> = (0..=u16::MAX).filter_map(crs_definitions::from_code).collect();
    let geographic: HashMap<&str, u16> = all
        .iter()
        .filter(|listed| listed.wkt.starts_with("GEOGCS["))
        .map(|listed| (listed.wkt, listed.code))
        .collect();
    for listed in all {
        let code = listed.code;
        assert!(
            !listed.proj4.contains('\n') && !listed.wkt.contains(['\n', '{']),
            "EPSG:{code} has other signs"
        );
        let _ = writeln!(places, "({code}, {}),", texts.len());
        let _ = writeln!(texts, "{}\n{}", listed.proj4, shortened(listed.wkt, &geographic));
    }
    places.push(']');
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    let folder = Path::new(&folder);
    fs::write(folder.join("listed_codes.txt"), texts).expect("the folder can be written to");
    fs::write(folder.join("listed_codes.rs"), places).expect("the folder can be written to");
}

/// The text with `{4326}` in place of the geographic system of that code, where it is the very same.
fn shortened(text: &str, geographic: &HashMap<&str, u16>) -> String {
    let Some(start) = text.find(",GEOGCS[").map(|comma| comma + 1) else { return text.to_owned() };
    let mut depth = 0;
    let end = text[start..].find(|letter| {
        depth += i32::from(letter == '[') - i32::from(letter == ']');
        letter == ']' && depth == 0
    });
    let Some(end) = end.map(|end| start + end + 1) else { return text.to_owned() };
    match geographic.get(&text[start..end]) {
        Some(code) => format!("{}{{{code}}}{}", &text[..start], &text[end..]),
        None => text.to_owned(),
    }
}
