//! Costs of each function: alone, with what it calls, and with what it calls in other crates.

use std::collections::BTreeMap;

use crate::name::crate_of;
use crate::stacks::{Frame, Stacks};

/// Costs of a function in one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Cost of the function itself.
    pub own: f64,
    /// Cost with everything it calls. A stack in which the function occurs several times counts once.
    pub inclusive: f64,
}

/// The cost of everything that no function of the workspace calls.
pub const ELSEWHERE: &str = "elsewhere";

/// Costs by function.
pub fn functions(stacks: &Stacks) -> BTreeMap<String, Cost> {
    let mut found: BTreeMap<&str, (u64, u64, u32)> = BTreeMap::new();
    for (name, frame) in &stacks.root.callees {
        visit(name, frame, &mut found);
    }
    let cost =
        |(own, inclusive, _)| Cost { own: stacks.per_operation(own), inclusive: stacks.per_operation(inclusive) };
    found.into_iter().map(|(name, costs)| (name.to_owned(), cost(costs))).collect()
}

/// The third value is how often the function is on the current stack.
fn visit<'a>(name: &'a str, frame: &'a Frame, found: &mut BTreeMap<&'a str, (u64, u64, u32)>) {
    let (own, inclusive, active) = found.entry(name).or_default();
    *own += frame.own;
    if *active == 0 {
        *inclusive += frame.total;
    }
    *active += 1;
    for (name, frame) in &frame.callees {
        visit(name, frame, found);
    }
    if let Some((_, _, active)) = found.get_mut(name) {
        *active -= 1;
    }
}

/// Costs of one operation by function of `crates`, each with what it calls in other crates until that calls back: the cost of
/// `malloc` belongs to the function that allocates. What no such function calls is [`ELSEWHERE`].
pub fn of_crates(stacks: &Stacks, crates: &[String]) -> BTreeMap<String, f64> {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    assign(&stacks.root, ELSEWHERE, crates, &mut found);
    found.into_iter().map(|(name, cost)| (name.to_owned(), stacks.per_operation(cost))).collect()
}

fn assign<'a>(frame: &'a Frame, owner: &'a str, crates: &[String], found: &mut BTreeMap<&'a str, u64>) {
    if frame.own > 0 {
        *found.entry(owner).or_default() += frame.own;
    }
    for (name, callee) in &frame.callees {
        let is_own = crates.iter().any(|own| own == crate_of(name));
        assign(callee, if is_own { name } else { owner }, crates, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stacks::tests::stacks;

    fn costs(lines: &str, operations: u64) -> Vec<(String, f64, f64)> {
        functions(&stacks(lines, operations)).into_iter().map(|(name, cost)| (name, cost.own, cost.inclusive)).collect()
    }

    #[test]
    fn recursion_is_counted_once() {
        let found = costs("main;f;f;f 4\nmain;f 2\nmain;f;g;f;g 8\nmain;g 1", 1);
        let expected = [("f", 6.0, 14.0), ("g", 9.0, 9.0), ("main", 0.0, 15.0)];
        assert_eq!(found, expected.map(|(name, own, inclusive)| (name.to_owned(), own, inclusive)));
    }

    #[test]
    fn costs_are_of_one_operation() {
        assert_eq!(costs("f 6\nf;g 3", 2), [("f".to_owned(), 3.0, 4.5), ("g".to_owned(), 1.5, 1.5)]);
    }

    #[test]
    fn what_other_crates_cost_belongs_to_their_caller() {
        let stacks = stacks(
            "run 1\nrun;own::a 2\nrun;own::a;alloc::v;malloc 3\nrun;own::a;core::map;own::b 4\nrun;<own::C as D>::e 5",
            1,
        );
        let found: Vec<_> = of_crates(&stacks, &["own".into()]).into_iter().collect();
        let expected = [("<own::C as D>::e", 5.0), (ELSEWHERE, 1.0), ("own::a", 5.0), ("own::b", 4.0)];
        assert_eq!(found, expected.map(|(name, cost)| (name.to_owned(), cost)));
    }
}
