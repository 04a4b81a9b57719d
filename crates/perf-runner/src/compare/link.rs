//! Relinks a program with its functions and data in another order each time.
//!
//! The address of a function decides which cache lines and branch predictor entries it shares, which changes the time of
//! unchanged code by percents. A neutral change then looks like a regression, and repetition does not help, because the layout
//! is the same in each run (Mytkowicz et al., 2009). With another layout in each pair, this bias becomes noise that repetition
//! averages out (Curtsinger and Berger, Stabilizer, 2013).
//!
//! Compiling takes 10 s, and linking 0.05 s. So cargo compiles the program once, with this program as its linker: it records
//! the inputs of the link and calls the real linker. Each relink then calls only the real linker.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use perf_judge::report::comparison::LayoutMethod;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// The environment variable that makes this program run as a linker; its value is the directory for the recorded link.
pub const LINK_RECORD_ENV: &str = "PERF_RECORD_LINK";

/// Name of the file that records a link, in its directory.
pub const LINK_FILE: &str = "link.json";

/// A recorded link, which can be repeated.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordedLink {
    linker: String,
    arguments: Vec<String>,
}

/// Runs this process as a linker: records the inputs in `dir`, then calls the real linker.
pub fn linker_main(dir: OsString) -> ExitCode {
    let dir = PathBuf::from(dir);
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let linker = real_linker();
    if let Err(error) = record_inputs(&dir, &linker, &arguments) {
        eprintln!("cannot record the inputs of the linker in {}: {error}", dir.display());
        return ExitCode::FAILURE;
    }
    match Command::new(&linker).args(arguments).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start the linker `{linker}`: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The linker that rustc would have called without this program: the last other one in rustc's arguments, which cargo took from
/// its configuration. If they cannot be read, the one in the environment, else `cc`.
fn real_linker() -> String {
    if let Some(linker) = linker_in_rustc_arguments() {
        return linker;
    }
    let chosen = |name: &str| name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER");
    let linker = env::vars().find(|(name, value)| chosen(name) && !value.is_empty());
    linker.map_or_else(|| "cc".into(), |(_, value)| value)
}

/// The linker in the arguments of rustc, which is the parent process.
#[cfg(target_os = "linux")]
fn linker_in_rustc_arguments() -> Option<String> {
    let this = env::current_exe().ok()?;
    let arguments = fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).ok()?;
    let arguments = String::from_utf8(arguments).ok()?;
    let option = |argument: &str| {
        let argument = argument.strip_prefix("--codegen=").or_else(|| argument.strip_prefix("-C")).unwrap_or(argument);
        argument.strip_prefix("linker=").map(str::to_owned)
    };
    arguments.split('\0').filter_map(option).rfind(|linker| Path::new(linker) != this)
}

#[cfg(not(target_os = "linux"))]
fn linker_in_rustc_arguments() -> Option<String> {
    None
}

/// Copies objects and archives to `dir`, because cargo and rustc replace and remove them, and records the arguments.
fn record_inputs(dir: &Path, linker: &str, arguments: &[OsString]) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut kept = Vec::new();
    for (number, argument) in arguments.iter().enumerate() {
        let text = argument.to_str().ok_or_else(|| std::io::Error::other("an argument is not UTF-8"))?;
        if text.starts_with('@') {
            return Err(std::io::Error::other("the arguments are in a response file, which is not supported"));
        }
        let path = Path::new(argument);
        let is_output = number > 0 && arguments.get(number - 1).is_some_and(|before| before == "-o");
        if path.is_file() && !is_output {
            let name = format!("{number}-{}", path.file_name().unwrap_or_default().to_string_lossy());
            fs::copy(path, dir.join(&name))?;
            // Relative, because the directory is moved when it is complete.
            kept.push(format!("./{name}"));
        } else {
            kept.push(text.to_owned());
        }
    }
    let link = RecordedLink { linker: linker.to_owned(), arguments: kept };
    fs::write(dir.join(LINK_FILE), serde_json::to_vec(&link)?)
}

impl RecordedLink {
    /// Reads the link that was recorded in `dir`.
    ///
    /// # Errors
    /// If the record is missing or corrupt.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(LINK_FILE);
        let text = fs::read(&path).map_err(|error| Error::path("read", &path, &error))?;
        serde_json::from_slice(&text).map_err(|error| {
            Error::environment(
                format!("{} is corrupt: {error}", path.display()),
                "remove its directory and run this again",
            )
        })
    }

    /// Detects the best layout method that the linker supports, by trying each.
    ///
    /// # Errors
    /// If no method works.
    pub fn layouts(&self, dir: &Path) -> Result<LayoutMethod, Error> {
        let trial = dir.join("trial");
        for layouts in [LayoutMethod::Shuffled, LayoutMethod::Padded] {
            match self.try_relink(dir, &trial, layouts, 1) {
                Ok(()) => {
                    let _ = fs::remove_file(&trial);
                    return Ok(layouts);
                }
                Err(ChildError::Interrupted) => return Err(Error::Interrupted),
                Err(error) if layouts == LayoutMethod::Padded => return Err(link_error(&error)),
                Err(_) => {}
            }
        }
        Ok(LayoutMethod::Padded)
    }

    /// Relinks the program to `out`, with the layout that `seed` selects.
    ///
    /// # Errors
    /// If the linker fails.
    pub fn relink(&self, dir: &Path, out: &Path, layouts: LayoutMethod, seed: u32) -> Result<(), Error> {
        self.try_relink(dir, out, layouts, seed).map_err(|error| match error {
            ChildError::Interrupted => Error::Interrupted,
            error => link_error(&error),
        })
    }

    fn try_relink(&self, dir: &Path, out: &Path, layouts: LayoutMethod, seed: u32) -> Result<(), ChildError> {
        let mut linker = Command::new(&self.linker);
        linker.current_dir(dir);
        if layouts == LayoutMethod::Padded {
            linker.arg(assemble_padding(dir, seed)?);
            let symbol = if cfg!(target_vendor = "apple") { "_perf_pad" } else { "perf_pad" };
            linker.arg(format!("-Wl,-u,{symbol}"));
        }
        let mut is_output = false;
        for argument in &self.arguments {
            if is_output {
                linker.arg(out);
            } else {
                linker.arg(argument);
            }
            is_output = argument == "-o";
        }
        // Without symbols a link takes a quarter of the time, and the code is the same.
        linker.arg("-s");
        if layouts == LayoutMethod::Shuffled {
            linker.arg(format!("-Wl,--shuffle-sections=*={seed}"));
        }
        child::run(&mut linker, Limits { time: Duration::from_secs(120), ..Limits::default() }, StderrMode::Capture)
            .map(drop)
    }
}

/// Assembles an object with a function of 16 to 4096 bytes, in steps of 16, the alignment of functions.
fn assemble_padding(dir: &Path, seed: u32) -> Result<PathBuf, ChildError> {
    let symbol = if cfg!(target_vendor = "apple") { "_perf_pad" } else { "perf_pad" };
    let bytes = 16 * (1 + u64::from(seed) % 256);
    let (source, object) = (dir.join(format!("pad-{seed}.s")), dir.join(format!("pad-{seed}.o")));
    fs::write(&source, format!(".text\n.globl {symbol}\n.p2align 4\n{symbol}:\n.space {bytes}\n"))
        .map_err(ChildError::Start)?;
    let mut assembler = Command::new("cc");
    assembler.current_dir(dir).arg("-c").arg(&source).arg("-o").arg(&object);
    child::run(&mut assembler, Limits::default(), StderrMode::Capture)?;
    Ok(object)
}

fn link_error(error: &ChildError) -> Error {
    Error::environment(
        format!("relinking a measuring program failed: the linker {error}"),
        "remove target/perf and run this again; if it fails again, please report this bug",
    )
}
