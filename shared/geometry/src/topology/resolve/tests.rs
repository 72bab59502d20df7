use super::*;
use crate::simplify::Simplification;
use crate::topology::{Chain, Topology};
use gp_esri::Path;

fn go_on() -> Result<(), ()> {
    Ok(())
}

fn simplify(chains: &[(&[Xy], Chain)], simplification: Simplification) -> Vec<Vec<Xy>> {
    let topology = Topology::new(chains.iter().copied());
    let keep = (0..topology.arc_count())
        .map(|arc| topology.simplify_arc(arc, simplification, &Metric::Planar, go_on).unwrap())
        .collect();
    let mut resolver = Resolver::new(&topology, keep, Metric::Planar);
    while resolver.step(go_on).unwrap() > 0 {}
    let chains = chains.iter().enumerate();
    chains
        .map(|(chain, (xy, _))| topology.simplified(chain, &Path::from_xy(xy.to_vec()), resolver.kept()).xy)
        .collect()
}

/// A bay of depth 2 in a coast of length 10, with something at its bottom.
const COAST: [Xy; 6] = [[0.0, 0.0], [3.0, 0.0], [5.0, -2.0], [7.0, 0.0], [8.0, 0.1], [10.0, 0.0]];

#[test]
fn a_line_across_the_mouth_of_a_bay_does_not_jump_over_an_island_in_it() {
    let island = [[4.9, -1.0], [5.0, -0.9], [5.1, -1.0], [4.9, -1.0]];
    let alone = simplify(&[(&COAST, Chain::Line)], Simplification::Offset(5.0));
    assert_eq!(alone[0], [[0.0, 0.0], [10.0, 0.0]]);
    let both = simplify(&[(&COAST, Chain::Line), (&island, Chain::Ring)], Simplification::Offset(5.0));
    assert_eq!(both[0], [[0.0, 0.0], [5.0, -2.0], [10.0, 0.0]]);
}

#[test]
fn a_line_that_a_simplified_one_would_cross_pushes_it_back() {
    let stick: [Xy; 2] = [[5.0, -1.0], [5.0, 3.0]];
    let both = simplify(&[(&COAST, Chain::Line), (&stick, Chain::Line)], Simplification::Offset(5.0));
    assert_eq!(both[0], [[0.0, 0.0], [5.0, -2.0], [10.0, 0.0]]);
}

#[test]
fn two_arcs_between_the_same_nodes_do_not_become_one() {
    let lens: [Xy; 7] =
        [[0.0, 0.0], [5.0, 1.0], [10.0, 0.0], [20.0, 0.0], [10.0, 0.0], [5.0, -1.0], [0.0, 0.0]];
    let made = simplify(&[(&lens, Chain::Line)], Simplification::Area(1e3));
    assert_eq!(made[0], lens);
}

#[test]
fn a_ring_that_is_all_within_tolerance_stays_a_triangle() {
    let round: Vec<Xy> = (0..=40)
        .map(|step| {
            let (sin, cos) = (f64::from(step % 40) / 40.0 * std::f64::consts::TAU).sin_cos();
            [cos, sin]
        })
        .collect();
    for simplification in [Simplification::Offset(50.0), Simplification::Area(50.0)] {
        assert_eq!(simplify(&[(&round, Chain::Ring)], simplification)[0].len(), 4);
    }
}

#[test]
fn lines_that_cross_from_the_start_end_the_search_too() {
    let zigzag = |shift: f64| -> Vec<Xy> {
        (0..200).map(|step| [f64::from(step), if step % 2 == 0 { shift } else { -shift }]).collect()
    };
    let (a, b) = (zigzag(1.0), zigzag(-1.0));
    let made = simplify(&[(&a, Chain::Line), (&b, Chain::Line)], Simplification::Offset(10.0));
    assert!(made.iter().all(|line| line.len() >= 2));
}

#[test]
fn a_position_is_in_a_line_of_few_edges_as_in_one_of_many() {
    let round = |count: u32| -> Vec<Xy> {
        let angle = |step: u32| f64::from(step) / f64::from(count) * std::f64::consts::TAU;
        (0..count).map(|step| [angle(step).cos(), angle(step).sin()]).collect()
    };
    let (few, many) = (Around::new(&round(100)), Around::new(&round(10_000)));
    assert!(few.index.is_none() && many.index.is_some());
    for (at, is_inside) in
        [([0.0, 0.0], true), ([-0.9, 0.3], true), ([-1.1, 0.0], false), ([0.9, 0.9], false)]
    {
        assert_eq!((few.holds(at), many.holds(at)), (is_inside, is_inside), "{at:?}");
    }
}

#[test]
fn a_run_that_is_stopped_stops() {
    let topology = Topology::new([(COAST.as_slice(), Chain::Line)]);
    let keep = topology.simplify_arc(0, Simplification::Offset(5.0), &Metric::Planar, go_on).unwrap();
    let mut resolver = Resolver::new(&topology, vec![keep], Metric::Planar);
    assert_eq!(resolver.step(|| Err("stopped")), Err("stopped"));
}
