//! What the reader changed, gathered so that a million features make one sentence and not a million.

use super::members::place_of;

/// Features that a warning names before it only counts.
const MAX_NAMED: usize = 3;

/// Something that the reader had to do to a feature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    NoPosition,
    BadCoordinates,
    Densified,
    OrdinatesDropped,
}

/// How often each change happened, and where first.
#[derive(Default)]
pub(super) struct Warnings {
    counts: [(usize, Vec<usize>); 4],
    others: Vec<String>,
}

impl Warnings {
    pub(super) fn note(&mut self, change: Change, feature: usize) {
        let (count, first) = &mut self.counts[change as usize];
        *count += 1;
        if first.len() < MAX_NAMED {
            first.push(feature);
        }
    }

    pub(super) fn add(&mut self, sentence: String) {
        self.others.push(sentence);
    }

    pub(super) fn into_sentences(self, curve_tolerance: f64, lines: &[usize]) -> Vec<String> {
        let mut sentences = self.others;
        let changes = [
            (
                Change::NoPosition,
                "no position, because a coordinate is NaN: read without geometry".to_owned(),
            ),
            (
                Change::BadCoordinates,
                "coordinates that are no finite numbers: read without geometry".to_owned(),
            ),
            (
                Change::Densified,
                format!(
                    "true curves densified, no chord further from its curve than {curve_tolerance} of the curve's radius"
                ),
            ),
            (
                Change::OrdinatesDropped,
                "third or fourth ordinates dropped because neither hasZ nor hasM names them".to_owned(),
            ),
        ];
        for (change, what) in changes {
            let (count, first) = &self.counts[change as usize];
            if *count == 0 {
                continue;
            }
            let names: Vec<String> = first.iter().map(|index| place_of(lines, *index)).collect();
            let more = match count - first.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            sentences.push(format!("{}{more}: {what}", names.join(", ")));
        }
        sentences
    }
}
