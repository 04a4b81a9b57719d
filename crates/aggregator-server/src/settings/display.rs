//! The effective settings as a file, with the origin of each line.

use std::fmt;

use aggregator_core::settings_by_name::{NamedSettings, SettingDoc};
use toml::{Table, Value};

use super::EffectiveSettings;
use super::layer::merged;
use super::toml_text;

/// Formats the settings as a file that can be read again. A line without an origin is a default. Control characters and invisible
/// characters are written as escapes.
impl fmt::Display for EffectiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &std::path::Path| toml_text::string(&path.display().to_string());
        let documents = &self.documents;
        let folders: Vec<String> = documents.folders.iter().map(|folder| path(folder)).collect();
        writeln!(f, "[documents]")?;
        self.line(f, "documents", "folders", &format!("[{}]", folders.join(", ")))?;
        self.line(f, "documents", "max_file_bytes", &documents.max_file_bytes.to_string())?;
        self.line(f, "documents", "cache", &documents.cache.as_deref().map_or(NOT_SET.into(), path))?;
        writeln!(f, "\n[answer]")?;
        self.line(f, "answer", "sentences", &self.answer.sentences.to_string())?;
        let model = self.answer.model.as_deref().map_or(NOT_SET.into(), toml_text::string);
        self.line(f, "answer", "model", &model)?;
        writeln!(f, "\n[services]")?;
        self.line(f, "services", "retries", &self.services.retries.to_string())?;
        self.line(f, "services", "retry_percent", &self.services.retry_percent.to_string())?;
        self.line(f, "services", "breaker_failures", &self.services.breaker_failures.to_string())?;
        self.line(f, "services", "breaker_open_ms", &self.services.breaker_open.as_millis().to_string())?;
        self.services(f)?;
        writeln!(f, "\n[engine]")?;
        let mut engine = self.engine.clone();
        self.lines(f, "engine", engine.describe())?;
        let on = [
            ("analysis", engine.analysis.is_some()),
            ("selection", engine.selection.is_some()),
            ("reading", engine.reading.is_some()),
        ];
        for &name in engine.sections() {
            // Looking at a section turns it on.
            if on.contains(&(name, false)) {
                writeln!(f, "\n# [engine.{name}] is off")?;
                continue;
            }
            writeln!(f, "\n[engine.{name}]")?;
            let docs = engine.section(name).map(|section| section.describe()).unwrap_or_default();
            self.lines(f, &format!("engine.{name}"), docs)?;
        }
        Ok(())
    }
}

/// The engine's text for a setting without a value.
const NOT_SET: &str = "not set";

impl EffectiveSettings {
    /// The sections of services, as they were written: what they leave out is the clients' to decide.
    fn services(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // They were read already.
        let all: Table = merged(&self.layers).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
        for section in ["limits", "redis", "server", "log", "otel", "search", "models"] {
            let Some(Value::Table(table)) = all.get(section) else { continue };
            f.write_str(&toml_text::section(section, table))?;
        }
        Ok(())
    }

    fn lines(&self, f: &mut fmt::Formatter<'_>, section: &str, docs: Vec<SettingDoc>) -> fmt::Result {
        // The engine shows the value that a setting has as its default.
        docs.iter().try_for_each(|setting| self.line(f, section, &setting.name, &setting.default))
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, section: &str, key: &str, value: &str) -> fmt::Result {
        if value == NOT_SET {
            return writeln!(f, "# {key} is not set");
        }
        match self.layers.iter().rev().find_map(|layer| layer.find(section, key)) {
            None => writeln!(f, "{key} = {value}"),
            Some(origin) => writeln!(f, "{key} = {value}  # {}", toml_text::escaped(&origin)),
        }
    }
}
