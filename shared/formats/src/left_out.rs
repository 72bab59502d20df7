//! What is not there: geometries that a layer of one type does not take when it is written, and features that a server did
//! not send.
//!
//! Separate because several formats say the same about it: shapefiles and GeoPackages, which have one type a layer, and those
//! in which servers answer.

use gp_esri::{FeatureSet, Geometry, GeometryType};

/// How many geometries were left out, by the reason.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeftOut {
    strangers: usize,
    empty: usize,
}

/// The geometry, if it is of that type and has vertices.
pub(crate) fn taken(geometry: Option<&Geometry>, geometry_type: GeometryType) -> Option<&Geometry> {
    geometry.filter(|geometry| geometry.geometry_type() == geometry_type && geometry.vertex_count() > 0)
}

/// A sentence about a set that was cut short by whoever made it.
pub(crate) fn cut_short(set: &FeatureSet) -> Option<String> {
    set.exceeded_transfer_limit.then(|| "the file says that the server did not send all features".to_owned())
}

impl LeftOut {
    /// Counts the geometry of a feature, if it is none that is [`taken`].
    pub(crate) fn count(&mut self, geometry: Option<&Geometry>, geometry_type: GeometryType) {
        let Some(own) = geometry.filter(|_| taken(geometry, geometry_type).is_none()) else { return };
        let count = if own.vertex_count() == 0 { &mut self.empty } else { &mut self.strangers };
        *count += 1;
    }

    /// Sentences about what was left out.
    pub(crate) fn sentences(self) -> Vec<String> {
        let counts = [
            (self.strangers, "features have a geometry of another type than the layer; it was left out"),
            (self.empty, "features have an empty geometry and were written without one"),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        some.map(|(count, what)| format!("{count} {what}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::{Path, Point};

    #[test]
    fn empty_geometries_are_counted_apart_from_those_of_another_type() {
        let point = Geometry::Point(Point::from_xy([1.0, 2.0]));
        let line = |xy| Geometry::Polyline(vec![Path::from_xy(xy)]);
        let (empty, full) = (line(Vec::new()), line(vec![[0.0, 0.0], [1.0, 1.0]]));
        let mut left_out = LeftOut::default();
        for geometry in [None, Some(&point), Some(&empty), Some(&full), Some(&point)] {
            left_out.count(geometry, GeometryType::Polyline);
        }
        let sentences = left_out.sentences();
        assert_eq!(sentences.len(), 2);
        assert!(sentences[0].starts_with("2 features have a geometry of another type"), "{sentences:?}");
        assert!(sentences[1].starts_with("1 features have an empty geometry"), "{sentences:?}");
    }
}
