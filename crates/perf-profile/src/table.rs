//! Tables of functions and of allocation sites, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::difference::Sides;
use crate::number;

/// A table of costs by name.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// The line above it.
    pub title: &'a str,
    /// What is counted, such as `instructions`.
    pub unit: &'a str,
    /// The cost of everything, of which shares are shown.
    pub total: Sides,
    /// Whether there is a base to compare with.
    pub has_base: bool,
    /// Number of lines at most.
    pub lines: usize,
}

/// The order of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The largest cost of the change first.
    Cost,
    /// The largest change first, and only what is not equal.
    Change,
}

/// Costs of both sides by name; a name that a side lacks costs nothing there.
pub fn sides<T>(
    base: &BTreeMap<String, T>,
    head: &BTreeMap<String, T>,
    cost: impl Fn(&T) -> f64,
) -> BTreeMap<String, Sides> {
    let mut found: BTreeMap<String, Sides> = BTreeMap::new();
    for (name, value) in base {
        found.entry(name.clone()).or_default().base = cost(value);
    }
    for (name, value) in head {
        found.entry(name.clone()).or_default().head = cost(value);
    }
    found
}

impl Table<'_> {
    /// The table as text, with a line break at its end. What is equal to another by cost is in the order of the names.
    pub fn render(&self, costs: &BTreeMap<String, Sides>, order: Order) -> String {
        let is_shown = |(_, sides): &(&String, &Sides)| match order {
            Order::Cost => sides.head >= 0.5,
            Order::Change => sides.change().abs() >= 0.5,
        };
        let key = |sides: &Sides| if order == Order::Cost { sides.head } else { sides.change().abs() };
        let mut rows: Vec<(&String, &Sides)> = costs.iter().filter(is_shown).collect();
        rows.sort_by(|a, b| key(b.1).total_cmp(&key(a.1)).then_with(|| a.0.cmp(b.0)));
        let all = rows.len();
        rows.truncate(self.lines);
        let mut out = match all {
            0 => format!("{}: none\n", self.title),
            all if all > rows.len() => format!("{}, {} of {all}\n", self.title, rows.len()),
            _ => format!("{}\n", self.title),
        };
        if all == 0 {
            return out;
        }
        // Writing to a string cannot fail.
        let _ = match self.has_base {
            true => writeln!(out, "{:>14} {:>7} {:>14} {:>13}  where", self.unit, "share", "base", "change"),
            false => writeln!(out, "{:>14} {:>7}  where", self.unit, "share"),
        };
        for (name, sides) in rows {
            let (cost, share) = (number::cost(sides.head), number::share(sides.head, self.total.head));
            let _ = match self.has_base {
                true => writeln!(
                    out,
                    "{cost:>14} {share:>7} {:>14} {:>13}  {name}",
                    number::cost(sides.base),
                    number::change(sides.change())
                ),
                false => writeln!(out, "{cost:>14} {share:>7}  {name}"),
            };
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_ordered_by_cost_or_by_change() {
        let map = |entries: &[(&str, f64)]| entries.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let base =
            map(&[("engine::poll", 12_000.0), ("malloc", 9_000.0), ("free", 700.0), ("gone", 40.0), ("nothing", 0.2)]);
        let head =
            map(&[("engine::poll", 57_000.0), ("malloc", 9_000.0), ("free", 500.0), ("new", 3.0), ("nothing", 0.1)]);
        let costs = sides(&base, &head, |cost| *cost);
        let total = Sides { base: 21_740.0, head: 66_503.0 };
        let table = Table { title: "by cost", unit: "instructions", total, has_base: true, lines: 3 };
        let changed = Table { title: "changes", lines: 20, ..table };
        let alone = Table { title: "alone", has_base: false, ..table };
        let none = Table { title: "nothing", ..table };
        insta::assert_snapshot!(format!(
            "{}\n{}\n{}\n{}",
            table.render(&costs, Order::Cost),
            changed.render(&costs, Order::Change),
            alone.render(&costs, Order::Cost),
            none.render(&BTreeMap::new(), Order::Cost),
        ));
    }
}
