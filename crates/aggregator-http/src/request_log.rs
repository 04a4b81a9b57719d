//! A log of requests: what is known of each when it ends.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_observe::{QueryReport, TraceParent};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::Instant;

/// Takes the report of each request when it ends. It is called while connections are polled, so it returns at once.
pub trait RequestLog: Send + Sync + fmt::Debug {
    /// Takes the report of a request: once for each, when all of its response is sent, or its client is gone.
    fn ended(&self, report: &RequestReport<'_>);
}

/// What is known of a request when it ends. What a client chose is as it was sent: a log has to make it safe to show.
#[derive(Debug)]
#[non_exhaustive]
pub struct RequestReport<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, without what follows a question mark.
    pub path: &'a str,
    /// The status; `None` if the client was gone before there was one.
    pub status: Option<u16>,
    /// Time from the head of the request to the end of its response.
    pub duration: Duration,
    /// The name of the key it was made with.
    pub key: Option<&'a str>,
    /// What is known of the query, if it asked one.
    pub query: Option<&'a QueryReport>,
    /// Whether all of the response was sent. Otherwise the client is gone, or the server cut it when it ended.
    pub is_complete: bool,
}

/// What those who answer a request add to its report.
#[derive(Debug, Default)]
pub(crate) struct RequestRecord {
    /// The span of the client.
    pub(crate) parent: Option<TraceParent>,
    query: Mutex<Option<QueryReport>>,
}

impl RequestRecord {
    pub(crate) fn new(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all("traceparent").iter();
        // Of several ones none can be believed.
        let only = given.next().filter(|_| given.next().is_none());
        let parent = only.and_then(|value| value.to_str().ok()?.parse().ok());
        Self { parent, query: Mutex::default() }
    }

    pub(crate) fn set_query(&self, report: QueryReport) {
        *self.query.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    }
}

/// A request that is reported when this is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Arc<dyn RequestLog>,
    record: Arc<RequestRecord>,
    method: http::Method,
    path: String,
    began: Instant,
    pub(crate) key: Option<String>,
    pub(crate) status: Option<u16>,
    is_complete: bool,
}

impl Entry {
    pub(crate) fn new(log: Arc<dyn RequestLog>, record: Arc<RequestRecord>, request: &Request) -> Self {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        Self { log, record, method, path, began: Instant::now(), key: None, status: None, is_complete: false }
    }

    /// The body of the response, with whose end the request ends.
    pub(crate) fn around(mut self, body: Body) -> Body {
        self.is_complete = body.is_end_stream();
        Body::new(LoggedBody { body, entry: self })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let query = self.record.query.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.log.ended(&RequestReport {
            method: self.method.as_str(),
            path: &self.path,
            status: self.status,
            duration: self.began.elapsed(),
            key: self.key.as_deref(),
            query: query.as_ref(),
            is_complete: self.is_complete,
        });
    }
}

struct LoggedBody {
    // Dropped before the entry, so that the query of a client that is gone has ended when it is reported.
    body: Body,
    entry: Entry,
}

impl http_body::Body for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, entry } = self.get_mut();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        // A body that is known to end with this frame is not polled again.
        entry.is_complete = matches!(polled, Poll::Ready(None)) || body.is_end_stream();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_one_valid_traceparent_is_believed() {
        let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (given, is_believed) in [
            (&[valid][..], true),
            (&[], false),
            (&[valid, valid], false),
            (&[&valid[1..]], false),
            (&["00-\u{fffd}"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in given {
                headers.append("traceparent", HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            assert_eq!(RequestRecord::new(&headers).parent.is_some(), is_believed, "{given:?}");
        }
    }
}
