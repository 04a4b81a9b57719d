//! What a person can do about a row, as data: only who prints it knows the names of commands and files.

use perf_gate::{CaseName, MetricName};

/// What can be done next about a row that is not fine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NextStep {
    /// Measure the case again.
    Reproduce(CaseName),
    /// Measure its pairs with the base again, with other layouts.
    ReproduceInPairs {
        /// The case.
        case: CaseName,
        /// The beginning of the base's hash.
        against: String,
    },
    /// See the program run that counts, or that measures the heap.
    RunCount(CaseName),
    /// See the program run of which instructions are counted.
    RunOperations(CaseName),
    /// See the program run that measures time.
    RunTime,
    /// Store a row that is new.
    Store,
    /// Store a row that is better.
    StoreImprovement,
    /// Store a baseline that is comparable.
    ReplaceBaseline,
    /// Use the tools of the baseline, or replace what depends on them.
    ReplaceInstructions,
    /// Bring back what is gone.
    Restore,
    /// Accept that a row is gone, with a reason.
    AcceptRemoval(CaseName),
    /// Accept what got worse, with a reason.
    Accept(CaseName),
    /// Change a promise.
    ChangeBudget,
    /// Correct a budget of something that nothing measures.
    CorrectBudget {
        /// The case it names.
        case: CaseName,
        /// The metric it names.
        metric: MetricName,
    },
    /// Choose a wider margin for the wall time of a case.
    WidenMargin,
    /// Measure again when less else runs.
    MeasureQuietly {
        /// The beginning of the base's hash.
        against: String,
    },
    /// Measure as many pairs again.
    MorePairs {
        /// The beginning of the base's hash.
        against: String,
    },
    /// End other programs, or use another machine.
    UseOtherMachine,
}
