//! The settings of the program: a file, environment variables that override it, and the origin of each value.
//!
//! ```toml
//! [documents]
//! folders = ["docs", "notes"]   # from the folder of this file
//!
//! [answer]
//! sentences = 6
//!
//! [search.searxng]              # a search service, with what it takes
//! base = "http://127.0.0.1:8080"
//!
//! [limits.searxng]              # how often it may be asked
//! requests = 2
//!
//! [models.local]                # a language model
//! service = "ollama"
//! model = "qwen3:4b"
//!
//! [engine]                      # the settings of the engine
//! deadline_ms = 20_000
//! ```

mod display;
mod error;
mod files;
mod layer;
mod names;
mod program;
mod server;
mod toml_text;
mod value_kind;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use aggregator_core::Settings;

pub use error::ConfigError;
pub use files::{ConfigFolders, user_folder};
use layer::{Layer, merged};
use program::ProgramSettings;
pub use program::{Answer, Documents};
pub use server::Server;

use crate::services::{LimitSettings, ModelSettings, SearchSettings, ServiceSettings, SharedLimitSettings};
use crate::watch::{LogSettings, OtelSettings};

/// The effective settings of a call of the program.
#[derive(Debug)]
pub struct EffectiveSettings {
    /// The engine's settings.
    pub engine: Settings,
    /// Where documents are, and how they are read.
    pub documents: Documents,
    /// How answers are made.
    pub answer: Answer,
    /// How services are asked.
    pub services: ServiceSettings,
    /// How often services may be asked, by their names.
    pub limits: BTreeMap<String, LimitSettings>,
    /// Where limits are kept with other servers.
    pub redis: Option<SharedLimitSettings>,
    /// How the server answers.
    pub server: Server,
    /// What the server writes to standard error.
    pub log: LogSettings,
    /// Where its spans are sent.
    pub otel: OtelSettings,
    /// Search services.
    pub search: SearchSettings,
    /// Language models, by name.
    pub models: BTreeMap<String, ModelSettings>,
    layers: Vec<Layer>,
}

/// Reads the settings: of a file that is named, or else of the first that there is, with the variables over it.
///
/// # Errors
/// A file that is named and cannot be read, a variable that no setting has, and values of the wrong kind or outside their
/// range.
pub fn load(
    named: Option<PathBuf>,
    folders: &ConfigFolders,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<EffectiveSettings, ConfigError> {
    let mut layers: Vec<Layer> = files::find(named, folders)?.into_iter().collect();
    layers.extend(layer::of_variables(variables)?);
    for layer in &layers {
        layer.check()?;
    }
    let text = merged(&layers)?;
    let (engine, own) = program::read(&text).map_err(|error| ConfigError {
        place: "the settings of the file and of the environment together".into(),
        what: error.to_string(),
    })?;
    let ProgramSettings { documents, answer, services, limits, redis, server, log, otel, search, models } = own;
    Ok(EffectiveSettings {
        engine,
        documents,
        answer,
        services,
        limits,
        redis,
        server,
        log,
        otel,
        search,
        models,
        layers,
    })
}

impl EffectiveSettings {
    /// The files and variables that have settings, as text.
    pub fn origin(&self) -> String {
        match &self.layers[..] {
            [] => "the defaults, as there is no aggregator.toml".into(),
            layers => layers.iter().map(Layer::origin).collect::<Vec<_>>().join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn load_with(
        file: Option<&str>,
        variables: &[(&str, &str)],
    ) -> (tempfile::TempDir, Result<EffectiveSettings, String>) {
        let dir = tempfile::tempdir().unwrap();
        let named = file.map(|text| {
            let path = dir.path().join("aggregator.toml");
            fs::write(&path, text).unwrap();
            path
        });
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let folders = ConfigFolders { here: dir.path().into(), config: None };
        let loaded = load(named, &folders, variables)
            .map_err(|failure| failure.to_string().replace(dir.path().to_str().unwrap(), "DIR"));
        (dir, loaded)
    }

    #[track_caller]
    fn refused(file: Option<&str>, variables: &[(&str, &str)]) -> String {
        load_with(file, variables).1.unwrap_err()
    }

    #[test]
    fn nothing_has_to_be_configured() {
        let effective = load_with(None, &[("PATH", "/bin")]).1.unwrap();
        assert_eq!(effective.engine, program::engine_defaults());
        let shown = effective.to_string();
        assert!(shown.contains("\nenough_providers = 3\n") && shown.contains("\nenough_grace_ms = 500\n"), "{shown}");
        assert_eq!(effective.documents, Documents::default());
    }

    #[test]
    fn a_variable_is_over_the_file_and_the_file_over_the_default() {
        let file = "[documents]\nfolders = [\"a\", \"/b\"]\n[engine]\nmax_hits = 7\nmax_sources = 5\n";
        let variables = [
            ("AGGREGATOR_ENGINE_MAX_HITS", "9"),
            ("AGGREGATOR_ENGINE_SELECTION_MIN_SOURCES", "2"),
            ("AGGREGATOR_DOCUMENTS_CACHE", "/c d"),
        ];
        let all = load_with(None, &[("AGGREGATOR_ENGINE_ENOUGH_PROVIDERS", "64")]).1.unwrap();
        assert_eq!((all.engine.enough_providers, all.engine.enough_sources), (Some(64), Some(10)));
        let (dir, effective) = load_with(Some(file), &variables);
        let effective = effective.unwrap();
        assert_eq!((effective.engine.max_hits, effective.engine.max_sources), (9, 5));
        assert_eq!(effective.engine.selection.as_ref().unwrap().min_sources, 2);
        assert_eq!(effective.documents.folders, [dir.path().join("a"), "/b".into()]);
        assert_eq!(effective.documents.cache.as_deref(), Some(Path::new("/c d")));
        let shown = effective.to_string().replace(dir.path().to_str().unwrap(), "DIR");
        assert!(shown.contains("max_hits = 9  # variable AGGREGATOR_ENGINE_MAX_HITS\n"), "{shown}");
        assert!(shown.contains("max_sources = 5  # DIR/aggregator.toml, line 5\n"), "{shown}");
        assert!(shown.contains("deadline_ms = 60000\n"), "{shown}");
        assert!(shown.contains("[engine.selection]\n"), "{shown}");
        assert!(shown.contains("min_sources = 2  # variable"), "{shown}");
        let again = load_with(Some(&shown.replace("DIR", dir.path().to_str().unwrap())), &[]).1.unwrap();
        assert_eq!((&again.engine, &again.documents), (&effective.engine, &effective.documents), "{shown}");
    }

    /// Quotes, backslashes, breaks of lines, and what a terminal obeys, wherever a text may stand.
    #[test]
    fn what_is_shown_is_read_back_as_the_same_settings() {
        const ODD: &str = "a \"b\" 'c' \\d \u{202e}e\u{85}\u{2028}f\tg\nh]#";
        let odd = toml_text::string(ODD);
        let file = format!(
            "[documents]\nfolders = [{odd}]\ncache = {odd}\n[answer]\nmodel = {odd}\n\
             [server]\nkeys = [{{ name = {odd}, key = '${{file:/a\\b \u{202e}}}' }}]\nhosts = [{odd}]\n\
             [otel]\nservice_name = {odd}\nheaders = {{ {odd} = 'x\\y\"z\u{202e} ${{TOKEN}}' }}\n\
             [limits.{odd}]\nrequests = 1\n\
             [search.searxng]\nname = {odd}\ncategories = {odd}\n[search.described.{odd}]\nfile = {odd}\n\
             [models.{odd}]\nservice = 'ollama'\nmodel = {odd}\n[models.other]\nservice = 'openai'\nmodel = 'm'\n"
        );
        let (_dir, first) = load_with(Some(&file), &[]);
        let first = first.unwrap();
        let shown = first.to_string();
        assert!(!shown.chars().any(|c| aggregator_core::event::is_unsafe_char(c) && c != '\n'), "{shown}");
        let again = load_with(Some(&shown), &[]).1.unwrap();
        let told = |settings: &EffectiveSettings| {
            let EffectiveSettings {
                engine,
                documents,
                answer,
                services,
                limits,
                redis,
                server,
                log,
                otel,
                search,
                models,
                layers: _,
            } = settings;
            format!(
                "{engine:?} {documents:?} {answer:?} {services:?} {limits:?} {redis:?} {server:?} {log:?} {otel:?} {search:?} {models:?}"
            )
        };
        assert!(told(&first).contains("TOKEN"), "{first:?}");
        assert_eq!(told(&again), told(&first), "{shown}");
    }

    /// A comment ends with its line, so the name of a file could go on as a setting.
    #[test]
    fn the_name_of_a_file_is_no_setting() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a\nmax_sources = 9 # \u{202e}");
        fs::write(&file, "[engine]\nmax_hits = 7\n").unwrap();
        let folders = ConfigFolders { here: dir.path().into(), config: None };
        let shown = load(Some(file), &folders, std::iter::empty()).unwrap().to_string();
        assert!(shown.contains("a\\nmax_sources = 9 # \\U0000202E, line 2\n"), "{shown}");
        let engine = load_with(Some(&shown), &[]).1.unwrap().engine;
        assert_eq!((engine.max_hits, engine.max_sources), (7, Settings::default().max_sources), "{shown}");
    }

    #[test]
    fn folders_of_a_variable_are_a_list_as_of_a_path() {
        let effective = load_with(None, &[("AGGREGATOR_DOCUMENTS_FOLDERS", "/a:/b \"c\"")]).1.unwrap();
        assert_eq!(effective.documents.folders, [Path::new("/a"), Path::new("/b \"c\"")]);
    }

    #[test]
    fn errors_have_a_place_and_the_alternatives() {
        insta::assert_snapshot!(
            [
                refused(Some("[docs]\nfolders = []"), &[]),
                refused(Some("[documents]\nfolder = []"), &[]),
                refused(Some("[documents]\nfolders = \"docs\""), &[]),
                refused(Some("[documents]\n\nmax_file_bytes = 3"), &[]),
                refused(Some("[answer]\nsentences = 0"), &[]),
                refused(Some("[engine]\nmax_hits = 0"), &[]),
                refused(Some("[engine]\ndeadline = 5"), &[]),
                refused(Some("[engine.selektion]\n"), &[]),
                refused(Some("[engine\n"), &[]),
                refused(Some("engine = 1"), &[]),
                refused(None, &[("AGGREGATOR_ENGINE_MAX_HITS", "many")]),
                refused(None, &[("AGGREGATOR_ENGINE_MAX_HITS", "0")]),
                refused(None, &[("AGGREGATOR_DOCUMENTS_MAX_FILE_BYTES", "1]\n[x")]),
                refused(None, &[("AGGREGATOR_ENGIN_MAX_HITS", "s3cret")]),
            ]
            .join("\n")
        );
    }

    #[test]
    fn a_file_that_is_named_has_to_be_there() {
        let folders = ConfigFolders { here: "/".into(), config: None };
        let error = load(Some("/none/there.toml".into()), &folders, std::iter::empty()).unwrap_err().to_string();
        assert!(error.starts_with("/none/there.toml: the settings cannot be read: "), "{error}");
    }

    #[test]
    fn the_file_of_this_folder_comes_before_that_of_the_user() {
        let (here, config) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders = ConfigFolders { here: here.path().into(), config: Some(config.path().into()) };
        let hits = || load(None, &folders, std::iter::empty()).unwrap().engine.max_hits;
        fs::create_dir(config.path().join("aggregator")).unwrap();
        fs::write(config.path().join("aggregator/aggregator.toml"), "[engine]\nmax_hits = 3").unwrap();
        assert_eq!(hits(), 3);
        fs::write(here.path().join("aggregator.toml"), "[engine]\nmax_hits = 4").unwrap();
        assert_eq!(hits(), 4);
    }
}
