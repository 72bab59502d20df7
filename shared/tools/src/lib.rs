//! The geoprocessing tools: one file a tool, and [`TOOLS`], the list.
//!
//! A tool is plain and synchronous: typed inputs in, typed outputs out. It does no input or output, reads no clock and
//! no environment, and gives the same output for the same input, in the same order.

mod aggregate_points;
mod along;
mod append;
mod buffer;
mod calculate_field;
mod calculate_geometry_attributes;
mod check_geometry;
mod clause;
mod clip;
mod concave_hull;
mod coverage;
mod create_fishnet;
mod create_random_points;
mod create_thiessen_polygons;
mod delete_identical;
mod densify;
mod derived;
mod dissolve;
mod distance;
mod each;
mod eliminate;
mod erase;
mod extent;
mod extract_data;
mod feature_to_line;
mod feature_to_point;
mod feature_vertices_to_points;
mod fields;
mod file_format;
mod frequency;
mod generalize;
mod generate_near_table;
mod generate_points_along_lines;
mod generate_tessellation;
mod groups;
mod identity;
mod import_features;
mod inside;
mod intersect;
mod join_field;
mod joined;
mod keys;
mod limits;
mod mask;
mod matching;
mod measures;
mod merge;
mod minimum_bounding_geometry;
mod moments;
mod multipart_to_singlepart;
mod multiple_ring_buffer;
mod near;
mod near_search;
mod overlay_pieces;
mod pairs;
mod parts;
mod point_distance;
mod polygon_to_line;
mod project;
#[cfg(test)]
mod properties;
mod reference;
mod repair_geometry;
mod samples;
mod schema;
mod select;
mod services;
mod simplify_line;
mod simplify_polygon;
mod simplify_shared_edges;
mod smooth_line;
mod smooth_polygon;
mod spatial_join;
mod split;
mod split_line;
mod split_line_at_point;
mod statistic;
mod statistics;
mod summaries;
mod summarize_nearby;
mod summarize_within;
mod summary_statistics;
mod surroundings;
mod sym_diff;
mod table;
mod tabulate_intersection;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod union;
mod update;
mod within;

pub use services::built_in_services;

use gp_core::{Published, Task};

/// The list of tools: each type once, published by a static of its own.
macro_rules! tools {
    ($($tool:path),+ $(,)?) => {
        &[$({
            static PUBLISHED: Published<$tool> = Published::new();
            &PUBLISHED as &dyn Task
        }),+]
    };
}

/// The toolsets of [`Tool::TOOLSET`](gp_core::Tool::TOOLSET), in the order in which the documentation lists them.
pub const TOOLSETS: &[&str] = &[
    "Overlay",
    "Proximity",
    "Generalization",
    "Features",
    "Statistics",
    "Data Management",
    "Sampling",
    "Conversion",
    "Samples",
];

/// Every tool, by name. Explicit, because registries built by linkers lose entries.
pub const TOOLS: &[&dyn Task] = tools![
    aggregate_points::AggregatePoints,
    append::Append,
    buffer::Buffer,
    calculate_field::CalculateField,
    calculate_geometry_attributes::CalculateGeometryAttributes,
    check_geometry::CheckGeometry,
    clip::Clip,
    concave_hull::ConcaveHull,
    create_fishnet::CreateFishnet,
    create_random_points::CreateRandomPoints,
    create_thiessen_polygons::CreateThiessenPolygons,
    delete_identical::DeleteIdentical,
    densify::Densify,
    dissolve::Dissolve,
    samples::echo_values::EchoValues,
    eliminate::Eliminate,
    erase::Erase,
    extract_data::ExtractData,
    samples::fail::Fail,
    feature_to_line::FeatureToLine,
    feature_to_point::FeatureToPoint,
    feature_vertices_to_points::FeatureVerticesToPoints,
    frequency::Frequency,
    generate_near_table::GenerateNearTable,
    generate_points_along_lines::GeneratePointsAlongLines,
    generate_tessellation::GenerateTessellation,
    identity::Identity,
    import_features::ImportFeatures,
    intersect::Intersect,
    join_field::JoinField,
    merge::Merge,
    minimum_bounding_geometry::MinimumBoundingGeometry,
    multipart_to_singlepart::MultipartToSinglepart,
    multiple_ring_buffer::MultipleRingBuffer,
    near::Near,
    point_distance::PointDistance,
    polygon_to_line::PolygonToLine,
    project::Project,
    repair_geometry::RepairGeometry,
    select::Select,
    simplify_line::SimplifyLine,
    simplify_polygon::SimplifyPolygon,
    simplify_shared_edges::SimplifySharedEdges,
    samples::slow_count::SlowCount,
    smooth_line::SmoothLine,
    smooth_polygon::SmoothPolygon,
    spatial_join::SpatialJoin,
    split::Split,
    split_line::SplitLine,
    split_line_at_point::SplitLineAtPoint,
    summary_statistics::SummaryStatistics,
    summarize_nearby::SummarizeNearby,
    summarize_within::SummarizeWithin,
    sym_diff::SymDiff,
    tabulate_intersection::TabulateIntersection,
    union::Union,
    update::Update,
];
