//! The engine of a call: its providers and its model, out of documents and services of the settings.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use aggregator_core::{Engine, LanguageModel, SearchProvider};
use aggregator_extract::{ExtractiveModel, Options};
use aggregator_index::IndexProvider;
use aggregator_observe::Observer;
use aggregator_policies::{Guarded, Policies};
use aggregator_providers::http::HttpClient;
use aggregator_providers::model::PromptedModel;
use aggregator_providers::pages::PageFetcher;

use crate::command_line::DocumentArgs;
use crate::documents::{Documents, UpdatedIndex};
use crate::exit::{Exit, ProgramError};
use crate::index;
use crate::interrupt::Interrupt;
use crate::published::Published;
use crate::services::{self, PolicyMaker};
use crate::settings::EffectiveSettings;
use crate::terminal;

/// The name of the model that writes nothing itself, for `--model`.
pub const EXTRACTIVE: &str = "extractive";

/// What engines are made of: documents that are named, search services of the settings, what reads pages, and models.
pub struct EngineParts<'a> {
    settings: &'a EffectiveSettings,
    offline: bool,
    policies: PolicyMaker<'a>,
    observer: Observer,
    client: OnceCell<HttpClient>,
    providers: Vec<Arc<dyn SearchProvider>>,
    reader: Option<Arc<PageFetcher>>,
}

impl<'a> EngineParts<'a> {
    /// Brings the index of the documents up to date, and makes clients of the services, whose calls the observer watches. `publishes`
    /// says whether other machines see the addresses of documents.
    ///
    /// # Errors
    /// When there is nothing to search, a service cannot be used, or documents or the index cannot be read or written.
    pub fn gather(
        documents: &DocumentArgs,
        offline: bool,
        publishes: bool,
        settings: &'a EffectiveSettings,
        observer: Observer,
        interrupt: &Interrupt,
    ) -> Result<Self, ProgramError> {
        let has_services = !offline && !settings.search.is_empty();
        let has_documents = !documents.folders.is_empty() || !settings.documents.folders.is_empty();
        if !has_documents && !has_services {
            let what = "there is nothing to search: give a folder with --docs, or set `folders` in [documents] or a service \
                        in [search] of aggregator.toml";
            return Err(ProgramError::new(Exit::Usage, what));
        }
        check_limits(settings)?;
        let policies = services::policies(settings)?;
        let (client, providers) = (OnceCell::new(), Vec::new());
        let mut parts = Self { settings, offline, policies, observer, client, providers, reader: None };
        // Before the index is made, which takes longer.
        if has_services {
            parts.add_services()?;
        }
        if has_documents {
            let (provider, folders) = self::documents(documents, settings, interrupt)?;
            parts.providers.push(match publishes {
                true => Arc::new(parts.observer.calls(Published::new(provider, &folders))),
                false => Arc::new(parts.observer.calls(provider)),
            });
        }
        Ok(parts)
    }

    fn add_services(&mut self) -> Result<(), ProgramError> {
        for service in services::searches(&self.settings.search, self.client()?) {
            let service = service?;
            service.warnings.iter().for_each(|warning| terminal::note(format_args!("{}: {warning}", service.section)));
            let policies = self.policies_of(service.name())?;
            self.providers.push(Arc::new(self.observer.calls(Guarded::new(service.provider, policies))));
        }
        if self.settings.search.read_pages {
            self.reader = Some(Arc::new(services::page_fetcher()?));
        }
        Ok(())
    }

    fn policies_of(&self, name: &str) -> Result<Policies, ProgramError> {
        self.policies.of(name).map_err(|what| ProgramError::new(Exit::Usage, what))
    }

    /// The client of all services, which share its connections.
    fn client(&self) -> Result<&HttpClient, ProgramError> {
        if self.client.get().is_none() {
            let _ = self.client.set(services::client()?);
        }
        self.client.get().ok_or_else(|| ProgramError::new(Exit::Failed, "no client can be made"))
    }

    /// An engine that answers with a model, or that only searches.
    ///
    /// # Errors
    /// When the settings of the engine do not fit together.
    pub fn engine(&self, model: Option<Box<dyn LanguageModel>>) -> Result<Engine, ProgramError> {
        let mut engine = Engine::builder().settings(self.settings.engine.clone());
        for provider in &self.providers {
            engine = engine.provider(Arc::clone(provider));
        }
        if let Some(reader) = &self.reader {
            engine = engine.page_reader(Arc::clone(reader));
        }
        if let Some(model) = model {
            engine = engine.model(model);
        }
        engine.build().map_err(|error| ProgramError::new(Exit::Usage, error))
    }

    /// The name of the model that answers where none is named: that of the settings, or the only one there is.
    ///
    /// # Errors
    /// When there are several, and none is chosen.
    pub fn default_model(&self) -> Result<String, ProgramError> {
        let models = &self.settings.models;
        match (&self.settings.answer.model, &Vec::from_iter(models.keys())[..]) {
            _ if self.offline => Ok(EXTRACTIVE.into()),
            (Some(name), _) => Ok(name.clone()),
            (None, []) => Ok(EXTRACTIVE.into()),
            (None, [only]) => Ok((*only).clone()),
            (None, _) => {
                let known = models.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let what = "there are several models: choose one with --model, or with `model` in [answer]";
                Err(ProgramError::new(Exit::Usage, format!("{what}: {known}")))
            }
        }
    }

    /// The model that answers: the named one, or the default.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be used.
    pub fn model(&self, named: Option<&str>) -> Result<Box<dyn LanguageModel>, ProgramError> {
        let name = match named {
            Some(name) => name.to_owned(),
            None => self.default_model()?,
        };
        if name == EXTRACTIVE {
            let sentences = self.settings.answer.sentences;
            let model = ExtractiveModel::with_options(Options::default().sentences(sentences));
            return Ok(Box::new(self.observer.calls(model)));
        }
        if self.offline {
            let what = format!("--offline asks no model: leave out --model {name}");
            return Err(ProgramError::new(Exit::Usage, what));
        }
        let known = self.settings.models.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        if !known.is_empty() && !self.settings.models.contains_key(&name) {
            let what = format!("there is no model `{name}`; there are: {known}, {EXTRACTIVE}");
            return Err(ProgramError::new(Exit::Usage, what));
        }
        let model = Guarded::new(named_model(&name, self.settings, self.client()?)?, self.policies_of(&name)?);
        Ok(Box::new(self.observer.calls(model)))
    }
}

/// # Errors
/// Names a limit that is of no service: it would limit nothing.
pub fn check_limits(settings: &EffectiveSettings) -> Result<(), ProgramError> {
    let known: Vec<&str> = settings.search.names().chain(settings.models.keys().map(String::as_str)).collect();
    match settings.limits.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) if known.is_empty() => {
            let what = format!("[limits.{name}] is of no service: there is none in [search] and [models]");
            Err(ProgramError::new(Exit::Usage, what))
        }
        Some(name) => {
            let what = format!("[limits.{name}] is of no service; there are: {}", known.join(", "));
            Err(ProgramError::new(Exit::Usage, what))
        }
    }
}

/// The documents of a call, with an index that is up to date.
fn documents(
    args: &DocumentArgs,
    settings: &EffectiveSettings,
    interrupt: &Interrupt,
) -> Result<(IndexProvider, Vec<PathBuf>), ProgramError> {
    let documents = Documents::find(&args.folders, settings)?;
    let UpdatedIndex { index, report, took } = documents.update(interrupt)?;
    if report.stopped {
        return Err(ProgramError::new(Exit::Interrupted, format!("interrupted while indexing: {report}")));
    }
    if report.indexed > 0 || report.removed > 0 {
        terminal::note(format_args!("{report}, in {:.1} s", took.as_secs_f64()));
        let _ = index::print_skipped(&report.skipped, report.more_skipped, false);
    }
    if report.indexed + report.unchanged == 0 {
        let folders: Vec<_> = documents.folders.iter().map(|folder| folder.display().to_string()).collect();
        terminal::note(format_args!("no document was read in {}: see `aggregator index --all`", folders.join(", ")));
    }
    Ok((IndexProvider::new("documents", index), documents.folders))
}

/// # Errors
/// When `answer.model` names a model that is not there.
pub fn check_model(settings: &EffectiveSettings) -> Result<(), ProgramError> {
    match &settings.answer.model {
        Some(name) if name != EXTRACTIVE && !settings.models.contains_key(name) => {
            let known: Vec<&str> = settings.models.keys().map(String::as_str).chain([EXTRACTIVE]).collect();
            let what = format!("model = {name:?} in [answer] is no model; there are: {}", known.join(", "));
            Err(ProgramError::new(Exit::Usage, what))
        }
        _ => Ok(()),
    }
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
        terminal::note(format_args!("{}: {warning}", model.section));
    }
    Ok(model.client)
}
