//! Limits over a server of Redis or Valkey.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;

use aggregator_policies::{Answer, Ask, LimitStore, StoreError};
use futures::future::BoxFuture;
use redis::{Client, Script};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::script::{Reply, TAKE, answer, step};
use crate::settings::{RedisSettings, RedisSettingsError};

/// Limits that several processes share over a server of Redis or Valkey, for
/// [`SharedLimiter`](aggregator_policies::SharedLimiter). Cheap to clone; clones share one connection and are one peer, so a process
/// makes one of them for all its limits.
///
/// No connection is made before the first question, which is asked in a runtime of tokio. A question that is dropped before its
/// answer closes the connection, and may have been counted.
#[derive(Clone)]
pub struct RedisLimits {
    inner: Arc<Inner>,
}

struct Inner {
    connection: Arc<Connection>,
    script: Script,
    settings: RedisSettings,
    process: String,
}

impl RedisLimits {
    /// Limits over the server with this address: `redis://user:password@host:port/database`, or
    /// `redis+unix:///path?pass=password`. Nothing shows the address: neither `Debug` nor an error.
    ///
    /// # Errors
    /// If address or settings cannot be used. Whether the server is there is seen when it is asked.
    pub fn new(address: &SecretString, settings: RedisSettings) -> Result<Self, RedisSettingsError> {
        settings.check()?;
        // What the client says of it could repeat a part of the address.
        let client = Client::open(address.expose_secret()).map_err(|_| RedisSettingsError::Address)?;
        let connection = Arc::new(Connection::new(client, settings.connect_within));
        let inner = Inner { connection, script: Script::new(TAKE), settings, process: random_name() };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl LimitStore for RedisLimits {
    fn take(&self, ask: Ask) -> BoxFuture<'static, Result<Answer, StoreError>> {
        Box::pin(Arc::clone(&self.inner).step(ask, true))
    }

    /// Sent from a task of its own, and lost where no runtime runs.
    fn hold(&self, ask: Ask) {
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(Arc::clone(&self.inner).step(ask, false));
        }
    }
}

impl Inner {
    async fn step(self: Arc<Self>, ask: Ask, takes: bool) -> Result<Answer, StoreError> {
        let step = step(&self.script, &self.settings.prefix, &self.process, &ask, takes);
        // EVALSHA; a server that does not have the script any more is sent it once.
        let asked = self.connection.ask(async |mut connection| step.invoke_async::<Reply>(&mut connection).await);
        let within = self.settings.answer_within;
        let Ok(reply) = timeout(within, asked).await else {
            return Err(StoreError::new(format!(
                "the Redis server has not answered within {} s",
                within.as_secs_f64()
            )));
        };
        answer(reply?)
    }
}

impl fmt::Debug for RedisLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimits").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

/// 128 bits from the keys of the standard library's hash tables, which the system's randomness gives: two processes never have the
/// same, and it is no secret.
fn random_name() -> String {
    let part = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", part(), part())
}
