//! Evaluation of a bound tree over one row.

use std::borrow::Cow;
use std::cmp::Ordering;

use gp_esri::Attribute;

use crate::arithmetic;
use crate::bind::no_condition;
use crate::cast::cast;
use crate::compare::compare;
use crate::dates;
use crate::error::SqlError;
use crate::functions::{self, Function};
use crate::like::Pattern;
use crate::node::{Case, Column, Comparison, Node};
use crate::text::check_size;
use crate::value::{Kind, Set, Value};

/// The value of a node for a row.
pub(crate) fn eval<'a>(node: &'a Node, row: &'a [Attribute]) -> Result<Value<'a>, SqlError> {
    match node {
        Node::Constant(value) => Ok(value.borrowed()),
        Node::Column(column) => load(column, row),
        Node::Arithmetic(first, rest) => {
            let mut sum = eval(first, row)?;
            for (operator, operand) in rest {
                sum = arithmetic::apply(*operator, &sum, &eval(operand, row)?)?;
            }
            Ok(sum)
        }
        Node::Negate(inner) => arithmetic::negate(&eval(inner, row)?),
        Node::Concat(nodes) => concat(nodes, row),
        Node::Case(written) => case(written, row),
        Node::Cast(to, inner) => cast(*to, eval(inner, row)?),
        Node::Extract(part, inner) => dates::extract(*part, &eval(inner, row)?),
        Node::Call(function, nodes) => call(*function, nodes, row),
        Node::Name(_) | Node::Now(_) => {
            Err(SqlError::Mismatch("the expression is not bound to fields".to_owned()))
        }
        _ => Ok(truth(node, row)?.map_or(Value::Null, Value::Bool)),
    }
}

/// The truth of a node that must be a condition; `None` is unknown. `place` begins the error.
pub(crate) fn condition(node: &Node, row: &[Attribute], place: &str) -> Result<Option<bool>, SqlError> {
    match node {
        Node::Constant(_)
        | Node::Column(_)
        | Node::Arithmetic(..)
        | Node::Negate(_)
        | Node::Concat(_)
        | Node::Case(_)
        | Node::Cast(..)
        | Node::Extract(..)
        | Node::Call(..)
        | Node::Name(_)
        | Node::Now(_) => match eval(node, row)? {
            Value::Bool(truth) => Ok(Some(truth)),
            Value::Null => Ok(None),
            other => Err(no_condition(place, &other)),
        },
        _ => truth(node, row),
    }
}

/// The truth of a predicate node.
fn truth(node: &Node, row: &[Attribute]) -> Result<Option<bool>, SqlError> {
    match node {
        Node::Compare(comparison, pair) => {
            let order = match plain_order(&pair[0], &pair[1], row) {
                Some(order) => order,
                None => compare(&eval(&pair[0], row)?, &eval(&pair[1], row)?)?,
            };
            Ok(order.map(|order| holds(*comparison, order)))
        }
        Node::And(nodes) => chain(nodes, row, "AND", false),
        Node::Or(nodes) => chain(nodes, row, "OR", true),
        Node::Not(inner) => Ok(condition(inner, row, "NOT")?.map(|truth| !truth)),
        Node::IsNull(inner) => Ok(Some(match inner.as_ref() {
            // Without reading it: text that is no date is not NULL either.
            Node::Column(column) => *column.attribute(row)? == Attribute::Null,
            inner => eval(inner, row)? == Value::Null,
        })),
        Node::IsTruth(wanted, inner) => Ok(Some(condition(inner, row, "IS")? == Some(*wanted))),
        Node::Between(three) => {
            let value = eval(&three[0], row)?;
            let above = compare(&value, &eval(&three[1], row)?)?.map(|order| order != Ordering::Less);
            if above == Some(false) {
                return Ok(above);
            }
            let below = compare(&value, &eval(&three[2], row)?)?.map(|order| order != Ordering::Greater);
            Ok(match (above, below) {
                (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            })
        }
        Node::In(nodes) => {
            let value = eval(&nodes[0], row)?;
            let mut unknown = value == Value::Null;
            for item in &nodes[1..] {
                match compare(&value, &eval(item, row)?)? {
                    Some(Ordering::Equal) => return Ok(Some(true)),
                    Some(_) => {}
                    None => unknown = true,
                }
            }
            Ok((!unknown).then_some(false))
        }
        Node::InSet(inner, set) => within(&eval(inner, row)?, set),
        Node::LikePattern(inner, pattern) => {
            Ok(eval(inner, row)?.into_text()?.map(|text| pattern.matches(&text)))
        }
        Node::Like(case, nodes) => {
            let mut texts = Vec::with_capacity(3);
            for node in nodes {
                match eval(node, row)?.into_text()? {
                    Some(text) => texts.push(text),
                    None => return Ok(None),
                }
            }
            let pattern = Pattern::new(&texts[1], texts.get(2).map(Cow::as_ref), *case)?;
            Ok(Some(pattern.matches(&texts[0])))
        }
        other => condition(other, row, "a condition"),
    }
}

/// The order of a column and a constant that are alike as they lie in memory, which is what most clauses ask for each
/// row; `None` leaves it to `compare`, which would say the same.
fn plain_order(left: &Node, right: &Node, row: &[Attribute]) -> Option<Option<Ordering>> {
    let (Node::Column(column), Node::Constant(constant)) = (left, right) else { return None };
    match (row.get(column.index)?, constant, column.kind) {
        (Attribute::Null, ..) => Some(None),
        (Attribute::Integer(left), Value::Int(right), Kind::Number | Kind::Date) => {
            Some(Some(left.cmp(right)))
        }
        (Attribute::Integer(left), Value::Date(right), Kind::Date) => Some(Some(left.cmp(right))),
        (Attribute::Double(left), Value::Double(right), Kind::Number) => Some(left.partial_cmp(right)),
        (Attribute::Text(left), Value::Text(right), Kind::Text) => {
            Some(Some(left.as_ref().cmp(right.as_ref())))
        }
        _ => None,
    }
}

fn load<'a>(column: &Column, row: &'a [Attribute]) -> Result<Value<'a>, SqlError> {
    let attribute = column.attribute(row)?;
    Value::of_attribute(attribute, column.kind).ok_or_else(|| {
        let value = match attribute {
            Attribute::Text(text) => Value::text(text.as_ref()).describe(),
            _ => "a value".to_owned(),
        };
        SqlError::Mismatch(format!("field {} has {value}, which is no date or time", column.name))
    })
}

/// AND stops at the first false, OR at the first true; otherwise one unknown makes the whole unknown.
fn chain(nodes: &[Node], row: &[Attribute], name: &str, decisive: bool) -> Result<Option<bool>, SqlError> {
    let mut unknown = false;
    for node in nodes {
        match condition(node, row, name)? {
            Some(truth) if truth == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok((!unknown).then_some(!decisive))
}

fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn within(value: &Value<'_>, set: &Set) -> Result<Option<bool>, SqlError> {
    let found = match (value, &set.texts, &set.numbers) {
        (Value::Null, _, _) => return Ok(None),
        (Value::Text(text), Some(texts), _) => texts.contains(text.as_ref()),
        (value, _, Some(numbers)) if value.key().is_some() => {
            value.key().is_some_and(|key| numbers.contains(&key))
        }
        _ => {
            let mut found = false;
            for item in &set.list {
                found |= compare(value, item)? == Some(Ordering::Equal);
            }
            found
        }
    };
    Ok(if found { Some(true) } else { (!set.has_null).then_some(false) })
}

fn concat<'a>(nodes: &'a [Node], row: &'a [Attribute]) -> Result<Value<'a>, SqlError> {
    let mut joined = String::new();
    for node in nodes {
        let Some(text) = eval(node, row)?.into_text()? else { return Ok(Value::Null) };
        check_size(joined.len() + text.len())?;
        joined.push_str(&text);
    }
    Ok(Value::text(joined))
}

fn case<'a>(written: &'a Case, row: &'a [Attribute]) -> Result<Value<'a>, SqlError> {
    let operand = written.operand.as_ref().map(|operand| eval(operand, row)).transpose()?;
    for (when, then) in &written.branches {
        let chosen = match &operand {
            Some(operand) => compare(operand, &eval(when, row)?)? == Some(Ordering::Equal),
            None => condition(when, row, "WHEN")? == Some(true),
        };
        if chosen {
            return eval(then, row);
        }
    }
    eval(&written.otherwise, row)
}

fn call<'a>(function: Function, nodes: &'a [Node], row: &'a [Attribute]) -> Result<Value<'a>, SqlError> {
    if function == Function::Coalesce {
        for node in nodes {
            let value = eval(node, row)?;
            if value != Value::Null {
                return Ok(value);
            }
        }
        return Ok(Value::Null);
    }
    let mut arguments = Vec::with_capacity(nodes.len());
    for node in nodes {
        arguments.push(eval(node, row)?);
    }
    if function == Function::NullIf {
        let equal = compare(&arguments[0], &arguments[1])? == Some(Ordering::Equal);
        return Ok(if equal { Value::Null } else { arguments.swap_remove(0) });
    }
    functions::call(function, arguments)
}
