//! What costs more than it did.

use std::collections::BTreeMap;

/// Something that costs more than it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// A function, or a place in a file.
    pub name: String,
    /// How much more in one operation, of its own, without what it calls.
    pub increase: u64,
    /// How much it was in the base.
    pub base: u64,
}

/// What grew most, at most three.
pub fn top_increases(
    before: &BTreeMap<String, u64>,
    now: &BTreeMap<String, u64>,
    operations: u64,
) -> Vec<Contribution> {
    const MAX_CONTRIBUTIONS: usize = 3;
    let each = |all: u64| all / operations.max(1);
    let grown = now.iter().map(|(name, &now)| (name, each(before.get(name).copied().unwrap_or(0)), each(now)));
    let grown = grown.filter(|&(_, before, now)| now > before);
    let mut grown: Vec<Contribution> = grown
        .map(|(name, before, now)| Contribution { name: name.clone(), increase: now - before, base: before })
        .collect();
    grown.sort_by(|a, b| (b.increase, &a.name).cmp(&(a.increase, &b.name)));
    grown.truncate(MAX_CONTRIBUTIONS);
    grown
}
