//! The file of measured pairs, so that a comparison can be interrupted, continued and resampled.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use perf_judge::pairs::{InterimLooks, Pair, Pairs};

use crate::error::Error;
use crate::files::atomic_write;

/// Reads the user's requests for more pairs of a file of pairs; the default if there are none.
///
/// # Errors
/// If the requests cannot be read.
pub fn read_looks(of_pairs: &Path) -> Result<InterimLooks, Error> {
    let path = of_pairs.with_extension("asked");
    match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(InterimLooks::default()),
        Err(error) => Err(Error::path("read", &path, &error)),
        Ok(text) => serde_json::from_slice(&text).map_err(|error| {
            Error::environment(
                format!("{} is corrupt: {error}", path.display()),
                format!("remove {} and run this again", path.parent().unwrap_or(&path).display()),
            )
        }),
    }
}

/// Writes the user's requests for more pairs, because each later verdict on these pairs must account for them.
///
/// # Errors
/// If the requests cannot be written.
pub fn write_looks(of_pairs: &Path, looks: &InterimLooks) -> Result<(), Error> {
    let text = serde_json::to_string(looks).unwrap_or_default();
    atomic_write::write(&of_pairs.with_extension("asked"), &text, |text| {
        serde_json::from_str::<InterimLooks>(text).is_ok_and(|read| read == *looks)
    })
}

/// The append-only file of a comparison's pairs, one pair per line, in JSON.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Opens or creates the file, and reads its pairs. A line that an interruption cut off is ignored.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn open(path: &Path) -> Result<(Self, Pairs), Error> {
        let failed = |error: std::io::Error| Error::path("use", path, &error);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path).map_err(failed)?;
        let text = fs::read_to_string(path).map_err(failed)?;
        let mut pairs = Pairs::default();
        for line in text.lines() {
            // The pair of an incomplete line is measured again.
            if let Ok(pair) = serde_json::from_str(line) {
                pairs.add(pair);
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok((Self { path: path.to_owned(), file }, pairs))
    }

    /// Appends pairs in one write.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append(&mut self, pairs: &[Pair]) -> Result<(), Error> {
        let mut text = String::new();
        for pair in pairs {
            let line = serde_json::to_string(pair).map_err(|error| {
                Error::environment(format!("a pair cannot be written as JSON: {error}"), "please report this bug")
            })?;
            text.push_str(&line);
            text.push('\n');
        }
        self.file.write_all(text.as_bytes()).map_err(|error| Error::path("write", &self.path, &error))
    }
}
