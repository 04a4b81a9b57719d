//! Answers through the whole engine: index, selection of sources, answerer.

use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream};
use aggregator_core::{Engine, LanguageModel, Query};
use aggregator_extract::{ExtractiveModel, NO_ANSWER};
use aggregator_index::{Index, IndexProvider};
use futures::{StreamExt as _, stream};
use tokio::runtime::{Builder, Runtime};

use super::builds::update_index;
use super::metrics::{CITATIONS, REFUSED, RIGHT};
use crate::case::{Operation, Outcome, digest};
use crate::documents;
use crate::fault::Fault;
use crate::labels::{Question, unanswerable_questions};
use crate::scratch::ScratchDir;

/// The question of `answer/question/1`; the answer names two ports.
const QUESTION: &str = "Which ports must the firewall let through from client machines to the server?";

/// Sets up the answer to one question.
pub fn prepare_question(fault: Option<Fault>) -> Operation {
    let answerer = Answerer::new(fault);
    let checksum = digest([QUESTION]);
    Box::new(move || {
        let (_, citations) = answerer.ask(QUESTION);
        Outcome::new(checksum, [(CITATIONS, citations)])
    })
}

/// Sets up the answers to all labelled questions, and to those that no document answers.
pub fn prepare_questions(fault: Option<Fault>) -> Operation {
    let answerer = Answerer::new(fault);
    let questions = Question::all();
    let unanswerable = unanswerable_questions();
    let texts = questions.iter().map(|question| &question.q).chain(&unanswerable);
    let checksum = digest(texts.map(String::as_str));
    Box::new(move || {
        let (mut correct, mut refused) = (0, 0);
        for question in &questions {
            let (answer, citations) = answerer.ask(&question.q);
            correct += u64::from(!question.is_paraphrase() && citations > 0 && question.is_correct(&answer));
        }
        for question in &unanswerable {
            refused += u64::from(answerer.ask(question).1 == 0);
        }
        Outcome::new(checksum, [(RIGHT, correct), (REFUSED, refused)])
    })
}

/// An engine over an index of one copy of the documents.
struct Answerer {
    runtime: Runtime,
    engine: Engine,
    _scratch: ScratchDir,
}

impl Answerer {
    fn new(fault: Option<Fault>) -> Self {
        let scratch = ScratchDir::new();
        let index = Index::open(scratch.join("index")).expect("there is none yet");
        documents::write_copies(&scratch.join("docs"), 1);
        update_index(&index, &scratch.join("docs"));
        // The clock is paused, so that deadlines do not depend on the load of the machine.
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("there is a runtime");
        let provider = IndexProvider::new("documents", index);
        let builder = Engine::builder().provider(provider);
        let builder = match fault {
            Some(Fault::DegradedAnswers) => builder.model(DegradedModel(ExtractiveModel::new())),
            _ => builder.model(ExtractiveModel::new()),
        };
        Self { runtime, engine: builder.build().expect("the engine has a provider and a model"), _scratch: scratch }
    }

    /// Asks a question; returns the answer and its number of citations.
    fn ask(&self, question: &str) -> (String, u64) {
        let query = Query::new(question).expect("a question is a query");
        let reply = self.runtime.block_on(self.engine.ask(query));
        (reply.answer, reply.citations.len() as u64)
    }
}

/// The answerer with the planted fault [`Fault::DegradedAnswers`].
struct DegradedModel(ExtractiveModel);

impl LanguageModel for DegradedModel {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.0.shows(request)
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let chunks = self.0.answer(request).collect::<Vec<_>>();
        let degraded = async move {
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
        Box::pin(stream::once(degraded).flatten())
    }
}
