//! What grew most between two sides, as a sentence.

use std::collections::BTreeMap;

use crate::number;

/// A part of a program whose cost increased.
#[derive(Debug, Clone, PartialEq)]
pub struct Increase {
    /// A function, or a function in a source file.
    pub name: String,
    /// The increase in one operation.
    pub increase: f64,
    /// The cost of one operation in the base.
    pub base: f64,
}

/// Increases below this part of the largest one are left out: they are what inlining moves.
const NAMED_SHARE: f64 = 0.05;

/// The largest increases, in descending order, at most `most`. `base` and `head` are costs of one operation by name. Increases of
/// less than 0.5, or of less than a twentieth of the largest one, are left out.
pub fn largest(base: &BTreeMap<String, f64>, head: &BTreeMap<String, f64>, most: usize) -> Vec<Increase> {
    let mut grown: Vec<Increase> = Vec::new();
    for (name, now) in head {
        let before = base.get(name).copied().unwrap_or(0.0);
        let increase = now - before;
        if increase >= 0.5 {
            grown.push(Increase { name: name.clone(), increase, base: before });
        }
    }
    grown.sort_by(|a, b| b.increase.total_cmp(&a.increase).then_with(|| a.name.cmp(&b.name)));
    let smallest = grown.first().map_or(0.0, |first| first.increase * NAMED_SHARE);
    grown.retain(|it| it.increase >= smallest);
    grown.truncate(most);
    grown
}

/// Increases as a sentence: `instructions are in f +123 (was 45), g +6 (was 0)`; `None` if there are none. `what` is what is
/// counted.
pub fn sentence(what: &str, increases: &[Increase]) -> Option<String> {
    let one = |it: &Increase| format!("{} {} (was {})", it.name, number::change(it.increase), number::cost(it.base));
    let list: Vec<String> = increases.iter().map(one).collect();
    (!list.is_empty()).then(|| format!("{what} are in {}", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_increase_comes_first() {
        let map = |entries: &[(&str, f64)]| entries.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let base = map(&[("a", 10.0), ("b", 10.0), ("c", 10.0), ("d", 10.0), ("gone", 50.0)]);
        let head = map(&[("a", 1_030.0), ("b", 10.0), ("c", 62.0), ("d", 61.0), ("e", 0.4), ("new", 51.0)]);
        let grown = largest(&base, &head, 3);
        assert_eq!(
            sentence("blocks", &grown).as_deref(),
            Some("blocks are in a +1,020 (was 10), c +52 (was 10), d +51 (was 10)")
        );
        assert_eq!(largest(&base, &head, 1), grown[..1]);
        let names: Vec<String> = largest(&base, &head, 9).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["a", "c", "d", "new"], "51 is a twentieth of 1,020");
        let less = map(&[("a", 1_030.0), ("new", 50.0), ("e", 0.6)]);
        assert_eq!(largest(&base, &less, 9).len(), 1);
        assert_eq!(
            largest(&base, &map(&[("e", 0.4), ("a", 10.6)]), 9),
            [Increase { name: "a".into(), increase: 10.6 - 10.0, base: 10.0 }]
        );
        assert_eq!(sentence("blocks", &[]), None);
    }
}
