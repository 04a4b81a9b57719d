//! The log of the server: a line for each request, and for what else its owner should know.

use std::io::Write;

use aggregator_core::{PolicyAction, PolicyReport};
use aggregator_http::{RequestLog, RequestReport};
use aggregator_observe::{
    Export, Measure, Metrics, QueryEnd, QueryReport, error_of, origin_name, outcome_name, policy_name,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::line::{Call, Field, Line};
use super::settings::{LogFormat, LogLevel, LogSettings};
use super::writer::Writer;
use crate::terminal::clean;

/// Longest method and path of a request that a line has, in bytes.
const MAX_METHOD: usize = 20;
const MAX_PATH: usize = 256;

/// What is no part of a path (RFC 3986, section 3.3), beside all that is not ASCII.
const NOT_IN_PATHS: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// The log. It is told of requests by the server, and of breakers and spans as one of the metrics.
#[derive(Debug)]
pub struct Log {
    settings: LogSettings,
    writer: Writer,
}

impl Log {
    /// Starts the log on standard error.
    ///
    /// # Errors
    /// If there can be no further thread.
    pub fn start(settings: LogSettings) -> std::io::Result<Self> {
        Self::to(std::io::stderr(), settings)
    }

    fn to(output: impl Write + Send + 'static, settings: LogSettings) -> std::io::Result<Self> {
        let format = settings.format;
        let lost = move |lost| {
            let line = Line::new(LogLevel::Warn, "lines_lost", "lines of the log were lost: they came too fast");
            line.with("lines", Field::Number(lost)).format(format, &now())
        };
        Ok(Self { settings, writer: Writer::start(output, lost)? })
    }

    /// Whether the lines are for people.
    pub fn is_text(&self) -> bool {
        self.settings.format == LogFormat::Text
    }

    /// Writes a line, if it is important enough.
    pub fn write(&self, line: &Line) {
        if line.level <= self.settings.level {
            self.writer.write(line.format(self.settings.format, &now()));
        }
    }

    /// Writes what the program says, if it is important enough: as it is where the log is for people, else as a line.
    pub fn say(&self, line: &Line) {
        if self.is_text() && line.level <= self.settings.level {
            self.writer.write(clean(&line.message));
        } else {
            self.write(line);
        }
    }

    /// Waits until all lines are written, for one second at most: the process at the other end of a pipe may have stopped reading.
    pub fn flush(&self) {
        self.writer.flush();
    }
}

/// The time of day, in milliseconds (RFC 3339).
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl RequestLog for Log {
    fn ended(&self, report: &RequestReport<'_>) {
        self.write(&request(report));
    }
}

impl Metrics for Log {
    fn record(&self, measure: &Measure<'_>) {
        match measure {
            Measure::Policy(report) => self.write(&policy(report)),
            Measure::Export(report) => self.write(&export(report)),
            _ => {}
        }
    }
}

/// The line of a request.
fn request(report: &RequestReport<'_>) -> Line {
    let status = report.status.map_or("-".to_owned(), |status| status.to_string());
    let message = format!("{:.MAX_METHOD$} {} {status}", report.method, shown_path(report.path));
    let line = Line::new(level(report), "request", message)
        .with("duration", Field::Time(report.duration))
        .with_some("key", report.key, |key| Field::Text(key.into()))
        .with_some("response", (!report.is_complete).then_some(QueryEnd::Dropped), |end| {
            Field::Text(end.name().into())
        });
    match report.query {
        Some(query) => of_query(line, query),
        None => line,
    }
}

/// A path as addresses have it, as one word: with escapes for what they may not have, which clients send nevertheless. One that is long
/// is cut, so that the status stands behind each.
fn shown_path(path: &str) -> String {
    let path = utf8_percent_encode(path, NOT_IN_PATHS).to_string();
    if path.len() <= MAX_PATH { path } else { format!("{}…", &path[..MAX_PATH]) }
}

fn of_query(line: Line, query: &QueryReport) -> Line {
    let counted = |count: u32| (count > 0).then_some(u64::from(count));
    let calls = query.providers.iter().map(|report| Call {
        name: report.provider.to_string(),
        outcome: outcome_name(&report.outcome),
        error: error_of(&report.outcome),
        time: report.latency,
        hits: report.hits,
    });
    let calls: Vec<Call> = calls.collect();
    let tokens = query.usage.input_tokens + query.usage.output_tokens;
    let tokens = (tokens > 0).then_some(query.usage);
    line.with("query", Field::Text(query.outcome.name().into()))
        .with_some("error", query.error, |error| Field::Text(error.into()))
        .with_some("reused", query.reused, |origin| Field::Text(origin_name(origin).into()))
        .with_some("first_result", query.first_result, Field::Time)
        .with_some("first_text", query.first_text, Field::Time)
        .with_some("providers", (!calls.is_empty()).then_some(calls), Field::Calls)
        .with_some("input_tokens", tokens, |usage| Field::Number(usage.input_tokens))
        .with_some("output_tokens", tokens, |usage| Field::Number(usage.output_tokens))
        .with_some("retries", counted(query.retries), Field::Number)
        .with_some("stalls", counted(query.stalls), Field::Number)
        .with_some("text", query.text.as_ref(), |text| Field::Text(text.clone()))
}

fn level(report: &RequestReport<'_>) -> LogLevel {
    let is_probe = matches!(report.path, "/healthz" | "/readyz" | "/metrics");
    let has_failed = report.query.is_some_and(|query| query.outcome == QueryEnd::Failed);
    match report.status {
        // What asks to come later, or is not allowed, was refused.
        Some(401 | 403 | 421 | 429 | 503) => LogLevel::Warn,
        Some(500..) => LogLevel::Error,
        Some(200) if is_probe => LogLevel::Debug,
        _ if has_failed => LogLevel::Warn,
        _ => LogLevel::Info,
    }
}

fn policy(report: &PolicyReport) -> Line {
    let (level, wait) = match report.action {
        PolicyAction::BreakerOpened { wait } => (LogLevel::Warn, Some(wait)),
        PolicyAction::BreakerClosed => (LogLevel::Info, None),
        PolicyAction::Waiting { wait } | PolicyAction::Retrying { wait, .. } => (LogLevel::Debug, Some(wait)),
        _ => (LogLevel::Debug, None),
    };
    Line::new(level, "policy", policy_name(&report.action))
        .with("service", Field::Text(report.service.to_string()))
        .with_some("wait", wait, Field::Time)
}

fn export(export: &Export) -> Line {
    match &export.error {
        // Once, and then only counted.
        Some(error) => {
            let level = if export.is_news { LogLevel::Warn } else { LogLevel::Debug };
            let line = Line::new(level, "spans_lost", format!("spans could not be sent: {error}"));
            line.with("spans", Field::Number(export.lost))
        }
        None => {
            let level = if export.is_news { LogLevel::Info } else { LogLevel::Debug };
            Line::new(level, "spans_sent", "spans were sent").with("spans", Field::Number(export.spans))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use aggregator_core::ProviderErrorKind;
    use aggregator_core::event::ProviderName;

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Its own messages as well as the lines of requests, in both forms.
    #[test]
    fn what_is_less_important_than_the_level_is_not_written() {
        let levels = [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug];
        for format in [LogFormat::Text, LogFormat::Json] {
            for (number, level) in levels.into_iter().enumerate() {
                let output = Output::default();
                let log = Log::to(output.clone(), LogSettings { format, level, content: false }).unwrap();
                for of in &levels[1..] {
                    log.write(&Line::new(*of, "event", format!("a line of {}", of.name())));
                    log.say(&Line::new(*of, "event", format!("a message of {}", of.name())));
                }
                log.flush();
                let written = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
                assert_eq!(written.lines().count(), 2 * number, "{level:?}: {written}");
                for of in &levels[1..=number] {
                    let (line, message) = (format!("a line of {}", of.name()), format!("a message of {}", of.name()));
                    let as_it_is = written.lines().any(|line| line == message);
                    assert!(written.contains(&line) && written.contains(&message), "{level:?}: {written}");
                    assert_eq!(as_it_is, format == LogFormat::Text, "{written}");
                }
            }
        }
    }

    #[test]
    fn what_policies_do_is_said_as_loud_as_it_matters() {
        let wait = Duration::from_secs(10);
        let retrying = PolicyAction::Retrying { retry: 1, wait, error: ProviderErrorKind::Unreachable };
        for (action, expected) in [
            (PolicyAction::BreakerOpened { wait }, "T warn  breaker opened service=web wait=10.000s"),
            (PolicyAction::BreakerClosed, "T info  breaker closed service=web"),
            (retrying, "T debug retrying service=web wait=10.000s"),
            (PolicyAction::Probing, "T debug probing service=web"),
        ] {
            let report = PolicyReport { service: ProviderName::new("web"), action };
            assert_eq!(policy(&report).format(LogFormat::Text, "T"), expected);
        }
    }
}
