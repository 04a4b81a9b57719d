//! The sections `[log]` and `[otel]`.

use std::collections::BTreeMap;
use std::time::Duration;

use aggregator_providers::http::SecretSource;
use clap::ValueEnum;
use serde::Deserialize;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One object of JSON on each line
    Json,
}

/// How important a line is, and which lines are written: these and more important ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing
    Off,
    /// What the server could not do
    Error,
    /// What was refused, failed queries, breakers that open
    Warn,
    /// Each request, start and end
    #[default]
    Info,
    /// Also requests for health and figures, waits, and retries
    Debug,
}

impl LogLevel {
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// What the server writes to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The form of the lines. Default text.
    pub format: LogFormat,
    /// Which lines are written. Default `info`.
    pub level: LogLevel,
    /// Whether lines have what is asked. Default no.
    pub content: bool,
}

/// Where spans are sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawOtel")]
pub struct OtelSettings {
    /// The address of the collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added. Default that of
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`; without both nothing is sent.
    pub endpoint: Option<String>,
    /// Headers by their names. Default those of `OTEL_EXPORTER_OTLP_HEADERS`, if the address is from the environment too.
    pub headers: BTreeMap<String, HeaderTemplate>,
    /// Whether headers may be sent over plain HTTP to another machine. Default no.
    pub allow_plain_http_key: bool,
    /// The name of the service. Default that of `OTEL_SERVICE_NAME`, else `aggregator`.
    pub service_name: Option<String>,
    /// Time for each request. Default 10 s.
    pub timeout: Duration,
    /// Whether spans have what is asked, and messages of errors. Default no.
    pub content: bool,
}

/// A header with a key in it: `Bearer ${NAME}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HeaderTemplate {
    pub before: String,
    pub key: SecretSource,
    pub after: String,
}

impl TryFrom<String> for HeaderTemplate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // The text is not repeated: it may be a key.
        let wrong = || {
            "the value of a header has one key in it, as ${NAME} of the environment or ${file:PATH}: write `Bearer ${NAME}`"
                .to_owned()
        };
        let (before, rest) = text.split_once("${").ok_or_else(wrong)?;
        let (key, after) = rest.split_once('}').ok_or_else(wrong)?;
        let key = SecretSource::try_from(format!("${{{key}}}")).map_err(|_| wrong())?;
        if after.contains("${") {
            return Err(wrong());
        }
        Ok(Self { before: before.to_owned(), key, after: after.to_owned() })
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawOtel {
    endpoint: Option<String>,
    headers: BTreeMap<String, HeaderTemplate>,
    allow_plain_http_key: bool,
    service_name: Option<String>,
    timeout_ms: u64,
    content: bool,
}

impl Default for RawOtel {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: BTreeMap::new(),
            allow_plain_http_key: false,
            service_name: None,
            timeout_ms: 10_000,
            content: false,
        }
    }
}

impl Default for OtelSettings {
    fn default() -> Self {
        match Self::try_from(RawOtel::default()) {
            Ok(settings) => settings,
            Err(what) => unreachable!("the defaults are within their ranges: {what}"),
        }
    }
}

impl TryFrom<RawOtel> for OtelSettings {
    type Error = String;

    fn try_from(raw: RawOtel) -> Result<Self, String> {
        if !(1..=60_000).contains(&raw.timeout_ms) {
            return Err(format!("timeout_ms = {} is not between 1 and 60000", raw.timeout_ms));
        }
        Ok(Self {
            endpoint: raw.endpoint,
            headers: raw.headers,
            allow_plain_http_key: raw.allow_plain_http_key,
            service_name: raw.service_name,
            timeout: Duration::from_millis(raw.timeout_ms),
            content: raw.content,
        })
    }
}
