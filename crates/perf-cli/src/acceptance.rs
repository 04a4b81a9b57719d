//! The options `--accept` and `--reason`, which both updates have.

use globset::{Glob, GlobSet, GlobSetBuilder};
use perf_judge::text;
use perf_runner::error::Error;

/// Reads the reason of an acceptance: one line of visible characters.
pub fn reason(text: &str) -> Result<String, String> {
    const MAX_CHARS: usize = 200;
    if text.trim().is_empty() {
        return Err("a reason has to say something".into());
    }
    if text.chars().any(text::is_invisible) || text.chars().count() > MAX_CHARS {
        return Err(format!("a reason is one line of at most {MAX_CHARS} visible characters"));
    }
    Ok(text.trim().to_owned())
}

/// Parses the names and globs of `--accept`; `what` they name is a word for messages. `*` also matches `/`.
///
/// # Errors
/// If a text is not a glob.
pub fn patterns(texts: &[String], what: &str) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    let failed =
        |error| Error::environment(format!("`--accept` is not a pattern: {error}"), format!("name a {what}, or '*'"));
    for text in texts {
        set.add(Glob::new(text).map_err(failed)?);
    }
    set.build().map_err(failed)
}
