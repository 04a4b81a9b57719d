//! Writes keys and strings of TOML for a terminal. Control characters and invisible characters are written as escapes, which only basic
//! strings (in double quotes) have, so every string is a basic one.

use std::fmt::Write as _;

use aggregator_core::event::is_unsafe_char;
use toml::{Table, Value};

/// A text with escapes for what is unsafe; without quotes, as in a comment.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // Writing to a string does not fail.
            c if is_unsafe_char(c) => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// A string.
pub(super) fn string(text: &str) -> String {
    format!("\"{}\"", escaped(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A value on one line.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Table(table) if table.is_empty() => "{}".to_owned(),
        Value::Table(table) => {
            let pairs = table.iter().map(|(name, value)| format!("{} = {}", key(name), self::value(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => value.to_string(),
    }
}

/// A section with the sections in it, each after an empty line. `name` is that of its header.
pub(super) fn section(name: &str, table: &Table) -> String {
    let (sections, values): (Vec<_>, Vec<_>) = table.iter().partition(|(_, value)| value.is_table());
    let mut out = String::new();
    if sections.is_empty() || !values.is_empty() {
        out.push_str(&format!("\n[{name}]\n"));
        out.extend(values.into_iter().map(|(name, value)| format!("{} = {}\n", key(name), self::value(value))));
    }
    for (inner, table) in sections {
        if let Value::Table(table) = table {
            out.push_str(&section(&format!("{name}.{}", key(inner)), table));
        }
    }
    out
}

/// A key: in quotes where it has other characters than keys have without.
fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if is_bare { name.to_owned() } else { string(name) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any value but a date and a float that equals nothing.
    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![any::<String>(), "[\\\\\"'\n\t\u{202e}\u{85}a.]{0,6}"];
        let leaf = prop_oneof![
            text.clone().prop_map(Value::String),
            any::<i64>().prop_map(Value::Integer),
            any::<bool>().prop_map(Value::Boolean),
            (-1e9..1e9).prop_map(Value::Float),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            let table = prop::collection::btree_map(text.clone(), inner.clone(), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::Array),
                table.prop_map(|table| Value::Table(table.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(inner in any_value(), name in any::<String>()) {
            let table = Table::from_iter([(name, inner)]);
            let text = section("search", &table);
            prop_assert!(!text.chars().any(|c| is_unsafe_char(c) && c != '\n'), "{text:?}");
            let read: Table = text.parse().unwrap();
            prop_assert_eq!(&read["search"], &Value::Table(table), "{}", text);
        }
    }
}
