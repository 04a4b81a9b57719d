//! What changed is read, and nothing else.

use std::fs;
use std::ops::ControlFlow;

use aggregator_index::{Index, IndexError, Stage};

use crate::support::{Library, age, options, update};

#[test]
fn only_what_changed_is_read_and_what_is_gone_is_not_found() {
    let library = Library::of(&[
        ("kept.md", "# Kept\n\nThe lighthouse keeper writes letters."),
        ("changed.md", "# Changed\n\nThe lighthouse was painted white."),
        ("removed.md", "# Removed\n\nThe lighthouse was sold."),
        ("old-name.md", "# Moved\n\nThe lighthouse moved to the island."),
    ]);
    let report = library.update();
    assert_eq!((report.files, report.passages, report.indexed, report.read), (4, 4, 4, 4));
    assert_eq!(library.found("lighthouse").len(), 4);

    let report = library.update();
    assert_eq!((report.unchanged, report.read, report.bytes, report.indexed), (4, 0, 0, 0));

    library.write("changed.md", b"# Changed\n\nThe harbour was painted green, not white.");
    fs::remove_file(library.path("removed.md")).unwrap();
    fs::rename(library.path("old-name.md"), library.path("new-name.md")).unwrap();
    library.write("sub/added.md", b"# Added\n\nA second lighthouse.");
    let report = library.update();
    assert_eq!((report.files, report.passages), (4, 4));
    assert_eq!((report.unchanged, report.indexed, report.removed, report.read), (1, 3, 2, 3));
    let mut found = library.found("lighthouse");
    found.sort();
    assert_eq!(found, ["added.md", "kept.md", "new-name.md"]);
    assert_eq!(library.found("harbour"), ["changed.md"]);
    assert!(library.found("sold").is_empty() && library.found("white") == ["changed.md"]);
}

#[test]
fn a_touched_file_is_read_once_more_and_not_indexed_again() {
    let library = Library::of(&[("a.md", "The lighthouse.")]);
    library.update();
    age(&library.path("a.md"), 100);
    let report = library.update();
    assert_eq!((report.read, report.indexed, report.unchanged, report.files), (1, 0, 1, 1));
    let report = library.update();
    assert_eq!((report.read, report.unchanged), (0, 1), "its new time was noted");
    assert_eq!(library.found("lighthouse"), ["a.md"]);
}

#[test]
fn a_file_that_changes_within_its_time_stamp_is_not_missed() {
    let library = Library::of(&[("a.md", "The lighthouse.")]);
    // Changed while it is indexed: size and time may be those of the next change too.
    age(&library.path("a.md"), 0);
    let stamp = fs::metadata(library.path("a.md")).unwrap().modified().unwrap();
    library.update();
    fs::write(library.path("a.md"), "The windmills!!").unwrap();
    fs::File::options().write(true).open(library.path("a.md")).unwrap().set_modified(stamp).unwrap();
    assert_eq!(library.update().indexed, 1);
    assert_eq!(library.found("windmills"), ["a.md"]);
    // And once it is older, it is read no more.
    age(&library.path("a.md"), 60);
    library.update();
    assert_eq!(library.update().read, 0);
}

#[test]
fn a_file_that_becomes_unreadable_is_no_longer_found() {
    let library = Library::of(&[("a.txt", "The lighthouse."), ("b.txt", "The lighthouse.")]);
    library.update();
    library.write("a.txt", b"The lighthouse\0");
    let report = library.update();
    assert_eq!((report.files, report.removed, report.skipped.len()), (1, 1, 1));
    assert_eq!(library.found("lighthouse"), ["b.txt"]);
}

#[test]
fn ignored_hidden_and_linked_files_are_left_out() {
    let library = Library::of(&[
        (".gitignore", "build/\n*.tmp.md\n"),
        ("build/a.md", "lighthouse"),
        ("b.tmp.md", "lighthouse"),
        (".hidden/c.md", "lighthouse"),
        ("d.md", "lighthouse"),
        ("picture.png", "lighthouse"),
    ]);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("e.md"), "lighthouse outside").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), library.path("link")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("e.md"), library.path("e.md")).unwrap();
        std::os::unix::fs::symlink(library.folder(), library.path("loop")).unwrap();
    }
    let report = library.update();
    assert_eq!(library.found("lighthouse"), ["d.md"]);
    assert_eq!(report.other_kinds.get("png"), Some(&1));
    #[cfg(unix)]
    assert_eq!(report.other_kinds.get("(symbolic link)"), Some(&3));
}

#[test]
fn folders_and_files_may_overlap_and_must_be_there() {
    let library = Library::of(&[("a/x.md", "lighthouse one"), ("b/y.md", "lighthouse two")]);
    let run = |folders: &[std::path::PathBuf]| library.index.update(folders, &options(), |_| ControlFlow::Continue(()));
    let report = run(&[library.folder(), library.path("a"), library.path("a/x.md")]).unwrap();
    assert_eq!((report.files, report.passages), (2, 2), "each file once");
    assert_eq!(run(&[library.path("b/y.md")]).unwrap().files, 1, "the others are no longer in the folders");

    let error = run(&[library.folder(), library.path("absent")]).unwrap_err();
    assert!(matches!(error, IndexError::Folder { .. }) && error.to_string().contains("absent"), "{error}");
    assert!(matches!(run(&[]), Err(IndexError::NoFolders)));
    assert_eq!(library.found("lighthouse"), ["y.md"], "nothing was changed");
    let mut small = options();
    small.max_file_bytes = 10;
    let error = library.index.update(&[library.folder()], &small, |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error.to_string(), "max_file_bytes = 10 is not between 1024 and 268435456");
}

#[test]
fn the_index_may_be_in_the_folder_that_it_indexes() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.md"), "lighthouse").unwrap();
    let index = Index::open(root.path().join("index")).unwrap();
    assert_eq!(update(&index, root.path()).files, 1);
    assert_eq!(update(&index, root.path()).files, 1);
}

#[test]
fn an_index_of_another_version_or_a_damaged_one_is_made_anew() {
    let library = Library::of(&[("a.md", "lighthouse")]);
    library.update();
    assert_eq!(library.found("lighthouse"), ["a.md"]);
    let generation = library.index.folder().join("index-1");
    fs::write(generation.join("made-with.json"), r#"{"format":0,"engine":"x","analysis":""}"#).unwrap();
    let other = Index::open(library.index.folder()).unwrap();
    assert!(matches!(other.search("lighthouse", 1), Err(IndexError::NotBuilt { .. })));
    assert_eq!(library.found("lighthouse"), ["a.md"], "what is open still answers");
    let report = library.update();
    assert!(report.rebuilt && report.indexed == 1 && !generation.exists());
    assert_eq!(other.search("lighthouse", 1).unwrap().len(), 1);

    let generation = library.index.folder().join("index-2");
    for entry in fs::read_dir(&generation).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "idx" || extension == "fast") {
            fs::write(entry.path(), "").unwrap();
        }
    }
    let fresh = Index::open(library.index.folder());
    assert!(fresh.is_err(), "it says that it is damaged");
    let report = library.update();
    assert!(report.rebuilt && report.indexed == 1, "{report:?}");
    assert_eq!(library.found("lighthouse"), ["a.md"]);
}

#[test]
fn a_stopped_update_keeps_what_it_read_and_leaves_the_rest() {
    let library = Library::of(&[]);
    for number in 0..10 {
        library.write(&format!("{number}.md"), format!("lighthouse {number}").as_bytes());
    }
    let stop_after = |files: u64| {
        let report = library.index.update(&[library.folder()], &options(), |progress| {
            match progress.stage == Stage::Reading && progress.files_done >= files {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        report.unwrap()
    };
    let report = stop_after(4);
    assert!(report.stopped && report.files == 4, "{report:?}");
    assert_eq!(library.found("lighthouse").len(), 4);
    std::fs::remove_file(library.path("9.md")).unwrap();
    let report = stop_after(6);
    assert_eq!((report.unchanged, report.indexed, report.files), (4, 2, 6));
    let report = library.update();
    assert_eq!((report.stopped, report.files, report.unchanged), (false, 9, 6));
    // At once.
    let report = library.index.update(&[library.folder()], &options(), |_| ControlFlow::Break(())).unwrap();
    assert_eq!((report.stopped, report.files, report.passages), (true, 9, 9));
}

#[test]
fn progress_counts_to_the_end() {
    let library = Library::of(&[("a.md", "one"), ("b.md", "four")]);
    let mut seen = Vec::new();
    let update = library.index.update(&[library.folder()], &options(), |progress| {
        seen.push(*progress);
        ControlFlow::Continue(())
    });
    update.unwrap();
    let last = seen.last().unwrap();
    assert_eq!((last.stage, last.files_found, last.files_done), (Stage::Writing, 2, 2));
    assert_eq!((last.bytes_found, last.bytes_done, last.passages), (7, 7, 2));
    let done: Vec<_> = seen.iter().filter(|one| one.stage == Stage::Reading).map(|one| one.bytes_done).collect();
    assert_eq!(done, [0, 3]);
}

#[test]
fn an_index_that_cannot_be_written_says_so() {
    let library = Library::of(&[("a.md", "one")]);
    let file = library.path("a.md");
    let index = Index::open(file.join("index")).map(|index| {
        index.update(&[library.folder()], &options(), |_| ControlFlow::Continue(())).unwrap_err().to_string()
    });
    let error = index.unwrap_or_else(|error| error.to_string());
    assert!(error.contains("a.md/index") && error.contains("Not a directory"), "{error}");
}

/// A full disk, for example: what was built so far would only take room.
#[test]
fn an_update_that_fails_leaves_nothing_behind() {
    let library = Library::of(&[("a.md", "one"), ("b.md", "four")]);
    let building = library.index.folder().join("building");
    let failed = library.index.update(&[library.folder()], &options(), |progress| {
        // A folder where the engine has to replace a file.
        if progress.stage == Stage::Writing {
            fs::remove_file(building.join("meta.json")).unwrap();
            fs::create_dir_all(building.join("meta.json/in-the-way")).unwrap();
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(failed, Err(IndexError::Storage { .. })), "{failed:?}");
    assert!(!building.exists());
    assert!(matches!(library.index.search("four", 1), Err(IndexError::NotBuilt { .. })));
    assert_eq!(library.update().files, 2);
}

#[test]
fn many_small_updates_leave_few_segments() {
    let library = Library::of(&[]);
    let mut most = 0;
    for number in 0..30 {
        library
            .write(&format!("{number}.md"), format!("# Letter {number}\n\nThe lighthouse keeper writes.").as_bytes());
        // Some passages are removed, too.
        library.write("diary.md", format!("# Diary\n\nThe windmill turned {number} times.").as_bytes());
        library.update();
        let folder = library.index.folder().join("index-1");
        let stores = fs::read_dir(folder).unwrap().filter(|entry| {
            let path = entry.as_ref().unwrap().path();
            path.extension().is_some_and(|extension| extension == "store")
        });
        most = most.max(stores.count());
    }
    assert!((2..=8).contains(&most), "{most} segments");
    assert_eq!(library.found("windmill"), ["diary.md"]);
    assert_eq!(library.index.passages().unwrap(), 31);
    assert_eq!(library.found("letter 7")[0], "7.md");
}
