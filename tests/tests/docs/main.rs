//! The pages of the tools in `docs/tools`: made from the tools themselves and one oracle case each, and kept up to date.
//!
//! Run with UPDATE_DOCS=1 to write them anew. A page is what its tool says of itself (the documentation of its module,
//! its parameters), a request that works, and a picture of real data; nothing in it is written by hand.

mod draw;
mod example;
mod page;
mod picture;
mod window;

use anyhow::{Context, Result};
use example::Example;
use gp_core::{ExecutionType, Task};
use gp_tests::{Job, Reply, Server};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the pages.
fn folder() -> PathBuf {
    gp_tests::repository().join("docs/tools")
}

/// Every file of the folder that is generated: its name with its text.
fn generated() -> Result<BTreeMap<String, String>> {
    let chosen = example::chosen()?;
    let mut files = BTreeMap::from([("README.md".to_owned(), page::index())]);
    for tool in gp_tools::TOOLS {
        let name = tool.name();
        let example =
            Example::of(*tool, chosen.get(name)).with_context(|| format!("the example of {name}"))?;
        let picture = match &example {
            Some(example) => {
                picture::picture(name, example).with_context(|| format!("the picture of {name}"))?
            }
            None => None,
        };
        let text = page::page(*tool, example.as_ref(), picture.is_some())
            .with_context(|| format!("the page of {name}"))?;
        files.insert(format!("{name}.md"), text);
        if let Some(picture) = picture {
            files.insert(format!("pictures/{name}.svg"), picture);
        }
    }
    Ok(files)
}

/// The generated files that are there, by name.
fn present() -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for (below, extension) in [("", "md"), ("pictures/", "svg")] {
        let Ok(entries) = std::fs::read_dir(folder().join(below)) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                files.insert(format!("{below}{name}"), std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test")]
fn every_tool_has_a_page_and_every_page_is_up_to_date() -> Result<()> {
    let (wanted, found) = (generated()?, present()?);
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::create_dir_all(folder().join("pictures"))?;
        for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
            std::fs::remove_file(folder().join(name))?;
        }
        for (name, text) in &wanted {
            std::fs::write(folder().join(name), text)?;
        }
        return Ok(());
    }
    let names: Vec<&String> = wanted.keys().chain(found.keys()).collect();
    let mut stale: Vec<&String> =
        names.into_iter().filter(|name| wanted.get(*name) != found.get(*name)).collect();
    stale.dedup();
    anyhow::ensure!(stale.is_empty(), "run with UPDATE_DOCS=1 to write anew what has changed: {stale:?}");
    Ok(())
}

#[test]
fn every_picture_is_small() -> Result<()> {
    for (name, text) in present()?.iter().filter(|(name, _)| name.starts_with("pictures/")) {
        assert!(text.len() < picture::MOST_BYTES, "{name}: {} bytes", text.len());
    }
    Ok(())
}

/// Tools whose jobs are followed to their end: one with each kind of parameter.
const FOLLOWED: &[&str] = &["Buffer", "Dissolve", "Select", "SpatialJoin"];

#[test]
fn the_requests_of_the_pages_are_accepted_by_a_server_and_their_jobs_succeed() -> Result<()> {
    let server = Server::start();
    let services = format!("http://{}/arcgis/rest/services", server.address());
    for tool in gp_tools::TOOLS {
        let Some(service) = page::asynchronous_service(*tool)? else { continue };
        let page = std::fs::read_to_string(folder().join(format!("{}.md", tool.name())))?;
        let script = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
        let script = script.with_context(|| format!("{} has no request", tool.name()))?;
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", script])
            .current_dir(gp_tests::repository())
            .env("GP", &services);
        let output = bash.output()?;
        anyhow::ensure!(output.status.success(), "{}: {output:?}", tool.name());
        let reply = Reply { status: 200, headers: Vec::new(), body: output.stdout };
        let job = Job::of(&format!("{service}/GPServer/{}", tool.name()), &reply);
        if FOLLOWED.contains(&tool.name()) {
            assert_eq!(gp_tests::job::status(&job.wait(&server)), "esriJobSucceeded", "{}", tool.name());
        }
    }
    Ok(())
}

#[test]
fn every_choice_of_an_example_is_for_a_tool() -> Result<()> {
    for name in example::chosen()?.keys() {
        assert!(
            gp_tools::TOOLS.iter().any(|tool| tool.name() == name),
            "examples.toml: there is no tool {name}"
        );
    }
    Ok(())
}

/// Whether the tool is one of those that compute nothing.
fn is_sample(tool: &dyn Task) -> bool {
    tool.toolset() == "Samples"
}

/// Whether a service makes jobs.
fn makes_jobs(service: &gp_core::Service) -> bool {
    service.execution_type == ExecutionType::Asynchronous
}
