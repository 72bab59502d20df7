use super::*;
use crate::overlay::{difference, intersection};
use crate::{area, repair_polygon};

fn random(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

/// A spiky ring, with or without a spiky hole, turned anyhow before the repair.
fn star(x: f64, y: f64, radius: f64, seed: &mut u64) -> Vec<Path> {
    let points = 5 + (random(seed) * 40.0) as usize;
    let mut ring = |radius: f64| {
        let mut xy: Vec<Xy> = (0..points)
            .map(|step| {
                let angle = std::f64::consts::TAU * step as f64 / points as f64;
                let reach = radius * (0.5 + 0.5 * random(seed));
                [x + reach * angle.sin(), y + reach * angle.cos()]
            })
            .collect();
        xy.push(xy[0]);
        Path::from_xy(xy)
    };
    let rings = vec![ring(radius), ring(radius * 0.5)];
    let rings = if points.is_multiple_of(3) { vec![rings[0].clone()] } else { rings };
    repair_polygon(&rings).unwrap()
}

#[test]
fn walking_finds_the_areas_that_the_engine_finds() {
    let mut seed = 17;
    let mut walked = 0;
    for _ in 0..3_000 {
        let (x, y) = (random(&mut seed) * 12.0 - 6.0, random(&mut seed) * 12.0 - 6.0);
        let radius = 0.5 + random(&mut seed) * 6.0;
        let (large, small) = (star(1e6, 2e6, 5.0, &mut seed), star(1e6 + x, 2e6 + y, radius, &mut seed));
        let prepared = PreparedPolygon::new(&large);
        for (of, engine) in
            [(Of::Inside, intersection(&small, &large)), (Of::Outside, difference(&small, &large))]
        {
            let Some(rings) = walk(&prepared, &small, of) else { continue };
            walked += 1;
            let (found, expected) = (area(&rings), area(&engine));
            assert!((found - expected).abs() < 1e-6, "{of:?}: {found}, not {expected}");
        }
    }
    assert!(walked > 5_900, "only {walked} of 6,000 could be walked");
}

#[test]
fn outlines_that_touch_are_left_to_the_engine() {
    let square =
        |x: f64| vec![Path::from_xy(vec![[x, 0.0], [x, 1.0], [x + 1.0, 1.0], [x + 1.0, 0.0], [x, 0.0]])];
    for x in [0.0, 1.0, 0.5] {
        assert_eq!(walk(&PreparedPolygon::new(&square(0.0)), &square(x), Of::Inside), None, "{x}");
    }
}

#[test]
fn neighbours_are_cut_at_the_same_vertex() {
    let tall = |left: f64, right: f64| {
        vec![Path::from_xy(vec![[left, -9.0], [left, 9.0], [right, 9.1], [right, -9.3], [left, -9.0]])]
    };
    let zone = vec![Path::from_xy(vec![[-3.0, -1.1], [-2.9, 1.7], [4.1, 0.9], [3.7, -2.3], [-3.0, -1.1]])];
    let border = 1.0 / 3.0;
    let vertices = |rings: Vec<Path>| {
        let on_border = |xy: &Xy| (xy[0] - border).abs() < 1e-12;
        let mut found: Vec<Xy> = rings.iter().flat_map(|ring| ring.xy.clone()).filter(on_border).collect();
        found.sort_by(|a, b| a[1].total_cmp(&b[1]));
        found.dedup();
        found
    };
    let left = walk(&PreparedPolygon::new(&zone), &tall(-8.0, border), Of::Inside).unwrap();
    let right = walk(&PreparedPolygon::new(&tall(border, 8.0)), &zone, Of::Inside).unwrap();
    assert_eq!(vertices(left), vertices(right));
}
