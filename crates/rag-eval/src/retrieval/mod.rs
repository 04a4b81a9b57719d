//! How good rankings are, by judgements of their documents.
//!
//! Order, measures and means are those of trec_eval, the program of the Text Retrieval Conference
//! (<https://github.com/usnistgov/trec_eval>), so that figures can be compared with published ones: [`Ranking`] says
//! how documents are ordered, its methods are the measures of one query, and [`mean`] is over queries. [`fusion_gain`]
//! and [`selection_gain`] say what merging several rankings, and choosing from one, is worth.

mod comparison;
mod judgements;
mod means;
mod measures;
mod ranking;

pub use comparison::{NotRanked, fusion_gain, selection_gain};
pub use judgements::{DuplicateJudgement, Judgements, RELEVANT};
pub use means::{Qrels, Run, mean, per_query, unjudged};
pub use ranking::{Ranking, RankingError};
