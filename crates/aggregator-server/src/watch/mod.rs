//! How the server is watched: a log on standard error, and spans to a collector of OpenTelemetry.

mod line;
mod log;
#[cfg(feature = "otel")]
mod otel;
mod settings;
mod writer;

use std::sync::Arc;

use aggregator_http::Service;
use aggregator_observe::Observer;

use crate::exit::{Exit, ProgramError};
pub use line::Field;
use line::Line;
pub use log::Log;
pub use settings::{LogFormat, LogLevel, LogSettings, OtelSettings};

/// Time for spans that wait when the server ends.
#[cfg(feature = "otel")]
const FLUSH_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// What watches the server.
pub struct Watch {
    pub log: Arc<Log>,
    /// For calls of providers and models.
    pub observer: Observer,
    #[cfg(feature = "otel")]
    collector: Option<otel::Destination>,
}

/// Spans that are sent while the server runs.
pub struct Sending {
    #[cfg(feature = "otel")]
    telemetry: Option<aggregator_observe::otel::Telemetry>,
}

impl Watch {
    /// Starts the log, and reads where spans are sent.
    ///
    /// # Errors
    /// If the settings or the variables of OpenTelemetry cannot be used.
    pub fn start(log: LogSettings, otel: &OtelSettings) -> Result<Self, ProgramError> {
        let usage = |what: String| ProgramError::new(Exit::Usage, what);
        #[cfg(feature = "otel")]
        let collector = otel::Destination::find(otel, |name| std::env::var_os(name)).map_err(usage)?;
        #[cfg(not(feature = "otel"))]
        if otel.endpoint.is_some() {
            let what = "[otel]: this program was built without OpenTelemetry: build it with the feature `otel`, or remove `endpoint`";
            return Err(usage(what.into()));
        }
        let content = log.content;
        let log = Log::start(log).map_err(|error| usage(format!("there can be no thread for the log: {error}")))?;
        let log = Arc::new(log);
        let observer =
            Observer::new().with_content(otel.content).with_report_content(content).with_metrics(log.clone());
        Ok(Self {
            log,
            observer,
            #[cfg(feature = "otel")]
            collector,
        })
    }

    /// Starts sending spans, if they are to be sent. Needs a runtime.
    ///
    /// # Errors
    /// If there can be no client.
    #[cfg_attr(not(feature = "otel"), allow(unused_variables, clippy::unused_self))]
    pub fn send(&self, service: &Service) -> Result<Sending, ProgramError> {
        #[cfg(feature = "otel")]
        let telemetry = match &self.collector {
            None => None,
            Some(collector) => {
                let started = collector.start(service.observer());
                let telemetry = started.map_err(|what| ProgramError::new(Exit::Usage, what))?;
                let line = Line::new(LogLevel::Info, "spans", format!("spans are sent to {}", collector.origin()));
                self.log.write(&line);
                Some(telemetry)
            }
        };
        Ok(Sending {
            #[cfg(feature = "otel")]
            telemetry,
        })
    }

    /// The server ends.
    pub fn ending(&self, service: &Service) {
        let line = Line::new(LogLevel::Info, "ending", "a signal arrived: queries are ended");
        self.log.write(&line.with("queries", Field::Number(service.running() as u64)));
    }

    /// A message to the owner: as it is where the log is for people, else as a line of it. Waits until it is written, for a second at
    /// most.
    pub fn say(&self, level: LogLevel, event: &'static str, message: &str, fields: Vec<(&'static str, Field)>) {
        let line = Line::new(level, event, message);
        self.log.say(&fields.into_iter().fold(line, |line, (name, field)| line.with(name, field)));
        self.log.flush();
    }
}

impl Sending {
    /// Sends what waits, and says what was lost.
    #[cfg_attr(not(feature = "otel"), allow(unused_variables, clippy::unused_async))]
    pub async fn end(self, watch: &Watch) {
        #[cfg(feature = "otel")]
        if let Some(telemetry) = self.telemetry {
            let counts = telemetry.shutdown(FLUSH_WITHIN).await;
            let lost = counts.failed + counts.remaining();
            let level = if lost > 0 { LogLevel::Warn } else { LogLevel::Info };
            let line = Line::new(level, "spans", "no more spans are sent").with("sent", Field::Number(counts.sent));
            watch.log.write(&line.with("lost", Field::Number(lost)));
        }
    }
}
