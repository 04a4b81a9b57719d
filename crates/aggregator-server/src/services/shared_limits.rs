//! The section `[redis]`: where the limits are that several servers keep together.

use std::sync::Arc;

use aggregator_policies::LimitStore;
use aggregator_providers::http::SecretSource;
use serde::Deserialize;

/// A server of Redis or Valkey that has the limits of several servers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedLimitSettings {
    /// Its address with its password, as `redis://user:password@host:6379/0`: a variable or a file, because of the password.
    pub address: SecretSource,
    /// Begins the names of all keys. Default `aggregator:`; all servers that share limits have the same one.
    pub prefix: Option<String>,
}

/// The store of shared limits.
///
/// # Errors
/// When the address cannot be read or used, or this program was built without Redis.
pub fn store(settings: &SharedLimitSettings) -> Result<Arc<dyn LimitStore>, String> {
    let in_section = |what: &dyn std::fmt::Display| format!("[redis]: {what}");
    let address = settings
        .address
        .read(|name| std::env::var_os(name))
        .map_err(|error| in_section(&secret(&error.to_string())))?;
    connect(address.expose(), settings.prefix.as_deref()).map_err(|what| in_section(&what))
}

/// The error of a secret, which is no key of a service here.
fn secret(error: &str) -> String {
    error.replace("the key of the service", "the address of the server")
}

#[cfg(feature = "redis")]
fn connect(address: &str, prefix: Option<&str>) -> Result<Arc<dyn LimitStore>, String> {
    use aggregator_redis::{RedisLimits, RedisSettings};
    let mut settings = RedisSettings::default();
    if let Some(prefix) = prefix {
        settings.prefix = prefix.to_owned();
    }
    let limits = RedisLimits::new(&address.into(), settings).map_err(|error| error.to_string())?;
    Ok(Arc::new(limits))
}

#[cfg(not(feature = "redis"))]
fn connect(_: &str, _: Option<&str>) -> Result<Arc<dyn LimitStore>, String> {
    Err("this program was built without Redis: build it with the feature `redis`, or remove the section".into())
}
