//! Damaged and hostile files.

use std::fs::{self, File};
use std::ops::ControlFlow;

use aggregator_index::{Options, Pdf, SkipReason};

use crate::support::{Library, age, options};

/// Small, because tests are not optimised; a release reads eight million bytes of any of these in some seconds at most.
const SIZE: usize = 20_000;

/// Files that are indexed, whatever is in them.
fn strange() -> Vec<(&'static str, Vec<u8>)> {
    let fill = |part: &str| part.repeat(SIZE / part.len()).into_bytes();
    let mut fences = String::new();
    for length in 3..400 {
        fences.extend(["`".repeat(length).as_str(), "\n"]);
    }
    vec![
        ("line.md", "x".repeat(400_000).into_bytes()),
        ("line.txt", fill("x")),
        ("line.rs", fill("x")),
        ("line.html", fill("x")),
        ("words.md", fill("lorem ")),
        ("quotes.md", fill(">")),
        ("quotes-then-lines.md", format!("{} a\n{}", ">".repeat(100_000), "b\n".repeat(10_000)).into_bytes()),
        ("lists.md", fill("- ")),
        ("nested.md", (0..500).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect::<String>().into_bytes()),
        ("brackets.md", fill("[")),
        ("images.md", fill("![")),
        ("links.md", fill("[a](")),
        ("stars.md", fill("*a_ ")),
        ("ticks.md", fences.into_bytes()),
        ("unclosed-fence.md", [b"```rust\n".to_vec(), fill("fn a() {}\n")].concat()),
        ("table.md", format!("|{}\n|{}\n{}", "a|".repeat(2_000), "-|".repeat(2_000), "b\n".repeat(2_000)).into_bytes()),
        ("headings.md", fill("# Heading\n\ntext\n\n")),
        ("html-blocks.md", fill("<div>\n\n")),
        ("tags.html", fill("<div><p>a")),
        ("unclosed.html", [b"<p>text<script>".to_vec(), fill("a<b")].concat()),
        (
            "attributes.html",
            format!("<p {}>text", (0..20_000).map(|n| format!("a{n}=b ")).collect::<String>()).into_bytes(),
        ),
        ("comment.html", [b"<p>text<!--".to_vec(), fill("a-")].concat()),
        ("entities.html", fill("&amp;&#x1F600;&bogus;")),
        ("nav.html", fill("<nav>")),
        ("only-front-matter.md", b"---\ntitle: Nothing\n---\n".to_vec()),
        ("front-matter-unclosed.md", [b"---\n".to_vec(), fill("a: b\n")].concat()),
        ("empty.md", Vec::new()),
        ("blank.md", fill("\n \t\r\n")),
        ("crlf.md", b"# Title\r\n\r\nlighthouse\r\n\r\n```\r\ncode\r\n```\r\n".to_vec()),
        ("bom.md", b"\xef\xbb\xbf# Title\n\nlighthouse after a mark".to_vec()),
        (
            "utf-16.txt",
            [0xff, 0xfe].into_iter().chain("lighthouse".encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        ),
        ("latin-1.txt", b"lighthouse \xe4\xf6\xfc".to_vec()),
        ("invalid.txt", vec![0xff; 10_000]),
        ("combining.txt", fill("a\u{301}\u{302}\u{303}")),
        ("bidi.md", "# a\u{202e}b\u{1b}[31m\n\nlighthouse \u{202e}\u{2066}".as_bytes().to_vec()),
        ("emoji.txt", fill("👨‍👩‍👧‍👦")),
        ("rst.rst", fill("a\n=\n")),
        ("deep.json", fill("[")),
    ]
}

#[test]
fn strange_files_are_inert_and_all_are_counted() {
    let library = Library::of(&[]);
    let strange = strange();
    for (name, bytes) in &strange {
        library.write(name, bytes);
    }
    library.write("nul.txt", b"lighthouse\0");
    library.write("program.md", b"\x7fELF\0\0\0");
    File::create(library.path("huge.md")).unwrap().set_len(1_000_000_000).unwrap();
    let report = library.update();
    assert_eq!(report.files, strange.len() as u64);
    assert_eq!(report.lossy, 2, "latin-1.txt and invalid.txt");
    let skipped: Vec<_> = report.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    assert!(
        skipped.iter().any(|line| line.contains("huge.md: has 1000000000 bytes, at most 8388608 are read")),
        "{skipped:?}"
    );
    assert_eq!(skipped.iter().filter(|line| line.contains("NUL bytes")).count(), 2);
    let mut found = library.found("lighthouse");
    found.sort();
    assert_eq!(found, ["bidi.md", "bom.md", "crlf.md", "latin-1.txt", "utf-16.txt"]);
    for passage in library.index.search("lighthouse", 10).unwrap() {
        assert!(!passage.full_title().contains('\u{1b}'));
        assert!(passage.text.len() <= 1_800);
    }
    let report = library.update();
    assert_eq!((report.unchanged, report.skipped.len()), (strange.len() as u64, 3), "and again");
}

#[cfg(unix)]
#[test]
fn strange_names_are_indexed_and_shown_escaped() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let library = Library::of(&[]);
    for name in [&b"a\xff.md"[..], b"b\n\x1b[31m.md", "c\u{202e}.md".as_bytes(), b"d #?%.md", b"-e.md"] {
        let path = library.folder().join(OsStr::from_bytes(name));
        fs::write(&path, "lighthouse").unwrap();
        age(&path, 60);
    }
    fs::write(library.folder().join(OsStr::from_bytes(b"f\xff\x1b.md")), "\0").unwrap();
    // Longer than an address may be.
    let mut deep = library.folder();
    for _ in 0..10 {
        deep.push("ä".repeat(100));
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("g.md"), "lighthouse").unwrap();
    let report = library.update();
    assert_eq!(report.files, 5);
    let skipped: Vec<_> = report.skipped.iter().map(ToString::to_string).collect();
    assert!(skipped.iter().any(|line| line.contains("f\\xff\\u{1b}.md: is no text")), "{skipped:?}");
    assert!(report.skipped.iter().any(|skipped| skipped.reason == SkipReason::LongPath), "{skipped:?}");
    let found = library.index.search("lighthouse", 10).unwrap();
    // The texts are the same; one is shown.
    assert_eq!(found.len(), 1);
    assert!(found[0].url.is_ascii() && found[0].full_title().chars().all(|c| !c.is_control()));
    assert_eq!(library.update().unchanged, 5);
}

#[cfg(unix)]
#[test]
fn pdf_files_are_converted_by_a_program_or_counted() {
    use std::os::unix::fs::PermissionsExt as _;
    let library = Library::of(&[("a.pdf", "lighthouse one"), ("b.pdf", "broken"), ("c.md", "no lighthouse")]);
    let mut without = options();
    without.pdf = Pdf::Off;
    let run =
        |options: &Options| library.index.update(&[library.folder()], options, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(run(&without).other_kinds.get("pdf"), Some(&2));
    let report = library.update();
    assert_eq!((report.files, report.skipped.len()), (1, 2), "the program is not there: {report:?}");

    let program = library.folder().parent().unwrap().join("pdftotext");
    fs::write(
        &program,
        "#!/bin/sh\ngrep -q broken \"$4\" && exit 1\ncat \"$4\"; printf '\\fpage two of the lighthouse'\n",
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut with = options();
    with.pdf = Pdf::Program(program);
    let report = run(&with);
    assert_eq!((report.files, report.passages), (2, 3));
    assert!(report.skipped[0].to_string().contains("b.pdf: pdftotext failed"), "{report:?}");
    let found = library.index.search("lighthouse two", 5).unwrap();
    assert!(found[0].url.ends_with("a.pdf#page=2"), "{}", found[0].url);
    // Without the program again, what was converted is kept.
    let report = library.update();
    assert_eq!((report.files, report.unchanged), (2, 2));
}
