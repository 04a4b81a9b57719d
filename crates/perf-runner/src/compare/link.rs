//! Linking one program again and again, each time with its functions and data in another order.
//!
//! Where a function lies decides which cache lines and branch predictor entries it shares, and that moves the time of
//! unchanged code by percents: a neutral change looks like a regression, and no number of repeats helps, because the
//! layout is the same in all of them (Mytkowicz and others, 2009). With another layout in each pair it is scatter like
//! any other, which repeats average out (Curtsinger and Berger, Stabilizer, 2013).
//!
//! Compiling takes ten seconds, linking a twentieth of one. So the program is compiled once, by a cargo whose linker is
//! this program: it keeps what it was given and calls the real linker. From then on only that is called.

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

/// The environment variable that makes this program a linker; its value is where to keep what it is given.
pub const LINK_RECORD_ENV: &str = "PERF_RECORD_LINK";

/// Where a link is kept, in its folder.
pub const LINK_FILE: &str = "link.json";

/// A link that can be repeated.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordedLink {
    linker: String,
    arguments: Vec<String>,
}

/// What this program does when it is called as a linker: keep what it was given, then let the real linker work.
pub fn linker_main(dir: OsString) -> ExitCode {
    let dir = PathBuf::from(dir);
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let linker = real_linker();
    if let Err(error) = record_inputs(&dir, &linker, &arguments) {
        eprintln!("cannot keep what is linked in {}: {error}", dir.display());
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

/// The linker that rustc would have called without this program: the last one that its arguments name beside it, which cargo
/// took from wherever one can be configured. Where they cannot be read, one that the environment names, else `cc`.
fn real_linker() -> String {
    if let Some(linker) = linker_in_rustc_arguments() {
        return linker;
    }
    let chosen = |name: &str| name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER");
    let linker = env::vars().find(|(name, value)| chosen(name) && !value.is_empty());
    linker.map_or_else(|| "cc".into(), |(_, value)| value)
}

/// Rustc starts its linker itself.
#[cfg(target_os = "linux")]
fn linker_in_rustc_arguments() -> Option<String> {
    let this = env::current_exe().ok()?;
    let said = fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).ok()?;
    let said = String::from_utf8(said).ok()?;
    let option = |argument: &str| {
        let argument = argument.strip_prefix("--codegen=").or_else(|| argument.strip_prefix("-C")).unwrap_or(argument);
        argument.strip_prefix("linker=").map(str::to_owned)
    };
    said.split('\0').filter_map(option).rfind(|linker| Path::new(linker) != this)
}

#[cfg(not(target_os = "linux"))]
fn linker_in_rustc_arguments() -> Option<String> {
    None
}

/// Objects and archives are copied: cargo and rustc replace and remove them.
fn record_inputs(dir: &Path, linker: &str, arguments: &[OsString]) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    let mut kept = Vec::new();
    for (number, argument) in arguments.iter().enumerate() {
        let text = argument.to_str().ok_or_else(|| std::io::Error::other("an argument is not UTF-8"))?;
        if text.starts_with('@') {
            return Err(std::io::Error::other("the arguments are in a file, because they are too long"));
        }
        let path = Path::new(argument);
        let is_output = number > 0 && arguments.get(number - 1).is_some_and(|before| before == "-o");
        if path.is_file() && !is_output {
            let name = format!("{number}-{}", path.file_name().unwrap_or_default().to_string_lossy());
            fs::copy(path, dir.join(&name))?;
            // Relative to this directory, which is moved when it is complete.
            kept.push(format!("./{name}"));
        } else {
            kept.push(text.to_owned());
        }
    }
    let link = RecordedLink { linker: linker.to_owned(), arguments: kept };
    fs::write(dir.join(LINK_FILE), serde_json::to_vec(&link)?)
}

impl RecordedLink {
    /// Reads what was kept.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(LINK_FILE);
        let text = fs::read(&path).map_err(|error| Error::path("read", &path, &error))?;
        serde_json::from_slice(&text).map_err(|error| {
            Error::environment(
                format!("{} is not what was written there: {error}", path.display()),
                "remove the directory it is in and run this again",
            )
        })
    }

    /// Finds out what the linker can do, by trying it.
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

    /// Links once more, to `out`, with the layout of a seed.
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
        // Without names and lines it is linked in a quarter of the time, and what runs is the same.
        linker.arg("-s");
        if layouts == LayoutMethod::Shuffled {
            linker.arg(format!("-Wl,--shuffle-sections=*={seed}"));
        }
        child::run(&mut linker, Limits { time: Duration::from_secs(120), ..Limits::default() }, StderrMode::Capture)
            .map(drop)
    }
}

/// An object with a function of 16 to 4096 bytes, in steps of 16, which is how functions are aligned.
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
        format!("linking a measuring program once more failed: the linker {error}"),
        "remove target/perf and run this again; if that does not help, compare without layouts: this is a bug",
    )
}
