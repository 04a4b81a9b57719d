//! Several at once.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use aggregator_index::{IndexError, Stage};

use crate::support::{Library, options};

#[test]
fn the_second_update_waits_and_readers_see_the_old_index_meanwhile() {
    let library = Library::of(&[("a.md", "lighthouse one")]);
    library.update();
    library.write("b.md", b"lighthouse two");
    let waited = AtomicBool::new(false);
    let mut no_wait = options();
    no_wait.wait = false;
    std::thread::scope(|scope| {
        let mut second = None;
        let first = library.index.update(&[library.folder()], &options(), |progress| {
            if progress.stage == Stage::Reading && second.is_none() {
                assert_eq!(library.found("lighthouse"), ["a.md"]);
                let busy = library.index.update(&[library.folder()], &no_wait, |_| ControlFlow::Continue(()));
                assert!(matches!(busy, Err(IndexError::Busy { .. })), "{busy:?}");
                let given_up = library.index.update(&[library.folder()], &options(), |_| ControlFlow::Break(()));
                assert!(matches!(given_up, Err(IndexError::Busy { .. })), "{given_up:?}");
                second = Some(scope.spawn(|| {
                    library.index.update(&[library.folder()], &options(), |progress| {
                        waited.fetch_or(progress.stage == Stage::Waiting, Ordering::SeqCst);
                        ControlFlow::Continue(())
                    })
                }));
                while !waited.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            }
            ControlFlow::Continue(())
        });
        assert_eq!(first.unwrap().indexed, 1);
        let second = second.unwrap().join().unwrap().unwrap();
        assert_eq!((second.indexed, second.files), (0, 2));
    });
    assert_eq!(library.found("lighthouse").len(), 2);
}

#[test]
fn searches_beside_updates_find_all_of_one_version() {
    let library = Library::of(&[]);
    let write = |version: u32| {
        for file in 0..5 {
            library.write(&format!("{file}.md"), format!("lighthouse version{version} {file}").as_bytes());
        }
    };
    write(0);
    library.update();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut searches = 0;
            while !end.load(Ordering::SeqCst) {
                let found = library.index.search("lighthouse", 10).unwrap();
                assert_eq!(found.len(), 5);
                let version = |text: &str| text.split(' ').nth(1).unwrap().to_owned();
                let first = version(&found[0].text);
                assert!(found.iter().all(|passage| version(&passage.text) == first), "{found:?}");
                searches += 1;
            }
            searches
        });
        for version in 1..6 {
            if version == 3 {
                // Another version made the index: it is made anew beside the readers.
                let made_with = library.index.folder().join("index-1/made-with.json");
                std::fs::write(made_with, "{}").unwrap();
            }
            write(version);
            library.update();
        }
        end.store(true, Ordering::SeqCst);
        assert!(reader.join().unwrap() > 0);
    });
}
