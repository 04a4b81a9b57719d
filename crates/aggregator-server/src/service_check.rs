//! Asks each service of the settings once.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::{ProviderName, RankedSource, ResultId, Source};
use aggregator_core::{
    AnswerRequest, Chunk, CleanText, LanguageModel, ProviderError, ProviderErrorKind, Query, SearchProvider,
    SearchRequest,
};
use aggregator_policies::{Ask, Rate};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::time::{Instant, timeout};

use crate::engine;
use crate::exit::{Exit, ProgramError};
use crate::services::{self, SharedLimitSettings, Unusable};
use crate::settings::EffectiveSettings;

/// The result of one check.
pub struct Check {
    /// What was checked.
    pub what: String,
    /// The problem, if there is one, with the exit code that it causes.
    pub problem: Option<(Exit, String)>,
}

/// What is searched for: any service finds something.
const WORDS: &str = "weather";

/// What a model is asked. The source has the answer, so that a few words will do.
const QUESTION: &str = "Which word does the source say?";

/// The time of one service, the longer one of a model that is loaded first.
const TIME: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// What of the settings fits together with nothing, and would end `ask` and `serve`.
pub fn settings(settings: &EffectiveSettings) -> Option<Check> {
    let checked = engine::check_limits(settings)
        .and_then(|()| engine::check_model(settings))
        .and_then(|()| services::policies(settings).map(drop));
    let problem = checked.err()?;
    Some(Check { what: "settings".into(), problem: Some((problem.exit, problem.to_string())) })
}

/// Asks all services, one after the other, so that what one says does not depend on another.
///
/// # Errors
/// When no service can be asked at all.
pub fn all(settings: &EffectiveSettings) -> Result<Vec<Check>, ProgramError> {
    let client = services::client()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| ProgramError::new(Exit::Failed, format!("no runtime can be made: {error}")))?;
    let mut found = Vec::new();
    if let Some(shared) = &settings.redis {
        found.push(runtime.block_on(redis(shared)));
    }
    for service in services::searches(&settings.search, &client) {
        found.push(match service {
            Err(unusable) => unusable_check(unusable),
            Ok(service) => {
                let asked = runtime.block_on(search(&*service.provider));
                of(&service.section, asked, service.warnings.iter().map(ToString::to_string))
            }
        });
    }
    for model in services::models(&settings.models, &client) {
        found.push(match model {
            Err(unusable) => unusable_check(unusable),
            Ok(model) => {
                let asked = runtime.block_on(answer(&*model.client));
                of(&model.section, asked, model.warning.iter().map(ToString::to_string))
            }
        });
    }
    Ok(found)
}

/// Asks for a limit that no service has.
async fn redis(settings: &SharedLimitSettings) -> Check {
    let what = "redis".to_owned();
    let store = match services::store(settings) {
        Ok(store) => store,
        Err(problem) => return Check { what, problem: Some((Exit::Usage, problem)) },
    };
    let Ok(rate) = Rate::per_second(1_000, 1_000) else { return Check { what, problem: None } };
    let begun = Instant::now();
    match timeout(TIME[0], store.take(Ask::new("aggregator-check", rate))).await {
        Ok(Ok(answer)) => {
            let took = begun.elapsed().as_millis();
            Check { what: format!("{what}: answered in {took} ms, {} servers", answer.peers), problem: None }
        }
        Ok(Err(error)) => Check { what, problem: Some((Exit::Failed, error.to_string())) },
        Err(_) => Check { what, problem: Some((Exit::Failed, "no answer in time".into())) },
    }
}

fn unusable_check(Unusable { section, cause }: Unusable) -> Check {
    Check { what: section, problem: Some((Exit::Usage, cause)) }
}

fn of(section: &str, asked: Result<String, ProviderError>, warnings: impl Iterator<Item = String>) -> Check {
    match asked {
        Ok(said) => {
            let all: Vec<String> = std::iter::once(said).chain(warnings).collect();
            Check { what: format!("{section}: {}", all.join("; ")), problem: None }
        }
        Err(error) => Check { what: section.to_owned(), problem: Some((Exit::Failed, error.to_string())) },
    }
}

/// A search for one result.
async fn search(provider: &dyn SearchProvider) -> Result<String, ProviderError> {
    let begun = Instant::now();
    let query = Arc::new(Query::new(WORDS).map_err(|error| failed(&error))?);
    let request = SearchRequest::new(query, 1, begun + TIME[0]);
    let hits: Vec<_> = timeout(TIME[0], provider.search(request).try_collect()).await.map_err(|_| late(TIME[0]))??;
    let results = if hits.len() == 1 { "1 result" } else { "no result" };
    Ok(format!("{results} in {} ms", begun.elapsed().as_millis()))
}

/// An answer of a few words, of which only the beginning is read.
async fn answer(model: &dyn LanguageModel) -> Result<String, ProviderError> {
    let begun = Instant::now();
    let query = Arc::new(Query::new(QUESTION).map_err(|error| failed(&error))?);
    let text = CleanText::single_line("The word is: aggregator.");
    let source = Source {
        url: CleanText::single_line("https://example.org/"),
        title: text.clone(),
        snippet: text,
        provider: ProviderName::new("check"),
    };
    let source = RankedSource { number: 1, id: ResultId(0), score: 1.0, source: Arc::new(source) };
    let mut chunks = model.answer(AnswerRequest::new(query, Arc::new([source]), begun + TIME[1]));
    let first = async {
        while let Some(chunk) = chunks.next().await {
            if let Chunk::Text(text) = chunk?
                && !text.trim().is_empty()
            {
                return Ok(begun.elapsed());
            }
        }
        Err(ProviderError::new(ProviderErrorKind::BadResponse, "the model answered without a word"))
    };
    let first = timeout(TIME[1], first).await.map_err(|_| late(TIME[1]))??;
    Ok(format!("first word in {} ms", first.as_millis()))
}

fn failed(error: &dyn std::fmt::Display) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Other, error.to_string())
}

fn late(after: Duration) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Unreachable, format!("no answer within {} s", after.as_secs()))
}
