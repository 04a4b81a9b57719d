//! What makes a stored run not comparable with one made here, for people.

use perf_gate::{Baseline, Key};

use crate::run::Instructions;
use crate::text;

/// What makes a baseline not comparable: each field with both values.
pub fn key_difference(here: &Key, stored: &Key) -> String {
    not_comparable(&here.differences(stored))
}

/// What makes the instruction counts of a baseline not comparable, if there are some here and there and something does.
pub fn tools_difference(here: &Instructions, stored: Option<&Baseline>) -> Option<String> {
    let fields = here.tools()?.differences(stored?.tools.as_ref()?);
    (!fields.is_empty()).then(|| not_comparable(&fields))
}

fn not_comparable(fields: &[(&str, &str, &str)]) -> String {
    let show = |text: &str| if text.is_empty() { "none".to_owned() } else { text::sanitize(text) };
    let fields = fields
        .iter()
        .map(|(name, here, stored)| format!("{name} is {} here, {} in the baseline", show(here), show(stored)));
    format!("not comparable: {}", fields.collect::<Vec<_>>().join(", "))
}
