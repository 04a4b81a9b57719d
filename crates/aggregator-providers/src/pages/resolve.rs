//! Which addresses a host has.

use std::fmt;
use std::io;
use std::net::IpAddr;

use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Says which addresses a host has. What it says is checked: a page is read only if all of them are public.
///
/// Work begins when the future is polled, and ends when it is dropped.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// All addresses of a host, in the order in which they are tried.
    ///
    /// # Errors
    /// If the name is unknown, or nobody says so in time. The error's text is shown to people, so it should not have the name.
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the system. A question that was asked goes on in a thread of tokio's when the future is dropped, since the
/// system cannot be told to stop; what it says is then thrown away.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        // The port is not used.
        async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|socket| socket.ip()).collect()) }.boxed()
    }
}
