//! The server: connections over TCP, with limits, and an end that lets streams end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use futures::future::{Either, select};
use futures::{Stream, StreamExt as _, stream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use crate::places::{Place, Places};
use crate::service::Service;
use crate::settings::ServeLimits;
use crate::stall::StallTimeout;

/// Wait after an error of accepting, as when there are no more file descriptors: connections end meanwhile.
const ACCEPT_WAIT: Duration = Duration::from_millis(50);

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were still open after the grace time, and were cut.
    pub cut: usize,
}

/// Answers requests of a listener until `end` is ready, as [`serve_connections`] does. Each connection is a task of the runtime that
/// this is polled in, which needs timers and input and output.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    limits: ServeLimits,
    end: impl Future<Output = ()>,
) -> Ended {
    let incoming = stream::unfold(listener, async |listener| Some((accept(&listener).await, listener)));
    serve_connections(incoming, service, limits, end).await
}

/// Answers requests of connections that come until `end` is ready, or none comes any more. Then it ends all queries, each with its
/// terminal event, and waits for the connections for the grace time. Dropping the future cuts all of them.
///
/// Where there are as many connections as the limits allow, the one that has waited longest for its client is closed for one that
/// comes. Where all are answered, it waits.
///
/// Each connection is a task of the runtime that this is polled in, which needs timers.
pub async fn serve_connections<S>(
    incoming: impl Stream<Item = S>,
    service: Service,
    limits: ServeLimits,
    end: impl Future<Output = ()>,
) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let places = Places::new(limits.connections);
    let (ending, is_ending) = watch::channel(false);
    let mut connections = JoinSet::new();
    let (mut end, mut incoming) = (pin!(end), Box::pin(incoming));
    loop {
        let next = pin!(async { Some((incoming.next().await?, places.take().await)) });
        let Either::Right((Some((stream, place)), _)) = select(&mut end, next).await else { break };
        let (service, is_ending) = (service.clone(), is_ending.clone());
        connections.spawn(async move {
            // A connection that breaks is the client's affair; its queries were dropped with it.
            let _ = placed(stream, service, limits, is_ending, place).await;
        });
        while connections.try_join_next().is_some() {}
    }
    // A listener takes no more.
    drop(incoming);
    service.end_queries();
    // There are receivers as long as there are connections.
    let _ = ending.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(limits.grace, all).await;
    while connections.try_join_next().is_some() {}
    Ended { cut: connections.len() }
}

/// The next connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Events are small, and are to leave at once.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) if is_of_connection(&error) => {}
            Err(_) => sleep(ACCEPT_WAIT).await,
        }
    }
}

/// Whether an error is about one connection that is gone already.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers the requests of one connection until the client closes it, or until the answer that it is sending when the server ends.
///
/// # Errors
/// If the connection breaks, or what comes is no HTTP.
pub async fn connection<S>(
    stream: S,
    service: Service,
    limits: ServeLimits,
    is_ending: watch::Receiver<bool>,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = Places::new(1).take().await;
    placed(stream, service, limits, is_ending, place).await
}

/// Answers the requests of a connection that has a place, until another one needs it more.
async fn placed<S>(
    stream: S,
    service: Service,
    limits: ServeLimits,
    mut is_ending: watch::Receiver<bool>,
    place: Place,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (router, followed, has_answered) = (service.router(), place.clone(), AtomicBool::new(false));
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let (mut router, place) = (router.clone(), followed.clone());
        let is_first = !has_answered.swap(true, Ordering::Relaxed);
        async move {
            // A client may send hundreds of requests at once: others have their turn after each of them.
            if !is_first {
                yield_now().await;
            }
            // A router is always ready.
            let _ = poll_fn(|cx| tower_service::Service::<http::Request<Body>>::poll_ready(&mut router, cx)).await;
            let answered = tower_service::Service::call(&mut router, request.map(|body| place.request(body)));
            answered.await.map(|response| response.map(|body| place.response(body)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(64)
        .max_buf_size(64 << 10)
        .half_close(false)
        .serve_connection(TokioIo::new(StallTimeout::new(stream, limits.stall)), answer);
    let mut connection = pin!(connection);
    let ending = pin!(async move {
        // An error means that the server is gone.
        let _ = is_ending.wait_for(|ends| *ends).await;
    });
    let is_last = match select(connection.as_mut(), select(ending, pin!(place.is_wanted()))).await {
        Either::Left((ended, _)) => return ended,
        // hyper itself closes it where nothing is under way, but not where a part of a head has come.
        Either::Right((Either::Left(_), _)) => !place.begins(),
        // A request that was read meanwhile is answered.
        Either::Right((Either::Right(_), _)) => place.answers(),
    };
    if !is_last {
        return Ok(());
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}
