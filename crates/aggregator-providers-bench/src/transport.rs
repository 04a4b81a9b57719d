//! Responses in memory instead of the network.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aggregator_providers::http::{HttpClient, HttpError, Limits, RawResponse, Request, Sending, Transport};
use bytes::Bytes;
use futures::future::ready;
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::fault::Fault;

/// Gives every request the same response.
///
/// The body is pending once before each of its pieces and before its end, as one that comes over a network is.
#[derive(Debug)]
pub(crate) struct MemoryTransport {
    headers: HeaderMap,
    pieces: Arc<[Bytes]>,
    fault: Option<Fault>,
    /// The last body, with the planted fault [`Fault::HeldBody`] only.
    held: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl MemoryTransport {
    /// # Panics
    /// When the headers are none.
    pub(crate) fn new(headers: &[(&'static str, &'static str)], pieces: Vec<Bytes>, fault: Option<Fault>) -> Self {
        let header = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let pieces = match fault {
            Some(Fault::SingleBytes) => {
                pieces.iter().flat_map(|piece| (0..piece.len()).map(|at| piece.slice(at..=at))).collect()
            }
            _ => pieces,
        };
        Self { headers: headers.iter().map(header).collect(), pieces: pieces.into(), fault, held: Arc::default() }
    }

    /// A client over this transport.
    pub(crate) fn into_client(self, limits: Limits) -> HttpClient {
        HttpClient::with_transport(Arc::new(self), limits)
    }
}

impl Transport for MemoryTransport {
    fn send(&self, _: Request) -> Sending {
        let body = PieceStream { pieces: self.pieces.clone(), next: 0, was_pending: false };
        let body = match self.fault {
            Some(Fault::CollectedBody) => collected(body).into_stream().boxed(),
            Some(Fault::HeldBody) => held_in(self.held.clone(), body).boxed(),
            _ => body.boxed(),
        };
        ready(Ok(RawResponse { status: 200, headers: self.headers.clone(), body })).boxed()
    }
}

/// The planted fault [`Fault::CollectedBody`].
async fn collected(mut body: PieceStream) -> Result<Bytes, HttpError> {
    let mut all = Vec::new();
    while let Some(piece) = body.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all.into())
}

/// The planted fault [`Fault::HeldBody`].
fn held_in(held: Arc<Mutex<Vec<Vec<u8>>>>, body: PieceStream) -> impl Stream<Item = Result<Bytes, HttpError>> {
    drop(mem::take(&mut *held.lock().expect("no holder panics")));
    body.inspect_ok(move |piece| held.lock().expect("no holder panics").push(piece.to_vec()))
}

struct PieceStream {
    pieces: Arc<[Bytes]>,
    next: usize,
    was_pending: bool,
}

impl Stream for PieceStream {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.was_pending = !self.was_pending;
        if self.was_pending {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = self.pieces.get(self.next).cloned();
        self.next += 1;
        Poll::Ready(piece.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use aggregator_providers::http::Endpoint;

    use super::*;

    /// The bytes of a body, and the number of its pieces.
    fn read(fault: Option<Fault>) -> (Bytes, usize) {
        let pieces = ["data: ", "one", "\n\n"].map(Bytes::from).to_vec();
        let transport = MemoryTransport::new(&[("content-type", "text/event-stream")], pieces, fault);
        let runtime = crate::runtime::paused();
        runtime.block_on(async {
            let endpoint = Endpoint::new("base", "http://localhost").unwrap();
            let response = transport.send(Request::get(endpoint)).await.unwrap();
            let pieces: Vec<Bytes> = response.body.map(Result::unwrap).collect().await;
            (pieces.concat().into(), pieces.len())
        })
    }

    #[test]
    fn faults_change_how_the_bytes_come_and_not_the_bytes() {
        let whole = Bytes::from_static(b"data: one\n\n");
        assert_eq!(read(None), (whole.clone(), 3));
        assert_eq!(read(Some(Fault::SingleBytes)), (whole.clone(), 11));
        assert_eq!(read(Some(Fault::CollectedBody)), (whole.clone(), 1));
        assert_eq!(read(Some(Fault::HeldBody)), (whole, 3));
    }
}
