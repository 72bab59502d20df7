//! Scenarios: one file of requests a subject, specification sections in its first line. They run against a server process
//! of their own, or against the server that `GP_TEST_URL` names, such as a deployed stack.

use gp_tests::scenario::run_all;
use gp_tests::{Server, Site};
use std::fs;
use std::path::Path;

/// A test for each file.
macro_rules! scenarios {
    ($($subject:ident)*) => {
        $(
            #[test]
            fn $subject() {
                let text = include_str!(concat!("scenarios/", stringify!($subject), ".toml"));
                let file = concat!(stringify!($subject), ".toml");
                let count = match Site::from_environment() {
                    Some(site) => run_all(&site, file, text),
                    None => run_all(&Server::start(), file, text),
                };
                println!("{file}: {} scenarios, {} left out", count.run, count.left_out);
            }
        )*

        const SUBJECTS: &[&str] = &[$(stringify!($subject)),*];
    };
}

scenarios! { server service execute scalars types feature_sets environment jobs outputs uploads }

#[test]
fn every_file_of_scenarios_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(SUBJECTS.contains(&name.as_str()), "{} is not in the list of {}", path.display(), file!());
    }
}
