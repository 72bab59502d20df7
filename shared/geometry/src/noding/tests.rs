use super::*;
use gp_esri::Path;

fn line(xy: &[Xy]) -> Geometry {
    Geometry::Polyline(vec![Path::from_xy(xy.to_vec())])
}

fn square(x: f64) -> Geometry {
    let xy = vec![[x, 0.0], [x, 10.0], [x + 10.0, 10.0], [x + 10.0, 0.0], [x, 0.0]];
    Geometry::Polygon(vec![Path::from_xy(xy)])
}

fn noded(geometries: &[Geometry]) -> Vec<NodedLine> {
    let geometries: Vec<_> = geometries.iter().map(Some).collect();
    node_lines(&geometries, |_| Ok::<(), ()>(())).unwrap()
}

#[test]
fn lines_are_cut_where_they_cross_and_where_they_touch() {
    let made = noded(&[
        line(&[[0.0, 0.0], [10.0, 0.0]]),
        line(&[[5.0, -5.0], [5.0, 5.0]]),
        line(&[[8.0, 0.0], [8.0, 1.0]]),
    ]);
    let spans: Vec<(Xy, Xy)> = made.iter().map(|line| (line.xy[0], line.xy[line.xy.len() - 1])).collect();
    let expected = [
        ([0.0, 0.0], [5.0, 0.0]),
        ([5.0, 0.0], [8.0, 0.0]),
        ([8.0, 0.0], [10.0, 0.0]),
        ([5.0, -5.0], [5.0, 0.0]),
        ([5.0, 0.0], [5.0, 5.0]),
        ([8.0, 0.0], [8.0, 1.0]),
    ];
    assert_eq!(spans, expected);
}

#[test]
fn a_border_between_squares_comes_once_and_knows_both() {
    let made = noded(&[square(0.0), square(10.0)]);
    let sources: Vec<Vec<usize>> = made.iter().map(|line| line.sources.clone()).collect();
    assert_eq!(sources, [vec![0, 1], vec![0], vec![1]]);
    assert_eq!(made[0].xy, [[10.0, 10.0], [10.0, 0.0]]);
    assert_eq!(made[1].xy, [[10.0, 0.0], [0.0, 0.0], [0.0, 10.0], [10.0, 10.0]]);
}

#[test]
fn a_lone_outline_stays_whole_and_an_outline_is_not_cut_where_it_begins() {
    assert_eq!(noded(&[square(0.0)])[0].xy.len(), 5);
    let made = noded(&[square(0.0), line(&[[-5.0, 5.0], [15.0, 5.0]])]);
    assert_eq!(made.iter().filter(|line| line.sources == [0]).count(), 2);
}

#[test]
fn lines_that_overlap_are_crossed_at_one_position() {
    // The crossing has no exact position; both lines must be cut at the same one.
    let (a, b) = (line(&[[0.0, 0.0], [9.0, 3.0]]), line(&[[12.0, 4.0], [3.0, 1.0]]));
    let made = noded(&[a, b, line(&[[4.1, 0.0], [4.3, 3.0]])]);
    let shared: Vec<&NodedLine> = made.iter().filter(|line| line.sources == [0, 1]).collect();
    assert_eq!(shared.len(), 2, "{made:?}");
    assert_eq!(shared[0].xy[1], shared[1].xy[0]);
    assert_eq!(made.len(), 6);
}

#[test]
fn a_line_back_and_forth_comes_once_and_one_that_crosses_itself_is_cut() {
    assert_eq!(noded(&[line(&[[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]])]).len(), 1);
    let eight = line(&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]]);
    assert_eq!(noded(&[eight]).len(), 3);
    assert_eq!(node_lines(&[None], |_| Ok::<(), ()>(())), Ok(vec![]));
}

#[test]
fn a_run_that_is_stopped_stops() {
    assert_eq!(node_lines(&[Some(&square(0.0))], |_| Err("stopped")), Err("stopped"));
}

#[test]
fn lines_that_begin_in_one_place_are_not_cut_there_once_for_each_other() {
    let spoke = |n: u32| {
        let (sin, cos) = (f64::from(n) / 2_000.0 * std::f64::consts::TAU).sin_cos();
        line(&[[0.0, 0.0], [100.0 * cos, 100.0 * sin]])
    };
    let spokes: Vec<Geometry> = (0..2_000).map(spoke).collect();
    let mut net = Net::default();
    let strands = net.load(&spokes.iter().map(Some).collect::<Vec<_>>());
    let cuts = net.cuts_at_vertices(|_| Ok::<(), ()>(())).unwrap();
    assert!(cuts.iter().all(Vec::is_empty));
    assert_eq!(net.refine(strands, &cuts).len(), 2_000);
}

#[test]
fn lines_that_would_be_cut_too_often_end_the_work() {
    let across = (0..10).map(|x| line(&[[f64::from(x), -1.0], [f64::from(x), 10.0]]));
    let along = (0..10).map(|y| line(&[[-1.0, f64::from(y)], [10.0, f64::from(y)]]));
    let grid: Vec<Geometry> = across.chain(along).collect();
    let mut cuts = 0;
    let made = node_lines(&grid.iter().map(Some).collect::<Vec<_>>(), |more| {
        cuts += more;
        if cuts > 100 { Err("too many") } else { Ok(()) }
    });
    assert_eq!(made, Err("too many"));
    assert_eq!(noded(&grid).len(), 220);
}
