//! The network as a transport.

use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aggregator_core::CleanText;
use futures::{FutureExt as _, StreamExt as _};
use reqwest::Method;
use reqwest::header::USER_AGENT;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::error::HttpError;
use super::request::Request;
use super::tls_error;
use super::transport::{RawResponse, Sending, Transport};

/// Connections of HTTP/1.1: dropping a response closes its connection, so that the service stops.
#[derive(Debug)]
pub(super) struct Network {
    /// For other machines; through the proxy that the environment names.
    remote: reqwest::Client,
    /// For this machine: a proxy elsewhere would be sent what should stay here.
    loopback: reqwest::Client,
    connect: Duration,
}

/// The name that services see.
const AGENT: &str = concat!("aggregator/", env!("CARGO_PKG_VERSION"));

impl Network {
    /// Idle connections to each host, for queries that come one by one.
    pub(super) const IDLE_CONNECTIONS: usize = 8;

    /// # Errors
    /// If TLS cannot be set up.
    pub(super) fn new(connect: Duration, idle_connections: usize) -> Result<Self, HttpError> {
        let builder = || Ok(builder(connect)?.pool_max_idle_per_host(idle_connections));
        let remote = build(builder()?)?;
        let loopback = build(builder()?.no_proxy())?;
        Ok(Self { remote, loopback, connect })
    }
}

/// What all clients have in common.
///
/// # Errors
/// If TLS cannot be set up.
pub(super) fn builder(connect: Duration) -> Result<reqwest::ClientBuilder, HttpError> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        // A redirect would send the key to another host, or connect to an address that was not checked.
        .redirect(reqwest::redirect::Policy::none())
        // The caller decides about retries.
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(connect)
        .pool_max_idle_per_host(Network::IDLE_CONNECTIONS)
        .pool_idle_timeout(Duration::from_secs(30));
    Ok(builder)
}

/// # Errors
/// If TLS cannot be set up.
pub(super) fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, HttpError> {
    builder.build().map_err(|error| not_set_up(&error.without_url()))
}

/// Sends a request, and returns when status and headers are there.
pub(super) fn send(builder: reqwest::RequestBuilder, connect: Duration) -> Sending {
    let builder = builder.header(USER_AGENT, AGENT);
    async move {
        let response = builder.send().await.map_err(|error| without_response(error, connect))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes_stream().map(|piece| piece.map_err(in_body)).boxed();
        Ok(RawResponse { status, headers, body })
    }
    .boxed()
}

/// Trust in the certificates of the system, which are read once a process: that takes tens of milliseconds. Where there are none,
/// no certificate is trusted: a service without TLS, as one on this machine, can be asked all the same.
///
/// # Errors
/// If TLS cannot be set up.
fn tls() -> Result<ClientConfig, HttpError> {
    static TLS: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(tls) = TLS.get() {
        return Ok(tls.clone());
    }
    // Given to the client instead of installed for the process, which is the program's to decide.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        builder.with_safe_default_protocol_versions().map_err(|error| not_set_up(&error))
    };
    let trusting = match builder()?.with_platform_verifier() {
        Ok(system) => system,
        Err(_) => builder()?.with_root_certificates(RootCertStore::empty()),
    };
    let tls = trusting.with_no_client_auth();
    Ok(TLS.get_or_init(|| tls).clone())
}

fn not_set_up(error: &dyn Error) -> HttpError {
    HttpError::Request { cause: format!("TLS cannot be set up: {}", causes(error)) }
}

impl Transport for Network {
    fn send(&self, request: Request) -> Sending {
        let client = if request.endpoint().is_loopback() { &self.loopback } else { &self.remote };
        let method = if request.body().is_some() { Method::POST } else { Method::GET };
        let mut builder = client.request(method, request.endpoint().url().clone());
        builder = builder.headers(request.headers().clone());
        if let Some(body) = request.body() {
            builder = builder.body(body.clone());
        }
        send(builder, self.connect)
    }
}

fn without_response(error: reqwest::Error, connect: Duration) -> HttpError {
    let error = error.without_url();
    let cause = causes(&error);
    if error.is_connect() && error.is_timeout() {
        HttpError::ConnectTimeout { after: connect }
    } else if let Some(cause) = tls_error::explanation(&error) {
        HttpError::Tls { cause }
    } else if error.is_connect() {
        HttpError::Connect { cause }
    } else if error.is_builder() {
        HttpError::Request { cause }
    } else if chain(&error).any(|cause| cause.is::<io::Error>()) || cause.contains("closed before message completed") {
        HttpError::Truncated { cause }
    } else {
        HttpError::Protocol { cause }
    }
}

/// The connection ended, or what came is not the body that the headers announce.
fn in_body(error: reqwest::Error) -> HttpError {
    HttpError::Truncated { cause: causes(&error.without_url()) }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The innermost causes, on one line: the outer ones say only that a request was sent.
fn causes(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts.dedup();
    let first = texts.len().saturating_sub(2);
    CleanText::single_line(texts[first..].join(": ")).as_str().chars().take(160).collect()
}
