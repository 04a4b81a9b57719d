//! The engine's settings as TOML, and as a table.
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod parse_error;
mod table;

use std::ops::Range;
use std::path::{Path, PathBuf};

use aggregator_core::Settings;
use aggregator_core::settings_by_name::{NamedSettings, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use parse_error::ParseError;
#[allow(deprecated)]
#[doc(hidden)]
pub use parse_error::ShapeError;
pub use table::markdown;

/// Reads settings; what a text does not say has its default.
///
/// # Errors
/// [`ParseError`] says what is wrong and where.
pub fn read(text: &str) -> Result<Settings, ParseError> {
    let mut settings = Settings::default();
    let table = DeTable::parse(text).map_err(|error| ParseError::new(text, &error))?;
    set_all(&mut settings, table.get_ref()).map_err(|(span, problem)| ParseError::at(text, span, &problem))?;
    Ok(settings)
}

/// Reads the settings of a file.
///
/// # Errors
/// [`FileError`] names the file, and what is wrong with it and where.
pub fn read_file(path: impl AsRef<Path>) -> Result<Settings, FileError> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).map_err(|source| FileError::Unreadable { path: path.into(), source })?;
    read(&text).map_err(|source| FileError::Parse { path: path.into(), source })
}

/// Why a file gave no settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The settings file cannot be read, or is not UTF-8.
    #[error("{}: the settings cannot be read: {source}", .path.display())]
    Unreadable {
        /// Path of the settings file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The settings file has an error at a line and column.
    #[error("{}, {source}", .path.display())]
    Parse {
        /// Path of the settings file.
        path: PathBuf,
        /// What is wrong, and where.
        source: ParseError,
    },
}

/// Reads settings from a table of a larger text; from none, if it is absent.
///
/// # Errors
/// [`ParseError`] says what is wrong and where in the text.
pub fn read_from(text: &str, table: &str) -> Result<Settings, ParseError> {
    read_over(Settings::default(), text, table)
}

/// As [`read_from`], over defaults of the caller's own.
///
/// # Errors
/// [`ParseError`] says what is wrong and where in the text.
pub fn read_over(mut settings: Settings, text: &str, table: &str) -> Result<Settings, ParseError> {
    let whole = DeTable::parse(text).map_err(|error| ParseError::new(text, &error))?;
    let place = |(span, problem): Misplaced| ParseError::at(text, span, &problem);
    if let Some(value) = whole.get_ref().get(table) {
        set_all(&mut settings, table_of(value).map_err(place)?).map_err(place)?;
    }
    Ok(settings)
}

/// What is wrong, and where.
type Misplaced = (Range<usize>, String);

fn table_of<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Result<&'a DeTable<'i>, Misplaced> {
    value.get_ref().as_table().ok_or_else(|| (value.span(), "it has to be a table".into()))
}

fn set_all(settings: &mut dyn NamedSettings, table: &DeTable<'_>) -> Result<(), Misplaced> {
    for (name, value) in table {
        let key: &str = name.get_ref();
        if let Some(section) = settings.section(key) {
            set_all(section, table_of(value)?)?;
            continue;
        }
        let is_setting = || settings.describe().iter().any(|setting| setting.name == key);
        if value.get_ref().is_table() && !is_setting() {
            let sections: Vec<String> = settings.sections().iter().map(|section| format!("[{section}]")).collect();
            let there_are = if sections.is_empty() { "none here".into() } else { sections.join(", ") };
            return Err((name.span(), format!("there is no section `{key}`; there are: {there_are}")));
        }
        let kind = |wanted: &str| (value.span(), format!("`{key}` has to be {wanted}"));
        let given = match value.get_ref() {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .map(Value::Integer)
                .map_err(|_| kind("a smaller number"))?,
            DeValue::Float(float) => float.as_str().parse().map(Value::Float).map_err(|_| kind("a number"))?,
            DeValue::Boolean(yes) => Value::Boolean(*yes),
            other => return Err(kind(&format!("a number, true or false, not {}", other.type_str()))),
        };
        settings.set(key, given).map_err(|error| {
            use aggregator_core::settings_by_name::SetError;
            match error {
                SetError::Unknown { known } => (name.span(), unknown(key, known, settings.sections())),
                SetError::Kind { wanted } => {
                    too_far(key, given, settings).map_or_else(|| kind(wanted), |problem| (value.span(), problem))
                }
                SetError::Range(error) => (value.span(), error.to_string()),
            }
        })?;
    }
    Ok(())
}

/// What is wrong with a whole number that is so far outside the range of a setting that its type cannot hold it.
fn too_far(key: &str, given: Value, settings: &dyn NamedSettings) -> Option<String> {
    let Value::Integer(given) = given else { return None };
    let (min, max) = settings.describe().into_iter().find(|setting| setting.name == key)?.range?;
    Some(format!("{key} = {given} is not between {min} and {max}"))
}

fn unknown(key: &str, known: Vec<String>, sections: &[&str]) -> String {
    let sections = sections.iter().map(|section| format!("[{section}]"));
    let all: Vec<String> = known.into_iter().chain(sections).collect();
    format!("there is no setting `{key}`; there are: {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn error_text(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn every_setting_is_read_and_changes_what_is_read() {
        let mut defaults = Settings::default();
        // A second value for each: one end of its range that is no default, or the other truth.
        let lines = |settings: &mut dyn NamedSettings| -> Vec<String> {
            let other = |setting: aggregator_core::settings_by_name::SettingDoc| {
                let value = match (&setting.range, setting.default.as_str()) {
                    (Some((min, max)), default) => {
                        if min == default {
                            max.clone()
                        } else {
                            min.clone()
                        }
                    }
                    (None, "true") => "false".into(),
                    (None, _) => "true".into(),
                };
                format!("{} = {value}", setting.name)
            };
            settings.describe().into_iter().map(other).collect()
        };
        let top = lines(&mut defaults);
        for line in &top {
            assert_ne!(read(line).unwrap(), Settings::default(), "{line}");
        }
        let mut seen = top.len();
        for section in defaults.sections() {
            let turned_on = read(&format!("[{section}]")).unwrap();
            assert_ne!(turned_on, Settings::default(), "[{section}] turns something on");
            for line in lines(defaults.section(section).unwrap()) {
                assert_ne!(read(&format!("[{section}]\n{line}")).unwrap(), turned_on, "[{section}] {line}");
                seen += 1;
            }
        }
        assert!(seen >= 18, "{seen} settings were found");
    }

    #[test]
    fn errors_have_a_place() {
        let settings = read("deadline_ms = 1_500\n[selection]\ndiversity_factor = 1").unwrap();
        assert_eq!(settings.deadline, Duration::from_millis(1_500));
        assert_eq!(settings.selection.unwrap().diversity_factor, 1.0);
        assert_eq!(error_text("max_hits = 0"), "line 1, column 12: max_hits = 0 is not between 1 and 1000");
        assert_eq!(error_text("\nmax_hits = 1.5"), "line 2, column 12: `max_hits` has to be a whole number");
        assert_eq!(error_text("max_hits = -1"), "line 1, column 12: max_hits = -1 is not between 1 and 1000");
        assert_eq!(error_text("search_share = 300"), "line 1, column 16: search_share = 300 is not between 1 and 99");
        assert_eq!(error_text("deadline_ms = -5"), "line 1, column 15: deadline_ms = -5 is not between 1 and 3600000");
        assert_eq!(
            error_text("interim_synthesis = 1"),
            "line 1, column 21: `interim_synthesis` has to be true or false"
        );
        assert_eq!(
            error_text("max_hits = \"50\""),
            "line 1, column 12: `max_hits` has to be a number, true or false, not string"
        );
        assert_eq!(
            error_text("deadline_ms = true"),
            "line 1, column 15: `deadline_ms` has to be a whole number of milliseconds"
        );
        assert!(
            error_text("deadline = 5")
                .starts_with("line 1, column 1: there is no setting `deadline`; there are: deadline_ms, ")
        );
        assert!(error_text("deadline = 5").ends_with("[analysis], [reading], [selection]"));
        assert_eq!(error_text("analysis = 3"), "line 1, column 12: it has to be a table");
        assert_eq!(
            error_text("max_hits = 5\n[analyses]\nmax_segments = 5"),
            "line 2, column 2: there is no section `analyses`; there are: [analysis], [reading], [selection]"
        );
        assert_eq!(
            error_text("[analysis.deep]"),
            "line 1, column 11: there is no section `deep`; there are: none here"
        );
        let nested = error_text("[analysis]\nmax_segments = 5\nmin_confidence_score = nan");
        assert_eq!(nested, "line 3, column 24: min_confidence_score = NaN is not between 0 and 1");
        assert!(error_text("max_hits = 5\nmax_hits = 6").starts_with("line 2, column 1: duplicate key"));
        assert!(error_text("[analysis\n").starts_with("line 1, column "));
        assert_eq!(
            error_text("max_hits = 99999999999999999999"),
            "line 1, column 12: `max_hits` has to be a smaller number"
        );
    }

    #[test]
    fn settings_are_a_table_of_a_larger_text() {
        let text = "purpose = \"x\"\n\n[settings]\nmax_hits = 7\n\n[settings.analysis]\nmax_segments = 0";
        let error = read_from(text, "settings").unwrap_err().to_string();
        assert_eq!(error, "line 7, column 16: max_segments = 0 is not between 1 and 50");
        assert_eq!(read_from("purpose = 1", "settings").unwrap(), Settings::default());
        assert_eq!(
            read_from("settings = 1", "settings").unwrap_err().to_string(),
            "line 1, column 12: it has to be a table"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn no_line_panics(text in r#"(\[[a-z_.]{0,12}\]\n)?[a-z_]{0,20} = [-0-9a-z_."\[\]{}]{0,20}\n?"#) {
            let _ = read(&text);
        }
    }
}
