//! Search services out of their settings.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use aggregator_core::SearchProvider;
use aggregator_providers::http::{HttpClient, SecretWarning};
use aggregator_providers::search::{Brave, JsonSearch, Searxng, brave, endpoint, searxng};

use super::search_settings::SearchSettings;
use super::unusable::Unusable;

/// A search service.
pub struct SearchService {
    /// Its section in the settings, such as `search.brave`.
    pub section: String,
    /// The address that is asked.
    pub address: String,
    /// Where its key is, if it has one.
    pub key: Option<String>,
    /// What the owner should know about its keys.
    pub warnings: Vec<SecretWarning>,
    /// The client.
    pub provider: Box<dyn SearchProvider>,
}

impl SearchService {
    /// Its name in the settings.
    pub fn name(&self) -> &str {
        let section = self.section.strip_prefix("search.").unwrap_or(&self.section);
        section.strip_prefix("described.").unwrap_or(section)
    }
}

/// Looks up a variable of the environment.
type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The search services of the settings, each with the error that makes it unusable: Brave, SearXNG, then those that files
/// describe, by name.
pub fn searches(settings: &SearchSettings, client: &HttpClient) -> Vec<Result<SearchService, Unusable>> {
    let variables: Variables<'_> = &|name| std::env::var_os(name);
    let mut services = Vec::new();
    services.extend(settings.brave.as_ref().map(|settings| of_brave(settings, client, variables)));
    services.extend(settings.searxng.as_ref().map(|settings| of_searxng(settings, client)));
    services.extend(settings.described.iter().map(|(name, described)| {
        let section = format!("search.described.{name}");
        of_file(&section, &described.file, client, variables)
    }));
    services
}

fn of_brave(
    settings: &brave::Settings,
    client: &HttpClient,
    variables: Variables<'_>,
) -> Result<SearchService, Unusable> {
    let section = "search.brave";
    let key = settings.key.read(variables).map_err(|error| Unusable::new(section, &error))?;
    let warnings = key.warning().cloned().into_iter().collect();
    let provider = Brave::new(client.clone(), key, settings.clone()).map_err(|error| Unusable::new(section, &error))?;
    Ok(SearchService {
        section: section.into(),
        address: settings.base.clone(),
        key: Some(settings.key.to_string()),
        warnings,
        provider: Box::new(provider),
    })
}

fn of_searxng(settings: &searxng::Settings, client: &HttpClient) -> Result<SearchService, Unusable> {
    let section = "search.searxng";
    let provider = Searxng::new(client.clone(), settings.clone()).map_err(|error| Unusable::new(section, &error))?;
    Ok(SearchService {
        section: section.into(),
        address: settings.base.clone(),
        key: None,
        warnings: Vec::new(),
        provider: Box::new(provider),
    })
}

fn of_file(
    section: &str,
    file: &Path,
    client: &HttpClient,
    variables: Variables<'_>,
) -> Result<SearchService, Unusable> {
    let in_file = |what: &dyn std::fmt::Display| Unusable::new(section, &format!("{}: {what}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| in_file(&format!("it cannot be read: {error}")))?;
    let settings: endpoint::Settings =
        toml::from_str(&text).map_err(|error| in_file(&aggregator_settings::ParseError::new(&text, &error)))?;
    // A name of the file: which keys it takes is written there.
    let key = settings.headers.values().find(|value| value.contains("${")).map(|value| {
        let from = value.find("${").unwrap_or_default();
        value[from..].split_inclusive('}').next().unwrap_or_default().to_owned()
    });
    let address = settings.url.split(['?', '{']).next().unwrap_or_default().to_owned();
    let provider = JsonSearch::with_variables(client.clone(), settings, variables).map_err(|error| in_file(&error))?;
    let warnings = provider.warnings().cloned().collect();
    Ok(SearchService { section: section.into(), address, key, warnings, provider: Box::new(provider) })
}
