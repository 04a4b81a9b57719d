//! The server: connections over TCP, with limits, and an end that lets streams end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures::future::{Either, select};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

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

/// Answers requests of a listener until `end` is ready. Then it takes no more connections, ends all queries, each with its
/// terminal event, and waits for the connections for the grace time. Dropping the future cuts all of them.
///
/// Each connection is a task of the runtime that this is polled in, which needs timers and input and output.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    limits: ServeLimits,
    end: impl Future<Output = ()>,
) -> Ended {
    let places = Arc::new(Semaphore::new(limits.connections.max(1)));
    let (ending, is_ending) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut end = pin!(end);
    loop {
        let accepted = pin!(accept(&listener, &places));
        let (stream, place) = match select(&mut end, accepted).await {
            Either::Left(_) => break,
            Either::Right((accepted, _)) => accepted,
        };
        let (service, is_ending) = (service.clone(), is_ending.clone());
        connections.spawn(async move {
            // A connection that breaks is the client's affair; its queries were dropped with it.
            let _ = connection(stream, service, limits, is_ending).await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    service.end_queries();
    // There are receivers as long as there are connections.
    let _ = ending.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(limits.grace, all).await;
    while connections.try_join_next().is_some() {}
    Ended { cut: connections.len() }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (tokio::net::TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    loop {
        // The semaphore is never closed.
        let place = Arc::clone(places).acquire_owned().await.ok();
        match listener.accept().await {
            Ok((stream, _)) => {
                // Events are small, and are to leave at once.
                let _ = stream.set_nodelay(true);
                return (stream, place);
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
    mut is_ending: watch::Receiver<bool>,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = service.router();
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut router = router.clone();
        async move {
            // A router is always ready.
            let _ = poll_fn(|cx| tower_service::Service::<http::Request<Body>>::poll_ready(&mut router, cx)).await;
            tower_service::Service::call(&mut router, request.map(Body::new)).await
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
    match select(connection.as_mut(), ending).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}
