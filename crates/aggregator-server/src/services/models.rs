//! Language models out of their settings.

use std::collections::BTreeMap;

use aggregator_providers::http::{EndpointError, HttpClient, Limits, PlainHttp, SecretWarning};
use aggregator_providers::model::{
    Anthropic, HttpModel, Ollama, OpenAi, PromptedModel, Reasoning, Service, Settings, TokenLimitField,
};

use super::model_settings::{ModelSettings, ServiceKind};
use super::unusable::Unusable;

/// Most tokens of an answer, unless a setting says otherwise.
const MAX_TOKENS: u32 = 2_048;

/// A language model of a service.
pub struct Model {
    /// Its section in the settings, such as `models.gpt`.
    pub section: String,
    /// The address that is asked.
    pub address: String,
    /// The interface.
    pub service: ServiceKind,
    /// The model's name at the service.
    pub model: String,
    /// Most tokens of an answer.
    pub max_tokens: u32,
    /// Where its key is, if it has one.
    pub key: Option<String>,
    /// What the owner should know about its key.
    pub warning: Option<SecretWarning>,
    /// The client.
    pub client: Box<dyn PromptedModel>,
}

/// The models of the settings, in the order of their names, each with the error that makes it unusable.
pub fn models(settings: &BTreeMap<String, ModelSettings>, client: &HttpClient) -> Vec<Result<Model, Unusable>> {
    settings.iter().map(|(name, settings)| model(name, settings, client)).collect()
}

/// The model of a section.
///
/// # Errors
/// When the key is missing, an address cannot be used, or a setting is not one of this service.
pub fn model(name: &str, settings: &ModelSettings, client: &HttpClient) -> Result<Model, Unusable> {
    let client = &client.clone().with_limits(Limits::MODEL);
    let section = format!("models.{name}");
    let unusable = |what: &dyn std::fmt::Display| Unusable::new(&section, what);
    check(settings).map_err(|what| unusable(&what))?;
    let kind = settings.service;
    let address = settings.base.clone().unwrap_or_else(|| kind.base().to_owned());
    let source = settings.key.clone().or_else(|| if settings.base.is_none() { kind.key() } else { None });
    let key = source
        .as_ref()
        .map(|source| source.read(|name| std::env::var_os(name)))
        .transpose()
        .map_err(|error| unusable(&error))?;
    let warning = key.as_ref().and_then(|key| key.warning().cloned());
    let price = settings.price.map(|price| price.price().ok_or("price: a price is from 0 to 4,000,000 dollars"));
    let price = price.transpose().map_err(|what| unusable(&what))?;
    let mut http = Settings::new(name, address.clone()).with_key(key).with_price(price);
    http.plain_http = PlainHttp::allowed_if(settings.allow_plain_http_key);
    let max_tokens = settings.max_tokens.unwrap_or(MAX_TOKENS);
    let client = match kind {
        ServiceKind::OpenAi => boxed(client, openai(settings, max_tokens), http),
        ServiceKind::Anthropic => boxed(client, anthropic(settings, max_tokens), http),
        ServiceKind::Ollama => boxed(client, ollama(settings, max_tokens), http),
    };
    let client = client.map_err(|error| unusable(&error))?;
    let (model, key) = (settings.model.clone(), source.map(|source| source.to_string()));
    Ok(Model { section, address, service: kind, model, max_tokens, key, warning, client })
}

/// # Errors
/// Names a setting that the service does not have.
fn check(settings: &ModelSettings) -> Result<(), String> {
    use ServiceKind::{Ollama, OpenAi};
    if settings.model.trim().is_empty() {
        return Err("model is empty: write the model's name at the service".into());
    }
    if settings.max_tokens == Some(0) {
        return Err("max_tokens is 0: an answer has at least 1 token".into());
    }
    let of = [
        ("remove_reasoning", settings.remove_reasoning.is_some(), &[OpenAi, Ollama][..]),
        ("usage", settings.usage.is_some(), &[OpenAi]),
        ("max_completion_tokens", settings.max_completion_tokens.is_some(), &[OpenAi]),
        ("context_tokens", settings.context_tokens.is_some(), &[Ollama]),
    ];
    match of.iter().find(|(_, is_set, services)| *is_set && !services.contains(&settings.service)) {
        None => Ok(()),
        Some((name, _, services)) => {
            let services: Vec<_> = services.iter().map(|service| service.name()).collect();
            Err(format!(
                "{name} is a setting of {}, not of {}: remove it",
                services.join(" and "),
                settings.service.name()
            ))
        }
    }
}

fn boxed<S: Service + 'static>(
    client: &HttpClient,
    service: S,
    settings: Settings,
) -> Result<Box<dyn PromptedModel>, EndpointError> {
    Ok(Box::new(HttpModel::new(client.clone(), service, settings)?))
}

fn reasoning(settings: &ModelSettings) -> Reasoning {
    if settings.remove_reasoning == Some(true) { Reasoning::Remove } else { Reasoning::Keep }
}

fn openai(settings: &ModelSettings, max_tokens: u32) -> OpenAi {
    let mut service = OpenAi::new(&settings.model);
    service.max_tokens = max_tokens;
    service.with_usage = settings.usage.unwrap_or(true);
    service.reasoning = reasoning(settings);
    service.extra.clone_from(&settings.extra);
    if settings.max_completion_tokens == Some(true) {
        service.token_limit_field = TokenLimitField::MaxCompletionTokens;
    }
    service
}

fn anthropic(settings: &ModelSettings, max_tokens: u32) -> Anthropic {
    let mut service = Anthropic::new(&settings.model);
    service.max_tokens = max_tokens;
    service.extra.clone_from(&settings.extra);
    service
}

fn ollama(settings: &ModelSettings, max_tokens: u32) -> Ollama {
    let mut service = Ollama::new(&settings.model);
    service.max_tokens = max_tokens;
    service.context_tokens = settings.context_tokens;
    service.reasoning = reasoning(settings);
    service.extra.clone_from(&settings.extra);
    service
}
