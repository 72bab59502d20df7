//! Reference systems against PROJ: tables of `tests/oracles/crs`, written by `make_crs_oracle.py` with pyproj.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use gp_esri::SpatialReference;
use gp_geometry::{Crs, Transform};

/// What is promised for every code that is not listed below.
const MAX_ERROR_M: f64 = 0.001;

/// Codes for which more is allowed: code, metres, reason.
const EXCEPTIONS: &[(u32, f64, &str)] = &[
    (4230, 25.0, "ED50: one mean shift for Europe, PROJ takes that of the country"),
    (
        4267,
        180.0,
        "NAD27: the shift of the conterminous United States, points are in Canada and the Caribbean too",
    ),
    (4314, 1.0, "DHDN: the shift of the western states, PROJ has another for the east"),
    (
        5514,
        11.0,
        "S-JTSK: the shift of Czechia, PROJ has a poorer one for both countries and another for Slovakia",
    ),
    (5343, 1.0, "POSGAR 2007 is taken as WGS 84"),
    (29101, 1.0, "SAD69: PROJ takes the newer of two shifts, both good to 5 m"),
    (31287, 1.0, "MGI: the shift of Austria, PROJ has another for Styria"),
    (31468, 1.0, "DHDN: as 4314"),
    (102_067, 11.0, "S-JTSK: as 5514"),
    (102_031, 200.0, "ED50: PROJ knows no shift for the whole of Europe and takes none"),
];

/// There and back again on a datum that is taken as WGS 84: the iterations of the inverse formulas.
const MAX_ROUND_TRIP_M: f64 = 1e-5;
/// The same over a datum shift: the height that each way drops tilts the way back by millimetres, as it does in PROJ.
const MAX_SHIFTED_ROUND_TRIP_M: f64 = 0.01;

/// Codes of the table whose datum is shifted by parameters.
const SHIFTED: &[u32] = &[
    2039, 2056, 2100, 2326, 2393, 3021, 3844, 4230, 4267, 4277, 4289, 4314, 4807, 5514, 21781, 23700, 27572,
    27700, 28992, 29101, 29903, 31287, 31370, 31467, 31468, 102_031, 102_067,
];

fn table(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/crs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows(name: &str) -> Vec<Vec<f64>> {
    table(name).lines().map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

fn allowed_m(code: u32) -> f64 {
    EXCEPTIONS.iter().find(|entry| entry.0 == code).map_or(MAX_ERROR_M, |entry| entry.1)
}

/// Metres in a unit, near enough to judge an error.
fn unit_m(crs: &Crs) -> f64 {
    crs.meters_per_unit().or(crs.degrees_per_unit().map(|degrees| degrees * 111_320.0)).unwrap()
}

fn distance_m(crs: &Crs, a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1]) * unit_m(crs)
}

#[test]
fn every_code_agrees_with_proj_and_comes_back() {
    let wgs84 = Crs::from_code(4326).unwrap();
    let mut errors: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for row in rows("expected.csv") {
        let [code, longitude, latitude, x, y] = row[..] else { panic!("{row:?}") };
        let crs = Crs::from_code(code as u32).unwrap_or_else(|error| panic!("{error}"));
        let forward = Transform::new(&wgs84, &crs).unwrap_or_else(|error| panic!("{error}"));
        let mut position = [[longitude, latitude]];
        assert_eq!(forward.apply(&mut position), 0, "{code} at {longitude} {latitude}");
        let error_m = distance_m(&crs, position[0], [x, y]);
        assert_eq!(Transform::new(&crs, &wgs84).unwrap().apply(&mut position), 0, "{code} back");
        let back_m = distance_m(&wgs84, position[0], [longitude, latitude]);
        let worst = errors.entry(code as u32).or_default();
        *worst = (worst.0.max(error_m), worst.1.max(back_m));
    }
    let mut wrong = Vec::new();
    for (code, (error_m, back_m)) in &errors {
        println!("{code:>6}  {error_m:.1e} m  back {back_m:.1e} m");
        let shifted = SHIFTED.contains(code);
        let allowed_back_m = if shifted { MAX_SHIFTED_ROUND_TRIP_M } else { MAX_ROUND_TRIP_M };
        if !(*error_m <= allowed_m(*code) && *back_m <= allowed_back_m) {
            wrong.push((*code, *error_m, *back_m));
        }
    }
    assert!(errors.len() >= 60, "{} codes", errors.len());
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn every_exception_is_still_needed() {
    let wgs84 = Crs::from_code(4326).unwrap();
    for (code, _, reason) in EXCEPTIONS {
        let crs = Crs::from_code(*code).unwrap();
        let forward = Transform::new(&wgs84, &crs).unwrap();
        let worst =
            rows("expected.csv").iter().filter(|row| row[0] as u32 == *code).fold(0.0_f64, |worst, row| {
                let mut position = [[row[1], row[2]]];
                forward.apply(&mut position);
                worst.max(distance_m(&crs, position[0], [row[3], row[4]]))
            });
        assert!(worst > MAX_ERROR_M, "{code} agrees now ({reason}): take it off the list");
    }
}

#[test]
fn pairs_of_projected_systems_agree_with_proj() {
    for row in rows("pairs.csv") {
        let [from, to, x, y, expected_x, expected_y] = row[..] else { panic!("{row:?}") };
        let (from, to) = (Crs::from_code(from as u32).unwrap(), Crs::from_code(to as u32).unwrap());
        let mut position = [[x, y]];
        assert_eq!(Transform::new(&from, &to).unwrap().apply(&mut position), 0);
        let error_m = distance_m(&to, position[0], [expected_x, expected_y]);
        let allowed_m = allowed_m(from.code().unwrap()).max(allowed_m(to.code().unwrap()));
        assert!(error_m <= allowed_m, "{} to {}: {error_m} m at {x} {y}", from.name(), to.name());
    }
}

#[test]
fn texts_of_esri_and_ogc_mean_the_same_as_their_code() {
    let mut codes = std::collections::BTreeSet::new();
    for line in table("texts.csv").lines() {
        let [code, form, text] = line.splitn(3, '|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let code: u32 = code.parse().unwrap();
        let by_code = Crs::from_code(code).unwrap();
        let reference = SpatialReference { wkt: Some(text.into()), ..Default::default() };
        let by_text = Crs::new(&reference).unwrap_or_else(|error| panic!("{code} {form}: {error}"));
        assert!(by_text.same_as(&by_code), "{code} {form}: {text}");
        assert!(by_code.same_as(&by_text), "{code} {form}");
        codes.insert(code);
    }
    assert!(codes.len() >= 15);
}

#[test]
fn a_text_gives_the_same_coordinates_as_its_code() {
    let wgs84 = Crs::from_code(4326).unwrap();
    let expected = rows("expected.csv");
    for line in table("texts.csv").lines() {
        let [code, form, text] = line.splitn(3, '|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let code: u32 = code.parse().unwrap();
        let crs = Crs::new(&SpatialReference { wkt: Some(text.into()), ..Default::default() }).unwrap();
        let forward = Transform::new(&wgs84, &crs).unwrap();
        for row in expected.iter().filter(|row| row[0] as u32 == code) {
            let mut position = [[row[1], row[2]]];
            assert_eq!(forward.apply(&mut position), 0);
            let error_m = distance_m(&crs, position[0], [row[3], row[4]]);
            assert!(error_m <= allowed_m(code), "{code} {form}: {error_m} m");
        }
    }
}
