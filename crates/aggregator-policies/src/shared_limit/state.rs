//! What a process knows of a limit that it shares, and what it does next: plain data, which reads no clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::gcra::{Gcra, MAX_PERIOD, Rate};
use crate::shared_limit::settings::SharedLimitSettings;
use crate::shared_limit::store::{Answer, Decision, StoreError};
use crate::shared_limit::turned::Sharing;

/// A caller that waits long asks the store so often, so that the store goes on counting this process among the peers, which stores
/// forget after 30 s, and so that a store that was emptied is noticed.
const REFRESH: Duration = Duration::from_secs(10);

/// The least wait, also where the store asks for less: tokio's timers have no shorter one.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// So much later for each of them: more than timers and answers differ.
const PASSES: Duration = Duration::from_millis(2);

/// The limit as one process sees it.
#[derive(Debug)]
pub(super) struct State {
    rate: Rate,
    settings: SharedLimitSettings,
    /// When the store can grant the next one at the earliest: what this process was granted or told. Others make it later.
    known: Gcra,
    /// The share of this process, for as long as the store does not answer. What the store grants is counted in it, so that a
    /// failure of the store gives no second burst.
    local: Gcra,
    peers: u32,
    /// Number of turns that callers took from the local share while the store worked, because their deadline came before its answer,
    /// and that the store has not granted since. Each permission of the store lowers it before a caller has one. At most the burst of
    /// the share.
    owed: u32,
    /// Until when the service is not to be asked.
    held: Option<Instant>,
    health: Health,
    asked: Option<Instant>,
    not_before: Instant,
    turns: Turns,
}

/// Processes that wait for the same moment race for it, and the one whose timer is a little earlier would win each time. So one that
/// has won lets the others pass: it asks a little later, and less so each time that another wins.
#[derive(Debug, Default)]
struct Turns {
    /// How many are before it.
    behind: u32,
    /// How much later than it could it asks.
    passes: Duration,
}

impl Turns {
    fn granted(&mut self, rate: Rate, peers: u32) {
        self.behind = peers - 1;
        self.waits(rate, peers);
    }

    fn lost(&mut self, rate: Rate, peers: u32) {
        self.behind = self.behind.saturating_sub(1);
        self.waits(rate, peers);
    }

    fn waits(&mut self, rate: Rate, peers: u32) {
        // No more than a tenth of an interval is lost where the others do not use it.
        let step = PASSES.min(rate.interval() / 10 / peers);
        self.passes = step.saturating_mul(self.behind);
    }
}

#[derive(Debug)]
enum Health {
    Works,
    /// It is asked again at `again`, and the local share is used meanwhile.
    Failed {
        again: Instant,
        error: StoreError,
    },
}

/// What a caller does next.
#[derive(Debug)]
pub(super) enum Step {
    /// It has its turn.
    Turn(Sharing),
    /// It looks again at this time, or when it is woken.
    Wait(Instant),
    /// Its turn is after its deadline, at this time.
    TooLate(Instant),
}

impl State {
    pub(super) fn new(rate: Rate, settings: SharedLimitSettings, now: Instant) -> Self {
        let peers = settings.peers_at_first;
        Self {
            rate,
            settings,
            known: Gcra::new(rate, now),
            local: Gcra::new(rate.among(peers), now),
            peers,
            owed: 0,
            held: None,
            health: Health::Works,
            asked: None,
            not_before: now,
            turns: Turns::default(),
        }
    }

    /// Why the local share is used; `None` while the store answers.
    pub(super) fn failure(&self) -> Option<&StoreError> {
        match &self.health {
            Health::Works => None,
            Health::Failed { error, .. } => Some(error),
        }
    }

    /// When the store has failed that was asked at `sent`, and for whose answer callers wait until `waited` at the longest.
    pub(super) fn gives_up_at(&self, sent: Instant, waited: Instant) -> Instant {
        match self.health {
            Health::Works => waited,
            // No caller waits for a store that has failed, so `waited` would keep it from being asked again.
            Health::Failed { .. } => sent + self.settings.answer_within,
        }
    }

    /// For how long the service is not to be asked.
    pub(super) fn held(&self, now: Instant) -> Duration {
        self.held.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// When the first caller asks the store.
    pub(super) fn asks_at(&self) -> Instant {
        match self.health {
            Health::Failed { again, .. } => again,
            Health::Works => {
                let refresh = self.asked.map(|asked| asked + REFRESH);
                refresh.map_or(self.free_at(), |at| at.min(self.free_at())).max(self.not_before)
            }
        }
    }

    fn free_at(&self) -> Instant {
        self.known.free_at() + self.turns.passes
    }

    /// The store is asked now.
    pub(super) fn asks(&mut self, now: Instant) {
        self.asked = Some(now);
    }

    /// The store has answered what it was asked at `sent`. Returns the turn of the caller, if it has one now.
    pub(super) fn answered(&mut self, answer: Answer, sent: Instant, now: Instant) -> Option<Sharing> {
        self.health = Health::Works;
        let peers = answer.peers.max(1);
        if peers != self.peers {
            self.peers = peers;
            self.local.change_rate(self.rate.among(peers), now);
            self.keep_held(now);
        }
        match answer.decision {
            Decision::Granted => {
                // The store decided after it was asked, so this is no later than what the store knows.
                self.known.count(sent);
                self.turns.granted(self.rate, peers);
                if let Some(owed) = self.owed.checked_sub(1) {
                    // The local share counted this turn when the caller took it.
                    self.owed = owed;
                    return None;
                }
                // Where it is refused, the share is used up already.
                self.local.take(now);
                // One that was granted to a caller that went away is used by the next one, unless it has become old: the service
                // would see it together with what is granted now.
                (now <= sent + self.settings.answer_within).then_some(Sharing::Store { peers })
            }
            Decision::Wait(wait) => {
                self.known.hold_until(sent + wait.min(MAX_PERIOD));
                self.not_before = now + LEAST_WAIT;
                self.turns.lost(self.rate, peers);
                None
            }
        }
    }

    /// The store has failed at what it was asked at `sent`.
    pub(super) fn failed(&mut self, error: StoreError, sent: Instant, now: Instant) {
        // The failure may be noticed late, because no caller waited: then the store is asked again at once.
        let failed = now.min(sent + self.settings.answer_within);
        self.health = Health::Failed { again: failed + self.settings.ask_again_after, error };
        // From here on the local share is the limit, and it has counted these turns.
        self.owed = 0;
        // It may come back empty. What is held is in the next question, and in the share.
        self.known = Gcra::new(self.rate, now);
    }

    /// The service is not asked before `until`.
    pub(super) fn hold_until(&mut self, until: Instant, now: Instant) {
        let until = until.min(now + MAX_PERIOD);
        self.held = Some(self.held.map_or(until, |held| held.max(until)));
        self.keep_held(now);
    }

    fn keep_held(&mut self, now: Instant) {
        if let Some(until) = self.held.filter(|until| *until > now) {
            self.known.hold_until(until);
            self.local.hold_until(until);
        }
    }

    /// When the caller after `others` more can have its turn at the earliest.
    pub(super) fn earliest(&self, others: usize) -> Instant {
        match self.health {
            Health::Works => self.known.free_after(others),
            Health::Failed { .. } => self.local.free_after(others),
        }
    }

    /// What the first caller does while the store has not answered and is given up at that time, or is not asked.
    pub(super) fn step(&mut self, given_up: Option<Instant>, deadline: Instant, now: Instant) -> Step {
        let look_again = given_up.unwrap_or_else(|| self.asks_at());
        let works = matches!(self.health, Health::Works);
        // A caller whose deadline does not allow to wait for the store does not fail because of that.
        let store_is_late = given_up.is_some() && now >= deadline;
        if works && !store_is_late {
            let at = self.free_at().max(self.not_before);
            return if at > deadline { Step::TooLate(at) } else { Step::Wait(look_again.min(deadline)) };
        }
        let (share, free_at) = (self.rate.among(self.peers), self.local.free_at());
        if works && self.owed >= share.burst() && free_at <= now {
            // The store's next permission makes room for one. When it comes is not known.
            return Step::TooLate(now + share.interval());
        }
        if self.local.take(now) {
            self.owed += u32::from(works);
            return Step::Turn(Sharing::Local { peers: self.peers });
        }
        if free_at > deadline { Step::TooLate(free_at) } else { Step::Wait(look_again.min(free_at)) }
    }
}
