//! Costs as a tree of stacks.

use std::collections::BTreeMap;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Instructions.
    Instructions,
    /// Allocated blocks.
    Blocks,
    /// Allocated bytes.
    Bytes,
}

impl Unit {
    /// The name in pictures and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Blocks => "blocks",
            Self::Bytes => "bytes",
        }
    }
}

/// The frame above all stacks whose outer callers are not known.
pub const CUT: &str = "[callers cut off]";

/// The frame that stands for the frames of a stack below the deepest one that is kept.
pub const DEEPER: &str = "[deeper]";

/// Frames of a stack that are kept. Callgrind and dhat are asked for fewer; the limit is for files of other origin.
const MAX_DEPTH: usize = 250;

/// The costs of some operations, by stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stacks {
    /// What is counted.
    pub unit: Unit,
    /// Number of operations that the costs are of, at least 1.
    pub operations: u64,
    /// The frame above all stacks; it has no name.
    pub root: Frame,
    /// Costs of stacks whose outer callers are not known.
    pub cut: u64,
    /// Frames of the longest stack.
    pub depth: usize,
}

/// A frame of stacks: a function, called by the frames above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Cost of the function itself.
    pub own: u64,
    /// Cost with all frames below.
    pub total: u64,
    /// What the function calls, by name.
    pub callees: BTreeMap<String, Frame>,
}

impl Stacks {
    /// No stack yet.
    pub fn new(unit: Unit, operations: u64) -> Self {
        Self { unit, operations: operations.max(1), root: Frame::default(), cut: 0, depth: 0 }
    }

    /// Adds the cost of a stack, outermost frame first.
    pub fn add<'a>(&mut self, frames: impl IntoIterator<Item = &'a str>, cost: u64) {
        let mut at = &mut self.root;
        at.total = at.total.saturating_add(cost);
        let mut depth = 0;
        for name in frames {
            depth += 1;
            let name = if depth > MAX_DEPTH { DEEPER } else { name };
            if !at.callees.contains_key(name) {
                at.callees.insert(name.to_owned(), Frame::default());
            }
            // Cannot fail: it was just inserted.
            let Some(next) = at.callees.get_mut(name) else { return };
            at = next;
            at.total = at.total.saturating_add(cost);
            if depth > MAX_DEPTH {
                break;
            }
        }
        at.own = at.own.saturating_add(cost);
        self.depth = self.depth.max(depth);
    }

    /// Adds the cost of a stack whose outer callers are not known.
    pub fn add_cut<'a>(&mut self, frames: impl IntoIterator<Item = &'a str>, cost: u64) {
        self.cut = self.cut.saturating_add(cost);
        self.add([CUT].into_iter().chain(frames), cost);
    }

    /// A cost of one operation.
    pub fn per_operation(&self, cost: u64) -> f64 {
        cost as f64 / self.operations as f64
    }

    /// Cost of all stacks, of one operation.
    pub fn total(&self) -> f64 {
        self.per_operation(self.root.total)
    }

    /// The part of the cost whose outer callers are not known, from 0 to 1.
    pub fn cut_share(&self) -> f64 {
        if self.root.total == 0 { 0.0 } else { self.cut as f64 / self.root.total as f64 }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Stacks from lines as `outer;inner 12`.
    pub fn stacks(lines: &str, operations: u64) -> Stacks {
        let mut stacks = Stacks::new(Unit::Instructions, operations);
        for line in lines.lines() {
            let (frames, cost) = line.rsplit_once(' ').unwrap();
            stacks.add(frames.split(';'), cost.parse().unwrap());
        }
        stacks
    }

    #[test]
    fn totals_contain_callees() {
        let mut stacks = stacks("a;b 10\na;b;c 5\na 1", 2);
        let a = &stacks.root.callees["a"];
        assert_eq!((a.own, a.total, a.callees["b"].own, a.callees["b"].total), (1, 16, 10, 15));
        assert_eq!((stacks.total(), stacks.depth, stacks.cut_share()), (8.0, 3, 0.0));
        stacks.add_cut(["x"], 16);
        assert_eq!((stacks.cut_share(), stacks.root.callees[CUT].callees["x"].own), (0.5, 16));
    }

    #[test]
    fn a_stack_is_kept_to_a_depth_and_none_of_its_cost_is_lost() {
        let mut stacks = Stacks::new(Unit::Bytes, 0);
        stacks.add(std::iter::repeat_n("f", 100_000), 7);
        assert_eq!((stacks.root.total, stacks.depth, stacks.operations), (7, MAX_DEPTH + 1, 1));
        let mut at = &stacks.root;
        while let Some(next) = at.callees.values().next() {
            at = next;
        }
        assert_eq!(at.own, 7);
    }
}
