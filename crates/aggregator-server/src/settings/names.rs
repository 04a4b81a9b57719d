//! Every setting by its name in files and in the environment.

use aggregator_core::Settings;
use aggregator_core::settings_by_name::NamedSettings as _;

use super::program;
use super::value_kind::ValueKind;

/// The prefix of variables of settings.
pub const PREFIX: &str = "AGGREGATOR_";

/// Variables with that prefix that are no settings.
pub const OTHERS: [&str; 1] = ["AGGREGATOR_CONFIG"];

/// A setting of the program, by its name in files and variables.
#[derive(Debug)]
pub struct Name {
    /// Section of the setting, as in a header: `engine.analysis`.
    pub section: String,
    /// Name of the setting in its section.
    pub key: String,
    /// The format of its variable.
    pub kind: ValueKind,
}

impl Name {
    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}_{}", self.section.replace('.', "_"), self.key).to_uppercase()
    }
}

/// All settings, those of the program first.
pub fn all() -> Vec<Name> {
    let own =
        program::NAMES.iter().map(|&(section, key, kind)| Name { section: section.into(), key: key.into(), kind });
    let mut names: Vec<Name> = own.collect();
    let mut settings = Settings::default();
    let mut of_engine = |section: String, docs: Vec<aggregator_core::settings_by_name::SettingDoc>| {
        let name = |key| Name { section: section.clone(), key, kind: ValueKind::Value };
        names.extend(docs.into_iter().map(|setting| name(setting.name)));
    };
    of_engine("engine".into(), settings.describe());
    for section in settings.sections() {
        let docs = settings.section(section).map(|section| section.describe()).unwrap_or_default();
        of_engine(format!("engine.{section}"), docs);
    }
    names
}
