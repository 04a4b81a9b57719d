//! Whole queries, run through the engine in virtual time.

use std::sync::OnceLock;
use std::time::Duration;

use aggregator_core::analysis::AnalysisSettings;
use aggregator_core::answer::ensemble::{Ensemble, Strategy};
use aggregator_core::event::{CancelReason, Event, EventKind, RunOrigin, Stage};
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream, FinishReason, Price, Purpose, Usage};
use aggregator_core::policy::PolicyAction;
use aggregator_core::provider::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::search::select::SelectionSettings;
use aggregator_core::{Engine, LanguageModel, Query, SearchProvider, Settings};
use aggregator_mocks::{InvariantChecker, List, Pace, ScriptedPage, ScriptedProvider, ScriptedReader, Step, catalog};
use futures::{StreamExt as _, stream};

const MS: Duration = Duration::from_millis(1);

/// A query that was run.
pub struct Run {
    pub name: &'static str,
    pub events: Vec<Event>,
}

impl Run {
    /// Events of the run as they leave the process.
    pub fn lines(&self) -> Vec<String> {
        self.events.iter().map(aggregator_wire::to_json_line).collect()
    }
}

/// All runs; each query runs once.
pub fn all() -> &'static [Run] {
    static RUNS: OnceLock<Vec<Run>> = OnceLock::new();
    RUNS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            vec![
                fine().await,
                failing().await,
                cancelled().await,
                all_stages().await,
                reading().await,
                refused().await,
                no_provider_answered().await,
                failing_model().await,
                late_model().await,
                hostile().await,
                policies().await,
                reused(),
            ]
        })
    })
}

pub fn run(name: &str) -> &'static Run {
    all().iter().find(|run| run.name == name).unwrap()
}

/// Every line of all of them.
pub fn all_lines() -> impl Iterator<Item = String> {
    all().iter().flat_map(Run::lines)
}

/// Pages that are found after a while.
struct Pages {
    name: &'static str,
    after: Duration,
    hits: &'static [[&'static str; 3]],
}

impl SearchProvider for Pages {
    fn name(&self) -> &str {
        self.name
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let after = self.after;
        let hit = |&[url, title, snippet]: &[&str; 3]| Ok(Hit::new(url, title).with_snippet(snippet));
        let hits: Vec<_> = self.hits.iter().map(hit).collect();
        let wait = stream::once(tokio::time::sleep(after)).filter_map(|()| async { None });
        wait.chain(stream::iter(hits)).boxed()
    }
}

#[derive(Clone)]
enum Act {
    Wait(u32),
    Say(&'static str),
    Count(u64, u64),
    End(FinishReason),
    Fail,
    Hang,
}
use Act::{Count, End, Fail, Hang, Say, Wait};

/// A model that acts in order.
struct Actor {
    name: &'static str,
    price: Option<Price>,
    acts: &'static [Act],
    /// What it does when it is shown drafts, or asked for a look at the results so far.
    with_drafts: &'static [Act],
    interim: &'static [Act],
}

impl Actor {
    const fn new(name: &'static str, acts: &'static [Act]) -> Self {
        Self { name, price: None, acts, with_drafts: &[], interim: &[] }
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
        let acts = match request.purpose {
            Purpose::Interim => self.interim,
            _ if !request.drafts.is_empty() => self.with_drafts,
            _ => self.acts,
        };
        let act = |mut acts: std::slice::Iter<'static, Act>| async move {
            loop {
                let chunk = match acts.next()? {
                    Wait(ms) => {
                        tokio::time::sleep(MS * *ms).await;
                        continue;
                    }
                    Say(text) => Ok(Chunk::Text((*text).to_owned())),
                    Count(input, output) => Ok(Chunk::Usage(Usage::new(*input, *output))),
                    End(reason) => Ok(Chunk::Finish(*reason)),
                    Fail => Err(ProviderError::new(ProviderErrorKind::BadResponse, "as planned")),
                    Hang => std::future::pending().await,
                };
                return Some((chunk, acts));
            }
        };
        stream::unfold(acts.iter(), act).boxed()
    }
}

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// Runs a query, cancels it after some event, and checks every invariant that can be seen.
async fn ask(name: &'static str, engine: &Engine, query: &str, last: fn(&EventKind) -> bool) -> Run {
    let mut stream = engine.run(Query::new(query).unwrap());
    let canceller = stream.canceller();
    let (mut checker, mut events) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = stream.next().await {
        checker.read(&event);
        if last(&event.kind) {
            canceller.cancel(CancelReason::Requested);
        }
        events.push(event);
    }
    checker.check().unwrap();
    assert!(checker.summary().is_some(), "{name} has no last event");
    Run { name, events }
}

const NEVER: fn(&EventKind) -> bool = |_| false;

const DOCS: Pages = Pages {
    name: "docs",
    after: Duration::from_millis(20),
    hits: &[["https://docs.example/drop", "Dropping a future", "A future that is dropped stops."]],
};

const WEB: Pages = Pages {
    name: "web",
    after: Duration::from_millis(50),
    hits: &[
        ["https://docs.example/drop?utm_source=web", "Dropping futures", "It stops."],
        ["https://blog.example/select", "select! and cancellation", "Branches that lose are dropped."],
    ],
};

const WRITER: Actor = Actor {
    price: Some(Price::new(3_000, 15_000)),
    ..Actor::new(
        "writer",
        &[
            Wait(100),
            Say("Für sich: it is dropped"),
            Say(" [1]."),
            Say(" See [1, 2]"),
            Say(" and [7]."),
            Count(950, 31),
        ],
    )
};

async fn fine() -> Run {
    let engine = Engine::builder().provider(DOCS).provider(WEB).model(WRITER).build().unwrap();
    ask("fine", &engine, "how does cancellation work in async Rust?", NEVER).await
}

async fn cancelled() -> Run {
    let engine = Engine::builder().provider(DOCS).provider(WEB).model(WRITER).build().unwrap();
    let spoke = |kind: &EventKind| matches!(kind, EventKind::AnswerDelta { .. });
    ask("cancelled", &engine, "how does cancellation work in async Rust?", spoke).await
}

fn scripted(name: &str, script: &[Step]) -> ScriptedProvider {
    let list = List { pool: 30, repeats: 0 };
    ScriptedProvider::new(name, script, Pace::Scripted, &catalog::corpus(), list, 0)
}

const fn emit(items: u32) -> Step {
    Step::Emit { items, every: Duration::ZERO }
}

/// Every way in which a provider ends, but for those that end the query.
async fn failing() -> Run {
    let settings = settings(|s| (s.max_hits, s.provider_timeout) = (2, Duration::from_secs(2)));
    let odd = Pages {
        name: "odd",
        after: Duration::from_millis(3),
        hits: &[["ftp://files.example/", "No page", ""], ["https://ok.example/", "A page", "It is fine."]],
    };
    let engine = Engine::builder()
        .provider(scripted("broken", &[emit(1), Step::Fail(ProviderErrorKind::Truncated)]))
        .provider(scripted("endless", &[Step::Flood]))
        .provider(scripted("hanging", &[Step::Hang]))
        .provider(scripted("limited", &[Step::Wait(MS * 5), Step::Fail(ProviderErrorKind::RateLimited)]))
        .provider(odd)
        .provider(scripted("panicking", &[Step::Panic]))
        .provider(scripted("stuck", &[emit(1), Step::Hang]))
        .settings(settings)
        .build()
        .unwrap();
    ask("failing", &engine, "which of them answer?", NEVER).await
}

async fn no_provider_answered() -> Run {
    let engine = Engine::builder()
        .provider(scripted("limited", &[Step::Fail(ProviderErrorKind::RateLimited)]))
        .provider(scripted("panicking", &[Step::Panic]))
        .build()
        .unwrap();
    ask("no_provider_answered", &engine, "does anybody answer?", NEVER).await
}

async fn refused() -> Run {
    let mut analysis = AnalysisSettings::default();
    analysis.refuse_unsuitable = true;
    let settings = settings(|s| s.analysis = Some(analysis));
    let engine = Engine::builder().provider(DOCS).settings(settings).build().unwrap();
    ask("refused", &engine, "12 * (3 - 4)", NEVER).await
}

async fn failing_model() -> Run {
    let engine = Engine::builder().provider(DOCS).model(Actor::new("failing", &[Say("It "), Fail])).build().unwrap();
    ask("failing_model", &engine, "how are futures cancelled?", NEVER).await
}

async fn late_model() -> Run {
    let settings = settings(|s| s.deadline = Duration::from_secs(5));
    let engine =
        Engine::builder().provider(DOCS).model(Actor::new("late", &[Hang])).settings(settings).build().unwrap();
    ask("late_model", &engine, "how are futures cancelled?", NEVER).await
}

/// Everything that an engine does only when it is asked for.
async fn all_stages() -> Run {
    let settings = settings(|s| {
        s.analysis = Some(AnalysisSettings::default());
        s.selection = Some(SelectionSettings::default());
        (s.streaming_batch_size, s.interim_synthesis, s.report_contradictions) = (Some(2), true, true);
    });
    let moons = Pages {
        name: "moons",
        after: MS,
        hits: &[
            ["https://a.example/saturn", "The planet Saturn has 146 moons", "Moons of Saturn."],
            ["https://a.example/saturn.pdf", "The planet Saturn has 82 known moons", "Moons of Saturn, a table."],
        ],
    };
    let planets = Pages {
        name: "planets",
        after: MS * 40,
        hits: &[["https://b.example/talk.mp4", "A talk about Saturn and its moons", "Titan and others."]],
    };
    let lead = Actor {
        price: Some(Price::new(250, 2_000)),
        with_drafts: &[Wait(30), Say("146 [1] or 82 [2]."), Count(1_400, 12), End(FinishReason::Length)],
        interim: &[Wait(10), Say("The counts of moons differ.")],
        ..Actor::new("lead", &[Wait(50), Say("It has 146 [1].")])
    };
    let models = Ensemble::new(Strategy::Panel)
        .model(lead)
        .model(Actor::new("other", &[Wait(60), Say("82 are known [2][1]."), Count(700, 9)]))
        .model(Actor::new("failing", &[Fail]));
    let engine = Engine::builder().provider(moons).provider(planets).models(models).settings(settings).build().unwrap();
    ask("all_stages", &engine, "How many moons has Saturn, and is Mercury larger than they are?", NEVER).await
}

/// Pages of the best results are read.
async fn reading() -> Run {
    let found = Pages {
        name: "web",
        after: MS * 12,
        hits: &[
            ["https://a.example/tide", "The tide", "About the tide."],
            ["https://b.example/gone", "Gone", "The tide again."],
            ["https://c.example/slow", "Slow", "The tide once more."],
        ],
    };
    let reader = ScriptedReader::new([
        ("https://a.example/tide", ScriptedPage::of(MS * 40, &["Menu", "The tide turns every six hours."])),
        ("https://b.example/gone", ScriptedPage::Fails(MS * 30, ProviderErrorKind::Unreachable)),
        ("https://c.example/slow", ScriptedPage::Hangs),
    ]);
    let model = Actor::new("writer", &[Wait(20), Say("Every six hours [1].")]);
    let engine = Engine::builder().provider(found).page_reader(reader).model(model).build().unwrap();
    ask("reading", &engine, "when does the tide turn?", NEVER).await
}

/// What policies do.
pub const POLICY_ACTIONS: [PolicyAction; 7] = [
    PolicyAction::Waiting { wait: Duration::from_millis(50) },
    PolicyAction::Retrying { retry: 1, wait: Duration::from_millis(120), error: ProviderErrorKind::Unreachable },
    PolicyAction::BreakerOpened { wait: Duration::from_secs(10) },
    PolicyAction::Probing,
    PolicyAction::BreakerClosed,
    PolicyAction::LimitLearnt { count: 20, period: Duration::from_secs(1) },
    PolicyAction::LimitIsLocal { servers: 3 },
];

/// A provider behind policies that do everything they can.
struct Guarded;

impl SearchProvider for Guarded {
    fn name(&self) -> &str {
        "guarded"
    }

    fn has_policies(&self) -> bool {
        true
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let report = async move {
            POLICY_ACTIONS.iter().for_each(|&action| request.report("guarded", action));
            tokio::time::sleep(MS).await;
        };
        stream::once(report).map(|()| Ok(Hit::new("https://a.example/tide", "The tide"))).boxed()
    }
}

async fn policies() -> Run {
    let engine = Engine::builder().provider(Guarded).build().unwrap();
    ask("policies", &engine, "when does the tide turn?", NEVER).await
}

/// What stands before an engine has said, instead of it.
fn reused() -> Run {
    let reused = EventKind::Reused { origin: RunOrigin::Cache, age: Duration::from_secs(90) };
    let kinds = [EventKind::Status { stage: Stage::Searching }, EventKind::Queued { ahead: 2 }, reused];
    let event = |(seq, kind)| Event::new(seq, Duration::ZERO, kind);
    Run { name: "reused", events: (0..).zip(kinds).map(event).collect() }
}

/// Texts that would break lines, move cursors, reverse the reading order or hide something.
async fn hostile() -> Run {
    let evil = Pages {
        name: "evil\u{1b}[2J\n\u{202e}name",
        after: MS,
        hits: &[
            [
                "https://e.example/a",
                "\u{1b}]0;t\u{7} \u{202e}drawkcab \"quoted\" \\ \
                 </script> a\nb\r\nc\u{2028}d\u{2029}e\u{85}f\0",
                "\u{200b}\u{feff}\u{e0041}\u{e0042} ½ 👩\u{200d}🔬 می\u{200c}خواهم \u{9b}31m",
            ],
            ["https://e.example/\u{202e}gnp.exe", "hidden", "characters in the address"],
            ["https://e.example/a\u{2028}b", "the planet Saturn has 82 \u{202e}known moons", "\u{7f}"],
            ["https://f.example/", "The planet Saturn has 146 \u{202e}moons", ""],
            ["https://g.example/", "The planet Saturn has 82 \u{2067}known moons", ""],
        ],
    };
    let failing = EvilFailure;
    let model = Actor::new(
        "m\u{202e}\n",
        &[Say("line\r\nline\u{2028}line\u{1b}[31m"), Say("\u{202e}[1]\u{200d} \u{0} \"é\" [2]"), Say("\ttab\u{7}")],
    );
    let settings = settings(|s| {
        s.analysis = Some(AnalysisSettings::default());
        (s.report_contradictions, s.streaming_batch_size) = (true, Some(1));
    });
    let models = Ensemble::new(Strategy::Fallback).model(model).model(Actor::new("spare", &[]));
    let engine = Engine::builder().provider(evil).provider(failing).models(models).settings(settings).build().unwrap();
    ask("hostile", &engine, "1. how many\u{202e} moons\u{1b}[2J?\n2. \u{2028}and\u{200b} why?\r\n", NEVER).await
}

/// Fails with an explanation that hides things.
struct EvilFailure;

impl SearchProvider for EvilFailure {
    fn name(&self) -> &str {
        "failing"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let error = ProviderError::new(ProviderErrorKind::Other, "no\n\u{1b}[2J\u{202e}reason \"\\");
        stream::iter([Err(error)]).boxed()
    }
}

/// One event of each kind that runs had, the first.
pub fn one_of_each() -> Vec<&'static Event> {
    use aggregator_core::event::names::Variants as _;
    let mut found: Vec<&'static Event> = Vec::new();
    for event in all().iter().flat_map(|run| &run.events) {
        if !found.iter().any(|known| known.kind.variant() == event.kind.variant()) {
            found.push(event);
        }
    }
    found
}
