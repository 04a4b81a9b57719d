//! What of a query's events is the answer of a chat: text, citations, sources, usage, and how it ended.

use aggregator_core::event::{EventKind, RankedSource};
use aggregator_core::{Event, FinishReason, Usage};
use serde::Serialize;

use crate::error::ApiError;
use crate::failure;

/// A citation, as OpenAI's search models give them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Annotation {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Position in the list; one of OpenAI's clients needs it.
    index: usize,
    url_citation: UrlCitation,
}

/// Where a marker stands, in characters (Unicode scalar values) of the answer: from `start_index` up to but not with `end_index`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct UrlCitation {
    start_index: u32,
    end_index: u32,
    title: String,
    url: String,
}

/// A source, as Perplexity lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SearchResult {
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) snippet: String,
    date: Option<String>,
    last_updated: Option<String>,
    source: &'static str,
}

impl SearchResult {
    pub(crate) fn of(ranked: &RankedSource) -> Self {
        let source = &ranked.source;
        Self {
            title: source.title.to_string(),
            url: source.url.to_string(),
            snippet: source.snippet.to_string(),
            date: None,
            last_updated: None,
            source: if source.url.starts_with("file:") { "attachment" } else { "web" },
        }
    }
}

/// Tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Tokens {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        let (prompt_tokens, completion_tokens) = (usage.input_tokens, usage.output_tokens);
        Self { prompt_tokens, completion_tokens, total_tokens: prompt_tokens.saturating_add(completion_tokens) }
    }
}

/// The answer so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) sources: Vec<SearchResult>,
    pub(crate) usage: Option<Usage>,
    /// The numbers of the cited sources, in the order in which they were cited.
    cited: Vec<u32>,
}

/// How a query ended.
pub(crate) enum End {
    /// With an answer; why it ended, in the words of chat completions.
    Finished(&'static str),
    Failed(ApiError),
}

impl Answer {
    /// Takes an event over; returns how the query ended, with its last one.
    pub(crate) fn add(&mut self, event: &Event) -> Option<End> {
        match &event.kind {
            EventKind::Sources { list, .. } => self.sources = list.iter().map(SearchResult::of).collect(),
            EventKind::AnswerDelta { text } => self.text.push_str(text.as_str()),
            EventKind::Citation { chars, number, .. } => self.cite(chars.start, chars.end, *number),
            EventKind::Usage(usage) => self.usage = Some(*usage),
            EventKind::Done { summary } => {
                let Some(answer) = &summary.answer else {
                    self.text.push_str(NOTHING);
                    return Some(End::Finished("stop"));
                };
                self.usage = Some(summary.usage());
                return Some(End::Finished(match answer.finish {
                    // Before the length: a text that was withheld counts as truncated too.
                    Some(FinishReason::Filter) => "content_filter",
                    _ if answer.truncated => "length",
                    _ => "stop",
                }));
            }
            EventKind::Failed { error, .. } => return Some(End::Failed(failure::of_execution(error))),
            EventKind::Cancelled { .. } => return Some(End::Failed(failure::shutdown())),
            _ => {}
        }
        None
    }

    fn cite(&mut self, start_index: u32, end_index: u32, number: u32) {
        let Some(source) = usize::try_from(number).ok().and_then(|number| self.sources.get(number.checked_sub(1)?))
        else {
            return;
        };
        let (title, url) = (source.title.clone(), source.url.clone());
        let url_citation = UrlCitation { start_index, end_index, title, url };
        self.annotations.push(Annotation { kind: "url_citation", index: self.annotations.len(), url_citation });
        if !self.cited.contains(&number) {
            self.cited.push(number);
        }
    }

    /// The addresses of the sources, in the order of their numbers.
    pub(crate) fn citations(&self) -> Vec<&str> {
        self.sources.iter().map(|source| source.url.as_str()).collect()
    }

    /// The list of the cited sources, for clients that show no citations.
    pub(crate) fn source_list(&self) -> String {
        let mut list = String::new();
        for number in &self.cited {
            if let Some(source) = self.sources.get(*number as usize - 1) {
                list.push_str(&format!("\n[{number}] {} — {}", source.title, source.url));
            }
        }
        if list.is_empty() { list } else { format!("\n\nSources:{list}") }
    }
}

/// The answer where nothing was found, which no model was asked about.
pub(crate) const NOTHING: &str = "Nothing was found.";
