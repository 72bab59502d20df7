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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_could_not_be_repaired_are_named_apart_from_those_that_were() {
        let report = RepairReport { repaired: vec![0], failed: vec![2, 3], ..RepairReport::default() };
        let notices = repair_notices(&report, &FeatureSet::default());
        assert_eq!(notices.len(), 2);
        assert!(notices[0].starts_with("1 invalid geometries were repaired"), "{notices:?}");
        assert!(
            notices[1].starts_with("2 geometries could not be repaired and were left out"),
            "{notices:?}"
        );
        assert!(notices[1].ends_with("(object ids 3, 4)"), "{notices:?}");
    }
}
