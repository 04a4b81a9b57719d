//! Every variant and field of the core has a form. Outside of the core its non-exhaustive enums need a wildcard, so
//! the compiler does not tell; the core's own list of names does.

use std::collections::BTreeSet;
use std::fmt::Debug;

use aggregator_core::analysis::{Analysis, Suggestion, UnsuitableReason};
use aggregator_core::answer::contradictions::{Contradiction, ContradictionKind};
use aggregator_core::event::names::{Fields, Variants};
use aggregator_core::event::{CancelReason, EventKind, ExecutionError, Outcome, Role, RunOrigin, Stage, Truncation};
use aggregator_core::model::FinishReason;
use aggregator_core::provider::{ProviderError, ProviderErrorKind};
use aggregator_core::search::patterns::{InterimSummary, Patterns};
use aggregator_core::search::select::{Selection, SelectionReason};
use aggregator_wire as wire;
use serde::Serialize;
use serde_json::Value;

use crate::runs::{POLICY_ACTIONS, all_lines, one_of_each};

/// `NumberOf` becomes `number_of`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// The samples are one of each variant, and each one's form has its name.
fn named<C: Variants + Debug, W: Serialize + Debug>(samples: &[C], form: impl Fn(&C) -> W) {
    let given: BTreeSet<&str> = samples.iter().map(Variants::variant).collect();
    let known: BTreeSet<&str> = C::VARIANTS.iter().copied().collect();
    let missing: Vec<_> = known.difference(&given).collect();
    assert!(missing.is_empty(), "there is no sample of {missing:?}: add one here, or a run that has it");
    for sample in samples {
        let form = serde_json::to_value(form(sample)).unwrap();
        let name = form.get("type").unwrap_or(&form);
        let wanted = snake(sample.variant());
        assert_eq!(*name, wanted, "{sample:?} has another form: give it one named {wanted} in aggregator-wire");
    }
}

fn error() -> ProviderError {
    ProviderError::new(ProviderErrorKind::Other, "as planned")
}

#[test]
fn every_event_has_a_form() {
    let samples: Vec<EventKind> = one_of_each().into_iter().map(|event| event.kind.clone()).collect();
    named(&samples, |kind| wire::EventKind::from(kind));
    for kind in &samples {
        assert_eq!(wire::event_name(kind), snake(kind.variant()));
    }
}

#[test]
fn every_ending_has_a_form() {
    let outcomes = [
        Outcome::Ok,
        Outcome::Partial(Truncation::Limit),
        Outcome::Timeout,
        Outcome::Error(error()),
        Outcome::Cancelled,
        Outcome::Enough,
        Outcome::Skipped,
    ];
    named(&outcomes, |outcome| wire::Outcome::from(outcome));
    let cuts = [Truncation::Limit, Truncation::Timeout, Truncation::Enough, Truncation::Error(error())];
    named(&cuts, |cut| wire::Truncation::from(cut));
    let reasons = [FinishReason::Stop, FinishReason::Length, FinishReason::Filter, FinishReason::Unanswered];
    named(&reasons, |&reason| wire::FinishReason::from(reason));
    let failures = [
        ExecutionError::Unsuitable { reason: UnsuitableReason::Empty, suggestions: vec![Suggestion::AskSomething] },
        ExecutionError::AllProvidersFailed { reports: Box::default() },
        ExecutionError::Model(error()),
        ExecutionError::DeadlineExceeded { stage: Stage::Answering },
    ];
    named(&failures, |failure| wire::ExecutionError::from(failure));
    named(&[CancelReason::Requested, CancelReason::Shutdown], |&reason| wire::CancelReason::from(reason));
    let kinds = [
        ProviderErrorKind::Unreachable,
        ProviderErrorKind::Unauthorized,
        ProviderErrorKind::RateLimited,
        ProviderErrorKind::BadResponse,
        ProviderErrorKind::Truncated,
        ProviderErrorKind::Panicked,
        ProviderErrorKind::NotAsked,
        ProviderErrorKind::Other,
    ];
    named(&kinds, |&kind| wire::ProviderErrorKind::from(kind));
}

#[test]
fn every_other_choice_has_a_form() {
    named(&[Stage::Searching, Stage::Reading, Stage::Answering], |&stage| wire::Stage::from(stage));
    named(&[RunOrigin::Cache, RunOrigin::Running], |&origin| wire::RunOrigin::from(origin));
    named(&POLICY_ACTIONS, |action| wire::PolicyAction::from(action));
    named(&[Role::Writer, Role::Panelist, Role::Lead, Role::Interim], |&role| wire::Role::from(role));
    named(&[SelectionReason::Relevant, SelectionReason::Different, SelectionReason::Needed], |&why| {
        wire::SelectionReason::from(why)
    });
    named(&[ContradictionKind::NumberOf("moons".into()), ContradictionKind::Statement], |matter| {
        wire::ContradictionKind::from(matter)
    });
    let reasons = [
        UnsuitableReason::Empty,
        UnsuitableReason::TooLong { chars: 3, most: 2 },
        UnsuitableReason::NoWords,
        UnsuitableReason::Arithmetic,
        UnsuitableReason::OnlyCode,
    ];
    named(&reasons, |&reason| wire::UnsuitableReason::from(reason));
    let suggestions = [
        Suggestion::AskSomething,
        Suggestion::Shorten,
        Suggestion::UseWords,
        Suggestion::UseCalculator,
        Suggestion::AskAboutTheRule,
        Suggestion::SayWhatAboutTheCode,
        Suggestion::AskInParts,
        Suggestion::SayWhichMeaning,
    ];
    named(&suggestions, |&suggestion| wire::Suggestion::from(suggestion));
}

/// The first value at a path of objects, in any line; of a list its first item.
fn found(path: &[&str]) -> Value {
    let look = |line: String| {
        let line: Value = serde_json::from_str(&line).unwrap();
        let (kind, fields) = path.split_first().unwrap();
        let value = (line["type"] == **kind).then_some(&line)?;
        let value = fields.iter().try_fold(value, |value, field| value.get(field))?;
        Some(value.get(0).unwrap_or(value).clone())
    };
    all_lines().find_map(look).unwrap_or_else(|| panic!("no run has {path:?}"))
}

fn fielded<C: Fields>(path: &[&str]) {
    let form = found(path);
    for field in C::FIELDS {
        assert!(form.get(field).is_some(), "{path:?} has no `{field}`: give it a form in aggregator-wire");
    }
}

#[test]
fn every_field_of_structs_that_may_grow_has_a_form() {
    fielded::<Analysis>(&["analysis"]);
    fielded::<InterimSummary>(&["interim"]);
    fielded::<Patterns>(&["interim", "patterns"]);
    fielded::<Selection>(&["sources", "selection"]);
    fielded::<Contradiction>(&["contradictions", "list"]);
}
