//! What sends a batch of spans, and which of them it loses.

use std::fmt;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Sends batches. An exporter of OpenTelemetry's SDK cannot say that a part of a batch is lost.
pub(super) trait BatchSender: fmt::Debug + Send + Sync + 'static {
    /// Sends a batch.
    fn send(&self, batch: Vec<SpanData>) -> impl Future<Output = Result<(), Loss>> + Send;

    /// Sets what the spans are of.
    fn set_resource(&mut self, resource: &Resource);

    /// Ends.
    fn shutdown(&self, _within: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Spans of a batch that are lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    /// How many; what is more than the batch has counts as all of it.
    pub(super) spans: u64,
    /// Why.
    pub(super) why: String,
}

impl Loss {
    /// The loss of a whole batch.
    pub(super) fn of_all(why: String) -> Self {
        Self { spans: u64::MAX, why }
    }
}

/// An exporter of one's own: a batch that it fails to send is lost.
#[derive(Debug)]
pub(super) struct OwnExporter<E>(pub(super) E);

impl<E: SpanExporter + 'static> BatchSender for OwnExporter<E> {
    async fn send(&self, batch: Vec<SpanData>) -> Result<(), Loss> {
        self.0.export(batch).await.map_err(|error| {
            Loss::of_all(match error {
                OTelSdkError::InternalFailure(what) => what,
                other => other.to_string(),
            })
        })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }

    fn shutdown(&self, within: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(within)
    }
}
