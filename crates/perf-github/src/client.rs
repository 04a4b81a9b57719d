//! Requests to the API, within [`Limits`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use perf_judge::text::sanitize_line;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER, USER_AGENT};
use reqwest::{Method, Response, StatusCode};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time;
use url::{Host, Url};

use crate::error::Error;
use crate::limits::Limits;
use crate::token::Token;

/// A client of the API of one server.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Token,
    limits: Limits,
}

/// Whether a request may be sent again although the server may have carried it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Sending it twice has the effect of sending it once.
    Safe,
    /// Sending it twice could do something twice, so it is sent again only if it was refused.
    IfRefused,
}

/// Redirects that a download follows.
const MAX_REDIRECTS: usize = 3;

impl Client {
    /// Creates a client of the API at `base`, such as `https://api.github.com`.
    ///
    /// # Errors
    /// If the address is not one that a token may be sent to, or the system has no certificates.
    pub fn new(base: &str, token: Token, limits: Limits) -> Result<Self, Error> {
        let hint = "set GITHUB_API_URL to the address of the API, such as https://api.github.com";
        let base = Url::parse(base)
            .map_err(|error| Error::new(format!("the address of the API `{}`: {error}", sanitize_line(base)), hint))?;
        if !is_safe(&base, is_loopback(&base)) || !base.username().is_empty() || base.password().is_some() {
            return Err(Error::new(
                "the address of the API is not an https address without a name and a password",
                hint,
            ));
        }
        let tls = |error: &dyn std::fmt::Display| {
            Error::new(
                format!("TLS cannot be set up: {error}"),
                "install the certificates of the system (ca-certificates)",
            )
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| tls(&error))?
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            // A redirect would take the token along; a download follows it without.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(limits.connecting)
            .build()
            .map_err(|error| tls(&error.without_url()))?;
        Ok(Self { http, base, token, limits })
    }

    /// Gets JSON. `query` has pairs of unescaped names and values.
    ///
    /// # Errors
    /// If the server does not answer with success and JSON of this type, within the limits.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Error> {
        let answer = self.exchange(Method::GET, path, query, None, Repeat::Safe, self.limits.answer_bytes).await?;
        self.json(path, answer)
    }

    /// Sends JSON, and gets JSON.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
        repeat: Repeat,
    ) -> Result<T, Error> {
        let body = body.to_string().into_bytes();
        let answer = self.exchange(method, path, &[], Some(body), repeat, self.limits.answer_bytes).await?;
        self.json(path, answer)
    }

    /// Downloads a file that the API answers with or redirects to. The token is not sent to where it redirects.
    ///
    /// # Errors
    /// If the file is larger than [`Limits::artifact_bytes`], by what the server says or by what it sends, or as
    /// [`get`](Self::get).
    pub async fn download(&self, path: &str) -> Result<Vec<u8>, Error> {
        let limit = self.limits.artifact_bytes;
        let (location, body) = self.exchange(Method::GET, path, &[], None, Repeat::Safe, limit).await?;
        let Some(mut location) = location else { return Ok(body) };
        for _ in 0..MAX_REDIRECTS {
            // What the location is may be a secret: it has a signature that gives access.
            let target = Url::parse(&location).ok().filter(|url| is_safe(url, is_loopback(&self.base)));
            let target = target.ok_or_else(|| {
                Error::new(format!("{path} redirects to an address that is not https"), "run the workflow again")
            })?;
            let host = target.host_str().unwrap_or_default().to_owned();
            let request = || self.http.get(target.clone()).header(USER_AGENT, AGENT);
            let (next, body) = self.tried(&format!("GET {host}"), request, Repeat::Safe, limit).await?;
            match next {
                None => return Ok(body),
                Some(next) => location = next,
            }
        }
        Err(Error::new(format!("{path} redirects more than {MAX_REDIRECTS} times"), "run the workflow again"))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Vec<u8>>,
        repeat: Repeat,
        limit: u64,
    ) -> Result<(Option<String>, Vec<u8>), Error> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let authorization = self.token.authorization();
        let what = format!("{method} {path}");
        let request = || {
            let mut request = self.http.request(method.clone(), url.clone());
            request = request.header(USER_AGENT, AGENT).header(ACCEPT, "application/vnd.github+json");
            request = request.header("X-GitHub-Api-Version", "2022-11-28");
            if let Some(authorization) = &authorization {
                request = request.header(AUTHORIZATION, authorization.clone());
            }
            match &body {
                Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
                None => request,
            }
        };
        self.tried(&what, request, repeat, limit).await
    }

    /// Sends a request until it succeeds or is not worth another try. Returns where the answer redirects to, and its body.
    async fn tried(
        &self,
        what: &str,
        request: impl Fn() -> reqwest::RequestBuilder,
        repeat: Repeat,
        limit: u64,
    ) -> Result<(Option<String>, Vec<u8>), Error> {
        let mut wait = self.limits.first_wait;
        for left in (0..self.limits.tries.max(1)).rev() {
            let tried = time::timeout(self.limits.request, self.once(what, request(), limit)).await;
            let failure = match tried {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure {
                    error: lost(format!("{what}: no complete answer in {} s", self.limits.request.as_secs_f64())),
                    retry: Retry::Unknown(None),
                },
            };
            let asked = match failure.retry {
                Retry::Never => return Err(failure.error),
                Retry::Unknown(_) if repeat == Repeat::IfRefused => return Err(failure.error),
                Retry::Unknown(asked) | Retry::Refused(asked) => asked,
            };
            let pause = asked.unwrap_or(wait);
            if left == 0 || pause > self.limits.longest_wait {
                return Err(failure.error);
            }
            time::sleep(pause).await;
            wait *= 2;
        }
        // The last try has returned.
        Err(lost(format!("{what}: not tried")))
    }

    async fn once(
        &self,
        what: &str,
        request: reqwest::RequestBuilder,
        limit: u64,
    ) -> Result<(Option<String>, Vec<u8>), Failure> {
        let without_answer = |error: reqwest::Error| {
            let error = self.token.redacted(&causes(&error.without_url()));
            Failure { error: lost(format!("{what}: {error}")), retry: Retry::Unknown(None) }
        };
        let response = request.send().await.map_err(without_answer)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_redirection() {
            let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).map(str::to_owned);
            let to_nowhere = || Failure {
                error: Error::new(format!("{what}: {status} without a location"), "run the workflow again"),
                retry: Retry::Never,
            };
            return Ok((Some(location.ok_or_else(to_nowhere)?), Vec::new()));
        }
        // What explains a failure is short.
        let limit = if status.is_success() { limit } else { limit.min(1 << 20) };
        let body = body(response, limit).await;
        if status.is_success() {
            return match body {
                Ok(body) => Ok((None, body)),
                Err(BodyError::Lost(error)) => Err(without_answer(error)),
                Err(BodyError::TooLarge) => Err(Failure {
                    error: Error::new(
                        format!("{what}: the answer is larger than {limit} bytes"),
                        "it is not what the gate uploads: look at the run that made it",
                    ),
                    retry: Retry::Never,
                }),
            };
        }
        Err(self.refusal(what, status, &headers, &body.unwrap_or_default()))
    }

    /// The failure of an answer that is neither a success nor a redirect.
    fn refusal(&self, what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        #[derive(Deserialize)]
        struct Explanation {
            message: String,
        }
        let said = serde_json::from_slice::<Explanation>(body).map(|said| said.message).unwrap_or_default();
        let said = sanitize_line(&self.token.redacted(&said));
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
        let asked = number(RETRY_AFTER.as_str()).map(Duration::from_secs);
        let limited = asked.is_some() || number("x-ratelimit-remaining") == Some(0);
        let retry = match status {
            StatusCode::TOO_MANY_REQUESTS => Retry::Refused(asked),
            StatusCode::FORBIDDEN if limited => Retry::Refused(asked),
            status if status.is_server_error() => Retry::Unknown(asked),
            _ => Retry::Never,
        };
        let hint = match status {
            _ if retry != Retry::Never => TRY_LATER,
            StatusCode::UNAUTHORIZED => "the token is not valid: set GITHUB_TOKEN to `${{ github.token }}`",
            StatusCode::FORBIDDEN => {
                "the token may not do that: give the job `actions: read`, `checks: write` and `pull-requests: write`"
            }
            StatusCode::NOT_FOUND => "check GITHUB_REPOSITORY, and the permissions of the job",
            _ => "run the workflow again, and report it if it stays",
        };
        let error = Error::new(format!("{what}: {status}{said}"), hint).with_status(status.as_u16());
        let error = if retry == Retry::Never { error } else { error.transient() };
        Failure { error, retry }
    }

    fn json<T: DeserializeOwned>(&self, path: &str, answer: (Option<String>, Vec<u8>)) -> Result<T, Error> {
        let (location, body) = answer;
        if location.is_some() {
            let hint = "the repository was renamed: set GITHUB_REPOSITORY to its new name";
            return Err(Error::new(format!("{path} has moved"), hint));
        }
        serde_json::from_slice(&body).map_err(|error| {
            let error = sanitize_line(&self.token.redacted(&error.to_string()));
            Error::new(format!("{path}: the answer is not as expected: {error}"), "report it: the API may have changed")
        })
    }
}

/// The name that the API asks every client for.
const AGENT: &str = "perf-github";

const TRY_LATER: &str = "the server or the network is at fault: run the workflow again later";

/// A request that failed.
struct Failure {
    error: Error,
    retry: Retry,
}

/// Whether another try makes sense, and the wait that the server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    Never,
    /// The server may have carried the request out.
    Unknown(Option<Duration>),
    /// The server did not carry the request out.
    Refused(Option<Duration>),
}

fn lost(message: String) -> Error {
    Error::new(message, TRY_LATER).transient()
}

/// An error with its causes, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    sanitize_line(&text)
}

enum BodyError {
    TooLarge,
    Lost(reqwest::Error),
}

/// Reads a body of at most `limit` bytes; one that is announced as longer is not read.
async fn body(mut response: Response, limit: u64) -> Result<Vec<u8>, BodyError> {
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Lost)? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether a secret may be sent to an address: it is encrypted, or stays on this machine where that is allowed.
fn is_safe(url: &Url, loopback_allowed: bool) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && loopback_allowed && is_loopback(url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
