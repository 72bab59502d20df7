//! Scenarios against a server process: one file of requests a subject, specification sections in its first line.

use gp_tests::Server;
use gp_tests::scenario::run_all;
use std::fs;
use std::path::Path;

/// A test for each file.
macro_rules! scenarios {
    ($($subject:ident)*) => {
        $(
            #[test]
            fn $subject() {
                let text = include_str!(concat!("scenarios/", stringify!($subject), ".toml"));
                let count = run_all(&Server::start(), concat!(stringify!($subject), ".toml"), text);
                println!("{count} scenarios");
            }
        )*

        const SUBJECTS: &[&str] = &[$(stringify!($subject)),*];
    };
}

scenarios! { server service execute scalars feature_sets environment jobs }

#[test]
fn every_file_of_scenarios_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(SUBJECTS.contains(&name.as_str()), "{} is not in the list of {}", path.display(), file!());
    }
}
