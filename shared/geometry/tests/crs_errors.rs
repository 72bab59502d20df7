//! What cannot be resolved or transformed says so, and nothing panics, whatever a client sends.

#![expect(clippy::unwrap_used, clippy::float_cmp, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use gp_esri::SpatialReference;
use gp_geometry::{Crs, Transform};
use proptest::prelude::*;

const UTM: &str = r#"PROJCS["WGS_1984_UTM_Zone_33N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

fn of_text(text: &str) -> SpatialReference {
    SpatialReference { wkt: Some(text.into()), ..Default::default() }
}

fn message(reference: &SpatialReference) -> String {
    Crs::new(reference).unwrap_err().to_string()
}

#[test]
fn an_unknown_code_is_named() {
    let error = Crs::from_code(12_345).unwrap_err().to_string();
    assert!(error.starts_with("spatial reference 12345 is not known"), "{error}");
    assert!(message(&SpatialReference::default()).contains("unknown"));
}

#[test]
fn an_unknown_code_beside_a_text_is_no_error() {
    let reference = SpatialReference { wkid: Some(999_999), ..of_text(UTM) };
    assert!(Crs::new(&reference).unwrap().same_as(&Crs::from_code(32633).unwrap()));
}

#[test]
fn an_unsupported_projection_is_named() {
    let error = message(&of_text(&UTM.replace("Transverse_Mercator", "Winkel_Tripel")));
    assert!(error.contains("Winkel_Tripel") && error.contains("WGS_1984_UTM_Zone_33N"), "{error}");
    let error = Crs::from_code(27_200).unwrap_err().to_string();
    assert!(error.contains("27200") && error.contains("not supported"), "{error}");
}

#[test]
fn a_datum_without_parameters_is_an_error_and_not_a_silent_shift() {
    let (xian, wgs84) = (Crs::from_code(4610).unwrap(), Crs::from_code(4326).unwrap());
    let error = Transform::new(&xian, &wgs84).unwrap_err().to_string();
    assert!(error.contains("no datum shift from 4610"), "{error}");
    assert!(Transform::new(&xian, &Crs::from_code(2344).unwrap()).is_ok(), "same datum");
}

#[test]
fn version_2_is_resolved_by_its_id_or_refused() {
    let with_id = SpatialReference {
        wkt2: Some(r#"PROJCRS["x",BASEGEOGCRS["y",ID["EPSG",4258]],ID["EPSG",25832]]"#.into()),
        ..Default::default()
    };
    assert_eq!(Crs::new(&with_id).unwrap().code(), Some(25832));
    let without =
        SpatialReference { wkt2: Some(r#"PROJCRS["x",BASEGEOGCRS["y"]]"#.into()), ..Default::default() };
    assert!(message(&without).contains("version 2"));
}

#[test]
fn aliases_and_null_datums_are_the_same_but_grids_of_other_ellipsoids_are_not() {
    let same = |a: u32, b: u32| Crs::from_code(a).unwrap().same_as(&Crs::from_code(b).unwrap());
    assert!(same(102_100, 3857) && same(900_913, 3785) && same(4326, 4269) && same(4258, 4326));
    assert!(!same(32632, 25832) && !same(32632, 32633) && !same(4326, 4267) && !same(4326, 4807));
    let transform = Transform::new(&Crs::from_code(4326).unwrap(), &Crs::from_code(4269).unwrap()).unwrap();
    assert!(transform.is_identity());
    let mut positions = [[1.0, 2.0], [f64::NAN, 0.0]];
    assert_eq!(transform.apply(&mut positions), 1);
    assert_eq!(positions[0], [1.0, 2.0]);
}

#[test]
fn units_are_those_of_the_reference() {
    assert_eq!(Crs::from_code(2263).unwrap().meters_per_unit(), Some(1200.0 / 3937.0));
    assert_eq!(Crs::from_code(4326).unwrap().meters_per_unit(), None);
    let grads = Crs::from_code(4807).unwrap().degrees_per_unit().unwrap();
    assert!((grads - 0.9).abs() < 1e-12, "{grads}");
    assert!(Crs::from_code(3857).unwrap().ellipsoid().f > 0.0);
}

#[test]
fn poles_stay_on_the_map_in_web_mercator_and_its_edge_may_be_crossed() {
    let transform = Transform::new(&Crs::from_code(4326).unwrap(), &Crs::from_code(3857).unwrap()).unwrap();
    let mut positions = [[0.0, -90.0], [190.0, 0.0], [0.0, 90.1]];
    assert_eq!(transform.apply(&mut positions), 1);
    assert!(positions[0][1] < -1e8 && positions[0][1].is_finite());
    assert!(positions[1][0] > 20_037_509.0, "a line across the antimeridian stays in one piece");
}

#[test]
fn the_other_side_of_the_earth_has_no_place_in_a_zone() {
    let wgs84 = Crs::from_code(4326).unwrap();
    // UTM 33 and a south-oriented grid by another path, central meridians 15° and 29°.
    for (code, meridian, lost, kept) in [
        (
            32633,
            15.0,
            [[-165.0, 10.0], [96.0, 0.0], [-70.0, -45.0]],
            [[94.0, 50.0], [-60.0, 60.0], [120.0, 85.0]],
        ),
        (
            2049,
            21.0,
            [[-159.0, 10.0], [106.0, 5.0], [-65.0, -45.0]],
            [[60.0, -30.0], [21.0, 50.0], [-10.0, 20.0]],
        ),
    ] {
        let zone = Crs::from_code(code).unwrap();
        let (forward, back) =
            (Transform::new(&wgs84, &zone).unwrap(), Transform::new(&zone, &wgs84).unwrap());
        let mut positions = lost;
        assert_eq!(forward.apply(&mut positions), lost.len(), "{code}: {positions:?}");
        let mut positions = kept;
        assert_eq!(forward.apply(&mut positions), 0, "{code} from {meridian}: {positions:?}");
        assert_eq!(back.apply(&mut positions), 0, "{code}");
        for (before, after) in kept.iter().zip(&positions) {
            assert!(
                (before[0] - after[0]).abs().max((before[1] - after[1]).abs()) < 1e-3,
                "{code} {before:?} {after:?}"
            );
        }
    }
}

#[test]
fn what_a_projection_answers_far_from_its_meridian_comes_back() {
    for (forward, back) in TRANSFORMS.iter() {
        let mut kept = 0;
        for step in 0..36 * 19 {
            let before = [f64::from(step % 36) * 10.0 - 179.5, f64::from(step / 36) * 10.0 - 90.0];
            let mut positions = [before];
            if forward.apply(&mut positions) > 0 || back.apply(&mut positions) > 0 {
                continue;
            }
            kept += 1;
            let [longitude, latitude] = [positions[0][0] - before[0], positions[0][1] - before[1]];
            let longitude = (longitude - 360.0 * (longitude / 360.0).round()) * before[1].to_radians().cos();
            // The room is for what datum shifts do to the other side of the earth.
            assert!(
                longitude.abs().max(latitude.abs()) < 0.01,
                "{forward:?}: {before:?} comes back as {positions:?}"
            );
        }
        assert!(kept > 100, "{forward:?}: {kept}");
    }
}

#[test]
fn the_rim_of_a_map_of_the_whole_world_has_a_place_and_comes_back() {
    // x of (180, 60) after PROJ.
    let expected = [(54030, 13_580_858.80), (54009, 11_674_150.75)];
    for (code, x) in expected {
        let (wgs84, crs) = (Crs::from_code(4326).unwrap(), Crs::from_code(code).unwrap());
        let there = Transform::new(&wgs84, &crs).unwrap();
        let back = Transform::new(&crs, &wgs84).unwrap();
        for latitude in (-90_i32..=90).step_by(5) {
            for longitude in [-180.0, 180.0] {
                let place = [longitude, f64::from(latitude)];
                let mut position = [place];
                assert_eq!(there.apply(&mut position), 0, "{code} {place:?}");
                if latitude == 60 {
                    assert!((position[0][0].abs() - x).abs() < 1.0, "{code}: {position:?}");
                }
                assert_eq!(back.apply(&mut position), 0, "{code} {place:?}");
                let [[lon, lat]] = position;
                let is_at = latitude.abs() == 90 || (lon.abs() - 180.0).abs() < 1e-4;
                assert!(is_at && (lat - place[1]).abs() < 1e-4, "{code} {place:?}: {position:?}");
            }
        }
    }
}

/// One system of every formula, from and to WGS 84.
static TRANSFORMS: LazyLock<Vec<(Transform, Transform)>> = LazyLock::new(|| {
    let wgs84 = Crs::from_code(4326).unwrap();
    let codes = [
        3857, 32633, 27700, 2154, 5070, 28992, 2056, 5514, 3413, 3035, 6933, 3375, 29101, 54008, 54009,
        54030, 54032, 102_031, 2049, 3408, 8857, 54003, 4087, 3395, 2391, 29873, 22234, 4807,
    ];
    let both = |code: u32| {
        let crs = Crs::from_code(code).unwrap();
        (Transform::new(&wgs84, &crs).unwrap(), Transform::new(&crs, &wgs84).unwrap())
    };
    codes.map(both).into()
});

/// More cases than proptest's own default, or as many as PROPTEST_CASES asks for.
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test")]
fn cases() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(2000),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_mutilated_text_never_panics(at in 0..UTM.len(), length in 0..40_usize, put in "[\\[\\]\",A-Z0-9.-]{0,12}") {
        let end = (at + length).min(UTM.len());
        let text = format!("{}{put}{}", &UTM[..at], &UTM[end..]);
        if let Ok(crs) = Crs::new(&of_text(&text)) {
            for (from, to) in [(Crs::from_code(4326).unwrap(), crs.clone()), (crs, Crs::from_code(4326).unwrap())] {
                if let Ok(transform) = Transform::new(&from, &to) {
                    transform.apply(&mut [[15.0, 50.0], [5e5, 5e6], [-1e300, 0.0]]);
                }
            }
        }
    }

    #[test]
    fn no_pair_of_numbers_makes_a_transformation_panic(x in any::<f64>(), y in any::<f64>(), near in -400.0..400.0_f64) {
        for (forward, back) in TRANSFORMS.iter() {
            for position in [[x, y], [near, y], [x, near], [near, near], [near, near * 0.225], [near * 1e5, near * 7e4]] {
                for transform in [forward, back] {
                    let mut positions = [position];
                    let failed = transform.apply(&mut positions);
                    prop_assert_eq!(failed, usize::from(positions[0][0].is_nan()));
                }
            }
        }
    }
}

#[test]
fn a_reference_is_found_by_the_name_that_epsg_or_esri_give_it() {
    for (name, code) in [
        ("WGS 84", 4326),
        ("GCS_WGS_1984", 4326),
        ("WGS_1984_UTM_Zone_33N", 32633),
        ("WGS 84 / UTM zone 33N", 32633),
        ("GCS_North_American_1983", 4269),
        ("WGS_1984_Web_Mercator_Auxiliary_Sphere", 3857),
        ("CH1903+ / LV95", 2056),
    ] {
        assert_eq!(Crs::code_of_name(name), Some(code), "{name}");
    }
    assert_eq!(Crs::code_of_name("Nowhere"), None);
    assert_eq!(Crs::code_of_name(""), None);
}
