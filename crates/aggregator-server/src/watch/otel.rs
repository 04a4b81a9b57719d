//! Where spans are sent: out of settings, or of the variables that OpenTelemetry defines.

use std::ffi::OsString;

use aggregator_observe::Observer;
use aggregator_observe::otel::{Bytes, Client, Posting, Reply, Telemetry, TelemetrySettings};
use aggregator_providers::http::{Endpoint, HttpClient, Limits, PlainHttp, Request, Secret};
use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use tokio::runtime::Handle;

use super::settings::OtelSettings;

/// Longest response of a collector, in bytes: it is empty, or says how many spans were refused and why.
const MAX_RESPONSE: usize = 64 << 10;

/// Fewest characters of a key in a variable.
const SHORTEST_KEY: usize = 4;

/// A collector, and what names this program there.
pub struct Destination {
    collector: Collector,
    settings: TelemetrySettings,
}

/// A collector that is asked over the HTTP layer of the services, with its limits.
#[derive(Debug, Clone)]
struct Collector {
    client: HttpClient,
    endpoint: Endpoint,
    headers: Headers,
}

/// Headers, and the keys in them.
#[derive(Debug, Clone, Default)]
struct Headers {
    all: Vec<(HeaderName, HeaderValue)>,
    keys: Vec<Secret>,
}

impl Client for Collector {
    fn post(&self, body: Bytes) -> Posting {
        let mut request = Request::post(self.endpoint.clone(), "application/x-protobuf", body);
        for (name, value) in &self.headers.all {
            request = request.with_header(name.clone(), value.clone());
        }
        let client = self.client.clone();
        Box::pin(async move {
            let response = client.send(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            // Why a batch was refused may repeat what was sent.
            let body = if response.is_success() { response.bytes().await } else { Ok(Bytes::new()) };
            Ok(Reply { status, body: body.map_err(|error| error.to_string())? })
        })
    }

    fn without_keys(&self, text: &str) -> String {
        self.headers.keys.iter().fold(text.to_owned(), |text, key| key.redact(&text))
    }
}

impl Destination {
    /// The collector of the settings, or of the variables; `None` where neither names one.
    ///
    /// # Errors
    /// If address or headers cannot be used. Values of headers are not in the error.
    pub fn find(settings: &OtelSettings, variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, String> {
        // One that is empty counts as not set, says OpenTelemetry.
        let text = |name: &str| variable(name)?.into_string().ok().filter(|text| !text.trim().is_empty());
        if settings.endpoint.is_none()
            && text("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"))
        {
            return Ok(None);
        }
        const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
        const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let named = |setting: &str, address: &str| Endpoint::new(setting, address).map_err(|error| error.to_string());
        let (setting, endpoint, headers) = match (&settings.endpoint, text(TRACES), text(ALL)) {
            (Some(address), ..) => {
                let headers = of_settings(settings, &variable)?;
                ("otel.endpoint", named("otel.endpoint", address)?.with_path("v1/traces"), headers)
            }
            (None, Some(address), _) => (TRACES, named(TRACES, &address)?, of_variables(text)?),
            (None, None, Some(address)) => (ALL, named(ALL, &address)?.with_path("v1/traces"), of_variables(text)?),
            (None, None, None) if !settings.headers.is_empty() => {
                return Err("[otel] has headers and no endpoint: add the address of the collector".into());
            }
            (None, None, None) => return Ok(None),
        };
        let plain = PlainHttp::allowed_if(settings.allow_plain_http_key);
        let endpoint = match headers.all.is_empty() {
            true => endpoint,
            false => endpoint.for_key(setting, plain).map_err(|error| error.to_string())?,
        };
        let timeout = settings.timeout;
        let limits =
            Limits { first_byte: timeout, idle: timeout, total: timeout, body: MAX_RESPONSE, ..Limits::SEARCH };
        let client = HttpClient::new(limits).map_err(|error| format!("[otel]: {error}"))?;
        let service = settings.service_name.clone().or_else(|| text("OTEL_SERVICE_NAME"));
        let settings = TelemetrySettings::new(service.unwrap_or_else(|| "aggregator".into()))
            .version(env!("CARGO_PKG_VERSION"))
            .timeout(timeout);
        Ok(Some(Self { collector: Collector { client, endpoint, headers }, settings }))
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.collector.endpoint.url().origin().ascii_serialization()
    }

    /// Starts sending the spans of this process. Needs a runtime.
    ///
    /// # Errors
    /// If the process has a subscriber.
    pub fn start(&self, observer: &Observer) -> Result<Telemetry, String> {
        let telemetry = Telemetry::start(self.settings.clone(), self.collector.clone(), Handle::current(), observer);
        telemetry.install().map_err(|error| format!("spans cannot be sent: {error}"))?;
        Ok(telemetry)
    }
}

/// The headers of the settings.
fn of_settings(settings: &OtelSettings, variable: impl Fn(&str) -> Option<OsString>) -> Result<Headers, String> {
    let mut headers = Headers::default();
    for (name, template) in &settings.headers {
        let place = format!("otel.headers.{name}");
        let key = template.key.read(&variable).map_err(|error| format!("{place}: {error}"))?;
        let value = key.header(&template.before, &template.after);
        let value = value.map_err(|error| format!("{place}: {error}"))?;
        headers.all.push((header_name(&place, name)?, value));
        headers.keys.push(key);
    }
    Ok(headers)
}

/// The headers of `OTEL_EXPORTER_OTLP_TRACES_HEADERS` or `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, with escapes as in URLs.
fn of_variables(text: impl Fn(&str) -> Option<String>) -> Result<Headers, String> {
    let (all, traces) = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
    let mut headers = Headers::default();
    let Some((variable, list)) = [traces, all].into_iter().find_map(|name| Some((name, text(name)?))) else {
        return Ok(headers);
    };
    for pair in list.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("{variable} is no list of name=value"))?;
        let value = percent_decode_str(value.trim()).collect::<Vec<u8>>();
        headers.keys.extend(keys_in(variable, &value));
        let value = HeaderValue::from_bytes(&value);
        let mut value = value.map_err(|_| format!("{variable} has a value that no header has"))?;
        value.set_sensitive(true);
        headers.all.push((header_name(variable, name.trim())?, value));
    }
    Ok(headers)
}

/// What may be a key in the value of a header, of which a variable does not say where one is: each of its words, but for the name of a
/// scheme before others, and for those of fewer characters than [`SHORTEST_KEY`], such as a number of a tenant.
fn keys_in(variable: &str, value: &[u8]) -> Vec<Secret> {
    let value = String::from_utf8_lossy(value);
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let keys = if words.len() > 1 { &words[1..] } else { &words[..] };
    let keys = keys.iter().filter(|key| key.len() >= SHORTEST_KEY);
    // One that is no key in its form is none.
    keys.filter_map(|key| Secret::from_variable(variable, Some(key.into())).ok()).collect()
}

fn header_name(place: &str, name: &str) -> Result<HeaderName, String> {
    // A name may be a key that stands in the wrong place.
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{place} is no name of a header"))
}

#[cfg(test)]
mod tests {
    use aggregator_settings::ParseError;

    use super::*;

    const ALL: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/");
    const KEY: (&str, &str) = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20canary-1,x-team = a ");

    fn found(settings: &str, variables: &[(&str, &str)]) -> Result<Option<Destination>, String> {
        // As the program shows errors of a settings file.
        let told = |error| ParseError::new(settings, &error).to_string();
        let settings: OtelSettings = toml::from_str(settings).map_err(told)?;
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Destination::find(&settings, find)
    }

    fn shown(destination: &Destination) -> String {
        let Collector { endpoint, headers, .. } = &destination.collector;
        let headers: Vec<_> =
            headers.all.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
        format!("{} {} {headers:?}", endpoint.url(), destination.settings.service)
    }

    #[test]
    fn a_setting_is_over_a_variable_and_without_both_nothing_is_sent() {
        assert!(found("", &[]).unwrap().is_none());
        assert!(found("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", " "), KEY]).unwrap().is_none());
        assert!(found("", &[ALL, ("OTEL_SDK_DISABLED", "TRUE")]).unwrap().is_none());
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c.example/own");
        let settings = "endpoint = 'https://d.example/otlp'\nservice_name = 's'\nheaders = { x-key = 'k ${OTHER}' }";
        for (settings, variables, expected) in [
            ("", &[ALL][..], "http://127.0.0.1:4318/v1/traces aggregator []"),
            (
                "",
                &[ALL, KEY, ("OTEL_SERVICE_NAME", "n")],
                "http://127.0.0.1:4318/v1/traces n [\"authorization=Bearer canary-1\", \"x-team=a\"]",
            ),
            ("", &[ALL, traces], "https://c.example/own aggregator []"),
            ("service_name = 's'", &[ALL, ("OTEL_SERVICE_NAME", "n")], "http://127.0.0.1:4318/v1/traces s []"),
            (
                "",
                &[traces, KEY, ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-own=1")],
                "https://c.example/own aggregator [\"x-own=1\"]",
            ),
            // Keys of the environment go to the collector of the environment only.
            (settings, &[ALL, KEY, ("OTHER", "v")], "https://d.example/otlp/v1/traces s [\"x-key=k v\"]"),
        ] {
            assert_eq!(shown(&found(settings, variables).unwrap().unwrap()), expected);
        }
    }

    /// A collector repeats what it was sent.
    #[test]
    fn keys_are_taken_out_of_what_a_collector_says() {
        let settings = "endpoint = 'https://d.example'\nheaders = { x-key = 'k ${OTHER}', x-short = '${SHORT}' }";
        let said = "Bearer canary-1, Basic Y2FuYXJ5, x-team a, canary-2: no canary-3, zy, cut canary-i";
        for (settings, variables, shown) in [
            (
                "",
                &[ALL, ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20canary-1,a=Basic%20Y2FuYXJ5,x-team=a")][..],
                "Bearer …, Basic …, x-team a, canary-2: no canary-3, zy, cut canary-i",
            ),
            (
                "",
                &[ALL, ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-2")],
                "Bearer canary-1, Basic Y2FuYXJ5, x-team a, …: no canary-3, zy, cut canary-i",
            ),
            (
                settings,
                &[("OTHER", "canary-3"), ("SHORT", "zy")],
                "Bearer canary-1, Basic Y2FuYXJ5, x-team a, canary-2: no …, …, cut canary-i",
            ),
            (
                settings,
                &[("OTHER", "canary-4"), ("SHORT", "canary-is-cut")],
                "Bearer canary-1, Basic Y2FuYXJ5, x-team a, canary-2: no canary-3, zy, cut …",
            ),
        ] {
            let destination = found(settings, variables).unwrap().unwrap();
            assert_eq!(destination.collector.without_keys(said), shown, "{settings} {variables:?}");
        }
    }

    #[test]
    fn errors_name_the_place_and_show_no_key() {
        let wrong = |settings: &str, variables: &[(&str, &str)]| found(settings, variables).err().unwrap();
        for (error, says) in [
            (wrong("endpoint = 'canary.example'", &[]), "otel.endpoint is not an address"),
            (wrong("endpoint = 'http://a:canary@b.example'", &[]), "otel.endpoint has a user name or a password"),
            (wrong("headers = { a = 'canary' }", &[]), "${NAME}"),
            (wrong("headers = { a = '${A}${canary}' }", &[]), "one key in it"),
            (wrong("headers = { a = '${A}' }", &[]), "no endpoint"),
            (wrong("endpoint = 'https://c.example'\nheaders = { a = '${A}' }", &[]), "otel.headers.a: A is not set"),
            (
                wrong("endpoint = 'https://c.example'\nheaders = { 'a b' = '${A}' }", &[("A", "canary")]),
                "no name of a header",
            ),
            (
                wrong("endpoint = 'http://c.example'\nheaders = { a = '${A}' }", &[("A", "canary")]),
                "where others could read",
            ),
            (
                wrong("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c.example"), KEY]),
                "OTEL_EXPORTER_OTLP_ENDPOINT is http://c.example",
            ),
            (wrong("", &[ALL, ("OTEL_EXPORTER_OTLP_HEADERS", "canary")]), "OTEL_EXPORTER_OTLP_HEADERS is no list"),
            (wrong("", &[ALL, ("OTEL_EXPORTER_OTLP_HEADERS", "a=canary%0Ab")]), "a value that no header has"),
            (wrong("", &[ALL, ("OTEL_EXPORTER_OTLP_HEADERS", "the canary=b")]), "no name of a header"),
            (wrong("timeout_ms = 0", &[]), "timeout_ms = 0 is not between"),
            (wrong("endpont = 'x'", &[]), "unknown field `endpont`"),
        ] {
            assert!(error.contains(says), "{error} should say {says}");
            assert!(!error.contains("canary"), "{error}");
        }
        assert!(!format!("{:?}", found("", &[ALL, KEY]).unwrap().unwrap().collector).contains("canary"));
    }
}
