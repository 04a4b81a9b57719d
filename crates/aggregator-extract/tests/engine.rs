//! Answers through the whole engine, as people read them.

use std::sync::Arc;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, FinishReason, Query, QueryOutcome, Reply, SearchProvider};
use aggregator_extract::{ExtractiveModel, NO_ANSWER, Options};
use aggregator_mocks::InvariantChecker;

/// Finds the same pages whatever is asked.
struct Pages(Arc<[(&'static str, &'static str)]>);

impl SearchProvider for Pages {
    fn name(&self) -> &str {
        "pages"
    }

    fn search(&self, _request: SearchRequest) -> HitStream {
        let hit = |(index, &(title, snippet)): (usize, &(&str, &str))| {
            Ok(Hit::new(format!("https://example.com/page{index}"), title).with_snippet(snippet))
        };
        let hits: Vec<_> = self.0.iter().enumerate().map(hit).collect();
        Box::pin(futures::stream::iter(hits))
    }
}

fn engine(pages: &[(&'static str, &'static str)], model: ExtractiveModel) -> Engine {
    Engine::builder().provider(Pages(pages.into())).model(model).build().expect("an engine")
}

/// Asks, and checks the engine's promises on the way.
async fn ask(question: &str, pages: &[(&'static str, &'static str)], model: ExtractiveModel) -> Reply {
    let engine = engine(pages, model);
    let query = || Query::new(question).expect("a question");
    let checker = InvariantChecker::read_to_end(&mut engine.run(query())).await;
    checker.check().expect("the promises of the engine");
    let reply = engine.ask(query()).await;
    assert_eq!(reply.ending, QueryOutcome::Done);
    let answer = reply.summary.answer.as_ref().expect("an answer");
    assert_eq!((answer.invalid_citations, answer.truncated, answer.usage_is_estimated), (0, false, false));
    assert_eq!(answer.has_citations, reply.answer != NO_ANSWER);
    let is_refused = answer.finish == Some(FinishReason::Unanswered);
    assert_eq!(is_refused, reply.answer == NO_ANSWER);
    reply
}

/// The answer with, for each citation, the words before it.
fn shown(reply: &Reply) -> String {
    let sources = reply.citations.iter().map(|citation| citation.number.to_string()).collect::<Vec<_>>().join(" ");
    format!("{}\n\ncites: {sources}", reply.answer)
}

const RUST: &[(&str, &str)] = &[
    (
        "Tasks - Tokio",
        "A Tokio task is an asynchronous green thread.[1] Tasks are created by passing an async block to tokio::spawn. \
         The function returns a JoinHandle, which the caller may use to interact with the task. To cancel a task, \
         call abort on its JoinHandle. It then stops at the next await. See argv[2] for nothing.",
    ),
    (
        "Graceful shutdown",
        "There are three parts of a shutdown. Use a CancellationToken, e.g. from tokio-util 0.7, to tell every task to cancel. \
         The token can be cloned. Waiting is done with a TaskTracker.",
    ),
    ("Channels", "Channels send values between tasks. A bounded channel makes its sender wait when it is full."),
    ("Tokio - cancel a task", "To cancel a task, call abort on its JoinHandle. Dropping the handle detaches the task."),
];

#[tokio::test(start_paused = true)]
async fn a_question_about_software_is_answered_from_several_pages() {
    let reply = ask("How do I cancel a tokio task?", RUST, ExtractiveModel::new()).await;
    insta::assert_snapshot!(shown(&reply));
}

#[tokio::test(start_paused = true)]
async fn few_sentences_are_given_where_few_are_asked_for() {
    let model = ExtractiveModel::with_options(Options::default().sentences(1));
    insta::assert_snapshot!(shown(&ask("How do I cancel a tokio task?", RUST, model).await));
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_question_cites_nothing() {
    let reply = ask("Who won the football world cup in 1954?", RUST, ExtractiveModel::new()).await;
    assert_eq!((reply.answer.as_str(), reply.citations.len()), (NO_ANSWER, 0));
}

#[tokio::test(start_paused = true)]
async fn a_german_question_is_answered_in_german() {
    let pages = &[
        (
            "Reisepass – Stadt Köln",
            "Der Reisepass kostet 70 Euro, für Personen unter 24 Jahren 37,50 Euro. Er ist zehn Jahre gültig. \
             Die Herstellung dauert ca. vier Wochen, im Sommer z. T. länger.",
        ),
        ("Personalausweis", "Der Personalausweis kostet 37 Euro. Er gilt in der EU als Ersatz für den Reisepass."),
        ("Öffnungszeiten", "Das Bürgerbüro ist von Montag bis Freitag geöffnet."),
    ];
    insta::assert_snapshot!(shown(
        &ask("Was kostet ein Reisepass und wie lange ist er gültig?", pages, ExtractiveModel::new()).await
    ));
}

#[tokio::test(start_paused = true)]
async fn a_japanese_question_is_answered_in_japanese() {
    let pages = &[
        ("東京タワー", "東京タワーは東京都港区にある電波塔である。高さは333メートルである。1958年に完成した。"),
        ("東京スカイツリー", "東京スカイツリーの高さは634メートルである。墨田区にある。"),
    ];
    insta::assert_snapshot!(shown(&ask("東京タワーの高さは？", pages, ExtractiveModel::new()).await));
}

#[tokio::test(start_paused = true)]
async fn markers_of_a_page_are_no_citations_of_the_answer() {
    let pages = &[
        (
            "Gold",
            "Gold melts at 1,064 °C.[2] Gold is dense,[3][4] and soft. The array gold[2] holds gold values [0, 2].",
        ),
        ("Lead", "Lead melts at 327 °C.[1]"),
        ("Tin", "Tin melts at 232 °C [1]."),
    ];
    let reply = ask("When do gold, lead and tin melt?", pages, ExtractiveModel::new()).await;
    for citation in &reply.citations {
        let before = &reply.answer[..citation.span.start as usize];
        let sentence = before.rsplit(['\n', ']']).next().unwrap_or_default();
        let metal = ["Gold", "Lead", "Tin"][citation.number as usize - 1];
        assert!(sentence.contains(metal), "[{}] is behind {sentence:?}", citation.number);
    }
    insta::assert_snapshot!(shown(&reply));
}

/// Of a folder of any size, some sentence has each word of any question.
#[tokio::test(start_paused = true)]
async fn words_that_are_found_one_by_one_answer_nothing() {
    let pages = &[
        ("Stock", "We also need cups, plates and spoons."),
        ("Notes", "The committee won the case."),
        ("Tower", "It was built for a world fair."),
        ("Log", "The archive begins in 1998."),
    ];
    let reply = ask("Who won the world cup in 1998?", pages, ExtractiveModel::new()).await;
    assert_eq!((reply.answer.as_str(), reply.citations.len()), (NO_ANSWER, 0));
}
