//! A server that goes away, comes back, forgets the script or says nothing: no request fails.

use std::sync::Arc;
use std::time::Duration;

use aggregator_policies::{Ask, LimitStore as _, Rate, SharedLimitSettings, SharedLimiter, Sharing};
use aggregator_redis::{RedisLimits, RedisSettings};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::server::Server;

/// So much that no request waits for its turn.
fn plenty() -> Rate {
    Rate::per_second(1_000, 1_000).unwrap()
}

/// A limiter that a busy machine does not make give the server up.
fn limiter(limits: RedisLimits, answer_within: Duration) -> SharedLimiter {
    let mut settings = SharedLimitSettings::default();
    settings.answer_within = answer_within;
    SharedLimiter::with_settings(Arc::new(limits), "web", plenty(), settings).unwrap()
}

async fn turn(limiter: &SharedLimiter) -> Sharing {
    limiter.turn(Instant::now() + Duration::from_secs(60)).await.expect("no request fails").sharing
}

/// Takes turns until one is as it is waited for.
async fn until(limiter: &SharedLimiter, wanted: Sharing) {
    for _ in 0..600 {
        if turn(limiter).await == wanted {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("{wanted:?} has not come within a minute; the last failure: {:?}", limiter.failure());
}

#[tokio::test]
async fn a_server_that_is_killed_and_started_again() {
    let Some(mut server) = Server::start() else { return };
    let limiters = [(); 2].map(|()| limiter(server.limits(), Duration::from_secs(10)));
    for limiter in &limiters {
        turn(limiter).await;
    }
    until(&limiters[0], Sharing::Store { peers: 2 }).await;
    server.kill();
    // The first question after the failure has no answer, and neither it nor those that follow fail.
    for _ in 0..20 {
        assert_eq!(turn(&limiters[0]).await, Sharing::Local { peers: 2 });
    }
    let why = limiters[0].failure().unwrap().to_string();
    assert!(why.contains("Redis server"), "{why}");
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(turn(&limiters[0]).await, Sharing::Local { peers: 2 });
    // It comes back without the script and without what was counted.
    assert!(server.starts());
    until(&limiters[0], Sharing::Store { peers: 1 }).await;
    assert_eq!(limiters[0].failure(), None);
    until(&limiters[1], Sharing::Store { peers: 2 }).await;
}

#[tokio::test]
async fn a_server_that_has_forgotten_the_script() {
    let Some(server) = Server::start() else { return };
    let limiter = limiter(server.limits(), Duration::from_secs(60));
    for _ in 0..3 {
        assert_eq!(turn(&limiter).await, Sharing::Store { peers: 1 });
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut server.client()).unwrap();
    }
    assert_eq!(turn(&limiter).await, Sharing::Store { peers: 1 });
}

/// Keys that are something else, and a server that takes no writes.
#[tokio::test]
async fn a_server_that_refuses() {
    let Some(server) = Server::start() else { return };
    redis::cmd("SET").arg("aggregator:{web}:limit").arg("mine").exec(&mut server.client()).unwrap();
    let limiter = limiter(server.limits(), Duration::from_secs(60));
    assert_eq!(turn(&limiter).await, Sharing::Local { peers: 1 });
    let why = limiter.failure().unwrap().to_string();
    assert!(why.starts_with("the Redis server has not kept a limit: WRONGTYPE"), "{why}");
    redis::cmd("DEL").arg("aggregator:{web}:limit").exec(&mut server.client()).unwrap();
    until(&limiter, Sharing::Store { peers: 1 }).await;
}

/// It costs one request at most the bounded time, and the others nothing: while it lasts, the server is not waited for.
#[tokio::test]
async fn a_server_that_accepts_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("redis://:hunter2@{}/", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            connections.push(connection);
        }
    });
    let limits = RedisLimits::new(&address.into(), RedisSettings::default()).unwrap();
    let limiter = limiter(limits, Duration::from_millis(250));
    let mut waited = 0;
    for _ in 0..100 {
        let turned = limiter.turn(Instant::now() + Duration::from_secs(60)).await.unwrap();
        assert_eq!(turned.sharing, Sharing::Local { peers: 1 });
        waited += u32::from(turned.waited >= Duration::from_millis(250));
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(waited, 1, "of 100 requests in 2 s");
    assert_eq!(limiter.failure().unwrap().to_string(), "it has not answered within 0.25 s");
    silent.abort();
}

/// Over a connection to a machine that is gone nothing ever comes: it is given up with the question, and not asked again.
#[tokio::test]
async fn a_question_that_is_given_up_closes_its_connection() {
    let Some(server) = Server::start() else { return };
    let limits = server.limits();
    limits.take(Ask::new("web", plenty())).await.unwrap();
    let connections = || -> usize {
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut server.client()).unwrap();
        // One of them is this one.
        list.lines().count() - 1
    };
    assert_eq!(connections(), 1);
    redis::cmd("CLIENT").arg("PAUSE").arg("600000").arg("WRITE").exec(&mut server.client()).unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(50), limits.take(Ask::new("web", plenty()))).await;
    assert!(given_up.is_err());
    redis::cmd("CLIENT").arg("UNPAUSE").exec(&mut server.client()).unwrap();
    for _ in 0..600 {
        if connections() == 0 {
            limits.take(Ask::new("web", plenty())).await.unwrap();
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the connection is still open after a minute");
}
