use super::*;

fn square(x: f64, y: f64, size: f64) -> Vec<Xy> {
    vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]
}

fn rings(rings: &[Vec<Xy>]) -> Topology {
    Topology::new(rings.iter().map(|ring| (ring.as_slice(), Chain::Ring)))
}

#[test]
fn neighbours_share_an_arc_and_use_it_in_opposite_directions() {
    let topology = rings(&[square(0.0, 0.0, 1.0), square(1.0, 0.0, 1.0)]);
    assert_eq!((topology.vertex_count(), topology.arc_count()), (6, 3));
    let shared: Vec<(ArcUse, ArcUse)> = topology
        .uses(0)
        .iter()
        .filter_map(|one| topology.uses(1).iter().find(|two| two.arc == one.arc).map(|two| (*one, *two)))
        .collect();
    assert_eq!(shared.len(), 1);
    assert_ne!(shared[0].0.reversed, shared[0].1.reversed);
    assert_eq!(topology.arc(shared[0].0.arc).len(), 2);
}

#[test]
fn an_island_in_a_hole_is_one_arc_for_both_wherever_they_start() {
    let mut hole = square(0.0, 0.0, 1.0);
    hole.pop();
    hole.reverse();
    hole.push(hole[0]);
    let topology = rings(&[square(0.0, 0.0, 1.0), hole]);
    assert_eq!(topology.arc_count(), 1);
    assert_ne!(topology.uses(0)[0].reversed, topology.uses(1)[0].reversed);
}

#[test]
fn rings_that_touch_in_a_vertex_have_a_node_there_and_lines_at_their_ends() {
    let topology = rings(&[square(0.0, 0.0, 1.0), square(1.0, 1.0, 1.0)]);
    assert_eq!(topology.arc_count(), 2);
    assert_eq!(topology.arc(0).first(), topology.arc(0).last());
    let way: Vec<Xy> = vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
    let side: Vec<Xy> = vec![[1.0, 0.0], [1.0, 5.0]];
    let lines = Topology::new([(way.as_slice(), Chain::Line), (side.as_slice(), Chain::Line)]);
    assert_eq!((lines.arc_count(), lines.uses(0).len()), (3, 2));
}

#[test]
fn a_vertex_on_the_edge_of_a_neighbour_is_put_in_there() {
    let (large, small) = (square(0.0, 0.0, 2.0), square(2.0, 0.0, 1.0));
    let cut = with_touching_vertices(&[&large, &small]);
    assert_eq!(cut[0], [[0.0, 0.0], [0.0, 2.0], [2.0, 2.0], [2.0, 1.0], [2.0, 0.0], [0.0, 0.0]]);
    assert_eq!(cut[1], small);
    assert_eq!(rings(&cut).arc_count(), 3);
}

#[test]
fn what_stays_keeps_its_z_and_a_ring_without_its_start_begins_with_the_next_vertex() {
    let path = Path {
        xy: vec![[0.0, 0.5], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.5]],
        z: vec![1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 1.0],
        m: vec![],
    };
    let topology = Topology::new([(path.xy.as_slice(), Chain::Ring)]);
    let kept = topology.simplify_arc(0, Simplification::Offset(0.1), &Metric::Planar, || Ok::<(), ()>(()));
    let resolver = Resolver::new(&topology, vec![kept.unwrap()], Metric::Planar);
    let simple = topology.simplified(0, &path, resolver.kept());
    assert_eq!(simple.xy, [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]);
    assert_eq!(simple.z, [2.0, 3.0, 4.0, 5.0, 2.0]);
}
