//! Parts of a program whose cost increased.

use std::collections::BTreeMap;

/// A part of a program whose cost increased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// A function, or a function in a source file.
    pub name: String,
    /// The increase per operation, without callees.
    pub increase: u64,
    /// The cost per operation in the base.
    pub base: u64,
}

/// The largest increases, in descending order, at most three. `before` and `now` are costs of one operation by name.
pub fn top_increases(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Vec<Contribution> {
    const MAX_CONTRIBUTIONS: usize = 3;
    let grown = now.iter().map(|(name, &now)| (name, before.get(name).copied().unwrap_or(0), now));
    let grown = grown.filter(|&(_, before, now)| now > before);
    let mut grown: Vec<Contribution> = grown
        .map(|(name, before, now)| Contribution { name: name.clone(), increase: now - before, base: before })
        .collect();
    grown.sort_by(|a, b| (b.increase, &a.name).cmp(&(a.increase, &b.name)));
    grown.truncate(MAX_CONTRIBUTIONS);
    grown
}
