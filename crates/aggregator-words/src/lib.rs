//! Words of texts in many languages: where they are, their stems, which are common.
//!
//! Everything here is pure: no file, no clock, no task. A full-text index and an answerer that read the same text with
//! these functions agree on what a word is.
//!
//! ```
//! use aggregator_words::{Kind, Language, detect, is_common, stem, words};
//!
//! let text = "How large is max_prompt_tokens?";
//! let found: Vec<_> = words(text).map(|word| (word.text, word.kind)).collect();
//! assert_eq!(found[3], ("max_prompt_tokens".into(), Kind::Word));
//! assert_eq!(found[5], ("prompt".into(), Kind::Part));
//!
//! let language = detect(text);
//! assert_eq!(language, Language::English);
//! assert!(is_common("how", language) && !is_common("prompt", language));
//! assert_eq!(stem("tokens", language), "token");
//! ```

mod common;
mod detect;
mod fold;
mod language;
mod parts;
mod script;
mod stem;
mod tokens;
mod work;

pub use common::is_common;
pub use detect::{MAX_DETECT_BYTES, detect};
pub use fold::{MAX_WORD_CHARS, fold};
pub use language::Language;
pub use stem::stem;
pub use tokens::{Kind, Word, Words, words};
