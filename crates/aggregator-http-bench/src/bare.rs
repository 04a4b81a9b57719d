//! The yardstick: an endpoint of hyper alone, which sends a recorded response, the same bytes at the same times.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};

/// A response, as [`record`](crate::record) saw it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, without those that hyper writes itself.
    pub headers: HeaderMap,
    /// The pieces of its body, each with its time since the request.
    pub pieces: Vec<(Duration, Bytes)>,
}

/// When the pieces of a recorded response are sent. A type, so that the yardstick of the gate pays nothing for the other one.
pub trait Schedule: Copy + Send + Unpin + 'static {
    /// Whether the wait for this piece begins when the one before was sent.
    fn waits_anew_for(self, piece: usize) -> bool;
}

/// Each piece at its time since the request.
#[derive(Debug, Clone, Copy)]
pub struct SinceRequest;

/// As services that are asked after each other: the wait for this piece begins when the one before was sent. What the timer of the first
/// service is late by, the second one is late by, too.
#[derive(Debug, Clone, Copy)]
pub struct SecondWaitAt(pub usize);

impl Schedule for SinceRequest {
    fn waits_anew_for(self, _: usize) -> bool {
        false
    }
}

impl Schedule for SecondWaitAt {
    fn waits_anew_for(self, piece: usize) -> bool {
        piece == self.0
    }
}

/// Answers the requests of one connection with a recorded response. It has what hyper does unless told otherwise: no limits, no
/// timeouts, no routes.
///
/// # Errors
/// If the connection breaks, or what comes is no HTTP.
pub async fn bare_connection<S>(stream: S, recorded: Arc<Recorded>, schedule: impl Schedule) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request: Request<Incoming>| {
        let recorded = Arc::clone(&recorded);
        async move {
            let began = Instant::now();
            let mut body = request.into_body();
            while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                frame?;
            }
            let mut response =
                Response::new(Replay { recorded: Arc::clone(&recorded), next: 0, began, schedule, timer: None });
            *response.status_mut() = recorded.status;
            *response.headers_mut() = recorded.headers.clone();
            Ok::<_, hyper::Error>(response)
        }
    });
    http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await
}

/// The body of a recorded response.
struct Replay<W> {
    recorded: Arc<Recorded>,
    next: usize,
    /// When the request came; later if a second wait began late.
    began: Instant,
    schedule: W,
    /// Made when something is waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<W: Schedule> http_body::Body for Replay<W> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let Some((after, piece)) = this.recorded.pieces.get(this.next) else { return Poll::Ready(None) };
        let due = this.began + *after;
        if Instant::now() < due {
            let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            ready!(timer.as_mut().poll(cx));
        }
        this.next += 1;
        if this.schedule.waits_anew_for(this.next) {
            this.began += Instant::now().saturating_duration_since(due);
        }
        Poll::Ready(Some(Ok(Frame::data(piece.clone()))))
    }
}
