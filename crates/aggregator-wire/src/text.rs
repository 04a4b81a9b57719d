//! Cleaning of texts that are plain strings in the core.

use aggregator_core::event::CleanText;

/// Cleans a text again that the core made from clean ones: its type does not promise that.
pub(crate) fn clean(text: &str) -> String {
    CleanText::multi_line(text).into_string()
}
