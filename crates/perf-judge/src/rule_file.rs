//! Reading of the rule files that are edited by hand: a schema, and errors with their position.

use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

/// An error in a rule file.
#[derive(Debug)]
pub struct RuleFileError {
    /// The message of the parser.
    pub what: String,
    /// Byte range of the error in the text, where it is known.
    pub span: Option<Range<usize>>,
}

impl From<toml::de::Error> for RuleFileError {
    fn from(error: toml::de::Error) -> Self {
        Self { what: error.message().to_owned(), span: error.span() }
    }
}

#[derive(Deserialize)]
struct Version {
    schema: Spanned<u32>,
}

/// Parses a file of the given schema.
///
/// The schema is parsed first and alone, so that a newer file is reported as such and not by its unknown fields.
///
/// # Errors
/// If the text is not TOML, has another schema, or does not have the fields of `T`.
pub fn read<T: DeserializeOwned>(text: &str, version: u32) -> Result<T, RuleFileError> {
    let Version { schema } = toml::from_str(text)?;
    if *schema.get_ref() != version {
        let what = format!("schema {} is not the version this program reads ({version})", schema.get_ref());
        return Err(RuleFileError { what, span: Some(schema.span()) });
    }
    Ok(toml::from_str(text)?)
}
