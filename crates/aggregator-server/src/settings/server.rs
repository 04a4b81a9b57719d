//! The section `[server]`: how `aggregator serve` answers.

use std::net::SocketAddr;
use std::time::Duration;

use aggregator_gateway::{AdmissionSettings, CacheSettings};
use aggregator_policies::Rate;
use aggregator_providers::http::SecretSource;
use serde::Deserialize;

/// How the server answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawServer")]
pub struct Server {
    /// The address that it listens at. Default `127.0.0.1:8080`: this machine only.
    pub listen: SocketAddr,
    /// Keys of clients. Default none: every client may ask, so the server then listens at addresses of this machine only.
    pub keys: Vec<Key>,
    /// Whether other machines may ask without a key. Default no.
    pub without_keys: bool,
    /// Names by which it is asked, beside those of this machine.
    pub hosts: Vec<String>,
    /// Origins whose pages may read answers (CORS).
    pub origins: Vec<String>,
    /// Whether a list of the cited sources stands below answers of chat completions.
    pub source_list: bool,
    /// Queries that run and wait.
    pub admission: AdmissionSettings,
    /// Complete runs that are kept; `None` if `cache_s` is 0.
    pub cache: Option<CacheSettings>,
    /// Whether the same queries share one run while it is under way. Default yes.
    pub share_runs: bool,
    /// Connections at the same time. Default 1,024.
    pub connections: u32,
    /// Time for which queries may go on when the server ends. Default 5 s.
    pub grace: Duration,
}

/// A client's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub key: SecretSource,
    pub rate: Option<Rate>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawServer {
    listen: SocketAddr,
    keys: Vec<RawKey>,
    without_keys: bool,
    hosts: Vec<String>,
    origins: Vec<String>,
    source_list: bool,
    running: u32,
    waiting: u32,
    cache_s: u64,
    cache_mib: u64,
    share_runs: bool,
    connections: u32,
    grace_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    name: String,
    key: SecretSource,
    /// Requests a minute; absent if there is no limit.
    per_minute: Option<u32>,
}

impl Default for RawServer {
    fn default() -> Self {
        let (admission, cache) = (AdmissionSettings::default(), CacheSettings::default());
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8_080)),
            keys: Vec::new(),
            without_keys: false,
            hosts: Vec::new(),
            origins: Vec::new(),
            source_list: false,
            running: admission.running,
            waiting: admission.waiting,
            cache_s: cache.age.as_secs(),
            cache_mib: cache.bytes >> 20,
            share_runs: true,
            connections: 1_024,
            grace_ms: 5_000,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        match Self::try_from(RawServer::default()) {
            Ok(server) => server,
            Err(what) => unreachable!("the defaults are within their ranges: {what}"),
        }
    }
}

impl TryFrom<RawServer> for Server {
    type Error = String;

    fn try_from(raw: RawServer) -> Result<Self, String> {
        let within = |name: &str, given: u64, min: u64, max: u64| match given {
            given if (min..=max).contains(&given) => Ok(()),
            given => Err(format!("{name} = {given} is not between {min} and {max}")),
        };
        within("running", raw.running.into(), 1, 65_536)?;
        within("waiting", raw.waiting.into(), 0, 65_536)?;
        within("cache_s", raw.cache_s, 0, 86_400)?;
        within("cache_mib", raw.cache_mib, 1, 65_536)?;
        within("connections", raw.connections.into(), 1, 65_536)?;
        within("grace_ms", raw.grace_ms, 0, 600_000)?;
        let keys: Result<Vec<Key>, String> = raw.keys.into_iter().map(key).collect();
        let cache = CacheSettings::default().age(Duration::from_secs(raw.cache_s)).bytes(raw.cache_mib << 20);
        Ok(Self {
            listen: raw.listen,
            keys: keys?,
            without_keys: raw.without_keys,
            hosts: raw.hosts,
            origins: raw.origins,
            source_list: raw.source_list,
            admission: AdmissionSettings::default().running(raw.running).waiting(raw.waiting),
            cache: (raw.cache_s > 0).then_some(cache),
            share_runs: raw.share_runs,
            connections: raw.connections,
            grace: Duration::from_millis(raw.grace_ms),
        })
    }
}

fn key(RawKey { name, key, per_minute }: RawKey) -> Result<Key, String> {
    let rate =
        |count| Rate::new(count, Duration::from_secs(60), count).map_err(|error| format!("keys.{name}: {error}"));
    let rate = per_minute.map(rate).transpose()?;
    Ok(Key { name, key, rate })
}
