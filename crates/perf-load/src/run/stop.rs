//! Ending a run from elsewhere.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends runs from elsewhere, as from a handler of Ctrl-C. Cheap to clone; clones stop the same runs.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Stops the runs that have this handle, also those that begin later.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is stopped.
    pub(super) async fn stopped(&self) {
        let mut receiver = self.0.subscribe();
        // The sender is alive as long as this handle.
        let _ = receiver.wait_for(|stopped| *stopped).await;
    }
}
