//! The text of an update or a condition, as DynamoDB wants it: every name and value is a placeholder, because 573 words
//! are reserved and values never stand in the text.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// An update with its condition, or a condition alone.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    /// The placeholder of an attribute.
    pub(crate) fn name(&mut self, attribute: &'static str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Sets an attribute to a value.
    pub(crate) fn set(&mut self, attribute: &'static str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.set.push(format!("{name} = {value}"));
    }

    /// Sets an attribute to what stands in `text`, which is made of placeholders.
    pub(crate) fn set_to(&mut self, attribute: &'static str, text: &str) {
        let name = self.name(attribute);
        self.set.push(format!("{name} = {text}"));
    }

    /// Sets what lies at a path inside of an attribute; path and value are made of placeholders.
    pub(crate) fn set_path(&mut self, path: &str, value: &str) {
        self.set.push(format!("{path} = {value}"));
    }

    /// Adds a number to an attribute.
    pub(crate) fn add(&mut self, attribute: &'static str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.add.push(format!("{name} {value}"));
    }

    /// Removes an attribute.
    pub(crate) fn remove(&mut self, attribute: &'static str) {
        let name = self.name(attribute);
        self.remove.push(name);
    }

    /// Demands that the attribute compares so with the value: `=`, `<>`, `<`, `<=`.
    pub(crate) fn demand(&mut self, attribute: &'static str, comparison: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.conditions.push(format!("{name} {comparison} {value}"));
    }

    /// Demands what stands in `text`, which is made of placeholders.
    pub(crate) fn demand_that(&mut self, text: String) {
        self.conditions.push(text);
    }

    /// The text of the update.
    pub(crate) fn update_text(&self) -> String {
        let clauses = [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove)];
        let clauses = clauses.iter().filter(|(_, parts)| !parts.is_empty());
        let clauses: Vec<String> =
            clauses.map(|(verb, parts)| format!("{verb} {}", parts.join(", "))).collect();
        clauses.join(" ")
    }

    /// The text of the condition.
    pub(crate) fn condition_text(&self) -> String {
        self.conditions.join(" AND ")
    }

    /// The names behind the placeholders, and the values.
    pub(crate) fn into_parts(self) -> (HashMap<String, String>, HashMap<String, AttributeValue>) {
        (self.names, self.values)
    }
}

/// A number as DynamoDB has it.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Text as DynamoDB has it.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Bytes as DynamoDB has them.
pub(crate) fn binary(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_names_its_clauses_once() {
        let mut update = Expression::default();
        update.set("status", text("failed"));
        update.set("ended_ms", number(7));
        update.add("attempt", number(1));
        update.remove("due_ms");
        update.demand("status", "=", text("executing"));
        update.demand_that("attribute_exists(#due_ms)".into());
        assert_eq!(
            update.update_text(),
            "SET #status = :v0, #ended_ms = :v1 ADD #attempt :v2 REMOVE #due_ms"
        );
        assert_eq!(update.condition_text(), "#status = :v3 AND attribute_exists(#due_ms)");
        let (names, values) = update.into_parts();
        assert_eq!((names.len(), values.len()), (4, 4));
        assert_eq!(values[":v1"], number(7));
    }
}
