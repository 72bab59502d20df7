//! Repair Geometry: geometries made valid.
//!
//! **Method.** Polygons whose rings cross or overlap are rebuilt: each ring is resolved by itself where its winding
//! number is not zero, exteriors are united and holes cut out, as the structure method of GEOS and PostGIS does it.
//! Rings that only run the wrong way are turned. Repeated vertices of lines, parts without length or area and positions
//! that cannot be computed with are dropped. What is valid passes bit by bit, a repeated vertex of a polygon too. The
//! same repair runs on the inputs of all other tools; this one hands out its result.
//!
//! **Inputs.** Features of any geometry type. Polygons that are rebuilt lose z and m, with a warning. Reading
//! features has mended some faults before: open rings are closed, parts without any vertex are gone, and geometries
//! with coordinates that are no numbers are null.
//!
//! **Spatial reference and units.** Geometries are repaired in their own coordinates.
//!
//! **Output.** The rows with their fields and object ids, in order. DELETE_NULL leaves out rows without geometry, and
//! those of whose geometry nothing was left; KEEP_NULL keeps them with null. Warnings name the rows that were
//! repaired, emptied or deleted.
//!
//! **Errors.** None but those of every tool.

use crate::each::{Meter, warn_of_rows};
use crate::table::ensure_object_ids;
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::FeatureSet;
use gp_geometry::repair_features_checked;

/// Makes geometries valid.
pub(crate) struct RepairGeometry;

/// What Repair Geometry takes.
#[derive(Inputs)]
pub(crate) struct RepairGeometryInputs {
    /// The features to be repaired.
    input_features: FeatureSet,
    /// DELETE_NULL: rows without geometry go. KEEP_NULL: they stay.
    #[parameter(default = DeleteNull::DeleteNull)]
    delete_null: DeleteNull,
}

/// What Repair Geometry gives.
#[derive(Outputs)]
pub(crate) struct RepairGeometryOutputs {
    /// The repaired features.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum DeleteNull {
    DeleteNull,
    KeepNull,
}

impl Tool for RepairGeometry {
    const NAME: &'static str = "RepairGeometry";
    const DESCRIPTION: &'static str = "Makes the geometry of features valid.";
    const TOOLSET: &'static str = "Features";
    const REPAIRS_INPUTS: bool = false;
    type Inputs = RepairGeometryInputs;
    type Outputs = RepairGeometryOutputs;

    fn run(inputs: RepairGeometryInputs, context: &RunContext) -> Result<RepairGeometryOutputs, ToolError> {
        let mut set = inputs.input_features;
        let null: Vec<usize> =
            (0..set.features.len()).filter(|row| set.features[*row].geometry.is_none()).collect();
        let meter = Meter::new(context, set.features.len(), "Repairing");
        let report = repair_features_checked(&mut set, || meter.step())?;
        warn_of_rows(&report.repaired, &set, "were repaired", context);
        let lost_zm = "lost z and m, because they were rebuilt with new vertices";
        warn_of_rows(&report.lost_zm, &set, lost_zm, context);
        let deletes = inputs.delete_null == DeleteNull::DeleteNull;
        let fate = if deletes { "are deleted" } else { "have no geometry now" };
        warn_of_rows(&report.emptied, &set, &format!("had a geometry without extent and {fate}"), context);
        let failed =
            format!("could not be repaired and {fate}; this is a fault of the server, please report it");
        warn_of_rows(&report.failed, &set, &failed, context);
        ensure_object_ids(&mut set);
        if deletes {
            warn_of_rows(&null, &set, "had no geometry and are deleted", context);
            set.features.retain(|feature| feature.geometry.is_some());
        }
        Ok(RepairGeometryOutputs { output_features: set })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::Geometry;
    use serde_json::{Value, json};

    fn repair(features: &Value, delete_null: &str) -> Run {
        run("RepairGeometry", &json!({ "Input_Features": features, "Delete_Null": delete_null })).unwrap()
    }

    fn bow_tie() -> Value {
        json!({ "rings": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]] })
    }

    #[test]
    fn an_invalid_polygon_is_rebuilt_and_a_valid_one_passes() {
        let rows = [(json!({ "A": 1 }), bow_tie()), (json!({ "A": 2 }), square(0.0, 0.0, 2.0))];
        let made = repair(&set("Polygon", 5070, &rows), "DELETE_NULL");
        assert_eq!(
            (made.column("OBJECTID"), made.column("A")),
            (vec!["10".into(), "20".into()], vec!["1".into(), "2".into()])
        );
        assert!((made.area(0) - 50.0).abs() < 1e-9 && (made.area(1) - 4.0).abs() < 1e-12);
        assert_eq!(made.warnings, ["1 features were repaired (object ids 10)"]);
    }

    #[test]
    fn a_ring_the_wrong_way_is_turned_and_keeps_its_z() {
        let ring = json!({ "rings": [[[0, 0, 1], [9, 0, 2], [9, 9, 3], [0, 0, 1]]] });
        let mut polygons = set("Polygon", 5070, &[(json!({}), ring), (json!({}), bow_tie())]);
        polygons["hasZ"] = json!(true);
        let made = repair(&polygons, "DELETE_NULL");
        assert!(matches!(made.geometry(0), Geometry::Polygon(rings) if rings[0].z == [1.0, 3.0, 2.0, 1.0]));
        assert_eq!(made.warnings.len(), 2);
        assert!(made.warnings[1].contains("lost z and m") && made.warnings[1].contains("object ids 20"));
    }

    #[test]
    fn rows_without_geometry_are_deleted_or_kept() {
        let rows = [
            (json!({}), Value::Null),
            (json!({}), line(&[[1.0, 1.0], [1.0, 1.0]])),
            (json!({}), line(&[[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])),
        ];
        let lines = set("Polyline", 5070, &rows);
        let made = repair(&lines, "DELETE_NULL");
        assert_eq!(made.column("OBJECTID"), ["30"]);
        assert_eq!(made.warnings.len(), 3, "{:?}", made.warnings);
        let made = repair(&lines, "KEEP_NULL");
        assert_eq!(made.column("OBJECTID"), ["10", "20", "30"]);
        assert!(made.features.features[1].geometry.is_none());
        assert!(matches!(made.geometry(2), Geometry::Polyline(paths) if paths[0].xy.len() == 2));
    }

    #[test]
    fn nothing_gives_nothing_and_points_pass() {
        assert!(repair(&set("Polygon", 0, &[]), "DELETE_NULL").features.features.is_empty());
        let made = repair(&set("Point", 4326, &[(json!({}), json!({ "x": 1, "y": 2 }))]), "DELETE_NULL");
        assert_eq!((made.column("OBJECTID"), made.warnings.len()), (vec!["10".to_owned()], 0));
    }
}
