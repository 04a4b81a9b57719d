//! Where the server is, and how it is used.

use std::time::Duration;

/// How a server is used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisSettings {
    /// Begins the names of all keys, so that others can use the same server. 1 to 64 visible characters of ASCII, without braces,
    /// which would decide where a cluster keeps a key. Default `aggregator:`. All servers that share limits have the same one.
    pub prefix: String,
    /// Time in which a connection is made, the password included. Default 1 s: four answers from the other side of
    /// the world. Connecting goes on when no caller waits for it any more, so that it is there when the server is asked again. At least 1 ms.
    pub connect_within: Duration,
    /// Time after which a server that has not answered is given up by this crate. Default 1 s; callers have given it up before
    /// (250 ms in `SharedLimitSettings`), and this one bounds what is sent without a caller. At least 1 ms.
    pub answer_within: Duration,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            prefix: "aggregator:".into(),
            connect_within: Duration::from_secs(1),
            answer_within: Duration::from_secs(1),
        }
    }
}

/// Settings that cannot be used. No error has the address of the server, which may have a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisSettingsError {
    /// The address is not one of a server.
    #[error(
        "the address of the Redis server is not understood: write it as redis://user:password@host:6379/0 or \
         redis+unix:///path/of/its/socket, with other characters than letters and digits in a password as %XX; TLS (rediss) is \
         not supported"
    )]
    Address,
    /// The prefix is empty or too long, or has characters that it may not have.
    #[error("the prefix {prefix:?} of keys is not 1 to 64 visible characters of ASCII without braces")]
    Prefix {
        /// The prefix.
        prefix: String,
    },
    /// A time is too short.
    #[error("{setting} is {} s: at least 0.001 s are needed", .time.as_secs_f64())]
    Time {
        /// `connect_within` or `answer_within`.
        setting: &'static str,
        /// Its value.
        time: Duration,
    },
}

impl RedisSettings {
    pub(crate) fn check(&self) -> Result<(), RedisSettingsError> {
        let is_plain = self.prefix.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'{' | b'}'));
        if !is_plain || !(1..=64).contains(&self.prefix.len()) {
            return Err(RedisSettingsError::Prefix { prefix: self.prefix.clone() });
        }
        for (setting, time) in [("connect_within", self.connect_within), ("answer_within", self.answer_within)] {
            if time < Duration::from_millis(1) {
                return Err(RedisSettingsError::Time { setting, time });
            }
        }
        Ok(())
    }
}
