//! Reasons why a baseline is not comparable with a run of this machine, as text.

use perf_gate::{Baseline, Key};

use crate::run::Instructions;
use crate::text;

/// Lists each field of the key that differs, with both values.
pub fn key_difference(here: &Key, stored: &Key) -> String {
    not_comparable(&here.differences(stored))
}

/// Lists each tool that makes the instruction counts of a baseline not comparable. `None` if the tools are equal, or one side
/// has no instruction counts.
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
