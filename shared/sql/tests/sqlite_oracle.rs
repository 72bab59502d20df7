//! Random expressions mean what they mean to SQLite; `sqlite_oracle.py` made the table.

use gp_esri::{Attribute, Field, FieldType};
use gp_sql::Expression;

#[test]
fn random_expressions_agree_with_sqlite() {
    let (integer, text) = (FieldType::Integer, FieldType::String);
    let fields = [("a", integer), ("b", integer), ("n", integer), ("x", FieldType::Double)]
        .into_iter()
        .chain([("s", text), ("t", text), ("m", text)])
        .map(|(name, field_type)| Field::new(name, field_type))
        .collect::<Vec<_>>();
    let row = [
        Attribute::Integer(7),
        Attribute::Integer(-3),
        Attribute::Null,
        Attribute::Double(2.5),
        Attribute::Text("Paris".into()),
        Attribute::Text("a%b_".into()),
        Attribute::Null,
    ];
    let mut failures = Vec::new();
    let mut checked = 0;
    for line in include_str!("sqlite_oracle.tsv").lines() {
        let mut columns = line.split('\t');
        let [Some(sql), Some(kind), Some(written)] = [columns.next(), columns.next(), columns.next()] else {
            panic!("a line with three columns: {line}");
        };
        let expected = match kind {
            "null" => Attribute::Null,
            "integer" => Attribute::Integer(written.parse().expect("an integer")),
            "double" => Attribute::Double(written.parse().expect("a double")),
            _ => Attribute::Text(written.into()),
        };
        let found = Expression::parse(sql).and_then(|e| e.bind(&fields)).and_then(|bound| bound.value(&row));
        checked += 1;
        if found.as_ref() != Ok(&expected) {
            failures.push(format!("{sql}\n    SQLite {expected:?}\n    found  {found:?}"));
        }
    }
    assert_eq!(checked, 600);
    assert!(failures.is_empty(), "{} of {checked}:\n{}", failures.len(), failures.join("\n"));
}
