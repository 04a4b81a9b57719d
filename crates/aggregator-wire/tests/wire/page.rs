//! The page at the top of the crate's documentation shows lines that queries really have.

use std::collections::BTreeSet;

use aggregator_core::event::EventKind;
use aggregator_core::event::names::Variants as _;
use serde_json::Value;

use crate::runs::{all_lines, one_of_each};

const PAGE: &str = include_str!("../../src/format.md");

/// The sections about events: name, and what is between it and the next one.
fn sections() -> Vec<(&'static str, &'static str)> {
    let named = |section: &'static str| {
        let (name, text) = section.split_once("`\n")?;
        Some((name, text))
    };
    PAGE.split("\n## `").skip(1).filter_map(named).collect()
}

#[test]
fn each_event_has_a_section_with_a_line_of_a_real_query() {
    let real: BTreeSet<String> = all_lines().collect();
    let mut told = BTreeSet::new();
    for (name, text) in sections() {
        let lines: Vec<&str> = text
            .split("```json\n")
            .skip(1)
            .flat_map(|block| block.split_once("\n```").map_or("", |(lines, _)| lines).lines())
            .collect();
        let shortest = real.iter().filter(|line| kind_of(line) == name).min_by_key(|line| line.len());
        assert!(!lines.is_empty(), "`{name}` shows no line; there is: {shortest:?}");
        for line in lines {
            assert_eq!(kind_of(line), name, "`{name}` shows another event: {line}");
            assert!(
                real.contains(line),
                "no query has this line of the page: {line}\nthere is:\n{}",
                shortest.unwrap()
            );
        }
        assert!(told.insert(name.to_owned()), "`{name}` has two sections");
    }
    let kinds: BTreeSet<String> =
        one_of_each().into_iter().map(|event| kind_of(&aggregator_wire::to_json_line(event)).to_owned()).collect();
    assert_eq!(kinds.len(), EventKind::VARIANTS.len());
    assert_eq!(told, kinds, "the sections of src/format.md are those of all types of events");
}

fn kind_of(line: &str) -> String {
    let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    line["type"].as_str().unwrap_or_else(|| panic!("no type: {line}")).to_owned()
}

#[test]
fn the_page_names_the_schema_and_the_largest_number() {
    assert!(PAGE.contains(&format!("`\"schema\": {}`", aggregator_wire::SCHEMA)));
    assert!(PAGE.contains(&aggregator_wire::SafeInteger::MAX.to_string()));
}

/// Every field that the page describes exists.
#[test]
fn the_fields_that_sections_name_are_in_their_lines() {
    let mut named = 0;
    for (name, text) in sections() {
        let lines: Vec<String> = all_lines().filter(|line| kind_of(line) == name).collect();
        let prose: String = text.split("```").step_by(2).collect();
        for field in prose.lines().filter_map(|line| line.strip_prefix("- `")?.split_once('`').map(|(field, _)| field))
        {
            let key = format!("\"{field}\":");
            assert!(lines.iter().any(|line| line.contains(&key)), "no `{name}` has the field `{field}`");
            named += 1;
        }
    }
    assert!(named > 20, "the page describes the fields: {named}");
}
