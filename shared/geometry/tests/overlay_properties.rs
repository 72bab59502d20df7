//! Laws that overlays obey whatever the polygons: areas add up, results are valid, prepared and plain agree.

use gp_esri::{Envelope, Path, Xy};
use gp_geometry::*;
use proptest::prelude::*;

/// Rings through random points of a coarse grid: they cross, touch, repeat and overlap all the time.
fn tangle() -> impl Strategy<Value = Vec<Path>> {
    let coarse = prop::collection::vec((0..12_i32, 0..12_i32), 3..14);
    let fine = prop::collection::vec((0..1_000_000_i32, 0..1_000_000_i32), 3..14);
    let ring = prop_oneof![
        coarse.prop_map(|points| points
            .into_iter()
            .map(|(x, y)| [f64::from(x), f64::from(y)])
            .collect::<Vec<Xy>>()),
        fine.prop_map(|points| {
            points.into_iter().map(|(x, y)| [f64::from(x) / 80_000.1, f64::from(y) / 79_999.7]).collect()
        }),
    ];
    prop::collection::vec(ring.prop_map(Path::from_xy), 1..4)
}

/// A valid polygon, moved and scaled to where real data lies.
fn polygon() -> impl Strategy<Value = Vec<Path>> {
    let place = prop_oneof![Just((0.0, 1.0)), Just((6_000_000.5, 100.0)), Just((-71.0, 0.001))];
    (tangle(), place).prop_filter_map("nothing left", |(mut rings, (offset, scale))| {
        for xy in rings.iter_mut().flat_map(|ring| &mut ring.xy) {
            *xy = [xy[0] * scale + offset, xy[1] * scale + offset / 3.0];
        }
        repair_polygon(&rings)
    })
}

/// Two polygons in the same place.
fn pair() -> impl Strategy<Value = (Vec<Path>, Vec<Path>)> {
    let place = prop_oneof![Just((0.0, 1.0)), Just((6_000_000.5, 100.0)), Just((-71.0, 0.001))];
    (tangle(), tangle(), place).prop_filter_map("nothing left", |(mut a, mut b, (offset, scale))| {
        for xy in a.iter_mut().chain(&mut b).flat_map(|ring| &mut ring.xy) {
            *xy = [xy[0] * scale + offset, xy[1] * scale + offset / 3.0];
        }
        Some((repair_polygon(&a)?, repair_polygon(&b)?))
    })
}

/// A star around a centre: radii of equal angles, so narrow spikes and deep notches, and never a crossing.
fn star() -> impl Strategy<Value = Vec<Path>> {
    (prop::collection::vec(0.05..1.0_f64, 5..40), -1.0..1.0_f64, -1.0..1.0_f64).prop_filter_map(
        "nothing left",
        |(radii, x, y)| {
            let step = -std::f64::consts::TAU / radii.len() as f64;
            let at = |(number, radius): (usize, &f64)| {
                let angle = step * number as f64;
                [1e6 + 1e3 * (x + radius * angle.cos()), 2e6 + 1e3 * (y + radius * angle.sin())]
            };
            let mut ring: Vec<Xy> = radii.iter().enumerate().map(at).collect();
            ring.push(ring[0]);
            repair_polygon(&[Path::from_xy(ring)])
        },
    )
}

/// A long strip, from a metre down to a micrometre wide, that crosses the place of the stars.
fn strip() -> impl Strategy<Value = Vec<Path>> {
    (0.0..std::f64::consts::PI, -6_i32..1, -500.0..500.0_f64).prop_map(|(angle, digits, shift)| {
        let (along, across) = ([angle.cos(), angle.sin()], [-angle.sin(), angle.cos()]);
        let corner = |length: f64, width: f64| {
            let part = |axis: usize| along[axis] * length + across[axis] * (shift + width);
            [1e6 + part(0), 2e6 + part(1)]
        };
        let width = 10.0_f64.powi(digits);
        let corners = [corner(-2e3, 0.0), corner(-2e3, width), corner(2e3, width), corner(2e3, 0.0)];
        vec![Path::from_xy([corners.as_slice(), &corners[..1]].concat())]
    })
}

/// Three polygons in one place, of any kind.
fn triple() -> impl Strategy<Value = [Vec<Path>; 3]> {
    let any = || prop_oneof![star(), star(), strip()];
    let crossing = (tangle(), tangle(), tangle()).prop_filter_map("nothing left", |(a, b, c)| {
        Some([repair_polygon(&a)?, repair_polygon(&b)?, repair_polygon(&c)?])
    });
    prop_oneof![(any(), any(), any()).prop_map(|(a, b, c)| [a, b, c]), crossing]
}

/// The cells of a turned grid, which share their corners exactly; the cell in column i, row j has number i · rows + j.
fn grid(columns: usize, rows: usize, angle: f64) -> Vec<Vec<Path>> {
    let corner = |i: usize, j: usize| {
        let (x, y) = (100.0 * i as f64 / 3.0, 100.0 * j as f64 / 7.0);
        [1e6 + x * angle.cos() - y * angle.sin(), 2e6 + x * angle.sin() + y * angle.cos()]
    };
    let cell = |i: usize, j: usize| {
        let ring = [corner(i, j), corner(i, j + 1), corner(i + 1, j + 1), corner(i + 1, j), corner(i, j)];
        vec![Path::from_xy(ring.to_vec())]
    };
    (0..columns).flat_map(|i| (0..rows).map(move |j| (i, j))).map(|(i, j)| cell(i, j)).collect()
}

fn box_area(polygons: &[&[Path]]) -> f64 {
    let mut all = Envelope::EMPTY;
    for xy in polygons.iter().flat_map(|rings| rings.iter()).flat_map(|ring| &ring.xy) {
        all.include(*xy);
    }
    (all.xmax - all.xmin) * (all.ymax - all.ymin)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn repair_leaves_valid_polygons_and_a_second_repair_changes_nothing(polygon in polygon()) {
        prop_assert!(is_valid_polygon(&polygon), "{polygon:?}");
        prop_assert_eq!(repair_polygon(&polygon), Some(polygon.clone()));
        let parts = parts(&polygon);
        prop_assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), polygon.len());
        prop_assert!(parts.iter().all(|part| is_valid_polygon(part)));
        prop_assert!(area(&polygon) > 0.0);
    }

    #[test]
    fn areas_add_up_and_results_are_valid((a, b) in pair()) {
        let (common, only_a, only_b) = (intersection(&a, &b), difference(&a, &b), difference(&b, &a));
        let (union, either) = (union_all([a.as_slice(), b.as_slice()]), symmetric_difference(&a, &b));
        for result in [&common, &only_a, &only_b, &union, &either] {
            prop_assert!(result.is_empty() || is_valid_polygon(result), "{:?}", result);
        }
        // Relative to the box: a sliver's own area is rounding of its coordinates.
        let tolerance = 1e-9 * box_area(&[&a, &b]);
        prop_assert!((area(&common) + area(&only_a) - area(&a)).abs() <= tolerance);
        prop_assert!((area(&common) + area(&only_b) - area(&b)).abs() <= tolerance);
        prop_assert!((area(&union) - area(&common) - area(&either)).abs() <= tolerance);
        prop_assert!(area(&union) >= area(&a).max(area(&b)) - tolerance);
        prop_assert_eq!(intersection(&a, &b), common);
    }

    #[test]
    fn prepared_overlays_equal_plain_ones((a, b) in pair(), x in 0.0..1.0_f64, y in 0.0..1.0_f64, size in 0.01..1.0_f64) {
        // A small part of one against the whole of the other is where the reduction works hardest.
        let whole = envelope_of(&a);
        let (w, h) = (whole.xmax - whole.xmin, whole.ymax - whole.ymin);
        let (x0, y0) = (whole.xmin + x * w, whole.ymin + y * h);
        let (x1, y1) = (x0 + size * w * 0.3, y0 + size * h * 0.3);
        let window = vec![Path::from_xy(vec![[x0, y0], [x0, y1], [x1, y1], [x1, y0], [x0, y0]])];
        for small in [b, window] {
            let prepared = PreparedPolygon::new(&a);
            let tolerance = 1e-9 * box_area(&[&a, &small]);
            let plain = difference(&small, &a);
            let (common, rest) = (intersection_prepared(&prepared, &small), difference_prepared(&small, &prepared));
            prop_assert!(common.is_empty() || is_valid_polygon(&common));
            prop_assert!(rest.is_empty() || is_valid_polygon(&rest));
            prop_assert!((area(&rest) - area(&plain)).abs() <= tolerance);
            // The union knows no reduction.
            let union = union_all([a.as_slice(), small.as_slice()]);
            prop_assert!((area(&a) + area(&small) - area(&union) - area(&common)).abs() <= tolerance);
        }
    }

    #[test]
    fn location_agrees_with_a_plain_count_of_crossings(polygon in polygon(), points in prop::collection::vec((0..24_i32, 0..24_i32), 40)) {
        let prepared = PreparedPolygon::new(&polygon);
        let envelope = envelope_of(&polygon);
        let edges = || polygon.iter().flat_map(|ring| ring.xy.windows(2));
        for (x, y) in points {
            let p = [
                envelope.xmin + (envelope.xmax - envelope.xmin) * f64::from(x) / 23.0,
                envelope.ymin + (envelope.ymax - envelope.ymin) * f64::from(y) / 23.0,
            ];
            let side = |a: Xy, b: Xy| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
            let unclear = edges().any(|pair| side(pair[0], pair[1]).abs() < 1e-9 * box_area(&[&polygon]));
            let spans = |pair: &&[Xy]| (pair[0][1] <= p[1]) != (pair[1][1] <= p[1]);
            let right = |pair: &&[Xy]| (side(pair[0], pair[1]) > 0.0) == (pair[1][1] > pair[0][1]);
            if !unclear {
                let inside = edges().filter(spans).filter(right).count() % 2 == 1;
                prop_assert_eq!(prepared.locate(p) == Location::Inside, inside);
            }
        }
        for xy in polygon.iter().flat_map(|ring| &ring.xy) {
            prop_assert_eq!(prepared.locate(*xy), Location::Boundary);
        }
    }

    #[test]
    fn a_clipped_line_and_the_rest_make_up_the_line(polygon in polygon(), line in tangle()) {
        let envelope = envelope_of(&polygon);
        let line: Vec<Path> = line.iter().map(|path| Path::from_xy(path.xy.iter().map(|[x, y]| {
            [envelope.xmin + (envelope.xmax - envelope.xmin) * x / 11.0, envelope.ymin + (envelope.ymax - envelope.ymin) * y / 11.0]
        }).collect())).collect();
        let prepared = PreparedPolygon::new(&polygon);
        let (inside, outside) = (clip_line(&line, &prepared, Keep::Inside), clip_line(&line, &prepared, Keep::Outside));
        let whole = length(&line);
        prop_assert!((length(&inside) + length(&outside) - whole).abs() <= 1e-9 * whole);
        let ring_line: Vec<Path> = polygon.clone();
        prop_assert!(clip_line(&ring_line, &prepared, Keep::Outside).is_empty());
        prop_assert!((length(&clip_line(&ring_line, &prepared, Keep::Inside)) - length(&ring_line)).abs() <= 1e-9 * length(&ring_line));
    }

    #[test]
    fn relations_agree_with_overlays((a, b) in pair()) {
        let (shape_a, shape_b) =
            (Shape::new(&gp_esri::Geometry::Polygon(a.clone())), Shape::new(&gp_esri::Geometry::Polygon(b.clone())));
        let common = area(&intersection(&a, &b));
        let scale = 1e-9 * box_area(&[&a, &b]);
        if common > scale {
            prop_assert!(intersects(&shape_a, &shape_b) && interiors_intersect(&shape_a, &shape_b));
            prop_assert!(!touches(&shape_a, &shape_b));
        }
        if within(&shape_a, &shape_b) {
            prop_assert!(area(&difference(&a, &b)) <= scale);
        }
        if touches(&shape_a, &shape_b) {
            prop_assert!(common <= scale);
        }
        prop_assert_eq!(intersects(&shape_a, &shape_b), distance(&shape_a, &shape_b) <= 0.0);
        let gap = distance(&shape_a, &shape_b);
        prop_assert!(within_distance(&shape_a, &shape_b, gap));
        prop_assert!(gap <= 0.0 || !within_distance(&shape_a, &shape_b, gap * 0.999));
        prop_assert_eq!(intersects(&shape_a, &shape_b), intersects(&shape_b, &shape_a));
        prop_assert!(identical(&shape_a, &shape_a) && within(&shape_b, &shape_b));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn union_and_symmetric_difference_do_not_depend_on_the_order([a, b, _] in triple()) {
        let tolerance = 1e-9 * box_area(&[&a, &b]);
        let (union, reversed) = (union_all([a.as_slice(), b.as_slice()]), union_all([b.as_slice(), a.as_slice()]));
        prop_assert!(area(&symmetric_difference(&union, &reversed)) <= tolerance);
        let either = symmetric_difference(&a, &b);
        let (only_a, only_b) = (difference(&a, &b), difference(&b, &a));
        let both = union_all([only_a.as_slice(), only_b.as_slice()]);
        prop_assert!(area(&symmetric_difference(&either, &both)) <= tolerance);
    }

    #[test]
    fn the_regions_of_three_polygons_are_valid_and_tile_their_union(polygons in triple()) {
        let prepared: Vec<PreparedPolygon> = polygons.iter().map(|rings| PreparedPolygon::new(rings)).collect();
        let [a, b, c] = &polygons;
        let tolerance = 1e-9 * box_area(&[a, b, c]);
        let mut areas = [0.0; 3];
        let mut total = 0.0;
        for present in 1..8_usize {
            let (mut inside, mut outside) = (Vec::new(), Vec::new());
            let (mut inside_prepared, mut outside_prepared) = (Vec::new(), Vec::new());
            for number in 0..3 {
                let is_present = present & (1 << number) != 0;
                let (plain, sorted) = if is_present {
                    (&mut inside, &mut inside_prepared)
                } else {
                    (&mut outside, &mut outside_prepared)
                };
                plain.push(Operand::Plain(&polygons[number]));
                sorted.push(Operand::Prepared(&prepared[number]));
            }
            let (plain, sorted) = (region(&inside, &outside), region(&inside_prepared, &outside_prepared));
            prop_assert!(plain.is_empty() || is_valid_polygon(&plain), "{:?}", plain);
            prop_assert!((area(&plain) - area(&sorted)).abs() <= tolerance);
            let cleaned = without_slivers(plain.clone());
            prop_assert!(cleaned.is_empty() || is_valid_polygon(&cleaned));
            prop_assert!((area(&plain) - area(&cleaned)).abs() <= tolerance);
            total += area(&plain);
            for number in (0..3).filter(|number| present & (1 << number) != 0) {
                areas[number] += area(&plain);
            }
        }
        for (found, rings) in areas.iter().zip(&polygons) {
            prop_assert!((found - area(rings)).abs() <= tolerance, "{} {}", found, area(rings));
        }
        prop_assert!((total - area(&union_all(polygons.iter().map(Vec::as_slice)))).abs() <= tolerance);
    }

    #[test]
    fn borders_that_are_shared_exactly_leave_no_slivers(
        columns in 2..6_usize, rows in 2..6_usize, angle in 0.0..6.0_f64, cut in star(),
    ) {
        let cells = grid(columns, rows, angle);
        let coarse: Vec<Vec<Path>> = cells.chunks(rows).map(|column| union_all(column.iter().map(Vec::as_slice))).collect();
        let all: Vec<Operand<'_>> = coarse.iter().map(|rings| Operand::Plain(rings)).collect();
        for (number, cell) in cells.iter().enumerate() {
            let own = Operand::Plain(cell);
            prop_assert!(without_slivers(region(&[own], &all)).is_empty());
            for (column, operand) in all.iter().enumerate() {
                let common = without_slivers(region(&[own, *operand], &[]));
                prop_assert_eq!(common.len(), usize::from(column == number / rows));
            }
            // A third polygon cuts both layers, and what it cuts off still fits.
            let cut_off = Operand::Plain(&cut);
            let column = all[number / rows];
            let mut others = all.clone();
            others.remove(number / rows);
            let inside = without_slivers(region(&[own, cut_off], &others));
            let same = without_slivers(region(&[own, cut_off, column], &[]));
            prop_assert!((area(&inside) - area(&same)).abs() <= 1e-9 * area(cell));
            prop_assert!((length(&inside) - length(&same)).abs() <= 1e-6 * length(cell));
            prop_assert!(without_slivers(region(&[own, cut_off], &all)).is_empty());
        }
    }
}
