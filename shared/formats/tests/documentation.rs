//! What `docs/formats.md` says about formats is what they are.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use gp_formats::Format;

/// The rows of the tables in the section of that heading, by their first cell.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once(&format!("## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    section.lines().filter(|line| line.starts_with("| `")).map(cells).collect()
}

#[test]
fn both_tables_name_every_format_in_its_order() {
    let names: Vec<String> = Format::all().map(|format| format!("`{}`", format.name())).collect();
    for heading in ["Which", "What is kept"] {
        let first: Vec<String> = rows(heading).into_iter().map(|row| row[0].clone()).collect();
        assert_eq!(first, names, "{heading}");
    }
    let lengths: Vec<usize> = rows("What is kept").iter().map(Vec::len).collect();
    assert_eq!(lengths, vec![11; names.len()]);
}

#[test]
fn the_extensions_and_the_reference_of_each_format_are_the_stated_ones() {
    let stated: Vec<String> = rows("Which")
        .iter()
        .flat_map(|row| {
            row[2].split_whitespace().map(|word| word.trim_matches('`').to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let extensions: Vec<String> = Format::extensions().map(|extension| format!(".{extension}")).collect();
    assert_eq!(stated, extensions);
    for (format, row) in Format::all().zip(rows("Which")) {
        assert!(row[2].starts_with(&format!("`.{}`", format.extension())), "{row:?}");
        assert_eq!(row[6] == "WGS 84", format.required_reference().is_some(), "{row:?}");
    }
}
