//! Ctrl-C and TERM: the first ends what runs with what there is, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aggregator_core::Canceller;
use aggregator_core::event::CancelReason;
use tokio::sync::Notify;

use crate::exit::{Exit, ProgramError};

/// Whether a signal has arrived, and what it ends; clones share both.
#[derive(Clone, Default)]
pub struct Interrupt {
    raised: Arc<AtomicBool>,
    ends: Arc<Mutex<Option<End>>>,
    /// Wakes what waits for a signal.
    arrived: Arc<Notify>,
}

/// Ends what runs.
type End = Box<dyn Fn() + Send>;

impl Interrupt {
    /// Installs the signal handler.
    ///
    /// # Errors
    /// When the signal handler cannot be installed.
    pub fn listen() -> Result<Self, ProgramError> {
        let interrupt = Self::default();
        let shared = interrupt.clone();
        ctrlc::set_handler(move || {
            if shared.raised.swap(true, Ordering::Relaxed) {
                // The first signal did not end it.
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            shared.arrived.notify_one();
            if let Some(end) = shared.ends.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                end();
            }
        })
        .map_err(|error| {
            ProgramError::new(Exit::Failed, format!("the handler for Ctrl-C cannot be installed: {error}"))
        })?;
        Ok(interrupt)
    }

    /// Waits for a signal.
    pub async fn raised(&self) {
        self.arrived.notified().await;
    }

    /// Whether a signal has arrived.
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }

    /// Cancels a query when a signal arrives, or at once if one has arrived already.
    pub fn cancels(&self, query: Canceller) {
        self.ends(move || query.cancel(CancelReason::Requested));
    }

    /// Calls `end` when a signal arrives, or at once if one has arrived already. Takes the place of what was there.
    pub fn ends(&self, end: impl Fn() + Send + 'static) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_raised() {
            end();
        }
        *ends = Some(Box::new(end));
    }
}
