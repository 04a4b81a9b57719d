//! What a mock does, step by step, as data; slow, failing, hanging and flooding are all the same mechanism.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::provider::{ProviderError, ProviderErrorKind};
use futures::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::probe::CallGuard;

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Waits.
    Wait(Duration),
    /// Is pending once, and wakes the task at once.
    Yield,
    /// Yields the next items, waiting before each.
    Emit {
        /// How many.
        items: u32,
        /// Wait before each; zero for none.
        every: Duration,
    },
    /// Yields one item after each of these waits.
    ///
    /// Each wait begins when the one before it was due, so that neither the coarseness of a timer (tokio's is 1 ms) nor
    /// a late poll adds up.
    EmitAfter(Arc<[Duration]>),
    /// Fails.
    Fail(ProviderErrorKind),
    /// Never answers again, and never wakes its task.
    Hang,
    /// Yields items without an end.
    Flood,
    /// Panics when polled.
    Panic,
}

impl Step {
    /// Items that it yields; a flood has no number.
    pub(crate) fn items(&self) -> u32 {
        match self {
            Self::Emit { items, .. } => *items,
            Self::EmitAfter(waits) => waits.len() as u32,
            _ => 0,
        }
    }
}

/// How strictly a script's waits are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// As written.
    #[default]
    Scripted,
    /// Without any wait: everything is ready at once.
    Instant,
    /// Without any wait, but pending once before each item and before the end: every interleaving point is visible.
    Yielding,
}

/// Applies a pace to a script.
pub(crate) fn apply_pace(script: &[Step], pace: Pace) -> Arc<[Step]> {
    let repace = |step: &Step| match (pace, step) {
        (Pace::Scripted, step) => vec![step.clone()],
        (_, Step::Wait(_)) => vec![],
        (_, &Step::Emit { items, .. }) => immediate(items, pace),
        (_, Step::EmitAfter(waits)) => immediate(waits.len() as u32, pace),
        (_, step) => vec![step.clone()],
    };
    let mut steps: Vec<Step> = script.iter().flat_map(repace).collect();
    if pace == Pace::Yielding {
        steps.push(Step::Yield);
    }
    steps.into()
}

/// Steps that yield `items` items without a wait.
fn immediate(items: u32, pace: Pace) -> Vec<Step> {
    let every = Duration::ZERO;
    match pace {
        Pace::Yielding => {
            let one = [Step::Yield, Step::Emit { items: 1, every }];
            std::iter::repeat_n(one, items as usize).flatten().collect()
        }
        _ => vec![Step::Emit { items, every }],
    }
}

/// Makes a script's items; the argument counts them from 0.
pub(crate) trait Items: Send + Unpin {
    type Item;
    fn item(&self, index: u32) -> Self::Item;
}

/// The stream of a mock that runs a script.
pub(crate) struct ScriptedStream<I> {
    steps: Arc<[Step]>,
    items: I,
    /// Maximum number of items that `Emit` yields in all; a flood has no limit.
    max_items: u32,
    /// Index of the step that the stream performs now.
    at: usize,
    /// Items yielded, and those of the current step.
    yielded: u32,
    of_step: u32,
    /// Whether the current step's wait or pause is over.
    waited: bool,
    timer: Option<Pin<Box<Sleep>>>,
    guard: Option<CallGuard>,
    panic_on_drop: bool,
}

impl<I: Items> ScriptedStream<I> {
    pub(crate) fn new(
        steps: Arc<[Step]>,
        items: I,
        max_items: u32,
        guard: Option<CallGuard>,
        panic_on_drop: bool,
    ) -> Self {
        Self {
            steps,
            items,
            max_items,
            at: 0,
            yielded: 0,
            of_step: 0,
            waited: false,
            timer: None,
            guard,
            panic_on_drop,
        }
    }

    fn next_step(&mut self) {
        self.at += 1;
        self.of_step = 0;
        self.waited = false;
        self.timer = None;
    }

    fn next_item(&mut self) -> I::Item {
        if let Some(guard) = &self.guard {
            guard.yielded();
        }
        let item = self.items.item(self.yielded);
        self.yielded += 1;
        self.of_step += 1;
        self.waited = false;
        item
    }

    /// Waits once per step or item, from the first poll that asks for it.
    #[inline]
    fn poll_wait(&mut self, wait: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if wait.is_zero() || self.waited { Poll::Ready(()) } else { self.poll_timer(wait, wait, cx) }
    }

    /// Waits, and sets the timer to the next wait of this step.
    fn poll_timer(&mut self, wait: Duration, next: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let timer = match &mut self.timer {
            Some(timer) => timer,
            None => self.timer.insert(Box::pin(sleep_until(Instant::now() + wait))),
        };
        if Future::poll(timer.as_mut(), cx).is_pending() {
            return Poll::Pending;
        }
        self.waited = true;
        // The next wait of this step starts from the time this one was due, so that a late poll does not shift the rest.
        let due = timer.deadline();
        timer.as_mut().reset(due + next);
        Poll::Ready(())
    }
}

impl<I: Items> Stream for ScriptedStream<I> {
    type Item = Result<I::Item, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(guard) = &this.guard {
            guard.polled();
        }
        loop {
            match this.steps.get(this.at) {
                Some(Step::Emit { .. } | Step::EmitAfter(_)) if this.yielded >= this.max_items => {
                    this.at = this.steps.len()
                }
                None => {
                    if let Some(guard) = &this.guard {
                        guard.completed();
                    }
                    return Poll::Ready(None);
                }
                Some(&Step::Wait(wait)) => {
                    if this.poll_wait(wait, cx).is_pending() {
                        return Poll::Pending;
                    }
                    this.next_step();
                }
                Some(Step::Yield) => {
                    if !this.waited {
                        this.waited = true;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    this.next_step();
                }
                Some(&Step::Emit { items, every }) => {
                    if this.of_step == items {
                        this.next_step();
                        continue;
                    }
                    if this.poll_wait(every, cx).is_pending() {
                        return Poll::Pending;
                    }
                    return Poll::Ready(Some(Ok(this.next_item())));
                }
                Some(Step::EmitAfter(waits)) => {
                    let Some(&wait) = waits.get(this.of_step as usize) else {
                        this.next_step();
                        continue;
                    };
                    // Also a wait of zero takes its turn with the timer, which is set to when the one before was due.
                    let next = waits.get(this.of_step as usize + 1).copied().unwrap_or_default();
                    if !this.waited && this.poll_timer(wait, next, cx).is_pending() {
                        return Poll::Pending;
                    }
                    return Poll::Ready(Some(Ok(this.next_item())));
                }
                Some(Step::Flood) => return Poll::Ready(Some(Ok(this.next_item()))),
                Some(&Step::Fail(kind)) => {
                    if let Some(guard) = &this.guard {
                        guard.completed();
                    }
                    return Poll::Ready(Some(Err(ProviderError::new(kind, "the script says so"))));
                }
                Some(Step::Hang) => return Poll::Pending,
                Some(Step::Panic) => scripted_panic(),
            }
        }
    }
}

impl<I> Drop for ScriptedStream<I> {
    fn drop(&mut self) {
        // Before the panic: the call is over either way.
        drop(self.guard.take());
        if self.panic_on_drop {
            scripted_panic();
        }
    }
}

/// Panics without telling the panic hook: a panic that was asked for is no news for the reader of the terminal.
pub(crate) fn scripted_panic() -> ! {
    std::panic::resume_unwind(Box::new("the script says so: secret-in-panic-text"))
}
