//! Says of the worst rows which functions and places their cost is in, from profiles of both sides.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Class, Unit};
use perf_judge::row::{Group, Row};
use perf_judge::run::CaseList;
use perf_judge::text;
use perf_judge::verdict::Verdict;

use crate::compare::Sides;
use crate::error::Error;
use crate::measure::callgrind::InstructionCounter;
use crate::profile::report::CaseProfile;
use crate::profile::{self, Target, files};
use crate::workspace::Workspace;

/// Maximum number of annotated rows per class. Each case takes two runs under callgrind.
const MAX_ROWS: usize = 3;

/// Lines of a table in the files of a profile.
const LINES: usize = 20;

/// Appends the main contributions to the reasons of the rows whose instructions or allocations increased most, and writes the
/// profiles of their cases. A row stays as it is if its profile cannot be measured.
///
/// # Errors
/// On an interruption, or if a file cannot be written.
pub fn annotate_rows(
    rows: &mut [Row],
    workspace: &Workspace,
    counter: &InstructionCounter,
    list: &CaseList,
    sides: &Sides,
) -> Result<(), Error> {
    let mut profiles: BTreeMap<CaseName, (CaseProfile, String)> = BTreeMap::new();
    let is_instructions = |row: &Row| row.group == Group::Class(Class::Instructions);
    let is_blocks = |row: &Row| row.group == Group::Class(Class::Heap) && row.subject.unit() == Some(Unit::Blocks);
    for of_heap in [false, true] {
        for row in worst_rows(rows, |row| if of_heap { is_blocks(row) } else { is_instructions(row) }) {
            if !profiles.contains_key(&row.case) {
                let case = row.case.clone();
                let target = Target { workspace, counter, list, case: &case, depth: profile::DEPTH };
                let measured = target.of_both(sides)?;
                let dir = files::directory(workspace, &case);
                files::write(&measured, LINES, &dir)?;
                profiles.insert(case, (measured, workspace.display_path(&dir)));
            }
            // Cannot be absent: it was just inserted.
            let Some((measured, dir)) = profiles.get(&row.case) else { continue };
            let said = if of_heap { measured.allocations_sentence() } else { measured.instructions_sentence() };
            append_reason(row, said.as_deref(), dir);
        }
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

/// Appends a sentence of a profile, and the directory of its flame graphs.
fn append_reason(row: &mut Row, said: Option<&str>, dir: &str) {
    let Some(said) = said else { return };
    let why = row.reason.take().map_or_else(String::new, |reason| format!("{reason}; "));
    row.reason = Some(text::sanitize(&format!("{why}{said}; flame graphs are in {dir}")));
}

#[cfg(test)]
mod tests {
    use perf_gate::Metric;

    use super::*;

    fn a_row(verdict: Verdict) -> Row {
        let blocks = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
        Row::new(Group::Class(Class::Heap), &CaseName::new("a/b/c").unwrap(), blocks, verdict)
    }

    #[test]
    fn the_sentence_of_a_profile_follows_the_reason() {
        let mut row = a_row(Verdict::Regressed).with_reason("higher than the baseline");
        append_reason(&mut row, None, "dir");
        assert_eq!(row.reason.as_deref(), Some("higher than the baseline"));
        append_reason(&mut row, Some("allocations are in a +20 (was 10)"), "target/perf/profile/a_b_c");
        let said = "higher than the baseline; allocations are in a +20 (was 10); flame graphs are in target/perf/profile/a_b_c";
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
