//! Three processes against one server keep one limit, by the server's clock.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aggregator_policies::{Rate, SharedLimitSettings, SharedLimiter, Sharing};
use aggregator_redis::{RedisLimits, RedisSettings};
use tokio::time::Instant;

use crate::server::Server;

/// Set in the processes that the test starts: the address of the server.
const CHILD: &str = "AGGREGATOR_REDIS_TEST_CHILD";
const PER_SECOND: u32 = 40;
const BURST: u32 = 20;
const LASTS: Duration = Duration::from_secs(6);

/// Takes as many turns as it gets, and prints their number.
#[tokio::main(flavor = "current_thread")]
async fn child(address: String) {
    let limits = RedisLimits::new(&address.into(), RedisSettings::default()).unwrap();
    let mut settings = SharedLimitSettings::default();
    // A busy machine is no failure of the server.
    settings.answer_within = Duration::from_secs(60);
    let rate = Rate::per_second(PER_SECOND, BURST).unwrap();
    let limiter = SharedLimiter::with_settings(Arc::new(limits), "web", rate, settings).unwrap();
    let ends = Instant::now() + LASTS;
    let mut turns = 0;
    while Instant::now() < ends {
        // Late enough for a busy machine.
        let turned = limiter.turn(Instant::now() + Duration::from_secs(60)).await.unwrap();
        assert!(matches!(turned.sharing, Sharing::Store { .. }), "{turned:?}: {:?}", limiter.failure());
        turns += 1;
    }
    println!("turns: {turns}");
}

#[test]
fn three_processes_keep_one_limit() {
    if let Ok(address) = std::env::var(CHILD) {
        return child(address);
    }
    let Some(server) = Server::start() else { return };
    let begun = server.time();
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["processes::three_processes_keep_one_limit", "--exact", "--nocapture"]);
            command.env(CHILD, server.address()).stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let turns: Vec<u32> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{text}");
            let number = text.split("turns: ").nth(1).and_then(|text| text.split_whitespace().next());
            number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number of turns: {text}"))
        })
        .collect();
    let elapsed = server.time() - begun;
    let all = f64::from(turns.iter().sum::<u32>());
    let most = f64::from(BURST) + f64::from(PER_SECOND) * elapsed;
    println!("{turns:?} turns in {elapsed:.3} s, at most {most:.1}");
    assert!(elapsed >= 5.0, "{elapsed}");
    assert!(all <= most, "{all} turns in {elapsed} s, at most {most}");
    // Each gets some, and together more than what is there at once.
    assert!(all > f64::from(BURST) && turns.iter().all(|turns| *turns > 0), "{turns:?}");
}
