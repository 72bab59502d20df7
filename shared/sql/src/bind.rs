//! Binding: columns are found, constants beside typed columns read, constant parts evaluated, patterns compiled.

use std::collections::HashSet;

use gp_esri::{Field, FieldType};

use crate::dates::DAY_MS;
use crate::error::SqlError;
use crate::eval::eval;
use crate::like::Pattern;
use crate::node::{Column, Name, Node, Now};
use crate::value::{Kind, Set, Value};

/// The tree with its columns found, and the names of these in order of first use.
pub(crate) fn bind(
    root: &Node,
    fields: &[Field],
    now_ms: Option<i64>,
) -> Result<(Node, Vec<String>), SqlError> {
    let mut scope = Scope { fields, now_ms, columns: Vec::new() };
    let root = node(root, &mut scope)?;
    Ok((root, scope.columns))
}

struct Scope<'a> {
    fields: &'a [Field],
    now_ms: Option<i64>,
    columns: Vec<String>,
}

fn node(unbound: &Node, scope: &mut Scope<'_>) -> Result<Node, SqlError> {
    match unbound {
        Node::Constant(value) => return Ok(Node::Constant(value.clone())),
        Node::Name(name) => return Ok(Node::Column(column(name, scope)?)),
        Node::Now(now) => return Ok(Node::Constant(current(*now, scope.now_ms)?)),
        _ => {}
    }
    let mut bound = unbound.try_map(&mut |child| node(child, scope))?;
    match &mut bound {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().try_for_each(condition)?,
        Node::Not(inner) => condition(inner)?,
        Node::Compare(_, pair) => {
            let (left, right) = pair.split_at_mut(1);
            read_beside(&mut left[0], &right[0])?;
            read_beside(&mut right[0], &left[0])?;
        }
        Node::Between(three) => {
            let (value, bounds) = three.split_at_mut(1);
            bounds.iter_mut().try_for_each(|bound| read_beside(bound, &value[0]))?;
        }
        Node::In(nodes) => {
            let (value, list) = nodes.split_at_mut(1);
            list.iter_mut().try_for_each(|item| read_beside(item, &value[0]))?;
        }
        _ => {}
    }
    let compiled = compile(bound)?;
    if compiled.is_foldable() {
        return Ok(Node::Constant(eval(&compiled, &[])?.into_owned()));
    }
    Ok(compiled)
}

/// Shortens what constants decide and compiles what constants describe.
fn compile(bound: Node) -> Result<Node, SqlError> {
    Ok(match bound {
        Node::And(nodes) => short(nodes, Node::And, false),
        Node::Or(nodes) => short(nodes, Node::Or, true),
        Node::In(mut nodes) if nodes[1..].iter().all(|item| matches!(item, Node::Constant(_))) => {
            let list = nodes.split_off(1);
            match nodes.pop() {
                Some(value) => Node::InSet(Box::new(value), Box::new(set(list))),
                None => Node::Constant(Value::Null),
            }
        }
        Node::Like(case, nodes) => match (&nodes[1], nodes.get(2)) {
            (Node::Constant(Value::Text(pattern)), None) => {
                let pattern = Pattern::new(pattern, None, case)?;
                Node::LikePattern(first(nodes), Box::new(pattern))
            }
            (Node::Constant(Value::Text(pattern)), Some(Node::Constant(Value::Text(escape)))) => {
                let pattern = Pattern::new(pattern, Some(escape), case)?;
                Node::LikePattern(first(nodes), Box::new(pattern))
            }
            _ => Node::Like(case, nodes),
        },
        other => other,
    })
}

fn first(nodes: Vec<Node>) -> Box<Node> {
    Box::new(nodes.into_iter().next().unwrap_or(Node::Constant(Value::Null)))
}

/// A chain without the constants that change nothing, or the constant that decides it.
fn short(nodes: Vec<Node>, chain: fn(Vec<Node>) -> Node, decisive: bool) -> Node {
    let decides = |node: &Node| matches!(node, Node::Constant(Value::Bool(truth)) if *truth == decisive);
    if nodes.iter().any(decides) {
        return Node::Constant(Value::Bool(decisive));
    }
    let kept: Vec<Node> =
        nodes.into_iter().filter(|node| !matches!(node, Node::Constant(Value::Bool(_)))).collect();
    if kept.is_empty() { Node::Constant(Value::Bool(!decisive)) } else { chain(kept) }
}

fn set(list: Vec<Node>) -> Set {
    let mut values = Vec::with_capacity(list.len());
    let mut has_null = false;
    for item in list {
        match item {
            Node::Constant(Value::Null) => has_null = true,
            Node::Constant(value) => values.push(value),
            _ => {}
        }
    }
    let numbers = values.iter().map(Value::key).collect::<Option<HashSet<_>>>();
    let texts = values.iter().map(text_of).collect::<Option<HashSet<_>>>();
    Set { numbers, texts, list: values, has_null }
}

fn text_of(value: &Value<'_>) -> Option<Box<str>> {
    match value {
        Value::Text(text) => Some(text.as_ref().into()),
        _ => None,
    }
}

/// A constant number or text where a condition must stand is an error even before there are rows.
fn condition(node: &Node) -> Result<(), SqlError> {
    match node {
        Node::Constant(Value::Bool(_) | Value::Null) => Ok(()),
        Node::Constant(value) => Err(no_condition("AND, OR and NOT", value)),
        _ => Ok(()),
    }
}

/// The error for a value where a condition must stand.
pub(crate) fn no_condition(place: &str, value: &Value<'_>) -> SqlError {
    SqlError::Mismatch(format!(
        "{place} needs a condition, such as a comparison, and not {}",
        value.describe()
    ))
}

/// Text beside a column of numbers or dates is read once, here, as what the column holds.
fn read_beside(constant: &mut Node, other: &Node) -> Result<(), SqlError> {
    let (Node::Constant(Value::Text(text)), Node::Column(column)) = (&*constant, other) else {
        return Ok(());
    };
    if matches!(column.kind, Kind::Text | Kind::Unknown) {
        return Ok(());
    }
    let Some(value) = Value::of_text(text, column.kind) else {
        let (what, example) = match column.kind {
            Kind::Number => ("a number", "12.5"),
            Kind::Time => ("a time", "TIME '12:30:00'"),
            _ => ("a date", "DATE '2024-05-01' or TIMESTAMP '2024-05-01 12:30:00'"),
        };
        return Err(SqlError::Mismatch(format!(
            "field {} and the text '{text}' cannot be compared: the field needs {what}, such as {example}",
            column.name
        )));
    };
    // A moment beside a day must not lose its time: midnight is not noon.
    *constant = Node::Constant(match (column.kind, Value::of_text(text, Kind::Date)) {
        (Kind::Day, Some(moment)) => moment,
        _ => value,
    });
    Ok(())
}

fn current(now: Now, now_ms: Option<i64>) -> Result<Value<'static>, SqlError> {
    let Some(ms) = now_ms else {
        return Err(SqlError::Unsupported(
            "the current date and time are not available here: write a DATE '…' or TIMESTAMP '…'".to_owned(),
        ));
    };
    Ok(match now {
        Now::Date => Value::Date(ms - ms.rem_euclid(DAY_MS)),
        Now::Time => Value::Time(ms.rem_euclid(DAY_MS)),
        Now::Timestamp => Value::Date(ms),
    })
}

/// The field of a name: as it stands (joined layers have dots in names), else by its last part; exact case first.
fn column(name: &Name, scope: &mut Scope<'_>) -> Result<Column, SqlError> {
    let whole = name.parts.join(".");
    let found = find(scope.fields, &whole).or_else(|| find(scope.fields, name.parts.last()?));
    let Some(index) = found else {
        let hint = if name.double_quoted { " (text is written in single quotes)" } else { "" };
        let fields: Vec<&str> = scope.fields.iter().map(|field| field.name.as_str()).collect();
        let fields = if fields.is_empty() { "none".to_owned() } else { fields.join(", ") };
        return Err(SqlError::UnknownColumn(format!(
            "no field is named {whole}{hint}; the fields are: {fields}"
        )));
    };
    let field = &scope.fields[index];
    if field.field_type == FieldType::Geometry {
        return Err(SqlError::Unsupported(format!(
            "field {} is a geometry, and has no value to compare",
            field.name
        )));
    }
    if !scope.columns.contains(&field.name) {
        scope.columns.push(field.name.clone());
    }
    Ok(Column { index, kind: Kind::of_field(field.field_type), name: field.name.as_str().into() })
}

fn find(fields: &[Field], name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    fields
        .iter()
        .position(|field| field.name == name)
        .or_else(|| fields.iter().position(|field| field.name.to_lowercase() == lower))
}
