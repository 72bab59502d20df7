//! Geometry that several tools need: projection, geodesic measures, repair, overlay, relations, buffers, indexes,
//! nearest features, hulls, Voronoi cells, noding, the topology of coverages, simplification and smoothing.
//!
//! Separate from the tools because each of these is used by many and tested by itself. Plain functions on the types of
//! `gp_esri`, without state, input or output; a tool decides what runs in parallel, and only what goes over whole feature
//! sets, repair and projection, does so by itself.

mod antimeridian;
mod buffer;
mod concave_hull;
mod crs;
mod each_geometry;
mod geodesic;
mod hull;
mod index;
mod line_union;
mod lines;
mod measure;
mod nearest;
mod noding;
mod overlay;
mod plane;
mod point_index;
mod polygon_layer;
mod prepared;
mod project;
mod region;
mod relate;
mod repair;
mod rings;
mod simplify;
mod smooth;
mod topology;
mod voronoi;

pub use antimeridian::split_at_antimeridian;
pub use buffer::{
    BufferOptions, End, Side, buffer_geodesic, buffer_planar, dissolve_buffers, dissolve_point_buffers,
};
pub use concave_hull::{EdgeLimit, concave_hull};
pub use crs::{Crs, CrsError, Ellipsoid, Transform, WGS84_ELLIPSOID};
pub use geodesic::{Geodesy, Inverse, geocentric};
pub use hull::{
    Circle, Least, Rectangle, convex_hull, direction_deg, farthest_pair, nearest_vertices_distance,
    smallest_circle, smallest_rectangle,
};
pub use index::BoxIndex;
pub use line_union::union_lines;
pub use lines::{Keep, LineIntersection, clip_line, intersect_lines, is_simple_path, points_in_polygon};
pub use measure::{area, centroid, length, point_in_interior};
pub use nearest::{EdgeGauge, Near, NearQuery, NearestIndex, take_short_way, within_180};
pub use noding::{NodedLine, node_lines};
pub use overlay::validity::is_usable;
pub use overlay::{difference, intersection, is_coverage, symmetric_difference, union_all};
pub use point_index::PointIndex;
pub use polygon_layer::PolygonLayer;
pub use prepared::{BoxLocation, Location, PreparedPolygon, difference_prepared, intersection_prepared};
pub use project::{
    BoxImage, Named, ProjectReport, box_image, project_envelope, project_features, project_features_checked,
};
pub use region::{Operand, common_box, region, sliver_width, union_outside, without_slivers};
pub use relate::segment::{distance_to_segment, nearest_share, segment_box};
pub use relate::{
    Shape, completely_contains, completely_within, contains, contains_clementini, crossed_by_outline,
    distance, identical, interiors_intersect, intersects, shares_line_segment, touches, within,
    within_clementini, within_distance,
};
pub use repair::{
    PolygonFaults, Repair, RepairReport, is_valid_polygon, polygon_faults, repair_features,
    repair_features_checked, repair_geometry, repair_polygon,
};
pub use rings::{close, envelope_of, is_clockwise, orient, part_indices, parts, paths_of, reverse, rings_of};
pub use simplify::{Ends, Metric, Simplification};
pub use smooth::{Smoothing, smoothed, smoothed_count};
pub use topology::{ArcUse, Chain, Resolver, Topology, with_touching_vertices};
pub use voronoi::Voronoi;
