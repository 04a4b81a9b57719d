//! Which parameters select the page, and in which order.

use crate::search::tracking::is_tracking;
use crate::step_counter::count_step;

use super::escapes::{Component, push_normal};

/// Maximum number of parameters that are put in order; the order of more says something, or costs too much to find.
const MAX_ORDERED: usize = 32;

/// Appends a query with its escapes in normal form.
pub(super) fn push_normal_query(query: &str, to: &mut String) {
    for (index, parameter) in query.split('&').enumerate() {
        count_step();
        if index > 0 {
            to.push('&');
        }
        push_normal_parameter(parameter, to);
    }
}

fn push_normal_parameter(parameter: &str, to: &mut String) {
    match parameter.split_once('=') {
        None => push_normal(parameter, Component::Name, to),
        Some((name, value)) => {
            push_normal(name, Component::Name, to);
            to.push('=');
            push_normal(value, Component::Value, to);
        }
    }
}

/// Appends the parameters of a query in normal form that select the page, in the order of their names. Those of one name
/// keep their order, and all do where one has no name or no value: its place may be what it says.
#[inline]
pub(super) fn push_parameters(query: &str, key: &mut String) {
    let start = key.len();
    let mut last_name = "";
    let (mut ordered, mut separator) = (true, '?');
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        count_step();
        let name = name(parameter);
        if is_tracking(name) {
            continue;
        }
        key.push(separator);
        key.push_str(parameter);
        ordered &= last_name <= name;
        (last_name, separator) = (name, '&');
    }
    if !ordered {
        put_in_order(query, start, key);
    }
}

/// Appends the parameters of a query whose escapes are not in normal form yet.
pub(super) fn push_parameters_normal(query: &str, key: &mut String) {
    let start = key.len();
    let mut last = start..start;
    let (mut ordered, mut separator) = (true, '?');
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        count_step();
        let before = key.len();
        key.push(separator);
        push_normal_parameter(parameter, key);
        let this = before + 1..before + 1 + name(&key[before + 1..]).len();
        if is_tracking(&key[this.clone()]) {
            key.truncate(before);
            continue;
        }
        ordered &= key[last] <= key[this.clone()];
        (last, separator) = (this, '&');
    }
    if !ordered {
        let query = key[start + 1..].to_owned();
        put_in_order(&query, start, key);
    }
}

/// Whether a query has a parameter that selects the page.
pub(super) fn selects(query: &str) -> bool {
    query.split('&').any(|parameter| !parameter.is_empty() && !is_tracking(name(parameter)))
}

/// Replaces what is in the key from `start` on by the same parameters in order.
#[cold]
fn put_in_order(query: &str, start: usize, key: &mut String) {
    let mut parameters = [("", 0, ""); MAX_ORDERED];
    let mut count = 0;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        count_step();
        let name = name(parameter);
        if is_tracking(name) {
            continue;
        }
        if count == MAX_ORDERED || name.is_empty() || name.len() == parameter.len() {
            return;
        }
        parameters[count] = (name, count, parameter);
        count += 1;
    }
    parameters[..count].sort_unstable();
    key.truncate(start);
    for (index, (.., parameter)) in parameters[..count].iter().enumerate() {
        key.push(if index == 0 { '?' } else { '&' });
        key.push_str(parameter);
    }
}

/// The value of a parameter that is there once.
pub(super) fn value<'a>(query: &'a str, wanted: &str) -> Option<&'a str> {
    let mut values = query.split('&').filter_map(|parameter| parameter.split_once('='));
    let (_, value) = values.find(|(name, _)| *name == wanted)?;
    values.all(|(name, _)| name != wanted).then_some(value)
}

/// A query without the parameters of these names.
pub(super) fn without(query: &str, names: &[&str]) -> String {
    if query.is_empty() {
        return String::new();
    }
    let kept = query.split('&').filter(|parameter| !names.contains(&name(parameter)));
    kept.collect::<Vec<_>>().join("&")
}

fn name(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}
