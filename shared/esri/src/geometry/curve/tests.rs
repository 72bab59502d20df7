use super::*;

fn densified(start: Xy, curve: &str) -> Vec<Xy> {
    let mut path = Path::from_xy(vec![start]);
    let budget = Budget { vertices_left: 100_000, max_vertices: 100_000, curve_tolerance: CURVE_TOLERANCE };
    read_curve(&mut Reader::new(curve, 8), &mut path, &budget).unwrap();
    path.xy
}

fn assert_on_circle(xy: &[Xy], centre: Xy, radius: f64) {
    for [x, y] in xy {
        assert!(((x - centre[0]).hypot(y - centre[1]) - radius).abs() < 1e-9 * radius, "{x} {y}");
    }
}

#[test]
fn a_curve_is_not_cut_finer_than_the_vertices_left() {
    let mut path = Path::from_xy(vec![[1.0, 0.0]]);
    let budget = |vertices_left, curve_tolerance| Budget { vertices_left, max_vertices: 9, curve_tolerance };
    let mut read = |budget: &Budget| {
        read_curve(&mut Reader::new(r#"{"c":[[1,0],[-1,0]]}"#, 8), &mut path, budget).map(|()| path.xy.len())
    };
    assert_eq!(read(&budget(222, 1e-4)), Err(ReadError::TooManyVertices { max_vertices: 9 }));
    assert_eq!(read(&budget(224, 1e-4)), Ok(224));
    assert_eq!(read(&budget(100_000, 1e-12)), Ok(224 + 2_222));
}

#[test]
fn a_half_circle_through_a_point_stays_on_its_circle_and_side() {
    let upper = densified([-1.0, 0.0], r#"{"c":[[1,0],[0,1]]}"#);
    assert_on_circle(&upper, [0.0, 0.0], 1.0);
    assert!(upper.iter().all(|[_, y]| *y > -1e-12) && upper.len() > 100);
    let lower = densified([-1.0, 0.0], r#"{"c":[[1,0],[0,-1]]}"#);
    assert!(lower.iter().all(|[_, y]| *y < 1e-12));
}

#[test]
fn equal_ends_make_a_full_circle() {
    for curve in [r#"{"c":[[1,0],[-1,0]]}"#, r#"{"a":[[1,0],[0,0],0,1]}"#] {
        let circle = densified([1.0, 0.0], curve);
        assert_on_circle(&circle, [0.0, 0.0], 1.0);
        assert!((222..=224).contains(&circle.len()), "{}", circle.len());
    }
}

#[test]
fn direction_and_minor_choose_the_arc() {
    let clockwise = densified([1.0, 0.0], r#"{"a":[[0,1],[0,0],0,1]}"#);
    assert!(clockwise.iter().any(|[x, _]| *x < -0.9), "the long way round");
    let minor = densified([1.0, 0.0], r#"{"a":[[0,1],[0,0],1]}"#);
    assert!(minor.iter().all(|[x, y]| *x > -1e-9 && *y > -1e-9), "the short way");
}

#[test]
fn an_elliptic_arc_stays_on_its_ellipse() {
    let half = densified([2.0, 0.0], r#"{"a":[[-2,0],[0,0],1,0,0,2,0.5]}"#);
    for [x, y] in half {
        assert!(((x / 2.0).powi(2) + y * y - 1.0).abs() < 1e-9 && y > -1e-9);
    }
}

#[test]
fn a_bezier_curve_ends_where_it_says_and_degenerate_curves_are_lines() {
    let curve = densified([0.0, 0.0], r#"{"b":[[10,0],[0,10],[10,10]]}"#);
    assert_eq!(curve.last(), Some(&[10.0, 0.0]));
    assert!(curve.len() > 20 && curve.iter().any(|[_, y]| (*y - 7.5).abs() < 0.01));
    assert_eq!(densified([0.0, 0.0], r#"{"c":[[2,0],[1,0]]}"#), [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]);
    assert_eq!(densified([1.0, 1.0], r#"{"b":[[1,1],[1,1],[1,1]]}"#).len(), 2);
}
