//! Function calls and the parts of `EXTRACT`: by name, with the number of arguments checked.

use sqlparser::ast::{
    DateTimeField, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use crate::dates::Part;
use crate::error::SqlError;
use crate::functions::{Function, NAMES};
use crate::lower::lower;
use crate::node::{Node, Now};

/// The node of a call.
pub(crate) fn call(call: &Call, depth: usize) -> Result<Node, SqlError> {
    let written = call.name.to_string();
    let name = written.to_uppercase();
    let decorated = call.over.is_some()
        || call.filter.is_some()
        || call.null_treatment.is_some()
        || !call.within_group.is_empty()
        || call.parameters != FunctionArguments::None;
    if decorated {
        return Err(SqlError::unsupported(format!("{name} with OVER, FILTER or the like")));
    }
    let arguments = arguments(&call.args, &name)?;
    if let Some(now) = now(&name) {
        if !arguments.is_empty() {
            return Err(SqlError::Unsupported(format!("{name} takes no arguments")));
        }
        return Ok(Node::Now(now));
    }
    let function = Function::by_name(&name);
    let (least, most) = function.map_or((1, 1), Function::arity);
    if function.is_none() && part_by_name(&name).is_none() {
        return Err(unknown(&name, &written));
    }
    if !(least..=most).contains(&arguments.len()) {
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        return Err(SqlError::Unsupported(format!(
            "{name} takes {wanted} arguments, and {} are given",
            arguments.len()
        )));
    }
    let mut nodes = Vec::with_capacity(arguments.len());
    for argument in arguments {
        nodes.push(lower(argument, depth)?);
    }
    Ok(match (function, part_by_name(&name), nodes.pop()) {
        (Some(Function::Concat), _, last) => {
            nodes.extend(last);
            Node::Concat(nodes)
        }
        (Some(function), _, last) => {
            nodes.extend(last);
            Node::Call(function, nodes)
        }
        (None, Some(part), Some(only)) => Node::Extract(part, Box::new(only)),
        _ => return Err(unknown(&name, &written)),
    })
}

/// The part that `EXTRACT` names.
pub(crate) fn part_of(field: &DateTimeField) -> Result<Part, SqlError> {
    Ok(match field {
        DateTimeField::Year | DateTimeField::Years => Part::Year,
        DateTimeField::Quarter => Part::Quarter,
        DateTimeField::Month | DateTimeField::Months => Part::Month,
        DateTimeField::Week(None) | DateTimeField::IsoWeek => Part::Week,
        DateTimeField::Day | DateTimeField::Days => Part::Day,
        DateTimeField::Dow | DateTimeField::DayOfWeek => Part::DayOfWeek,
        DateTimeField::Doy | DateTimeField::DayOfYear => Part::DayOfYear,
        DateTimeField::Hour | DateTimeField::Hours => Part::Hour,
        DateTimeField::Minute | DateTimeField::Minutes => Part::Minute,
        DateTimeField::Second | DateTimeField::Seconds => Part::Second,
        other => {
            return Err(SqlError::Unsupported(format!(
                "EXTRACT of {other} is not supported: use YEAR, QUARTER, MONTH, WEEK, DAY, DOW, DOY, HOUR, MINUTE or \
                 SECOND"
            )));
        }
    })
}

fn arguments<'a>(written: &'a FunctionArguments, name: &str) -> Result<Vec<&'a Expr>, SqlError> {
    let list = match written {
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::Subquery(_) => return Err(SqlError::unsupported("a subquery")),
        FunctionArguments::List(list) => list,
    };
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Err(SqlError::unsupported(format!("{name} with DISTINCT, ORDER BY or the like")));
    }
    let mut arguments = Vec::with_capacity(list.args.len());
    for argument in &list.args {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => arguments.push(expression),
            _ => return Err(SqlError::unsupported(format!("{name} with * or named arguments"))),
        }
    }
    Ok(arguments)
}

fn now(name: &str) -> Option<Now> {
    match name {
        "CURRENT_DATE" => Some(Now::Date),
        "CURRENT_TIME" => Some(Now::Time),
        "CURRENT_TIMESTAMP" => Some(Now::Timestamp),
        _ => None,
    }
}

/// `YEAR(d)` is `EXTRACT(YEAR FROM d)`.
fn part_by_name(name: &str) -> Option<Part> {
    match name {
        "YEAR" => Some(Part::Year),
        "MONTH" => Some(Part::Month),
        "DAY" => Some(Part::Day),
        "HOUR" => Some(Part::Hour),
        "MINUTE" => Some(Part::Minute),
        "SECOND" => Some(Part::Second),
        _ => None,
    }
}

fn unknown(name: &str, written: &str) -> SqlError {
    if matches!(name, "COUNT" | "SUM" | "AVG" | "MIN" | "MAX" | "STDDEV" | "VARIANCE" | "VAR") {
        return SqlError::Unsupported(format!(
            "{name} needs several rows, and an expression sees one row at a time"
        ));
    }
    SqlError::Unsupported(format!(
        "there is no function {written}; the functions are: {}, CAST, EXTRACT, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, \
         CURRENT_DATE, CURRENT_TIME, CURRENT_TIMESTAMP",
        NAMES.join(", ")
    ))
}
