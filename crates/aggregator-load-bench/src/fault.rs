//! Faults planted by the tests, between the engine and its clients.

use std::time::Duration;

use aggregator_core::Event;
use aggregator_core::event::EventKind;
use aggregator_load::Events;
use futures::{StreamExt as _, stream};

/// A fault planted between the engine and a client, which has to fail a row of the case. Only tests plant faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// None: the events pass what plants the others, so that these are compared with what it costs.
    Inert,
    /// The first event is 80 ms late.
    LateStatus,
    /// Each result is 20 ms late.
    LateResults,
    /// The first piece of text is 2 s late.
    LateText,
    /// The 20th piece of text is 9 s late.
    Stall,
    /// The last event is 9 s late.
    LateEnd,
    /// The last piece of text is lost.
    LostText,
    /// A copy of each event is held until the query ends.
    HeldEvents,
    /// Each event is copied once more.
    CopiedEvents,
    /// 64 bytes are leaked by each operation.
    LeakedMemory,
}

impl Fault {
    pub(crate) fn apply(self, events: Events) -> Events {
        let ms = Duration::from_millis;
        match self {
            Self::Inert | Self::LeakedMemory => events.map(|event| event).boxed(),
            Self::LateStatus => late(events, move |event, _| if event.seq == 0 { ms(80) } else { Duration::ZERO }),
            Self::LateResults => {
                late(
                    events,
                    move |event, _| {
                        if matches!(event.kind, EventKind::Result { .. }) { ms(20) } else { Duration::ZERO }
                    },
                )
            }
            Self::LateText => late(events, move |_, texts| if texts == 1 { ms(2_000) } else { Duration::ZERO }),
            Self::Stall => late(events, move |_, texts| if texts == 20 { ms(9_000) } else { Duration::ZERO }),
            Self::LateEnd => {
                late(
                    events,
                    move |event, _| {
                        if matches!(event.kind, EventKind::Done { .. }) { ms(9_000) } else { Duration::ZERO }
                    },
                )
            }
            Self::LostText => {
                let mut held = None;
                let cut = events.flat_map(move |event| {
                    let sent = if is_text(&event) { held.replace(event) } else { Some(event) };
                    stream::iter(sent)
                });
                cut.enumerate().map(|(seq, event)| Event::new(seq as u64, event.elapsed(), event.kind)).boxed()
            }
            Self::HeldEvents => {
                let mut held = Vec::new();
                let held = events.map(move |event| {
                    held.push((event.clone(), vec![1_u8; 512]));
                    event
                });
                held.boxed()
            }
            Self::CopiedEvents => events.map(|event| *std::hint::black_box(Box::new(event))).boxed(),
        }
    }
}

fn is_text(event: &Event) -> bool {
    matches!(event.kind, EventKind::AnswerDelta { .. })
}

/// Waits before each piece of text and each other event as long as is said, by the event and the number of the piece of text; 0 for
/// other events.
fn late(events: Events, wait: impl Fn(&Event, u32) -> Duration + Send + 'static) -> Events {
    let mut texts = 0;
    let late = events.then(move |event| {
        texts += u32::from(is_text(&event));
        let wait = wait(&event, if is_text(&event) { texts } else { 0 });
        async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            event
        }
    });
    late.boxed()
}
