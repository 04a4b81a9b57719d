//! Spans as OpenTelemetry has them, sent in batches to a collector over OTLP; with the feature `otel`.
//!
//! [`Telemetry::start`] begins a thread that collects spans and sends them every five seconds, or when there are 512; 2,048 wait at
//! most, and more are dropped. `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BSP_MAX_QUEUE_SIZE`,
//! `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` and `OTEL_RESOURCE_ATTRIBUTES` are read as OpenTelemetry defines them. No query
//! waits for it: a collector that is down, slow or broken costs spans and nothing else.

mod batch;
mod client;
mod counted;
mod exporter;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanExporter};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::names;
use crate::observer::Observer;
use batch::{BatchSender, OwnExporter};
pub use bytes::Bytes;
pub use client::{Client, Posting, Reply};
pub use counted::SpanCounts;
use counted::{CountingExporter, CountingProcessor, Counts};
use exporter::OtlpExporter;

/// What names the program, and bounds its requests.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TelemetrySettings {
    /// The name of the service (`service.name`).
    pub service: String,
    /// Its version (`service.version`), if it has one.
    pub version: Option<String>,
    /// Time for the request of a batch.
    pub timeout: Duration,
}

impl TelemetrySettings {
    /// The default of [`timeout`](Self::timeout), that of OTLP's specification.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// The settings of a service of that name.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), version: None, timeout: Self::TIMEOUT }
    }

    /// Sets the version of the service.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// Sets the time for a request.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

/// What collects the spans of a process and sends them. Keep it until the end, and [shut it down](Self::shutdown) then: what is dropped
/// without that may block for some seconds.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    counts: Arc<Counts>,
}

impl Telemetry {
    /// Starts sending spans over a client, whose requests are made on a runtime with input, output and time. What becomes of batches is
    /// [reported](crate::Measure::Export) to the observer's metrics.
    ///
    /// Spans are those of the subscribers that have the [layer](Self::layer); [`install`](Self::install) makes one for the process.
    pub fn start(settings: TelemetrySettings, client: impl Client, runtime: Handle, observer: &Observer) -> Self {
        let exporter = OtlpExporter::new(Arc::new(client), runtime, settings.timeout);
        Self::with_sender(settings, exporter, observer)
    }

    /// Starts sending spans with an exporter of one's own. A batch for which it returns an error counts as lost.
    pub fn with_exporter(
        settings: TelemetrySettings,
        exporter: impl SpanExporter + 'static,
        observer: &Observer,
    ) -> Self {
        Self::with_sender(settings, OwnExporter(exporter), observer)
    }

    fn with_sender(settings: TelemetrySettings, sender: impl BatchSender, observer: &Observer) -> Self {
        let counts = Arc::<Counts>::default();
        let exporter = CountingExporter { sender, counts: Arc::clone(&counts), observer: observer.clone() };
        let inner = BatchSpanProcessor::builder(exporter).build();
        let version = settings.version.map(|version| KeyValue::new("service.version", version));
        let resource = Resource::builder().with_service_name(settings.service).with_attributes(version).build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(CountingProcessor { inner, counts: Arc::clone(&counts) })
            .build();
        Self { provider, counts }
    }

    /// The layer of a subscriber that hands over the spans of this crate, and no others: a client of HTTP writes spans too, also when it
    /// sends spans.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        layer(&self.provider)
    }

    /// Makes a subscriber with the layer that of the process.
    ///
    /// # Errors
    /// If the process has one: add the layer to that.
    pub fn install(&self) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
        tracing::subscriber::set_global_default(Registry::default().with(self.layer()))
    }

    /// What became of spans so far.
    pub fn counts(&self) -> SpanCounts {
        self.counts.now()
    }

    /// Sends what waits, and ends. Waits for at most `within`; what is not sent then is lost. Returns what became of all spans.
    ///
    /// It blocks a thread of the runtime's pool for blocking work, and not the one that polls it: the client needs that.
    pub async fn shutdown(self, within: Duration) -> SpanCounts {
        let Self { provider, counts } = self;
        // Whether all were sent is in the counts.
        let _ = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(within)).await;
        counts.now()
    }
}

/// The layer over any provider of tracers.
pub fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let scope = InstrumentationScope::builder(names::TARGET)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(names::SCHEMA_URL)
        .build();
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer_with_scope(scope))
        // What tells where in the source a span is, and on which thread, is the same for all of them.
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(tracing_subscriber::filter::filter_fn(|metadata| metadata.target() == names::TARGET))
}
