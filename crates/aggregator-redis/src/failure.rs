//! What a server or the way to it says of a failure, as a text that may be shown.

use aggregator_policies::StoreError;
use redis::{ConnectionInfo, RedisError};

/// Longest text of a server that is shown.
const MOST_CHARACTERS: usize = 200;

/// `what` says what failed. Servers do not repeat passwords, and this makes sure.
pub(crate) fn failure(what: &str, error: &RedisError, server: &ConnectionInfo) -> StoreError {
    let text = match (error.code(), error.detail()) {
        // Servers send a code and a text.
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    };
    StoreError::new(format!("{what}: {}", shown(&text, server.redis_settings().password())))
}

fn shown(text: &str, password: Option<&str>) -> String {
    let text = match password {
        Some(password) if !password.is_empty() => text.replace(password, "(password)"),
        _ => text.to_owned(),
    };
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_text_of_a_server_is_one_short_line_without_the_password() {
        assert_eq!(shown("ERR no\r\n\u{1b}[31mhunter2!", Some("hunter2")), "ERR no   [31m(password)!");
        assert_eq!(shown("ERR", Some("")), "ERR");
        assert_eq!(shown(&"é".repeat(300), None).chars().count(), 200);
    }
}
