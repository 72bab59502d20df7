//! What README.md and docs/inputs.md say is true: the table of tools, and the commands.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure is a failed test")]

use gp_tests::Server;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    gp_tests::repository()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// Rows for the table: the tools of each toolset, linked to their pages. Run with UPDATE_DOCS=1 to write them.
fn tool_table() -> String {
    let mut table = String::from("| toolset | tools |\n|---|---|\n");
    for toolset in gp_tools::TOOLSETS {
        let tools = gp_tools::TOOLS.iter().filter(|tool| tool.toolset() == *toolset);
        let links: Vec<String> = tools.map(|tool| format!("[{0}](docs/tools/{0}.md)", tool.name())).collect();
        writeln!(table, "| {toolset} | {} |", links.join(", ")).unwrap();
    }
    table
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test")]
fn readme_lists_every_tool() {
    let (begin, end) = ("readme_lists_every_tool -->\n", "<!-- /tools -->");
    let readme = readme();
    let start = readme.find(begin).unwrap() + begin.len();
    let stop = readme.find(end).unwrap();
    if std::env::var("UPDATE_DOCS").is_ok() {
        let text = format!("{}{}{}", &readme[..start], tool_table(), &readme[stop..]);
        fs::write(root().join("README.md"), text).unwrap();
        return;
    }
    assert_eq!(&readme[start..stop], tool_table(), "run with UPDATE_DOCS=1 to write the table anew");
}

/// Runs the first shell commands of a page against a server, in a copy of the files that they read, so that what they write
/// does not land in the repository.
fn run_commands(page: &str, files: &[&str]) -> tempfile::TempDir {
    let script = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let copy = folder.path().join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(root().join(file), copy).unwrap();
    }
    let server = Server::start();
    let services = format!("http://{}/arcgis/rest/services", server.address());
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script]).current_dir(folder.path()).env("GP", services);
    assert!(bash.status().unwrap().success());
    folder
}

#[test]
fn the_commands_of_the_readme_solve_its_map_problem() {
    let folder = run_commands(&readme(), &["examples/cities.json", "examples/countries.json"]);
    let read = |file: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.path().join(file)).unwrap()).unwrap()
    };
    let near = read("near.json");
    assert!(near["results"][0]["value"]["features"][0]["geometry"]["rings"].as_array().unwrap().len() > 50);
    let countries = read("cities_per_country.json");
    let rows = countries["value"]["features"].as_array().unwrap();
    let cities: i64 = rows.iter().map(|row| row["attributes"]["Join_Count"].as_i64().unwrap()).sum();
    assert_eq!(rows.len(), 177);
    assert!((200..=243).contains(&cities), "{cities} of 243 cities lie in a country");
}

#[test]
fn the_commands_about_inputs_take_a_shapefile_through_three_tools() {
    let page = fs::read_to_string(root().join("docs/inputs.md")).unwrap();
    let folder = run_commands(&page, &["tests/oracles/files/counties.zip"]);
    let read = |file: &str| fs::read(folder.path().join(file)).unwrap();
    for file in ["around_counties.kmz", "counties_in_box.zip"] {
        assert!(read(file).starts_with(b"PK"), "{file}");
    }
    let points: Value = serde_json::from_slice(&read("points.geojson")).unwrap();
    let names = points["features"].as_array().unwrap().iter().map(|row| row["properties"]["NAME"].as_str());
    let names: Vec<&str> = names.map(Option::unwrap).collect();
    assert!(names.len() < 14 && names.contains(&"Middlesex") && !names.contains(&"Nantucket"), "{names:?}");
}
