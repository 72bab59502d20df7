//! Whatever is written, the answer is a value or an error: never a panic, an overflowing stack, or a long wait.

use std::time::{Duration, Instant};

use gp_esri::{Attribute, Field, FieldType};
use gp_sql::{Expression, MAX_DEPTH, MAX_OPERATORS, MAX_TEXT_BYTES, SqlError};
use proptest::prelude::*;

/// Evaluates on a thread with the stack of a common worker, 2 MB.
fn on_a_small_stack(text: String) -> Result<Attribute, SqlError> {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || evaluate(&text));
    thread.expect("a thread starts").join().expect("no panic")
}

fn evaluate(text: &str) -> Result<Attribute, SqlError> {
    let fields = [
        Field::new("a", FieldType::Integer),
        Field::new("b", FieldType::String),
        Field::new("d", FieldType::Date),
        Field::new("f", FieldType::Double),
    ];
    let row = [
        Attribute::Integer(i64::MIN),
        Attribute::Text("Åb%".into()),
        Attribute::Integer(i64::MAX),
        Attribute::Double(-0.5),
    ];
    let bound = Expression::parse(text)?.bind_at(&fields, 0)?;
    bound.matches(&row).ok();
    bound.value(&row)
}

#[test]
fn deep_nesting_is_an_error_and_not_an_overflow() {
    let n = 10_000;
    for text in [
        format!("{}1{}", "(".repeat(n), ")".repeat(n)),
        "(".repeat(n),
        format!("{}a = 1", "NOT ".repeat(n)),
        format!("{}1", "- ".repeat(n)),
        format!("{}1", "+".repeat(n)),
        format!("{}1{}", "ABS(".repeat(n), ")".repeat(n)),
        format!("{}1", "CASE WHEN ".repeat(n)),
        format!("{}1{}", "CASE WHEN a = 1 THEN ".repeat(n), " END".repeat(n)),
        format!("{}1", "CAST(".repeat(n)),
        format!("{}1", "a IN (".repeat(n)),
        format!("{}1", "INTERVAL ".repeat(n)),
        format!("{}a", "ARRAY<".repeat(n)),
        format!("{}a", "POSITION(".repeat(n)),
        format!("a{}", " = 1".repeat(n)),
        format!("a{}", " IS NULL".repeat(n)),
        format!("a{}", "::INT".repeat(n)),
        format!("a{}", " BETWEEN 1 AND 2".repeat(n)),
        format!("b{}", " LIKE b".repeat(n)),
        format!("a{}", "+ 1".repeat(n)),
        format!("b{}", "[1]".repeat(n)),
        format!("b{}", " COLLATE x".repeat(n)),
        format!("d{}", " AT TIME ZONE 'x'".repeat(n)),
    ] {
        let start: String = text.chars().take(40).collect();
        assert!(on_a_small_stack(text).is_err(), "{start}");
    }
}

#[test]
fn the_longest_chains_allowed_fit_a_small_stack() {
    for (link, operators) in [
        (" = 1", 1),
        (" IS NULL", 2),
        ("::INT", 2),
        (" BETWEEN 1 AND 2", 2),
        (" LIKE b", 1),
        (" AT TIME ZONE 'x'", 3),
        (" COLLATE x", 1),
    ] {
        let text = format!("a{}", link.repeat(MAX_OPERATORS / operators - 1));
        on_a_small_stack(format!("{text} +")).unwrap_err();
        on_a_small_stack(text).ok();
    }
    for (link, value) in [(" + 1", true), (" || b", true), (" OR a = 1", false), (" AND a < 1", false)] {
        let operators = if value { 1 } else { 2 };
        let start = if value { "1" } else { "a = 2" };
        let text = format!("{start}{}", link.repeat(MAX_OPERATORS / operators - 1));
        assert!(on_a_small_stack(text).is_ok(), "{link}");
    }
}

#[test]
fn nesting_up_to_the_limit_works_on_a_small_stack() {
    let levels = MAX_DEPTH - 2;
    for (open, close) in
        [("(", ")"), ("ABS(", ")"), ("CASE WHEN 1 = 1 THEN ", " END"), ("COALESCE(NULL, ", ")")]
    {
        let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        assert_eq!(on_a_small_stack(text), Ok(Attribute::Integer(1)), "{open}");
    }
    let text = format!("{}a = 1", "NOT ".repeat(levels - 1));
    assert!(on_a_small_stack(text).is_ok());
}

#[test]
fn text_beyond_the_limit_is_refused_before_it_is_read() {
    let text = "a".repeat(1_000_000);
    let Err(SqlError::Limit(message)) = Expression::parse(&text) else { panic!("accepted") };
    assert_eq!(
        message,
        format!("the expression is 1000000 bytes long, and at most {MAX_TEXT_BYTES} are allowed")
    );
}

#[test]
fn a_list_of_thirty_thousand_ids_is_read_and_answered() {
    let ids: Vec<String> = (0..30_000).map(|id| (-id).to_string()).collect();
    let text = format!("a IN ({})", ids.join(","));
    assert!(text.len() < MAX_TEXT_BYTES);
    assert_eq!(evaluate(&text), Ok(Attribute::Integer(0)));
}

#[test]
fn hostile_text_is_refused_within_seconds() {
    let start = Instant::now();
    for piece in [
        "case-",
        "IF(current_time(",
        "POSITION(a IN ",
        "a IN ((",
        "[",
        "'",
        "DATE ",
        "a.",
        "NOT a IN (",
        "1-",
    ] {
        for times in [50, 3_000] {
            Expression::parse(&piece.repeat(times)).ok();
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Words of the language, to be strung together without sense.
fn piece() -> impl Strategy<Value = String> {
    let words: Vec<String> = "a b d f x ( ) ( ) , + - * / % || = <> < > <= >= . ; : :: [ ] { } ? $1 @ # & | ^ ~ ! AND OR NOT \
        NULL IS IN BETWEEN LIKE ILIKE ESCAPE CASE WHEN THEN ELSE END CAST( AS INT VARCHAR(3) DATE DATE'2024-01-01' \
        TIMESTAMP'2024-02-29T12:00' INTERVAL'1'DAY EXTRACT( YEAR FROM SUBSTRING( FOR TRIM(BOTH POSITION( REPLACE( LEFT( \
        ROUND( POWER( MOD( COALESCE( NULLIF( UPPER( CURRENT_DATE CURRENT_TIMESTAMP 0 1 -1 9223372036854775807 1e308 2.5 \
        'x' '' '%' '_' '2024-01-01' \"a\" `b` [a] SELECT EXISTS ANY ARRAY MAP STRUCT AT TIME ZONE COLLATE OVERLAPS XOR"
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    proptest::sample::select(words)
}

/// Sentences with sense, to be broken.
const SENTENCES: [&str; 6] = [
    "a > 5 AND b LIKE 'x%' OR NOT (d IS NULL)",
    "CASE WHEN a IN (1, 2, 3) THEN UPPER(b) ELSE TRIM(BOTH 'x' FROM b) END",
    "CAST(b AS VARCHAR(10)) || SUBSTRING(b FROM 2 FOR 3) = 'abc' ESCAPE '!'",
    "d BETWEEN DATE '2024-01-01' AND CURRENT_TIMESTAMP - INTERVAL '1 02:03:04' DAY TO SECOND",
    "EXTRACT(YEAR FROM d) % 4 = 0 AND ROUND(f * 1.5, 2) / (a - 3) <> -7",
    "POSITION('a' IN b) + MOD(a, 3) * POWER(f, 2) >= COALESCE(NULLIF(a, 1), 0)",
];

/// More cases than proptest's own default, or as many as PROPTEST_CASES asks for.
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test")]
fn cases() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(4_000),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
        evaluate(&text).ok();
    }

    #[test]
    fn a_string_of_words_never_panics(pieces in proptest::collection::vec(piece(), 0..25)) {
        evaluate(&pieces.join(" ")).ok();
    }

    #[test]
    fn a_broken_sentence_never_panics(
        which in 0..SENTENCES.len(),
        cut in 0usize..100,
        length in 0usize..8,
        insert in piece(),
    ) {
        let characters: Vec<char> = SENTENCES[which].chars().collect();
        let at = cut.min(characters.len());
        let end = (at + length).min(characters.len());
        let text: String = characters[..at].iter().copied().chain(insert.chars()).chain(characters[end..].iter().copied()).collect();
        evaluate(&text).ok();
    }

    #[test]
    fn a_date_text_of_any_kind_never_panics(text in "[0-9/:. TZ+APM-]{0,30}") {
        evaluate(&format!("CAST('{text}' AS TIMESTAMP) + INTERVAL '{text}' DAY TO SECOND")).ok();
        evaluate(&format!("EXTRACT(WEEK FROM DATE '{text}')")).ok();
    }

    #[test]
    fn integers_add_as_in_wider_arithmetic(left: i64, right: i64) {
        let expected = match i64::try_from(i128::from(left) + i128::from(right)) {
            Ok(sum) => Attribute::Integer(sum),
            Err(_) => Attribute::Double(left as f64 + right as f64),
        };
        prop_assert_eq!(evaluate(&format!("({left}) + ({right})")), Ok(expected));
    }
}
