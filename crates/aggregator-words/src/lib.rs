//! Words of texts in many languages: tokenization, folding, stemming, stop words and language detection.
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod detect;
mod fold;
mod language;
mod parts;
mod script;
mod stem;
mod step_counter;
mod stop_words;
mod tokens;

pub use detect::{MAX_DETECT_BYTES, detect};
pub use fold::{MAX_WORD_CHARS, fold};
pub use language::Language;
pub use stem::stem;
pub use stop_words::is_stop_word;
pub use tokens::{Word, WordKind, Words, words};
