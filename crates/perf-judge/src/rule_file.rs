//! What the files of rules that people write have in common: a version, and errors with their place.

use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

/// Why a text is no such file, and where.
#[derive(Debug)]
pub struct RuleFileError {
    /// What is wrong.
    pub what: String,
    /// Bytes of the text that are wrong, where they are known.
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

/// Reads a file of one version.
///
/// The version is read first, alone, so that a newer file is named as such and not as a list of odd fields.
pub fn read<T: DeserializeOwned>(text: &str, version: u32) -> Result<T, RuleFileError> {
    let Version { schema } = toml::from_str(text)?;
    if *schema.get_ref() != version {
        let what = format!("schema {} is not the version this program reads ({version})", schema.get_ref());
        return Err(RuleFileError { what, span: Some(schema.span()) });
    }
    Ok(toml::from_str(text)?)
}
