//! What a service said last about its limits.

use std::sync::{Arc, Mutex, PoisonError};

use aggregator_core::RateWindow;

/// The windows of the last response that had any. Clones are the same memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateMemory(Arc<Mutex<Vec<RateWindow>>>);

impl RateMemory {
    /// Remembers what a response says; one that says nothing changes nothing.
    pub(crate) fn remember(&self, windows: Vec<RateWindow>) {
        if !windows.is_empty() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = windows;
        }
    }

    pub(crate) fn last(&self) -> Vec<RateWindow> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
