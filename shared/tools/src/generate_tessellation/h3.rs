//! The cells of H3 that meet a box of longitudes and latitudes.
//!
//! The library gives cells, children and boundaries; the search is ours, because its own covering asks for the crate
//! `geo` and knows no box across the antimeridian.

use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Geometry, Path, Xy};
use gp_geometry::{Shape, intersects, is_clockwise, split_at_antimeridian};
use h3o::{CellIndex, LatLng, Resolution};

/// Descendants of a cell lie within this many times its own radius from its centre. H3's own search uses the same.
const DESCENDANTS: f64 = 1.4;
/// The mean radius of the earth, by which H3 measures.
const EARTH_RADIUS_KM: f64 = 6371.007180918475;
/// Cells are looked at between two looks at the clock.
const CHECKED: usize = 4096;

fn resolution_of(number: i64) -> Result<Resolution, ToolError> {
    let resolution = u8::try_from(number).ok().and_then(|number| Resolution::try_from(number).ok());
    resolution.ok_or_else(|| ToolError::invalid("H3_Resolution", format!("{number} is not one of 0 to 15")))
}

/// About how many cells meet the box: those that fill it and those along its border.
///
/// # Errors
/// The box is no box of longitudes and latitudes, or the resolution none of H3.
pub(super) fn estimated_count(extent: &Envelope, resolution: i64, parameter: &str) -> Result<f64, ToolError> {
    let resolution = resolution_of(resolution)?;
    if extent.xmin < -540.0 || extent.xmax > 540.0 || extent.ymin < -90.0 || extent.ymax > 90.0 {
        return Err(ToolError::invalid(
            parameter,
            "H3 needs longitudes and latitudes in degrees; give the extent a spatial reference",
        ));
    }
    let width = (extent.xmax - extent.xmin).min(360.0).to_radians();
    let (south, north) = (extent.ymin.to_radians(), extent.ymax.to_radians());
    let share = width * (north.sin() - south.sin()) / (4.0 * std::f64::consts::PI);
    let border_km = 2.0 * (width + north - south) * EARTH_RADIUS_KM;
    Ok(share * resolution.cell_count() as f64 + border_km / resolution.edge_length_km())
}

/// Every cell that may meet the box, in the order of their indexes; [`shape`] decides.
///
/// # Errors
/// The run was stopped.
pub(super) fn candidates(
    extent: &Envelope,
    resolution: i64,
    context: &RunContext,
) -> Result<Vec<CellIndex>, ToolError> {
    let resolution = resolution_of(resolution)?;
    let mut open: Vec<CellIndex> = CellIndex::base_cells().collect();
    open.sort_unstable_by(|a, b| b.cmp(a));
    let (mut found, mut seen) = (Vec::new(), 0_usize);
    while let Some(cell) = open.pop() {
        seen += 1;
        if seen.is_multiple_of(CHECKED) {
            context.check()?;
        }
        if !may_meet(cell, extent) {
            continue;
        }
        let Some(finer) = cell.resolution().succ().filter(|finer| *finer <= resolution) else {
            found.push(cell);
            continue;
        };
        let children: Vec<CellIndex> = cell.children(finer).collect();
        open.extend(children.into_iter().rev());
    }
    Ok(found)
}

/// Whether the circle around a cell and all its descendants meets the box.
fn may_meet(cell: CellIndex, extent: &Envelope) -> bool {
    let center = LatLng::from(cell);
    let farthest = cell.boundary().iter().map(|corner| center.distance_rads(*corner)).fold(0.0, f64::max);
    let radius = DESCENDANTS * farthest;
    let latitude = center.lat_radians();
    let (south, north) = (latitude - radius, latitude + radius);
    if north.to_degrees() < extent.ymin || south.to_degrees() > extent.ymax {
        return false;
    }
    let quarter = std::f64::consts::FRAC_PI_2;
    if north >= quarter || south <= -quarter {
        return true;
    }
    let reach = (radius.sin() / latitude.cos()).clamp(0.0, 1.0).asin().to_degrees();
    let (middle, half) = (f64::midpoint(extent.xmin, extent.xmax), (extent.xmax - extent.xmin) / 2.0);
    let apart = (center.lng() - middle).rem_euclid(360.0);
    apart.min(360.0 - apart) <= reach + half
}

/// The cell in degrees, cut at the antimeridian; `None` when it does not meet the box.
pub(super) fn shape(cell: CellIndex, extent: &Envelope) -> Option<Geometry> {
    let cut = split_at_antimeridian(Geometry::Polygon(vec![Path::from_xy(ring(cell))]))?;
    boxes(extent).any(|part| meets(&cut, &part)).then_some(cut)
}

/// The box, moved by whole turns to wherever it covers longitudes from -180 to 180.
fn boxes(extent: &Envelope) -> impl Iterator<Item = Envelope> + use<> {
    let extent = *extent;
    let moved = move |turns: i32| {
        let by = 360.0 * f64::from(turns);
        Envelope { xmin: (extent.xmin + by).max(-180.0), xmax: (extent.xmax + by).min(180.0), ..extent }
    };
    (-2..=2).map(moved).filter(|part| part.xmin <= part.xmax)
}

fn meets(shape: &Geometry, part: &Envelope) -> bool {
    let own = shape.envelope();
    if !own.intersects(part) {
        return false;
    }
    let is_within =
        part.xmin <= own.xmin && own.xmax <= part.xmax && part.ymin <= own.ymin && own.ymax <= part.ymax;
    let outline = || Shape::new(&Geometry::Polygon(vec![Path::from_xy(part.ring().to_vec())]));
    is_within || intersects(&outline(), &Shape::new(shape))
}

/// The boundary of a cell as a clockwise ring whose longitudes go on beyond 180 degrees. Around a pole the ring goes once
/// around the world, then by way of the pole.
fn ring(cell: CellIndex) -> Vec<Xy> {
    let mut ring: Vec<Xy> = Vec::new();
    for corner in cell.boundary().iter() {
        let longitude = match ring.last() {
            Some([before, _]) => nearest(corner.lng(), *before),
            None => corner.lng(),
        };
        ring.push([longitude, corner.lat()]);
    }
    let (first, last) = (ring[0], ring[ring.len() - 1]);
    let end = nearest(first[0], last[0]);
    if (end - first[0]).abs() > 180.0 {
        let pole = 90.0_f64.copysign(first[1]);
        ring.extend([[end, first[1]], [end, pole], [first[0], pole]]);
    }
    ring.push(first);
    if !is_clockwise(&ring) {
        ring.reverse();
    }
    ring
}

/// The longitude of the same meridian that is nearest to another.
fn nearest(longitude: f64, to: f64) -> f64 {
    longitude + 360.0 * ((to - longitude) / 360.0).round()
}
