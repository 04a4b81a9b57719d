//! A server on loopback that does what a script says, byte by byte: for tests of clients of real services.
//!
//! With the feature `fault-server` only, which is no default, because this crate is part of the measured programs.
//!
//! A [`Script`] is what happens on a connection: reading, sending in any pieces, silence, a cut, a reset. [`catalog`] has
//! scripts of what services and networks do wrong, each with the outcome that a client should come to; [`response`] makes
//! the bytes of new ones.
//!
//! ```
//! use std::time::Duration;
//!
//! use aggregator_mocks::fault_server::{FaultServer, Script, response};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! // Promises 100 bytes, sends 4, and closes.
//! let head = response::head(200, &[("Content-Type", "text/plain"), ("Content-Length", "100")]);
//! let server = FaultServer::start(Script::answering([&head[..], b"four"].concat())).unwrap();
//!
//! # let address = server.address();
//! # tokio::task::spawn_blocking(move || {
//! #     use std::io::{Read as _, Write as _};
//! #     let mut client = std::net::TcpStream::connect(address).unwrap();
//! #     client.write_all(b"GET /search?q=1 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
//! #     let mut answer = String::new();
//! #     client.read_to_string(&mut answer).unwrap();
//! #     assert!(answer.ends_with("\r\n\r\nfour"));
//! # }).await.unwrap();
//! // … a client asks `server.url()`, and says that the answer is truncated. Then:
//! server.wait_until_closed(Duration::from_secs(10)).await.unwrap();
//! assert_eq!(server.counts().accepted, 1);
//! assert_eq!(server.requests()[0].target, "/search?q=1");
//! # });
//! ```
//!
//! # Time
//! Sockets need a running clock: a test whose clock is [paused](https://docs.rs/tokio/latest/tokio/time/fn.pause.html) sees
//! it jump while bytes are on their way, and false timeouts. Scripts pause for [`catalog::PAUSE`] at most, and a client
//! under test gets limits well above it.
//!
//! # Threads
//! The server owns one thread with a runtime of its own, so that it answers while a test blocks, and so that dropping it has
//! closed every socket when `drop` returns. The engine owns no thread; this is a helper of tests.

pub mod catalog;
mod connection;
mod record;
mod request;
pub mod response;
mod script;

use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::future::select;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use connection::Source;
use record::{Open, Record};
use script::Listen;

pub use record::Counts;
pub use request::Request;
pub use script::{Script, Step};

/// A server on a free port of 127.0.0.1 that plays scripts. Dropping it closes all of its sockets before it returns.
pub struct FaultServer {
    address: SocketAddr,
    record: Arc<Record>,
    /// Dropped to end the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for FaultServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the requests, which have keys in them.
        f.debug_struct("FaultServer").field("url", &self.url()).field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// Connections were left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} of {} connections are still open: the client has not closed them", .0.open, .0.accepted)]
pub struct StillOpen(pub Counts);

impl FaultServer {
    /// Starts a server that performs the same script on each connection.
    ///
    /// # Errors
    /// The system gives no port or no thread.
    pub fn start(script: Script) -> io::Result<Self> {
        Self::start_on(script.listen, Source::Fixed(Arc::new(script)))
    }

    /// Starts a server that reads a request on each connection and then performs what `choose` makes of its number (from 0, in
    /// the order in which they were read) and of the request itself. The first reading step of that script is skipped, so
    /// that the scripts of [`catalog`] can be chosen as they are; whether it accepts connections is not asked.
    ///
    /// # Errors
    /// The system gives no port or no thread.
    pub fn start_with(choose: impl Fn(u64, &Request) -> Script + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_on(Listen::Accept, Source::Chosen(Arc::new(choose)))
    }

    fn start_on(listen: Listen, source: Source) -> io::Result<Self> {
        let record = Arc::new(Record::default());
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = mpsc::sync_channel(1);
        let shared = Arc::clone(&record);
        let run = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            // Ends when `stop` is dropped. Dropping the runtime then drops the tasks of all connections.
            runtime.block_on(select(Box::pin(listen_and_serve(listen, source, shared, ready)), stopped));
        };
        let thread = std::thread::Builder::new().name("fault-server".into()).spawn(run)?;
        let address =
            is_ready.recv().map_err(|_| io::Error::other("the server's thread ended before it listened"))??;
        Ok(Self { address, record, stop: Some(stop), thread: Some(thread) })
    }

    /// The address that clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:<port>`, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections and requests there were, and are.
    pub fn counts(&self) -> Counts {
        *self.record.counts().borrow()
    }

    /// The requests so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<Request> {
        self.record.requests()
    }

    /// Why connections were closed whose clients sent what is no request.
    pub fn unreadable(&self) -> Vec<String> {
        self.record.unreadable()
    }

    /// Waits until no connection is open on the server's side. One that was not accepted yet does not count, so ask after the
    /// client has come to its outcome.
    ///
    /// # Errors
    /// Some are open after `limit`.
    ///
    /// # Panics
    /// Outside of a tokio runtime with a clock.
    pub async fn wait_until_closed(&self, limit: Duration) -> Result<(), StillOpen> {
        self.wait_for(limit, |counts| counts.open == 0).await.map(drop).map_err(StillOpen)
    }

    /// Waits until the counts are as wanted, and gives them.
    ///
    /// # Errors
    /// They are not after `limit`; gives the last ones.
    ///
    /// # Panics
    /// Outside of a tokio runtime with a clock.
    pub async fn wait_for(&self, limit: Duration, wanted: impl Fn(&Counts) -> bool) -> Result<Counts, Counts> {
        let mut counts = self.record.counts();
        let waited = timeout(limit, counts.wait_for(|counts| wanted(counts))).await;
        // The sender lives as long as the record, which `self` has.
        waited.ok().and_then(Result::ok).map(|counts| *counts).ok_or_else(|| self.counts())
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by itself; the sockets are closed either way.
            let _ = thread.join();
        }
    }
}

async fn listen_and_serve(
    listen: Listen,
    source: Source,
    record: Arc<Record>,
    ready: mpsc::SyncSender<io::Result<SocketAddr>>,
) {
    let sockets = match open(listen).await {
        Ok(sockets) => sockets,
        Err(error) => return drop(ready.send(Err(error))),
    };
    // The receiver is there: it waits for this.
    let _ = ready.send(Ok(sockets.address));
    let Some(listener) = sockets.accepting else { return pending().await };
    loop {
        // An error is one of a connection that is gone already, or too many are open: others may end meanwhile.
        let Ok((mut stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        let (source, record) = (source.clone(), Arc::clone(&record));
        tokio::spawn(async move {
            let _open = Open::new(&record);
            // That a client closes before the end of a script is what many tests want, and no request is recorded.
            let _ = connection::serve(&mut stream, &source, &record).await;
            // Before it counts as closed.
            drop(stream);
        });
    }
}

/// The sockets of a server.
struct Sockets {
    address: SocketAddr,
    accepting: Option<TcpListener>,
    /// Hold the port, and fill its queue.
    _bound: Option<TcpSocket>,
    _unserved: Option<TcpListener>,
    _fillers: Vec<TcpStream>,
}

async fn open(listen: Listen) -> io::Result<Sockets> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = socket.local_addr()?;
    let mut sockets = Sockets { address, accepting: None, _bound: None, _unserved: None, _fillers: Vec::new() };
    match listen {
        Listen::Accept => sockets.accepting = Some(socket.listen(1024)?),
        // The system refuses connections to a port that is bound without a listener, and no other process can bind it.
        Listen::Refuse => sockets._bound = Some(socket),
        Listen::NeverAccept => {
            sockets._unserved = Some(socket.listen(1)?);
            // The queue has room for one or two more than it was asked for.
            while let Ok(filler) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
                sockets._fillers.push(filler?);
                if sockets._fillers.len() > 64 {
                    return Err(io::Error::other("this system accepts connections beyond the queue of a port"));
                }
            }
        }
    }
    Ok(sockets)
}
