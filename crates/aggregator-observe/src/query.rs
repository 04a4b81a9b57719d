//! The events of a query, watched.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::event::{EventKind, Summary};
use aggregator_core::{Event, PolicyAction, PolicyReport, Query, Usage};
use futures::Stream;
use tokio::time::Instant;
use tracing::{Level, Span};

use crate::measure::Measure;
use crate::names;
use crate::observer::Observer;
use crate::outcome::{QueryEnd, execution_error_name};
use crate::query_report::{QueryReport, origin_name};
use crate::spans::{self, record_count, record_error, record_time};
use crate::trace_parent::TraceParent;

/// A query that is watched; from [`Observer::query`]. Begin it before the query waits for a place, and put it
/// [around](Self::around) the events. Dropping it before it has seen the last event reports the query as dropped.
#[must_use = "a query that is dropped at once is reported as dropped"]
pub struct QueryWatch {
    observer: Observer,
    span: Span,
    began: Instant,
    /// From the beginning to the first poll of the events, whose times are counted from there.
    waited: Option<Duration>,
    /// Time of the last event.
    last: Duration,
    report: QueryReport,
    then: Option<Box<dyn FnOnce(QueryReport) + Send>>,
    has_ended: bool,
}

impl Observer {
    /// Watches a query; `parent` is the span of the client that asks it, if there is one.
    pub fn query(&self, query: &Query, parent: Option<TraceParent>) -> QueryWatch {
        self.record(&Measure::QueryBegan);
        let text = self.report_content().then(|| query.text().to_string());
        QueryWatch {
            observer: self.clone(),
            span: spans::query(query, self.content(), parent),
            began: Instant::now(),
            waited: None,
            last: Duration::ZERO,
            report: QueryReport {
                outcome: QueryEnd::Dropped,
                error: None,
                duration: Duration::ZERO,
                first_event: None,
                first_result: None,
                first_text: None,
                events: 0,
                results: 0,
                stalls: 0,
                longest_gap: Duration::ZERO,
                retries: 0,
                usage: Usage::default(),
                reused: None,
                providers: Vec::new(),
                text,
            },
            then: None,
            has_ended: false,
        }
    }
}

impl QueryWatch {
    /// Gives the report of this query to a function, after the [metrics](crate::Metrics) have had it.
    pub fn then(mut self, then: impl FnOnce(QueryReport) + Send + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }

    /// The query is not begun, because too many run.
    pub fn refuse(mut self) {
        self.report.outcome = QueryEnd::Refused;
        record_error(&self.span, "overloaded");
        self.end();
    }

    /// The events of the query. The stream is as large as the one that it watches, and polls it within the span of the query, so that
    /// the spans of calls are its children.
    pub fn around<S>(self, events: S) -> WatchedQuery<S> {
        WatchedQuery { events, watch: self }
    }

    fn see(&mut self, event: &Event) {
        let elapsed = event.elapsed();
        let time = self.waited.unwrap_or_default() + elapsed;
        let gap = elapsed.saturating_sub(self.last);
        self.last = elapsed;
        self.report.events += 1;
        if self.report.first_event.is_none() {
            self.report.first_event = Some(time);
            self.observer.record(&Measure::FirstEvent(time));
        } else {
            self.report.longest_gap = self.report.longest_gap.max(gap);
            if gap >= self.observer.stalls_after() {
                self.report.stalls += 1;
                self.observer.record(&Measure::Stall(gap));
            }
        }
        match &event.kind {
            EventKind::AnswerDelta { .. } if self.report.first_text.is_none() => {
                self.report.first_text = Some(time);
                self.observer.record(&Measure::FirstText(time));
            }
            EventKind::Result { .. } => {
                self.report.results += 1;
                if self.report.first_result.is_none() {
                    self.report.first_result = Some(time);
                    self.observer.record(&Measure::FirstResult(time));
                }
            }
            EventKind::ProviderFinished(report) => {
                if self.report.reused.is_none() {
                    self.observer.record(&Measure::ProviderEnded(report));
                }
                self.report.providers.push(Arc::clone(report));
            }
            EventKind::Reused { origin, .. } => {
                self.report.reused = Some(*origin);
                self.span.record(names::REUSED, origin_name(*origin));
            }
            EventKind::Policy(report) if self.report.reused.is_none() => self.see_policy(report),
            EventKind::Usage(usage) => self.report.usage = *usage,
            EventKind::Done { summary } => self.see_end(QueryEnd::Done, summary),
            EventKind::Failed { error, partial } => {
                let kind = execution_error_name(error);
                self.report.error = Some(kind);
                record_error(&self.span, kind);
                if self.observer.content() {
                    self.span.record(names::ERROR_MESSAGE, tracing::field::display(error));
                }
                self.see_end(QueryEnd::Failed, partial);
            }
            EventKind::Cancelled { partial, .. } => self.see_end(QueryEnd::Cancelled, partial),
            _ => {}
        }
    }

    /// What a policy does is an event of the span.
    #[cold]
    fn see_policy(&mut self, report: &PolicyReport) {
        let (span, service) = (&self.span, report.service.as_str());
        let policy = policy_name(&report.action);
        match report.action {
            PolicyAction::Retrying { retry, .. } => {
                self.report.retries += 1;
                let retry = i64::from(retry);
                tracing::event!(target: names::TARGET, parent: span, Level::INFO, { { names::SERVICE } = service, { names::RETRY } = retry }, "{policy}");
            }
            _ => {
                tracing::event!(target: names::TARGET, parent: span, Level::INFO, { { names::SERVICE } = service }, "{policy}")
            }
        }
        self.observer.record(&Measure::Policy(report));
    }

    #[cold]
    fn see_end(&mut self, outcome: QueryEnd, summary: &Summary) {
        self.report.outcome = outcome;
        self.report.usage = summary.usage();
        self.end();
    }

    #[cold]
    fn end(&mut self) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        let report = &mut self.report;
        report.duration = self.began.elapsed();
        if report.reused.is_some() {
            // Nothing was spent for it.
            report.usage = Usage::default();
        }
        let span = &self.span;
        if !span.is_disabled() {
            span.record(names::OUTCOME, report.outcome.name());
            record_count(span, names::EVENTS, report.events);
            record_count(span, names::RESULTS, report.results);
            record_count(span, names::STALLS, report.stalls);
            record_count(span, names::RETRIES, report.retries);
            record_count(span, names::INPUT_TOKENS, report.usage.input_tokens);
            record_count(span, names::OUTPUT_TOKENS, report.usage.output_tokens);
            record_time(span, names::DURATION, Some(report.duration));
            record_time(span, names::TIME_TO_FIRST_EVENT, report.first_event);
            record_time(span, names::TIME_TO_FIRST_RESULT, report.first_result);
            record_time(span, names::TIME_TO_FIRST_TEXT, report.first_text);
        }
        // The span ends now and not with the drop: a reader may keep the stream.
        self.span = Span::none();
        self.observer.record(&Measure::QueryEnded(&self.report));
        if let Some(then) = self.then.take() {
            then(self.report.clone());
        }
    }
}

/// What a policy does, as words.
pub fn policy_name(action: &PolicyAction) -> &'static str {
    match action {
        PolicyAction::Waiting { .. } => "waiting",
        PolicyAction::Retrying { .. } => "retrying",
        PolicyAction::BreakerOpened { .. } => "breaker opened",
        PolicyAction::Probing => "probing",
        PolicyAction::BreakerClosed => "breaker closed",
        PolicyAction::LimitLearnt { .. } => "limit learnt",
        PolicyAction::LimitIsLocal { .. } => "limit is local",
        _ => "policy",
    }
}

impl Drop for QueryWatch {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for QueryWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryWatch").field("report", &self.report).finish_non_exhaustive()
    }
}

/// The events of a query that is watched; from [`QueryWatch::around`]. Dropping it drops the query, and reports it as dropped.
#[derive(Debug)]
#[must_use = "a query does nothing unless its stream is polled"]
pub struct WatchedQuery<S> {
    // Dropped before the watch, so that the spans of calls end before that of the query.
    events: S,
    watch: QueryWatch,
}

impl<S> WatchedQuery<S> {
    /// The stream that is watched.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.events
    }
}

impl<S: Stream<Item = Event> + Unpin> Stream for WatchedQuery<S> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let Self { events, watch } = self.get_mut();
        if watch.waited.is_none() {
            watch.waited = Some(watch.began.elapsed());
        }
        let entered = watch.span.enter();
        let polled = Pin::new(events).poll_next(cx);
        drop(entered);
        if let Poll::Ready(Some(event)) = &polled {
            watch.see(event);
        }
        polled
    }
}
