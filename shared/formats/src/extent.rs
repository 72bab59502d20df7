//! The box that was asked for, in the coordinates of a file.
//!
//! Separate because every format that can leave features out asks it, as soon as it knows the reference of its file.

use gp_esri::{Envelope, Extent, SpatialReference};
use gp_geometry::{Crs, Transform, box_image};

/// The box in that reference. As it is where either reference is unknown; `None`, which is everything, where nothing was
/// asked for or a part of the box has no place in that reference: too much is better than too little.
pub(crate) fn envelope_in(extent: Option<&Extent>, reference: Option<&SpatialReference>) -> Option<Envelope> {
    let extent = extent?;
    let (Some(from), Some(to)) = (&extent.spatial_reference, reference) else {
        return Some(extent.envelope);
    };
    let transform = Transform::new(&Crs::new(from).ok()?, &Crs::new(to).ok()?).ok()?;
    let image = box_image(&extent.envelope, &transform);
    image.is_whole.then_some(image.envelope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(code: Option<u32>, [xmin, ymin, xmax, ymax]: [f64; 4]) -> Extent {
        Extent {
            envelope: Envelope { xmin, ymin, xmax, ymax },
            spatial_reference: code.map(SpatialReference::from_wkid),
            z: None,
            m: None,
        }
    }

    #[test]
    fn a_box_comes_in_the_reference_of_the_file_where_both_are_known() {
        let mercator = SpatialReference::from_wkid(3857);
        let degrees = extent(Some(4326), [0.0, 0.0, 1.0, 1.0]);
        let projected = envelope_in(Some(&degrees), Some(&mercator)).unwrap();
        assert!((projected.xmax - 111_319.49).abs() < 0.01, "{projected:?}");
        assert_eq!(envelope_in(Some(&degrees), None), Some(degrees.envelope));
        let unknown = extent(None, [0.0, 0.0, 1.0, 1.0]);
        assert_eq!(envelope_in(Some(&unknown), Some(&mercator)), Some(unknown.envelope));
    }

    #[test]
    fn a_box_that_has_no_place_in_the_file_asks_for_everything() {
        let nowhere = SpatialReference { wkid: Some(999_999), ..SpatialReference::default() };
        let degrees = extent(Some(4326), [0.0, 0.0, 1.0, 1.0]);
        assert_eq!(envelope_in(Some(&degrees), Some(&nowhere)), None);
        assert_eq!(envelope_in(None, Some(&nowhere)), None);
    }
}
