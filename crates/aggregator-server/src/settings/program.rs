//! The sections of the program itself: documents, answers, and services.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use aggregator_core::{ReadingSettings, Settings};
use aggregator_settings::ParseError;
use serde::Deserialize;
use toml::Spanned;

use super::server::Server;
use super::value_kind::ValueKind;
use crate::services::{LimitSettings, ModelSettings, SearchSettings, ServiceSettings, SharedLimitSettings};
use crate::watch::{LogSettings, OtelSettings};

/// Where documents are, and how they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    /// Folders and files; a relative path is from the folder of the file of settings.
    pub folders: Vec<PathBuf>,
    /// Largest file that is read, in bytes. Default 8 MiB; 1 KiB to 256 MiB.
    pub max_file_bytes: u64,
    /// Where indexes are kept. Default: the user's cache.
    pub cache: Option<PathBuf>,
}

impl Default for Documents {
    fn default() -> Self {
        Self { folders: Vec::new(), max_file_bytes: 8 << 20, cache: None }
    }
}

/// How answers are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Most sentences of an answer that consists of sentences of the sources. Default 5; 1 to 50.
    pub sentences: u32,
    /// The name of the model that answers. Default: the only one in `[models]`; without any, answers consist of sentences of the
    /// sources.
    pub model: Option<String>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { sentences: 5, model: None }
    }
}

/// What the program turns on in the engine unless its settings say otherwise: three providers with a hit, or ten results, are
/// enough, so that one provider that hangs does not delay the answer to its timeout. Pages are read, where a search service finds
/// some.
pub(super) fn engine_defaults() -> Settings {
    Settings::default().enough_providers(Some(3)).enough_sources(Some(10)).reading(ReadingSettings::default())
}

/// Names that no model of a service can have: the model that is asked where none is named, and the one that selects sentences.
const RESERVED: [&str; 2] = ["aggregator", "extractive"];

/// Sections, keys and formats of the program's settings.
pub(super) const NAMES: [(&str, &str, ValueKind); 25] = [
    ("documents", "folders", ValueKind::Paths),
    ("documents", "max_file_bytes", ValueKind::Value),
    ("documents", "cache", ValueKind::Path),
    ("answer", "sentences", ValueKind::Value),
    ("answer", "model", ValueKind::Text),
    ("server", "listen", ValueKind::Text),
    ("server", "without_keys", ValueKind::Value),
    ("server", "source_list", ValueKind::Value),
    ("server", "running", ValueKind::Value),
    ("server", "waiting", ValueKind::Value),
    ("server", "cache_s", ValueKind::Value),
    ("server", "share_runs", ValueKind::Value),
    ("server", "connections", ValueKind::Value),
    ("server", "grace_ms", ValueKind::Value),
    ("log", "format", ValueKind::Text),
    ("log", "level", ValueKind::Text),
    ("log", "content", ValueKind::Value),
    ("otel", "endpoint", ValueKind::Text),
    ("otel", "service_name", ValueKind::Text),
    ("otel", "timeout_ms", ValueKind::Value),
    ("otel", "content", ValueKind::Value),
    ("services", "retries", ValueKind::Value),
    ("services", "retry_percent", ValueKind::Value),
    ("services", "breaker_failures", ValueKind::Value),
    ("services", "breaker_open_ms", ValueKind::Value),
];

/// The settings of the program, beside those of the engine.
#[derive(Debug, Default)]
pub(super) struct ProgramSettings {
    pub(super) documents: Documents,
    pub(super) answer: Answer,
    pub(super) services: ServiceSettings,
    pub(super) limits: BTreeMap<String, LimitSettings>,
    pub(super) redis: Option<SharedLimitSettings>,
    pub(super) server: Server,
    pub(super) log: LogSettings,
    pub(super) otel: OtelSettings,
    pub(super) search: SearchSettings,
    pub(super) models: BTreeMap<String, ModelSettings>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawSettings {
    documents: RawDocuments,
    answer: RawAnswer,
    services: RawServices,
    limits: BTreeMap<String, LimitSettings>,
    redis: Option<SharedLimitSettings>,
    server: Server,
    log: LogSettings,
    otel: OtelSettings,
    search: SearchSettings,
    models: BTreeMap<String, ModelSettings>,
    // Read by its own reader, which tells the places in it.
    engine: serde::de::IgnoredAny,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawDocuments {
    folders: Vec<PathBuf>,
    max_file_bytes: Option<Spanned<i64>>,
    cache: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawAnswer {
    sentences: Option<Spanned<i64>>,
    model: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawServices {
    retries: Option<Spanned<i64>>,
    retry_percent: Option<Spanned<i64>>,
    breaker_failures: Option<Spanned<i64>>,
    breaker_open_ms: Option<Spanned<i64>>,
}

/// Reads a text.
pub(super) fn read(text: &str) -> Result<(Settings, ProgramSettings), ParseError> {
    let RawSettings { documents, answer, services, limits, redis, server, log, otel, search, models, .. } =
        toml::from_str(text).map_err(|error| ParseError::new(text, &error))?;
    if let Some(name) = models.keys().find(|name| RESERVED.contains(&name.as_str())) {
        let at = text.find(&format!("models.{name}")).unwrap_or_default();
        let message = format!("the name models.{name} has a meaning of its own: choose another one");
        return Err(ParseError::at(text, at..at, &message));
    }
    let engine = aggregator_settings::read_over(engine_defaults(), text, "engine")?;
    let within = |name: &str, given: Option<Spanned<i64>>, default: u64, range: RangeInclusive<u64>| match given {
        None => Ok(default),
        Some(given) => match u64::try_from(*given.get_ref()) {
            Ok(value) if range.contains(&value) => Ok(value),
            _ => {
                let (min, max) = range.into_inner();
                let message = format!("{name} = {} is not between {min} and {max}", given.get_ref());
                Err(ParseError::at(text, given.span(), &message))
            }
        },
    };
    let default = ProgramSettings::default();
    let bytes = default.documents.max_file_bytes;
    let max_file_bytes =
        within("max_file_bytes", documents.max_file_bytes, bytes, aggregator_index::Options::FILE_BYTES)?;
    let sentences = within("sentences", answer.sentences, default.answer.sentences.into(), 1..=50)?;
    let ServiceSettings { retries, retry_percent, breaker_failures, breaker_open } = default.services;
    let retries = within("retries", services.retries, retries.into(), 0..=5)?;
    let retry_percent = within("retry_percent", services.retry_percent, retry_percent.into(), 0..=100)?;
    let breaker_failures = within("breaker_failures", services.breaker_failures, breaker_failures.into(), 0..=1_000)?;
    let open_ms = breaker_open.as_millis() as u64;
    let open_ms = within("breaker_open_ms", services.breaker_open_ms, open_ms, 100..=600_000)?;
    let model = answer.model.map(|model| {
        // A layer may name a model of another one.
        if models.is_empty() || models.contains_key(model.get_ref()) {
            return Ok(model.into_inner());
        }
        let known: Vec<&str> = models.keys().map(String::as_str).collect();
        let message = format!("model = {:?} is none of [models]; there are: {}", model.get_ref(), known.join(", "));
        Err(ParseError::at(text, model.span(), &message))
    });
    let own = ProgramSettings {
        documents: Documents { folders: documents.folders, max_file_bytes, cache: documents.cache },
        answer: Answer { sentences: sentences as u32, model: model.transpose()? },
        services: ServiceSettings {
            retries: retries as u32,
            retry_percent: retry_percent as u32,
            breaker_failures: breaker_failures as u32,
            breaker_open: Duration::from_millis(open_ms),
        },
        limits,
        redis,
        server,
        log,
        otel,
        search,
        models,
    };
    Ok((engine, own))
}
