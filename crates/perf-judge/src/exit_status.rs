//! What this program's exit codes mean, and how rows decide them. Scripts depend on these numbers.

use perf_gate::{Class, Metric};

use crate::row::{Group, Row, Subject};
use crate::verdict::Verdict;

/// Everything that was required was judged, and nothing is worse. The only green code.
pub const PASS: u8 = 0;
/// A row is REGRESSED, MISSING or BROKEN (or NEW where a baseline is required), or an update was refused.
pub const FAIL: u8 = 1;
/// The command line, the machine or the build stood in the way. Also clap's code for a wrong command line.
pub const USAGE: u8 = 2;
/// A file in `benches-data` is not valid; decided before anything is built or measured.
pub const INVALID_FILE: u8 = 3;
/// Nothing is known to be worse, but a row that has to be judged could not be.
pub const INCONCLUSIVE: u8 = 4;
/// Stopped by Ctrl-C or a termination signal; nothing was written.
pub const INTERRUPTED: u8 = 130;

/// The same table for `--help`.
pub const HELP: &str = "\
Exit codes, in the order they are decided:
    3  a file in benches-data is not valid (before anything is built or measured)
    2  usage or environment: options, build, machine
  130  interrupted; nothing was written
    1  FAIL: a row is REGRESSED, MISSING or BROKEN, or an update was refused, or
       the change loosens rules (with --forbid-rule-changes)
    4  INCONCLUSIVE: a required row could not be judged (rows of wall and
       instructions are required only with --require)
    0  PASS: no regressions";

/// What a run has to have, beyond the classes that repeat exactly and the budgets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Required {
    /// A stored value for each row.
    pub baseline: bool,
    /// A judgement of the wall time of every case.
    pub wall: bool,
    /// A judgement of the instructions, for which valgrind has to be there, in the version of the baseline.
    pub instructions: bool,
}

/// The code of a run that was measured to its end; `counted` says whether instructions were.
pub fn decide(rows: &[Row], counted: bool, required: Required) -> u8 {
    let red = |row: &Row| match row.verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => true,
        // Wall time has no stored value: there it says that the base lacks the case.
        Verdict::New => required.baseline && row.group != Group::Class(Class::Wall),
        Verdict::Unstable
        | Verdict::Inconclusive
        | Verdict::Accepted
        | Verdict::Improved
        | Verdict::Info
        | Verdict::Pass
        | Verdict::Identical => false,
    };
    let not_judged = |row: &Row| match row.verdict {
        Verdict::Inconclusive | Verdict::Unstable | Verdict::Info if row.group == Group::Class(Class::Wall) => {
            required.wall
        }
        Verdict::Inconclusive => required.instructions || !is_instruction_row(row),
        _ => false,
    };
    if rows.iter().any(red) {
        FAIL
    } else if rows.iter().any(not_judged) || (required.instructions && !counted) {
        INCONCLUSIVE
    } else {
        PASS
    }
}

/// Whether it needs valgrind to judge a row, also that of a budget: not everybody has it, or has the same.
pub fn is_instruction_row(row: &Row) -> bool {
    row.subject == Subject::from(Metric::INSTRUCTIONS)
}

/// What [`PASS`] means where instructions, which were not required, were not all judged.
pub const PARTIAL_PASS: &str = "PASS in part (exit 0): no regressions";

/// What [`FAIL`] means where the change may not loosen its own rules and did.
pub const RULES_CHANGED: &str = "FAIL (exit 1): this change loosens the rules that judge it";

/// One word for a person, and what it stands for.
pub fn describe(code: u8) -> &'static str {
    match code {
        PASS => "PASS (exit 0): no regressions",
        FAIL => "FAIL (exit 1): at least one row regressed, is missing or is broken",
        USAGE => "ERROR (exit 2): usage or environment",
        INVALID_FILE => "ERROR (exit 3): a file in benches-data is not valid",
        INCONCLUSIVE => "INCONCLUSIVE (exit 4): a required row could not be judged",
        INTERRUPTED => "ERROR (exit 130): interrupted; nothing was written",
        _ => "ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    #[test]
    fn red_comes_before_not_judged_and_only_required_new_rows_are_red() {
        let code = |verdicts: &[Verdict], baseline| {
            let rows: Vec<_> = verdicts.iter().map(|&verdict| row(verdict)).collect();
            decide(&rows, false, Required { baseline, ..Required::default() })
        };
        use Verdict::*;
        assert_eq!(code(&[], false), PASS);
        assert_eq!(code(&[Pass, Improved, Info, Accepted, New], false), PASS);
        for red in [Regressed, Missing, Broken] {
            assert_eq!(code(&[Pass, Inconclusive, red], false), FAIL, "{red}");
        }
        assert_eq!(code(&[Pass, Inconclusive], false), INCONCLUSIVE);
        assert_eq!(code(&[Pass, New], true), FAIL);
        assert_eq!(code(&[Pass, Inconclusive, New], true), FAIL);
        let of_wall = Row { group: Group::Class(Class::Wall), ..row(New) };
        let required = Required { baseline: true, ..Required::default() };
        assert_eq!(decide(&[of_wall], false, required), PASS, "the base lacks a case that the change adds");
    }

    #[test]
    fn instructions_that_were_not_judged_count_where_they_are_required() {
        let code = |verdict: Verdict, counted: bool, instructions: bool| {
            let row = Row { subject: Metric::INSTRUCTIONS.into(), ..row(verdict) };
            decide(&[row], counted, Required { instructions, ..Required::default() })
        };
        assert_eq!(code(Verdict::Inconclusive, true, false), PASS);
        assert_eq!(code(Verdict::Inconclusive, true, true), INCONCLUSIVE);
        assert_eq!(code(Verdict::Regressed, true, false), FAIL);
        assert_eq!(code(Verdict::Pass, true, true), PASS);
        assert_eq!((decide(&[], false, Required::default())), PASS);
        assert_eq!(decide(&[], false, Required { instructions: true, ..Required::default() }), INCONCLUSIVE);
    }
}
