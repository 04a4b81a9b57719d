//! The clients of all services, with limits that end each fault within seconds.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::RankedSource;
use aggregator_core::{AnswerRequest, LanguageModel, Query, SearchProvider, SearchRequest};
use aggregator_mocks::fault_server::catalog::{ExpectedOutcome, Service};
use aggregator_providers::http::{HttpClient, Limits, Secret};
use aggregator_providers::model::{Anthropic, HttpModel, Ollama, OpenAi, Settings};
use aggregator_providers::search::{Brave, JsonSearch, Searxng, brave, endpoint, searxng};
use futures::StreamExt as _;
use tokio::time::Instant;

use super::outcome;

/// The key that no text may have.
pub const CANARY: &str = "canary-3f9c71d2e8";

/// Hits that are asked for.
pub const MAX_HITS: usize = 20;

/// Limits with this time for a whole request.
fn limits(total: Duration) -> Limits {
    let silence = total / 2;
    // Shorter than that for the first byte, which begins with it.
    Limits { connect: silence / 2, first_byte: silence, idle: silence, total, body: 1 << 20, ..Limits::SEARCH }
}

/// A client of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    Brave,
    Searxng,
    /// Described by settings, as an instance of SearXNG.
    JsonSearch,
    OpenAi,
    Anthropic,
    Ollama,
}

impl Client {
    /// All clients of a service.
    pub fn of(service: Service) -> &'static [Self] {
        match service {
            Service::Brave => &[Self::Brave],
            Service::Searxng => &[Self::Searxng, Self::JsonSearch],
            Service::OpenAi => &[Self::OpenAi],
            Service::Anthropic => &[Self::Anthropic],
            Service::Ollama => &[Self::Ollama],
            other => panic!("there is no client of {other:?}"),
        }
    }
}

/// What a client came to.
pub struct Asked {
    pub outcome: ExpectedOutcome,
    /// All that it says, in every form that it has.
    pub says: String,
}

/// A search service at an address; `None` of a model.
pub fn provider(client: Client, url: &str, total: Duration) -> Option<Box<dyn Provider>> {
    let http = HttpClient::new(limits(total)).expect("this system has certificates");
    Some(match client {
        Client::Brave => {
            let mut settings = brave::Settings::default();
            settings.base = url.to_owned();
            Box::new(Brave::new(http, key(), settings).unwrap())
        }
        Client::Searxng => {
            let mut settings = searxng::Settings::default();
            settings.base = url.to_owned();
            Box::new(Searxng::new(http, settings).unwrap())
        }
        Client::JsonSearch => {
            let settings = format!(
                "name = 'searx'\nurl = '{url}/search?q={{query}}'\n[headers]\nx-key = '${{KEY}}'\n\
                 [fields]\nhits = '/results'\nurl = '/url'\ntitle = '/title'\nsnippet = ['/content']"
            );
            let settings: endpoint::Settings = toml::from_str(&settings).expect("settings of a file");
            let variable = |_: &str| Some(CANARY.into());
            Box::new(JsonSearch::with_variables(http, settings, variable).unwrap())
        }
        Client::OpenAi | Client::Anthropic | Client::Ollama => return None,
    })
}

/// A search service that can be shown.
pub trait Provider: SearchProvider + std::fmt::Debug {}

impl<P: SearchProvider + std::fmt::Debug> Provider for P {}

fn key() -> Secret {
    Secret::from_variable("KEY", Some(CANARY.into())).expect("it looks like a key")
}

/// Asks a service at an address once, with this time for the whole request.
pub async fn ask(client: Client, url: &str, total: Duration) -> Asked {
    if let Some(provider) = provider(client, url, total) {
        return search(&*provider, total).await;
    }
    let http = HttpClient::new(limits(total)).expect("this system has certificates");
    let settings = Settings::new("model", url).with_key(Some(key()));
    match client {
        Client::Anthropic => answer(&HttpModel::new(http, Anthropic::new("m"), settings).unwrap(), total).await,
        Client::Ollama => answer(&HttpModel::new(http, Ollama::new("m"), settings).unwrap(), total).await,
        _ => answer(&HttpModel::new(http, OpenAi::new("m"), settings).unwrap(), total).await,
    }
}

fn query() -> Arc<Query> {
    Arc::new(Query::new("when was Rust 1.0 released?").unwrap())
}

async fn search(provider: &dyn Provider, total: Duration) -> Asked {
    let request = SearchRequest::new(query(), MAX_HITS as u32, Instant::now() + total * 2);
    let items: Vec<_> = provider.search(request).collect().await;
    Asked { outcome: outcome::of_search(&items), says: says(&items, &provider) }
}

async fn answer(model: &(impl LanguageModel + std::fmt::Debug), total: Duration) -> Asked {
    let sources: Arc<[RankedSource]> = Arc::new([]);
    let request = AnswerRequest::new(query(), sources, Instant::now() + total * 2);
    let items: Vec<_> = model.answer(request).collect().await;
    Asked { outcome: outcome::of_answer(&items), says: says(&items, model) }
}

/// The last item, and its causes, as people and as logs would show them.
fn says<T: std::fmt::Debug>(
    items: &[Result<T, aggregator_core::ProviderError>],
    client: &dyn std::fmt::Debug,
) -> String {
    let Some(Err(error)) = items.last() else { return format!("{:?} {client:?}", items.last()) };
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let causes = causes.map(|cause| format!("{cause} {cause:?} {cause:#?}")).collect::<Vec<_>>().join(" ");
    format!("{causes} {client:?}")
}
