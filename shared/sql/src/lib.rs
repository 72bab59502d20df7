//! Where clauses and expressions over feature attributes: what GPSQLExpression means, for Select and Calculate Field.
//!
//! Separate so that every tool reads SQL the same way and that no tool sees the SQL parser. Text becomes an
//! [`Expression`] (syntax checked, limits kept), a list of fields makes it a [`BoundExpression`] (columns found,
//! constants folded, patterns compiled), and that is evaluated row by row. It must never read a clock (the time is
//! passed to [`Expression::bind_at`]), run a statement, or panic on what a user wrote.
//!
//! The language is the SQL-92 of ArcGIS standardized queries. Where products differ, this crate takes:
//! - `NULL`: three-valued logic; a row matches only when the condition is true. An empty clause matches every row.
//! - Division by zero, the logarithm of 0, the root of -1 and results beyond a 64 bit float are `NULL`.
//! - Integer arithmetic is 64 bit, `7 / 2` is 3, and a result that does not fit becomes a double.
//! - Integers and doubles compare exactly, also beyond 2^53.
//! - Text against a number: the number is read from the text; text that is no number is an error that names both.
//! - Text compares by code point; `LIKE` is case-sensitive, `ILIKE` is not. `||` and `CONCAT` of `NULL` are `NULL`.
//! - Dates are epoch milliseconds UTC. `DATE '2024-05-01 12:30'` keeps its time; plain ISO text (and the US style of
//!   GP samples, `5/1/2024 12:30:00 PM`) is understood beside a date field. A date plus a number counts days; a date
//!   minus a date is a number of days. A date against a number compares epoch milliseconds.

mod arithmetic;
mod bind;
mod cast;
mod compare;
mod dates;
mod error;
mod eval;
mod functions;
mod interval;
mod like;
mod literal;
mod lower;
mod lower_call;
mod node;
mod parse;
mod syntax;
mod text;
mod value;

use gp_esri::{Attribute, Field, FieldType};

pub use error::SqlError;
pub use parse::{MAX_DEPTH, MAX_OPERATORS, MAX_TEXT_BYTES};

/// A where clause or value expression whose syntax is right; it has not met any fields yet.
#[derive(Clone, Debug)]
pub struct Expression {
    root: node::Node,
}

/// An expression whose columns are found, ready to be evaluated over rows in the order of the fields.
#[derive(Clone, Debug)]
pub struct BoundExpression {
    root: node::Node,
    columns: Vec<String>,
}

impl Expression {
    /// Reads an expression. Blank text is the condition that every row meets.
    pub fn parse(text: &str) -> Result<Expression, SqlError> {
        Ok(Expression { root: parse::parse(text)? })
    }

    /// Finds the columns among `fields`. `CURRENT_DATE` and its like are refused: see [`Expression::bind_at`].
    pub fn bind(&self, fields: &[Field]) -> Result<BoundExpression, SqlError> {
        let (root, columns) = bind::bind(&self.root, fields, None)?;
        Ok(BoundExpression { root, columns })
    }

    /// Like [`Expression::bind`], with the time that `CURRENT_DATE`, `CURRENT_TIME` and `CURRENT_TIMESTAMP` mean, in
    /// epoch milliseconds UTC.
    pub fn bind_at(&self, fields: &[Field], now_ms: i64) -> Result<BoundExpression, SqlError> {
        let (root, columns) = bind::bind(&self.root, fields, Some(now_ms))?;
        Ok(BoundExpression { root, columns })
    }
}

impl BoundExpression {
    /// Whether the row meets the condition; unknown (`NULL`) is no. Attributes are in the order of the bound fields.
    pub fn matches(&self, row: &[Attribute]) -> Result<bool, SqlError> {
        Ok(eval::condition(&self.root, row, "a where clause")? == Some(true))
    }

    /// The value for the row: conditions are 1 and 0, dates epoch milliseconds, text-like dates ISO text. A bare
    /// column gives the attribute as it is.
    pub fn value(&self, row: &[Attribute]) -> Result<Attribute, SqlError> {
        Ok(self.typed_value(row)?.0)
    }

    /// The value for the row as [`BoundExpression::value`] gives it, and a type of field that holds it: the milliseconds of a
    /// date are no different from a number otherwise.
    pub fn typed_value(&self, row: &[Attribute]) -> Result<(Attribute, FieldType), SqlError> {
        let (value, kind) = match &self.root {
            node::Node::Column(column) => (column.attribute(row)?.clone(), column.kind),
            root => {
                let value = eval::eval(root, row)?;
                let kind = value.kind();
                (value.into_attribute()?, kind)
            }
        };
        let field_type = match (kind, &value) {
            (value::Kind::Date, _) => FieldType::Date,
            (value::Kind::Day, _) => FieldType::DateOnly,
            (value::Kind::Time, _) => FieldType::TimeOnly,
            (value::Kind::Stamp, _) => FieldType::TimestampOffset,
            (_, Attribute::Integer(_)) => FieldType::BigInteger,
            (_, Attribute::Double(_)) => FieldType::Double,
            (_, Attribute::Text(_) | Attribute::Null) => FieldType::String,
        };
        Ok((value, field_type))
    }

    /// The fields that the expression reads, as the field list spells them, each once, in order of first use. Fields
    /// that constant folding made irrelevant are included.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}
