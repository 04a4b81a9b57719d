//! Several models for one answer, in virtual time: who is asked when, whose words are read, what it costs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::answer::ensemble::{Ensemble, MAX_MODELS, ModelOptions, Strategy};
use aggregator_core::answer::mode::Mode;
use aggregator_core::event::{
    CancelReason, EventKind, ExecutionError, ModelReport, Outcome, Role, Summary, Truncation,
};
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream, Cost, FinishReason, Price, Purpose, Usage};
use aggregator_core::provider::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::{BuildError, Engine, LanguageModel, Query, SearchProvider, Settings};
use aggregator_mocks::InvariantChecker;
use futures::{StreamExt as _, stream};
use tokio::time::sleep;

/// Three pages.
struct Pages;

impl SearchProvider for Pages {
    fn name(&self) -> &str {
        "pages"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let hit = |number| {
            Hit::new(format!("https://example.org/{number}"), format!("Page {number}")).with_snippet("about it")
        };
        stream::iter((1..=3).map(hit).map(Ok)).boxed()
    }
}

/// What a model does next.
#[derive(Clone)]
enum Act {
    Wait(u64),
    Say(&'static str),
    Count(u64, u64),
    Finish(FinishReason),
    Fail,
    Hang,
}
use Act::{Count, Fail, Finish, Hang, Say, Wait};

/// A model that acts in order. It tells whether it was asked, and whether its stream is alive.
#[derive(Clone)]
struct Actor {
    name: &'static str,
    acts: Vec<Act>,
    with_drafts: Option<Vec<Act>>,
    price: Option<Price>,
    asked: Arc<AtomicU32>,
    alive: Arc<AtomicU32>,
    requests: Arc<Mutex<Vec<AnswerRequest>>>,
}

fn actor(name: &'static str, acts: &[Act]) -> Actor {
    Actor {
        name,
        acts: acts.to_vec(),
        with_drafts: None,
        price: None,
        asked: Arc::default(),
        alive: Arc::default(),
        requests: Arc::default(),
    }
}

impl Actor {
    /// What it does when it is shown drafts.
    fn then(mut self, acts: &[Act]) -> Self {
        self.with_drafts = Some(acts.to_vec());
        self
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    fn active_calls(&self) -> u32 {
        self.alive.load(Ordering::Relaxed)
    }
}

/// Counts a stream as alive until it is dropped.
struct Alive(Arc<AtomicU32>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl LanguageModel for Actor {
    fn name(&self) -> &str {
        self.name
    }

    fn price(&self) -> Option<Price> {
        self.price
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.alive.fetch_add(1, Ordering::Relaxed);
        let acts = match &self.with_drafts {
            Some(acts) if !request.drafts.is_empty() => acts.clone(),
            _ => self.acts.clone(),
        };
        self.requests.lock().unwrap().push(request);
        let alive = Alive(Arc::clone(&self.alive));
        let act = |(mut acts, alive): (std::vec::IntoIter<Act>, Alive)| async move {
            loop {
                let chunk = match acts.next()? {
                    Wait(ms) => {
                        sleep(Duration::from_millis(ms)).await;
                        continue;
                    }
                    Say(text) => Ok(Chunk::Text(text.to_owned())),
                    Count(input_tokens, output_tokens) => Ok(Chunk::Usage(Usage::new(input_tokens, output_tokens))),
                    Finish(reason) => Ok(Chunk::Finish(reason)),
                    Fail => Err(ProviderError::new(ProviderErrorKind::Other, "as planned")),
                    Hang => std::future::pending().await,
                };
                return Some((chunk, (acts, alive)));
            }
        };
        stream::unfold((acts.into_iter(), alive), act).boxed()
    }
}

/// What came of a query.
struct Told {
    answer: String,
    reports: Vec<ModelReport>,
    /// How many of them were told by an event.
    told: usize,
    /// What the events told of the usage.
    usages: Vec<Usage>,
    end: EventKind,
    at: Duration,
}

impl Told {
    /// Name, role and outcome of each model, in the order in which they were through.
    fn models(&self) -> Vec<(&str, Role, &Outcome)> {
        self.reports.iter().map(|report| (report.model.as_str(), report.role, &report.outcome)).collect()
    }

    fn is_done(&self) -> bool {
        matches!(self.end, EventKind::Done { .. })
    }
}

fn engine(models: Ensemble, settings: Settings) -> Engine {
    Engine::builder().provider(Pages).models(models).settings(settings).build().unwrap()
}

/// Asks an engine with several models.
async fn ask(engine: &Engine, query: Query) -> Told {
    let told = ask_one(engine, query).await;
    let sum = told.reports.iter().fold(Usage::default(), |sum, report| sum.saturating_add(report.usage));
    assert_eq!(told.end.summary().unwrap().answer.unwrap().usage, sum);
    told
}

/// Asks an engine with one model or several.
async fn ask_one(engine: &Engine, query: Query) -> Told {
    let mut events = engine.run(query);
    let (mut checker, mut answer, mut told) = (InvariantChecker::new(), String::new(), Vec::new());
    let mut usages = Vec::new();
    loop {
        let event = events.next().await.unwrap();
        checker.read(&event);
        match &event.kind {
            EventKind::AnswerDelta { text } => answer.push_str(text),
            EventKind::ModelFinished(report) => told.push((**report).clone()),
            EventKind::Usage(usage) => usages.push(*usage),
            kind if kind.is_terminal() => {
                checker.check().unwrap();
                let summary = kind.summary().unwrap();
                let reports: Vec<_> = summary.models.iter().map(|report| (**report).clone()).collect();
                assert_eq!(told, reports[..told.len()], "what was told is in the summary");
                return Told { answer, reports, told: told.len(), usages, at: event.elapsed(), end: event.kind };
            }
            _ => {}
        }
    }
}

fn query() -> Query {
    Query::new("what is it?").unwrap()
}

fn patient(ms: u64) -> Settings {
    let mut settings = Settings::default();
    settings.model_patience = Some(Duration::from_millis(ms));
    settings
}

const OTHER: fn() -> Outcome = || Outcome::Error(ProviderError::new(ProviderErrorKind::Other, "as planned"));

#[tokio::test(start_paused = true)]
async fn a_fallback_asks_the_next_only_when_one_gives_nothing() {
    let (a, b, c) = (actor("a", &[Fail]), actor("b", &[Say("it is [1]")]), actor("c", &[Say("never")]));
    let models = Ensemble::new(Strategy::Fallback).model(a.clone()).model(b.clone()).model(c.clone());
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert!(told.is_done());
    assert_eq!(told.answer, "it is [1]");
    assert_eq!(told.models(), [("a", Role::Writer, &OTHER()), ("b", Role::Writer, &Outcome::Ok)]);
    assert_eq!((a.asked(), b.asked(), c.asked()), (1, 1, 0));

    // A model that says nothing, or white space only, gave nothing.
    let models =
        Ensemble::new(Strategy::Fallback).model(actor("a", &[])).model(actor("c", &[Say(" \n")])).model(b.clone());
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert_eq!((told.answer.as_str(), told.reports.len()), ("it is [1]", 3));

    // All fail: the error has the first reason.
    let models = Ensemble::new(Strategy::Fallback).model(actor("a", &[Fail])).model(actor("b", &[]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    let EventKind::Failed { error, .. } = &told.end else { panic!("{:?}", told.end) };
    assert!(matches!(&**error, ExecutionError::Model(error) if error.message.as_str() == "as planned"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn once_a_word_is_out_there_is_no_other_model() {
    let b = actor("b", &[Say("never")]);
    let models = Ensemble::new(Strategy::Fallback).model(actor("a", &[Say("it "), Fail])).model(b.clone());
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert!(matches!(told.end, EventKind::Failed { .. }));
    assert_eq!((told.answer.as_str(), b.asked()), ("it ", 0));
    let error = ProviderError::new(ProviderErrorKind::Other, "as planned");
    assert_eq!(told.models(), [("a", Role::Writer, &Outcome::Partial(Truncation::Error(error)))]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_given_up_after_the_patience_and_the_last_is_waited_for() {
    let a = actor("a", &[Hang]);
    let slow = actor("b", &[Wait(700), Say("late")]);
    let models = || Ensemble::new(Strategy::Fallback).model(a.clone()).model(slow.clone());
    let told = ask(&engine(models(), patient(500)), query()).await;
    assert_eq!((told.answer.as_str(), told.at), ("late", Duration::from_millis(1_200)));
    assert_eq!(told.models(), [("a", Role::Writer, &Outcome::Timeout), ("b", Role::Writer, &Outcome::Ok)]);
    assert_eq!((a.active_calls(), slow.active_calls()), (0, 0));
    // Who has begun may take its time.
    let begun =
        Ensemble::new(Strategy::Fallback).model(actor("a", &[Say("be"), Wait(900), Say("gun")])).model(slow.clone());
    assert_eq!(ask(&engine(begun, patient(500)), query()).await.answer, "begun");
    // Unless the patience is set, each has an equal share of the time that is left.
    let in_time = |seconds| query().with_deadline(Duration::from_secs(seconds)).unwrap();
    let told = ask(&engine(models(), Settings::default()), in_time(3)).await;
    assert_eq!((told.answer.as_str(), told.at), ("late", Duration::from_millis(1_500 + 700)));
    let three = Ensemble::new(Strategy::Fallback).model(a.clone()).model(actor("c", &[Hang])).model(slow.clone());
    let told = ask(&engine(three, Settings::default()), in_time(60)).await;
    assert_eq!((told.answer.as_str(), told.at), ("late", Duration::from_millis(40_700)));
    // The deadline ends the last one.
    let hung = Ensemble::new(Strategy::Fallback).model(actor("a", &[Hang])).model(actor("b", &[Hang]));
    let told = ask(&engine(hung, Settings::default()), in_time(3)).await;
    let EventKind::Failed { error, .. } = &told.end else { panic!("{:?}", told.end) };
    assert!(matches!(**error, ExecutionError::DeadlineExceeded { .. }), "{error}");
    assert_eq!(told.at, Duration::from_secs(3));
    assert_eq!(told.models(), [("a", Role::Writer, &Outcome::Timeout), ("b", Role::Writer, &Outcome::Timeout)]);
}

#[tokio::test(start_paused = true)]
async fn a_panelist_that_hangs_is_not_asked_again_as_lead() {
    let hung = actor("a", &[Hang]).then(&[Say("never")]);
    let lead = actor("b", &[Wait(10), Say("one")]).then(&[Wait(5), Say("of two [1]")]);
    let models =
        Ensemble::new(Strategy::Panel).model(hung.clone()).model(lead.clone()).model(actor("c", &[Say("two")]));
    let told = ask(&engine(models, Settings::default()), query().with_deadline(Duration::from_secs(60)).unwrap()).await;
    assert_eq!((told.answer.as_str(), told.at), ("of two [1]", Duration::from_millis(30_005)));
    assert_eq!((hung.asked(), lead.asked()), (1, 2));
    // One that has begun and not finished leads only if none has finished.
    let slow = actor("a", &[Say("begun"), Hang]).then(&[Say("never")]);
    let models = Ensemble::new(Strategy::Panel).model(slow.clone()).model(lead.clone());
    let told = ask(&engine(models, Settings::default()), query().with_deadline(Duration::from_secs(60)).unwrap()).await;
    assert_eq!((told.answer.as_str(), slow.asked()), ("of two [1]", 1));
}

/// The kind of a failure of the model.
fn failure(told: &Told) -> Option<ProviderErrorKind> {
    let EventKind::Failed { error, .. } = &told.end else { return None };
    let ExecutionError::Model(error) = &**error else { return None };
    Some(error.kind)
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_fails_in_the_same_way_with_one_model_and_with_several() {
    for empty in [vec![], vec![Say(" \n")], vec![Say("\u{200b}")], vec![Say("[77]")], vec![Count(5, 1)]] {
        let alone = Engine::builder().provider(Pages).model(actor("a", &empty)).build().unwrap();
        let mut ends = vec![failure(&ask_one(&alone, query()).await)];
        for strategy in [Strategy::Fallback, Strategy::Race, Strategy::Panel] {
            let several = Ensemble::new(strategy).model(actor("a", &empty)).model(actor("b", &empty));
            ends.push(failure(&ask(&engine(several, Settings::default()), query()).await));
        }
        assert_eq!(ends, [Some(ProviderErrorKind::BadResponse); 4]);
    }
}

#[tokio::test(start_paused = true)]
async fn any_number_of_invented_markers_wins_no_race() {
    for invented in [long("[77]", 86), long("[78] ", 500), long("\u{3010}99\u{3011}", 90)] {
        for blanks in ["", " ", "  \n"] {
            let useless = actor("a", &[Say(blanks), Say(invented), Say(blanks), Hang]);
            let models = Ensemble::new(Strategy::Race).model(useless).model(actor("b", &[Wait(50), Say("it is [1]")]));
            let told = ask(&engine(models, Settings::default()), query()).await;
            assert_eq!(told.answer, "it is [1]", "{blanks:?} {invented}");
        }
    }
    // In pieces, each of which ends within a marker.
    let pieces: Vec<Act> = std::iter::once(Say("[7")).chain((0..300).map(|_| Say("7][7"))).chain([Hang]).collect();
    let models =
        Ensemble::new(Strategy::Race).model(actor("a", &pieces)).model(actor("b", &[Wait(50), Say("it is [1]")]));
    assert_eq!(ask(&engine(models, Settings::default()), query()).await.answer, "it is [1]");
}

#[tokio::test(start_paused = true)]
async fn usage_that_is_told_in_parts_adds_up_per_field_and_over_all_models() {
    let parts = |name| actor(name, &[Count(400, 1), Say("it is [1]"), Count(0, 30)]);
    let alone = Engine::builder().provider(Pages).model(parts("a")).build().unwrap();
    let told = ask_one(&alone, query()).await;
    let both = Usage::new(400, 30);
    assert_eq!(told.end.summary().unwrap().answer.unwrap().usage, both);
    assert_eq!(told.usages, [Usage::new(400, 1), both]);
    let panel = Ensemble::new(Strategy::Panel).model(parts("a")).model(parts("b"));
    let told = ask(&engine(panel, Settings::default()), query()).await;
    let all = Usage::new(1_200, 90);
    assert_eq!(told.end.summary().unwrap().answer.unwrap().usage, all);
    assert_eq!(told.usages.last(), Some(&all), "the events tell of all models together");
}

#[tokio::test(start_paused = true)]
async fn the_reason_for_the_end_of_a_text_is_in_the_summary() {
    use aggregator_core::FinishReason::{Filter, Length, Stop, Unanswered};
    let reasons =
        [(Some(Stop), false), (Some(Unanswered), false), (Some(Length), true), (Some(Filter), true), (None, false)];
    for (reason, truncated) in reasons {
        let mut acts = vec![Say("it is [1]")];
        acts.extend(reason.map(Finish));
        let alone = Engine::builder().provider(Pages).model(actor("a", &acts)).build().unwrap();
        let mut all = vec![ask_one(&alone, query()).await];
        for strategy in [Strategy::Fallback, Strategy::Race, Strategy::Panel] {
            let other = actor("b", &[Wait(5), Fail]);
            let models = Ensemble::new(strategy).model(actor("a", &acts)).model(other);
            all.push(ask(&engine(models, Settings::default()), query()).await);
        }
        for told in all {
            let answer = told.end.summary().unwrap().answer.unwrap();
            assert_eq!((told.is_done(), answer.finish, answer.truncated), (true, reason, truncated));
        }
    }
    // A draft that a limit has cut is the answer only in need.
    let cut = actor("a", &[Say("half"), Finish(Length)]).then(&[Fail]);
    let models =
        Ensemble::new(Strategy::Panel).model(cut).model(actor("b", &[Wait(5), Say("whole [1]")]).then(&[Fail]));
    assert_eq!(ask(&engine(models, Settings::default()), query()).await.answer, "whole [1]");
}

#[tokio::test(start_paused = true)]
async fn the_first_useful_word_wins_a_race_and_the_losers_are_dropped_at_once() {
    let blank = actor("a", &[Wait(10), Say("  \n"), Wait(500), Say("slow")]);
    let quick = actor("b", &[Wait(100), Say("quick "), Wait(300), Say("and [2] done"), Count(10, 20)]);
    let failing = actor("c", &[Wait(20), Fail]);
    let models = Ensemble::new(Strategy::Race).model(blank.clone()).model(quick.clone()).model(failing.clone());
    let engine = engine(models, Settings::default());
    let mut events = engine.run(query());
    while let Some(event) = events.next().await {
        if matches!(event.kind, EventKind::AnswerDelta { .. }) {
            assert_eq!(event.elapsed(), Duration::from_millis(100));
            break;
        }
    }
    assert_eq!(
        (blank.active_calls(), quick.active_calls(), failing.active_calls()),
        (0, 1, 0),
        "losers are dropped with the first word"
    );
    let told = ask(&engine, query()).await;
    assert_eq!((told.answer.as_str(), told.at), ("quick and [2] done", Duration::from_millis(400)));
    assert!(told.is_done());
    let expected =
        [("c", Role::Writer, &OTHER()), ("a", Role::Writer, &Outcome::Cancelled), ("b", Role::Writer, &Outcome::Ok)];
    assert_eq!(told.models(), expected);
    assert_eq!(told.reports[2].usage, Usage::new(10, 20));
    assert!(told.reports[1].usage_is_estimated && !told.reports[2].usage_is_estimated);

    let failing = Ensemble::new(Strategy::Race).model(actor("a", &[Fail])).model(actor("b", &[Wait(5)]));
    let told = ask(&self::engine(failing, Settings::default()), query()).await;
    assert!(matches!(told.end, EventKind::Failed { .. }));
}

/// A text that lives as long as the test.
fn long(text: &str, times: usize) -> &'static str {
    Box::leak(text.repeat(times).into_boxed_str())
}

/// White space, invisible characters, and markers that name no source.
#[tokio::test(start_paused = true)]
async fn what_would_not_be_shown_wins_nothing() {
    for useless in [
        vec![Say("\u{200b}")],
        vec![Say("[77]")],
        vec![Say("["), Say("77"), Say("]"), Say(" \u{202e}")],
        vec![Say(long(" \n", 150)), Say("[78]")],
    ] {
        let with_a_wait = [useless.clone(), vec![Wait(900), Say("late")]].concat();
        let useful = actor("b", &[Wait(100), Say("it is "), Say("[1]")]);
        let race = Ensemble::new(Strategy::Race).model(actor("a", &with_a_wait)).model(useful.clone());
        let told = ask(&engine(race, Settings::default()), query()).await;
        assert_eq!((told.answer.as_str(), told.models()[0]), ("it is [1]", ("a", Role::Writer, &Outcome::Cancelled)));
        assert_eq!(told.reports[0].first_text.is_some(), useless.len() != 1 || told.reports[0].bytes == 4);

        let fallback = Ensemble::new(Strategy::Fallback).model(actor("a", &useless)).model(useful.clone());
        let told = ask(&engine(fallback, Settings::default()), query()).await;
        assert_eq!((told.answer.as_str(), useful.asked()), ("it is [1]", 2));

        let panel = Ensemble::new(Strategy::Panel).model(useful.clone()).model(actor("a", &useless));
        let told = ask(&engine(panel, Settings::default()), query()).await;
        assert_eq!((told.answer.as_str(), useful.asked()), ("it is [1]", 3), "one draft is no reason to ask again");
    }
    // What may still become a marker is none at the end.
    let alone = Ensemble::new(Strategy::Race).model(actor("a", &[Say("[1")])).model(actor("b", &[Wait(9)]));
    let told = ask(&engine(alone, Settings::default()), query()).await;
    assert!(matches!(told.end, EventKind::Failed { .. }), "half a marker is no answer");
}

#[tokio::test(start_paused = true)]
async fn drafts_are_shown_to_the_lead_as_they_would_be_to_a_reader() {
    let lead = actor("a", &[Say("one [1] and [42], \u{202e}backwards [3][1] and [2")]).then(&[Say("both [1]")]);
    let models = Ensemble::new(Strategy::Panel).model(lead.clone()).model(actor("b", &[Say("nothing")]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert_eq!(told.answer, "both [1]");
    assert_eq!(
        lead.requests.lock().unwrap()[1].drafts[0].text,
        "one [1] and , backwards [3][1] and [2",
        "the outcome is reported as it is"
    );
    let cited: Vec<_> = told.reports.iter().map(|report| &report.cited[..]).collect();
    assert_eq!(cited, [&[1, 3][..], &[], &[]]);
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_cut_short_is_an_answer_only_in_need_and_says_so() {
    let cut = |told: &Told| told.end.summary().unwrap().answer.unwrap().truncated;
    let endless = actor("a", &[Say(long("word ", 4_000))]).then(&[Fail]);
    let models = Ensemble::new(Strategy::Panel).model(endless.clone()).model(actor("b", &[Wait(5), Say("whole [1]")]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert_eq!((told.answer.as_str(), cut(&told)), ("whole [1]", false), "the lead failed, and one is complete");
    for broken in [endless, actor("a", &[Say("half a "), Fail])] {
        let models = Ensemble::new(Strategy::Panel).model(broken).model(actor("b", &[Fail]));
        let told = ask(&engine(models, Settings::default()), query()).await;
        assert!(told.is_done() && cut(&told) && !told.answer.is_empty(), "{:?}", told.end);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panel_answers_and_its_lead_has_the_last_word() {
    let lead = actor("a", &[Wait(50), Say("one "), Say("thing [1]")]).then(&[Wait(30), Say("both: [1] and [3]")]);
    let other = actor("b", &[Wait(200), Say("another thing [3]")]);
    let models = Ensemble::new(Strategy::Panel).model(lead.clone()).model(other.clone()).model(actor("c", &[Fail]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert!(told.is_done());
    assert_eq!((told.answer.as_str(), told.at), ("both: [1] and [3]", Duration::from_millis(230)));
    let expected = [
        ("c", Role::Panelist, &OTHER()),
        ("a", Role::Panelist, &Outcome::Ok),
        ("b", Role::Panelist, &Outcome::Ok),
        ("a", Role::Lead, &Outcome::Ok),
    ];
    assert_eq!(told.models(), expected);
    let requests = lead.requests.lock().unwrap();
    let drafts: Vec<_> = requests[1].drafts.iter().map(|draft| (draft.label, draft.text.as_str())).collect();
    assert_eq!(drafts, [('A', "one thing [1]"), ('B', "another thing [3]")]);
    let prompt = requests[1].prompt();
    assert!(prompt.user.contains("Answer B:") && prompt.user.contains("another thing [3]"));
    assert!(requests[0].drafts.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_is_late_or_alone_still_answers() {
    // Half of the time is the panel's: who hangs is left behind.
    let lead = actor("a", &[Say("one")]).then(&[Say("of both")]);
    let late = actor("b", &[Say("begun"), Hang]);
    let models = Ensemble::new(Strategy::Panel).model(lead.clone()).model(late.clone()).model(actor("c", &[Hang]));
    let told = ask(&engine(models, Settings::default()), query().with_deadline(Duration::from_secs(8)).unwrap()).await;
    assert_eq!((told.answer.as_str(), told.at), ("of both", Duration::from_secs(4)));
    assert_eq!(told.models()[1], ("b", Role::Panelist, &Outcome::Partial(Truncation::Timeout)));
    assert_eq!(told.models()[2], ("c", Role::Panelist, &Outcome::Timeout));
    assert_eq!((lead.active_calls(), late.active_calls()), (0, 0));
    // Only one answered: that is the answer, and no model is called again.
    let lead = actor("a", &[Fail]).then(&[Say("never")]);
    let models = Ensemble::new(Strategy::Panel).model(lead.clone()).model(actor("b", &[Say("alone [2]")]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert_eq!((told.answer.as_str(), lead.asked()), ("alone [2]", 1));
    assert!(told.is_done());
    // The lead fails at the last word: a draft is the answer.
    let lead = actor("a", &[Say("mine [1]")]).then(&[Fail]);
    let models = Ensemble::new(Strategy::Panel).model(lead.clone()).model(actor("b", &[Wait(9), Say("theirs [2]")]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert_eq!((told.answer.as_str(), told.is_done()), ("mine [1]", true));
    // The lead is silent at the last word: half of what is left is for it.
    let lead = actor("a", &[Say("mine [1]")]).then(&[Wait(1), Say(" "), Hang]);
    let models = Ensemble::new(Strategy::Panel).model(lead.clone()).model(actor("b", &[Say("theirs [2]")]));
    let told = ask(&engine(models, Settings::default()), query().with_deadline(Duration::from_secs(8)).unwrap()).await;
    assert_eq!((told.answer.as_str(), told.at), ("mine [1]", Duration::from_secs(4)));
    assert_eq!(told.models()[2], ("a", Role::Lead, &Outcome::Partial(Truncation::Timeout)));
    // No model answers.
    let models = Ensemble::new(Strategy::Panel).model(actor("a", &[Fail])).model(actor("b", &[]));
    let told = ask(&engine(models, Settings::default()), query()).await;
    assert!(matches!(told.end, EventKind::Failed { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_never_stops_counting_is_given_up_too() {
    let flood = actor("a", &vec![Count(1, 1); 1_000]);
    let models = Ensemble::new(Strategy::Fallback).model(flood).model(actor("b", &[Say("good")]));
    let engine = engine(models, patient(50));
    let mut events = engine.run(query());
    let (mut counted, mut reports, mut answer) = (0, Vec::new(), String::new());
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::Usage(_) => {
                counted += 1;
                // Time passes while its words are read, and never while they are waited for.
                tokio::time::advance(Duration::from_millis(1)).await;
            }
            EventKind::ModelFinished(report) => reports.push((report.model.to_string(), report.outcome.clone())),
            EventKind::AnswerDelta { text } => answer.push_str(&text),
            _ => {}
        }
    }
    assert_eq!((answer.as_str(), counted), ("good", 50));
    assert_eq!(reports, [("a".to_owned(), Outcome::Timeout), ("b".to_owned(), Outcome::Ok)]);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_stopped_is_reported_with_the_reason() {
    let models = |acts: &[Act]| {
        Ensemble::new(Strategy::Race).model(actor("a", acts)).model(actor("b", &[Wait(900), Say("never")]))
    };
    let mut short = Settings::default();
    short.max_answer_bytes = 5;
    let told = ask(&engine(models(&[Say("one two three")]), short), query()).await;
    assert!(told.is_done() && told.end.summary().unwrap().answer.unwrap().truncated);
    let limit = Outcome::Partial(Truncation::Limit);
    let expected = [("b", Role::Writer, &Outcome::Cancelled), ("a", Role::Writer, &limit)];
    assert_eq!((told.answer.as_str(), told.models()), ("one t", expected.to_vec()));
    assert_eq!(told.told, 2, "each report comes before the end");
    let two = query().with_deadline(Duration::from_secs(2)).unwrap();
    let told = ask(&engine(models(&[Say("half"), Hang]), Settings::default()), two).await;
    assert_eq!(told.models()[1], ("a", Role::Writer, &Outcome::Partial(Truncation::Timeout)));
    assert_eq!(told.told, 2);
}

/// The summary of a query that is cancelled when an event of some kind was read.
async fn cancelled(engine: &Engine, when: impl Fn(&EventKind) -> bool) -> Summary {
    let mut events = engine.run(query());
    let canceller = events.canceller();
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::Cancelled { partial, .. } => return *partial,
            kind if when(&kind) => canceller.cancel(CancelReason::Requested),
            _ => {}
        }
    }
    panic!("it ended before it was cancelled");
}

fn at_a_delta(kind: &EventKind) -> bool {
    matches!(kind, EventKind::AnswerDelta { .. })
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_answer_is_counted_and_paid_for() {
    let price = Price::new(3_000, 15_000);
    let mut counted = actor("a", &[Count(1_000, 100), Say("some "), Hang]);
    counted.price = Some(price);
    let mut silent = actor("b", &[Say("12345678"), Hang]);
    silent.price = Some(price);
    for (models, usage, estimated) in [
        (Ensemble::new(Strategy::Fallback).model(counted.clone()), (1_000, 100), false),
        (Ensemble::new(Strategy::Fallback).model(silent.clone()), (0, 2), true),
        (Ensemble::new(Strategy::Race).model(silent.clone()).model(counted.clone()), (0, 2), true),
    ] {
        let answer = cancelled(&engine(models, Settings::default()), at_a_delta).await.answer.unwrap();
        assert_eq!(answer.usage_is_estimated, estimated);
        let input = answer.usage.input_tokens;
        assert!(if estimated { input > 100 } else { input == usage.0 }, "{answer:?}");
        assert!(answer.usage.output_tokens >= usage.1);
        assert_eq!(answer.cost, Some(price.cost(answer.usage)));
        assert_eq!((counted.active_calls(), silent.active_calls()), (0, 0));
    }
    // While drafts are written: each of the panel is counted, though nothing of it was shown.
    let models = Ensemble::new(Strategy::Panel).model(silent.clone()).model(counted.clone());
    let summary = cancelled(&engine(models, Settings::default()), |kind| matches!(kind, EventKind::Usage(_))).await;
    let answer = summary.answer.unwrap();
    assert_eq!((summary.models.len(), answer.bytes), (2, 0));
    assert!(answer.usage.input_tokens > 1_100 && answer.usage.output_tokens == 102, "{answer:?}");
    assert_eq!((answer.cost, summary.usage()), (Some(price.cost(answer.usage)), answer.usage));
    assert_eq!((counted.active_calls(), silent.active_calls()), (0, 0));
    // What one model wrote is counted, not what was read of it.
    let one = |model: Actor| Engine::builder().provider(Pages).model(model).build().unwrap();
    let answer = cancelled(&one(actor("a", &[Say(long("word", 16_384))])), at_a_delta).await.answer.unwrap();
    assert_eq!((answer.bytes, answer.usage.output_tokens), (16_384, 16_384), "a delta of 16 KiB, 64 written");
    // One model alone is counted in the same way, also when it is cancelled.
    let paid = cancelled(&one(counted), at_a_delta).await.cost();
    assert_eq!(paid, Some(price.cost(Usage::new(1_000, 100))));
    let mut alone = actor("a", &[Say("12345678")]);
    alone.price = Some(price);
    let reply = one(alone).ask(query()).await;
    let answer = reply.summary.answer.unwrap();
    assert!(
        answer.usage_is_estimated && answer.usage.output_tokens == 2 && answer.cost > Some(Cost(30_000)),
        "{answer:?}"
    );
    assert!(!answer.has_citations, "it cites nothing");
    assert!(reply.summary.models.is_empty());
}

/// Six pages, 100 ms apart.
struct SlowPages;

impl SearchProvider for SlowPages {
    fn name(&self) -> &str {
        "slow-pages"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let page = |number: u32| async move {
            sleep(Duration::from_millis(100)).await;
            let url = format!("https://example.org/{number}");
            Ok(Hit::new(url, format!("Page {number}")).with_snippet("about it"))
        };
        stream::iter(1..=6).then(page).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_says_what_the_results_so_far_show_while_the_search_goes_on() {
    let told = |model: Actor, asks: bool| async move {
        let mut settings = Settings::default();
        (settings.streaming_batch_size, settings.interim_synthesis) = (Some(2), asks);
        let requests = Arc::clone(&model.requests);
        let alive = Arc::clone(&model.alive);
        let engine = Engine::builder().provider(SlowPages).model(model).settings(settings).build().unwrap();
        let mut events = engine.run(query());
        let (mut checker, mut partials) = (InvariantChecker::new(), Vec::new());
        while let Some(event) = events.next().await {
            checker.read(&event);
            if let EventKind::PartialSynthesis(partial) = &event.kind {
                partials.push((partial.results, partial.text.to_string(), event.elapsed().as_millis()));
            }
        }
        checker.check().unwrap();
        assert_eq!(alive.load(Ordering::Relaxed), 0);
        let purposes: Vec<_> = requests.lock().unwrap().iter().map(|request| request.purpose).collect();
        let outcomes: Vec<_> = {
            let (_, summary) = checker.summary().unwrap();
            let usages = summary.models.iter().map(|report| report.usage);
            assert_eq!(
                summary.usage(),
                usages.fold(summary.answer.unwrap().usage, Usage::saturating_add),
                "both are paid for"
            );
            summary.models.iter().map(|report| (report.role, report.outcome.clone())).collect()
        };
        (partials, purposes, outcomes)
    };
    let (interim, answer) = (Purpose::Interim, Purpose::Answer);
    // Quick: each batch has its own, without markers.
    let (partials, purposes, outcomes) = told(actor("m", &[Wait(50), Say("so "), Say("far [1] good")]), true).await;
    let so_far = || "so far  good".to_owned();
    assert_eq!(partials, [(2, so_far(), 250), (4, so_far(), 450)]);
    assert_eq!(purposes, [interim, interim, interim, answer], "the last one is overtaken by the end of the search");
    let ok = (Role::Interim, Outcome::Ok);
    assert_eq!(outcomes, [ok.clone(), ok.clone(), (Role::Interim, Outcome::Cancelled)]);
    // Slow: one at a time.
    let (partials, purposes, _) = told(actor("m", &[Wait(250), Say("slowly")]), true).await;
    assert_eq!(partials, [(2, "slowly".to_owned(), 450)]);
    assert_eq!(purposes, [interim, interim, answer]);
    // Failing or silent: left out.
    let (partials, _, outcomes) = told(actor("m", &[Fail]), true).await;
    assert!(partials.is_empty() && outcomes[0] == (Role::Interim, OTHER()), "{outcomes:?}");
    assert!(told(actor("m", &[Say(" ")]), true).await.0.is_empty());
    // Not asked for.
    let (partials, purposes, outcomes) = told(actor("m", &[Say("answer")]), false).await;
    assert_eq!((partials, purposes, outcomes), (vec![], vec![answer], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_mode_chooses_the_models_and_the_prompt() {
    let general = actor("general", &[Say("general")]);
    let coder = actor("coder", &[Say("code")]);
    let poet = actor("poet", &[Say("rhyme")]);
    let models = Ensemble::new(Strategy::Fallback)
        .model(general.clone())
        .model_with(
            coder.clone(),
            ModelOptions::default().with_suitability(Mode::Research, 0.7).with_suitability(Mode::Creative, 0.1),
        )
        .model_with(
            poet.clone(),
            ModelOptions::default()
                .with_suitability(Mode::Coding, 0.2)
                .with_suitability(Mode::Research, 0.5)
                .with_suitability(Mode::Analysis, 0.6),
        );
    let engine = engine(models, Settings::default());
    for (mode, expected) in [(Mode::Research, "general"), (Mode::Coding, "general"), (Mode::Creative, "general")] {
        assert_eq!(ask(&engine, query().with_mode(mode)).await.answer, expected);
    }
    let only = |mode, weight| {
        let modest = ModelOptions::default().with_suitability(mode, weight);
        let models = Ensemble::new(Strategy::Fallback).model_with(general.clone(), modest).model(coder.clone());
        self::engine(models, Settings::default())
    };
    assert_eq!(ask(&only(Mode::Coding, 0.7), query().with_mode(Mode::Coding)).await.answer, "code");
    assert_eq!(ask(&only(Mode::Coding, 0.7), query()).await.answer, "general");
    let prompt = coder.requests.lock().unwrap()[0].prompt();
    assert!(prompt.system.contains("Give code that works"), "{}", prompt.system);
    // Who does not suit is not asked, in any plan.
    let (writer, unsuited) = (actor("a", &[Wait(50), Say("prose")]), actor("b", &[Say("code")]));
    for plan in [Strategy::Race, Strategy::Panel, Strategy::Fallback] {
        let models = |weight| {
            let options = ModelOptions::default().with_suitability(Mode::Creative, weight);
            Ensemble::new(plan).model(writer.clone()).model_with(unsuited.clone(), options)
        };
        let creative = || query().with_mode(Mode::Creative);
        assert_eq!(ask(&self::engine(models(0.59), Settings::default()), creative()).await.answer, "prose");
        assert_eq!(unsuited.asked(), 0, "{plan:?}");
    }
    // No model suits: then all are called.
    let unsuitable = ModelOptions::default().with_suitability(Mode::Research, 0.0);
    let models = Ensemble::new(Strategy::Fallback).model_with(general.clone(), unsuitable);
    assert_eq!(ask(&self::engine(models, Settings::default()), query()).await.answer, "general");
}

#[test]
fn an_ensemble_is_checked_when_the_engine_is_built() {
    let build = |models: Ensemble| Engine::builder().provider(Pages).models(models).build().map(drop);
    assert_eq!(build(Ensemble::new(Strategy::Race)), Err(BuildError::Models { given: 0 }));
    let many = (0..=MAX_MODELS).fold(Ensemble::new(Strategy::Race), |models, _| models.model(actor("a", &[])));
    assert_eq!(build(many), Err(BuildError::Models { given: 9 }));
    for weight in [-0.1, 1.1, f64::NAN] {
        let options = ModelOptions::default().with_suitability(Mode::Coding, weight);
        let error = build(Ensemble::new(Strategy::Race).model_with(actor("a", &[]), options)).unwrap_err().to_string();
        assert!(error.starts_with("model `a`: a weight of"), "{error}");
    }
}
