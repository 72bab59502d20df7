use super::*;
use gp_esri::{Feature, GeometryType, Point};

fn points(code: u32, positions: &[[f64; 2]]) -> FeatureSet {
    let feature =
        |xy: &[f64; 2]| Feature { attributes: vec![], geometry: Some(Geometry::Point(Point::from_xy(*xy))) };
    FeatureSet {
        geometry_type: Some(GeometryType::Point),
        spatial_reference: Some(SpatialReference::from_wkid(code)),
        features: positions.iter().map(feature).collect(),
        ..FeatureSet::default()
    }
}

fn extent(code: u32, [xmin, ymin, xmax, ymax]: [f64; 4]) -> Extent {
    Extent {
        envelope: Envelope { xmin, ymin, xmax, ymax },
        spatial_reference: Some(SpatialReference::from_wkid(code)),
        z: None,
        m: None,
    }
}

fn kept(mut features: FeatureSet, extent: &Extent) -> usize {
    keep_within(&mut features, extent, &|| false).unwrap();
    features.features.len()
}

#[test]
fn an_extent_of_the_whole_world_leaves_out_nothing_where_poles_have_no_place() {
    let near_the_edge = points(3857, &[[0.0, 19_000_000.0], [0.0, -19_900_000.0], [0.0, 0.0]]);
    assert_eq!(kept(near_the_edge, &extent(4326, [-180.0, -90.0, 180.0, 90.0])), 3);
}

#[test]
fn a_larger_extent_takes_every_feature_that_a_smaller_one_takes() {
    let steps = || (-20..20).map(f64::from);
    let grid = |x: f64, y: f64| -> Vec<[f64; 2]> {
        steps().flat_map(|column| steps().map(move |row| [column * x, row * y])).collect()
    };
    let degrees = [1.0, 2.0, 5.0, 11.0, 23.0, 31.0, 38.0, 40.0];
    for code in [3035, 5070, 25832, 3857, 3995, 54009] {
        let near = degrees.map(|half| extent(4326, [9.0 - half, 50.0 - half, 9.0 + half, 50.0 + half]));
        grows(&points(code, &grid(3e5, 3e5)), &near);
        let meters = degrees.map(|half| half * 1e5);
        let near = meters.map(|half| extent(code, [-half, -half / 2.0, half * 1.5, half]));
        grows(&points(4326, &grid(9.0, 4.5)), &near);
        grows(&boxes(4326, &grid(9.0, 4.5), [7.0, 3.0]), &near);
        // Boxes with an edge in common.
        let east = degrees.map(|half| extent(code, [0.0, 0.0, half * 1e5, 3e5 + half]));
        grows(&boxes(4326, &grid(9.0, 4.5), [7.0, 3.0]), &east);
        grows(&points(4326, &grid(9.0, 4.5)), &east);
    }
}

/// Polygons of that width and height from those corners on.
fn boxes(code: u32, corners: &[[f64; 2]], [width, height]: [f64; 2]) -> FeatureSet {
    let mut set = points(code, corners);
    for (feature, [x, y]) in set.features.iter_mut().zip(corners) {
        let ring = Envelope { xmin: *x, ymin: *y, xmax: x + width, ymax: (y + height).min(90.0) }.ring();
        feature.geometry = Some(Geometry::Polygon(vec![Path::from_xy(ring.to_vec())]));
    }
    set
}

#[test]
fn nothing_from_elsewhere_on_earth_takes_part_where_an_extent_goes_beyond_the_antimeridian() {
    let across = extent(2193, [1e6, 4.7e6, 3.1e6, 6.2e6]);
    let cities = [[178.4, -18.1], [-0.1, 51.5], [2.3, 48.9], [-74.0, 40.7], [174.8, -41.3]];
    assert_eq!(kept(points(4326, &cities), &across), 1);
    assert_eq!(kept(boxes(4326, &cities, [0.5, 0.5]), &across), 1);
    // One that lies all around it.
    assert_eq!(kept(boxes(4326, &[[-180.0, -90.0]], [360.0, 180.0]), &across), 1);
}

#[test]
fn features_without_a_reference_are_compared_as_they_are_and_that_is_said() {
    let mut features = FeatureSet { spatial_reference: None, ..points(4326, &[[5.0, 5.0], [50.0, 50.0]]) };
    let said = keep_within(&mut features, &extent(4326, [0.0, 0.0, 9.0, 9.0]), &|| false).unwrap();
    assert!(said.is_some_and(|text| text.contains("no spatial reference")) && features.features.len() == 1);
}

#[test]
fn of_a_multipoint_one_point_in_the_extent_is_enough_wherever_the_others_are() {
    let mut set = points(4326, &[[0.0, 0.0]]);
    let mut multipoint = |points: &[[f64; 2]]| {
        set.features[0].geometry = Some(Geometry::Multipoint(Path::from_xy(points.to_vec())));
        set.clone()
    };
    let germany = extent(25832, [3e5, 5.2e6, 9e5, 6.1e6]);
    assert_eq!(kept(multipoint(&[[9.0, 50.0], [100.0, 10.0]]), &germany), 1);
    assert_eq!(kept(multipoint(&[[100.0, 10.0], [20.0, 10.0]]), &germany), 0);
}

#[test]
fn polygons_beside_an_extent_across_the_antimeridian_or_around_a_pole_are_left_out() {
    let set = boxes(4326, &[[5.0, 5.0], [179.0, 5.0], [-181.0, 5.0]], [2.0, 2.0]);
    assert_eq!(kept(set, &extent(3832, [3.0e6, 0.0, 3.8e6, 2e6])), 2);
    let set = boxes(4326, &[[5.0, 5.0], [5.0, 80.0]], [2.0, 2.0]);
    assert_eq!(kept(set, &extent(3995, [-4e6, -3e6, 3.1e6, 2.3e6])), 1);
}

fn grows(features: &FeatureSet, extents: &[Extent]) {
    let mut before: Vec<Feature> = vec![];
    for extent in extents {
        let mut now = features.clone();
        // An extent without any place among the features takes none of them.
        if keep_within(&mut now, extent, &|| false).is_err() {
            continue;
        }
        let lost: Vec<&Feature> = before.iter().filter(|feature| !now.features.contains(feature)).collect();
        assert_eq!((lost.len(), lost.first()), (0, None), "{extent:?}");
        before = now.features;
    }
}

#[test]
fn an_extent_of_a_map_of_the_pacific_takes_both_sides_of_the_antimeridian_and_one_around_a_pole_the_pole() {
    let both = points(4326, &[[179.5, 10.0], [-179.5, 10.0]]);
    assert_eq!(kept(both, &extent(3832, [3.0e6, 0.0, 3.8e6, 2e6])), 2);
    let pole = points(4326, &[[12.0, 89.99], [12.0, 10.0]]);
    assert_eq!(kept(pole, &extent(3995, [-4e6, -3e6, 3.1e6, 2.3e6])), 1);
}

#[test]
fn a_polygon_takes_part_that_meets_the_extent_only_between_its_vertices() {
    let world = |half_x: f64, half_y: f64| {
        let ring = Envelope { xmin: -half_x, ymin: -half_y, xmax: half_x, ymax: half_y }.ring();
        let mut set = points(4326, &[[0.0, 0.0]]);
        set.features[0].geometry = Some(Geometry::Polygon(vec![Path::from_xy(ring.to_vec())]));
        set
    };
    let small = |code: u32, [x, y]: [f64; 2]| extent(code, [x, y, x + 10.0, y + 10.0]);
    for (code, at) in [(5070, [0.0, 1.5e6]), (25832, [5e5, 5.5e6]), (3995, [-5e6, 10.0]), (3857, [0.0, 0.0])]
    {
        assert_eq!(kept(world(180.0, 90.0), &small(code, at)), 1, "EPSG:{code}");
        assert_eq!(kept(world(150.0, 70.0), &small(code, at)), 1, "EPSG:{code}");
    }
}

#[test]
fn an_extent_of_which_nothing_has_a_place_among_the_features_is_an_error_unless_a_feature_lies_in_it() {
    let mut features = points(3857, &[[0.0, 0.0]]);
    let beyond = extent(4326, [0.0, 91.0, 1.0, 92.0]);
    assert!(keep_within(&mut features, &beyond, &|| false).unwrap_err().contains("no place"));
    let half = 1e308;
    assert_eq!(kept(points(4326, &[[8.0, 50.0]]), &extent(3857, [-half, -half, half, half])), 1);
}

#[test]
fn an_extent_of_a_map_that_was_moved_around_the_world_takes_what_the_map_shows() {
    let cities = [[178.4, -18.1], [-175.2, -21.1], [174.8, -41.3], [2.3, 48.9]];
    for turn in [-720.0, -360.0, 0.0, 360.0, 1080.0] {
        let pacific = extent(4326, [176.0 + turn, -30.0, 186.0 + turn, 0.0]);
        assert_eq!(kept(points(4326, &cities), &pacific), 2, "{turn}");
        assert_eq!(kept(points(3832, &[[3.1e6, -2e6], [-9e6, -2e6]]), &pacific), 1, "{turn}");
        let france = extent(4326, [0.0 + turn, 40.0, 5.0 + turn, 50.0]);
        assert_eq!(kept(points(4326, &cities), &france), 1, "{turn}");
    }
    let west = |code: u32| extent(code, [-2.1e7, -3.5e6, -1.9e7, 0.0]);
    for code in [3857, 102_100] {
        assert_eq!(kept(points(4326, &cities), &west(code)), 2, "{code}");
        let projected = [[1.986e7, -2.05e6], [-1.95e7, -2.4e6], [2.6e5, 6.2e6]];
        assert_eq!(kept(points(3857, &projected), &west(code)), 2, "{code}");
    }
    assert_eq!(kept(points(4326, &cities), &extent(4326, [-300.0, -90.0, 300.0, 90.0])), 4);
}

#[test]
fn features_that_go_on_beyond_the_antimeridian_are_met_where_they_are() {
    let features = points(4326, &[[185.0, 0.0], [-175.0, 0.0], [170.0, 0.0]]);
    assert_eq!(kept(features, &extent(4326, [180.0, -1.0, 190.0, 1.0])), 2);
    let beyond = points(4326, &[[-185.0, 0.0], [-175.0, 0.0], [185.0, 0.0], [12.0, 0.0]]);
    let wider = [[174.0, 176.0], [170.0, 190.0], [0.0, 200.0], [0.0, 359.0], [0.0, 360.0], [-400.0, 400.0]];
    grows(&beyond, &wider.map(|[xmin, xmax]| extent(4326, [xmin, -1.0, xmax, 1.0])));
    // No turn of a projection of one country comes back.
    assert_eq!(kept(points(25832, &[[5e5, 5e6]]), &extent(25832, [4.1e7, 0.0, 4.2e7, 1e7])), 0);
}

#[test]
fn what_is_read_of_a_file_lies_around_every_turn_of_the_extent() {
    let around = |xmin: f64, xmax: f64| {
        let Envelope { xmin, xmax, .. } = all_turns(&extent(4326, [xmin, 0.0, xmax, 1.0])).envelope;
        format!("{xmin} {xmax}")
    };
    assert_eq!(around(-180.0, 180.0), "-180 180");
    assert_eq!(around(170.0, 190.0), "-190 190");
    assert_eq!(around(-200.0, 200.0), "-540 540");
    assert_eq!(around(530.0, 535.0), "170 535");
    let on_a_map = within_one_turn(&all_turns(&extent(4326, [530.0, 0.0, 545.0, 1.0]))).envelope;
    assert_eq!(format!("{} {}", on_a_map.xmin, on_a_map.xmax), "-180 180");
    let unknown = Extent { spatial_reference: None, ..extent(4326, [170.0, 0.0, 190.0, 1.0]) };
    assert_eq!((all_turns(&unknown), within_one_turn(&unknown)), (unknown.clone(), unknown));
}

#[test]
fn of_the_countries_only_those_in_an_extent_across_the_antimeridian_or_around_a_pole_take_part() {
    let text = include_str!("../../../../examples/countries.json");
    let countries = FeatureSet::from_json(text, &gp_esri::ReadLimits::default()).unwrap().feature_set;
    let name = countries.field_index("NAME").unwrap();
    for (code, box_, expected) in [
        (2193, [1.0e6, 4.7e6, 3.0e6, 6.3e6], "New Zealand"),
        (32760, [1e5, 7.5e6, 1.1e6, 8.5e6], "Fiji"),
        (3832, [3e6, -2.5e6, 3.6e6, -1.5e6], "Fiji"),
        (32601, [1e5, 0.0, 9e5, 6e6], ""),
        (3995, [-1e6, -1e6, 1e6, 1e6], "Canada, Greenland, Norway, Russia"),
        (3031, [-3e6, -3e6, 3e6, 3e6], "Antarctica"),
    ] {
        let mut taken = countries.clone();
        keep_within(&mut taken, &extent(code, box_), &|| false).unwrap();
        let text = |feature: &Feature| match &feature.attributes[name] {
            gp_esri::Attribute::Text(text) => text.to_string(),
            other => panic!("{other:?}"),
        };
        let mut names: Vec<String> = taken.features.iter().map(text).collect();
        names.sort();
        assert_eq!(names.join(", "), expected, "EPSG:{code}");
    }
}

#[test]
fn thin_shapes_far_from_an_extent_across_the_antimeridian_are_left_out() {
    let across = extent(3832, [3.2e6, -5e6, 3.5e6, 5e6]);
    for [width, height] in [[0.1, 5.0], [5.0, 0.1], [1.0, 1.0], [1e-9, 5.0]] {
        assert_eq!(kept(boxes(4326, &[[10.0, 50.0], [179.0, 5.0]], [width, height]), &across), 1, "{width}");
    }
    let mut line = points(4326, &[[0.0, 0.0]]);
    line.features[0].geometry =
        Some(Geometry::Polyline(vec![Path::from_xy(vec![[-100.0, 40.0], [-90.0, 40.0]])]));
    assert_eq!(kept(line, &extent(32601, [1e5, 0.0, 9e5, 5e6])), 0);
}

#[test]
fn longitudes_from_0_to_360_take_part_in_extents_of_every_kind() {
    let grid: Vec<[f64; 2]> = (0..72).map(|step| [f64::from(step) * 5.0, 10.0]).collect();
    let all = points(4326, &grid);
    assert_eq!(kept(all.clone(), &extent(4326, [-180.0, -90.0, 180.0, 90.0])), 72);
    for turn in [-360.0, 0.0, 360.0] {
        assert_eq!(kept(all.clone(), &extent(4326, [-20.0 + turn, 0.0, 20.0 + turn, 20.0])), 9, "{turn}");
    }
    assert_eq!(kept(all.clone(), &extent(3857, [-2_226_400.0, 0.0, 2_226_400.0, 2e6])), 9);
    // From 2 to 10 degrees west.
    assert_eq!(kept(all.clone(), &extent(32629, [3e5, 1e6, 1.3e6, 1.3e6])), 2);
    let squares = boxes(4326, &[[350.0, 5.0], [182.0, 5.0], [90.0, 5.0]], [2.0, 2.0]);
    assert_eq!(kept(squares.clone(), &extent(4326, [-180.0, 0.0, -1.0, 20.0])), 2);
    assert_eq!(kept(squares, &extent(32629, [3e5, 4e5, 1.3e6, 1.3e6])), 1);
}

#[test]
fn an_extent_without_a_reference_has_that_of_the_features() {
    let both = points(4326, &[[-175.0, 0.0], [175.0, 0.0]]);
    let pacific = Extent { spatial_reference: None, ..extent(4326, [170.0, -1.0, 190.0, 1.0]) };
    assert_eq!(kept(both, &pacific), 2);
}
