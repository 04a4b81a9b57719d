//! The engine over mocks in this process as a target.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{Engine, Event, Query};
use aggregator_mocks::{Pace, catalog};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use perf_load::{Chunk, ErrorKind, Fault, Request, Scenario, Target};

use crate::answer::{AnswerCheck, Checked, Seen};
use crate::error::LoadError;
use crate::expectation::{Expectation, Expected, of_file};

/// The scenario of the mocks where a file names none.
pub(crate) const DEFAULT_PROFILE: &str = "typical";

/// Requests differ in so many ways, unless `[target.data] variants` says otherwise.
const VARIANTS: u64 = 64;
const MAX_VARIANTS: u64 = 10_000;

/// The engine over the mocks of a scenario of `aggregator-mocks`, named by `[target] profile`.
///
/// Each request is one of a number of variants, drawn from its seed: other latencies, pages and lengths of the same profile. What each
/// variant comes to is computed before the run, by a query alone whose mocks do not wait, and each answer under load is compared
/// with that.
pub struct MockTarget {
    engine: Engine,
    variants: u64,
    /// What the answers of each query must be, by its name.
    expected: BTreeMap<String, OfQuery>,
    middleware: Option<Middleware>,
}

/// What the answers of a query must be.
struct OfQuery {
    /// What the scenario says.
    of_file: Expectation,
    /// What each variant comes to; `None` where not everything that takes part in it finishes.
    variants: Vec<Option<Arc<Expected>>>,
}

/// Events of a query.
pub type Events = BoxStream<'static, Event>;

type Middleware = Arc<dyn Fn(Events) -> Events + Send + Sync>;

impl MockTarget {
    /// The target of a scenario.
    ///
    /// # Errors
    /// If its profile, a fault or a setting of `[target]` is not known.
    pub async fn new(scenario: &Scenario) -> Result<Self, LoadError> {
        let name = scenario.target.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let mocks = of_catalog(name)?;
        let variants = variants(&scenario.target.data)?;
        scenario.target.faults.iter().try_for_each(|fault| KnownFault::of(fault).map(drop))?;
        let corpus = catalog::corpus();
        let seeds: Vec<u64> = (0..variants).collect();
        let engine = mocks.engine_for(&corpus, Pace::Scripted, None, &seeds);
        let unhurried = mocks.engine_for(&corpus, Pace::Instant, None, &seeds);
        let mut expected = BTreeMap::new();
        for weighted in &scenario.queries {
            let perf_load::Query { name, text, .. } = &*weighted.query;
            let mut of_query = OfQuery { of_file: of_file(&weighted.query)?, variants: Vec::new() };
            for &seed in &seeds {
                of_query.variants.push(expectation(&unhurried, query(text)?.with_seed(seed)).await.map(Arc::new));
            }
            expected.insert(name.clone(), of_query);
        }
        Ok(Self { engine, variants, expected, middleware: None })
    }

    /// Puts something between the engine and the client, such as a defect that a test plants.
    #[must_use]
    pub fn through(mut self, middleware: impl Fn(Events) -> Events + Send + Sync + 'static) -> Self {
        self.middleware = Some(Arc::new(middleware));
        self
    }

    fn expected(&self, request: &Request, variant: u64) -> Expectation {
        let Some(of_query) = self.expected.get(&request.query.name) else { return Expectation::default() };
        let complete = usize::try_from(variant).ok().and_then(|variant| of_query.variants.get(variant)?.clone());
        Expectation { complete, ..of_query.of_file.clone() }
    }
}

impl fmt::Debug for MockTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockTarget")
            .field("variants", &self.variants)
            .field("queries", &self.expected.keys())
            .finish_non_exhaustive()
    }
}

/// A scenario of the mocks.
///
/// # Errors
/// If there is none of this name.
pub(crate) fn of_catalog(name: &str) -> Result<aggregator_mocks::Scenario, LoadError> {
    if catalog::scenario_names().any(|known| known == name) {
        return Ok(catalog::scenario(name));
    }
    let known = catalog::scenario_names().collect::<Vec<_>>().join(", ");
    Err(LoadError::Scenario(format!("[target] profile = {name:?} is none of the mocks' scenarios, which are: {known}")))
}

/// A query of a scenario.
///
/// # Errors
/// If the engine does not take its text.
pub(crate) fn query(text: &str) -> Result<Query, LoadError> {
    Query::new(text).map_err(|error| LoadError::Scenario(format!("the query {text:?} cannot be asked: {error}")))
}

/// What a query comes to, if all that takes part in it finishes.
pub(crate) async fn expectation(engine: &Engine, query: Query) -> Option<Expected> {
    let mut events = engine.run(query);
    let mut check = AnswerCheck::new(Expectation::default());
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(check.read(event.seq, Seen::of(&event.kind)).0);
    }
    check.found().filter(|_| matches!(last, Some(Chunk::End(_))))
}

fn variants(data: &toml::Table) -> Result<u64, LoadError> {
    let mut variants = VARIANTS;
    for (name, value) in data {
        if name != "variants" {
            return Err(LoadError::Scenario(format!("[target.data] {name} is not known; `variants` is")));
        }
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        let is_valid = |number: &u64| (1..=MAX_VARIANTS).contains(number);
        variants = number.filter(is_valid).ok_or_else(|| {
            LoadError::Scenario(format!("[target.data] variants = {value} is not a number from 1 to {MAX_VARIANTS}"))
        })?;
    }
    Ok(variants)
}

/// What a fault does to a request.
#[derive(Debug, Clone, Copy)]
enum KnownFault {
    /// It is refused, as by HTTP 429.
    RateLimited,
    /// The stream stands still for a time after so many events.
    Stalled { events: usize, time: Duration },
    /// The stream breaks off after so many events.
    Broken { events: usize },
}

impl KnownFault {
    /// # Errors
    /// If the fault or one of its data is not known.
    fn of(fault: &Fault) -> Result<Self, LoadError> {
        let number = |name: &str, default: u32| match fault.data.get(name) {
            None => Ok(default),
            Some(value) => value.as_integer().and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
                LoadError::Scenario(format!(
                    "fault {:?}: {name} = {value} is not a number from 0 to {}",
                    fault.name,
                    u32::MAX
                ))
            }),
        };
        let (known, names): (Self, &[&str]) = match fault.name.as_str() {
            "rate-limited" => (Self::RateLimited, &[]),
            "stalled" => {
                let time = Duration::from_millis(number("for_ms", 2_000)?.into());
                (Self::Stalled { events: number("after_events", 20)? as usize, time }, &["after_events", "for_ms"])
            }
            "broken" => (Self::Broken { events: number("after_events", 20)? as usize }, &["after_events"]),
            other => {
                let what = format!("the fault {other:?} is not known here; `rate-limited`, `stalled` and `broken` are");
                return Err(LoadError::Scenario(what));
            }
        };
        match fault.data.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(LoadError::Scenario(format!("fault {:?}: {name} is not known", fault.name))),
            None => Ok(known),
        }
    }

    fn apply(self, chunks: BoxStream<'static, Chunk>) -> BoxStream<'static, Chunk> {
        match self {
            Self::RateLimited => stream::iter([Chunk::Error(ErrorKind::RateLimited)]).boxed(),
            Self::Broken { events } => {
                chunks.take(events).chain(stream::iter([Chunk::Error(ErrorKind::Connection)])).boxed()
            }
            Self::Stalled { events, time } => chunks
                .enumerate()
                .then(move |(index, chunk)| -> BoxFuture<'static, Chunk> {
                    if index == events {
                        tokio::time::sleep(time).map(move |()| chunk).boxed()
                    } else {
                        futures::future::ready(chunk).boxed()
                    }
                })
                .boxed(),
        }
    }
}

impl Target for MockTarget {
    fn start(&self, request: Request) -> BoxStream<'static, Chunk> {
        let variant = request.seed % self.variants;
        // The text was checked when the target was made.
        let Ok(query) = query(&request.query.text) else {
            return stream::iter([Chunk::Error(ErrorKind::Other("invalid query".into()))]).boxed();
        };
        let mut events: Events = self.engine.run(query.with_seed(variant)).boxed();
        if let Some(middleware) = &self.middleware {
            events = middleware(events);
        }
        let mut chunks = Checked::new(events, self.expected(&request, variant)).boxed();
        for fault in &request.faults {
            if let Ok(fault) = KnownFault::of(fault) {
                chunks = fault.apply(chunks);
            }
        }
        chunks
    }
}
