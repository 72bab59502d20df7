//! Each tool against independent software, on the cases of `tests/oracles/cases` (format: `tests/oracles/README.md`).
//!
//! Separate from the tests at the foot of the tools because parsing, repair, projection and writing take part: a case
//! goes through the engine as a request would, and what is compared is the JSON that a client gets, read again.
//! It must never ask the library under test for a number to expect.

mod case;
mod compare;
mod measure;
mod run;

use anyhow::{Context, Result};
use case::Case;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Tools for client developers; they compute nothing.
const SAMPLES: &[&str] = &["EchoValues", "Fail", "SlowCount"];

/// Runs every case of the tool; an error lists each that fails and should not, and each that passes and should not.
fn check(tool: &str) -> Result<()> {
    let cases = Case::read_all(tool)?;
    anyhow::ensure!(!cases.is_empty(), "there is no case for {tool}; run `cargo xtask oracles`");
    let expected_failures = expected_failures()?;
    let mut report = String::new();
    for case in &cases {
        let name = format!("{tool}/{}", case.name);
        let faults = match run::run(case) {
            Ok(output) => compare::compare(case, &output),
            Err(error) => vec![format!("{error:#}")],
        };
        match (faults.is_empty(), expected_failures.get(&name)) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => writeln!(report, "{name}: passes; take it out of expected_failures.txt")?,
            (false, None) => {
                writeln!(report, "{name}: {} faults ({})", faults.len(), case.note)?;
                for fault in faults.iter().take(FAULTS_SHOWN) {
                    writeln!(report, "    {fault}")?;
                }
            }
        }
    }
    anyhow::ensure!(report.is_empty(), "of {} cases of {tool}:\n{report}", cases.len());
    Ok(())
}

/// Enough to see what is wrong with a case.
const FAULTS_SHOWN: usize = 4;

/// Case names, `Buffer/line_left`, with the reason why they fail.
fn expected_failures() -> Result<BTreeMap<String, String>> {
    let path = gp_tests::repository().join("tests/oracles/expected_failures.txt");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, reason) =
                line.split_once(' ').with_context(|| format!("no reason is given: {line}"))?;
            Ok((name.to_owned(), reason.trim().to_owned()))
        })
        .collect()
}

/// A test for each tool, named by what it is compared with.
macro_rules! agrees {
    ($($test:ident: $tool:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() -> Result<()> {
                check($tool)
            }
        )+

        /// The tools that have a test.
        const TESTED: &[&str] = &[$($tool),+];
    };
}

agrees! {
    aggregate_points_agrees_with_geos: "AggregatePoints",
    append_agrees_with_pandas: "Append",
    buffer_agrees_with_geos_and_geographiclib: "Buffer",
    calculate_field_agrees_with_sqlite: "CalculateField",
    calculate_geometry_attributes_agrees_with_geos_and_geographiclib: "CalculateGeometryAttributes",
    check_geometry_agrees_with_geos: "CheckGeometry",
    clip_agrees_with_geos: "Clip",
    concave_hull_agrees_with_geos: "ConcaveHull",
    create_fishnet_agrees_with_shapely: "CreateFishnet",
    create_random_points_agrees_with_the_layers: "CreateRandomPoints",
    create_thiessen_polygons_agrees_with_scipy: "CreateThiessenPolygons",
    delete_identical_agrees_with_pandas_geos_and_geographiclib: "DeleteIdentical",
    densify_agrees_with_geos_and_geographiclib: "Densify",
    dissolve_agrees_with_geos: "Dissolve",
    eliminate_agrees_with_geos: "Eliminate",
    erase_agrees_with_geos: "Erase",
    extract_data_agrees_with_geos_and_proj: "ExtractData",
    feature_to_line_agrees_with_geos: "FeatureToLine",
    feature_to_point_agrees_with_geos: "FeatureToPoint",
    feature_vertices_to_points_agrees_with_geos: "FeatureVerticesToPoints",
    frequency_agrees_with_pandas: "Frequency",
    generate_near_table_agrees_with_geos_and_geographiclib: "GenerateNearTable",
    generate_points_along_lines_agrees_with_geos_and_geographiclib: "GeneratePointsAlongLines",
    generate_tessellation_agrees_with_shapely_and_h3: "GenerateTessellation",
    identity_agrees_with_geos: "Identity",
    import_features_agrees_with_gdal: "ImportFeatures",
    intersect_agrees_with_geos: "Intersect",
    join_field_agrees_with_pandas: "JoinField",
    merge_agrees_with_pandas_and_proj: "Merge",
    minimum_bounding_geometry_agrees_with_geos: "MinimumBoundingGeometry",
    multipart_to_singlepart_agrees_with_geos: "MultipartToSinglepart",
    multiple_ring_buffer_agrees_with_geos_and_geographiclib: "MultipleRingBuffer",
    near_agrees_with_geos_and_geographiclib: "Near",
    point_distance_agrees_with_geos_and_geographiclib: "PointDistance",
    polygon_to_line_agrees_with_geos: "PolygonToLine",
    project_agrees_with_proj: "Project",
    repair_geometry_agrees_with_geos: "RepairGeometry",
    select_agrees_with_sqlite: "Select",
    simplify_line_agrees_with_geos_and_the_definition: "SimplifyLine",
    simplify_polygon_agrees_with_geos: "SimplifyPolygon",
    simplify_shared_edges_agrees_with_geos: "SimplifySharedEdges",
    smooth_line_agrees_with_numpy: "SmoothLine",
    smooth_polygon_agrees_with_numpy: "SmoothPolygon",
    spatial_join_agrees_with_geos_and_geographiclib: "SpatialJoin",
    split_agrees_with_geos: "Split",
    split_line_agrees_with_geos_and_geographiclib: "SplitLine",
    split_line_at_point_agrees_with_geos_and_geographiclib: "SplitLineAtPoint",
    statistics_agrees_with_pandas: "Statistics",
    summarize_nearby_agrees_with_geos_and_geographiclib: "SummarizeNearby",
    summarize_within_agrees_with_geos_and_geographiclib: "SummarizeWithin",
    sym_diff_agrees_with_geos: "SymDiff",
    tabulate_intersection_agrees_with_geos_and_geographiclib: "TabulateIntersection",
    union_agrees_with_geos: "Union",
    update_agrees_with_geos: "Update",
}

#[test]
fn every_tool_that_computes_has_cases() -> Result<()> {
    for tool in gp_tools::TOOLS.iter().filter(|tool| !SAMPLES.contains(&tool.name())) {
        assert!(TESTED.contains(&tool.name()), "{} has no test", tool.name());
    }
    Ok(())
}

#[test]
fn every_expected_failure_names_a_case() -> Result<()> {
    for name in expected_failures()?.keys() {
        let path = gp_tests::repository().join("tests/oracles/cases").join(format!("{name}.json"));
        assert!(path.is_file(), "expected_failures.txt: there is no case {name}");
    }
    Ok(())
}
