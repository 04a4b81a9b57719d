//! Next steps for a row as data; the command line has their wording, because it knows the names of commands and files.

use perf_gate::{CaseName, MetricName};

/// An action that the reader of a row can take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NextStep {
    /// Measure the case again.
    Reproduce(CaseName),
    /// Measure the case as this run did.
    Repeat {
        /// The case to run.
        case: CaseName,
        /// The abbreviated hash of the base and the seed of the pairs, if there is a base.
        against: Option<(String, u64)>,
        /// Whether fewer repetitions were measured.
        quick: bool,
    },
    /// Measure the pairs of the case again with other layouts.
    ReproduceInPairs {
        /// The case to run.
        case: CaseName,
        /// The abbreviated hash of the base.
        against: String,
    },
    /// See in which functions and places the cost of the case is.
    Profile {
        /// The case to profile.
        case: CaseName,
        /// The abbreviated hash of the base; `None` for the base of an ordinary run.
        against: Option<String>,
    },
    /// Run the counting or the heap program of the case alone.
    RunCount(CaseName),
    /// Run the operations of the case whose instructions are counted.
    RunOperations(CaseName),
    /// Run the timing program alone.
    RunTime,
    /// Store a new row.
    Store,
    /// Store an improvement.
    StoreImprovement,
    /// Store a comparable baseline.
    ReplaceBaseline,
    /// Install the tools of the baseline, or replace the instructions that depend on them.
    ReplaceInstructions,
    /// Restore what was removed.
    Restore,
    /// Accept the removal of a row, with a reason.
    AcceptRemoval(CaseName),
    /// Accept a regression, with a reason.
    Accept(CaseName),
    /// Allow a row more over the anchor, or pin a newer anchor.
    AllowOverAnchor {
        /// The case of the row.
        case: CaseName,
        /// The metric of the row.
        metric: MetricName,
    },
    /// Change the limit of a budget.
    ChangeBudget,
    /// Correct a budget that names an unknown case or metric.
    CorrectBudget {
        /// The case that the budget names.
        case: CaseName,
        /// The metric that the budget names.
        metric: MetricName,
    },
    /// Raise the margin of the wall time of a case.
    WidenMargin,
    /// Measure although nothing that is measured differs from the base.
    MeasureAnyway,
    /// Keep the values of a run, so that later reports show the history of each case.
    RecordHistory,
    /// Measure again on a quieter machine.
    MeasureQuietly {
        /// The abbreviated hash of the base.
        against: String,
    },
    /// Double the number of pairs.
    MorePairs {
        /// The abbreviated hash of the base.
        against: String,
    },
    /// Stop other programs, or use another machine.
    UseOtherMachine,
}
