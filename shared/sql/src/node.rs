//! The expression tree, before and after binding.
//!
//! One tree serves both: binding replaces every `Name`, `Now`, constant `In` and constant `Like` by its resolved form.
//! Chains of `AND`, `OR`, `||` and arithmetic are flat lists, so that a long clause is not a deep tree.

use gp_esri::Attribute;

use crate::arithmetic::Operator;
use crate::cast::CastType;
use crate::dates::Part;
use crate::error::SqlError;
use crate::functions::Function;
use crate::like::{LetterCase, Pattern};
use crate::value::{Kind, Set, Value};

/// A piece of an expression.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Constant(Value<'static>),
    /// A column before binding.
    Name(Name),
    Column(Column),
    /// `CURRENT_DATE` and its like, before binding.
    Now(Now),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<[Node; 2]>),
    /// Value, low, high.
    Between(Box<[Node; 3]>),
    /// The value first, then the list.
    In(Vec<Node>),
    InSet(Box<Node>, Box<Set>),
    /// Value, pattern and, when given, the escape character.
    Like(LetterCase, Vec<Node>),
    LikePattern(Box<Node>, Box<Pattern>),
    IsNull(Box<Node>),
    IsTruth(bool, Box<Node>),
    /// The first operand, then operators with their right operands, evaluated from left to right.
    Arithmetic(Box<Node>, Vec<(Operator, Node)>),
    Negate(Box<Node>),
    Concat(Vec<Node>),
    Case(Box<Case>),
    Cast(CastType, Box<Node>),
    Extract(Part, Box<Node>),
    Call(Function, Vec<Node>),
}

/// `CASE [operand] WHEN … THEN … ELSE … END`.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) operand: Option<Node>,
    pub(crate) branches: Vec<(Node, Node)>,
    pub(crate) otherwise: Node,
}

/// A column as written: its parts, and whether the last stood in double quotes.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) parts: Vec<String>,
    pub(crate) double_quoted: bool,
}

/// A column as found.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) index: usize,
    pub(crate) kind: Kind,
    pub(crate) name: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Now {
    Date,
    Time,
    Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Column {
    /// The column's attribute in a row.
    pub(crate) fn attribute<'a>(&self, row: &'a [Attribute]) -> Result<&'a Attribute, SqlError> {
        row.get(self.index).ok_or_else(|| {
            SqlError::Mismatch(format!("a row has {} values and none for field {}", row.len(), self.name))
        })
    }
}

impl Node {
    /// The same node over children that `change` made.
    pub(crate) fn try_map(
        &self,
        change: &mut dyn FnMut(&Node) -> Result<Node, SqlError>,
    ) -> Result<Node, SqlError> {
        let mut one = |node: &Node| -> Result<Box<Node>, SqlError> { Ok(Box::new(change(node)?)) };
        Ok(match self {
            Node::Not(node) => Node::Not(one(node)?),
            Node::InSet(node, set) => Node::InSet(one(node)?, set.clone()),
            Node::LikePattern(node, pattern) => Node::LikePattern(one(node)?, pattern.clone()),
            Node::IsNull(node) => Node::IsNull(one(node)?),
            Node::IsTruth(truth, node) => Node::IsTruth(*truth, one(node)?),
            Node::Negate(node) => Node::Negate(one(node)?),
            Node::Cast(to, node) => Node::Cast(*to, one(node)?),
            Node::Extract(part, node) => Node::Extract(*part, one(node)?),
            Node::And(nodes) => Node::And(all(nodes, change)?),
            Node::Or(nodes) => Node::Or(all(nodes, change)?),
            Node::In(nodes) => Node::In(all(nodes, change)?),
            Node::Like(case, nodes) => Node::Like(*case, all(nodes, change)?),
            Node::Concat(nodes) => Node::Concat(all(nodes, change)?),
            Node::Call(function, nodes) => Node::Call(*function, all(nodes, change)?),
            Node::Compare(op, pair) => Node::Compare(*op, Box::new([change(&pair[0])?, change(&pair[1])?])),
            Node::Between(three) => {
                Node::Between(Box::new([change(&three[0])?, change(&three[1])?, change(&three[2])?]))
            }
            Node::Arithmetic(first, rest) => {
                let first = Box::new(change(first)?);
                let mut changed = Vec::with_capacity(rest.len());
                for (operator, node) in rest {
                    changed.push((*operator, change(node)?));
                }
                Node::Arithmetic(first, changed)
            }
            Node::Case(case) => {
                let operand = case.operand.as_ref().map(&mut *change).transpose()?;
                let mut branches = Vec::with_capacity(case.branches.len());
                for (when, then) in &case.branches {
                    branches.push((change(when)?, change(then)?));
                }
                Node::Case(Box::new(Case { operand, branches, otherwise: change(&case.otherwise)? }))
            }
            Node::Constant(_) | Node::Name(_) | Node::Column(_) | Node::Now(_) => self.clone(),
        })
    }

    /// Whether the node has children and all of them are constants.
    pub(crate) fn is_foldable(&self) -> bool {
        match self {
            Node::Constant(_) | Node::Name(_) | Node::Column(_) | Node::Now(_) => false,
            Node::Not(node) | Node::IsNull(node) | Node::IsTruth(_, node) | Node::Negate(node) => {
                constant(node)
            }
            Node::InSet(node, _) | Node::LikePattern(node, _) => constant(node),
            Node::Cast(_, node) | Node::Extract(_, node) => constant(node),
            Node::And(nodes) | Node::Or(nodes) | Node::In(nodes) | Node::Like(_, nodes) => {
                nodes.iter().all(constant)
            }
            Node::Concat(nodes) | Node::Call(_, nodes) => nodes.iter().all(constant),
            Node::Compare(_, nodes) => nodes.iter().all(constant),
            Node::Between(nodes) => nodes.iter().all(constant),
            Node::Arithmetic(first, rest) => constant(first) && rest.iter().all(|(_, node)| constant(node)),
            Node::Case(case) => {
                case.operand.iter().all(constant)
                    && case.branches.iter().all(|(when, then)| constant(when) && constant(then))
                    && constant(&case.otherwise)
            }
        }
    }
}

fn constant(node: &Node) -> bool {
    matches!(node, Node::Constant(_))
}

fn all(
    nodes: &[Node],
    change: &mut dyn FnMut(&Node) -> Result<Node, SqlError>,
) -> Result<Vec<Node>, SqlError> {
    nodes.iter().map(change).collect()
}
