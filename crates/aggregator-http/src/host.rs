//! Which names a server answers to. A page of a stranger can have its own name resolve to this machine; the browser then sends
//! that name, and would read the answers (DNS rebinding).

use http::{HeaderMap, StatusCode, header};

use crate::error::ApiError;
use crate::settings::Settings;

/// # Errors
/// If the request is for a host that is not served.
pub(crate) fn check(headers: &HeaderMap, settings: &Settings) -> Result<(), ApiError> {
    if settings.any_host {
        return Ok(());
    }
    let given = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = without_port(given);
    if is_loopback(host) || settings.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    let what = format!("the host {host:?} is not served here: add it to `hosts` in [server], or ask by 127.0.0.1");
    Err(ApiError::new(StatusCode::MISDIRECTED_REQUEST, "host_not_served", what))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // An address of IPv6 has colons in brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn is_served(host: &str, settings: &Settings) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        check(&headers, settings).is_ok()
    }

    #[test]
    fn this_machine_and_named_hosts_are_served() {
        let mut settings = Settings { hosts: vec!["Answers.Example".into()], ..Settings::default() };
        for host in
            ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080", "[::1]", "answers.example:1"]
        {
            assert!(is_served(host, &settings), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:80", "10.0.0.1", "[::2]:80", "127.0.0.1.evil.example"]
        {
            assert!(!is_served(host, &settings), "{host}");
        }
        settings.any_host = true;
        assert!(is_served("evil.example", &settings) && check(&HeaderMap::new(), &settings).is_ok());
    }
}
