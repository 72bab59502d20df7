//! Which features take part when a request names an extent (specification 3, `context`): those that share a point with it.
//!
//! Separate because the extent may be in another spatial reference than the features, where a box is no box any more. It must
//! never leave out a feature that a larger extent than this would take: where it is in doubt a feature takes part.

use gp_esri::{Envelope, Extent, FeatureSet, Geometry, Path, SpatialReference, Xy};
use gp_geometry::{BoxImage, Crs, Shape, Transform, box_image};

/// Leaves the features that share a point with the extent, which is a box in its own reference.
///
/// # Errors
/// There is no way between the references, or no part of the extent has a place in that of the features: a reason that
/// a reader of the request understands.
pub(crate) fn keep_within(features: &mut FeatureSet, extent: &Extent) -> Result<(), String> {
    let filter = match (&extent.spatial_reference, &features.spatial_reference) {
        (Some(from), Some(to)) if from != to => ExtentFilter::across(&extent.envelope, from, to)?,
        _ => ExtentFilter { extent: Frame::of_box(extent.envelope), image: None },
    };
    let takes =
        |geometry: &Option<Geometry>| geometry.as_ref().is_some_and(|geometry| filter.takes(geometry));
    features.features.retain(|feature| takes(&feature.geometry));
    if features.features.is_empty() && filter.image.is_some_and(|image| image.frame.envelope.is_empty()) {
        return Err("it has no place in the spatial reference of the features".to_owned());
    }
    Ok(())
}

/// The extent in its own reference, and its image in that of the features if that is another one.
struct ExtentFilter {
    extent: Frame,
    image: Option<Image>,
}

/// The extent among the features, and the way from there to its own reference.
struct Image {
    frame: Frame,
    is_whole: bool,
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
        let BoxImage { envelope: around, is_whole, outline } = box_image(envelope, &way(&from, &to)?);
        let frame = if is_whole { Frame::of_outline(around, outline) } else { Frame::of_box(around) };
        let image = Image { frame, is_whole, back: way(&to, &from)? };
        Ok(ExtentFilter { extent: Frame::of_box(*envelope), image: Some(image) })
    }

    /// Vertices are compared where the extent is a box. Between two of them an edge is straight where the features are, so
    /// lines and polygons may meet the extent there alone.
    fn takes(&self, geometry: &Geometry) -> bool {
        let Some(Image { frame, is_whole, back }) = &self.image else { return self.extent.meets(geometry) };
        if *is_whole && !geometry.envelope().intersects(&frame.envelope) {
            return false;
        }
        let mut projected = geometry.clone();
        let mut without_place = 0;
        projected.for_each_xy_mut(|positions| without_place += back.apply(positions));
        if without_place == 0 && self.extent.meets(&projected) {
            return true;
        }
        let is_points = matches!(geometry, Geometry::Point(_) | Geometry::Multipoint(_));
        (without_place > 0 && !is_whole) || (!is_points && frame.meets(geometry))
    }
}

/// A box or a ring, ready to be compared with geometries.
struct Frame {
    envelope: Envelope,
    shape: Shape,
    is_box: bool,
}

impl Frame {
    fn of_box(envelope: Envelope) -> Frame {
        Frame { is_box: true, ..Frame::of_outline(envelope, envelope.ring().to_vec()) }
    }

    fn of_outline(envelope: Envelope, outline: Vec<Xy>) -> Frame {
        let shape = Shape::new(&Geometry::Polygon(vec![Path::from_xy(outline)]));
        Frame { envelope, shape, is_box: false }
    }

    /// Whether a geometry and the frame share a point; boxes decide wherever they can.
    fn meets(&self, geometry: &Geometry) -> bool {
        let (own, frame) = (geometry.envelope(), &self.envelope);
        let is_inside = self.is_box
            && frame.xmin <= own.xmin
            && own.xmax <= frame.xmax
            && frame.ymin <= own.ymin
            && own.ymax <= frame.ymax;
        is_inside || (own.intersects(frame) && gp_geometry::intersects(&self.shape, &Shape::new(geometry)))
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
        keep_within(&mut features, extent).unwrap();
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
            let meters = degrees.map(|half| half * 4e5);
            let near = meters.map(|half| extent(code, [-half, -half / 2.0, half * 1.5, half]));
            grows(&points(4326, &grid(9.0, 4.5)), &near);
        }
    }

    fn grows(features: &FeatureSet, extents: &[Extent]) {
        let mut before: Vec<Feature> = vec![];
        for extent in extents {
            let mut now = features.clone();
            // An extent without any place among the features takes none of them.
            if keep_within(&mut now, extent).is_err() {
                continue;
            }
            let lost: Vec<&Feature> =
                before.iter().filter(|feature| !now.features.contains(feature)).collect();
            assert!(lost.is_empty(), "{extent:?}: {lost:?}");
            before = now.features;
        }
    }

    #[test]
    fn an_extent_across_the_antimeridian_takes_the_features_on_both_sides_of_it_and_around_a_pole_the_pole() {
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
        assert!(keep_within(&mut features, &beyond).unwrap_err().contains("no place"));
    }
}
