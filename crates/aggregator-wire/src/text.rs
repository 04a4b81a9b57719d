//! Text that the core has as plain strings.

use aggregator_core::event::CleanText;

/// A text that the core made from clean ones, cleaned once more: the core's types do not promise that it is clean.
pub(crate) fn clean(text: &str) -> String {
    CleanText::multi_line(text).into_string()
}
