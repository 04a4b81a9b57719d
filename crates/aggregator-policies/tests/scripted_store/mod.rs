//! A store of limits in memory that answers, hangs or fails as a test says, and knows what it was asked.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aggregator_policies::{Answer, Ask, Decision, Gcra, LimitStore, StoreError};
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};

/// The store; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Scripted(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
pub struct Script {
    pub behaviour: Behaviour,
    /// From a question until its answer; the store decides at half of it.
    pub latency: Duration,
    /// What it says of the number of processes.
    pub peers: u32,
    pub asked: Vec<Ask>,
    pub granted: Vec<Instant>,
    pub held: Vec<Ask>,
    gcra: Option<Gcra>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behaviour {
    #[default]
    Answers,
    Hangs,
    Fails,
}

impl Scripted {
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    pub fn behaves(&self, behaviour: Behaviour) {
        self.script().behaviour = behaviour;
    }
}

impl LimitStore for Scripted {
    fn take(&self, ask: Ask) -> BoxFuture<'static, Result<Answer, StoreError>> {
        let store = self.clone();
        store.script().asked.push(ask.clone());
        Box::pin(async move {
            let half = store.script().latency / 2;
            wait(half).await;
            let behaviour = store.script().behaviour;
            match behaviour {
                Behaviour::Answers => {}
                Behaviour::Fails => return Err(StoreError::new("the store is down")),
                Behaviour::Hangs => return std::future::pending().await,
            }
            let answer = store.script().decide(&ask);
            wait(half).await;
            Ok(answer)
        })
    }

    fn hold(&self, ask: Ask) {
        let mut script = self.script();
        script.gcra(&ask).hold_until(Instant::now() + ask.held);
        script.held.push(ask);
    }
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

impl Script {
    /// As a server that was started again.
    #[allow(dead_code, reason = "not every test binary needs it")]
    pub fn forgets(&mut self) {
        self.gcra = None;
    }

    fn gcra(&mut self, ask: &Ask) -> &mut Gcra {
        self.gcra.get_or_insert_with(|| Gcra::new(ask.rate, Instant::now()))
    }

    fn decide(&mut self, ask: &Ask) -> Answer {
        let now = Instant::now();
        let gcra = self.gcra(ask);
        if !ask.held.is_zero() {
            gcra.hold_until(now + ask.held);
        }
        let decision =
            if gcra.take(now) { Decision::Granted } else { Decision::Wait(gcra.free_at().duration_since(now)) };
        if decision == Decision::Granted {
            self.granted.push(now);
        }
        Answer { decision, peers: self.peers }
    }
}
