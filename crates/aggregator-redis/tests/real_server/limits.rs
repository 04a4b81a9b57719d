//! The store over a real server, by the server's clock.

use std::time::Duration;

use aggregator_policies::{Ask, Decision, LimitStore as _, Rate};
use aggregator_redis::{RedisLimits, RedisSettings, RedisSettingsError};

use crate::server::Server;

/// So slow that none comes back while a test runs.
fn slow(burst: u32) -> Rate {
    Rate::new(1, Duration::from_secs(3_600), burst).unwrap()
}

/// All keys, with the milliseconds after which the server forgets them.
fn keys(server: &Server) -> Vec<(String, i64)> {
    let mut redis = server.client();
    let mut names: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut redis).unwrap();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let left = redis::cmd("PTTL").arg(&name).query(&mut redis).unwrap();
            (name, left)
        })
        .collect()
}

#[tokio::test]
async fn the_burst_is_granted_and_then_there_is_a_wait() {
    let Some(server) = Server::start() else { return };
    let limits = server.limits();
    let mut granted = 0;
    for _ in 0..100 {
        let answer = limits.take(Ask::new("web", slow(20))).await.unwrap();
        match answer.decision {
            Decision::Granted => granted += 1,
            Decision::Wait(wait) => {
                assert!(wait <= Duration::from_secs(3_600) && wait > Duration::from_secs(3_000), "{wait:?}");
            }
        }
        assert_eq!(answer.peers, 1);
    }
    assert_eq!(granted, 20);
    // Another service has a limit of its own.
    assert_eq!(limits.take(Ask::new("news", slow(1))).await.unwrap().decision, Decision::Granted);
}

#[tokio::test]
async fn nothing_stays_at_the_server_for_ever() {
    let Some(server) = Server::start() else { return };
    let limits = server.limits();
    limits.take(Ask::new("web {search}", slow(5))).await.unwrap();
    limits.take(Ask::new("web {search}", slow(5))).await.unwrap();
    let keys = keys(&server);
    let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
    // A hash tag, so that a cluster keeps both on one node.
    assert_eq!(names, ["aggregator:{web%20%7Bsearch%7D}:limit", "aggregator:{web%20%7Bsearch%7D}:peers"]);
    assert!((1..=7_200_001).contains(&keys[0].1) && (1..=30_000).contains(&keys[1].1), "{keys:?}");
    // A limit is kept as long as something of it is used up, and a hold as long as it holds.
    limits.take(Ask::new("held", slow(3)).held(Duration::from_secs(100_000))).await.unwrap();
    let held = self::keys(&server)[0].clone();
    assert!((99_000_000..=107_200_001).contains(&held.1), "{held:?}");
}

#[tokio::test]
async fn processes_share_limits_and_holds_and_see_each_other() {
    let Some(server) = Server::start() else { return };
    let three = [server.limits(), server.limits(), server.limits()];
    let mut peers = Vec::new();
    for limits in &three {
        peers.push(limits.take(Ask::new("web", slow(10))).await.unwrap().peers);
    }
    assert_eq!(peers, [1, 2, 3]);
    // A clone is the same process.
    assert_eq!(three[0].clone().take(Ask::new("web", slow(10))).await.unwrap().peers, 3);
    three[0].hold(Ask::new("web", slow(10)).held(Duration::from_secs(7_200)));
    // It is sent by a task of its own.
    for _ in 0..600 {
        let answer = three[1].take(Ask::new("web", slow(10))).await.unwrap();
        if let Decision::Wait(wait) = answer.decision
            && wait > Duration::from_secs(3_600)
        {
            assert!(wait <= Duration::from_secs(7_200), "{wait:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the others have not learnt of a hold within a minute");
}

#[tokio::test]
async fn a_prefix_separates_those_who_share_a_server() {
    let Some(server) = Server::start() else { return };
    let with = |prefix: &str| {
        let mut settings = RedisSettings::default();
        settings.prefix = prefix.into();
        RedisLimits::new(&server.address().into(), settings).unwrap()
    };
    for prefix in ["a:", "b:"] {
        assert_eq!(with(prefix).take(Ask::new("web", slow(1))).await.unwrap().decision, Decision::Granted);
    }
    let names: Vec<String> = keys(&server).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a:{web}:limit", "a:{web}:peers", "b:{web}:limit", "b:{web}:peers"]);
}

#[tokio::test]
async fn nothing_shows_a_password() {
    let Some(server) = Server::with_password(Some("hunter2hunter2")) else { return };
    let limits = server.limits();
    assert_eq!(limits.take(Ask::new("web", slow(1))).await.unwrap().decision, Decision::Granted);
    let shown = format!("{limits:?} {limits:#?}");
    assert!(!shown.contains("hunter2") && !shown.contains("socket"), "{shown}");

    let wrong = server.address().replace("hunter2hunter2", "hunter3hunter3");
    let wrong = RedisLimits::new(&wrong.into(), RedisSettings::default()).unwrap();
    let error = wrong.take(Ask::new("web", slow(1))).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("hunter") && !text.contains("socket"), "{text}");
    insta::assert_snapshot!(error, @"no connection to the Redis server (does it run, are address and password right?): Password authentication failed - AuthenticationFailed");
}

#[test]
fn settings_that_cannot_be_used_are_refused_without_showing_the_address() {
    let refused = |address: &str, prefix: &str, milliseconds: u64| {
        let mut settings = RedisSettings::default();
        settings.prefix = prefix.into();
        settings.answer_within = Duration::from_millis(milliseconds);
        RedisLimits::new(&address.into(), settings).unwrap_err()
    };
    for address in ["", "hunter2", "http://:hunter2@host", "rediss://:hunter2@host", "redis://:hunter2@host:hunter2/"] {
        assert_eq!(refused(address, "a:", 1), RedisSettingsError::Address, "{address}");
    }
    insta::assert_snapshot!(refused("", "a:", 1), @"the address of the Redis server is not understood: write it as redis://user:password@host:6379/0 or redis+unix:///path/of/its/socket, with other characters than letters and digits in a password as %XX; TLS (rediss) is not supported");
    insta::assert_snapshot!(refused("redis://host", "{a}", 1), @r#"the prefix "{a}" of keys is not 1 to 64 visible characters of ASCII without braces"#);
    insta::assert_snapshot!(refused("redis://host", "a:", 0), @"answer_within is 0 s: at least 0.001 s are needed");
    for prefix in ["", "a b", "ä", &"a".repeat(65)] {
        assert!(matches!(refused("redis://host", prefix, 1), RedisSettingsError::Prefix { .. }), "{prefix}");
    }
}
