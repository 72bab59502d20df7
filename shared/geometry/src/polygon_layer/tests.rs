use super::*;

fn random(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Spiky rings around random centres, some with a hole.
fn stars(count: usize, far: f64) -> Vec<Vec<Path>> {
    let mut seed = 3;
    let star = |x: f64, y: f64, radius: f64, seed: &mut u64, clockwise: bool| {
        let mut xy: Vec<Xy> = (0..30)
            .map(|step| {
                let angle = std::f64::consts::TAU * f64::from(step) / 30.0;
                let reach = radius * (0.4 + 0.6 * random(seed));
                [far + x + reach * angle.sin(), y + reach * angle.cos()]
            })
            .collect();
        if !clockwise {
            xy.reverse();
        }
        xy.push(xy[0]);
        Path::from_xy(xy)
    };
    (0..count)
        .map(|number| {
            let (x, y) = (random(&mut seed) * 100.0, random(&mut seed) * 100.0);
            let radius = 1.0 + random(&mut seed) * 20.0;
            let mut rings = vec![star(x, y, radius, &mut seed, true)];
            if number % 3 == 0 {
                rings.push(star(x, y, radius * 0.4, &mut seed, false));
            }
            rings
        })
        .collect()
}

#[test]
fn every_point_is_where_each_polygon_says() {
    for (count, far) in [(0, 0.0), (1, 0.0), (60, 0.0), (40, 1e9)] {
        let polygons = stars(count, far);
        let layer = PolygonLayer::new(polygons.iter().map(Vec::as_slice).collect());
        let prepared: Vec<PreparedPolygon> =
            polygons.iter().map(|rings| PreparedPolygon::new(rings)).collect();
        let mut seed = 5;
        let mut places: Vec<Xy> = (0..3_000)
            .map(|_| [far + random(&mut seed) * 130.0 - 15.0, random(&mut seed) * 130.0 - 15.0])
            .collect();
        places.extend(polygons.iter().flatten().flat_map(|ring| ring.xy.iter().copied()));
        places.extend([[f64::NAN, 0.0], [f64::INFINITY, 0.0]]);
        for xy in places {
            let expected: Vec<(usize, Location)> = prepared
                .iter()
                .map(|polygon| polygon.locate(xy))
                .enumerate()
                .filter(|(_, location)| *location != Location::Outside)
                .collect();
            assert_eq!(layer.at(xy).collect::<Vec<_>>(), expected, "{xy:?}");
        }
    }
}

#[test]
fn flat_huge_and_empty_polygons_do_no_harm() {
    let flat = vec![Path::from_xy(vec![[0.0, 0.0], [5.0, 0.0], [9.0, 0.0], [0.0, 0.0]])];
    let huge = vec![Path::from_xy(vec![[-1e150, -1e150], [-1e150, 1e150], [1e150, 1e150], [-1e150, -1e150]])];
    let layer = PolygonLayer::new(vec![&flat, &[], &huge]);
    assert_eq!(layer.at([5.0, 0.0]).next(), Some((0, Location::Boundary)));
    assert_eq!(layer.at([-1e149, 1e149]).collect::<Vec<_>>(), [(2, Location::Inside)]);
    assert_eq!(layer.at([1e151, 0.0]).count(), 0);
}

#[test]
fn points_level_with_vertices_and_on_upright_and_level_edges_are_located_exactly() {
    // Stairs, whose edges lie along the grid and whose vertices share heights and columns.
    let mut stairs: Vec<Xy> = (0..12)
        .flat_map(|step| [[f64::from(step), f64::from(step)], [f64::from(step), f64::from(step + 1)]])
        .collect();
    stairs.extend([[12.0, 12.0], [12.0, 0.0], [0.0, 0.0]]);
    let stairs = [Path::from_xy(stairs)];
    let layer = PolygonLayer::new(vec![&stairs]);
    let prepared = PreparedPolygon::new(&stairs);
    for x in -1..=50 {
        for y in -1..=50 {
            let xy = [f64::from(x) / 4.0, f64::from(y) / 4.0];
            let expected = prepared.locate(xy);
            let found = layer.at(xy).next().map_or(Location::Outside, |(_, location)| location);
            assert_eq!(found, expected, "{xy:?}");
        }
    }
}

#[test]
fn a_comb_whose_teeth_pass_many_cells_is_prepared_instead_of_copied() {
    let teeth = 400;
    let mut comb: Vec<Xy> = (0..teeth)
        .flat_map(|tooth| {
            let x = f64::from(tooth);
            [[x, 0.0], [x, 1_000.0], [x + 0.5, 1_000.0], [x + 0.5, 0.0]]
        })
        .collect();
    comb.extend([[f64::from(teeth), 0.0], [f64::from(teeth), -1.0], [0.0, -1.0], [0.0, 0.0]]);
    let comb = [Path::from_xy(comb)];
    let layer = PolygonLayer::new(vec![&comb]);
    assert!(layer.edges.is_empty());
    for (x, expected) in
        [(7.25, Some((0, Location::Inside))), (7.75, None), (7.5, Some((0, Location::Boundary)))]
    {
        assert_eq!(layer.at([x, 500.0]).next(), expected, "{x}");
    }
}
