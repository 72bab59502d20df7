//! What part of the world a picture shows.

use gp_esri::{Envelope, FeatureSet, GeometryType, Xy};
use gp_geometry::Crs;

/// So few features are an aggregate, which is understood beside what it was made of.
const FEWEST_BY_THEMSELVES: usize = 3;
/// Features smaller than this share of the whole are looked at more closely.
const SMALL: f64 = 1.0 / 80.0;
/// How many of them side by side are shown then.
const SHOWN: f64 = 30.0;
/// The least part of the whole that is shown.
const CLOSEST: f64 = 1.0 / 10.0;
/// The border around what is shown, as a share of it.
const MARGIN: f64 = 0.04;

/// The box of the output, with the inputs around it where the output is a few features, or nothing. Where features are
/// tiny in it, the part with most of them.
pub(crate) fn window(outputs: &[&FeatureSet], inputs: &[&FeatureSet]) -> Option<Envelope> {
    let count: usize = outputs.iter().map(|set| set.features.len()).sum();
    let mut whole = Envelope::EMPTY;
    outputs.iter().for_each(|set| include(&mut whole, &set.envelope()));
    if count <= FEWEST_BY_THEMSELVES || is_a_point(&whole) {
        inputs.iter().for_each(|set| include(&mut whole, &set.envelope()));
    }
    if whole.is_empty() {
        return None;
    }
    if is_a_point(&whole) {
        whole = grown(&whole, 1.0);
    }
    Some(closer(&whole, outputs).unwrap_or_else(|| with_margin(&whole)))
}

fn is_a_point(envelope: &Envelope) -> bool {
    (envelope.xmax - envelope.xmin).max(envelope.ymax - envelope.ymin) <= 0.0
}

fn include(envelope: &mut Envelope, other: &Envelope) {
    if !other.is_empty() {
        envelope.include([other.xmin, other.ymin]);
        envelope.include([other.xmax, other.ymax]);
    }
}

fn grown(envelope: &Envelope, by: f64) -> Envelope {
    let Envelope { xmin, ymin, xmax, ymax } = *envelope;
    Envelope { xmin: xmin - by, ymin: ymin - by, xmax: xmax + by, ymax: ymax + by }
}

/// The box with a border around it.
pub(crate) fn with_margin(envelope: &Envelope) -> Envelope {
    grown(envelope, MARGIN * size(envelope))
}

fn size(envelope: &Envelope) -> f64 {
    (envelope.xmax - envelope.xmin).max(envelope.ymax - envelope.ymin)
}

/// The part with most features, when the middle one of them all, by size, is tiny.
fn closer(whole: &Envelope, outputs: &[&FeatureSet]) -> Option<Envelope> {
    let shapes = outputs
        .iter()
        .filter(|set| matches!(set.geometry_type, Some(GeometryType::Polygon | GeometryType::Polyline)));
    let boxes = shapes.flat_map(|set| &set.features).filter_map(|feature| feature.geometry.as_ref());
    let boxes: Vec<Envelope> = boxes.map(gp_esri::Geometry::envelope).collect();
    let mut sizes: Vec<f64> = boxes.iter().map(size).collect();
    sizes.sort_by(f64::total_cmp);
    let median = *sizes.get(sizes.len() / 2)?;
    if median >= SMALL * size(whole) || sizes.len() <= FEWEST_BY_THEMSELVES {
        return None;
    }
    let half = (median * SHOWN).max(CLOSEST * size(whole)) / 2.0;
    let centers: Vec<Xy> = boxes
        .iter()
        .map(|found| [(found.xmin + found.xmax) / 2.0, (found.ymin + found.ymax) / 2.0])
        .collect();
    let near = |[x, y]: Xy| {
        centers.iter().filter(|other| (other[0] - x).abs() <= half && (other[1] - y).abs() <= half).count()
    };
    let [x, y] = *centers.iter().rev().max_by_key(|center| near(**center))?;
    let part = grown(&Envelope { xmin: x, ymin: y, xmax: x, ymax: y }, half);
    Some(Envelope {
        xmin: part.xmin.max(whole.xmin),
        ymin: part.ymin.max(whole.ymin),
        xmax: part.xmax.min(whole.xmax),
        ymax: part.ymax.min(whole.ymax),
    })
}

/// How much wider a unit of y is than one of x: degrees get narrower towards the poles.
pub(crate) fn stretch(window: &Envelope, set: &FeatureSet) -> f64 {
    let crs = set.spatial_reference.as_ref().and_then(|reference| Crs::new(reference).ok());
    if !crs.is_some_and(|crs| crs.is_geographic()) {
        return 1.0;
    }
    let middle_deg = f64::midpoint(window.ymin, window.ymax).clamp(-75.0, 75.0);
    middle_deg.to_radians().cos()
}
