//! What expressions mean, as a table: one row of attributes, expressions, and their values.
//!
//! A value is written as in SQL; conditions are 1, 0 and NULL; `! words` is an error that contains the words.

mod dates;
mod functions;

use gp_esri::{Attribute, Field, FieldType};
use gp_sql::{Expression, SqlError};

/// 2024-05-01T12:30:00Z in epoch milliseconds.
const OPENED_MS: i64 = 1_714_566_600_000;

fn text(text: &str) -> Attribute {
    Attribute::Text(text.into())
}

fn layer() -> (Vec<Field>, Vec<Attribute>) {
    let columns = [
        ("OBJECTID", FieldType::Oid, Attribute::Integer(7)),
        ("NAME", FieldType::String, text("Paris")),
        ("POP", FieldType::Integer, Attribute::Integer(2_148_000)),
        ("AREA", FieldType::Double, Attribute::Double(105.4)),
        ("CODE", FieldType::String, text("0075")),
        ("NOTE", FieldType::String, Attribute::Null),
        ("OPENED", FieldType::Date, Attribute::Integer(OPENED_MS)),
        ("CLOSED", FieldType::Date, Attribute::Null),
        ("DAY", FieldType::DateOnly, text("2024-05-01")),
        ("US_DAY", FieldType::DateOnly, text("5/1/2024")),
        ("CLOCK", FieldType::TimeOnly, text("10:00:00 AM")),
        ("SEEN", FieldType::TimestampOffset, text("2024-05-01T14:30:00+02:00")),
        ("BIG", FieldType::BigInteger, Attribute::Integer(9_007_199_254_740_993)),
        ("Shape Name", FieldType::String, text("l'île")),
        ("roads.CLASS", FieldType::String, text("main")),
        ("BROKEN", FieldType::DateOnly, text("someday")),
        ("SHAPE", FieldType::Geometry, Attribute::Null),
    ];
    let mut fields = Vec::new();
    let mut row = Vec::new();
    for (name, field_type, attribute) in columns {
        fields.push(Field::new(name, field_type));
        row.push(attribute);
    }
    (fields, row)
}

fn outcome(sql: &str) -> String {
    let (fields, row) = layer();
    let value = Expression::parse(sql)
        .and_then(|expression| expression.bind_at(&fields, OPENED_MS + 500))
        .and_then(|bound| bound.value(&row));
    match value {
        Ok(Attribute::Null) => "NULL".to_owned(),
        Ok(Attribute::Integer(number)) => number.to_string(),
        Ok(Attribute::Double(number)) => format!("{number:?}"),
        Ok(Attribute::Text(text)) => format!("'{text}'"),
        Err(error) => format!("! {error}"),
    }
}

fn assert_table(table: &[(&str, &str)]) {
    let mut failures = Vec::new();
    for (sql, expected) in table {
        let found = outcome(sql);
        let good = match expected.strip_prefix("! ") {
            Some(words) => found.starts_with("! ") && found.contains(words),
            None => found == *expected,
        };
        if !good {
            failures.push(format!("{sql}\n    expected {expected}\n    found    {found}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), table.len(), failures.join("\n"));
}

#[test]
fn comparisons_and_logic_are_three_valued() {
    assert_table(&[
        ("", "1"),
        ("   ", "1"),
        ("1=1", "1"),
        ("1 = 0", "0"),
        ("POP > 1000000", "1"),
        ("POP >= 2148000 AND POP <= 2148000", "1"),
        ("POP <> 2148000", "0"),
        ("POP != 5", "1"),
        ("POP < 5 OR AREA > 100", "1"),
        ("NOT POP < 5", "1"),
        ("NOT (NOTE = 'x')", "NULL"),
        ("NOTE = 'x'", "NULL"),
        ("NOTE = NULL", "NULL"),
        ("NOTE IS NULL", "1"),
        ("NOTE IS NOT NULL", "0"),
        ("NAME IS NOT NULL", "1"),
        ("NOTE = 'x' OR POP > 5", "1"),
        ("NOTE = 'x' AND POP > 5", "NULL"),
        ("NOTE = 'x' AND POP < 5", "0"),
        ("(NOTE = 'x') IS UNKNOWN", "1"),
        ("(POP > 5) IS TRUE", "1"),
        ("(NOTE = 'x') IS NOT TRUE", "1"),
        ("(POP > 5) IS FALSE", "0"),
        ("TRUE", "1"),
        ("FALSE OR POP > 5", "1"),
        ("1 = 1 AND NAME = 'Paris'", "1"),
        ("POP = 2148000.0", "1"),
        ("BIG = 9007199254740993", "1"),
        ("BIG = 9007199254740992.0", "0"),
        ("BIG > 9007199254740992.0", "1"),
        ("BIG < 9223372036854775808", "1"),
        ("-9223372036854775808 < BIG", "1"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("NAME = 'paris'", "0"),
        ("NAME > 'Lyon'", "1"),
        ("'Z' < 'a'", "1"),
        ("'é' > 'z'", "1"),
        ("POP AND 1 = 1", "! AND needs a condition"),
        ("POP > 5 AND 3", "! needs a condition, such as a comparison, and not the number 3"),
        ("a = b = c", "! no field is named a"),
    ]);
}

#[test]
fn lists_ranges_and_patterns_select() {
    assert_table(&[
        ("OBJECTID IN (1, 7, 9)", "1"),
        ("OBJECTID IN (1, 9)", "0"),
        ("OBJECTID NOT IN (1, 9)", "1"),
        ("OBJECTID IN (1, NULL)", "NULL"),
        ("OBJECTID IN (7, NULL)", "1"),
        ("OBJECTID NOT IN (1, NULL)", "NULL"),
        ("NOTE IN ('a')", "NULL"),
        ("OBJECTID IN (7.0, 8.5)", "1"),
        ("OBJECTID IN ('7', '8')", "1"),
        ("OBJECTID IN (POP, 7)", "1"),
        ("NAME IN ('Lyon', 'Paris')", "1"),
        ("NAME IN ('Lyon')", "0"),
        ("NAME IN (UPPER('x'), 'Paris')", "1"),
        ("CODE IN (75, 76)", "1"),
        ("OPENED IN (DATE '2024-05-01 12:30:00')", "1"),
        ("OPENED IN ('2024-05-01T12:30:00')", "1"),
        ("OPENED IN (1714566600000)", "1"),
        ("POP BETWEEN 1 AND 3000000", "1"),
        ("POP NOT BETWEEN 1 AND 3000000", "0"),
        ("POP BETWEEN NULL AND 3", "0"),
        ("POP BETWEEN 1 AND NULL", "NULL"),
        ("NAME LIKE 'P%'", "1"),
        ("NAME LIKE 'p%'", "0"),
        ("NAME ILIKE 'p%'", "1"),
        ("NAME NOT LIKE '%x%'", "1"),
        ("NAME LIKE '_aris'", "1"),
        ("NAME LIKE '%ari%'", "1"),
        ("NAME LIKE '%is'", "1"),
        ("NAME LIKE 'P_r%s'", "1"),
        ("NAME LIKE ''", "0"),
        ("NOTE LIKE '%'", "NULL"),
        ("'100%' LIKE '100\\%' ESCAPE '\\'", "1"),
        ("'1000' LIKE '100!%' ESCAPE '!'", "0"),
        ("'a_b' LIKE 'a$_b' ESCAPE '$'", "1"),
        ("NAME LIKE NAME", "1"),
        ("NAME LIKE 'x' ESCAPE 'ab'", "! ESCAPE of a LIKE must be one character"),
        ("NAME LIKE 'x!' ESCAPE '!'", "! ends with its escape character"),
        ("POP LIKE '214%'", "1"),
        ("\"Shape Name\" LIKE 'l''%'", "1"),
    ]);
}

#[test]
fn columns_are_found_however_they_are_written() {
    assert_table(&[
        ("name = 'Paris'", "1"),
        ("\"Name\" = 'Paris'", "1"),
        ("[NAME] = 'Paris'", "1"),
        ("`NAME` = 'Paris'", "1"),
        ("\"Shape Name\" = 'l''île'", "1"),
        ("[Shape Name] = 'l''île'", "1"),
        ("cities.NAME = 'Paris'", "1"),
        ("db.cities.NAME = 'Paris'", "1"),
        ("roads.CLASS = 'main'", "1"),
        ("\"roads.CLASS\" = 'main'", "1"),
        ("DAY = '2024-05-01'", "1"),
        ("TOWN = 'Paris'", "! no field is named TOWN; the fields are: OBJECTID, NAME, POP"),
        ("NAME = \"Paris\"", "! text is written in single quotes"),
        ("SHAPE IS NULL", "! field SHAPE is a geometry"),
    ]);
}

#[test]
fn arithmetic_keeps_integers_and_makes_null_of_what_has_no_value() {
    assert_table(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("2 * 3 + 4 * 5 - 6 / 2", "23"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7 / 2.0", "3.5"),
        ("7 % 3", "1"),
        ("-7 % 3", "-1"),
        ("MOD(7, 3)", "1"),
        ("7.5 % 2", "1.5"),
        ("1 / 0", "NULL"),
        ("1.0 / 0", "NULL"),
        ("5 % 0", "NULL"),
        ("POP / AREA > 20000", "1"),
        ("-POP", "-2148000"),
        ("- -5", "5"),
        ("+5", "5"),
        ("9223372036854775807 + 1", "9.223372036854776e18"),
        ("3037000500 * 3037000500", "9.22337203700025e18"),
        ("NOTE + 1", "NULL"),
        ("NULL * 5", "NULL"),
        ("'5' + 1", "6"),
        ("CODE + 1", "76"),
        ("NAME + 1", "! the text 'Paris' + the number 1 is not possible"),
        ("NAME + NAME", "! join text with ||"),
        ("CODE = 75", "1"),
        ("NAME = 75", "! the text 'Paris' cannot be compared with the number 75"),
        ("POP = 'many'", "! field POP and the text 'many' cannot be compared"),
        ("POP = '2148000'", "1"),
        ("1e400", "! beyond a 64 bit float"),
        ("1e308 * 10", "NULL"),
    ]);
}

#[test]
fn what_is_no_expression_over_a_row_is_refused_by_name() {
    assert_table(&[
        ("POP IN (SELECT POP FROM t)", "! a query (SELECT) is not supported"),
        ("EXISTS (SELECT 1)", "! a query (SELECT) is not supported"),
        ("SELECT * FROM t", "! a query (SELECT) is not supported"),
        ("DROP TABLE t", "! a statement (DROP) is not supported"),
        ("delete from t", "! a statement (DELETE) is not supported"),
        ("1=1; DROP TABLE t", "! a semicolon is not supported"),
        ("POP > 5 -- big ones", "! a comment is not supported"),
        ("POP /* people */ > 5", "! a comment is not supported"),
        ("WHERE POP > 5", "! leave out the word WHERE"),
        ("POP >", "! cannot be read"),
        ("POP > 5 5", "! does not continue the expression"),
        ("(POP > 5", "! cannot be read"),
        ("NAME = 'Paris", "! cannot be read"),
        ("COUNT(*)", "! COUNT"),
        ("SUM(POP) > 5", "! SUM needs several rows"),
        ("POP > ?", "! the parameter marker ? is not supported"),
        ("NAME SIMILAR TO 'x'", "! SIMILAR TO (use LIKE)"),
        ("NAME COLLATE x = 'a'", "! COLLATE"),
        ("POP IS DISTINCT FROM 5", "! IS DISTINCT FROM"),
        ("(1, 2)", "! a list of values outside of IN"),
        ("POP & 5 = 1", "! the operator & is not supported"),
        ("X'ff' = 'a'", "! the literal X'ff' is not supported"),
        ("ROW_NUMBER() OVER (ORDER BY POP)", "! OVER"),
        ("EXTRACT(EPOCH FROM OPENED)", "! EXTRACT of EPOCH is not supported"),
        ("POP = ANY (1)", "! is not supported"),
    ]);
}

#[test]
fn only_a_true_condition_selects_a_row() {
    let (fields, row) = layer();
    let matches =
        |sql: &str| Expression::parse(sql).and_then(|e| e.bind(&fields)).and_then(|b| b.matches(&row));
    assert_eq!(matches("POP > 5"), Ok(true));
    assert_eq!(matches("NOTE = 'x'"), Ok(false));
    assert_eq!(matches("NOT NOTE = 'x'"), Ok(false));
    assert_eq!(matches("NULL"), Ok(false));
    assert!(matches!(matches("POP"), Err(SqlError::Mismatch(_))));
    assert!(matches!(matches("OPENED < CURRENT_DATE"), Err(SqlError::Unsupported(_))));
}

#[test]
fn the_columns_used_are_listed_as_the_fields_spell_them() {
    let (fields, _) = layer();
    let bound =
        Expression::parse("t.pop > 5 AND [Shape Name] = 'x' OR POP < 3").and_then(|e| e.bind(&fields));
    assert_eq!(bound.unwrap().columns(), ["POP", "Shape Name"]);
}

#[test]
fn a_row_that_is_too_short_is_an_error() {
    let (fields, row) = layer();
    let bound = Expression::parse("POP > 5").and_then(|e| e.bind(&fields)).unwrap();
    assert!(matches!(bound.matches(&row[..1]), Err(SqlError::Mismatch(_))));
}
