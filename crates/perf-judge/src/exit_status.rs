//! The exit codes and how rows decide them. Scripts depend on these numbers.

use perf_gate::{Class, Metric};

use crate::row::{Group, Row, Subject};
use crate::verdict::Verdict;

/// Success: every required row was judged and none regressed.
pub const PASS: u8 = 0;
/// Failure: a row is REGRESSED, MISSING or BROKEN (or NEW where a baseline is required), or an update was refused.
pub const FAIL: u8 = 1;
/// An error of the command line, the machine or the build. Also clap's code for an invalid command line.
pub const USAGE: u8 = 2;
/// A file in `benches-data` is invalid. This is decided before anything is built or measured.
pub const INVALID_FILE: u8 = 3;
/// No known regression, but required rows could not be judged.
pub const INCONCLUSIVE: u8 = 4;
/// Interrupted by Ctrl-C or a termination signal; nothing was written.
pub const INTERRUPTED: u8 = 130;

/// The table of exit codes for `--help`.
pub const HELP: &str = "\
Exit codes, in the order they are decided:
    3  a file in benches-data is not valid (before anything is built or measured)
    2  usage or environment: options, build, machine
  130  interrupted; nothing was written
    1  FAIL: a row is REGRESSED, MISSING or BROKEN, or an update was refused, or
       the change loosens rules (with --forbid-rule-changes)
    4  INCONCLUSIVE: required rows could not be judged (rows of wall and
       instructions, and the anchor, are required only with --require)
    0  PASS: no regressions";

/// The requirements of a run beyond the exact classes and the budgets, which are always required.
#[derive(Debug, Clone, Copy, Default)]
pub struct Required {
    /// Each row has a stored value.
    pub baseline: bool,
    /// The minimum share of wall rows that are judged, if one is required.
    pub wall: Option<Share>,
    /// The instructions of each case are judged, which needs valgrind in the version of the baseline.
    pub instructions: bool,
    /// Each harness that was measured is compared with the anchor, if there is one.
    pub anchor: bool,
}

/// What a run did, besides its rows.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// Whether instructions were counted.
    pub counted: bool,
    /// Whether nothing that has an anchor was left uncompared with it.
    pub anchored: bool,
}

/// A share of rows, in percent: from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u8);

impl Share {
    /// Every row.
    pub const ALL: Self = Self(100);

    /// Creates a share; `None` unless `percent` is from 1 to 100.
    pub fn from_percent(percent: u8) -> Option<Self> {
        (1..=100).contains(&percent).then_some(Self(percent))
    }

    /// Whether `count` rows of `total` are at least this share. Without rows every share is reached.
    fn is_reached(self, count: usize, total: usize) -> bool {
        count * 100 >= total * usize::from(self.0)
    }
}

/// The exit code of a completed run.
pub fn decide(rows: &[Row], done: Done, required: Required) -> u8 {
    let fails = |row: &Row| match row.verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => true,
        // Wall time has no stored value, so NEW means that the base lacks the case.
        Verdict::New => required.baseline && !row.group.is_wall_time(),
        Verdict::Unstable
        | Verdict::Inconclusive
        | Verdict::Accepted
        | Verdict::Improved
        | Verdict::Info
        | Verdict::Pass
        | Verdict::Identical => false,
    };
    let is_wall = |row: &&Row| row.group == Group::Class(Class::Wall);
    let is_judged = |row: &&Row| !matches!(row.verdict, Verdict::Inconclusive | Verdict::Unstable | Verdict::Info);
    let (wall, judged) = (rows.iter().filter(is_wall).count(), rows.iter().filter(is_wall).filter(is_judged).count());
    let has_too_few = required.wall.is_some_and(|share| !share.is_reached(judged, wall));
    let not_judged = |row: &Row| {
        row.verdict == Verdict::Inconclusive
            && !row.group.is_wall_time()
            && (required.instructions || !is_instruction_row(row))
    };
    if rows.iter().any(fails) {
        FAIL
    } else if has_too_few
        || rows.iter().any(not_judged)
        || (required.instructions && !done.counted)
        || (required.anchor && !done.anchored)
    {
        INCONCLUSIVE
    } else {
        PASS
    }
}

/// Whether judging the row, also that of a budget, needs valgrind, which may be absent or of another version.
pub fn is_instruction_row(row: &Row) -> bool {
    row.subject == Subject::from(Metric::INSTRUCTIONS)
}

/// The last line for [`PASS`] where a harness or instructions were not measured.
pub const PARTIAL_PASS: &str = "PASS in part (exit 0): no regressions";

/// The last line for [`FAIL`] where the change loosens rules and `--forbid-rule-changes` forbids it.
pub const RULES_CHANGED: &str = "FAIL (exit 1): this change loosens the rules that judge it";

/// The last line of the report for an exit code.
pub fn describe(code: u8) -> &'static str {
    match code {
        PASS => "PASS (exit 0): no regressions",
        FAIL => "FAIL (exit 1): at least one row regressed, is missing or is broken",
        USAGE => "ERROR (exit 2): usage or environment",
        INVALID_FILE => "ERROR (exit 3): a file in benches-data is not valid",
        INCONCLUSIVE => "INCONCLUSIVE (exit 4): required rows could not be judged",
        INTERRUPTED => "ERROR (exit 130): interrupted; nothing was written",
        _ => "ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    const DONE: Done = Done { counted: true, anchored: true };
    const NOT_COUNTED: Done = Done { counted: false, ..DONE };

    #[test]
    fn the_anchor_matters_only_where_it_is_required() {
        let code = |anchored, required| {
            let required = Required { anchor: required, ..Required::default() };
            decide(&[row(Verdict::Pass)], Done { anchored, ..DONE }, required)
        };
        assert_eq!((code(true, true), code(false, false), code(false, true)), (PASS, PASS, INCONCLUSIVE));
    }

    #[test]
    fn means_and_all_cases_together_fail_when_they_are_slower_and_are_never_required() {
        let required = Required { baseline: true, wall: Some(Share::ALL), ..Required::default() };
        for group in [Group::Mean, Group::Together] {
            let code = |verdict| decide(&[Row { group, ..row(verdict) }], DONE, required);
            use Verdict::{Improved, Inconclusive, New, Pass, Regressed, Unstable};
            assert_eq!([Pass, Improved, Inconclusive, Unstable, New].map(code), [PASS; 5], "{group:?}");
            assert_eq!(code(Regressed), FAIL, "{group:?}");
        }
    }

    #[test]
    fn a_regression_outranks_inconclusive_and_new_rows_fail_only_where_required() {
        let code = |verdicts: &[Verdict], baseline| {
            let rows: Vec<_> = verdicts.iter().map(|&verdict| row(verdict)).collect();
            decide(&rows, NOT_COUNTED, Required { baseline, ..Required::default() })
        };
        use Verdict::*;
        assert_eq!(code(&[], false), PASS);
        assert_eq!(code(&[Pass, Improved, Info, Accepted, New], false), PASS);
        for failing in [Regressed, Missing, Broken] {
            assert_eq!(code(&[Pass, Inconclusive, failing], false), FAIL, "{failing}");
        }
        assert_eq!(code(&[Pass, Inconclusive], false), INCONCLUSIVE);
        assert_eq!(code(&[Pass, New], true), FAIL);
        assert_eq!(code(&[Pass, Inconclusive, New], true), FAIL);
        let of_wall = Row { group: Group::Class(Class::Wall), ..row(New) };
        let required = Required { baseline: true, ..Required::default() };
        assert_eq!(decide(&[of_wall], NOT_COUNTED, required), PASS, "the base lacks a case that the change adds");
    }

    #[test]
    fn inconclusive_instructions_matter_only_where_they_are_required() {
        let code = |verdict: Verdict, counted: bool, instructions: bool| {
            let row = Row { subject: Metric::INSTRUCTIONS.into(), ..row(verdict) };
            decide(&[row], Done { counted, ..DONE }, Required { instructions, ..Required::default() })
        };
        assert_eq!(code(Verdict::Inconclusive, true, false), PASS);
        assert_eq!(code(Verdict::Inconclusive, true, true), INCONCLUSIVE);
        assert_eq!(code(Verdict::Regressed, true, false), FAIL);
        assert_eq!(code(Verdict::Pass, true, true), PASS);
        assert_eq!((decide(&[], NOT_COUNTED, Required::default())), PASS);
        assert_eq!(decide(&[], NOT_COUNTED, Required { instructions: true, ..Required::default() }), INCONCLUSIVE);
    }
    #[test]
    fn wall_rows_matter_only_up_to_the_required_share() {
        use Verdict::*;
        let code = |judged: usize, others: &[Verdict], percent: Option<u8>| {
            let verdicts = std::iter::repeat_n(Pass, judged).chain(others.iter().copied());
            let of_wall = |verdict| Row { group: Group::Class(Class::Wall), ..row(verdict) };
            let rows: Vec<Row> = verdicts.map(of_wall).collect();
            let wall = percent.map(|percent| Share::from_percent(percent).unwrap());
            decide(&rows, DONE, Required { wall, ..Required::default() })
        };
        assert_eq!(code(3, &[Inconclusive], None), PASS);
        assert_eq!(code(3, &[Inconclusive], Some(75)), PASS, "a quarter is not more than a quarter");
        assert_eq!(code(3, &[Inconclusive], Some(76)), INCONCLUSIVE);
        assert_eq!(code(3, &[Inconclusive, Unstable], Some(75)), INCONCLUSIVE);
        assert_eq!(code(0, &[Unstable, Unstable], Some(1)), INCONCLUSIVE);
        assert_eq!(code(0, &[Info, Info], Some(75)), INCONCLUSIVE, "there is no base");
        assert_eq!(code(2, &[Improved, New, Identical, Inconclusive], Some(75)), PASS);
        assert_eq!(code(2, &[Regressed], Some(75)), FAIL);
        assert_eq!(code(0, &[], Some(100)), PASS, "no case is timed");
        assert_eq!([0, 101].map(Share::from_percent), [None; 2]);
    }
}
