//! A key is shown by nothing.

use std::error::Error;
use std::ffi::OsString;
use std::fs;

use aggregator_providers::http::{HttpError, Request, Secret, SecretError};
use aggregator_providers::search::{Brave, JsonSearch, brave, endpoint};
use http::header::HeaderName;

use super::scripted::{Script, search};

const CANARY: &str = "canary-5f1e";

fn key() -> Secret {
    Secret::from_variable("SERVICE_KEY", Some(CANARY.into())).unwrap()
}

#[test]
fn a_value_that_is_no_key_is_named_by_its_variable() {
    let error = |value: Option<&str>| {
        let error = Secret::from_variable("SERVICE_KEY", value.map(OsString::from)).unwrap_err();
        assert!(!format!("{error:?}{error}").contains("canary"), "{error:?}");
        error.to_string()
    };
    let characters =
        "SERVICE_KEY has a character that no key has (white space, a control character, or one outside ASCII)";
    let empty = "SERVICE_KEY is empty: set it to the key of the service";
    let scheme = "SERVICE_KEY begins with `Bearer`: set it to the key alone";
    assert_eq!(error(None), "SERVICE_KEY is not set: set it to the key of the service");
    for (value, says) in [
        ("", empty),
        (" \n", empty),
        ("canary\n", characters),
        ("canary\r\nx-header: 1", characters),
        ("can ary", characters),
        ("canary\u{e9}", characters),
        ("canary\0", characters),
        ("canary\u{7f}", characters),
        ("Bearer canary", scheme),
        ("bearer  canary", scheme),
        (&"canary".repeat(2_000), "SERVICE_KEY is longer than 8192 bytes, which no key is"),
    ] {
        assert_eq!(error(Some(value)), says, "{value:?}");
    }
    assert_eq!(
        Secret::from_env("A_VARIABLE_THAT_NOBODY_SETS").unwrap_err().to_string().split(':').next(),
        Some("A_VARIABLE_THAT_NOBODY_SETS is not set")
    );
    // One that is set for every test.
    assert_eq!(Secret::from_env("CARGO_PKG_NAME").unwrap().redact("aggregator-providers"), "…");
}

#[cfg(unix)]
#[test]
fn a_key_is_read_from_a_file_and_others_are_warned_of() {
    use std::os::unix::ffi::OsStringExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let write = |text: &[u8], mode| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Secret::from_file(&path)
    };
    for ending in ["", "\n", "\r\n"] {
        let key = write(format!("{CANARY}{ending}").as_bytes(), 0o600).unwrap();
        assert_eq!((key.redact(CANARY).as_str(), key.warning()), ("…", None));
    }
    for mode in [0o640, 0o604, 0o644] {
        let warning = write(CANARY.as_bytes(), mode).unwrap().warning().unwrap().to_string();
        assert_eq!(warning, format!("{} can be read by other users: chmod 600 it", path.display()));
    }
    let origin = path.display().to_string();
    assert_eq!(write(b"\n", 0o600).unwrap_err(), SecretError::Empty { origin: origin.clone() });
    assert_eq!(write(b"a\nb\n", 0o600).unwrap_err(), SecretError::Characters { origin: origin.clone() });
    assert_eq!(write(b"\xff", 0o600).unwrap_err(), SecretError::Characters { origin });
    let missing = Secret::from_file(folder.path().join("none")).unwrap_err().to_string();
    assert!(missing.contains("none cannot be read: No such file"), "{missing}");
    let bytes = OsString::from_vec(vec![0xff]);
    assert!(matches!(Secret::from_variable("KEY", Some(bytes)), Err(SecretError::Characters { .. })));
}

#[test]
fn a_header_with_a_key_is_sensitive() {
    let header = key().header("Bearer ", "").unwrap();
    assert_eq!(header.as_bytes(), format!("Bearer {CANARY}").as_bytes());
    assert!(header.is_sensitive());
    assert_eq!(format!("{header:?}"), "Sensitive");
    assert!(matches!(key().header("a\n", ""), Err(HttpError::Request { .. })));
}

fn json_search(script: &Script) -> JsonSearch {
    let mut settings: endpoint::Settings = toml::from_str(include_str!("../../examples/tavily.toml")).unwrap();
    settings.quota_statuses.clear();
    // Written where no key belongs.
    settings.headers.insert("x-custom".into(), CANARY.into());
    settings.url.push_str("?key=");
    settings.url.push_str(CANARY);
    settings.body["key"] = CANARY.into();
    JsonSearch::with_variables(script.client(), settings, |_| Some(CANARY.into())).unwrap()
}

/// Services repeat keys in their errors, and so must nothing that is made of them.
#[tokio::test(start_paused = true)]
async fn neither_debug_nor_an_error_has_the_key() {
    let mut shown = vec![format!("{:?}", key()), format!("{:#?}", key())];
    let request = Request::get(aggregator_providers::http::Endpoint::new("a", "https://example.org").unwrap());
    let request = request.with_header(HeaderName::from_static("x-key"), key().header("", "").unwrap());
    shown.extend([format!("{request:?}"), format!("{request:#?}"), format!("{:#?}", request.headers())]);
    let mut errors = 0;
    for status in (200..206).chain(300..309).chain(400..434).chain(500..512) {
        let said = format!(
            r#"{{"error": {{"code": "{CANARY}", "detail": "the key {CANARY} is wrong"}}, "detail": {{"error": "{CANARY}"}}, "results": "{CANARY}"}}"#
        );
        for content_type in ["application/json", &format!("text/{CANARY}")] {
            let script = Script::new(status, said.clone()).header("content-type", content_type);
            let script = script.header("location", &format!("https://example.org/{CANARY}"));
            let brave = Brave::new(script.client(), key(), brave::Settings::default()).unwrap();
            let json_search = json_search(&script);
            shown.extend([format!("{brave:?}"), format!("{brave:#?}"), format!("{json_search:#?}")]);
            for provider in [&brave as &dyn aggregator_core::SearchProvider, &json_search] {
                let error = search(provider, 10).await.unwrap_err();
                errors += 1;
                shown.extend([format!("{error}"), format!("{error:?}"), format!("{error:#?}")]);
                let mut cause = error.source();
                while let Some(error) = cause {
                    shown.extend([format!("{error}"), format!("{error:?}"), format!("{error:#?}")]);
                    cause = error.source();
                }
            }
            assert!(
                script.requests.lock().unwrap().iter().any(|request| {
                    request.headers().values().any(|value| value.as_bytes().ends_with(CANARY.as_bytes()))
                }),
                "the key was not sent"
            );
        }
    }
    assert_eq!(errors, 61 * 2 * 2);
    for text in shown {
        assert!(!text.contains(CANARY), "{text}");
    }
}
