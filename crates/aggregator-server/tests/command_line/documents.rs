//! Questions about documents.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use aggregator_index::{Index, Options};
use aggregator_wire::{Event, EventKind, SafeInteger};

use crate::world::{GUIDE, Ran, World};

#[test]
fn a_question_is_answered_with_its_sources_and_the_index_is_used_again() {
    let world = World::new();
    let first = world.run(&["ask", "--docs", "docs", "how many files does a crossing carry?"]).ends(0);
    insta::assert_snapshot!("answered", first.shown());
    let again = world.run(&["ask", "--docs", "docs", "how many files does a crossing carry?"]).ends(0);
    assert_eq!(again.out, first.out);
    assert!(!again.err.contains("indexed"), "{}", again.err);
    // A change is seen by the next question.
    fs::write(world.path("docs/guide.md"), GUIDE.replace("4,096", "8,192")).unwrap();
    let changed = world.run(&["ask", "--docs", "docs", "how many files does a crossing carry?"]).ends(0);
    assert!(changed.out.contains("8,192") && changed.err.contains("1 indexed, 1 unchanged"), "{}", changed.shown());
}

#[test]
fn what_the_documents_do_not_answer_is_said() {
    let world = World::new();
    let ran = world.run(&["ask", "--docs", "docs", "which wines go with oysters?"]).ends(1);
    insta::assert_snapshot!("not_answered", ran.shown());
}

#[test]
fn events_are_lines_of_json() {
    let world = World::new();
    let ran = world.run(&["ask", "--json", "--docs", "docs", "why is a crossing slow?"]).ends(0);
    let events: Vec<Event> = ran.out.lines().map(|line| Event::from_json_line(line).unwrap()).collect();
    assert!(events.iter().enumerate().all(|(at, event)| event.seq == SafeInteger::saturating(at as u64)));
    assert!(matches!(events[0].kind, EventKind::Status { .. }), "{:?}", events[0]);
    assert!(matches!(events.last().unwrap().kind, EventKind::Done { .. }), "{:?}", events.last());
    assert!(events.iter().any(|event| matches!(event.kind, EventKind::Citation { .. })), "{}", ran.out);
    assert!(!ran.err.contains("total"), "times are in the events: {}", ran.err);
}

#[test]
fn passages_are_found_without_an_answer() {
    let world = World::new();
    let ran = world.run(&["search", "--docs", "docs", "--limit", "2", "crossing", "limits"]).ends(0);
    insta::assert_snapshot!("search", ran.shown());
    world.run(&["search", "--docs", "docs", "oysters"]).ends(1);
}

#[test]
fn as_many_passages_are_listed_as_are_asked_for() {
    let world = World::new();
    for number in 0..60 {
        fs::write(world.path(&format!("docs/{number}.md")), format!("# Lamp {number}\n\nLamp {number} is lit.\n"))
            .unwrap();
    }
    let listed = |limit: &str| {
        let ran = world.run(&["search", "--docs", "docs", "--limit", limit, "lamp"]).ends(0);
        ran.out.lines().filter(|line| line.contains(". Lamp")).count()
    };
    assert_eq!((listed("3"), listed("58")), (3, 58));
}

#[test]
fn a_folder_without_documents_is_named() {
    let world = World::new();
    fs::create_dir(world.path("empty")).unwrap();
    let ran = world.run(&["ask", "--docs", "empty", "when does the tide turn?"]);
    assert!(ran.err.contains("no document was read in DIR/empty: see `aggregator index --all`"), "{}", ran.err);
    let ran = world.run(&["ask", "--docs", "docs", "when does the tide turn?"]);
    assert!(!ran.err.contains("no document was read"), "{}", ran.err);
}

#[test]
fn an_index_says_what_is_in_it_and_what_is_left_out() {
    let world = World::new();
    fs::write(world.path("docs/photo.md"), b"\x00\x01binary").unwrap();
    fs::write(world.path("docs/logo.png"), b"\x89PNG").unwrap();
    let name = std::ffi::OsString::from_vec(b"\x1b[2J\xe2\x80\xaeevil.md".to_vec());
    fs::write(world.path("docs").join(name), "# Evil\n\nThe name of this file moves cursors.\n").unwrap();
    let ran = world.run(&["index", "--docs", "docs"]).ends(0);
    assert!(ran.out.starts_with("3 files with"), "{}", ran.out);
    assert!(ran.out.contains("png 1"), "{}", ran.out);
    assert!(ran.err.contains("photo.md: is no text: it has NUL bytes"), "{}", ran.err);
    // `Ran` checks that the name is inert; in JSON too.
    world.run(&["ask", "--docs", "docs", "what does the name of this file move?"]).ends(0);
    world.run(&["ask", "--json", "--docs", "docs", "what does the name of this file move?"]).ends(0);
}

#[test]
fn settings_are_shown_with_their_origin_and_documents_can_be_theirs() {
    let world = World::new();
    fs::write(world.path("aggregator.toml"), "[documents]\nfolders = [\"docs\"]\n\n[engine]\nmax_hits = 7\n").unwrap();
    let ran = world.run(&["config"]).ends(0);
    assert!(ran.out.contains("folders = [\"DIR/docs\"]  # DIR/aggregator.toml, line 2\n"), "{}", ran.out);
    assert!(ran.out.contains("max_hits = 7  # DIR/aggregator.toml, line 5\n"), "{}", ran.out);
    world.run(&["ask", "why is a crossing slow?"]).ends(0);
    let ran = world.run(&["check"]).ends(0);
    assert!(ran.out.contains("ok       settings: DIR/aggregator.toml\nok       documents: DIR/docs\n"), "{}", ran.out);
    assert!(ran.out.contains("passages\n"), "{}", ran.out);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let world = World::new();
    let mut all = Vec::new();
    let mut told = |code: i32, arguments: &[&str]| {
        let ran = world.run(arguments).ends(code);
        assert_eq!(ran.out, "", "{arguments:?}");
        all.push(format!("{}\n{}", arguments.join(" "), ran.err));
    };
    told(2, &["ask", "why?"]);
    told(3, &["ask", "--docs", "dosc", "why?"]);
    told(2, &["ask", "--docs", "docs", " "]);
    told(2, &["ask", "--docs", "docs", "--deadline", "5", "why?"]);
    told(2, &["ask", "--docs", "docs"]);
    told(2, &["search", "--docs", "docs", "--limit", "0", "why"]);
    told(2, &["--config", "none.toml", "config"]);
    fs::write(world.path("aggregator.toml"), "[engine]\nmax_hits = 0\n").unwrap();
    told(2, &["ask", "--docs", "docs", "why?"]);
    insta::assert_snapshot!("errors", all.join("\n"));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let world = World::new();
    let mut child = world
        .command(&["search", "--json", "--docs", "docs", "crossing"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output().unwrap(), &world.path(""));
    assert!(matches!(ran.code, Some(0)), "{:?} {}", ran.code, ran.err);
}

#[test]
fn completions_and_help_are_there() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(world.run(&["completions", shell]).ends(0).out.contains("aggregator"));
    }
    for command in ["ask", "search", "index", "config", "check", "completions"] {
        let help = world.run(&[command, "--help"]).ends(0).out;
        assert!(help.contains("Example:\n  aggregator "), "{help}");
    }
    assert!(world.run(&["--help"]).ends(0).out.contains("  130  interrupted"));
}

/// Another process holds the lock of the index, so this one waits until it is interrupted.
#[test]
fn an_interruption_ends_it_and_the_index_is_as_it_was() {
    let world = World::new();
    world.run(&["index", "--docs", "docs"]).ends(0);
    let check = world.run(&["check", "--docs", "docs"]).ends(0).out;
    let folder = check.split("index: DIR/").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let index = Index::open(world.path(&folder)).unwrap();
    let (holds, held) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let docs = world.path("docs");
    let other = std::thread::spawn(move || {
        index.update(&[docs], &Options::default(), |_| {
            let _ = holds.send(());
            let _ = may_go_on.recv();
            ControlFlow::Break(())
        })
    });
    held.recv().unwrap();

    let child = world.command(&["ask", "--docs", "docs", "why is a crossing slow?"]);
    let mut child = { child }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It listens before it waits; asked again until it does.
    let ran = loop {
        std::thread::sleep(Duration::from_millis(50));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        if child.try_wait().unwrap().is_some() {
            break Ran::of(child.wait_with_output().unwrap(), &world.path(""));
        }
    };
    // Before it listens, the signal itself ends it.
    assert!(matches!(ran.code, Some(130) | None), "{:?}: {}", ran.code, ran.err);
    drop(go_on);
    other.join().unwrap().unwrap();
    world.run(&["ask", "--docs", "docs", "why is a crossing slow?"]).ends(0);
}
