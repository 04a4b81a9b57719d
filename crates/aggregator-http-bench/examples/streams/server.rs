//! The process that serves, until its standard input ends.

use std::error::Error;
use std::io::Read as _;
use std::pin::pin;
use std::sync::Arc;

use aggregator_http::ServeLimits;
use aggregator_http_bench::{Recorded, SecondWaitAt, bare_connection};
use futures::future::{Either, select};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::profile;

/// What a process serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The server, with both engines.
    Server,
    /// The bare endpoint, with the stream of one engine.
    Bare(&'static str),
}

impl Kind {
    /// As the argument of the process.
    pub fn argument(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Bare(engine) => engine,
        }
    }

    /// # Errors
    /// If it is none.
    pub fn parse(argument: &str) -> Result<Self, String> {
        let all = [Self::Server, Self::Bare(profile::STREAMED), Self::Bare(profile::HELD)];
        let found = all.into_iter().find(|kind| kind.argument() == argument);
        found.ok_or_else(|| format!("{argument:?} cannot be served"))
    }
}

/// Serves at a free port, which it prints.
pub fn run(kind: Kind) -> Result<(), Box<dyn Error>> {
    // In virtual time, so before the runtime.
    let recorded = match kind {
        Kind::Server => None,
        Kind::Bare(engine) => Some(Arc::new(profile::recorded(engine))),
    };
    let (end, ends) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(end);
    });
    // As `aggregator serve` has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let ends = async {
            let _ = ends.await;
        };
        match recorded {
            None => {
                let mut limits = ServeLimits::default();
                limits.connections = profile::PLACES as usize;
                aggregator_http::serve(listener, profile::service(), limits, ends).await;
            }
            Some(recorded) => {
                let served = pin!(serve_bare(listener, recorded));
                if let Either::Right((served, _)) = select(pin!(ends), served).await {
                    served?;
                }
            }
        }
        Ok(())
    })
}

async fn serve_bare(listener: TcpListener, recorded: Arc<Recorded>) -> std::io::Result<()> {
    // The model is asked when the search has ended: of the server two timers are late, one after the other, so of this endpoint as well.
    let schedule = SecondWaitAt(profile::first_delta(&recorded));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(bare_connection(stream, Arc::clone(&recorded), schedule));
    }
}
