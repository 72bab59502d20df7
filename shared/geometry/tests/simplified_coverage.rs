//! Coverages stay coverages when they are simplified, however close their borders run and however rough the result.

use gp_esri::{Path, Xy};
use gp_geometry::{
    Chain, Metric, Resolver, Simplification, Topology, area, is_valid_polygon, orient, union_all,
};
use proptest::prelude::*;
use std::convert::Infallible;

fn sure<T>(result: Result<T, Infallible>) -> T {
    let Ok(value) = result;
    value
}

fn go_on() -> Result<(), Infallible> {
    Ok(())
}

/// Cells between wavy borders that run side by side: `rows` of `columns`, each border with `steps` vertices a cell.
fn cells(rows: usize, columns: usize, steps: usize, seed: u64) -> Vec<Path> {
    let noise = |x: usize, y: usize| {
        let mut bits = seed
            ^ (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (y as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
        bits = (bits ^ bits >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        ((bits >> 40) as f64 / (1_u64 << 24) as f64 - 0.5) * 0.8
    };
    let vertex = |x: usize, row: usize| -> Xy {
        let along = x as f64 * 10.0 / steps as f64;
        [along, row as f64 + 8.0 * (along / 7.0).sin() + noise(x, row)]
    };
    let mut made = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let span = column * steps..=(column + 1) * steps;
            let mut ring: Vec<Xy> = span.clone().map(|x| vertex(x, row + 1)).collect();
            ring.extend(span.rev().map(|x| vertex(x, row)));
            ring.push(ring[0]);
            made.push(Path::from_xy(ring));
        }
    }
    made
}

fn simplified(rings: &[Path], simplification: Simplification) -> Vec<Vec<Path>> {
    let topology = Topology::new(rings.iter().map(|ring| (ring.xy.as_slice(), Chain::Ring)));
    let arcs = 0..topology.arc_count();
    let keep =
        arcs.map(|arc| sure(topology.simplify_arc(arc, simplification, &Metric::Planar, go_on))).collect();
    let mut resolver = Resolver::new(&topology, keep, Metric::Planar);
    while sure(resolver.step(go_on)) > 0 {}
    let simple = |(chain, ring): (usize, &Path)| {
        let mut polygon = vec![topology.simplified(chain, ring, resolver.kept())];
        orient(&mut polygon);
        polygon
    };
    rings.iter().enumerate().map(simple).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn neighbours_never_overlap_or_part(
        rows in 1_usize..6,
        columns in 1_usize..5,
        steps in 1_usize..30,
        seed in any::<u64>(),
        tolerance in 0.01_f64..30.0,
        by_area in any::<bool>(),
    ) {
        let rings = cells(rows, columns, steps, seed);
        let simplification =
            if by_area { Simplification::Area(tolerance * tolerance) } else { Simplification::Offset(tolerance) };
        let simple = simplified(&rings, simplification);
        for polygon in &simple {
            prop_assert!(is_valid_polygon(polygon));
        }
        let sum: f64 = simple.iter().map(|polygon| area(polygon)).sum();
        let union = area(&union_all(simple.iter().map(Vec::as_slice)));
        prop_assert!((union / sum - 1.0).abs() < 1e-9, "{union} {sum}");
    }
}
