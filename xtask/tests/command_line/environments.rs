//! Layouts, clones, environments and configurations of git and cargo: in each the gate has the result of the plain case, or an
//! error with its cause.
//!
//! A row is a name, its setup, and its expected result. Nothing is compiled if no input differs, so most rows take a fraction of
//! a second. Rows that compile are at the end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::folder;
use crate::tiny::{self, CLOCK, Tiny};
use crate::world::Ran;

/// The plain case, built once: two commits, the second with a baseline, and an unrelated branch.
fn plain() -> &'static Tiny {
    static PLAIN: OnceLock<Tiny> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let tiny = Tiny::with_baseline();
        fs::remove_dir_all(tiny.path("target")).unwrap();
        folder::know_rustc(&tiny.path(""));
        // Without it git refuses a partial clone.
        tiny.git(&["config", "uploadpack.allowFilter", "true"]);
        tiny
    })
}

/// A temporary directory of a row.
struct Place {
    dir: TempDir,
    /// The workspace in it.
    root: PathBuf,
}

/// A user other than root cannot remove files from read-only folders.
impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("chmod").args(["-R", "u+w"]).arg(self.dir.path()).stderr(Stdio::null()).status();
    }
}

impl Place {
    fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap().join("it");
        Self { dir, root }
    }

    /// A copy of the plain case.
    fn new() -> Self {
        let place = Self::empty();
        place.sh(&format!("cp -R '{}' '{}'", plain().path("").display(), place.root.display()));
        place
    }

    /// A clone of it.
    fn cloned(options: &str) -> Self {
        let place = Self::empty();
        place.sh(&format!("git clone -q {options} 'file://{}' it", plain().path("").display()));
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: &str, text: &str) {
        folder::write(&self.path(path), text);
    }

    #[track_caller]
    fn edit(&self, path: &str, from: &str, to: &str) {
        folder::edit(&self.path(path), from, to);
    }

    /// Runs the setup script of a row, in the workspace if it exists.
    #[track_caller]
    fn sh(&self, script: &str) {
        let mut shell = Command::new("sh");
        shell.args(["-ec", script]).current_dir(if self.root.exists() { &self.root } else { self.dir.path() });
        let settings = "user.name=Nobody user.email=nobody@example.org protocol.file.allow=always";
        for (number, setting) in settings.split(' ').enumerate() {
            let (name, value) = setting.split_once('=').unwrap();
            shell.env(format!("GIT_CONFIG_KEY_{number}"), name).env(format!("GIT_CONFIG_VALUE_{number}"), value);
            shell.env("GIT_CONFIG_COUNT", (number + 1).to_string());
        }
        shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = shell.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(&self.root).args(arguments).stdin(Stdio::null());
        command.env("VALGRIND", "there-is-none").env("CARGO_NET_OFFLINE", "true");
        for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    fn perf(&self) -> Command {
        self.command(&["perf", "--quick", "--budget", "10s", "--against", "HEAD"])
    }
}

/// The expected result of a row.
enum Expected {
    /// The result of the plain case: no input differs.
    Identical,
    /// A slower program fails.
    Regressed,
    /// This exit code and this message.
    Says(i32, &'static str),
}
use Expected::{Identical, Regressed, Says};

fn run(name: &str, expected: &Expected, mut command: Command) {
    let ran = Ran::of(command.output().unwrap());
    let both: String = format!("{}{}", ran.stdout, ran.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    let (code, said) = match expected {
        Identical => (0, "IDENTICAL"),
        Regressed => (1, "REGRESSED"),
        Says(code, said) => (*code, *said),
    };
    assert!(
        ran.code == code && both.contains(said) && !both.contains("panicked"),
        "{name}: not {code} with {said:?}, but {}\nstdout: {}\nstderr: {}",
        ran.code,
        ran.stdout,
        ran.stderr
    );
}

type Row = (&'static str, Expected, fn() -> (Place, Command));

/// Runs every row, even after one has failed.
#[track_caller]
fn table(rows: &[Row]) {
    let fails = |(name, expected, make): &&Row| {
        let row = || {
            let (_place, command) = make();
            run(name, expected, command);
        };
        std::panic::catch_unwind(row).is_err()
    };
    let failed: Vec<&str> = rows.iter().filter(fails).map(|(name, ..)| *name).collect();
    assert!(failed.is_empty(), "{failed:#?} of {} rows", rows.len());
}

/// The plain case after a script.
fn after(script: &str) -> (Place, Command) {
    let place = Place::new();
    place.sh(script);
    let command = place.perf();
    (place, command)
}

/// The plain case with some variables.
fn with(variables: &[(&str, &str)]) -> (Place, Command) {
    let place = Place::new();
    let mut command = place.perf();
    command.envs(variables.iter().copied());
    (place, command)
}

/// The plain case with a file in `.cargo` of the folder that it is in.
fn configured(text: &str) -> (Place, Command) {
    let place = Place::new();
    place.write("../.cargo/config.toml", text);
    let command = place.perf();
    (place, command)
}

/// The plain case in a shell, where `"$@"` is its command.
fn shell(script: &str) -> (Place, Command) {
    let place = Place::new();
    let command = in_shell(script, &place.perf());
    (place, command)
}

fn in_shell(script: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// The package that is measured is a submodule.
const CLOCK_IS_A_SUBMODULE: &str = "cp -R crates/clock ../clock && cd ../clock && git init -qb main && git add . \
    && git commit -qm clock && cd ../it && git rm -rq crates/clock && rm -rf crates/clock \
    && git submodule --quiet add ../clock crates/clock && git commit -qm submodule";

/// A file of the package that is measured is a link to one in another folder.
const CLOCK_IS_A_LINK: &str = "mkdir shared && mv crates/clock/src/lib.rs shared/clock.rs \
    && ln -s ../../../shared/clock.rs crates/clock/src/lib.rs && git add . && git commit -qm link";

/// Sources of the package that is measured are in a submodule of a submodule.
const SOURCES_ARE_A_SUBMODULE: &str = "cp -R crates/clock ../clock && mv ../clock/src ../sources && cd ../sources \
    && git init -qb main && git add . && git commit -qm sources && cd ../clock && git init -qb main \
    && git submodule --quiet add ../sources src && git add . && git commit -qm clock && cd ../it && git rm -rq crates/clock \
    && rm -rf crates/clock && git submodule --quiet add ../clock crates/clock && git submodule --quiet update --init --recursive \
    && git commit -qm submodules";

/// The package that is measured includes a file of another folder.
const CLOCK_INCLUDES_A_FILE: &str = "mkdir shared && grep -v '^//!' crates/clock/src/lib.rs > shared/clock.in \
    && echo 'include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../../shared/clock.in\"));' > crates/clock/src/lib.rs \
    && git add . && git commit -qm include";

/// The package that is measured names a package of a registry, in whose place the workspace has its own, whose library is
/// beside its manifest.
const CLOCK_IS_PATCHED: &str = "mkdir -p patched/strikes && cp crates/clock/src/lib.rs patched/strikes/strikes.rs \
    && printf '[package]\nname = \"strikes\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[lib]\npath = \"strikes.rs\"\n[workspace]\n' > patched/strikes/Cargo.toml \
    && printf '[dependencies]\nstrikes = \"1\"\n' >> crates/clock/Cargo.toml && echo 'pub use strikes::*;' > crates/clock/src/lib.rs \
    && printf '[patch.crates-io]\nstrikes = { path = \"patched/strikes\" }\n' >> Cargo.toml \
    && cargo generate-lockfile --offline && git add . && git commit -qm patch";

#[test]
fn repositories() {
    table(&[
        ("a linked work tree", Identical, || {
            let mut place = Place::new();
            place.sh("git worktree add -q ../linked");
            place.root.set_file_name("linked");
            let command = place.perf();
            (place, command)
        }),
        ("a linked work tree whose repository was moved", Says(2, "fatal: not a git repository: "), || {
            let mut place = Place::new();
            place.sh("git worktree add -q ../linked && mv ../it ../moved");
            place.root.set_file_name("linked");
            let command = place.perf();
            (place, command)
        }),
        ("a submodule beside", Identical, || {
            after(
                "git init -q ../other && cd ../other && git commit -q --allow-empty -m x && cd ../it \
                && git submodule --quiet add ../other beside && git commit -qm submodule",
            )
        }),
        ("a submodule beside, not checked out", Identical, || {
            after(
                "git init -q ../other && cd ../other && git commit -q --allow-empty -m x && cd ../it \
                && git submodule --quiet add ../other beside && git commit -qm submodule && git submodule -q deinit beside",
            )
        }),
        ("a submodule with a package that is measured", Identical, || after(CLOCK_IS_A_SUBMODULE)),
        ("the same, not checked out", Says(2, "failed to load manifest for workspace member"), || {
            let (place, command) = after(CLOCK_IS_A_SUBMODULE);
            place.sh("git submodule -q deinit crates/clock");
            (place, command)
        }),
        (
            "the same, where the commit of the base is not there",
            Says(2, "the submodule crates/clock has no commit 0123456789012345678901234567890123456789 here"),
            || {
                let (place, command) = after(CLOCK_IS_A_SUBMODULE);
                place.sh("git update-index --cacheinfo 160000,0123456789012345678901234567890123456789,crates/clock \
                && git commit -qm 'a commit that is nowhere'");
                (place, command)
            },
        ),
        ("a repository in another", Identical, || {
            let place = Place::new();
            place.sh("git init -q .. && git -C .. commit -q --allow-empty -m outer");
            let command = place.perf();
            (place, command)
        }),
        ("a folder of a repository", Identical, || {
            let mut place = Place::empty();
            place.sh(&format!(
                "mkdir it && cp -R '{}' 'it/a folder' && rm -rf 'it/a folder/.git'",
                plain().path("").display()
            ));
            place.sh("git init -q . && git add . && git commit -qm all");
            place.root.push("a folder");
            let command = place.perf();
            (place, command)
        }),
        ("a folder of a package", Identical, || {
            let (place, mut command) = after("true");
            command.current_dir(place.path("crates/clock/src"));
            (place, command)
        }),
        ("a clone of the newest commit alone", Identical, || {
            let place = Place::cloned("--depth 1");
            let command = place.perf();
            (place, command)
        }),
        ("a clone without contents", Identical, || {
            let place = Place::cloned("--filter=blob:none");
            let command = place.perf();
            (place, command)
        }),
        ("a clone without contents, whose origin is gone", Says(2, "fatal: "), || {
            let mut place = Place::cloned("");
            // What the base has and no clone of the newest commit.
            place.sh("echo '# more' >> Cargo.toml && git commit -qam more && git config uploadpack.allowFilter true");
            place.sh("git clone -q --filter=blob:none \"file://$PWD\" ../without");
            place.root = place.root.with_file_name("without");
            place.sh("git remote set-url origin file:///there/is/none");
            let command = place.command(&["perf", "--quick", "--against", "HEAD^"]);
            (place, command)
        }),
        ("a repository in another place", Identical, || {
            after(
                "mv .git ../store && git --git-dir ../store config core.worktree \"$PWD\" && echo 'gitdir: ../store' > .git",
            )
        }),
        ("a repository of another work tree", Says(2, "git finds the work tree "), || {
            after("mkdir ../other && git config core.worktree \"$PWD/../other\"")
        }),
        ("a bare repository", Says(2, "must be run in a work tree"), || after("git config core.bare true")),
        ("no repository", Says(2, "this is not a git repository with a commit"), || after("rm -rf .git")),
        ("a repository that is broken", Says(2, "fatal: bad config line 1"), || after("echo '[' > .git/config")),
        ("no commit yet", Says(2, "this is not a git repository with a commit"), || {
            after("git switch -q --orphan new && git checkout -q main -- .")
        }),
        ("no branch", Identical, || after("git switch -q --detach")),
        ("a tag and a branch of one name", Identical, || after("git tag HEADS && git branch HEADS")),
        ("SHA-256", Identical, || {
            after("rm -rf .git && git init -q --object-format=sha256 && git add . && git commit -qm x")
        }),
        ("references in tables", Identical, || {
            // Git has them since 2.45. With an older one this row is another plain case.
            after(
                "rm -rf .git && { git init -q --ref-format=reftable 2> /dev/null || git init -q; } && git add . \
                && git commit -qm x",
            )
        }),
        ("some folders of a work tree", Identical, || {
            after(
                "mkdir docs && echo x > docs/x && git add . && git commit -qm docs \
                && git sparse-checkout set crates clock-data && test ! -e docs",
            )
        }),
    ]);
}

#[test]
fn files() {
    table(&[
        ("names with spaces, quotes, marks and ends of lines", Identical, || {
            after(
                "for name in 'a b' 'ä' '\"' \"it's\" '-x' ':(top)' '*' \"$(printf 'a\\nb')\"; do echo x > \"./crates/clock/src/$name\"; done \
                && git add . && git commit -qm names",
            )
        }),
        ("a name that is no text", Says(2, "not UTF-8"), || {
            after("printf x > \"$(printf 'a\\377b')\" && git add . && git commit -qm names")
        }),
        ("ends of lines by core.autocrlf", Identical, || {
            after(
                "git config core.autocrlf true && rm -r crates && git checkout -q . && grep -q \"$(printf '\\r')\" crates/clock/src/lib.rs",
            )
        }),
        ("ends of lines by attributes", Identical, || {
            after(
                "echo '*.rs text eol=crlf' > .gitattributes && git add . && git commit -qm x && rm -r crates && git checkout -q . \
                && grep -q \"$(printf '\\r')\" crates/clock/src/lib.rs",
            )
        }),
        ("a filter", Identical, || {
            after(
                "echo 'lib.rs filter=f' > .gitattributes && git config filter.f.clean 'sed s/600.0/500.0/' \
                && git config filter.f.smudge 'sed s/500.0/600.0/' && git add . && git commit -qm x && rm -r crates && git checkout -q . \
                && grep -q 600.0 crates/clock/src/lib.rs",
            )
        }),
        ("a filter that is not installed", Says(2, "filter 'f' failed"), || {
            after(
                "echo 'lib.rs filter=f' > .gitattributes && git add . && git commit -qm x \
                && git config filter.f.clean 'no-such-filter' && git config filter.f.required true",
            )
        }),
        ("no place in archives", Identical, || {
            after("echo '*.rs export-ignore' > .gitattributes && git add . && git commit -qm x")
        }),
        ("excluded here", Identical, || after("echo more.rs > .git/info/exclude && echo x > crates/clock/src/more.rs")),
        ("excluded for one person", Identical, || {
            let (place, mut command) = after(
                "echo more.rs > ../excluded && echo x > crates/clock/src/more.rs \
                && printf '[core]\\nexcludesFile = %s\\n' \"$PWD/../excluded\" > ../settings",
            );
            command.env("GIT_CONFIG_GLOBAL", place.path("../settings"));
            (place, command)
        }),
        ("files without commit not shown", Identical, || {
            after("git config status.showUntrackedFiles no && echo x > new.md")
        }),
        ("a link among the sources", Identical, || after(CLOCK_IS_A_LINK)),
        ("links between folders", Identical, || {
            after(
                "mkdir lib && mv crates/clock lib/clock && ln -s ../lib/clock crates/clock && ln -s . crates/clock/here \
                && git add . && git commit -qm links",
            )
        }),
        ("links that nothing is built of", Identical, || {
            after("ln -s /etc/passwd out && ln -s nowhere broken && git add . && git commit -qm links")
        }),
        ("dates in the future", Identical, || after("find . -type f -exec touch -d tomorrow {} +")),
        ("dates before all others", Identical, || after("find . -type f -exec touch -d 1970-01-02 {} +")),
        // Root may write there; other users need another place for the report.
        ("nothing may be written", Identical, || {
            let (place, mut command) = after("mkdir ../made && chmod -R a-w .");
            command.env("CARGO_TARGET_DIR", place.path("../made"));
            (place, command)
        }),
    ]);
}

#[test]
fn variables() {
    table(&[
        ("a hook of another repository", Identical, || {
            let (place, mut command) = after("git init -q ../other && cd ../other && git commit -q --allow-empty -m x");
            let other = place.path("../other");
            command.env("GIT_DIR", other.join(".git")).env("GIT_INDEX_FILE", other.join(".git/index"));
            command
                .env("GIT_WORK_TREE", &other)
                .env("GIT_PREFIX", "")
                .env("GIT_OBJECT_DIRECTORY", other.join(".git/objects"));
            (place, command)
        }),
        ("a hook", Identical, || {
            let (place, command) = after("true");
            let hook = place.path(".git/hooks/pre-commit");
            let xtask = command.get_program().to_str().unwrap();
            place.write(".git/hooks/pre-commit", &format!("#!/bin/sh\nexec '{xtask}' perf --quick --against HEAD\n"));
            fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).unwrap();
            let commit = "cd crates && git -c user.name=N -c user.email=n@example.org commit -q --allow-empty -m x";
            let command = in_shell(commit, &command);
            (place, command)
        }),
        ("settings of one command, names and paths by other rules", Identical, || {
            with(&[
                ("GIT_CONFIG_PARAMETERS", "'core.worktree'='/'"),
                ("GIT_LITERAL_PATHSPECS", "1"),
                ("GIT_NAMESPACE", "other"),
                ("GIT_DEFAULT_HASH", "sha256"),
            ])
        }),
        ("git says what it does", Identical, || with(&[("GIT_TRACE", "1"), ("GIT_TRACE_SETUP", "1")])),
        ("a repository of another user", Says(2, "detected dubious ownership"), || {
            with(&[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")])
        }),
        ("the same, with advice", Says(2, "git config --global --add safe.directory"), || {
            with(&[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")])
        }),
        ("the same, in German", Says(2, "detected dubious ownership"), || {
            with(&[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"), ("LC_ALL", "de_DE.UTF-8"), ("LANGUAGE", "de")])
        }),
        ("the same, allowed", Identical, || {
            with(&[
                ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"),
                ("GIT_CONFIG_COUNT", "1"),
                ("GIT_CONFIG_KEY_0", "safe.directory"),
                ("GIT_CONFIG_VALUE_0", "*"),
            ])
        }),
        ("an end of the search for a repository", Says(2, "this is not a git repository with a commit"), || {
            let mut place = Place::empty();
            place.sh(&format!("mkdir it && cp -R '{}' it/in && rm -rf it/in/.git", plain().path("").display()));
            place.sh("git init -q . && git add . && git commit -qm all");
            let ceiling = place.root.clone();
            place.root.push("in");
            let mut command = place.perf();
            command.env("GIT_CEILING_DIRECTORIES", ceiling);
            (place, command)
        }),
        ("another language", Identical, || {
            with(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("LANGUAGE", "de")])
        }),
        ("no home", Identical, || {
            let (place, mut command) = with(&[]);
            for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
                if std::env::var_os(name).is_none() {
                    command.env(name, std::env::home_dir().unwrap().join(folder));
                }
            }
            command.env_remove("HOME");
            (place, command)
        }),
        ("no place for temporary files", Identical, || with(&[("TMPDIR", "/there/is/none")])),
        ("no colours", Identical, || with(&[("NO_COLOR", "1"), ("TERM", "dumb")])),
        ("colours", Identical, || {
            with(&[("CLICOLOR_FORCE", "1"), ("CARGO_TERM_COLOR", "always"), ("FORCE_COLOR", "1")])
        }),
        ("nothing to read, nowhere to write", Identical, || {
            shell("\"$@\" <&- >&- 2>&- && grep -q IDENTICAL target/perf/latest/report.json && echo IDENTICAL")
        }),
        ("a closed pipe as output", Identical, || {
            shell("\"$@\" 2>&1 | true; grep -q IDENTICAL target/perf/latest/report.json && echo IDENTICAL")
        }),
        ("a umask of 077", Identical, || shell("umask 077; exec \"$@\"")),
        ("no git", Says(2, "git could not be started: No such file"), || {
            let (place, mut command) = with(&[]);
            place.sh("mkdir ../bin && ln -s \"$(command -v cargo)\" \"$(command -v rustc)\" ../bin/");
            command.env("PATH", place.path("../bin"));
            (place, command)
        }),
    ]);
}

#[test]
fn settings_of_cargo() {
    table(&[
        ("another target by a variable", Identical, || with(&[("CARGO_BUILD_TARGET", "wasm32-unknown-unknown")])),
        ("a wrapper that is not there", Says(2, "could not execute process `/no-such-wrapper"), || {
            with(&[("RUSTC_WRAPPER", "/no-such-wrapper")])
        }),
        ("a wrapper", Identical, || with(&[("RUSTC_WRAPPER", "/usr/bin/env")])),
        ("a target folder, relative, from a folder of a package", Identical, || {
            let (place, mut command) = with(&[("CARGO_TARGET_DIR", "made")]);
            place.write(".git/info/exclude", "made\n");
            command.current_dir(place.path("crates/clock"));
            (place, command)
        }),
        ("a target folder among the sources", Identical, || {
            let (place, command) = with(&[("CARGO_TARGET_DIR", "crates/clock/src/made")]);
            place.sh("mkdir crates/clock/src/made && echo x > crates/clock/src/made/old.rs");
            (place, command)
        }),
        ("a target folder in a file", Identical, || {
            configured("[build]\ntarget-dir = \"made\"\nbuild-dir = \"{workspace-root}/built\"\n")
        }),
        ("a file that includes another", Identical, || {
            let (place, command) = configured("include = [\"more.toml\"]\n");
            place.write("../.cargo/more.toml", "[term]\nquiet = true\n");
            (place, command)
        }),
        ("a file that is not TOML", Says(2, "could not load Cargo configuration"), || configured("[build\n")),
        ("variables, aliases and a registry", Identical, || {
            configured(
                "[env]\nX = \"y\"\n[alias]\nperf = \"check\"\n[net]\noffline = true\ngit-fetch-with-cli = true\n[registry]\ndefault = \"crates-io\"\n",
            )
        }),
        ("another rustc", Says(2, "`rustc --version --verbose` could not be started"), || {
            with(&[("RUSTC", "/no-such-rustc")])
        }),
        ("another cargo", Says(2, "cannot read the workspace: cargo could not be started"), || {
            with(&[("CARGO", "/no-such-cargo")])
        }),
    ]);
}

/// A slower program, unlike the plain case, in which only the README differs.
fn slower(script: &str, file: &str) -> (Place, Command) {
    let (place, command) = after(script);
    let file = fs::canonicalize(place.path(file)).unwrap();
    let text = fs::read_to_string(&file).unwrap().replace("500.0", "600.0");
    fs::write(file, text).unwrap();
    (place, command)
}

/// The case where layouts make no difference.
fn linked_once((place, mut command): (Place, Command)) -> (Place, Command) {
    tiny::link_once(&mut command);
    (place, command)
}

/// The case with `--require wall`.
fn required(place: Place) -> (Place, Command) {
    let command = place.command(&["perf", "--quick", "--budget", "10s", "--against", "HEAD", "--require", "wall"]);
    (place, command)
}

const LINKER: &str = "#!/bin/sh\necho x >> \"${0%/*}/called\"\nexec cc \"$@\"\n";

#[test]
fn compiled_of_links_and_submodules() {
    table(&[
        ("a link among the sources", Regressed, || linked_once(slower(CLOCK_IS_A_LINK, CLOCK))),
        ("a submodule of a submodule", Regressed, || linked_once(slower(SOURCES_ARE_A_SUBMODULE, CLOCK))),
        ("a link that leads out", Says(4, "outside the workspace, and no commit records its content"), || {
            let (place, _) = after(
                "cp crates/clock/src/lib.rs ../clock.rs && ln -sf ../../../../clock.rs crates/clock/src/lib.rs \
                && git add . && git commit -qm link",
            );
            required(place)
        }),
    ]);
}

#[test]
fn compiled_of_files_elsewhere() {
    table(&[
        ("a file that a source includes", Regressed, || linked_once(slower(CLOCK_INCLUDES_A_FILE, "shared/clock.in"))),
        ("a package in place of that of a registry", Regressed, || {
            linked_once(slower(CLOCK_IS_PATCHED, "patched/strikes/strikes.rs"))
        }),
    ]);
}

#[test]
fn compiled_with_settings() {
    table(&[
        ("a package outside", Says(4, "outside the workspace, and no commit records its content"), || {
            let (place, _) = after(
                "mv crates/clock ../clock && sed -i 's/\"crates\\/clock\", //' Cargo.toml \
                && sed -i 's/path = \"..\\/clock\"/path = \"..\\/..\\/..\\/clock\"/' crates/clock-bench/Cargo.toml \
                && git add . && git commit -qm outside",
            );
            required(place)
        }),
        ("another file of settings in the base", Says(4, "differs in the base, but cargo would use"), || {
            let place = Place::new();
            place.write(".cargo/config.toml", "[profile.bench]\nopt-level = 1\n");
            required(place)
        }),
        ("flags, a profile and a linker in variables", Regressed, || {
            let (place, mut command) = slower("true", CLOCK);
            let linker = format!("CARGO_TARGET_{}_LINKER", host().replace('-', "_").to_uppercase());
            command.env("CARGO_BUILD_RUSTFLAGS", "-C debuginfo=1").env("CARGO_PROFILE_BENCH_OPT_LEVEL", "1");
            command.env(linker, "cc");
            (place, command)
        }),
        ("a linker among the flags of rustc", Says(2, "rustc did not call the linker of the gate"), || {
            let (place, mut command) = slower("true", CLOCK);
            command.env("RUSTFLAGS", "-C linker=cc");
            (place, command)
        }),
    ]);
}

#[test]
fn a_linker_a_wrapper_and_a_target_in_files_are_those_of_both_sides() {
    let (place, command) = slower("true", CLOCK);
    place.write("linker", LINKER);
    place.write(".git/info/exclude", "linker\ncalled\n");
    fs::set_permissions(place.path("linker"), fs::Permissions::from_mode(0o755)).unwrap();
    let host = host();
    let linker = place.path("linker");
    place.write(
        "../.cargo/config.toml",
        &format!(
            "include = [\"more.toml\"]\n[build]\ntarget = \"{host}\"\nrustc-wrapper = \"/usr/bin/env\"\nbuild-dir = \"built\"\n\
             [target.{host}]\nlinker = \"{}\"\n[env]\nX = \"y\"\n",
            linker.display()
        ),
    );
    place.write("../.cargo/more.toml", "[profile.bench]\ncodegen-units = 2\n");
    run("in files", &Regressed, command);
    let called = fs::read_to_string(place.path("called")).unwrap().lines().count();
    assert!(called > 20, "called {called} times, so not for every layout");
}

fn host() -> String {
    let text = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Duration of an operation in the last run, in nanoseconds.
fn nanoseconds(place: &Place) -> f64 {
    let text = fs::read_to_string(place.path("target/perf/latest/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["class"] == "wall").unwrap()["head"].as_f64().unwrap()
}

/// Cargo compares dates. With older dates on newer sources, the old program would be measured.
#[test]
fn programs_are_not_selected_by_date() {
    let near = |place: &Place, expected: f64| {
        let found = nanoseconds(place);
        assert!((found / expected - 1.0).abs() < 0.02, "{found}, where the sources say {expected}");
    };
    // Beside its base: what cargo made is dated later than any source that comes.
    let (place, command) = linked_once(slower("true", CLOCK));
    run("before", &Regressed, command);
    place.sh(
        "find target/perf/build -path '*.fingerprint/clock-*' ! -path '*clock-bench*' -exec touch -d tomorrow {} +",
    );
    place.edit(CLOCK, "600.0", "700.0");
    run("what was made comes from the future", &Regressed, place.perf());
    near(&place, 700.0);

    // In the work tree: a source comes with an old date.
    place.sh("rm -rf .git");
    let alone = || place.command(&["perf", "--quick"]);
    run("before", &Says(0, "INFO"), alone());
    place.edit(CLOCK, "700.0", "800.0");
    place.sh(&format!("touch -d '2 days ago' {CLOCK}"));
    run("the source is old", &Says(0, "INFO"), alone());
    near(&place, 800.0);
}

/// Runs a command on a small temporary file system. `None` if this user may not mount one.
fn on_a_small_disk(place: &Place, size: &str, at: &str, script: &str, command: &Command) -> Option<Command> {
    let mounts = Command::new("unshare").args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"]).output();
    if !mounts.is_ok_and(|output| output.status.success()) {
        println!("nothing may be mounted here, so no disk is full");
        return None;
    }
    fs::create_dir_all(place.path(at)).unwrap();
    let script = format!("unshare -m sh -ec 'mount -t tmpfs -o size={size} none {at}\n{script}' sh \"$@\"");
    Some(in_shell(&script, command))
}

#[test]
fn a_full_disk_is_reported() {
    // From the files of the base to those of the sides. Where cargo or git says it, it is what they say.
    for size in ["4k", "64k", "300k", "18m", "27m", "42m"] {
        let (place, command) = slower("true", CLOCK);
        let Some(command) = on_a_small_disk(&place, size, "target", "exec \"$@\"", &command) else { return };
        let ran = Ran::of({ command }.output().unwrap());
        let both = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == 2, "{size}: exit code {}: {both}", ran.code);
        assert!(
            ["No space left on device", "Out of diskspace", "unable to write file", "does not build", "do not build"]
                .iter()
                .any(|said| both.contains(said)),
            "{size}: {both}"
        );
        println!("{size}: {}", ran.stderr.lines().find(|line| line.starts_with("error")).unwrap_or_default());
    }
    // The stored baseline is unchanged.
    let place = Place::new();
    place.sh("cp -R clock-data/baselines ../kept");
    place.edit(CLOCK, "BLOCKS: u64 = 56", "BLOCKS: u64 = 40");
    let full = "cp -R ../kept/. clock-data/baselines\ncode=0\n\"$@\" || code=$?\n\
        diff -r ../kept clock-data/baselines && echo whole >&2\nexit $code";
    let update = place.command(&["baseline", "update"]);
    let Some(mut update) = on_a_small_disk(&place, "4k", "clock-data/baselines", full, &update) else { return };
    let ran = Ran::of(update.output().unwrap());
    assert!(ran.code == 2 && ran.stderr.contains("No space left on device"), "{}", ran.stderr);
    assert!(ran.stderr.contains("whole"), "the stored baseline changed: {}", ran.stdout);
}
