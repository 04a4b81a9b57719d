//! The engine of a call: its providers and its model, out of documents and services of the settings.

use std::io::Write as _;

use aggregator_core::{Engine, LanguageModel};
use aggregator_extract::{ExtractiveModel, Options};
use aggregator_index::IndexProvider;
use aggregator_policies::Guarded;
use aggregator_providers::http::HttpClient;
use aggregator_providers::model::PromptedModel;

use crate::command_line::QueryArgs;
use crate::documents::{Documents, UpdatedIndex};
use crate::exit::{Exit, ProgramError};
use crate::index;
use crate::interrupt::Interrupt;
use crate::services::{self, PolicyMaker};
use crate::settings::EffectiveSettings;

/// The name of the model that writes nothing itself, for `--model`.
const EXTRACTIVE: &str = "extractive";

/// The engine of a call: documents that are named, search services of the settings, and, for an answer, a model.
///
/// # Errors
/// When there is nothing to search, a service cannot be used, or documents or the index cannot be read or written.
pub fn build(
    args: &QueryArgs,
    answers: Option<Option<&str>>,
    settings: &EffectiveSettings,
    interrupt: &Interrupt,
) -> Result<Engine, ProgramError> {
    let has_services = !args.offline && !settings.search.is_empty();
    let has_documents = !args.documents.folders.is_empty() || !settings.documents.folders.is_empty();
    if !has_documents && !has_services {
        let what = "there is nothing to search: give a folder with --docs, or set `folders` in [documents] or a service in \
                    [search] of aggregator.toml";
        return Err(ProgramError::new(Exit::Usage, what));
    }
    let asks_model = answers.is_some() && !args.offline && !settings.models.is_empty();
    // Before the index is made, which takes longer.
    let client = if has_services || asks_model { Some(services::client()?) } else { None };
    check_limits(settings)?;
    let policies = PolicyMaker::new(&settings.services, &settings.limits);
    let mut engine = Engine::builder().settings(settings.engine.clone());
    if let Some(client) = client.as_ref().filter(|_| has_services) {
        for service in services::searches(&settings.search, client) {
            let service = service?;
            service.warnings.iter().for_each(|warning| note(&format!("{}: {warning}", service.section)));
            let policies = policies.of(service.name());
            engine = engine.provider(Guarded::new(service.provider, policies));
        }
    }
    if has_services && settings.search.read_pages {
        engine = engine.page_reader(services::page_fetcher()?);
    }
    if let Some(named) = answers {
        engine = engine.model(model(named, args.offline, settings, client.as_ref(), &policies)?);
    }
    if has_documents {
        engine = engine.provider(documents(args, settings, interrupt)?);
    }
    engine.build().map_err(|error| ProgramError::new(Exit::Usage, error))
}

/// # Errors
/// Names a limit that is of no service: it would limit nothing.
pub fn check_limits(settings: &EffectiveSettings) -> Result<(), ProgramError> {
    let known: Vec<&str> = settings.search.names().chain(settings.models.keys().map(String::as_str)).collect();
    match settings.limits.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let what = format!("[limits.{name}] is of no service; there are: {}", known.join(", "));
            Err(ProgramError::new(Exit::Usage, what))
        }
    }
}

/// The documents of a call, with an index that is up to date.
fn documents(
    args: &QueryArgs,
    settings: &EffectiveSettings,
    interrupt: &Interrupt,
) -> Result<IndexProvider, ProgramError> {
    let documents = Documents::find(&args.documents.folders, settings)?;
    let UpdatedIndex { index, report, took } = documents.update(interrupt)?;
    if report.stopped {
        return Err(ProgramError::new(Exit::Interrupted, format!("interrupted while indexing: {report}")));
    }
    if report.indexed > 0 || report.removed > 0 {
        note(&format!("{report}, in {:.1} s", took.as_secs_f64()));
        let _ = index::print_skipped(&report.skipped, report.more_skipped, false);
    }
    Ok(IndexProvider::new("documents", index))
}

/// The model that answers: the named one, or that of the settings, or the only one there is.
fn model(
    named: Option<&str>,
    offline: bool,
    settings: &EffectiveSettings,
    client: Option<&HttpClient>,
    policies: &PolicyMaker<'_>,
) -> Result<Box<dyn LanguageModel>, ProgramError> {
    let sentences = settings.answer.sentences;
    let extractive = || Box::new(ExtractiveModel::with_options(Options::default().sentences(sentences)));
    let usage = |what: String| ProgramError::new(Exit::Usage, what);
    let known = || settings.models.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let named = named.or(settings.answer.model.as_deref().filter(|_| !offline));
    let name = match (named, settings.models.len()) {
        (Some(EXTRACTIVE), _) | (None, 0) => return Ok(extractive()),
        (None, _) if offline => return Ok(extractive()),
        (Some(name), _) if offline => return Err(usage(format!("--offline asks no model: leave out --model {name}"))),
        (Some(name), _) if settings.models.contains_key(name) => name,
        (Some(name), 0) => return Err(usage(format!("there is no model `{name}`: describe it in [models.{name}]"))),
        (Some(name), _) => {
            return Err(usage(format!("there is no model `{name}`; there are: {}, {EXTRACTIVE}", known())));
        }
        (None, _) => match &Vec::from_iter(settings.models.keys())[..] {
            [only] => only.as_str(),
            _ => {
                let what = "there are several models: choose one with --model, or with `model` in [answer]";
                return Err(usage(format!("{what}: {}", known())));
            }
        },
    };
    let client = client.map_or_else(services::client, |client| Ok(client.clone()))?;
    Ok(Box::new(Guarded::new(named_model(name, settings, &client)?, policies.of(name))))
}

/// The model of that name of the settings. Others may have no key, and are not looked at.
///
/// # Errors
/// When there is none of that name, or it cannot be used.
pub fn named_model(
    name: &str,
    settings: &EffectiveSettings,
    client: &HttpClient,
) -> Result<Box<dyn PromptedModel>, ProgramError> {
    let Some(of_model) = settings.models.get(name) else {
        let known: Vec<&str> = settings.models.keys().map(String::as_str).collect();
        let what = match known[..] {
            [] => format!("there is no model `{name}`: describe it in [models.{name}]"),
            _ => format!("there is no model `{name}`; there are: {}", known.join(", ")),
        };
        return Err(ProgramError::new(Exit::Usage, what));
    };
    let model = services::model(name, of_model, client)?;
    if let Some(warning) = &model.warning {
        note(&format!("{}: {warning}", model.section));
    }
    Ok(model.client)
}

fn note(text: &str) {
    // If standard error is closed, there is nowhere to write it.
    let _ = writeln!(anstream::stderr(), "{text}");
}
