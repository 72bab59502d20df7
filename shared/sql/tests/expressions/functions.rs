//! Functions, choices and casts.

use crate::assert_table;

#[test]
fn text_functions_count_characters_from_one() {
    assert_table(&[
        ("UPPER(NAME)", "'PARIS'"),
        ("LOWER('ÅSE')", "'åse'"),
        ("NAME || ' ' || POP", "'Paris 2148000'"),
        ("NAME || NOTE", "NULL"),
        ("CONCAT(NAME, '!', 1.5)", "'Paris!1.5'"),
        ("TRIM('  a ')", "'a'"),
        ("LTRIM('  a ')", "'a '"),
        ("RTRIM('  a ')", "'  a'"),
        ("TRIM(BOTH '0' FROM '00750')", "'75'"),
        ("TRIM(LEADING '0' FROM CODE)", "'75'"),
        ("TRIM(TRAILING 's' FROM NAME)", "'Pari'"),
        ("SUBSTRING(NAME, 2, 3)", "'ari'"),
        ("SUBSTRING(NAME FROM 2 FOR 3)", "'ari'"),
        ("SUBSTRING(NAME FROM 3)", "'ris'"),
        ("SUBSTRING(NAME FOR 2)", "'Pa'"),
        ("SUBSTR(NAME, 4)", "'is'"),
        ("SUBSTRING(NAME, 0, 3)", "'Pa'"),
        ("SUBSTRING(NAME, 2, -1)", "''"),
        ("LEFT(NAME, 2)", "'Pa'"),
        ("RIGHT(NAME, 2)", "'is'"),
        ("RIGHT(NAME, 20)", "'Paris'"),
        ("LEFT(NAME, 0)", "''"),
        ("CHAR_LENGTH('île')", "3"),
        ("CHARACTER_LENGTH(NAME)", "5"),
        ("LENGTH(NAME)", "5"),
        ("POSITION('r' IN NAME)", "3"),
        ("POSITION('x' IN NAME)", "0"),
        ("POSITION('e' IN \"Shape Name\")", "5"),
        ("REPLACE(NAME, 'a', 'oo')", "'Pooris'"),
        ("REPLACE(NAME, '', 'x')", "'Paris'"),
        ("UPPER(NOTE)", "NULL"),
        ("UPPER(NAME) = 'PARIS' AND CHAR_LENGTH(CODE) = 4", "1"),
        ("UPPER(NAME, 'x')", "! UPPER takes 1 arguments, and 2 are given"),
        ("SOUNDEX(NAME)", "! there is no function SOUNDEX"),
    ]);
}

#[test]
fn numeric_functions_are_null_where_they_have_no_real_value() {
    assert_table(&[
        ("ABS(-5)", "5"),
        ("ABS(-5.5)", "5.5"),
        ("CEILING(1.2)", "2.0"),
        ("CEIL(1.2)", "2.0"),
        ("FLOOR(-1.2)", "-2.0"),
        ("FLOOR(3)", "3"),
        ("ROUND(2.5)", "3.0"),
        ("ROUND(AREA, 0)", "105.0"),
        ("ROUND(1.005, 2)", "1.01"),
        ("ROUND(1234, -2)", "1200.0"),
        ("TRUNCATE(1.987, 2)", "1.98"),
        ("TRUNCATE(-1.9)", "-1.0"),
        ("POWER(2, 10)", "1024.0"),
        ("SQRT(16)", "4.0"),
        ("SQRT(-1)", "NULL"),
        ("SIGN(-3)", "-1"),
        ("SIGN(0.0)", "0.0"),
        ("LOG10(1000)", "3.0"),
        ("LN(0)", "NULL"),
        ("LOG(EXP(1))", "1.0"),
        ("SIN(0)", "0.0"),
        ("COS(0)", "1.0"),
        ("TAN(0)", "0.0"),
        ("ACOS(2)", "NULL"),
        ("ROUND(PI(), 4)", "3.1416"),
        ("ABS(NOTE)", "NULL"),
        ("ABS(NAME)", "! ABS needs a number, not the text 'Paris'"),
    ]);
}

#[test]
fn choices_and_casts_convert_or_name_the_value() {
    assert_table(&[
        ("CASE WHEN POP > 1000000 THEN 'big' ELSE 'small' END", "'big'"),
        ("CASE WHEN POP < 5 THEN 'tiny' END", "NULL"),
        ("CASE NAME WHEN 'Lyon' THEN 1 WHEN 'Paris' THEN 2 END", "2"),
        ("CASE NOTE WHEN NULL THEN 1 ELSE 2 END", "2"),
        ("COALESCE(NOTE, NAME)", "'Paris'"),
        ("COALESCE(NOTE, NULL)", "NULL"),
        ("NULLIF(POP, 2148000)", "NULL"),
        ("NULLIF(POP, 1)", "2148000"),
        ("CAST(CODE AS INT)", "75"),
        ("CAST(CODE AS INTEGER) = 75", "1"),
        ("CAST(-1.9 AS INT)", "-1"),
        ("CAST(AREA AS BIGINT)", "105"),
        ("CAST(POP AS SMALLINT)", "! the number 2148000 cannot be cast to SMALLINT"),
        ("CAST('x' AS INT)", "! the text 'x' cannot be cast to INTEGER"),
        ("CAST(POP AS FLOAT)", "2148000.0"),
        ("CAST('1.5' AS DOUBLE PRECISION)", "1.5"),
        ("CAST(AREA AS DECIMAL(10, 0))", "105.0"),
        ("CAST(POP AS VARCHAR(3))", "'214'"),
        ("CAST(AREA AS VARCHAR)", "'105.4'"),
        ("CAST(NOTE AS INT)", "NULL"),
        ("CAST(OPENED AS VARCHAR(10))", "'2024-05-01'"),
        ("CAST('2024-05-01 12:30' AS TIMESTAMP) = OPENED", "1"),
        ("CAST(OPENED AS DATE) = DATE '2024-05-01'", "1"),
        ("CAST(OPENED AS TIME) = TIME '12:30:00'", "1"),
        ("CAST(NAME AS DATE)", "! the text 'Paris' cannot be cast to DATE"),
        ("CAST(NAME AS BLOB)", "! CAST to BLOB is not supported"),
    ]);
}
