//! A scenario's file, as people write it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::ProviderOptions;
use aggregator_core::provider::ProviderErrorKind;
use aggregator_settings::ParseError;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::{ModelBehaviour, ModelMock, PanicOn, ProviderBehaviour, ProviderMock, Scenario, ScenarioError};
use crate::catalog::{profile, profile_names};
use crate::corpus::{Corpus, List};
use crate::expectation::Expectation;
use crate::model::Style;
use crate::profile::{ModelProfile, Profile, ProfileError, SearchProfile};
use crate::script::{Pace, Step};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    purpose: String,
    seed: u64,
    query: String,
    deadline_ms: Option<u64>,
    /// Pages about the topic, shared by all providers.
    pool: u32,
    /// How long the reader waits after each event.
    read_every_ms: Option<u64>,
    provider: Vec<ProviderSpec>,
    model: Option<ModelSpec>,
    /// Read by the crate of the settings, which knows where each stands.
    #[serde(default, rename = "settings")]
    _settings: IgnoredAny,
    expect: Expectation,
}

/// A provider: with a script, or with a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderSpec {
    name: Spanned<String>,
    weight: Option<f64>,
    timeout_ms: Option<u64>,
    #[serde(default)]
    repeats: u32,
    panic_on: Option<PanicOn>,
    script: Option<Vec<StepSpec>>,
    profile: Option<SearchProfileSpec>,
}

/// Names of profiles: `{ latency = "search-google", texts = "text-snippets" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchProfileSpec {
    latency: Spanned<String>,
    texts: Spanned<String>,
    refusals: Option<Spanned<String>>,
}

/// A model: with a script, or with a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelSpec {
    name: Spanned<String>,
    /// How many sources it believes there are.
    sources: u32,
    citations: u32,
    #[serde(default)]
    invented: u32,
    script: Option<Vec<StepSpec>>,
    profile: Option<ModelProfileSpec>,
}

/// Names of profiles: `{ speed = "llm-groq-70b", tokens = "azure-conversation" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelProfileSpec {
    speed: Spanned<String>,
    tokens: Spanned<String>,
    refusals: Option<Spanned<String>>,
}

/// The profile of the gaps between tokens of every model: no measured one is published.
const GAPS: &str = "gap-gamma";

impl Scenario {
    /// Reads a scenario, and checks that it can be run.
    ///
    /// # Errors
    /// [`ScenarioError`] says where it is wrong.
    pub fn from_toml(text: &str, corpus: &Arc<Corpus>) -> Result<Self, ScenarioError> {
        let scenario = read(text)?;
        scenario.make_query()?;
        scenario.build(corpus, Pace::Scripted, None, &[])?;
        Ok(scenario)
    }
}

/// Reads a scenario's file, and everything in it that is more than its shape but for query and engine.
fn read(text: &str) -> Result<Scenario, ParseError> {
    let file: File = toml::from_str(text).map_err(|error| ParseError::new(text, &error))?;
    let place = |(span, problem): Misplaced| ParseError::at(text, span, &problem);
    let pool = file.pool;
    let providers = file.provider.into_iter().map(|spec| spec.mock(pool)).collect::<Result<_, _>>().map_err(place)?;
    Ok(Scenario {
        purpose: file.purpose,
        seed: file.seed,
        query: file.query,
        deadline: file.deadline_ms.map(Duration::from_millis),
        reader_delay: file.read_every_ms.map(Duration::from_millis),
        providers,
        settings: aggregator_settings::read_from(text, "settings")?,
        model: file.model.map(ModelSpec::mock).transpose().map_err(place)?,
        expect: file.expect,
    })
}

/// What is wrong, and where.
type Misplaced = (Range<usize>, String);

impl ProviderSpec {
    fn mock(self, pool: u32) -> Result<ProviderMock, Misplaced> {
        let mut options = ProviderOptions::default();
        options.weight = self.weight;
        options.timeout = self.timeout_ms.map(Duration::from_millis);
        let behaviour = match (self.script, self.profile) {
            (Some(script), None) => {
                let steps = script.iter().map(StepSpec::step).collect();
                ProviderBehaviour::Script { steps, panic_on: self.panic_on }
            }
            (None, Some(profile)) if self.panic_on.is_none() => ProviderBehaviour::Profile(profile.find()?),
            (None, Some(_)) => return Err((self.name.span(), "only a provider with a `script` panics".into())),
            _ => return Err((self.name.span(), EITHER.into())),
        };
        let list = List { pool, repeats: self.repeats };
        Ok(ProviderMock { name: self.name.into_inner(), options, list, behaviour })
    }
}

impl ModelSpec {
    fn mock(self) -> Result<ModelMock, Misplaced> {
        let behaviour = match (self.script, self.profile) {
            (Some(script), None) => ModelBehaviour::Script(script.iter().map(StepSpec::step).collect()),
            (None, Some(profile)) => ModelBehaviour::Profile(profile.find()?),
            _ => return Err((self.name.span(), EITHER.into())),
        };
        let style = Style { sources: self.sources, citations: self.citations, invented: self.invented };
        Ok(ModelMock { name: self.name.into_inner(), style, behaviour })
    }
}

const EITHER: &str = "it needs either a `script` or a `profile`";

impl SearchProfileSpec {
    fn find(self) -> Result<Arc<SearchProfile>, Misplaced> {
        let (latency, texts) = (named(&self.latency)?, named(&self.texts)?);
        let refusals = self.refusals.as_ref().map(named).transpose()?;
        let profile = SearchProfile::new(&latency, &texts, refusals.as_ref()).map_err(|error| {
            let name = match (&error, &self.refusals) {
                (ProfileError::NoRefusals, Some(refusals)) => refusals,
                (ProfileError::NoTable { wanted: "latency", .. }, _) => &self.latency,
                _ => &self.texts,
            };
            unsuitable(name, &error)
        })?;
        Ok(Arc::new(profile))
    }
}

impl ModelProfileSpec {
    fn find(self) -> Result<Arc<ModelProfile>, Misplaced> {
        let (speed, tokens, gaps) = (named(&self.speed)?, named(&self.tokens)?, profile(GAPS));
        let refusals = self.refusals.as_ref().map(named).transpose()?;
        let profile = ModelProfile::new(&speed, &tokens, &gaps, refusals.as_ref()).map_err(|error| {
            let name = match (&error, &self.refusals) {
                (ProfileError::NoRefusals, Some(refusals)) => refusals,
                (ProfileError::NoTable { wanted: "first_token" | "per_token", .. }, _) => &self.speed,
                _ => &self.tokens,
            };
            unsuitable(name, &error)
        })?;
        Ok(Arc::new(profile))
    }
}

fn unsuitable(name: &Spanned<String>, error: &ProfileError) -> Misplaced {
    (name.span(), format!("profile `{}`: {error}", name.get_ref()))
}

/// The profile of a name.
fn named(name: &Spanned<String>) -> Result<Profile, Misplaced> {
    if profile_names().any(|known| known == name.get_ref()) {
        return Ok(profile(name.get_ref()));
    }
    let known = profile_names().collect::<Vec<_>>().join(", ");
    Err((name.span(), format!("no profile is named `{}`; there are: {known}", name.get_ref())))
}

/// One step, as people write it: `{ wait_ms = 120 }`, `{ emit = 10 }`, `{ emit = 10, every_ms = 5 }`, `"hang"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a step is { wait_ms = 120 }, { emit = 10 }, { emit = 10, every_ms = 5 }, { fail = \"rate-limited\" }, \"hang\", \"flood\", \"panic\" or \"yield\""
)]
enum StepSpec {
    Word(Word),
    Wait(WaitSpec),
    Emit(EmitSpec),
    Fail(FailSpec),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Hang,
    Flood,
    Panic,
    Yield,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitSpec {
    wait_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmitSpec {
    emit: u32,
    #[serde(default)]
    every_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FailSpec {
    fail: Failure,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Failure {
    Unreachable,
    Unauthorized,
    RateLimited,
    BadResponse,
    Truncated,
}

impl StepSpec {
    fn step(&self) -> Step {
        match self {
            Self::Word(Word::Hang) => Step::Hang,
            Self::Word(Word::Flood) => Step::Flood,
            Self::Word(Word::Panic) => Step::Panic,
            Self::Word(Word::Yield) => Step::Yield,
            Self::Wait(WaitSpec { wait_ms }) => Step::Wait(Duration::from_millis(*wait_ms)),
            Self::Emit(EmitSpec { emit, every_ms }) => {
                Step::Emit { items: *emit, every: Duration::from_millis(*every_ms) }
            }
            Self::Fail(FailSpec { fail }) => Step::Fail(match fail {
                Failure::Unreachable => ProviderErrorKind::Unreachable,
                Failure::Unauthorized => ProviderErrorKind::Unauthorized,
                Failure::RateLimited => ProviderErrorKind::RateLimited,
                Failure::BadResponse => ProviderErrorKind::BadResponse,
                Failure::Truncated => ProviderErrorKind::Truncated,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Scenario, catalog};

    #[test]
    fn an_invalid_scenario_has_an_error_with_its_place() {
        let good = include_str!("../../../../benches-data/scenarios/standard.toml");
        let told = |from: &str, to: &str| {
            assert!(good.contains(from));
            let error = Scenario::from_toml(&good.replacen(from, to, 1), &catalog::corpus()).unwrap_err();
            error.to_string()
        };
        assert_eq!(told("seed = 2", "seed = \"x\""), "line 2, column 8: invalid type: string \"x\", expected u64");
        let step = told("{ wait_ms = 420 }", "{ wait_s = 420 }");
        assert!(step.starts_with("line 30, column 10: ") && step.contains("a step is { wait_ms = 120 }"), "{step}");
        assert!(told("weight = 0.8", "weight = -0.8").contains("provider `cedar`: a weight of -0.8"));
        let settings = told("[model]", "[settings]\nmax_hits = 0\n\n[model]");
        assert_eq!(settings, "line 26, column 12: max_hits = 0 is not between 1 and 1000");
        assert!(told("[model]", "[modell]").contains("unknown field `modell`"));
    }
}
