//! From the parser's tree to ours: what is supported becomes a node, everything else is refused by name.

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, Expr, InTarget, TrimWhereField, UnaryOperator, Value as Literal,
};

use crate::arithmetic::Operator;
use crate::cast::CastType;
use crate::error::SqlError;
use crate::functions::Function;
use crate::interval::interval;
use crate::like::LetterCase;
use crate::literal::{literal, number, typed};
use crate::lower_call::{call, part_of};
use crate::node::{Case, Comparison, Name, Node};
use crate::parse::too_deep;
use crate::value::Value;

/// Makes a node of an expression that nests at most `depth` levels.
pub(crate) fn lower(expression: &Expr, depth: usize) -> Result<Node, SqlError> {
    let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
    let one = |expression: &Expr| lower(expression, depth);
    let boxed = |expression: &Expr| lower(expression, depth).map(Box::new);
    Ok(match expression {
        Expr::Nested(inner) => one(inner)?,
        Expr::Identifier(ident) => Node::Name(Name {
            double_quoted: ident.quote_style == Some('"'),
            parts: vec![ident.value.clone()],
        }),
        Expr::CompoundIdentifier(idents) => Node::Name(Name {
            double_quoted: false,
            parts: idents.iter().map(|ident| ident.value.clone()).collect(),
        }),
        Expr::Value(value) => Node::Constant(literal(&value.value)?),
        Expr::TypedString(string) => Node::Constant(typed(string)?),
        Expr::Interval(written) => Node::Constant(interval(written)?),
        Expr::BinaryOp { left, op, right } => binary(left, op, right, depth)?,
        Expr::UnaryOp { op, expr } => unary(op, expr, depth)?,
        Expr::IsNull(inner) | Expr::IsUnknown(inner) => Node::IsNull(boxed(inner)?),
        Expr::IsNotNull(inner) | Expr::IsNotUnknown(inner) => not(Node::IsNull(boxed(inner)?)),
        Expr::IsTrue(inner) => Node::IsTruth(true, boxed(inner)?),
        Expr::IsNotTrue(inner) => not(Node::IsTruth(true, boxed(inner)?)),
        Expr::IsFalse(inner) => Node::IsTruth(false, boxed(inner)?),
        Expr::IsNotFalse(inner) => not(Node::IsTruth(false, boxed(inner)?)),
        Expr::In { expr, target: InTarget::List(list), negated, global: false } => {
            let mut nodes = vec![one(expr)?];
            for item in list {
                nodes.push(lower(item, depth)?);
            }
            negate_if(*negated, Node::In(nodes))
        }
        Expr::Between { expr, negated, low, high } => {
            negate_if(*negated, Node::Between(Box::new([one(expr)?, one(low)?, one(high)?])))
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char } => {
            let nodes = all([Some(expr), Some(pattern), escape_char.as_deref()], depth)?;
            negate_if(*negated, Node::Like(LetterCase::Sensitive, nodes))
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
            let nodes = all([Some(expr), Some(pattern), escape_char.as_deref()], depth)?;
            negate_if(*negated, Node::Like(LetterCase::Insensitive, nodes))
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let mut branches = Vec::with_capacity(conditions.len());
            for branch in conditions {
                branches.push((lower(&branch.condition, depth)?, lower(&branch.result, depth)?));
            }
            let otherwise = match else_result {
                Some(result) => one(result)?,
                None => Node::Constant(Value::Null),
            };
            Node::Case(Box::new(Case {
                operand: operand.as_deref().map(one).transpose()?,
                branches,
                otherwise,
            }))
        }
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None } => {
            Node::Cast(CastType::new(data_type)?, boxed(expr)?)
        }
        Expr::Extract { field, expr, .. } => Node::Extract(part_of(field)?, boxed(expr)?),
        Expr::Ceil {
            expr,
            field: CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime),
        } => Node::Call(Function::Ceiling, vec![one(expr)?]),
        Expr::Floor {
            expr,
            field: CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime),
        } => Node::Call(Function::Floor, vec![one(expr)?]),
        Expr::Position { expr, r#in } => {
            Node::Call(Function::Position, all([Some(expr), Some(r#in), None], depth)?)
        }
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let mut nodes = vec![one(expr)?];
            nodes.push(match substring_from {
                Some(from) => one(from)?,
                None => Node::Constant(Value::Int(1)),
            });
            if let Some(length) = substring_for {
                nodes.push(one(length)?);
            }
            Node::Call(Function::Substring, nodes)
        }
        Expr::Trim { trim_where, trim_what, expr, trim_characters: None } => {
            let function = match trim_where {
                Some(TrimWhereField::Leading) => Function::TrimStart,
                Some(TrimWhereField::Trailing) => Function::TrimEnd,
                Some(TrimWhereField::Both) | None => Function::Trim,
            };
            Node::Call(function, all([Some(expr), trim_what.as_deref(), None], depth)?)
        }
        Expr::Function(function) => call(function, depth)?,
        other => return Err(refused(other)),
    })
}

fn all(expressions: [Option<&Expr>; 3], depth: usize) -> Result<Vec<Node>, SqlError> {
    expressions.into_iter().flatten().map(|expression| lower(expression, depth)).collect()
}

fn not(node: Node) -> Node {
    Node::Not(Box::new(node))
}

fn negate_if(negated: bool, node: Node) -> Node {
    if negated { not(node) } else { node }
}

fn unary(operator: &UnaryOperator, operand: &Expr, depth: usize) -> Result<Node, SqlError> {
    match operator {
        UnaryOperator::Not => Ok(not(lower(operand, depth)?)),
        UnaryOperator::Plus => lower(operand, depth),
        UnaryOperator::Minus => {
            // The least 64 bit integer has no positive twin: its minus belongs to the literal.
            if let Expr::Value(value) = operand
                && let Literal::Number(text, false) = &value.value
            {
                return Ok(Node::Constant(number(&format!("-{text}"))?));
            }
            Ok(Node::Negate(Box::new(lower(operand, depth)?)))
        }
        other => Err(SqlError::unsupported(format!("the operator {other}"))),
    }
}

/// What a binary operator belongs to: chains of one family become one flat node.
#[derive(PartialEq)]
enum Family {
    And,
    Or,
    Concat,
    Arithmetic(Operator),
    Compare(Comparison),
}

fn family(operator: &BinaryOperator) -> Option<Family> {
    Some(match operator {
        BinaryOperator::And => Family::And,
        BinaryOperator::Or => Family::Or,
        BinaryOperator::StringConcat => Family::Concat,
        BinaryOperator::Plus => Family::Arithmetic(Operator::Add),
        BinaryOperator::Minus => Family::Arithmetic(Operator::Subtract),
        BinaryOperator::Multiply => Family::Arithmetic(Operator::Multiply),
        BinaryOperator::Divide => Family::Arithmetic(Operator::Divide),
        BinaryOperator::Modulo => Family::Arithmetic(Operator::Remainder),
        BinaryOperator::Eq => Family::Compare(Comparison::Equal),
        BinaryOperator::NotEq => Family::Compare(Comparison::NotEqual),
        BinaryOperator::Lt => Family::Compare(Comparison::Less),
        BinaryOperator::LtEq => Family::Compare(Comparison::LessOrEqual),
        BinaryOperator::Gt => Family::Compare(Comparison::Greater),
        BinaryOperator::GtEq => Family::Compare(Comparison::GreaterOrEqual),
        _ => return None,
    })
}

fn binary(left: &Expr, operator: &BinaryOperator, right: &Expr, depth: usize) -> Result<Node, SqlError> {
    let unsupported = || SqlError::unsupported(format!("the operator {operator}"));
    let top = family(operator).ok_or_else(unsupported)?;
    if let Family::Compare(comparison) = top {
        return Ok(Node::Compare(comparison, Box::new([lower(left, depth)?, lower(right, depth)?])));
    }
    // Down the left spine, where the parser put the chain `a AND b AND c`, without recursion.
    let mut rest: Vec<(&BinaryOperator, &Expr)> = vec![(operator, right)];
    let mut first = left;
    let first = loop {
        match first {
            Expr::BinaryOp { left, op, right } if continues(&top, op) => {
                rest.push((op, right));
                first = left;
            }
            other => break other,
        }
    };
    let first = lower(first, depth)?;
    if let Family::Arithmetic(_) = top {
        let mut operands = Vec::with_capacity(rest.len());
        for (operator, operand) in rest.into_iter().rev() {
            if let Some(Family::Arithmetic(operator)) = family(operator) {
                operands.push((operator, lower(operand, depth)?));
            }
        }
        return Ok(Node::Arithmetic(Box::new(first), operands));
    }
    let mut operands = vec![first];
    for (_, operand) in rest.into_iter().rev() {
        operands.push(lower(operand, depth)?);
    }
    Ok(match top {
        Family::And => Node::And(operands),
        Family::Or => Node::Or(operands),
        _ => Node::Concat(operands),
    })
}

/// Arithmetic is left-associative whatever the operators: `a * b + c` also is a left spine.
fn continues(top: &Family, operator: &BinaryOperator) -> bool {
    match (top, family(operator)) {
        (Family::Arithmetic(_), Some(Family::Arithmetic(_))) => true,
        (top, Some(inner)) => *top == inner,
        (_, None) => false,
    }
}

fn refused(expression: &Expr) -> SqlError {
    SqlError::unsupported(match expression {
        Expr::Subquery(_) | Expr::Exists { .. } => "a subquery",
        Expr::In { .. } => "IN with anything but a list in parentheses",
        Expr::AnyOp { .. } | Expr::AllOp { .. } => "ANY, SOME or ALL",
        Expr::Like { .. } | Expr::ILike { .. } => "LIKE ANY",
        Expr::SimilarTo { .. } => "SIMILAR TO (use LIKE)",
        Expr::RLike { .. } => "a regular expression (use LIKE)",
        Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => "IS DISTINCT FROM (use = and IS NULL)",
        Expr::Cast { .. } | Expr::Convert { .. } => "a conversion other than CAST(value AS type)",
        Expr::Ceil { .. } | Expr::Floor { .. } => {
            "CEILING or FLOOR to a scale or date unit (use ROUND or TRUNCATE)"
        }
        Expr::Trim { .. } => "TRIM with a comma (use TRIM(BOTH 'x' FROM y))",
        Expr::AtTimeZone { .. } => "AT TIME ZONE (dates are UTC)",
        Expr::Collate { .. } => "COLLATE (use UPPER or ILIKE to ignore case)",
        Expr::Overlay { .. } => "OVERLAY (use SUBSTRING and ||)",
        Expr::Tuple(_) => "a list of values outside of IN",
        Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => "the wildcard * (use % in LIKE)",
        Expr::Prefixed { .. } => "text with a character set before it",
        Expr::OuterJoin(_) => "a join",
        _ => "a construct of another SQL dialect",
    })
}
