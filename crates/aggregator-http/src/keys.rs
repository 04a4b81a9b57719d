//! Keys of clients: which are known, and how often each may ask.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aggregator_policies::{Gcra, Rate};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use crate::error::ApiError;
use http::{HeaderMap, StatusCode, header};

/// A key that may ask, by its digest: the key itself is not kept.
#[derive(Clone)]
pub struct ClientKey {
    name: String,
    digest: [u8; 32],
    rate: Option<Rate>,
}

impl std::fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientKey").field("name", &self.name).field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl ClientKey {
    /// A key under a name, which is what logs and metrics say.
    pub fn new(name: impl Into<String>, key: &str) -> Self {
        Self { name: name.into(), digest: Sha256::digest(key.as_bytes()).into(), rate: None }
    }

    /// Limits how often it may ask.
    #[must_use]
    pub fn with_rate(self, rate: Option<Rate>) -> Self {
        Self { rate, ..self }
    }
}

/// The known keys. Without any, every client may ask.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    keys: Vec<ClientKey>,
    /// What each has used of its limit.
    used: Mutex<BTreeMap<usize, Gcra>>,
}

impl Keys {
    pub(crate) fn new(keys: Vec<ClientKey>) -> Self {
        Self { keys, used: Mutex::default() }
    }

    /// Lets a request pass, or not; returns the name of its key, if keys are needed. `counts` says whether it counts to the limit of
    /// its key.
    ///
    /// # Errors
    /// Without a key, with an unknown one, or where the key has asked too often.
    pub(crate) fn check(&self, headers: &HeaderMap, counts: bool) -> Result<Option<&str>, ApiError> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(key) = given.and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")))
        else {
            let what = "there is no key: send it as `authorization: Bearer KEY`";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "missing_api_key", what));
        };
        let digest: [u8; 32] = Sha256::digest(key.trim().as_bytes()).into();
        // All of them are compared, so that the time does not tell which one is near.
        let known =
            self.keys.iter().enumerate().fold(None, |found, (at, known)| {
                if bool::from(known.digest.ct_eq(&digest)) { Some(at) } else { found }
            });
        let Some(at) = known else {
            let what = "the key is not known: check it";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", what));
        };
        let name = Some(self.keys[at].name.as_str());
        let Some(rate) = self.keys[at].rate.filter(|_| counts) else { return Ok(name) };
        let now = Instant::now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let gcra = used.entry(at).or_insert_with(|| Gcra::new(rate, now));
        if gcra.take(now) {
            return Ok(name);
        }
        let wait = gcra.free_at().saturating_duration_since(now);
        let what = format!("the limit of this key is reached: ask again in {:.1} s", wait.as_secs_f64());
        Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", what).with_retry_after(wait))
    }
}
