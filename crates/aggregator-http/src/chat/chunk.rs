//! Chunks of chat completions, in the form that the ordinary clients survive.
//!
//! Some of them stop at an event with a name, at a chunk without `choices`, at an `id:` line, or at a second list of annotations.
//! So each chunk has one choice, what else there is to say stands beside it in `x_aggregator`, and the annotations come once.

use aggregator_core::Event;
use aggregator_core::event::EventKind;
use serde::Serialize;

use super::answer::{Annotation, Answer, End, NOTHING, SearchResult, Tokens};
use crate::sse::Frames;

/// What all chunks of an answer have in common.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) model: String,
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    search_results: Option<&'a [SearchResult]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citations: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x_aggregator: Option<&'a aggregator_wire::Event>,
}

#[derive(Default, Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a [Annotation]>,
}

/// The chunks of one answer.
pub(crate) struct ChunkFrames {
    head: Head,
    answer: Answer,
    includes_usage: bool,
    lists_sources: bool,
}

impl ChunkFrames {
    pub(crate) fn new(head: Head, includes_usage: bool, lists_sources: bool) -> Self {
        Self { head, answer: Answer::default(), includes_usage, lists_sources }
    }

    fn chunk<'a>(&'a self, choices: &'a [Choice<'a>]) -> Chunk<'a> {
        let Head { id, created, model } = &self.head;
        Chunk {
            id,
            object: "chat.completion.chunk",
            created: *created,
            model,
            choices,
            search_results: None,
            citations: None,
            usage: None,
            x_aggregator: None,
        }
    }

    fn delta(&self, delta: Delta<'_>, out: &mut Vec<u8>) {
        frame(&self.chunk(&[Choice { delta, ..Choice::default() }]), out);
    }

    /// An event that is no text: an empty delta, and the event beside it.
    fn beside(&self, event: &Event, delta: Delta<'_>, out: &mut Vec<u8>) {
        let event = aggregator_wire::Event::from(event);
        frame(&Chunk { x_aggregator: Some(&event), ..self.chunk(&[Choice { delta, ..Choice::default() }]) }, out);
    }

    fn sources(&self, finish_reason: Option<&'static str>, out: &mut Vec<u8>) {
        let sources = (!self.answer.sources.is_empty()).then_some(&self.answer.sources[..]);
        let citations = sources.map(|_| self.answer.citations());
        let choices = [Choice { finish_reason, ..Choice::default() }];
        frame(&Chunk { search_results: sources, citations, ..self.chunk(&choices) }, out);
    }

    fn end(&self, end: End, out: &mut Vec<u8>) {
        let finish_reason = match end {
            // Without a last chunk: some clients take a text that is cut for a whole one, and only an error tells them.
            End::Failed(error) => {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(error.to_json().as_bytes());
                out.extend_from_slice(b"\n\n");
                return;
            }
            End::Finished(reason) => reason,
        };
        if self.answer.text == NOTHING {
            self.delta(Delta { content: Some(NOTHING), ..Delta::default() }, out);
        }
        if self.lists_sources {
            let list = self.answer.source_list();
            if !list.is_empty() {
                self.delta(Delta { content: Some(&list), ..Delta::default() }, out);
            }
        }
        if !self.answer.annotations.is_empty() {
            self.delta(Delta { annotations: Some(&self.answer.annotations), ..Delta::default() }, out);
        }
        self.sources(Some(finish_reason), out);
        if self.includes_usage {
            let usage = self.answer.usage.unwrap_or_default();
            // The one chunk without a choice that clients expect, because they have asked for it.
            frame(&Chunk { usage: Some(usage.into()), ..self.chunk(&[]) }, out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

impl Frames for ChunkFrames {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        let end = self.answer.add(event);
        match &event.kind {
            EventKind::Status { .. } if event.seq == 0 => {
                let delta = Delta { role: Some("assistant"), content: Some(""), ..Delta::default() };
                self.beside(event, delta, out);
            }
            EventKind::Status { .. }
            | EventKind::ProviderStarted { .. }
            | EventKind::ProviderFinished(_)
            | EventKind::PageRead(_)
            | EventKind::ModelFinished(_)
            | EventKind::Queued { .. }
            | EventKind::Reused { .. }
            | EventKind::Policy(_) => self.beside(event, Delta::default(), out),
            EventKind::Sources { .. } => self.sources(None, out),
            EventKind::AnswerDelta { text } => {
                self.delta(Delta { content: Some(text.as_str()), ..Delta::default() }, out);
            }
            // Results are what the sources are chosen from; citations come at the end, all at once.
            _ => {}
        }
        if let Some(end) = end {
            self.end(end, out);
        }
    }
}

fn frame(chunk: &Chunk<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    // Of strings and numbers, so it always serialises; JSON has no line break, so it is one line.
    let _ = serde_json::to_writer(&mut *out, chunk);
    out.extend_from_slice(b"\n\n");
}
