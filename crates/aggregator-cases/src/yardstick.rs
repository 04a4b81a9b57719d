//! The reference workload: the texts of an answer through a bounded channel between two tasks, which is what an engine that
//! spawns tasks would pay.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::{CleanText, Event, EventKind};
use aggregator_mocks::{Style, catalog, write_answer};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::metrics;
use super::query::runtime;
use super::workload::{Observation, Workload, digest, require};

/// Capacity of the channel: a usual size of an event buffer.
const CAPACITY: usize = 32;

pub struct Channel {
    runtime: Runtime,
    deltas: Arc<[String]>,
}

impl Channel {
    pub fn new() -> Self {
        let style = Style { sources: 20, citations: 12, invented: 2 };
        Self { runtime: runtime(false), deltas: write_answer(&catalog::corpus(), 2, 200, style) }
    }

    fn send_all(&self, mut visit: impl FnMut(&Event)) {
        self.runtime.block_on(async {
            let (sender, mut receiver) = mpsc::channel(CAPACITY);
            let deltas = Arc::clone(&self.deltas);
            tokio::spawn(async move {
                for (seq, delta) in (0..).zip(deltas.iter()) {
                    let kind = EventKind::AnswerDelta { text: CleanText::multi_line(delta.clone()) };
                    if sender.send(Event::new(seq, Duration::ZERO, kind)).await.is_err() {
                        break;
                    }
                }
            });
            while let Some(event) = &receiver.recv().await {
                visit(event);
            }
        });
    }
}

impl Workload for Channel {
    fn run(&mut self) -> u64 {
        let mut events = 0;
        self.send_all(|event| {
            std::hint::black_box(event);
            events += 1;
        });
        events
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let mut texts = Vec::new();
        self.send_all(|event| {
            if let EventKind::AnswerDelta { text } = &event.kind {
                texts.push(text.to_string());
            }
        });
        require(texts[..] == self.deltas[..], || "the channel lost or changed a text".into())?;
        let (amount, checksum) = (texts.len() as u64, digest(texts.iter().map(String::as_str)));
        Ok(Observation { amount, checksum, counts: vec![(metrics::EVENTS, amount)] })
    }
}
