//! Ctrl-C and TERM: the first ends what runs with what there is, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aggregator_core::Canceller;
use aggregator_core::event::CancelReason;
use tokio::sync::Notify;

use crate::exit::{Exit, ProgramError};

/// Whether a signal has arrived, and the query that it cancels; clones share both.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    raised: Arc<AtomicBool>,
    query: Arc<Mutex<Option<Canceller>>>,
    /// Wakes what waits for a signal.
    arrived: Arc<Notify>,
}

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
            if let Some(query) = shared.query.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                query.cancel(CancelReason::Requested);
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
        *self.query.lock().unwrap_or_else(PoisonError::into_inner) = Some(query.clone());
        if self.is_raised() {
            query.cancel(CancelReason::Requested);
        }
    }
}
