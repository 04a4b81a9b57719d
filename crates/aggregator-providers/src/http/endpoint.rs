//! Addresses of services, as the owner sets them.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// The address of a service, set by the owner. It may be private: a SearXNG of one's own is at `http://127.0.0.1`.
///
/// Make one from settings only, never from what a service or a page says: requests are sent to wherever it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why an address is not used. Shows the name of the setting, and of the address at most scheme and host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// It is no address.
    #[error("{setting} is not an address such as https://example.org: {cause}")]
    Invalid {
        /// The name of the setting.
        setting: String,
        /// What is wrong with it.
        cause: String,
    },
    /// It has a user name or a password.
    #[error("{setting} has a user name or a password in it: give the key as a header, from the environment or a file")]
    Credentials {
        /// The name of the setting.
        setting: String,
    },
    /// A key would be sent over a connection that others can read.
    #[error(
        "{setting} is http://{host}, where others could read the key: use https, or allow it for a network you trust"
    )]
    PlainKey {
        /// The name of the setting.
        setting: String,
        /// The host.
        host: String,
    },
}

/// Whether a key may be sent over plain HTTP to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Only to this machine (`localhost`, 127.0.0.0/8, `::1`).
    #[default]
    Loopback,
    /// To any machine: for a network that the owner trusts.
    Allowed,
}

impl PlainHttp {
    /// What a setting says.
    pub fn allowed_if(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Loopback }
    }
}

impl Endpoint {
    /// Takes an address; `setting` is its name in errors.
    ///
    /// # Errors
    /// If it is not an `http` or `https` address with a host, or has a user name or a password.
    pub fn new(setting: &str, address: &str) -> Result<Self, EndpointError> {
        let invalid = |cause: String| EndpointError::Invalid { setting: setting.to_owned(), cause };
        let mut url = Url::parse(address.trim()).map_err(|error| invalid(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(format!("its scheme is `{}`", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials { setting: setting.to_owned() });
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The same address, if a key may be sent to it.
    ///
    /// # Errors
    /// If the connection is not encrypted and leaves this machine, and that is not allowed.
    pub fn for_key(self, setting: &str, plain: PlainHttp) -> Result<Self, EndpointError> {
        if self.0.scheme() == "https" || self.is_loopback() || plain == PlainHttp::Allowed {
            return Ok(self);
        }
        let host = self.0.host_str().unwrap_or_default().to_owned();
        Err(EndpointError::PlainKey { setting: setting.to_owned(), host })
    }

    /// The address with more segments of a path, such as `search` or `res/v1/web/search`.
    #[must_use]
    pub fn with_path(mut self, more: &str) -> Self {
        let path = format!("{}/{more}", self.0.path().trim_end_matches('/'));
        self.0.set_path(&path);
        self
    }

    /// The address with more pairs of a query, unescaped.
    #[must_use]
    pub fn with_query<'a>(mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.0.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Whether it is on this machine, by its name or number.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    /// The whole address, with its query. Not for texts that people read.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// Scheme, host and port: the query has what a person asked.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.0.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leaves_this_machine_encrypted_only() {
        let key = |address: &str, plain| Endpoint::new("base", address).and_then(|it| it.for_key("base", plain));
        for address in [
            "https://api.example.org",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost",
            "http://0x7f.1/",
        ] {
            assert!(key(address, PlainHttp::Loopback).is_ok(), "{address}");
        }
        for address in [
            "http://10.0.0.5",
            "http://example.org",
            "http://searx.localhost",
            "http://localhost.example.org",
            "http://[::ffff:7f00:1]",
        ] {
            let error = key(address, PlainHttp::Loopback).unwrap_err();
            assert!(matches!(error, EndpointError::PlainKey { .. }), "{address}: {error}");
            assert!(key(address, PlainHttp::Allowed).is_ok(), "{address}");
        }
    }

    #[test]
    fn what_is_no_address_is_named_by_its_setting() {
        let error = |address: &str| Endpoint::new("brave.base", address).unwrap_err().to_string();
        let invalid = "brave.base is not an address such as https://example.org:";
        assert_eq!(error("localhost:80"), format!("{invalid} its scheme is `localhost`"));
        assert_eq!(error("file:///etc/passwd"), format!("{invalid} its scheme is `file`"));
        assert_eq!(error("https://"), format!("{invalid} empty host"));
        let credentials = error("https://user:canary@example.org");
        assert!(credentials.starts_with("brave.base has a user name") && !credentials.contains("canary"));
    }

    #[test]
    fn paths_and_queries_are_added_and_not_shown() {
        let base = Endpoint::new("base", "https://example.org/sub/").unwrap();
        let full = base.with_path("search").with_query([("q", "a b&c=d")]);
        assert_eq!(full.url().as_str(), "https://example.org/sub/search?q=a+b%26c%3Dd");
        assert_eq!(format!("{full:?}"), "Endpoint(https://example.org)");
    }
}
