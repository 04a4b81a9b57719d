//! Runs one case under callgrind, and reads how many instructions it counted.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use perf_gate::{CaseName, Tools};
use perf_judge::run::MissingReason;
use perf_judge::text;

use super::programs::BenchPrograms;
use crate::error::{CaseError, Error};
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// A valgrind that was tried out on the program it is to watch.
#[derive(Debug)]
pub struct Callgrind {
    program: PathBuf,
    /// What its figures depend on.
    pub tools: Tools,
}

/// What counts instructions.
#[derive(Debug)]
pub enum InstructionCounter {
    /// Callgrind.
    Callgrind(Callgrind),
    /// Nothing does, with the reason.
    Missing(MissingReason),
}

/// Seconds of processor time for a case that is watched, which takes it fifty times as long: the longest takes ten.
const CALLGRIND_CPU_SECONDS: u64 = 600;

/// The variable that names another valgrind than the one on the PATH.
pub const VALGRIND_ENV: &str = "VALGRIND";

impl InstructionCounter {
    /// Looks for valgrind and tries it out on the program it is to watch. That there is none is no failure: it is optional.
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
        // It may be there and still not know this processor's instructions, or not be allowed to run here.
        match callgrind.run(&programs.count, programs, &["--list"]) {
            Ok(_) => Ok(Self::Callgrind(callgrind)),
            Err(error) => unusable(&error.no_value()?.to_string()),
        }
    }

    /// Callgrind, if that is it.
    pub fn callgrind(&self) -> Option<&Callgrind> {
        match self {
            Self::Callgrind(callgrind) => Some(callgrind),
            Self::Missing(_) => None,
        }
    }
}

impl Callgrind {
    /// Instructions of one operation: those of a process that performs some, less those of one that only gets ready.
    /// `count` says itself how many operations are enough, from what one computes, so that it is the same everywhere.
    pub fn instructions(&self, programs: &BenchPrograms, case: &CaseName) -> Result<u64, CaseError> {
        let run = |operations: u64| -> Result<(u64, u64), CaseError> {
            // As many digits as the other number has: the arguments are on the stack of the process, and where they
            // end moves everything else there.
            let operations = format!("{operations:04}");
            let arguments = [case.as_str(), "--ops", &operations];
            let (instructions, printed) = self.run(&programs.count, programs, &arguments)?;
            Ok((instructions, parse_operations(&printed)?))
        };
        let (none, operations) = run(0)?;
        let (some, again) = run(operations)?;
        if operations != again {
            return Err(format!("said that {operations} operations are enough, and then {again}").into());
        }
        Ok(per_operation(none, some, operations)?)
    }

    /// What callgrind writes about the operations of a case, function by function, and how many operations it was; None
    /// where that does not work, which is no reason to fail: it only explains.
    pub fn profile(&self, programs: &BenchPrograms, case: &CaseName) -> Result<Option<(String, u64)>, Error> {
        let Ok(dir) = tempfile::tempdir() else { return Ok(None) };
        let file = dir.path().join("profile");
        let run = |operations: &str| {
            let mut command = programs.command(&self.program);
            command.args(["--tool=callgrind", "--compress-strings=no", "--compress-pos=no"]);
            command.arg(format!("--callgrind-out-file={}", file.display()));
            command.arg(&programs.count).args([case.as_str(), "--ops", operations]);
            match child::run(&mut command, Limits::of_cpu_seconds(CALLGRIND_CPU_SECONDS), StderrMode::Capture) {
                Ok(printed) => Ok(parse_operations(&printed).ok()),
                Err(ChildError::Interrupted) => Err(Error::Interrupted),
                Err(_) => Ok(None),
            }
        };
        let Some(operations) = run("0000")? else { return Ok(None) };
        // Getting ready is the same on both sides, and cancels.
        let Some(_) = run(&format!("{operations:04}"))? else { return Ok(None) };
        Ok(std::fs::read_to_string(&file).ok().map(|profile| (profile, operations)))
    }

    /// One run of `program`: instructions, and what it printed.
    ///
    /// Environment and arguments lie on its stack, and the C library copies in other steps where that ends elsewhere: 3 KiB
    /// more environment moved `load/floor/100` by 0.03 %. So it gets none of the user's, where their `~/.valgrindrc` is
    /// included, and a path that is as long in every folder the workspace may be in.
    fn run(&self, program: &Path, programs: &BenchPrograms, arguments: &[&str]) -> Result<(u64, String), CaseError> {
        let mut command = programs.command(&self.program);
        ["PATH", "HOME", "TMPDIR"].iter().for_each(|name| {
            command.env_remove(name);
        });
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(program.strip_prefix(&programs.dir).unwrap_or(program)).args(arguments);
        let (printed, said) = child::run_capturing_stderr(&mut command, Limits::of_cpu_seconds(CALLGRIND_CPU_SECONDS))?;
        Ok((parse_total(&said)?, printed))
    }
}

/// Where a program is that is called by its name; a path is left alone.
fn find_on_path(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return Some(program.to_owned());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|dir| dir.join(program)).find(|program| program.is_file())
}

/// `valgrind-3.19.0`, or with what a distribution appends.
fn parse_version(printed: &str) -> Option<String> {
    let version = printed.trim_end().strip_prefix("valgrind-")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '~');
    (version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(plain)).then(|| version.to_owned())
}

/// Name and version of the C library. It is asked for as users would: what it says of itself in the process needs code
/// that the compiler cannot check.
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
    // The first line of glibc's ends with its version. musl's prints to standard error, and macOS has none.
    let text = ask(ldd.arg("--version"))?.unwrap_or_default();
    let first = text.lines().next().filter(|line| line.starts_with("ldd ("));
    let version = first.and_then(|line| line.rsplit(' ').next());
    Ok(version.map_or_else(|| "unknown".into(), |version| format!("glibc {}", text::sanitize_line(version))))
}

/// The number of instructions from valgrind's messages:
///
/// ```text
/// ==900== Events    : Ir
/// ==900== Collected : 5641168
/// ```
///
/// Other lines change from version to version; these two must be there once each, and say what they always say.
fn parse_total(messages: &str) -> Result<u64, String> {
    let one = |name: &str| {
        let mut values = messages.lines().filter_map(|line| {
            let (process, text) = line.strip_prefix("==")?.split_once("== ")?;
            let (found, value) = text.split_once(':')?;
            (process.bytes().all(|b| b.is_ascii_digit()) && found.trim_end() == name).then(|| value.trim())
        });
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(format!("gave no figure: valgrind's messages have no line `{name}`")),
            (Some(_), Some(_)) => Err(format!("gave two figures: valgrind's messages have several lines `{name}`")),
        }
    };
    let (events, collected) = (one("Events")?, one("Collected")?);
    if events != "Ir" {
        return Err(format!("counted `{}` instead of instructions (`Ir`)", text::sanitize_line(events)));
    }
    let is_number = !collected.is_empty() && collected.bytes().all(|b| b.is_ascii_digit());
    let number = collected.parse().ok().filter(|_| is_number);
    number.ok_or_else(|| format!("gave a figure that is no number: `{}`", text::sanitize_line(collected)))
}

/// How many operations `count` wants to be watched at; four digits, see above.
fn parse_operations(printed: &str) -> Result<u64, String> {
    let number = printed.strip_suffix('\n').filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|text| text.parse().ok()).filter(|number| (1..=9_999).contains(number));
    number.ok_or_else(|| {
        format!("printed `{}` instead of how many operations are enough", text::sanitize_line(printed.trim_end()))
    })
}

/// Rounded to the nearest.
fn per_operation(none: u64, some: u64, operations: u64) -> Result<u64, String> {
    match some.checked_sub(none).map(|net| (net + operations / 2) / operations) {
        Some(each @ 1..) => Ok(each),
        _ => Err(format!("needed {some} instructions for {operations} operations and {none} for none of them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What valgrind 3.19 says.
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
    fn the_total_is_read_from_what_valgrind_says() {
        assert_eq!(parse_total(MESSAGES), Ok(5_641_168));
        let with_others = format!("a message of the case : 1\n{MESSAGES}==900== WARNING: something : else\n");
        assert_eq!(parse_total(&with_others), Ok(5_641_168));
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for (from, to, says) in [
            ("==900== Collected : 5641168\n", "", "have no line `Collected`"),
            ("==900== Events    : Ir\n", "", "have no line `Events`"),
            ("Events    : Ir", "Events    : Ir Dr Dw", "counted `Ir Dr Dw`"),
            ("5641168", "5,641,168", "no number: `5,641,168`"),
            ("5641168", "+5641168", "no number"),
            ("5641168", "", "no number: ``"),
            ("5641168", "99999999999999999999", "no number"),
            ("5641168", "5641168 17", "no number"),
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
    fn operations_that_need_nothing_are_no_measurement() {
        assert_eq!(per_operation(100, 300, 20), Ok(10));
        assert_eq!(per_operation(100, 309, 20), Ok(10));
        assert_eq!(per_operation(100, 310, 20), Ok(11), "half is rounded up");
        for (none, some) in [(100, 100), (100, 99), (100, 109)] {
            assert!(per_operation(none, some, 20).is_err(), "{none} {some}");
        }
    }
}
