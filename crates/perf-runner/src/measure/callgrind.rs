//! Runs a case under callgrind, and reads the number of instructions.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use perf_gate::{CaseName, Tools};
use perf_judge::run::MissingReason;
use perf_judge::text;

use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// A valgrind that works with the measuring program.
#[derive(Debug)]
pub struct Callgrind {
    program: PathBuf,
    /// The versions that its values depend on.
    pub tools: Tools,
}

/// The counter of instructions, if there is one.
#[derive(Debug)]
pub enum InstructionCounter {
    /// Callgrind is available.
    Callgrind(Callgrind),
    /// No counter is available, with the reason.
    Missing(MissingReason),
}

/// The profile of the counted operations of a case.
#[derive(Debug)]
pub struct CountedProfile {
    /// What callgrind wrote.
    pub text: Vec<u8>,
    /// Number of operations, at least 1.
    pub operations: u64,
}

/// Limit of CPU time for a case under callgrind, in seconds. A case runs fifty times slower there; the slowest takes 10 s.
const CALLGRIND_CPU_SECONDS: u64 = 600;

/// Where callgrind writes a profile that the gate does not need.
const NO_FILE: &str = "/dev/null";

/// The function of `count` that performs the operations. Only it is counted.
pub const COUNTED: &str = "counted_operations";

/// The environment variable that names a valgrind to use in place of that on the PATH.
pub const VALGRIND_ENV: &str = "VALGRIND";

impl InstructionCounter {
    /// Finds valgrind, and tests it with the measuring program. Valgrind is optional, so its absence is not an error.
    ///
    /// # Errors
    /// On an interruption.
    pub fn find(programs: &BenchPrograms) -> Result<Self, Error> {
        let unusable = |reason: &str| Ok(Self::Missing(format!("valgrind cannot be used: {reason}")));
        const NOT_INSTALLED: &str = "valgrind is not installed (Debian, Ubuntu: apt-get install valgrind)";
        let named = env::var_os(VALGRIND_ENV).filter(|name| !name.is_empty()).unwrap_or_else(|| "valgrind".into());
        let Some(program) = find_on_path(Path::new(&named)) else { return Ok(Self::Missing(NOT_INSTALLED.into())) };
        let mut ask = child::clean_env_command(&program, &programs.dir);
        let printed = match child::run(ask.arg("--version"), Limits::default(), StderrMode::Capture) {
            Ok(printed) => printed,
            Err(ChildError::Start(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::Missing(NOT_INSTALLED.into()));
            }
            Err(error) => return unusable(&error.reason()?),
        };
        let Some(valgrind) = parse_version(&printed) else {
            return unusable(&format!("`--version` printed `{}`", text::sanitize_line(&printed)));
        };
        let callgrind = Callgrind { program, tools: Tools { valgrind, libc: libc_version(programs)? } };
        // An installed valgrind may not support this processor's instructions, or may not be permitted to run.
        let counts = callgrind.run(Path::new(NO_FILE), &[], &programs.count, programs, &["--list"]);
        match counts.and_then(|(_, said)| Ok(parse_total(&said)?)) {
            Ok(_) => Ok(Self::Callgrind(callgrind)),
            Err(error) => unusable(&error.no_value()?.to_string()),
        }
    }

    /// Callgrind, if it is available.
    pub fn callgrind(&self) -> Option<&Callgrind> {
        match self {
            Self::Callgrind(callgrind) => Some(callgrind),
            Self::Missing(_) => None,
        }
    }
}

impl Callgrind {
    /// Instructions of one operation: those of `n` operations, divided by `n`. `count` chooses `n` from what one operation
    /// computes, so that it is the same on every machine. Only what the function [`COUNTED`] does is counted.
    ///
    /// # Errors
    /// If a run fails or prints no valid number.
    pub fn instructions(&self, programs: &BenchPrograms, case: &CaseName) -> Result<u64, CaseError> {
        let (printed, operations) = self.run_operations(Path::new(NO_FILE), &[], programs, case)?;
        Ok(per_operation(parse_total(&printed)?, operations)?)
    }

    /// The profile of the same operations by function, with up to `depth` callers kept apart. What it counts is what
    /// [`instructions`](Self::instructions) does, within the little by which two processes differ.
    ///
    /// # Errors
    /// If a run fails, or writes no file or one of more than 256 MiB.
    pub fn profile(&self, programs: &BenchPrograms, case: &CaseName, depth: u32) -> Result<CountedProfile, CaseError> {
        const MOST_BYTES: u64 = 256 << 20;
        let failed = |error: io::Error| CaseError::from(format!("wrote no profile: {error}"));
        let dir = tempfile::tempdir().map_err(failed)?;
        let file = dir.path().join("callgrind.out");
        let callers = format!("--separate-callers={depth}");
        let (_, operations) = self.run_operations(&file, &[&callers], programs, case)?;
        let size = fs::metadata(&file).map_err(failed)?.len();
        if size > MOST_BYTES {
            return Err(format!("wrote a profile of {} MiB, more than {} MiB", size >> 20, MOST_BYTES >> 20).into());
        }
        Ok(CountedProfile { text: fs::read(&file).map_err(failed)?, operations })
    }

    /// Counts the operations of a case, and returns valgrind's messages and the number of operations.
    fn run_operations(
        &self,
        out: &Path,
        options: &[&str],
        programs: &BenchPrograms,
        case: &CaseName,
    ) -> Result<(String, u64), CaseError> {
        // Always four digits: the arguments lie on the stack, and their length would move everything else there.
        let number = |operations: u64| format!("{operations:04}");
        // Without the counter, which takes 50 times as long, to learn the number of operations.
        let mut ask = programs.command(&programs.count);
        ask.args([case.as_str(), "--ops", &number(0)]);
        let printed = child::run(&mut ask, Limits::of_cpu_seconds(CALLGRIND_CPU_SECONDS), StderrMode::Capture)?;
        let operations = parse_operations(&printed)?;
        let arguments = [case.as_str(), "--ops", &number(operations)];
        let toggle = format!("--toggle-collect=*{COUNTED}*");
        let options = [&[toggle.as_str()], options].concat();
        let (printed, said) = self.run(out, &options, &programs.count, programs, &arguments)?;
        let again = parse_operations(&printed)?;
        if operations != again {
            return Err(format!("requested {operations} operations, and then {again}").into());
        }
        Ok((said, operations))
    }

    /// Runs `program` under callgrind, which writes the file `out`, and returns its standard output and valgrind's messages.
    ///
    /// Environment and arguments lie on the stack, whose alignment changes how the C library copies: 3 KiB more environment
    /// moved `load/floor/100` by 0.03 %. So the program gets no variable of the user (without HOME also no `~/.valgrindrc`),
    /// and a path that does not depend on the folder of the workspace.
    fn run(
        &self,
        out: &Path,
        options: &[&str],
        program: &Path,
        programs: &BenchPrograms,
        arguments: &[&str],
    ) -> Result<(String, String), CaseError> {
        let mut command = programs.command(&self.program);
        ["PATH", "HOME", "TMPDIR"].iter().for_each(|name| {
            command.env_remove(name);
        });
        command.args(["--tool=callgrind", &format!("--callgrind-out-file={}", out.display())]).args(options);
        command.arg(program.strip_prefix(&programs.dir).unwrap_or(program)).args(arguments);
        Ok(child::run_capturing_stderr(&mut command, Limits::of_cpu_seconds(CALLGRIND_CPU_SECONDS))?)
    }
}

/// The path of a program: found on the PATH if it is a name, unchanged if it is a path.
fn find_on_path(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return Some(program.to_owned());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|dir| dir.join(program)).find(|program| program.is_file())
}

/// The version from `valgrind-3.19.0`, including a suffix of a distribution.
fn parse_version(printed: &str) -> Option<String> {
    let version = printed.trim_end().strip_prefix("valgrind-")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '~');
    (version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(plain)).then(|| version.to_owned())
}

/// Name and version of the C library, from `getconf` or `ldd`. Asking the library itself would need unsafe code.
fn libc_version(programs: &BenchPrograms) -> Result<String, Error> {
    let mut getconf = child::clean_env_command(Path::new("getconf"), &programs.dir);
    let mut ldd = child::clean_env_command(Path::new("ldd"), &programs.dir);
    let ask = |command: &mut Command| match child::run(command, Limits::default(), StderrMode::Capture) {
        Err(ChildError::Interrupted) => Err(Error::Interrupted),
        output => Ok(output.ok()),
    };
    if let Some(text) = ask(getconf.arg("GNU_LIBC_VERSION"))?.filter(|text| text.starts_with("glibc ")) {
        return Ok(text::sanitize_line(text.trim()));
    }
    // The first line of glibc's `ldd` ends with the version. musl's prints to standard error, and macOS has no `ldd`.
    let text = ask(ldd.arg("--version"))?.unwrap_or_default();
    let first = text.lines().next().filter(|line| line.starts_with("ldd ("));
    let version = first.and_then(|line| line.rsplit(' ').next());
    Ok(version.map_or_else(|| "unknown".into(), |version| format!("glibc {}", text::sanitize_line(version))))
}

/// Parses the number of instructions from valgrind's messages:
///
/// ```text
/// ==900== Events    : Ir
/// ==900== Collected : 5641168
/// ```
///
/// Other lines differ between versions. Each of these two must occur exactly once.
fn parse_total(messages: &str) -> Result<u64, String> {
    let one = |name: &str| {
        let mut values = messages.lines().filter_map(|line| {
            let (process, text) = line.strip_prefix("==")?.split_once("== ")?;
            let (found, value) = text.split_once(':')?;
            (process.bytes().all(|b| b.is_ascii_digit()) && found.trim_end() == name).then(|| value.trim())
        });
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(format!("returned no count: valgrind's messages have no line `{name}`")),
            (Some(_), Some(_)) => {
                Err(format!("returned several counts: valgrind's messages have several lines `{name}`"))
            }
        }
    };
    let (events, collected) = (one("Events")?, one("Collected")?);
    if events != "Ir" {
        return Err(format!("counted `{}` instead of instructions (`Ir`)", text::sanitize_line(events)));
    }
    let is_number = !collected.is_empty() && collected.bytes().all(|b| b.is_ascii_digit());
    let number = collected.parse().ok().filter(|_| is_number);
    number.ok_or_else(|| format!("returned a count that is not a number: `{}`", text::sanitize_line(collected)))
}

/// Parses the number of operations that `count` requests, from 1 to 9999.
fn parse_operations(printed: &str) -> Result<u64, String> {
    let number = printed.strip_suffix('\n').filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|text| text.parse().ok()).filter(|number| (1..=9_999).contains(number));
    number.ok_or_else(|| {
        format!(
            "printed `{}` instead of a number of operations from 1 to 9999",
            text::sanitize_line(printed.trim_end())
        )
    })
}

/// Instructions of one operation, rounded to the nearest number.
fn per_operation(instructions: u64, operations: u64) -> Result<u64, String> {
    match (instructions + operations / 2) / operations {
        0 => Err(format!(
            "spent {instructions} instructions on {operations} operations in the function `{COUNTED}`; `count` has to perform \
             them in a function of that name that is not inlined"
        )),
        each => Ok(each),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages of valgrind 3.19.
    const MESSAGES: &str = "==900== Callgrind, a call-graph generating cache profiler\n\
        ==900== Copyright (C) 2002-2017, and GNU GPL'd, by Josef Weidendorfer et al.\n\
        ==900== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info\n\
        ==900== Command: count url/ordinary/40 --ops 1\n\
        ==900== \n\
        ==900== For interactive control, run 'callgrind_control -h'.\n\
        ==900== \n\
        ==900== Events    : Ir\n\
        ==900== Collected : 5641168\n\
        ==900== \n\
        ==900== I   refs:      5,641,168\n";

    #[test]
    fn the_total_is_read_from_the_messages() {
        assert_eq!(parse_total(MESSAGES), Ok(5_641_168));
        let with_others = format!("a message of the case : 1\n{MESSAGES}==900== WARNING: something : else\n");
        assert_eq!(parse_total(&with_others), Ok(5_641_168));
    }

    #[test]
    fn invalid_totals_are_rejected() {
        for (from, to, says) in [
            ("==900== Collected : 5641168\n", "", "have no line `Collected`"),
            ("==900== Events    : Ir\n", "", "have no line `Events`"),
            ("Events    : Ir", "Events    : Ir Dr Dw", "counted `Ir Dr Dw`"),
            ("5641168", "5,641,168", "not a number: `5,641,168`"),
            ("5641168", "+5641168", "not a number"),
            ("5641168", "", "not a number: ``"),
            ("5641168", "99999999999999999999", "not a number"),
            ("5641168", "5641168 17", "not a number"),
            ("Collected : 5641168\n", "Collected : 1\n==900== Collected : 2\n", "several lines `Collected`"),
            ("==900== Collected", "==x== Collected", "have no line"),
            ("==900== Collected", "Collected", "have no line"),
        ] {
            let text = MESSAGES.replacen(from, to, 1);
            assert_ne!(text, MESSAGES);
            let error = parse_total(&text).unwrap_err();
            assert!(error.contains(says), "{from} -> {to}: {error}");
        }
        assert!(parse_total("").is_err());
    }

    #[test]
    fn versions_and_numbers_have_one_form() {
        assert_eq!(parse_version("valgrind-3.19.0\n").as_deref(), Some("3.19.0"));
        assert_eq!(parse_version("valgrind-3.23.0-rc1\n").as_deref(), Some("3.23.0-rc1"));
        for bad in ["", "valgrind-\n", "3.19.0\n", "valgrind-x\n", "valgrind-3.19.0\nmore\n", "valgrind-3 0\n"] {
            assert_eq!(parse_version(bad), None, "{bad:?}");
        }
        assert_eq!(parse_operations("20\n"), Ok(20));
        for bad in ["", "\n", "20", "0\n", "-1\n", "+1\n", "20\n20\n", "10000\n", " 20\n"] {
            assert!(parse_operations(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn operations_without_instructions_are_an_error() {
        assert_eq!(per_operation(200, 20), Ok(10));
        assert_eq!(per_operation(209, 20), Ok(10));
        assert_eq!(per_operation(210, 20), Ok(11), "half is rounded up");
        for instructions in [0, 9] {
            assert!(per_operation(instructions, 20).is_err(), "{instructions}");
        }
    }
}
