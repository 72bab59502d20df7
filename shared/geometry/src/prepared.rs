//! A polygon prepared for many questions: exact point location, box against polygon, and overlay with small polygons.
//!
//! Two ideas carry it. Edges are sorted into rows of equal height, and within a row into runs of touching x intervals;
//! between runs the answer is stored, within one a few exact signs decide. And for an overlay, a stretch of the large
//! ring that lies beyond one side of the small polygon's box is replaced by its chord: winding inside the box is
//! unchanged, no vertex is made or moved, and the robust operation sees a few edges instead of thousands.

mod reduce;
mod rows;

use crate::overlay::walk::{Of, walk};
use crate::overlay::{reduced_difference, reduced_intersection};
use crate::relate::segment::{is_zero, on_segment, orientation, segment_box};
use crate::rings::envelope_of;
use gp_esri::{Envelope, Path, Xy};
use reduce::reduce;
pub(crate) use reduce::ringside;
use rows::Rows;

/// Where a point lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the area.
    Inside,
    /// Exactly on a ring.
    Boundary,
    /// Neither.
    Outside,
}

/// How a box lies to a polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxLocation {
    /// The whole box lies in the area, no edge touches it.
    Inside,
    /// The whole box lies outside, no edge touches it.
    Outside,
    /// An edge touches the box.
    Crosses,
}

/// Vertices of a ring under one box, for skipping stretches.
const CHUNK_VERTICES: usize = 32;

/// A valid polygon with its edges in order.
#[derive(Clone, Debug)]
pub struct PreparedPolygon {
    rings: Vec<PreparedRing>,
    envelope: Envelope,
    /// The edges of all rings, each from one vertex to the next.
    edges: Vec<[Xy; 2]>,
    rows: Rows,
}

#[derive(Clone, Debug)]
struct PreparedRing {
    xy: Vec<Xy>,
    /// The number of its first edge.
    first_edge: u32,
    envelope: Envelope,
    chunks: Vec<Envelope>,
}

impl PreparedPolygon {
    /// Sorts the edges of closed rings. Costs about as much as reading them twice.
    pub fn new(polygon: &[Path]) -> PreparedPolygon {
        let mut edges = Vec::with_capacity(polygon.iter().map(|ring| ring.xy.len()).sum());
        let mut rings = Vec::with_capacity(polygon.len());
        for ring in polygon {
            let first_edge = edges.len() as u32;
            let finite = |edge: &[Xy; 2]| edge.iter().flatten().all(|value| value.is_finite());
            edges.extend(ring.xy.windows(2).map(|pair| [pair[0], pair[1]]).filter(finite));
            let chunks: Vec<Envelope> = ring.xy.chunks(CHUNK_VERTICES).map(box_of).collect();
            rings.push(PreparedRing { envelope: box_of(&ring.xy), first_edge, chunks, xy: ring.xy.clone() });
        }
        let mut envelope = Envelope::EMPTY;
        for xy in edges.iter().flatten() {
            envelope.include(*xy);
        }
        let rows = Rows::new(&edges, &envelope);
        PreparedPolygon { rings, envelope, edges, rows }
    }

    /// The box around the polygon.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The polygon's rings, as given, without z and m.
    pub fn rings(&self) -> Vec<Path> {
        self.rings.iter().map(|ring| Path::from_xy(ring.xy.clone())).collect()
    }

    /// Where a point lies; exact.
    pub fn locate(&self, p: Xy) -> Location {
        if !self.envelope.contains(p) {
            return Location::Outside;
        }
        let (run, mut inside) = self.rows.at(p);
        for edge in run {
            let [a, b] = self.edges[*edge as usize];
            let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
            if p[1] < low[1] || high[1] < p[1] || p[0] < a[0].min(b[0]) {
                continue;
            }
            if p[0] > a[0].max(b[0]) {
                inside ^= p[1] < high[1];
                continue;
            }
            let side = orientation(low, high, p);
            if is_zero(side) {
                if on_segment(p, a, b) {
                    return Location::Boundary;
                }
            } else if side < 0.0 {
                inside ^= p[1] < high[1];
            }
        }
        if inside { Location::Inside } else { Location::Outside }
    }

    /// How a box lies to the polygon.
    pub fn locate_box(&self, envelope: &Envelope) -> BoxLocation {
        if !self.envelope.intersects(envelope) {
            return BoxLocation::Outside;
        }
        let touched = self.rows.any_near(envelope, |edge| touches_box(self.edges[edge as usize], envelope));
        if touched {
            return BoxLocation::Crosses;
        }
        match self.locate([envelope.xmin, envelope.ymin]) {
            Location::Inside => BoxLocation::Inside,
            Location::Boundary => BoxLocation::Crosses,
            Location::Outside => BoxLocation::Outside,
        }
    }

    /// The edges whose boxes touch `envelope`, each once, in ascending order.
    pub(crate) fn edges_near(&self, envelope: &Envelope, found: &mut Vec<u32>) {
        found.clear();
        if !self.envelope.intersects(envelope) {
            return;
        }
        self.rows.any_near(envelope, |edge| {
            let [a, b] = self.edges[edge as usize];
            if segment_box(a, b).intersects(envelope) {
                found.push(edge);
            }
            false
        });
        found.sort_unstable();
        found.dedup();
    }

    /// The ring at a position in the list of rings, closed.
    pub(crate) fn ring(&self, ring: usize) -> &[Xy] {
        &self.rings[ring].xy
    }

    /// The box of a ring.
    pub(crate) fn ring_box(&self, ring: usize) -> &Envelope {
        &self.rings[ring].envelope
    }

    /// How many rings there are.
    pub(crate) fn ring_count(&self) -> usize {
        self.rings.len()
    }

    /// The ring that an edge belongs to, and the edge's number in it.
    pub(crate) fn ring_of_edge(&self, edge: u32) -> (usize, usize) {
        let ring = self.rings.partition_point(|ring| ring.first_edge <= edge) - 1;
        (ring, (edge - self.rings[ring].first_edge) as usize)
    }

    pub(crate) fn edge(&self, edge: u32) -> [Xy; 2] {
        self.edges[edge as usize]
    }

    /// The rings, reduced to what matters inside a box.
    pub(crate) fn reduced(&self, envelope: &Envelope) -> Vec<Vec<Xy>> {
        self.rings
            .iter()
            .filter_map(|ring| reduce(&ring.xy, &ring.envelope, &ring.chunks, envelope))
            .collect()
    }
}

/// The area that a polygon shares with a prepared one.
pub fn intersection_prepared(prepared: &PreparedPolygon, polygon: &[Path]) -> Vec<Path> {
    let envelope = envelope_of(polygon);
    match prepared.locate_box(&envelope) {
        BoxLocation::Inside => without_zm(polygon),
        BoxLocation::Outside => Vec::new(),
        BoxLocation::Crosses => {
            if let Some(common) = walk(prepared, polygon, Of::Inside) {
                return common;
            }
            let polygon: Vec<Vec<Xy>> =
                polygon.iter().filter_map(|ring| ringside(&ring.xy, &prepared.envelope)).collect();
            reduced_intersection(&polygon, &prepared.reduced(&envelope))
        }
    }
}

/// The area of a polygon outside a prepared one.
pub fn difference_prepared(polygon: &[Path], prepared: &PreparedPolygon) -> Vec<Path> {
    let envelope = envelope_of(polygon);
    match prepared.locate_box(&envelope) {
        BoxLocation::Inside => Vec::new(),
        BoxLocation::Outside => without_zm(polygon),
        BoxLocation::Crosses => walk(prepared, polygon, Of::Outside)
            .unwrap_or_else(|| reduced_difference(polygon, &prepared.reduced(&envelope))),
    }
}

/// The same rings without z and m.
pub(crate) fn without_zm(rings: &[Path]) -> Vec<Path> {
    rings.iter().map(|ring| Path::from_xy(ring.xy.clone())).collect()
}

fn box_of(xy: &[Xy]) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    xy.iter().for_each(|xy| envelope.include(*xy));
    envelope
}

/// Whether a segment has a point in a box, borders included; exact.
fn touches_box([a, b]: [Xy; 2], envelope: &Envelope) -> bool {
    if !segment_box(a, b).intersects(envelope) {
        return false;
    }
    if envelope.contains(a) || envelope.contains(b) {
        return true;
    }
    let corners = [
        [envelope.xmin, envelope.ymin],
        [envelope.xmin, envelope.ymax],
        [envelope.xmax, envelope.ymin],
        [envelope.xmax, envelope.ymax],
    ];
    let sides = corners.map(|corner| orientation(a, b, corner));
    !(sides.iter().all(|side| *side > 0.0) || sides.iter().all(|side| *side < 0.0))
}
