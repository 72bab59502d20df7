//! From text to an expression tree: the limits, the dialect, and the refusal of what is no expression.
//!
//! The limits stand before the parser on purpose. The parser grows its stack where it recurses, but a chain such as
//! `1+1+1+…` becomes a tree as deep as it is long, and freeing that tree recurses too: so operators are counted.

use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::error::SqlError;
use crate::lower::lower;
use crate::node::Node;
use crate::syntax;
use crate::value::Value;

/// Longest text of an expression in bytes: room for some 30,000 object ids in one `IN` list.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;
/// Greatest nesting of parentheses, functions, `NOT` and `CASE`.
pub const MAX_DEPTH: usize = 64;
/// Greatest number of operators and keywords in one expression. The deepest tree that this allows is freed within
/// a quarter of a 2 MB stack, also unoptimised (see the tests).
pub const MAX_OPERATORS: usize = 4_000;

/// The parser counts several levels for one of ours.
const PARSER_RECURSION_LIMIT: usize = 3 * MAX_DEPTH;

/// The quoting rules of ArcGIS clients: `"x"`, `` `x` `` and `[x]` are columns, `'x'` is text.
#[derive(Debug)]
struct ArcGisDialect;

impl Dialect for ArcGisDialect {
    fn is_delimited_identifier_start(&self, character: char) -> bool {
        matches!(character, '"' | '`' | '[')
    }

    fn is_identifier_start(&self, character: char) -> bool {
        character.is_alphabetic() || character == '_'
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_alphanumeric() || matches!(character, '_' | '$' | '#' | '@')
    }
}

/// Reads an expression into a tree with unresolved column names.
pub(crate) fn parse(text: &str) -> Result<Node, SqlError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(SqlError::Limit(format!(
            "the expression is {} bytes long, and at most {MAX_TEXT_BYTES} are allowed",
            text.len()
        )));
    }
    if text.trim().is_empty() {
        return Ok(Node::Constant(Value::Bool(true)));
    }
    let tokens = Tokenizer::new(&ArcGisDialect, text)
        .tokenize_with_location()
        .map_err(|error| syntax::from_tokenizer(text, &error.message, error.location))?;
    check(&tokens)?;
    let mut parser = Parser::new(&ArcGisDialect)
        .with_recursion_limit(PARSER_RECURSION_LIMIT)
        .with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr();
    let expression = parsed.map_err(|error| match error {
        ParserError::RecursionLimitExceeded => too_deep(),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            syntax::from_parser(text, &message, parser.get_current_token().span.start)
        }
    })?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        return Err(syntax::goes_on(text, next.span.start));
    }
    lower(&expression, MAX_DEPTH)
}

pub(crate) fn too_deep() -> SqlError {
    SqlError::Limit(format!(
        "the expression nests deeper than {MAX_DEPTH} levels: use fewer parentheses, or IN for long lists"
    ))
}

/// Refuses by tokens what must not reach the parser, with the name of the thing.
fn check(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let (mut depth, mut operators) = (0usize, 0usize);
    let mut first_word = true;
    let mut after_separator = true;
    for token in tokens {
        match &token.token {
            Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                return Err(SqlError::unsupported("a comment"));
            }
            Token::Whitespace(_) => continue,
            Token::SemiColon => {
                return Err(SqlError::Unsupported(
                    "a semicolon is not supported: give one expression, not statements".to_owned(),
                ));
            }
            Token::LParen => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(too_deep());
                }
            }
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                refuse_statement(word.keyword, &word.value, first_word)?;
                // The first word after `(` or `,` begins an operand, and an operand alone makes nothing deeper.
                operators += usize::from(word.keyword != Keyword::NoKeyword && !after_separator);
                first_word = false;
            }
            Token::Comma | Token::Period | Token::Number(..) | Token::SingleQuotedString(_) => {}
            _ => operators += usize::from(!after_separator),
        }
        if operators > MAX_OPERATORS {
            return Err(SqlError::Limit(format!(
                "the expression has more than {MAX_OPERATORS} operators: use IN for long lists"
            )));
        }
        after_separator = matches!(token.token, Token::LParen | Token::Comma);
    }
    Ok(())
}

/// `SELECT` anywhere is a query; the other statement words only count at the beginning, where no column can do.
fn refuse_statement(keyword: Keyword, word: &str, first: bool) -> Result<(), SqlError> {
    let statement = match keyword {
        Keyword::SELECT => return Err(SqlError::unsupported("a query (SELECT)")),
        Keyword::INSERT | Keyword::UPDATE | Keyword::DELETE | Keyword::DROP | Keyword::CREATE => first,
        Keyword::ALTER | Keyword::MERGE | Keyword::WITH => first,
        Keyword::WHERE => {
            return Err(SqlError::Unsupported(
                "leave out the word WHERE: give the condition alone".to_owned(),
            ));
        }
        _ => false,
    };
    if statement {
        return Err(SqlError::unsupported(format!("a statement ({})", word.to_uppercase())));
    }
    Ok(())
}
