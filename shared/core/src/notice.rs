//! Sentences about what was done to features on their way in and out.

use gp_esri::FeatureSet;
use gp_geometry::RepairReport;

/// How many object ids a sentence names.
const NAMED_OIDS: usize = 10;

/// What a repair changed, one sentence each.
pub(crate) fn repair_notices(report: &RepairReport, set: &FeatureSet) -> Vec<String> {
    let sentence = |rows: &[usize], what: &str| {
        let first: Vec<i64> = rows.iter().take(NAMED_OIDS).map(|row| set.oid_of(*row)).collect();
        (!rows.is_empty()).then(|| format!("{} {what} (object ids {})", rows.len(), list(&first, rows.len())))
    };
    [
        sentence(&report.repaired, "invalid geometries were repaired"),
        sentence(&report.lost_zm, "of the repaired geometries lost z and m"),
        sentence(&report.emptied, "geometries had no extent and were left out"),
        sentence(
            &report.failed,
            "geometries could not be repaired and were left out; this is a fault of the server, please report it",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn list(first: &[i64], count: usize) -> String {
    let named: Vec<String> = first.iter().map(ToString::to_string).collect();
    let more = if count > first.len() { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}
