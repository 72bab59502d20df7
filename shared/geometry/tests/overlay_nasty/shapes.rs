//! The polygons that break overlay engines, and the rings they are made of.

use gp_esri::{Path, Xy};
use gp_geometry::reverse;

pub(crate) fn ring(xy: &[Xy]) -> Path {
    Path::from_xy(xy.to_vec())
}

pub(crate) fn square(x: f64, y: f64, size: f64) -> Path {
    ring(&[[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]])
}

pub(crate) fn hole(x: f64, y: f64, size: f64) -> Path {
    let mut hole = square(x, y, size);
    reverse(&mut hole);
    hole
}

/// Name, rings, the area of the repaired polygon in squared units; 0 means nothing is left.
pub(crate) fn nasty() -> Vec<(&'static str, Vec<Path>, f64)> {
    let tiny = 1e-300;
    vec![
        ("bow-tie", vec![ring(&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0], [0.0, 0.0]])], 50.0),
        (
            "spike",
            vec![ring(&[
                [0.0, 0.0],
                [0.0, 10.0],
                [10.0, 10.0],
                [10.0, 0.0],
                [20.0, 0.0],
                [10.0, 0.0],
                [0.0, 0.0],
            ])],
            100.0,
        ),
        (
            "inner spike",
            vec![ring(&[
                [0.0, 0.0],
                [0.0, 10.0],
                [10.0, 10.0],
                [10.0, 5.0],
                [5.0, 5.0],
                [10.0, 5.0],
                [10.0, 0.0],
                [0.0, 0.0],
            ])],
            100.0,
        ),
        (
            "duplicate points",
            vec![ring(&[
                [0.0, 0.0],
                [0.0, 0.0],
                [0.0, 10.0],
                [10.0, 10.0],
                [10.0, 10.0],
                [10.0, 0.0],
                [0.0, 0.0],
                [0.0, 0.0],
            ])],
            100.0,
        ),
        (
            "hole touching the shell in a point",
            vec![square(0.0, 0.0, 10.0), ring(&[[0.0, 5.0], [4.0, 3.0], [4.0, 7.0], [0.0, 5.0]])],
            92.0,
        ),
        (
            "hole touching the shell in two points",
            vec![
                square(0.0, 0.0, 10.0),
                ring(&[[0.0, 5.0], [5.0, 4.0], [10.0, 5.0], [5.0, 6.0], [0.0, 5.0]]),
            ],
            90.0,
        ),
        ("hole sharing an edge with the shell", vec![square(0.0, 0.0, 10.0), hole(0.0, 3.0, 4.0)], 84.0),
        ("hole outside", vec![square(0.0, 0.0, 10.0), hole(20.0, 0.0, 2.0)], 104.0),
        ("hole crossing the shell", vec![square(0.0, 0.0, 10.0), hole(8.0, 2.0, 4.0)], 92.0),
        ("hole equal to the shell", vec![square(0.0, 0.0, 10.0), hole(0.0, 0.0, 10.0)], 0.0),
        ("nested rings of one orientation", vec![square(0.0, 0.0, 10.0), square(2.0, 2.0, 3.0)], 91.0),
        ("everything turned around", vec![hole(0.0, 0.0, 10.0), square(2.0, 2.0, 3.0)], 91.0),
        ("overlapping parts", vec![square(0.0, 0.0, 10.0), square(5.0, 5.0, 10.0)], 175.0),
        (
            "overlapping parts of mixed orientation with a smaller one",
            vec![square(0.0, 0.0, 10.0), square(5.0, 5.0, 10.0), square(30.0, 0.0, 1.0)],
            176.0,
        ),
        ("parts sharing an edge", vec![square(0.0, 0.0, 10.0), square(10.0, 0.0, 10.0)], 200.0),
        ("parts touching in a corner", vec![square(0.0, 0.0, 10.0), square(10.0, 10.0, 10.0)], 200.0),
        (
            "ring touching itself",
            vec![ring(&[
                [0.0, 0.0],
                [0.0, 10.0],
                [5.0, 5.0],
                [10.0, 10.0],
                [10.0, 0.0],
                [5.0, 5.0],
                [0.0, 0.0],
            ])],
            50.0,
        ),
        (
            "collinear vertices",
            vec![ring(&[
                [0.0, 0.0],
                [0.0, 5.0],
                [0.0, 10.0],
                [10.0, 10.0],
                [10.0, 0.0],
                [5.0, 0.0],
                [0.0, 0.0],
            ])],
            100.0,
        ),
        ("1e-300 large", vec![square(0.0, 0.0, tiny)], 0.0),
        (
            "1 mm wide, 1e7 apart",
            vec![square(0.0, 0.0, 0.001), square(1e7, 0.0, 0.001)],
            1e-6 + 0.001 * (1e7 + 0.001 - 1e7),
        ),
        (
            "1 mm wide and 1e7 long",
            vec![ring(&[[0.0, 0.0], [0.0, 0.001], [1e7, 0.001], [1e7, 0.0], [0.0, 0.0]])],
            1e4,
        ),
        ("no area", vec![ring(&[[0.0, 0.0], [5.0, 5.0], [10.0, 10.0], [0.0, 0.0]])], 0.0),
        ("there and back", vec![ring(&[[0.0, 0.0], [5.0, 5.0], [10.0, 0.0], [5.0, 5.0], [0.0, 0.0]])], 0.0),
        ("two points", vec![ring(&[[0.0, 0.0], [5.0, 5.0]])], 0.0),
        ("one point", vec![ring(&[[3.0, 3.0], [3.0, 3.0], [3.0, 3.0], [3.0, 3.0]])], 0.0),
        ("no rings", vec![], 0.0),
        ("empty ring", vec![ring(&[])], 0.0),
        ("unclosed", vec![ring(&[[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0]])], 100.0),
        (
            "NaN vertex",
            vec![ring(&[[0.0, 0.0], [0.0, 10.0], [f64::NAN, 5.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]])],
            100.0,
        ),
        (
            "infinite vertex",
            vec![ring(&[
                [f64::INFINITY, 0.0],
                [0.0, 0.0],
                [0.0, 10.0],
                [10.0, 10.0],
                [10.0, 0.0],
                [0.0, 0.0],
            ])],
            100.0,
        ),
        (
            "1e308 vertex",
            vec![ring(&[[0.0, 0.0], [0.0, 10.0], [1e308, -1e308], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]])],
            100.0,
        ),
        ("only NaN", vec![ring(&[[f64::NAN; 2]; 5])], 0.0),
        (
            "a degenerate ring beside a good one",
            vec![square(0.0, 0.0, 10.0), ring(&[[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]])],
            100.0,
        ),
        (
            "figure eight with unequal loops",
            vec![ring(&[[0.0, 0.0], [20.0, 20.0], [20.0, 0.0], [0.0, 20.0], [-10.0, 20.0], [0.0, 0.0]])],
            300.0,
        ),
        ("island in a hole", vec![square(0.0, 0.0, 10.0), hole(1.0, 1.0, 8.0), square(3.0, 3.0, 2.0)], 40.0),
    ]
}
