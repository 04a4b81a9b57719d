//! Limits of admission and of the cache: plain data with ranges, defaults and the reasons for them.

use std::fmt::Display;
use std::time::Duration;

/// How many queries are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdmissionSettings {
    /// Number of queries that run at the same time, 1 to 65,536. Default 256: with four providers each they have 1,024
    /// connections, which is how many open files Linux allows a process unless told otherwise.
    pub running: u32,
    /// Number of queries that wait for a place, 0 to 65,536. Default 256, as many as run: the last one of the queue then waits
    /// about as long as one query runs. A longer queue makes queries wait for so much of their deadline that they fail in the
    /// end.
    pub waiting: u32,
}

impl Default for AdmissionSettings {
    fn default() -> Self {
        Self { running: 256, waiting: 256 }
    }
}

impl AdmissionSettings {
    const MOST: u32 = 65_536;

    /// Sets how many queries run at the same time.
    #[must_use]
    pub fn running(mut self, running: u32) -> Self {
        self.running = running;
        self
    }

    /// Sets how many queries wait.
    #[must_use]
    pub fn waiting(mut self, waiting: u32) -> Self {
        self.waiting = waiting;
        self
    }

    pub(crate) fn check(self) -> Result<(), SettingsError> {
        within("running", self.running, 1, Self::MOST)?;
        within("waiting", self.waiting, 0, Self::MOST)
    }
}

/// What a cache keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheSettings {
    /// Age from which a run is not served any more, 1 ms to 24 h, counted from its end. Default 5 min: a user who asks
    /// again after reading the answer gets it at once, and news is at most 5 min old.
    pub age: Duration,
    /// Memory for all runs together in bytes, 64 KiB to 64 GiB, by an [estimate](crate::Load::kept_bytes). Default 64 MiB:
    /// three thousand runs of four providers and an answer, of 21 KB each.
    pub bytes: u64,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { age: Duration::from_secs(300), bytes: 64 << 20 }
    }
}

impl CacheSettings {
    const LEAST_AGE: Duration = Duration::from_millis(1);
    const MOST_AGE: Duration = Duration::from_secs(24 * 3_600);

    /// Sets the age from which a run is not served any more.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Sets the memory for all runs.
    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    pub(crate) fn check(self) -> Result<(), SettingsError> {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let [age, least, most] = [self.age, Self::LEAST_AGE, Self::MOST_AGE].map(milliseconds);
        within("age_ms", age, least, most)?;
        within("bytes", self.bytes, 64 << 10, 64 << 30)
    }
}

/// A setting outside its range; from [`GatewayBuilder::build`](crate::GatewayBuilder::build).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {given} is not between {min} and {max}")]
pub struct SettingsError {
    name: &'static str,
    given: String,
    min: String,
    max: String,
}

fn within<T: PartialOrd + Display>(name: &'static str, given: T, min: T, max: T) -> Result<(), SettingsError> {
    if min <= given && given <= max {
        return Ok(());
    }
    Err(SettingsError { name, given: given.to_string(), min: min.to_string(), max: max.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_edges_are_checked() {
        let admission = AdmissionSettings::default();
        let cache = CacheSettings::default();
        assert_eq!((admission.check(), cache.check()), (Ok(()), Ok(())));
        for valid in [admission.running(1), admission.running(65_536), admission.waiting(0), admission.waiting(65_536)]
        {
            assert_eq!(valid.check(), Ok(()), "{valid:?}");
        }
        let refused = |checked: Result<(), SettingsError>| checked.unwrap_err().to_string();
        assert_eq!(refused(admission.running(0).check()), "running = 0 is not between 1 and 65536");
        assert_eq!(refused(admission.waiting(65_537).check()), "waiting = 65537 is not between 0 and 65536");
        assert_eq!(refused(cache.age(Duration::ZERO).check()), "age_ms = 0 is not between 1 and 86400000");
        assert!(cache.age(Duration::MAX).check().is_err());
        assert_eq!(refused(cache.bytes(65_535).check()), "bytes = 65535 is not between 65536 and 68719476736");
        assert_eq!(cache.bytes(65_536).check(), Ok(()));
    }
}
