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

/// When the pieces of a recorded response are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Each at its time since the request.
    SinceRequest,
    /// As services that are asked after each other: the wait for this piece begins when the one before was sent. What the timer of the
    /// first service is late by, the second one is late by, too.
    SecondWaitAt(usize),
}

/// Answers the requests of one connection with a recorded response. It has what hyper does unless told otherwise: no limits, no
/// timeouts, no routes.
///
/// # Errors
/// If the connection breaks, or what comes is no HTTP.
pub async fn bare_connection<S>(stream: S, recorded: Arc<Recorded>, schedule: Schedule) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Decided once, so that no piece pays for it.
    match schedule {
        Schedule::SinceRequest => replays::<S, false>(stream, recorded, 0).await,
        Schedule::SecondWaitAt(piece) => replays::<S, true>(stream, recorded, piece).await,
    }
}

async fn replays<S, const TWO_WAITS: bool>(
    stream: S,
    recorded: Arc<Recorded>,
    second_wait: usize,
) -> Result<(), hyper::Error>
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
            let replay =
                Replay::<TWO_WAITS> { recorded: Arc::clone(&recorded), next: 0, began, second_wait, timer: None };
            let mut response = Response::new(replay);
            *response.status_mut() = recorded.status;
            *response.headers_mut() = recorded.headers.clone();
            Ok::<_, hyper::Error>(response)
        }
    });
    http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await
}

/// The body of a recorded response.
struct Replay<const TWO_WAITS: bool> {
    recorded: Arc<Recorded>,
    next: usize,
    /// When the request came; later if a second wait began late.
    began: Instant,
    second_wait: usize,
    /// Made when something is waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<const TWO_WAITS: bool> http_body::Body for Replay<TWO_WAITS> {
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
        if TWO_WAITS && this.next == this.second_wait {
            this.began += Instant::now().saturating_duration_since(due);
        }
        Poll::Ready(Some(Ok(Frame::data(piece.clone()))))
    }
}
