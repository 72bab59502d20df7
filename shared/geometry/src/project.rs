//! Projection of feature sets and envelopes from one spatial reference to another.

use gp_esri::{Envelope, FeatureSet, SpatialReference, Xy};

use crate::crs::{Crs, CrsError, Transform};

/// What became of the features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectReport {
    /// Whether any coordinate was computed anew; `false` when both references mean the same.
    pub changed: bool,
    /// Features that have no image in the new reference. Their geometry is now `None`.
    pub lost: usize,
    /// Object ids of the first of them.
    pub first_lost_oids: Vec<i64>,
    /// Code or name of the reference that the features came in; empty when nothing was computed.
    pub from: String,
    /// Code or name of the reference that they are in now; empty when nothing was computed.
    pub to: String,
    /// What is known to be inexact about the datum step.
    pub note: Option<&'static str>,
}

impl ProjectReport {
    /// A sentence for the user about the features that were lost; `None` when none was.
    pub fn lost_sentence(&self) -> Option<String> {
        let (features, have, their, ids) = match self.lost {
            0 => return None,
            1 => ("feature", "has", "its", "id"),
            _ => ("features", "have", "their", "ids"),
        };
        let oids: Vec<String> = self.first_lost_oids.iter().map(ToString::to_string).collect();
        let more = if self.lost > oids.len() { ", …" } else { "" };
        Some(format!(
            "{} {features} {have} no place in {} and lost {their} geometry on the way from {} (object {ids} {}{more})",
            self.lost,
            self.to,
            self.from,
            oids.join(", ")
        ))
    }
}

/// How many object ids of lost features a report holds.
pub const MAX_REPORTED_OIDS: usize = 10;

/// Pieces of an edge of an envelope: at 20 the bulge of a meridian between two of them is a 400th of that of the edge.
const PIECES_PER_EDGE: usize = 20;

/// Projects every geometry in place and names the new reference.
///
/// A geometry with a vertex outside of where the projection is defined becomes `None` and is counted: half a polygon
/// would be a wrong answer. Vertices are projected, edges are not
/// densified. Where nothing has to be computed, an unknown code is no error.
pub fn project_features(features: &mut FeatureSet, to: &SpatialReference) -> Result<ProjectReport, CrsError> {
    if features.spatial_reference.as_ref() == Some(to) {
        return Ok(ProjectReport::default());
    }
    if features.geometry_type.is_none() || features.features.iter().all(|feature| feature.geometry.is_none())
    {
        features.spatial_reference = Some(to.clone());
        return Ok(ProjectReport::default());
    }
    let from = features.spatial_reference.as_ref().ok_or(CrsError::Unspecified)?;
    let (from, target) = (Crs::new(from)?, Crs::new(to)?);
    let transform = Transform::new(&from, &target)?;
    features.spatial_reference = Some(to.clone());
    if transform.is_identity() {
        return Ok(ProjectReport::default());
    }
    let lost_rows: Vec<usize> = features
        .features
        .iter_mut()
        .enumerate()
        .filter_map(|(row, feature)| {
            let mut failed = 0;
            feature.geometry.as_mut()?.for_each_xy_mut(|positions| failed += transform.apply(positions));
            if failed > 0 {
                feature.geometry = None;
            }
            (failed > 0).then_some(row)
        })
        .collect();
    Ok(ProjectReport {
        changed: true,
        lost: lost_rows.len(),
        first_lost_oids: lost_rows.iter().take(MAX_REPORTED_OIDS).map(|row| features.oid_of(*row)).collect(),
        from: from.name(),
        to: target.name(),
        note: transform.datum_note(),
    })
}

/// The box around the image of a box. Edges are densified, and so is the inside, for a pole within it.
///
/// Points without image are left out; `None` when there is no point with one.
pub fn project_envelope(envelope: &Envelope, transform: &Transform) -> Option<Envelope> {
    if transform.is_identity() {
        return Some(*envelope);
    }
    let steps = PIECES_PER_EDGE;
    let between = |from: f64, to: f64, step: usize| from + (to - from) * step as f64 / steps as f64;
    let mut positions: Vec<Xy> = Vec::with_capacity((steps + 1) * (steps + 1));
    for row in 0..=steps {
        for column in 0..=steps {
            positions.push([
                between(envelope.xmin, envelope.xmax, column),
                between(envelope.ymin, envelope.ymax, row),
            ]);
        }
    }
    transform.apply(&mut positions);
    let mut image = Envelope::EMPTY;
    positions.into_iter().filter(|xy| xy[0].is_finite()).for_each(|xy| image.include(xy));
    (!image.is_empty()).then_some(image)
}

#[cfg(test)]
mod tests {
    use gp_esri::{Feature, Geometry, GeometryType, Point};

    use super::*;

    fn reference(code: u32) -> SpatialReference {
        SpatialReference { wkid: Some(code), latest_wkid: Some(code), ..Default::default() }
    }

    fn points(code: Option<u32>, positions: &[Xy]) -> FeatureSet {
        let feature =
            |xy: &Xy| Feature { attributes: vec![], geometry: Some(Geometry::Point(Point::from_xy(*xy))) };
        FeatureSet {
            geometry_type: Some(GeometryType::Point),
            spatial_reference: code.map(reference),
            features: positions.iter().map(feature).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn projects_in_place_and_names_the_new_reference() {
        let mut set = points(Some(4326), &[[180.0, 0.0], [0.0, 45.0]]);
        let report = project_features(&mut set, &reference(102_100)).unwrap();
        assert!(report.changed && report.lost == 0);
        assert_eq!(set.spatial_reference, Some(reference(102_100)));
        let envelope = set.envelope();
        assert!((envelope.xmax - 20_037_508.342_789_244).abs() < 1e-6, "{envelope:?}");
        assert!((envelope.ymax - 5_621_521.486_192_066).abs() < 1e-6, "{envelope:?}");
    }

    #[test]
    fn a_position_without_image_loses_its_feature_and_is_counted() {
        let mut set = points(Some(4326), &[[0.0, 0.0], [0.0, 91.0], [f64::NAN, 0.0], [1.0, 1.0]]);
        let report = project_features(&mut set, &reference(3857)).unwrap();
        assert_eq!((report.lost, report.first_lost_oids.as_slice()), (2, [2, 3].as_slice()));
        assert_eq!(
            report.lost_sentence().unwrap(),
            "2 features have no place in 3857 (WGS 84 / Pseudo-Mercator) and lost their geometry on the way from 4326 (WGS 84) (object ids 2, 3)"
        );
        assert!(set.features[1].geometry.is_none() && set.features[3].geometry.is_some());
    }

    #[test]
    fn equal_references_need_no_known_code() {
        let mut set = points(Some(999_999), &[[1.0, 2.0]]);
        assert!(!project_features(&mut set, &reference(999_999)).unwrap().changed);
        let error = project_features(&mut set, &reference(4326)).unwrap_err().to_string();
        assert!(error.contains("spatial reference 999999 is not known"), "{error}");
        let mut set = points(None, &[[1.0, 2.0]]);
        assert_eq!(project_features(&mut set, &reference(4326)), Err(CrsError::Unspecified));
    }

    #[test]
    fn aliases_of_web_mercator_are_the_same() {
        let mut set = points(Some(900_913), &[[1.0, 2.0]]);
        assert!(!project_features(&mut set, &reference(102_113)).unwrap().changed);
        assert!((set.envelope().xmin - 1.0).abs() < 1e-15);
    }

    #[test]
    fn an_envelope_keeps_the_bulge_of_its_edges() {
        let transform =
            Transform::new(&Crs::from_code(4326).unwrap(), &Crs::from_code(5070).unwrap()).unwrap();
        let wide = Envelope { xmin: -120.0, ymin: 30.0, xmax: -70.0, ymax: 48.0 };
        let image = project_envelope(&wide, &transform).unwrap();
        let mut corner = [[-120.0, 30.0], [-96.0, 30.0]];
        transform.apply(&mut corner);
        assert!((image.ymin - corner[1][1]).abs() < 5e3 && image.ymin < corner[0][1], "{image:?} {corner:?}");
    }
}
