//! Addresses of pages, which come from anybody.

use std::net::IpAddr;

use url::{Host, Url};

use super::error::PageError;
use super::public::is_public;

/// Longest address in bytes. 2,048: sitemaps have no longer ones (<https://www.sitemaps.org/protocol.html>).
const MAX_ADDRESS: usize = 2_048;

/// The address of a page that may be asked, once its host is resolved and checked. If the host is a number, it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageAddress(Url);

impl PageAddress {
    /// # Errors
    /// [`PageError::BadAddress`] or [`PageError::PrivateAddress`].
    pub(crate) fn parse(address: &str) -> Result<Self, PageError> {
        if address.len() > MAX_ADDRESS {
            return Err(bad("it is longer than 2,048 bytes"));
        }
        Self::check(Url::parse(address))
    }

    /// The address that a redirect from this one names.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn join(&self, location: &str) -> Result<Self, PageError> {
        if location.len() > MAX_ADDRESS {
            return Err(bad("it is longer than 2,048 bytes"));
        }
        Self::check(self.0.join(location))
    }

    /// Where the site says what programs may read (RFC 9309, section 2.3).
    pub(crate) fn robots(&self) -> Self {
        let mut url = self.0.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        Self(url)
    }

    fn check(url: Result<Url, url::ParseError>) -> Result<Self, PageError> {
        let mut url = url.map_err(|_| bad("it is no address such as https://example.org/page"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("it is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("it has a user name or a password"));
        }
        if !matches!(url.port_or_known_default(), Some(80 | 443)) {
            return Err(bad("its port is neither 80 nor 443"));
        }
        url.set_fragment(None);
        // A link joined to another may be longer than each, and escapes are longer than what they stand for.
        if url.as_str().len() > 2 * MAX_ADDRESS {
            return Err(bad("it is longer than 4,096 bytes with its escapes"));
        }
        let address = Self(url);
        match address.number() {
            Some(number) if !is_public(number) => Err(PageError::PrivateAddress),
            _ => Ok(address),
        }
    }

    /// The host, if it is a number.
    pub(crate) fn number(&self) -> Option<IpAddr> {
        match self.0.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        }
    }

    /// The host as it is written in the address, in small letters.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Path and query, which the rules of a site are about.
    pub(crate) fn target(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// The whole address. Not for texts that people read.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

fn bad(why: &'static str) -> PageError {
    PageError::BadAddress { why }
}
