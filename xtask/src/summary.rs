//! Counting tests in the output of the runners that we start.

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
}

impl Summary {
    /// Adds what a closing line of nextest, rustdoc's runner or a client runner tells; other lines tell nothing.
    pub(crate) fn add_line(&mut self, line: &str) {
        let closing = line.trim_start();
        // Python's: `Ran 42 tests in 0.1s`, and then `OK` or `FAILED`; a failure ends the step by its status.
        if let Some(count) = closing.strip_prefix("Ran ") {
            self.passed += count.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
            return;
        }
        let is_closing = closing.starts_with("Summary [")
            || closing.starts_with("test result:")
            || (closing.contains(": ") && closing.contains(" passed, ") && closing.ends_with(" skipped"));
        if !is_closing {
            return;
        }
        self.passed += number_before(closing, "passed");
        self.failed += number_before(closing, "failed") + number_before(closing, "timed");
    }

    /// Adds another count to this one.
    pub(crate) fn add(&mut self, other: Summary) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The number in front of a word: 12 of `12 passed,`.
fn number_before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line.split_whitespace().map(|w| w.trim_end_matches([',', ';'])).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(line: &str) -> (u64, u64) {
        let mut summary = Summary::default();
        summary.add_line(line);
        (summary.passed, summary.failed)
    }

    #[test]
    fn closing_lines_of_every_runner_are_counted() {
        assert_eq!(
            count("     Summary [   0.012s] 12 tests run: 10 passed (1 slow), 2 failed, 3 skipped"),
            (10, 2)
        );
        assert_eq!(
            count("     Summary [   9.1s] 3 tests run: 1 passed, 1 failed, 1 timed out, 0 skipped"),
            (1, 2)
        );
        assert_eq!(
            count("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"),
            (5, 0)
        );
        assert_eq!(
            count("rest_request: @esri/arcgis-rest-request 4.10.2: 14 passed, 1 failed, 9 skipped"),
            (14, 1)
        );
        assert_eq!(count("Ran 42 tests in 0.134s"), (42, 0));
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(count("        PASS [   0.004s] gp-esri wire::tests::ten_passed"), (0, 0));
        assert_eq!(count("the report says 3 passed, 4 failed"), (0, 0));
    }
}
