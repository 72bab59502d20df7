//! Claims about every tool of the list.

use super::*;
use gp_core::{Parameter, Value};
use std::path::{Path, PathBuf};

/// Specification 2.1: what else a request may carry.
const RESERVED: &[&str] = &[
    "f",
    "token",
    "context",
    "callback",
    "returnZ",
    "returnM",
    "returnTrueCurves",
    "returnFeatureCollection",
    "returnColumnName",
    "returnMessages",
    "simplifyFeatures",
];
const PYTHON_KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
/// The sections of a tool's documentation.
const SECTIONS: &[&str] = &["Method.", "Inputs.", "Spatial reference and units.", "Output.", "Errors."];

fn parameters() -> impl Iterator<Item = (&'static str, &'static Parameter)> {
    TOOLS.iter().flat_map(|tool| tool.inputs().iter().chain(tool.outputs()).map(|input| (tool.name(), input)))
}

fn is_python_identifier(name: &str) -> bool {
    let is_word = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_word && name.starts_with(|first: char| first.is_ascii_alphabetic()) && !PYTHON_KEYWORDS.contains(&name)
}

/// The source files that hold a tool.
fn tool_files() -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = [source.clone(), source.join("samples")]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let holds_a_tool = |file: &PathBuf| {
        file.extension().is_some_and(|extension| extension == "rs")
            && std::fs::read_to_string(file).unwrap().contains("\nimpl Tool for ")
    };
    files.filter(holds_a_tool).collect()
}

#[test]
fn every_tool_is_in_a_toolset_that_the_documentation_knows() {
    for tool in TOOLS {
        assert!(TOOLSETS.contains(&tool.toolset()), "{}: {}", tool.name(), tool.toolset());
    }
}

#[test]
fn tools_are_sorted_and_named_once() {
    let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}

#[test]
fn every_name_is_a_python_identifier_and_no_word_of_the_protocol() {
    for name in
        TOOLS.iter().map(|tool| tool.name()).chain(parameters().map(|(_, parameter)| &*parameter.name))
    {
        assert!(is_python_identifier(name), "{name}");
        assert!(!RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name)), "{name}");
    }
}

#[test]
fn the_names_of_a_tools_parameters_differ_whatever_their_case() {
    for tool in TOOLS {
        let all = tool.inputs().iter().chain(tool.outputs());
        let mut names: Vec<String> = all.map(|parameter| parameter.name.to_lowercase()).collect();
        names.sort();
        assert!(names.is_sorted_by(|a, b| a < b), "{}: {names:?}", tool.name());
    }
}

#[test]
fn everything_is_described_in_texts_that_clients_can_put_into_source_code() {
    for (tool, parameter) in parameters() {
        assert!(!parameter.description.is_empty(), "{tool}.{}", parameter.name);
    }
    let descriptions = TOOLS.iter().map(|tool| tool.description());
    let texts =
        descriptions.chain(parameters().flat_map(|(_, input)| [&*input.description, &*input.display_name]));
    for text in texts {
        assert!(!text.contains(['"', '\\', '\n']) && !text.contains("'''"), "{text}");
    }
}

#[test]
fn a_default_is_one_of_the_choices_and_a_dependency_is_a_parameter() {
    for (tool, parameter) in parameters() {
        if let (Value::String(default), false) = (&parameter.default, parameter.choices.is_empty()) {
            assert!(parameter.choices.iter().any(|choice| choice == default), "{tool}.{}", parameter.name);
        }
        if let Some(dependency) = &parameter.dependency {
            assert!(
                parameters().any(|(other, input)| other == tool && input.name == *dependency),
                "{tool}: {dependency}"
            );
        }
    }
}

#[test]
fn every_file_of_a_tool_is_listed_and_has_the_fixed_sections() {
    let files = tool_files();
    assert_eq!(files.len(), TOOLS.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let listed =
            TOOLS.iter().any(|tool| text.contains(&format!("NAME: &'static str = \"{}\"", tool.name())));
        assert!(listed, "{} is not in TOOLS", file.display());
        let documentation: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        for section in SECTIONS {
            assert!(documentation.contains(&format!("**{section}**")), "{}: {section}", file.display());
        }
    }
}
