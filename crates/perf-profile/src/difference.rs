//! Two trees of stacks as one: each frame with its costs on both sides.

use std::collections::BTreeSet;

use crate::stacks::{self, Stacks, Unit};

/// The stacks of a change, and of its base if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What is counted.
    pub unit: Unit,
    /// Whether there is a base; without one all costs of the base are 0.
    pub has_base: bool,
    /// The frame above all stacks; it has no name.
    pub root: Frame,
    /// The part of the cost whose outer callers are not known, from 0 to 1, in base and change.
    pub cut_share: Sides,
}

/// Values of both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sides {
    /// Value of the base.
    pub base: f64,
    /// Value of the change.
    pub head: f64,
}

impl Sides {
    /// Head minus base.
    pub fn change(self) -> f64 {
        self.head - self.base
    }

    /// The larger value.
    pub fn max(self) -> f64 {
        self.base.max(self.head)
    }
}

/// A frame of both sides. Costs are of one operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// The function.
    pub name: String,
    /// Cost of the function itself.
    pub own: Sides,
    /// Cost with all frames below.
    pub total: Sides,
    /// What the function calls, in the order of the names.
    pub callees: Vec<Frame>,
}

/// Merges the stacks of both sides. Frames are the same if their names and those of all frames above are.
pub fn merge(base: Option<&Stacks>, head: &Stacks) -> Difference {
    let scale = |stacks: Option<&Stacks>| stacks.map_or(1, |stacks| stacks.operations);
    let scales = (scale(base), scale(Some(head)));
    let root = frame("", base.map(|base| &base.root), Some(&head.root), scales);
    let cut_share = Sides { base: base.map_or(0.0, Stacks::cut_share), head: head.cut_share() };
    Difference { unit: head.unit, has_base: base.is_some(), root, cut_share }
}

fn frame(name: &str, base: Option<&stacks::Frame>, head: Option<&stacks::Frame>, scales: (u64, u64)) -> Frame {
    let sides = |cost: fn(&stacks::Frame) -> u64| Sides {
        base: base.map_or(0, cost) as f64 / scales.0 as f64,
        head: head.map_or(0, cost) as f64 / scales.1 as f64,
    };
    let names = [base, head].into_iter().flatten().flat_map(|side| side.callees.keys());
    let names: BTreeSet<&String> = names.collect();
    let callee = |name: &String| {
        frame(name, base.and_then(|side| side.callees.get(name)), head.and_then(|side| side.callees.get(name)), scales)
    };
    Frame {
        name: name.to_owned(),
        own: sides(|side| side.own),
        total: sides(|side| side.total),
        callees: names.into_iter().map(callee).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacks::tests::stacks;

    #[test]
    fn frames_of_both_sides_are_merged_by_name() {
        let (base, head) = (stacks("a;b 10\na;gone 4", 2), stacks("a;b 30\na;new 3", 3));
        let merged = merge(Some(&base), &head);
        let a = &merged.root.callees[0];
        let shown: Vec<_> = a.callees.iter().map(|it| (it.name.as_str(), it.own.base, it.own.head)).collect();
        assert_eq!(shown, [("b", 5.0, 10.0), ("gone", 2.0, 0.0), ("new", 0.0, 1.0)]);
        assert_eq!((a.total.base, a.total.head, a.total.change(), a.total.max()), (7.0, 11.0, 4.0, 11.0));
        assert!(merged.has_base && !merge(None, &head).has_base);
        assert_eq!(merge(None, &head).root.total, Sides { base: 0.0, head: 11.0 });
    }

    #[test]
    fn the_change_of_a_frame_is_that_of_all_below() {
        let merged = merge(Some(&stacks("a;b 10\na 3\nc 2", 1)), &stacks("a;b 7\na 5\nd 9", 1));
        fn check(frame: &Frame) {
            let below: f64 = frame.callees.iter().map(|it| it.total.change()).sum();
            assert!((frame.total.change() - frame.own.change() - below).abs() < 1e-9, "{}", frame.name);
            frame.callees.iter().for_each(check);
        }
        check(&merged.root);
        assert_eq!(merged.root.total.change(), 6.0);
    }
}
