//! Models that the measures are taken with besides the extractive one: two simulated ones, the limits of what a model can do with
//! the passages, and a program that is the client of a real one.

mod command;
mod obedient;
mod worst_case;

pub use command::{CommandModel, run as run_command};
pub use obedient::Obedient;
pub use worst_case::WorstCase;

use aggregator_core::model::{Chunk, ChunkStream, FinishReason};
use futures::stream;

/// The answer of a model that refuses.
const REFUSAL: &str = "The passages do not answer this question.";

/// The stream of a whole text.
fn stream_of(text: String) -> ChunkStream {
    Box::pin(stream::iter([Ok(Chunk::Text(text)), Ok(Chunk::Finish(FinishReason::Stop))]))
}

/// The stream of a refusal.
fn refusal() -> ChunkStream {
    Box::pin(stream::iter([Ok(Chunk::Text(REFUSAL.into())), Ok(Chunk::Finish(FinishReason::Unanswered))]))
}
