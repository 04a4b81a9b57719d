//! The program as a child process, in folders of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub const GUIDE: &str = "\
# Ferry

A ferry copies files between two lighthouses.

## Install

Unpack the archive into the folder `bin`. Ferry needs 64 MiB of memory.

## Limits

A crossing carries at most 4,096 files. Larger loads are split into several crossings.

```sh
ferry load --limit 4096
```
";

pub const FAQ: &str = "\
# Questions

## Why is a crossing slow?

A crossing waits for the tide, which turns every six hours. The option `--no-tide` sails at once.
";

/// A folder of documents, and a user's folders.
pub struct World {
    pub dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["docs", "cache", "config"] {
            fs::create_dir(world.path(folder)).unwrap();
        }
        fs::write(world.path("docs/guide.md"), GUIDE).unwrap();
        fs::write(world.path("docs/faq.md"), FAQ).unwrap();
        world
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.set_up(Command::new(env!("CARGO_BIN_EXE_aggregator")), arguments)
    }

    /// The program in a process that may open this many files.
    pub fn command_with_files(&self, files: u32, arguments: &[&str]) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")]).arg(env!("CARGO_BIN_EXE_aggregator"));
        self.set_up(shell, arguments)
    }

    fn set_up(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).current_dir(self.path("")).stdin(Stdio::null()).env_clear();
        command.env("XDG_CACHE_HOME", self.path("cache")).env("XDG_CONFIG_HOME", self.path("config"));
        // No program that happens to be installed changes what is printed.
        command.env("PATH", self.path("bin"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap(), &self.path(""))
    }
}

/// What a run printed, without the temporary folder.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output, dir: &Path) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8").replace(dir.to_str().unwrap(), "DIR/");
        let ran = Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        for (name, text) in [("standard output", &ran.out), ("standard error", &ran.err)] {
            let control = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(control, None, "{name} is no terminal: {text}");
        }
        ran
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "out: {}\nerr: {}", self.out, self.err);
        self
    }

    /// What was printed, without the times that no run has again.
    pub fn shown(&self) -> String {
        let is_number = |word: &str| word.trim_end_matches(',').parse::<f64>().is_ok();
        let line = |line: &str| {
            let mut words: Vec<&str> = line.split(' ').collect();
            for at in 1..words.len() {
                let is_unit = ["ms", "ms,", "s", "s;"].contains(&words[at]);
                if is_unit && is_number(words[at - 1]) {
                    words[at - 1] = "N";
                }
            }
            words.join(" ")
        };
        let lines = |text: &str| text.lines().map(line).collect::<Vec<_>>().join("\n");
        format!("{}\n---\n{}", lines(&self.out), lines(&self.err))
    }
}
