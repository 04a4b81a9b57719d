//! Ctrl-C and TERM: the first ends what runs with what there is, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aggregator_core::Canceller;
use aggregator_core::event::CancelReason;

use crate::exit::{Exit, Failure};

/// Whether a signal has arrived, and the query that it cancels; clones share both.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    query: Arc<Mutex<Option<Canceller>>>,
}

impl Interrupt {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the signal handler cannot be installed.
    pub fn listen() -> Result<Self, Failure> {
        let interrupt = Self::default();
        let told = interrupt.clone();
        ctrlc::set_handler(move || {
            if told.asked.swap(true, Ordering::Relaxed) {
                // The first signal did not end it.
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            if let Some(query) = told.query.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                query.cancel(CancelReason::Requested);
            }
        })
        .map_err(|error| Failure::new(Exit::Failed, format!("the handler for Ctrl-C cannot be installed: {error}")))?;
        Ok(interrupt)
    }

    /// Whether a signal has arrived.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Cancels a query when a signal arrives, or at once if one has arrived already.
    pub fn cancels(&self, query: Canceller) {
        *self.query.lock().unwrap_or_else(PoisonError::into_inner) = Some(query.clone());
        if self.is_asked() {
            query.cancel(CancelReason::Requested);
        }
    }
}
