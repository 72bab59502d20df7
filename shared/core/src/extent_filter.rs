//! Which features take part when a request names an extent (specification 3, `context`): those that share a point with it.
//!
//! Separate because the extent may be in another spatial reference than the features, where a box is no box any more: they are
//! compared in the reference of the extent. It must never leave out a feature that a smaller extent would take: where it is in
//! doubt a feature takes part.

use gp_esri::{Envelope, Extent, FeatureSet, Geometry, Path, SpatialReference, Xy};
use gp_geometry::{BoxImage, Crs, Shape, Transform, box_image, is_torn_apart};

/// Leaves the features that share a point with the extent, which is a box in its own reference; of no use once `stop` says so.
/// Says what a reader of the request should know.
///
/// # Errors
/// There is no way between the references, or no part of the extent has a place in that of the features: a reason that
/// a reader of the request understands.
pub(crate) fn keep_within(
    features: &mut FeatureSet,
    extent: &Extent,
    stop: &dyn Fn() -> bool,
) -> Result<Option<&'static str>, String> {
    let mut notice = None;
    let filter = match (&extent.spatial_reference, &features.spatial_reference) {
        (Some(from), Some(to)) if !from.same_as(to) => ExtentFilter::across(&extent.envelope, from, to)?,
        (own, of_features) => {
            if own.is_some() && of_features.is_none() && !features.features.is_empty() {
                notice = Some(UNKNOWN_REFERENCE);
            }
            ExtentFilter { extent: Frame::new(extent.envelope), image: None }
        }
    };
    let takes =
        |geometry: &Option<Geometry>| geometry.as_ref().is_some_and(|geometry| filter.takes(geometry));
    features.features.retain(|feature| !stop() && takes(&feature.geometry));
    if features.features.is_empty() && filter.image.is_some_and(|image| image.frame.envelope.is_empty()) {
        return Err("it has no place in the spatial reference of the features".to_owned());
    }
    Ok(notice)
}

/// What is said of features whose place on the earth is not known.
const UNKNOWN_REFERENCE: &str =
    "the features name no spatial reference, so the extent was compared with their coordinates as they are";

/// The extent in its own reference, and its image in that of the features if that is another one.
struct ExtentFilter {
    extent: Frame,
    image: Option<Image>,
}

/// The extent among the features, and the way from there to its own reference.
struct Image {
    /// What lies in it, and more.
    frame: Frame,
    is_whole: bool,
    /// Positions within the extent.
    positions: Shape,
    back: Transform,
}

impl ExtentFilter {
    fn across(
        envelope: &Envelope,
        from: &SpatialReference,
        to: &SpatialReference,
    ) -> Result<ExtentFilter, String> {
        let crs = |sr| Crs::new(sr).map_err(|error| error.to_string());
        let (from, to) = (crs(from)?, crs(to)?);
        let way = |from, to| Transform::new(from, to).map_err(|error| error.to_string());
        let BoxImage { envelope: around, is_whole, positions } = box_image(envelope, &way(&from, &to)?);
        let positions = Shape::new(&Geometry::Multipoint(Path::from_xy(positions)));
        let image = Image { frame: Frame::new(around), is_whole, positions, back: way(&to, &from)? };
        Ok(ExtentFilter { extent: Frame::new(*envelope), image: Some(image) })
    }

    fn takes(&self, geometry: &Geometry) -> bool {
        let Some(Image { frame, is_whole, positions, back }) = &self.image else {
            return self.extent.meets(geometry);
        };
        if *is_whole && !geometry.envelope().intersects(&frame.envelope) {
            return false;
        }
        let mut projected = geometry.clone();
        let mut without_place = 0;
        projected.for_each_xy_mut(|positions| without_place += back.apply(positions));
        if matches!(projected, Geometry::Point(_) | Geometry::Multipoint(_)) {
            let mut is_in = false;
            projected.for_each_xy(|xy| is_in |= self.extent.contains(xy));
            return is_in;
        }
        if without_place == 0 && self.extent.meets(&projected) {
            return true;
        }
        // Between its vertices an edge is straight among the features, and bends on its way to the extent.
        match bent(geometry, back) {
            Bent::Whole(bent) => self.extent.meets(&bent),
            _ if *is_whole => frame.meets(geometry),
            // All around the extent, or far from it.
            Bent::Nowhere => gp_geometry::intersects(positions, &Shape::new(geometry)),
            Bent::Torn => true,
        }
    }
}

/// The image of a line or polygon.
enum Bent {
    Whole(Geometry),
    /// A part of it has no place, or it is torn, as at the antimeridian.
    Torn,
    /// No part of it has a place.
    Nowhere,
}

/// Pieces of the longest edge that a line or polygon may have.
const PIECES: f64 = 20.0;

/// The image of a line or polygon whose long edges are cut into pieces.
fn bent(geometry: &Geometry, back: &Transform) -> Bent {
    let Envelope { xmin, ymin, xmax, ymax } = geometry.envelope();
    let longest = (xmax - xmin).max(ymax - ymin) / PIECES;
    let mut bent = geometry.clone();
    let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = &mut bent else { return Bent::Whole(bent) };
    let mut image = Envelope::EMPTY;
    let mut without_place = 0;
    for path in paths.iter_mut() {
        let mut positions = cut(&path.xy, longest);
        without_place += back.apply(&mut positions);
        positions.iter().filter(|xy| xy[0].is_finite()).for_each(|xy| image.include(*xy));
        *path = Path::from_xy(positions);
    }
    if image.is_empty() {
        return Bent::Nowhere;
    }
    let mut steps = paths.iter().flat_map(|path| path.xy.windows(2));
    let is_torn = without_place > 0 || steps.any(|step| is_torn_apart(step[0], step[1], &image));
    if is_torn { Bent::Torn } else { Bent::Whole(bent) }
}

/// The positions with more of them between, so that no step in x or y is longer than that.
fn cut(positions: &[Xy], longest: f64) -> Vec<Xy> {
    let mut all: Vec<Xy> = positions.first().copied().into_iter().collect();
    for pair in positions.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let step = (to[0] - from[0]).abs().max((to[1] - from[1]).abs());
        let pieces = if longest > 0.0 { (step / longest).ceil().clamp(1.0, PIECES + 1.0) } else { 1.0 };
        for piece in 1..pieces as usize {
            let share = piece as f64 / pieces;
            all.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
        }
        all.push(to);
    }
    all
}

/// A box, ready to be compared with geometries.
struct Frame {
    envelope: Envelope,
    shape: Shape,
}

impl Frame {
    fn new(envelope: Envelope) -> Frame {
        let shape = Shape::new(&Geometry::Polygon(vec![Path::from_xy(envelope.ring().to_vec())]));
        Frame { envelope, shape }
    }

    fn contains(&self, [x, y]: Xy) -> bool {
        let Envelope { xmin, ymin, xmax, ymax } = self.envelope;
        xmin <= x && x <= xmax && ymin <= y && y <= ymax
    }

    /// Whether a geometry and the box share a point; boxes decide wherever they can.
    fn meets(&self, geometry: &Geometry) -> bool {
        let own = geometry.envelope();
        let is_inside = self.contains([own.xmin, own.ymin]) && self.contains([own.xmax, own.ymax]);
        is_inside
            || (own.intersects(&self.envelope) && gp_geometry::intersects(&self.shape, &Shape::new(geometry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::{Feature, GeometryType, Point};

    fn points(code: u32, positions: &[[f64; 2]]) -> FeatureSet {
        let feature = |xy: &[f64; 2]| Feature {
            attributes: vec![],
            geometry: Some(Geometry::Point(Point::from_xy(*xy))),
        };
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
        let mut features =
            FeatureSet { spatial_reference: None, ..points(4326, &[[5.0, 5.0], [50.0, 50.0]]) };
        let said = keep_within(&mut features, &extent(4326, [0.0, 0.0, 9.0, 9.0]), &|| false).unwrap();
        assert!(
            said.is_some_and(|text| text.contains("no spatial reference")) && features.features.len() == 1
        );
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
            let lost: Vec<&Feature> =
                before.iter().filter(|feature| !now.features.contains(feature)).collect();
            assert_eq!((lost.len(), lost.first()), (0, None), "{extent:?}");
            before = now.features;
        }
    }

    #[test]
    fn an_extent_of_a_map_of_the_pacific_takes_both_sides_of_the_antimeridian_and_one_around_a_pole_the_pole()
    {
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
        for (code, at) in
            [(5070, [0.0, 1.5e6]), (25832, [5e5, 5.5e6]), (3995, [-5e6, 10.0]), (3857, [0.0, 0.0])]
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
}
