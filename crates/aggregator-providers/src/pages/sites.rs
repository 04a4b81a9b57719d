//! The hosts that one page is read from.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::address::PageAddress;
use super::error::PageError;
use super::public::is_public;
use super::resolve::Resolve;
use crate::http::{HttpError, Pinned};

/// The hosts that one page is read from: its own, and those that it redirects to. Each is resolved once, and its connections are
/// closed with the last request and this.
pub(crate) struct Sites<'a> {
    resolver: &'a dyn Resolve,
    routes: &'a Routes,
    connect: Duration,
    known: Vec<(String, Pinned)>,
}

impl<'a> Sites<'a> {
    pub(crate) fn new(resolver: &'a dyn Resolve, routes: &'a Routes, connect: Duration) -> Self {
        Self { resolver, routes, connect, known: Vec::new() }
    }

    /// Connections to the host of an address, which go to addresses that were checked.
    ///
    /// # Errors
    /// [`PageError::PrivateAddress`], if one of its addresses is not public; [`HttpError::Connect`], if it has none.
    pub(crate) async fn site(&mut self, address: &PageAddress) -> Result<Pinned, PageError> {
        let host = address.host();
        if let Some((_, site)) = self.known.iter().find(|(known, _)| known == host) {
            return Ok(site.clone());
        }
        let sockets = match address.number() {
            // Checked when the address was made; connections to a number do not ask for its addresses.
            Some(_) => Vec::new(),
            None => self.resolve(host).await?,
        };
        let site = Pinned::new(host, sockets, self.connect)?;
        self.known.push((host.to_owned(), site.clone()));
        Ok(site)
    }

    async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, PageError> {
        let none = |cause| HttpError::Connect { cause };
        let found = self.resolver.resolve(host).await.map_err(|error| none(format!("the host is unknown: {error}")))?;
        if found.is_empty() {
            return Err(none("the host has no address".into()).into());
        }
        // One private address is enough: which of them is connected to would be chance.
        if !found.iter().all(|&address| is_public(address)) {
            return Err(PageError::PrivateAddress);
        }
        Ok(found.into_iter().map(|address| self.routes.socket(address)).collect())
    }
}

/// Where the connections to a checked address go: there. Tests of this crate, which have no public network, lead them to a
/// server of this machine; in any other build there is nothing to set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    #[cfg(test)]
    pub(crate) instead: Vec<(IpAddr, SocketAddr)>,
}

impl Routes {
    /// The port 0 stands for that of the scheme.
    #[cfg(not(test))]
    fn socket(&self, checked: IpAddr) -> SocketAddr {
        SocketAddr::new(checked, 0)
    }

    #[cfg(test)]
    fn socket(&self, checked: IpAddr) -> SocketAddr {
        let route = self.instead.iter().find(|(address, _)| *address == checked);
        route.unwrap_or_else(|| panic!("a test would connect to {checked}")).1
    }
}
