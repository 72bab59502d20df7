//! What README.md says is true: its table of tools, and its commands.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// Rows for the table; run with UPDATE_README=1 to write them.
fn tool_table() -> String {
    let mut table = String::from("| task | what it does |\n|---|---|\n");
    for tool in gp_tools::TOOLS {
        writeln!(table, "| `{}` | {} |", tool.name(), tool.description()).unwrap();
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
    if std::env::var("UPDATE_README").is_ok() {
        let text = format!("{}{}{}", &readme[..start], tool_table(), &readme[stop..]);
        fs::write(root().join("README.md"), text).unwrap();
        return;
    }
    assert_eq!(&readme[start..stop], tool_table(), "run with UPDATE_README=1 to write the table anew");
}
