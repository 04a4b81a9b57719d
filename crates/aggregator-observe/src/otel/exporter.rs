//! Sends batches of spans as OTLP over HTTP, in the form of protobuf.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::CleanText;
use futures::Future as _;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::batch::{BatchSender, Loss};
use super::client::{Client, Reply};

/// Longest text of an error, in bytes.
const MAX_ERROR: usize = 200;

/// Sends each batch once: a batch that cannot be sent is lost.
#[derive(Debug)]
pub(super) struct OtlpExporter {
    client: Arc<dyn Client>,
    /// The processor calls from a thread of its own, where no client of tokio works.
    runtime: Handle,
    within: Duration,
    resource: ResourceAttributesWithSchema,
}

impl OtlpExporter {
    pub(super) fn new(client: Arc<dyn Client>, runtime: Handle, within: Duration) -> Self {
        Self { client, runtime, within, resource: ResourceAttributesWithSchema::default() }
    }
}

/// Ends the request when nobody waits for it any more.
struct Request(JoinHandle<Result<Reply, String>>);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl BatchSender for OtlpExporter {
    async fn send(&self, batch: Vec<SpanData>) -> Result<(), Loss> {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let (client, within) = (Arc::clone(&self.client), self.within);
        let mut request = Request(self.runtime.spawn(async move {
            let late = |_| Err(format!("the collector has not answered within {} s", within.as_secs_f64()));
            timeout(within, client.post(body.into())).await.unwrap_or_else(late)
        }));
        let reply = poll_fn(|cx| pin!(&mut request.0).poll(cx)).await;
        let reply = reply.unwrap_or_else(|_| Err("the program ends".into())).map_err(Loss::of_all);
        reply.and_then(|reply| check(&reply)).map_err(|loss| Loss { why: self.shown(&loss.why), ..loss })
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

impl OtlpExporter {
    /// A text for people, of which a part may be a stranger's: on one line, without keys, and short. What is hidden in it goes first, as it
    /// may stand within a key; the end goes last, as it may cut one.
    fn shown(&self, what: &str) -> String {
        let mut what = self.client.without_keys(&CleanText::single_line(what));
        what.truncate(what.floor_char_boundary(MAX_ERROR));
        what
    }
}

/// # Errors
/// If the collector has not taken all of the batch.
fn check(reply: &Reply) -> Result<(), Loss> {
    if !(200..300).contains(&reply.status) {
        return Err(Loss::of_all(format!("the collector answered with status {}", reply.status)));
    }
    // What is no response says nothing about the spans.
    let response = ExportTraceServiceResponse::decode(&*reply.body).unwrap_or_default();
    let Some(partial) = response.partial_success else { return Ok(()) };
    // With none refused the text is a warning.
    match u64::try_from(partial.rejected_spans) {
        Err(_) | Ok(0) => Ok(()),
        Ok(spans) => {
            Err(Loss { spans, why: format!("the collector refused {spans} spans: {}", partial.error_message) })
        }
    }
}
