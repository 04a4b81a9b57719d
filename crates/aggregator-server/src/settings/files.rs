//! Finds the file of settings.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::error::ConfigError;
use super::layer::Layer;

/// Name of the file.
pub const FILE: &str = "aggregator.toml";

/// Folders in which the file is looked for.
#[derive(Debug)]
pub struct ConfigFolders {
    /// The folder that the program was called in.
    pub here: PathBuf,
    /// The user's folder of configuration files; the file is in `aggregator` there.
    pub config: Option<PathBuf>,
}

impl ConfigFolders {
    /// The folders of this process: `XDG_CONFIG_HOME`, or `.config` in the home folder (XDG Base Directory Specification).
    ///
    /// # Errors
    /// When the folder that the program was called in is gone.
    pub fn of_process() -> Result<Self, ConfigError> {
        let here = std::env::current_dir().map_err(|error| ConfigError {
            place: "the current folder".into(),
            what: format!("{error}; go to a folder that exists"),
        })?;
        Ok(Self { here, config: user_folder("XDG_CONFIG_HOME", ".config") })
    }
}

/// A folder of the user: that of a variable, if it is absolute as the specification demands, or one in the home folder.
pub fn user_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(variable).or_else(|| Some(absolute("HOME")?.join(in_home)))
}

/// The file that is named, or else the first that there is.
pub(super) fn find(named: Option<PathBuf>, folders: &ConfigFolders) -> Result<Option<Layer>, ConfigError> {
    if let Some(path) = named {
        return read(path).map(Some);
    }
    let of_user = folders.config.as_ref().map(|config| config.join("aggregator").join(FILE));
    for path in [Some(folders.here.join(FILE)), of_user].into_iter().flatten() {
        match std::fs::symlink_metadata(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            _ => return read(path).map(Some),
        }
    }
    Ok(None)
}

fn read(path: PathBuf) -> Result<Layer, ConfigError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Layer::of_file(path, text)),
        Err(error) => Err(ConfigError {
            place: path.display().to_string(),
            what: format!("the settings cannot be read: {error}"),
        }),
    }
}
