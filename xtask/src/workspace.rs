//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// The workspace that this program judges: the one the current directory is in.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Looks upwards from the current directory.
    pub fn find() -> Result<Self, Failure> {
        let here = env::current_dir().map_err(|error| {
            Failure::environment(format!("cannot tell the current directory: {error}"), "change to the repository")
        })?;
        let is_root = |dir: &&Path| dir.join("Cargo.toml").is_file() && dir.join("benches-data").is_dir();
        match here.ancestors().find(is_root) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => Err(Failure::environment(
                format!("no directory above {} has Cargo.toml and benches-data", here.display()),
                "run this inside the repository",
            )),
        }
    }

    /// The one whose top directory this is.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Its top directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Budgets, baselines and inputs.
    pub fn benches_data(&self) -> PathBuf {
        self.root.join("benches-data")
    }

    /// Where cargo and this program put what they make.
    pub fn target_dir(&self) -> PathBuf {
        match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) if !dir.is_empty() => self.root.join(dir),
            _ => self.root.join("target"),
        }
    }

    /// A path as people write it: from the top of the workspace where it is inside.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// A call of the cargo that started this program.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // What is built has to run here, whatever a user's settings cross-compile by default.
        cargo.current_dir(&self.root).env_remove("CARGO_BUILD_TARGET");
        cargo
    }
}
