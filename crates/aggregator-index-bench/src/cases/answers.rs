//! Answers through the whole engine: index, selection, answerer.

use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream};
use aggregator_core::{Engine, LanguageModel, Query};
use aggregator_extract::{Extractive, NO_ANSWER};
use aggregator_index::{Index, IndexProvider};
use futures::{StreamExt as _, stream};
use tokio::runtime::{Builder, Runtime};

use super::builds::update;
use super::metrics::{CITATIONS, REFUSED, RIGHT};
use crate::case::{Operation, Outcome, digest};
use crate::documents;
use crate::fault::Fault;
use crate::labels::{Question, unanswerable};
use crate::scratch::Scratch;

/// The question of the case with one: the firewall has to let two ports through.
const QUESTION: &str = "Which ports must the firewall let through from client machines to the server?";

/// One question.
pub fn question(fault: Option<Fault>) -> Operation {
    let answerer = Answerer::new(fault);
    let read = digest([QUESTION]);
    Box::new(move || {
        let (_, citations) = answerer.ask(QUESTION);
        Outcome::new(read, [(CITATIONS, citations)])
    })
}

/// Every question as people ask it, and those that no document answers.
pub fn questions(fault: Option<Fault>) -> Operation {
    let answerer = Answerer::new(fault);
    let questions = Question::all();
    let unanswerable = unanswerable();
    let texts = questions.iter().map(|question| &question.q).chain(&unanswerable);
    let read = digest(texts.map(String::as_str));
    Box::new(move || {
        let (mut right, mut refused) = (0, 0);
        for question in &questions {
            let (answer, citations) = answerer.ask(&question.q);
            right += u64::from(!question.is_paraphrase() && citations > 0 && question.is_right(&answer));
        }
        for question in &unanswerable {
            refused += u64::from(answerer.ask(question).1 == 0);
        }
        Outcome::new(read, [(RIGHT, right), (REFUSED, refused)])
    })
}

/// An engine over an index of one copy of the documents.
struct Answerer {
    runtime: Runtime,
    engine: Engine,
    _scratch: Scratch,
}

impl Answerer {
    fn new(fault: Option<Fault>) -> Self {
        let scratch = Scratch::new();
        let index = Index::open(scratch.join("index")).expect("there is none yet");
        documents::write(&scratch.join("docs"), 1);
        update(&index, &scratch.join("docs"));
        // The clock stands still, so that no deadline depends on how busy the machine is.
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("there is a runtime");
        let provider = IndexProvider::new("documents", index);
        let builder = Engine::builder().provider(provider);
        let builder = match fault {
            Some(Fault::WorseAnswers) => builder.model(Worse(Extractive::new())),
            _ => builder.model(Extractive::new()),
        };
        Self { runtime, engine: builder.build().expect("the engine has a provider and a model"), _scratch: scratch }
    }

    /// An answer, and how many citations it has.
    fn ask(&self, question: &str) -> (String, u64) {
        let query = Query::new(question).expect("a question is a query");
        let reply = self.runtime.block_on(self.engine.ask(query));
        (reply.answer, reply.citations.len() as u64)
    }
}

/// The answerer with [`Fault::WorseAnswers`].
struct Worse(Extractive);

impl LanguageModel for Worse {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.0.shows(request)
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let chunks = self.0.answer(request).collect::<Vec<_>>();
        let worse = async move {
            let mut chunks = chunks.await;
            let is_text = |chunk: &Result<Chunk, _>| matches!(chunk, Ok(Chunk::Text(_)));
            match chunks.iter().rposition(is_text) {
                Some(last) if last > 0 => drop(chunks.remove(last)),
                Some(0) if matches!(&chunks[0], Ok(Chunk::Text(text)) if text == NO_ANSWER) => {
                    chunks[0] = Ok(Chunk::Text("It is as it always was [1].".to_owned()));
                }
                _ => {}
            }
            stream::iter(chunks)
        };
        Box::pin(stream::once(worse).flatten())
    }
}
