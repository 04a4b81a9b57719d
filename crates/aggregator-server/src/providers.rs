//! `aggregator providers`: search services and models of the settings, with limits and prices.

use std::fmt::Write as _;
use std::io::Write as _;

use aggregator_core::{Price, QueryLimit};
use aggregator_providers::http::Limits;

use crate::exit::{self, Exit, ProgramError};
use crate::services::{self, Model, SearchService, Unusable};
use crate::settings::EffectiveSettings;
use crate::terminal;

/// Lists what there is; the exit code is that of the first service that cannot be used.
pub fn run(settings: &EffectiveSettings) -> Result<Exit, ProgramError> {
    let mut text = String::new();
    if settings.search.is_empty() && settings.models.is_empty() {
        text.push_str(
            "no service: answers come from documents alone. See [search] and [models] in the README of aggregator-server\n",
        );
        return print(&text).map(|()| Exit::Done);
    }
    let client = services::client()?;
    let searches = services::searches(&settings.search, &client);
    let models = services::models(&settings.models, &client);
    let usable = searches.iter().all(Result::is_ok) && models.iter().all(Result::is_ok);
    for service in &searches {
        entry(&mut text, service.as_ref().map(|service| search(service, settings)));
    }
    for one in &models {
        entry(&mut text, one.as_ref().map(|one| model(one, settings)));
    }
    print(&text)?;
    Ok(if usable { Exit::Done } else { Exit::Usage })
}

fn print(text: &str) -> Result<(), ProgramError> {
    anstream::stdout().write_all(terminal::clean(text).as_bytes()).map_err(|error| exit::output(&error))
}

/// What there is to say of a service: what it is about, and the value.
type Rows = Vec<(&'static str, String)>;

/// The section of a service, and indented below it what there is to say.
fn entry(text: &mut String, shown: Result<(&str, Rows), &Unusable>) {
    let (section, rows) = match shown {
        Ok(shown) => shown,
        Err(Unusable { section, cause }) => (section.as_str(), vec![("problem", cause.clone())]),
    };
    let _ = writeln!(text, "{section}");
    for (what, value) in rows {
        let _ = writeln!(text, "  {what:<8} {value}");
    }
}

fn search<'a>(service: &'a SearchService, settings: &EffectiveSettings) -> (&'a str, Rows) {
    let mut rows = vec![("address", service.address.clone()), ("key", key(service.key.as_deref()))];
    rows.push(("query", query_limit(service.provider.query_limit())));
    rows.push(("limit", limit(service.name(), settings)));
    rows.push(("time", times(Limits::SEARCH)));
    rows.extend(service.warnings.iter().map(|warning| ("warning", warning.to_string())));
    (&service.section, rows)
}

fn model<'a>(model: &'a Model, settings: &EffectiveSettings) -> (&'a str, Rows) {
    let mut rows = vec![
        ("address", model.address.clone()),
        ("model", format!("{} ({})", model.model, model.service.name())),
        ("key", key(model.key.as_deref())),
        ("answer", format!("at most {} tokens", model.max_tokens)),
        ("limit", limit(model.section.strip_prefix("models.").unwrap_or_default(), settings)),
        ("time", times(Limits::MODEL)),
        ("price", model.client.price().map_or_else(|| "not set".to_owned(), price)),
    ];
    rows.extend(model.warning.iter().map(|warning| ("warning", warning.to_string())));
    (&model.section, rows)
}

fn key(source: Option<&str>) -> String {
    source.map_or_else(|| "none".to_owned(), |source| format!("{source}, set"))
}

/// How often it may be asked.
fn limit(name: &str, settings: &EffectiveSettings) -> String {
    match settings.limits.get(name) {
        Some(limit) => format!("{limit} ([limits.{name}])"),
        None => format!("as the service tells; set one in [limits.{name}]"),
    }
}

fn query_limit(limit: QueryLimit) -> String {
    match (limit.chars, limit.words) {
        (u32::MAX, u32::MAX) => "of any length".to_owned(),
        (chars, u32::MAX) => format!("at most {chars} characters"),
        (u32::MAX, words) => format!("at most {words} words"),
        (chars, words) => format!("at most {chars} characters and {words} words"),
    }
}

fn times(limits: Limits) -> String {
    let Limits { connect, first_byte, total, .. } = limits;
    let seconds = |time: std::time::Duration| time.as_secs();
    format!(
        "{} s to connect, {} s to the first byte, {} s in all",
        seconds(connect),
        seconds(first_byte),
        seconds(total)
    )
}

/// In dollars a million tokens.
fn price(price: Price) -> String {
    let dollars = |billionths: u32| f64::from(billionths) / 1_000.0;
    format!("${} in, ${} out, a million tokens", dollars(price.input), dollars(price.output))
}
