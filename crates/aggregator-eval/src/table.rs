//! The figures of rows as a table for people.

use std::collections::BTreeMap;
use std::fmt;

use crate::dataset::Split;

/// The figures of rows.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: BTreeMap<String, Row>,
    about: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    tuning: Sum,
    held_out: Sum,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    of: f64,
}

impl Table {
    /// Keeps what a row is.
    pub fn describe(&mut self, row: &str, about: &str) {
        self.about.insert(row.to_owned(), about.to_owned());
    }

    /// Adds a score.
    pub fn add(&mut self, row: &str, split: Split, value: f64, of: f64) {
        let row = self.rows.entry(row.to_owned()).or_default();
        let sum = match split {
            Split::Tuning => &mut row.tuning,
            Split::HeldOut => &mut row.held_out,
        };
        sum.value += value;
        sum.of += of;
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of > 0.0 {
            true => f.pad(&format!("{:.3}", self.value / self.of)),
            false => f.pad("—"),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_held_out = self.rows.values().any(|row| row.held_out.of > 0.0);
        let mut setup = "";
        for (name, Row { tuning, held_out }) in &self.rows {
            let (first, rest) = name.split_once('/').unwrap_or((name, ""));
            if first != setup {
                let heads = if has_held_out { ("tuning", "held out") } else { ("figure", "") };
                writeln!(f, "{}{first:<32}{:>9}{:>10}", if setup.is_empty() { "" } else { "\n" }, heads.0, heads.1)?;
                setup = first;
            }
            let held_out = if has_held_out { held_out.to_string() } else { String::new() };
            let about = self.about.get(name).map_or("", String::as_str);
            writeln!(f, "  {rest:<30}{tuning:>9}{held_out:>10}  {about}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_sums_over_sums() {
        let mut table = Table::default();
        table.describe("offline/answered", "Share of answered questions.");
        for (value, of) in [(1.0, 1.0), (0.0, 1.0), (0.0, 0.0)] {
            table.add("offline/answered", Split::Tuning, value, of);
        }
        table.add("offline/answered", Split::HeldOut, 1.0, 3.0);
        table.add("retrieval/mrr", Split::Tuning, 0.0, 0.0);
        insta::assert_snapshot!(table, @r"
        offline                            tuning  held out
          answered                          0.500     0.333  Share of answered questions.

        retrieval                          tuning  held out
          mrr                                   —         —
        ");
    }
}
