//! What costs more than it did.

use std::collections::BTreeMap;

/// Something that costs more than it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// A function, or a place in a file.
    pub name: String,
    /// How much more in one operation, of its own, without what it calls.
    pub more: u64,
    /// How much it was in the base.
    pub before: u64,
}

/// What grew most, at most three.
pub fn grown(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>, operations: u64) -> Vec<Culprit> {
    const SHOWN: usize = 3;
    let each = |all: u64| all / operations.max(1);
    let grown = now.iter().map(|(name, &now)| (name, each(before.get(name).copied().unwrap_or(0)), each(now)));
    let grown = grown.filter(|&(_, before, now)| now > before);
    let mut grown: Vec<Culprit> =
        grown.map(|(name, before, now)| Culprit { name: name.clone(), more: now - before, before }).collect();
    grown.sort_by(|a, b| (b.more, &a.name).cmp(&(a.more, &b.name)));
    grown.truncate(SHOWN);
    grown
}
