//! Attribution of regressions: to functions for instructions, to source files for allocations.

mod allocations;
mod contribution;
mod functions;

use perf_gate::{Class, Unit};
use perf_judge::row::{Group, Row};
use perf_judge::text;
use perf_judge::verdict::Verdict;

use crate::compare::Sides;
use crate::error::Error;
use crate::measure::callgrind::Callgrind;
use crate::workspace::Workspace;
use contribution::Contribution;

/// Maximum number of annotated rows per class. Each takes two or four more runs of its case.
const MAX_ROWS: usize = 3;

/// Appends the main contributions to the reasons of the rows whose instructions or allocations increased most. A row stays as
/// it is if its profile cannot be measured.
///
/// # Errors
/// On an interruption.
pub fn annotate_rows(
    rows: &mut [Row],
    workspace: &Workspace,
    callgrind: Option<&Callgrind>,
    sides: &Sides,
) -> Result<(), Error> {
    let (base, head) = (&sides.base.programs, &sides.head.programs);
    if let Some(callgrind) = callgrind {
        for row in worst_rows(rows, |row| row.group == Group::Class(Class::Instructions)) {
            let found = functions::attribute(callgrind, base, head, &row.case)?;
            append_reason(row, "instructions are in", &found);
        }
    }
    let files = allocations::source_files(workspace.root(), &sides.packages);
    for row in
        worst_rows(rows, |row| row.group == Group::Class(Class::Heap) && row.subject.unit() == Some(Unit::Blocks))
    {
        let found = allocations::attribute(&files, base, head, &row.case)?;
        append_reason(row, "allocations are in", &found);
    }
    Ok(())
}

fn worst_rows(rows: &mut [Row], is_kind: impl Fn(&Row) -> bool) -> impl Iterator<Item = &mut Row> {
    let regressed = |row: &&mut Row| is_kind(row) && row.group != Group::Budget && row.verdict == Verdict::Regressed;
    let mut worst: Vec<&mut Row> = rows.iter_mut().filter(regressed).collect();
    let change = |row: &Row| row.change().unwrap_or(f64::INFINITY);
    worst.sort_by(|a, b| change(b).total_cmp(&change(a)));
    worst.into_iter().take(MAX_ROWS)
}

fn append_reason(row: &mut Row, label: &str, contributions: &[Contribution]) {
    if contributions.is_empty() {
        return;
    }
    let one = |Contribution { name, increase, base }: &Contribution| format!("{name} +{increase} (was {base})");
    let list: Vec<String> = contributions.iter().map(one).collect();
    let why = row.reason.take().map_or_else(String::new, |reason| format!("{reason}; "));
    row.reason = Some(text::sanitize(&format!("{why}{label} {}", list.join(", "))));
}

#[cfg(test)]
mod tests {
    use perf_gate::{CaseName, Metric};

    use super::contribution::top_increases;
    use super::*;

    fn a_row(verdict: Verdict) -> Row {
        let blocks = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
        Row::new(Group::Class(Class::Heap), &CaseName::new("a/b/c").unwrap(), blocks, verdict)
    }

    #[test]
    fn the_largest_increase_comes_first() {
        let map = |entries: &[(&str, u64)]| entries.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let before = map(&[("a", 10), ("b", 10), ("c", 10), ("gone", 50)]);
        let now = map(&[("a", 30), ("b", 10), ("c", 11), ("new", 5), ("small", 1)]);
        let grown = top_increases(&before, &now);
        let shown: Vec<_> = grown.iter().map(|it| (it.name.as_str(), it.increase, it.base)).collect();
        assert_eq!(shown, [("a", 20, 10), ("new", 5, 0), ("c", 1, 10)]);

        let mut row = a_row(Verdict::Regressed).with_reason("higher than the baseline");
        append_reason(&mut row, "allocations are in", &[]);
        assert_eq!(row.reason.as_deref(), Some("higher than the baseline"));
        append_reason(&mut row, "allocations are in", &grown[..2]);
        let said = "higher than the baseline; allocations are in a +20 (was 10), new +5 (was 0)";
        assert_eq!(row.reason.as_deref(), Some(said));
    }

    #[test]
    fn only_the_worst_regressions_are_annotated() {
        use perf_judge::row::Value::Number;
        let row = |verdict, head| a_row(verdict).with_values(Some(Number(100)), Some(Number(head)));
        let mut rows: Vec<Row> = [101, 140, 120, 130].map(|head| row(Verdict::Regressed, head)).into();
        rows.push(row(Verdict::Pass, 500));
        let found: Vec<_> = worst_rows(&mut rows, |_| true).map(|row| row.head).collect();
        assert_eq!(found, [140, 130, 120].map(|head| Some(Number(head))));
    }
}
