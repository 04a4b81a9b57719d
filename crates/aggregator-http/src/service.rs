//! The routes.

use std::sync::Arc;

use aggregator_observe::Observer;
use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::json;

use crate::answering::Offers;
use crate::chat;
use crate::error::ApiError;
use crate::host;
use crate::native;
use crate::page;
use crate::request_log::{Entry, RequestRecord};
use crate::settings::Settings;
use crate::shared::Shared;

/// Answers requests. Cheap to clone; clones are the same service.
#[derive(Debug, Clone)]
pub struct Service {
    pub(crate) shared: Shared,
    router: Router,
}

impl Service {
    /// A service that answers with these engines.
    pub fn new(offers: Offers, settings: Settings) -> Self {
        let shared = Shared::new(offers, settings);
        let router = page::routes()
            .fold(Router::new(), |router, (path, answered)| router.route(path, answered))
            .route("/v1/query", post(native::query))
            .route("/v1/search", post(native::search))
            .route("/v1/chat/completions", post(chat::completions))
            .route("/v1/models", get(models))
            .route("/v1/models/{name}", get(model))
            .route("/v1/responses", post(responses))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .fallback(not_found)
            .method_not_allowed_fallback(wrong_method)
            .layer(from_fn_with_state(shared.clone(), checked))
            .with_state(shared.clone());
        Self { shared, router }
    }

    /// The routes, for a server of one's own. [`serve`](crate::serve) is one that keeps limits.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Ends all queries: each of their streams ends with its terminal event. Queries that come later end at once.
    pub fn end_queries(&self) {
        self.shared.running.end_all();
    }

    /// The names of the engines that clients can choose.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.shared.offers.names()
    }

    /// The observer of its queries, which reports to its figures too: for what else they have to count, such as spans that are sent.
    pub fn observer(&self) -> &Observer {
        &self.shared.observer
    }

    /// Queries that run.
    pub fn running(&self) -> usize {
        self.shared.running.count()
    }
}

/// What is checked of each request, and said in each response.
async fn checked(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let record = Arc::new(RequestRecord::new(request.headers()));
    request.extensions_mut().insert(Arc::clone(&record));
    // Until the response is there: a client that is gone before drops it.
    let mut entry = shared.settings.log.clone().map(|log| Entry::new(log, record, &request));
    let route = route_of(request.uri().path());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed =
        origin.filter(|origin| shared.settings.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()));
    let is_preflight = request.method() == Method::OPTIONS && allowed.is_some();
    let is_open = matches!(route, "/healthz" | "/readyz") || page::is_of_page(route);
    let checked = match host::check(request.headers(), &shared.settings) {
        Ok(()) if is_open || is_preflight => Ok(None),
        // Only what asks is limited: a list of models costs nothing.
        Ok(()) => shared.keys.check(request.headers(), asks(route)),
        Err(error) => Err(error),
    };
    if let (Some(entry), Ok(key)) = (&mut entry, &checked) {
        entry.key = key.map(str::to_owned);
    }
    let mut response = match checked {
        Err(error) => error.into_response(),
        Ok(_) if is_preflight => StatusCode::NO_CONTENT.into_response(),
        Ok(_) => next.run(request).await,
    };
    shared.metrics.request(route, response.status().as_u16());
    let headers = response.headers_mut();
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    }
    match entry {
        None => response,
        Some(mut entry) => {
            entry.status = Some(response.status().as_u16());
            response.map(|body| entry.around(body))
        }
    }
}

/// Whether a route asks engines.
fn asks(route: &str) -> bool {
    matches!(route, "/v1/query" | "/v1/search" | "/v1/chat/completions")
}

/// A route as a label of a metric: paths are a client's to choose, and may be any number.
fn route_of(path: &str) -> &'static str {
    const ROUTES: [&str; 11] = [
        "/",
        "/page.css",
        "/page.js",
        "/v1/query",
        "/v1/search",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/responses",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}

async fn models(State(shared): State<Shared>) -> Response {
    let data: Vec<_> = shared.offers.names().map(|name| described(name, shared.started)).collect();
    Json(json!({"object": "list", "data": data})).into_response()
}

async fn model(
    State(shared): State<Shared>,
    name: Result<axum::extract::Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, ApiError> {
    let unreadable = |_| ApiError::invalid("invalid_path", "the name of the model is not UTF-8");
    let axum::extract::Path(name) = name.map_err(unreadable)?;
    let offer = shared.offer(Some(&name))?;
    Ok(Json(described(&offer.name, shared.started)).into_response())
}

fn described(name: &str, created: u64) -> serde_json::Value {
    json!({"id": name, "object": "model", "created": created, "owned_by": "aggregator"})
}

async fn responses() -> ApiError {
    let what = "this server has no Responses interface: use POST /v1/chat/completions";
    ApiError::new(StatusCode::NOT_FOUND, "unsupported_endpoint", what)
}

async fn ready(State(shared): State<Shared>) -> Response {
    match shared.running.ends() {
        true => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response(),
        false => "ready\n".into_response(),
    }
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let load = shared.offers.load();
    // All that are remembered either run or wait.
    let running = (shared.running.count() as u64).saturating_sub(load.waiting.into());
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_open = accepted.contains("application/openmetrics-text");
    let text = shared.metrics.text(running, load.waiting.into(), is_open);
    let kind = match is_open {
        true => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        false => "text/plain; version=0.0.4; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

async fn not_found(request: Request) -> ApiError {
    let path: String = request.uri().path().chars().take(80).collect();
    let what = format!(
        "there is nothing at {path:?}: POST /v1/query, /v1/chat/completions and /v1/search, GET /v1/models, /healthz, /readyz \
         and /metrics"
    );
    ApiError::new(StatusCode::NOT_FOUND, "not_found", what)
}

async fn wrong_method(request: Request) -> ApiError {
    let other = if request.method() == Method::POST { "GET" } else { "POST" };
    let what = format!("{} is not for {}: use {other}", request.method(), route_of(request.uri().path()));
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", what)
}
