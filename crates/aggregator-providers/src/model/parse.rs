//! The contract between a service's parser and the stream that feeds it, and what all parsers keep.

use aggregator_core::{Chunk, FinishReason, ProviderError, ProviderErrorKind, Usage};

use super::reasoning::{Filter, Reasoning};
use crate::decode::Decode;

/// Reads the events of one answer.
pub trait Parse {
    /// What cuts the bytes into events.
    type Decoder: Decode<Event: AsRef<str>>;

    /// A decoder for the stream that this parser reads.
    fn decoder(&self) -> Self::Decoder;

    /// Reads the text of an event, and adds what follows from it to `chunks`, in order.
    ///
    /// # Errors
    /// The service says that it failed, or the event is none of this service. What was added to `chunks` before counts.
    fn read(&mut self, event: &str, chunks: &mut Vec<Chunk>) -> Result<Progress, ProviderError>;

    /// Called once, when the stream has ended or [`read`](Self::read) has said that the answer is complete.
    ///
    /// # Errors
    /// The answer is not complete, or it is no answer. What was added to `chunks` counts.
    fn end(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), ProviderError>;
}

/// Whether more events belong to the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More are expected.
    More,
    /// The answer is complete; what follows is not read.
    Complete,
}

/// The answer so far; what the parsers of all services do in the same way.
#[derive(Debug)]
pub(super) struct Answer {
    filter: Filter,
    usage: Usage,
    has_text: bool,
    /// The first tool that the model called.
    tool: Option<String>,
    ending: Ending,
}

#[derive(Debug)]
enum Ending {
    /// None was seen.
    Open,
    /// The service has said that the text ended.
    Finished,
    /// The text ended in a way that is an error. It is told at the end of the stream, because usage may follow.
    Failed(ProviderError),
}

impl Answer {
    pub(super) fn new(reasoning: Reasoning) -> Self {
        let filter = Filter::new(reasoning);
        Self { filter, usage: Usage::default(), has_text: false, tool: None, ending: Ending::Open }
    }

    pub(super) fn text(&mut self, text: String, chunks: &mut Vec<Chunk>) {
        let text = self.filter.push(text);
        self.add(text, chunks);
    }

    fn add(&mut self, text: String, chunks: &mut Vec<Chunk>) {
        if !text.is_empty() {
            self.has_text = true;
            chunks.push(Chunk::Text(text));
        }
    }

    /// Adds a usage, of which each field is a total or 0.
    pub(super) fn usage(&mut self, usage: Usage, chunks: &mut Vec<Chunk>) {
        let total = self.usage.max_of_each(usage);
        if total != self.usage {
            self.usage = total;
            chunks.push(Chunk::Usage(total));
        }
    }

    /// Records the call of a tool, whose name may be empty.
    pub(super) fn tool(&mut self, name: &str) {
        match &mut self.tool {
            Some(known) if known.is_empty() => name.clone_into(known),
            Some(_) => {}
            None => self.tool = Some(name.to_owned()),
        }
    }

    /// The text has ended; only the first reason counts.
    pub(super) fn finish(&mut self, reason: Reason, chunks: &mut Vec<Chunk>) {
        if !matches!(self.ending, Ending::Open) {
            return;
        }
        self.flush(chunks);
        let called = self.tool.is_some() && !self.has_text;
        self.ending = match reason {
            Reason::Known(_) if called => Ending::Failed(self.tool_error()),
            Reason::Known(reason) => {
                chunks.push(Chunk::Finish(reason));
                Ending::Finished
            }
            Reason::Tool => Ending::Failed(self.tool_error()),
            Reason::Failed(message) => Ending::Failed(ProviderError::new(ProviderErrorKind::BadResponse, message)),
        };
    }

    fn tool_error(&self) -> ProviderError {
        let tool = match self.tool.as_deref() {
            None | Some("") => "a tool".to_owned(),
            Some(name) => format!("the tool `{name}`"),
        };
        let message = format!("the model called {tool} instead of answering; none was offered, and none is executed");
        ProviderError::new(ProviderErrorKind::BadResponse, message)
    }

    /// The service has marked the end of the stream.
    pub(super) fn mark_end(&mut self) {
        if matches!(self.ending, Ending::Open) {
            self.ending = Ending::Finished;
        }
    }

    /// The stream has ended; `missing` is what should have been in it.
    pub(super) fn end(&mut self, missing: &str, chunks: &mut Vec<Chunk>) -> Result<(), ProviderError> {
        self.flush(chunks);
        match &self.ending {
            Ending::Open => Err(ProviderError::new(
                ProviderErrorKind::Truncated,
                format!("the model's stream ended without {missing}"),
            )),
            Ending::Finished if self.tool.is_some() && !self.has_text => Err(self.tool_error()),
            Ending::Finished => Ok(()),
            Ending::Failed(error) => Err(error.clone()),
        }
    }

    fn flush(&mut self, chunks: &mut Vec<Chunk>) {
        let rest = self.filter.finish();
        self.add(rest, chunks);
    }
}

/// Why a text ended.
pub(super) enum Reason {
    Known(FinishReason),
    /// The model wants a tool to be executed.
    Tool,
    /// An error, with what to say of it.
    Failed(String),
}

impl Reason {
    pub(super) const STOP: Self = Self::Known(FinishReason::Stop);
    pub(super) const LENGTH: Self = Self::Known(FinishReason::Length);
    pub(super) const FILTER: Self = Self::Known(FinishReason::Filter);

    pub(super) fn unknown(reason: &str) -> Self {
        Self::Failed(format!("the model ended its text for a reason that is not known: `{reason}`"))
    }
}
