//! Connections to one host, at addresses that were looked at before.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::header::HeaderMap;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::error::HttpError;
use super::network::{build, builder, send};
use super::transport::Sending;

/// Connections of HTTP/1.1 to one host, and to no other. Nothing is resolved here: the host is at the addresses that the caller
/// has resolved and checked. There is no proxy, whatever the environment says, because a proxy would resolve the name itself.
///
/// Cheap to clone. Clones share connections, which are closed when the last clone and the last response are dropped.
#[derive(Debug, Clone)]
pub(crate) struct Pinned {
    client: reqwest::Client,
    connect: Duration,
}

impl Pinned {
    /// Connections to `host` at `addresses`. A host that is an address itself needs none: it is connected to as it is.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub(crate) fn new(host: &str, addresses: Vec<SocketAddr>, connect: Duration) -> Result<Self, HttpError> {
        let only = Only { host: host.to_owned(), addresses };
        let client = build(builder(connect)?.no_proxy().dns_resolver(only))?;
        Ok(Self { client, connect })
    }

    /// Gets an address, once. Dropping the future or the body closes the connection.
    pub(crate) fn get(&self, url: Url, headers: HeaderMap) -> Sending {
        send(self.client.get(url).headers(headers), self.connect)
    }
}

/// Knows one name.
#[derive(Debug)]
struct Only {
    host: String,
    addresses: Vec<SocketAddr>,
}

impl Resolve for Only {
    fn resolve(&self, name: Name) -> Resolving {
        let is_known = name.as_str().eq_ignore_ascii_case(&self.host);
        let found = is_known.then(|| Box::new(self.addresses.clone().into_iter()) as Addrs);
        let unknown = || io::Error::other("the name was not resolved before").into();
        Box::pin(std::future::ready(found.ok_or_else(unknown)))
    }
}

#[cfg(test)]
mod tests {
    use aggregator_mocks::fault_server::{FaultServer, Script, response};

    use super::*;

    async fn get(host: &str, addresses: Vec<SocketAddr>, url: &str) -> Result<u16, HttpError> {
        let pinned = Pinned::new(host, addresses, Duration::from_secs(60)).unwrap();
        let response = pinned.get(Url::parse(url).unwrap(), HeaderMap::new()).await;
        response.map(|response| response.status)
    }

    #[tokio::test]
    async fn connections_go_to_the_addresses_of_the_host_and_nowhere_else() {
        let server = FaultServer::start(Script::answering(response::complete(204, &[], b""))).unwrap();
        let known = || vec![server.address()];
        assert_eq!(get("a.example", known(), "http://a.example/").await, Ok(204));
        assert_eq!(get("127.0.0.1", vec![], &server.url()).await, Ok(204), "a number is connected to as it is");
        for (host, addresses) in [("a.example", known()), ("localhost.example", vec![])] {
            let error = get(host, addresses, "http://localhost/").await.unwrap_err();
            assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
        }
        assert_eq!(server.counts().accepted, 2);
    }
}
