//! `perf quality`: verdicts of scores, the stored file, the base, and the program that prints the lines.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::folder;
use crate::tiny::Tiny;
use crate::world::{Ran, World, gone, wait_for};

const STORED: &str = "world-data/quality/stored.jsonl";

/// A workspace whose program `world-eval` prints what a test writes.
struct Eval {
    world: World,
}

/// Scores of ten questions each: those at these places are wrong.
#[derive(Clone, Copy)]
struct Wrong<'a> {
    noise: &'a [usize],
    held_out: &'a [usize],
}

/// What the beginning stores: two of ten are wrong.
const BEGINNING: Wrong<'static> = Wrong { noise: &[0, 1], held_out: &[0] };

impl Eval {
    fn new() -> Self {
        let world = World::new();
        folder::edit(
            &world.path("Cargo.toml"),
            "harness = [\"world-bench\"]",
            "harness = [\"world-bench\"]\nquality = \"world-eval\"",
        );
        world.install("measuring.sh", "world-eval");
        world.script("world-eval.d/--lines.sh", "cat $here/lines.jsonl");
        let eval = Self { world };
        eval.print(BEGINNING);
        eval
    }

    /// One whose results are stored.
    fn stored() -> Self {
        let eval = Self::new();
        eval.run(&["--update"]).expect(0).says("written: world-data/quality/stored.jsonl (3 rows, 14 questions)");
        eval
    }

    /// Lets the program print these scores and answers.
    fn print(&self, wrong: Wrong<'_>) {
        self.print_text(&lines(wrong));
    }

    fn print_text(&self, text: &str) {
        self.world.write("bin/lines.jsonl", text);
    }

    /// Runs `perf quality`.
    fn run(&self, options: &[&str]) -> Ran {
        Ran::of(self.command(options).output().unwrap())
    }

    fn command(&self, options: &[&str]) -> Command {
        self.world.command(&[&["perf", "quality"], options].concat())
    }

    fn stored_text(&self) -> String {
        fs::read_to_string(self.world.path(STORED)).unwrap()
    }

    fn report(&self) -> Value {
        let text = fs::read_to_string(self.world.path("target/perf/quality/quality.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn page(&self) -> String {
        fs::read_to_string(self.world.path("target/perf/quality/quality.md")).unwrap()
    }

    fn verdicts(&self) -> Vec<(String, String)> {
        let report = self.report();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        report["rows"].as_array().unwrap().iter().map(|row| (text(&row["row"]), text(&row["verdict"]))).collect()
    }

    /// Makes it a repository with one commit of what is there.
    fn commit(&self, subject: &str) {
        let dir = self.world.path("");
        if !self.world.path(".git").exists() {
            self.world.write(".gitignore", "/target/\n/bin/\n");
            folder::git(&dir, &["init", "--quiet", "--initial-branch", "main"]);
        }
        folder::git(&dir, &["add", "--all"]);
        folder::git(&dir, &["commit", "--quiet", "--message", subject]);
    }
}

/// The lines of a run: one row with tuning and held-out questions, one that is only shown, and the answers.
fn lines(wrong: Wrong<'_>) -> String {
    let mut out = String::from("{\"schema\":1,\"program\":\"world-eval\"}\n");
    let mut score = |row: &str, split: &str, question: &str, value: usize| {
        out += &format!(
            "{{\"row\":\"{row}\",\"split\":\"{split}\",\"question\":\"{question}\",\"value\":{value},\"of\":1}}\n"
        );
    };
    for number in 0..10 {
        let right = usize::from(!wrong.noise.contains(&number));
        score("offline/answer/noise-0.8", "tuning", &format!("law-{number}"), right);
    }
    for number in 0..4 {
        let right = usize::from(!wrong.held_out.contains(&number));
        score("offline/answer/noise-0.8", "held-out", &format!("secret-{number}"), right);
    }
    score("extractive/length", "tuning", "law-0", wrong.noise.len());
    out += "{\"row\":\"offline/answer/noise-0.8\",\"about\":\"share of right answers\"}\n";
    out += "{\"row\":\"extractive/length\",\"about\":\"mean length\",\"shown\":true}\n";
    for number in 0..10 {
        let said = if wrong.noise.contains(&number) { "it depends" } else { "21 days [1]" };
        out += &format!(
            "{{\"setup\":\"offline\",\"list\":\"noise-0.8\",\"question\":\"law-{number}\",\"domain\":\"law\",\"lang\":\"en\",\
             \"ability\":\"noise\",\"query\":\"how long is notice {number}?\",\"answer\":\"{said}\"}}\n"
        );
    }
    out
}

const WORSE: Wrong<'static> = Wrong { noise: &[0, 1, 2, 3, 4], held_out: &[0, 2] };

#[test]
fn a_lower_figure_fails_and_names_the_questions_with_their_answers() {
    let eval = Eval::stored();
    eval.run(&[]).expect(0).says("PASS (exit 0)").says("offline 2 rows: 2 PASS").says("extractive 1 row: 1 INFO");
    eval.print(WORSE);
    let ran = eval.run(&[]).expect(1);
    let ran = ran
        .says("offline/answer/noise-0.8 0.8000 0.5000 -0.3000 0 / 3 REGRESSED")
        .says("got worse: law-2, law-3, law-4");
    let ran = ran.says("query: how long is notice 2?").says("before: 21 days [1]").says("after: it depends");
    let ran =
        ran.says("offline/answer/noise-0.8@held-out 0.7500 0.5000").says("of held-out questions only totals are shown");
    let ran = ran.says(
        "→ if it is intended: cargo world perf quality --update --accept 'offline/answer/noise-0.8' --reason '…'",
    );
    let row = |row: &str, verdict: &str| (row.to_owned(), verdict.to_owned());
    let expected = [
        row("extractive/length", "INFO"),
        row("offline/answer/noise-0.8", "REGRESSED"),
        row("offline/answer/noise-0.8@held-out", "REGRESSED"),
    ];
    assert_eq!(eval.verdicts(), expected);
    assert_eq!(eval.report()["worse_questions"].as_array().map(Vec::len), Some(3));
    for text in [ran.stdout, eval.page(), eval.report().to_string()] {
        assert!(!text.contains("secret"), "{text}");
    }

    eval.print(Wrong { noise: &[0, 2], held_out: &[0] });
    eval.run(&[])
        .expect(0)
        .says("Equal figures of other questions")
        .says("an equal figure: 1 question better, 1 worse");
    eval.print(Wrong { noise: &[], held_out: &[0] });
    eval.run(&[]).expect(0).says("IMPROVED").says("→ store it: cargo world perf quality --update");
}

#[test]
fn formats_and_places_of_the_report() {
    let eval = Eval::stored();
    let json = eval.run(&["--format", "json", "--out", "elsewhere"]).expect(0).stdout;
    assert_eq!(json, fs::read_to_string(eval.world.path("elsewhere/quality.json")).unwrap());
    let markdown = eval.run(&["--format", "markdown"]).expect(0).stdout;
    assert_eq!(markdown, eval.page());
    assert!(markdown.starts_with("## Quality: PASS (exit 0)"), "{markdown}");
    // After an aborted run no old report looks like its result.
    eval.print_text("torn");
    eval.run(&[]).expect(2);
    assert!(!eval.world.path("target/perf/quality/quality.md").exists());
}

#[test]
fn new_and_missing_rows() {
    let eval = Eval::new();
    let ran = eval.run(&[]).expect(0).says("there is no world-data/quality/stored.jsonl, so nothing is judged");
    ran.says("2 rows are new and not compared");
    eval.run(&["--require-baseline"]).expect(1).says("2 rows are not stored");
    eval.run(&["--update"]).expect(0);
    eval.run(&["--require-baseline"]).expect(0);
    let without: String =
        lines(BEGINNING).lines().filter(|line| !line.contains("held-out")).map(|line| format!("{line}\n")).collect();
    eval.print_text(&without);
    eval.run(&[]).expect(1).says("MISSING").says("it is stored, and not in the run");
    eval.run(&["--update"])
        .expect(1)
        .says("1 row is lower or missing, and not accepted: offline/answer/noise-0.8@held-out");
}

#[test]
fn a_lower_value_is_stored_only_with_a_reason() {
    let eval = Eval::stored();
    let before = eval.stored_text();
    eval.print(WORSE);
    eval.run(&["--update"]).expect(1).says("refused: nothing was written; 2 rows are lower or missing");
    let one = ["--update", "--accept", "offline/answer/noise-0.8", "--reason", "shorter answers"];
    eval.run(&one).expect(1).says("1 row is lower").says("matches 1 of the lower row");
    eval.run(&one[..3]).expect(2).says("--reason <TEXT>");
    eval.run(&one[1..]).expect(2).says("--update");
    assert_eq!(eval.stored_text(), before, "nothing was written");

    let all = ["--update", "--accept", "offline/*", "--reason", "shorter answers"];
    eval.run(&all).expect(0).says("accepted 2 lower or missing rows: shorter answers");
    let header = eval.stored_text().lines().next().unwrap().to_owned();
    let accepted = r#"{"row":"offline/answer/noise-0.8","from":0.8,"to":0.5,"reason":"shorter answers"}"#;
    assert!(header.contains(accepted), "{header}");
    eval.run(&[])
        .expect(0)
        .says("accepted at the last update: offline/answer/noise-0.8 0.8000 to 0.5000: shorter answers");
    eval.run(&all).expect(2).says("matches no row that is lower or missing");
    eval.run(&["--update"]).expect(0).says("unchanged: world-data/quality/stored.jsonl");
    assert!(eval.stored_text().contains("shorter answers"));

    // The acceptances are those of the last update.
    eval.print(BEGINNING);
    eval.run(&["--update"]).expect(0).says("IMPROVED").says("written");
    assert_eq!(eval.stored_text(), before);
    for reason in ["", " ", "two\nlines"] {
        eval.run(&["--update", "--accept", "*", "--reason", reason]).expect(2);
    }
}

#[test]
fn the_base_is_compared_through_git() {
    let eval = Eval::new();
    eval.run(&[]).expect(0).says("base: not compared: this is not a git repository");
    eval.commit("no results");
    eval.run(&["--update"]).expect(0);
    let ran = eval.run(&[]).expect(0);
    ran.says("base: not compared: the base")
        .says("(HEAD, from which the work tree differs) has no world-data/quality/stored.jsonl");
    eval.commit("results");
    // Nine of ten and fewer, stored on purpose: the base still shows what got worse.
    let none = Wrong { noise: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], held_out: &[0] };
    eval.print(none);
    eval.run(&["--update", "--accept", "*", "--reason", "a test"]).expect(0);
    let ran = eval.run(&["--against", "HEAD"]).expect(0);
    ran.says("2 rows compared, 1 with other scores, 1 of them significant at 5 % after Holm's correction");
    let report = eval.report();
    let row = report["rows"].as_array().unwrap().iter().find(|row| row["row"] == "offline/answer/noise-0.8").unwrap();
    let base = &row["base"];
    assert_eq!((&base["test"], &base["worse"], &base["better"]), (&"McNemar".into(), &8.into(), &0.into()), "{base}");
    assert!((base["p"].as_f64().unwrap() - 2.0 / 256.0).abs() < 1e-12 && base["significant"] == true, "{base}");
    assert_eq!(row["verdict"], "PASS");
    eval.run(&["--against", "nowhere"]).expect(2).says("`--against nowhere` is not a commit");

    // What a base cannot have read is said, and fails nothing.
    eval.world.write(STORED, "{\"schema\":9}\n");
    eval.commit("another schema");
    fs::remove_file(eval.world.path(STORED)).unwrap();
    eval.run(&["--against", "HEAD"])
        .expect(0)
        .says("cannot be read: line 1: schema 9 is not the version this gate reads (1)");
}

/// The workspace may be a folder of its repository.
#[test]
fn the_base_is_found_below_the_top_of_a_repository() {
    let eval = Eval::stored();
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("part");
    fs::create_dir(&inner).unwrap();
    for part in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(eval.world.path(part), inner.join(part)).unwrap();
    }
    for part in ["src", "benches", "world-data"] {
        folder::copy(&eval.world.path(part), &inner.join(part));
    }
    folder::git(outer.path(), &["init", "--quiet", "--initial-branch", "main"]);
    folder::git(outer.path(), &["add", "--all"]);
    folder::git(outer.path(), &["commit", "--quiet", "--message", "results"]);
    let lines = eval.world.path("bin/lines.jsonl");
    let mut command = eval.command(&["--against", "HEAD", "--lines", lines.to_str().unwrap()]);
    Ran::of(command.current_dir(&inner).output().unwrap()).expect(0).says("2 rows compared, 0 with other scores");
}

#[test]
fn lines_of_a_file_are_judged_without_the_program() {
    let eval = Eval::stored();
    fs::remove_file(eval.world.path("bin/world-eval")).unwrap();
    eval.world.write("some.jsonl", &lines(WORSE));
    eval.run(&["--lines", "some.jsonl"]).expect(1).says("REGRESSED");
    assert!(eval.page().contains("lines of the file some.jsonl"), "{}", eval.page());
    eval.run(&["--lines", "nothing.jsonl"]).expect(2).says("cannot read nothing.jsonl");
    eval.run(&[]).expect(2).says("cargo built no program `world-eval` in package world-eval");
}

#[test]
fn lines_that_are_not_valid_are_errors_with_their_number() {
    let eval = Eval::stored();
    let good = lines(BEGINNING);
    let line = good.lines().nth(1).unwrap();
    let long = format!("{good}{{\"row\":\"{}\"}}\n", "x".repeat(1 << 20));
    for (text, says) in [
        (good[..good.len() - 30].to_owned(), "line 28: it is cut off"),
        (good.replace("\"value\":1,", "\"value\":NaN,"), "line 4: expected value at column"),
        (
            good.replace("\"value\":1,\"of\":1", "\"value\":1,\"of\":-1"),
            "line 4: row `offline/answer/noise-0.8`, `law-2`: `of` is -1",
        ),
        (format!("{good}{line}\n"), "line 29: row `offline/answer/noise-0.8` has a second score of `law-0`"),
        (long, "line 29: it has 1048587 bytes; the limit is 1048576"),
        (good.replace("\"schema\":1", "\"schema\":2"), "line 1: schema 2 is not the version this gate reads (1)"),
        (String::new(), "line 1: there is no line"),
    ] {
        eval.print_text(&text);
        eval.run(&[]).expect(2).says("the output of `world-eval --lines` is not valid").says(says);
        eval.world.write("some.jsonl", &text);
        eval.run(&["--lines", "some.jsonl"]).expect(2).says("some.jsonl is not valid").says(says);
    }
    fs::write(eval.world.path("some.jsonl"), b"\xff\n").unwrap();
    eval.run(&["--lines", "some.jsonl"]).expect(2).says("some.jsonl is not UTF-8 text");
}

#[test]
fn a_stored_file_that_is_not_valid_ends_with_exit_code_3() {
    let eval = Eval::stored();
    let good = eval.stored_text();
    eval.world.xtask(&["baseline", "check"]).expect(0).says("quality: 3 rows of world-eval");
    let check = |says: &str| {
        eval.run(&[]).expect(3).says("invalid file world-data/quality/stored.jsonl:1:1").says(says);
        eval.run(&["--update"]).expect(3).says(says);
        eval.world.xtask(&["baseline", "check"]).expect(3).says(says);
    };
    eval.world.write(STORED, &good.replacen("\",1.0]", "\",0.0]", 1));
    check("`digest` does not match the lines below");
    eval.world.write(STORED, &good[..good.len() / 2]);
    check("`digest` does not match the lines below");
    eval.world.write(STORED, &good.replacen("\"schema\":1", "\"schema\":7", 1));
    check("schema 7 is not the version");
    eval.world.write(STORED, "<<<<<<< ours\n");
    check("it has merge conflict markers");
    fs::remove_file(eval.world.path(STORED)).unwrap();
    eval.world.write("elsewhere", &good);
    std::os::unix::fs::symlink(eval.world.path("elsewhere"), eval.world.path(STORED)).unwrap();
    eval.print(Wrong { noise: &[], held_out: &[] });
    eval.run(&["--update"]).expect(2).says("is a symbolic link");
}

/// Other files of the data folder have at most 1 MiB.
#[test]
fn the_stored_file_may_be_large_and_is_no_input_of_cases() {
    let eval = Eval::new();
    let long = "x".repeat(4_000);
    let mut text = lines(BEGINNING);
    for number in 0..400 {
        text += &format!(
            "{{\"setup\":\"offline\",\"list\":\"other\",\"question\":\"law-{number}\",\"domain\":\"law\",\"lang\":\"en\",\
             \"ability\":\"noise\",\"query\":\"q\",\"answer\":\"{long}\"}}\n"
        );
    }
    eval.print_text(&text);
    eval.world.case("query/floor/10").exact("heap-blocks", 61).time(500.0);
    eval.world.xtask(&["baseline", "update"]).expect(0);
    eval.run(&["--update"]).expect(0);
    assert!(eval.stored_text().len() > 1 << 20);
    eval.world.xtask(&["baseline", "check"]).expect(0);
    // The inputs of the cases are part of the key of their baseline, which is still comparable.
    eval.world.xtask(&["perf"]).expect(0);
}

#[test]
fn the_program_runs_in_the_root_with_a_clean_environment() {
    let eval = Eval::stored();
    eval.world.script(
        "world-eval.d/--lines.sh",
        "[ -z \"$SOME_SETTING\" ] && [ -f Cargo.toml ] && [ $# = 1 ] && cat bin/lines.jsonl",
    );
    let mut command = eval.command(&[]);
    Ran::of(command.current_dir(eval.world.path("src")).env("SOME_SETTING", "1").output().unwrap()).expect(0);
}

#[test]
fn a_program_that_fails_is_an_error() {
    let eval = Eval::stored();
    let before = eval.stored_text();
    for (script, says) in [
        ("cat $here/lines.jsonl; echo 'no passages' >&2; exit 3", "`world-eval --lines` ended with exit status: 3"),
        ("cat $here/lines.jsonl; kill -9 $$", "`world-eval --lines` ended with signal: 9"),
        ("printf '\\377\\n'", "printed text that is not UTF-8"),
        ("yes | head -c 70000000", "printed more than 67108864 bytes"),
        ("exit 0", "line 1: there is no line"),
    ] {
        eval.world.script("world-eval.d/--lines.sh", script);
        eval.run(&[]).expect(2).says(says);
        eval.run(&["--update"]).expect(2).says(says);
    }
    assert_eq!(eval.stored_text(), before);
}

#[test]
fn scores_that_do_not_repeat_are_not_stored() {
    let eval = Eval::stored();
    let before = eval.stored_text();
    eval.print(Wrong { noise: &[], held_out: &[] });
    eval.world.script("world-eval.d/--lines.sh", "sed \"3s/\\\"value\\\":1/\\\"value\\\":0.$$/\" $here/lines.jsonl");
    eval.run(&["--update"]).expect(1).says("run twice, world-eval prints another line 3").says("nothing was written");
    assert_eq!(eval.stored_text(), before);
}

#[test]
fn an_interrupted_update_leaves_the_old_file_and_no_child() {
    for signal in ["-INT", "-TERM"] {
        let eval = Eval::stored();
        let before = eval.stored_text();
        eval.print(Wrong { noise: &[], held_out: &[] });
        // The second of the two runs does not end.
        eval.world.script(
            "world-eval.d/--lines.sh",
            "cat $here/lines.jsonl; [ -e $here/once ] || { : > $here/once; exit 0; }\n\
             sleep 600 & echo $! > $here/grandchild; echo $$ > $here/child.tmp; mv $here/child.tmp $here/child; wait",
        );
        let started = eval.command(&["--update"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&eval.world, "bin/child");
        let id = started.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        Ran::of(started.wait_with_output().unwrap()).expect(130).says("interrupted: nothing was written");
        for file in ["bin/child", "bin/grandchild"] {
            let id = fs::read_to_string(eval.world.path(file)).unwrap();
            assert!(gone(id.trim()), "{file} {id} is still there");
        }
        assert_eq!(eval.stored_text(), before);
        let files = fs::read_dir(eval.world.path("world-data/quality")).unwrap().count();
        assert_eq!(files, 1, "no temporary file is left");
        // The lock was released with the end of its holder.
        eval.world.script("world-eval.d/--lines.sh", "cat $here/lines.jsonl");
        eval.run(&["--update"]).expect(0).says("IMPROVED");
    }
}

#[test]
fn without_a_program_the_command_says_which_key_is_missing() {
    let world = World::new();
    let ran = Ran::of(world.command(&["perf", "quality"]).output().unwrap()).expect(2);
    ran.says("this workspace has no program that scores answers").says("`quality` in [workspace.metadata.perf]");
}

/// A real program, built by the real cargo in the profile `dev`.
#[test]
fn cargo_builds_the_program() {
    let tiny = Tiny::new();
    tiny.edit("Cargo.toml", "\"crates/clock-mocks\"]", "\"crates/clock-mocks\", \"crates/clock-eval\"]");
    tiny.edit("Cargo.toml", "command = \"cargo clock\"", "command = \"cargo clock\"\nquality = \"clock-eval\"");
    tiny.edit(
        "Cargo.lock",
        "[[package]]\nname = \"clock-mocks\"",
        "[[package]]\nname = \"clock-eval\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"clock-mocks\"",
    );
    tiny.write(
        "crates/clock-eval/Cargo.toml",
        "[package]\nname = \"clock-eval\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    let lines = |value: &str| {
        format!(
            "fn main() {{\n    assert_eq!(std::env::args().nth(1).as_deref(), Some(\"--lines\"));\n    \
             println!(\"{{}}\", {:?});\n}}\n",
            format!(
                "{{\"schema\":1,\"program\":\"clock-eval\"}}\n\
                 {{\"row\":\"clock/answer\",\"split\":\"tuning\",\"question\":\"noon\",\"value\":{value},\"of\":1}}\n\
                 {{\"row\":\"clock/answer\",\"about\":\"right answers\"}}"
            )
        )
    };
    tiny.write("crates/clock-eval/src/main.rs", &lines("1"));
    let quality = |options: &[&str]| {
        let arguments = [&["perf", "quality"], options].concat();
        Ran::of(tiny.command(&arguments).output().unwrap())
    };
    quality(&["--update"]).expect(0).says("written: clock-data/quality/stored.jsonl (1 row, 1 question)");
    tiny.commit("results");
    let before = tiny.files();
    quality(&[])
        .expect(0)
        .says("base: not compared: the base")
        .says("(the parent of HEAD) has no clock-data/quality/stored.jsonl");
    tiny.assert_same_after(&before, "a run");
    tiny.write("crates/clock-eval/src/main.rs", &lines("0.5"));
    quality(&[]).expect(1).says("REGRESSED").says("(HEAD, from which the work tree differs): 1 row compared");
    tiny.write("crates/clock-eval/src/main.rs", "fn main() {");
    quality(&[]).expect(2).says("building clock-eval failed: cargo ended with exit status: 101");
}
